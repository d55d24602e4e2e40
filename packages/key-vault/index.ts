// Stands in for one Key Vault (secrets, and keys that sign; data plane), strict where the real one is strict.
// V1. The real SecretClient cannot tell it from a vault: challenge, errors, paging and limits are Key Vault's.
//     Otherwise: the adapter is proved against something that does not exist. Kept by: key-vault.test.ts.
// V2. No value is ever logged or kept outside the versions. Otherwise: the search for leaked passwords finds the
//     stand-in. Kept by: `Seen`, which has no place for one.
import { decodeJwt } from "jose";
import type { Identity } from "../identity/index.ts";
import { type Answer, type Faults, faults, type Request, serve } from "../loopback/index.ts";
import {
	answered,
	authenticate,
	checkApiVersion,
	documented,
	isAnswer,
	type Limits,
	throttle,
	tooMany,
} from "./admission.ts";
import { opened, type Realm, sealed } from "./backup.ts";
import { asAnswer, injectedError } from "./errors.ts";
import { dueEvents, type VaultEvent, vaultEvent } from "./events.ts";
import { type KeyOptions, type KeyVersion, keys } from "./keys.ts";
import { type DataAction, type Denial, type Grant, type KeyAction, rights } from "./rights.ts";
import { checkName, type Properties, type SecretVersion, secrets } from "./secrets.ts";
import * as wire from "./wire.ts";

export { signDigest } from "./ecdsa.ts";
export { type VaultEvent, type VaultEventType, vaultEvent } from "./events.ts";
export type { KeyVersion } from "./keys.ts";
export type { DataAction, Denial, Grant, KeyAction } from "./rights.ts";
export type { SecretVersion } from "./secrets.ts";

/** One request that came in, for assertions. Never a value. */
export interface Seen {
	readonly at: Date;
	readonly method: string;
	readonly name?: string;
	readonly version?: string;
	/** as the token says, which is believed unless the status is 401 */
	readonly objectId?: string;
	readonly action?: DataAction | KeyAction;
	/** 0: a fault cut the connection */
	readonly status: number;
}

export interface OwnerProperties {
	tags?: Record<string, string>;
	expires?: Date;
	notBefore?: Date;
	contentType?: string;
	enabled?: boolean;
	/** Of a certificate: Key Vault's own doing. */
	managed?: true;
}

/** For seeding and asserting in this process, without network or rights; sends events as any other writer. */
export interface Owner {
	set(name: string, value: string, properties?: OwnerProperties): SecretVersion;
	/** also disabled or soft-deleted ones; the latest without `version`; `undefined` when there is none */
	get(name: string, version?: string): SecretVersion | undefined;
	/** in the order of their creation */
	versions(name: string): SecretVersion[];
	update(name: string, version: string, properties: OwnerProperties): SecretVersion;
	/** soft-deletes, at once */
	delete(name: string): void;
	/** What is soft-deleted is gone for good, whatever protects it in Azure. */
	purge(name: string): void;
	/** The deletion lasts. @returns a function that ends it */
	beginDelete(name: string): () => void;
	/** at once */
	recover(name: string): void;
	names(): string[];
	/** A new key that signs, or a new version of it. */
	createKey(name: string, options?: KeyOptions): KeyVersion;
	/** in the order of their creation */
	keyVersions(name: string): readonly KeyVersion[];
	enableKey(name: string, version: string, enabled: boolean): void;
}

export interface Vault extends AsyncDisposable {
	readonly url: string;
	readonly name: string;
	/** what events name as their topic */
	readonly resourceId: string;
	/** They spare requests without a token, by which the SDK asks for the challenge. */
	readonly faults: Faults;
	/** Nobody has any right at first. @returns a function that takes the grant back */
	grant(grant: Grant): () => void;
	readonly owner: Owner;
	readonly requests: readonly Seen[];
	/** Looks at the clock, and sends what is due: near expiry, expired. @returns what it sent */
	fireDueEvents(): VaultEvent[];
}

/**
 * How long deleting and recovering last, in milliseconds of the machine's clock. In Azure it is seconds to a minute; not for
 * the owner.
 */
export interface Lag {
	readonly deleteMs: number;
	readonly recoverMs: number;
}

/** Words that differ from vault to vault: by access model, and in older answers. */
export interface Words {
	/** default: that of a vault with roles */
	readonly denied?: Denial;
	/** of a deleted secret whose newest version is disabled; default: `SecretDisabled` */
	readonly deletedDisabled?: "SecretDisabled" | "AccessDenied";
}

/**
 * @param options.now the vault's clock, for attributes and events; tokens are checked by the machine's
 * @param options.limits default: those that Key Vault documents
 * @param options.geography backups of other ones are refused
 * @param options.onEvent called for each event, right after its cause
 */
export const startVault = async (options: {
	identity: Identity;
	name: string;
	now?: () => Date;
	onEvent?: (event: VaultEvent) => void;
	port?: number;
	lag?: Lag;
	words?: Words;
	limits?: Limits;
	geography?: string;
}): Promise<Vault> => {
	const {
		identity,
		name: vaultName,
		now = () => new Date(),
		onEvent,
		port,
		words = {},
		limits = documented,
		geography = "local",
	} = options;
	const { deleteMs, recoverMs } = options.lag ?? { deleteMs: 100, recoverMs: 100 };
	const resourceId = `/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/local/providers/Microsoft.KeyVault/vaults/${vaultName}`;
	const realm: Realm = { subscription: "00000000-0000-0000-0000-000000000000", geography };
	const store = secrets(() => Math.floor(now().getTime() / 1000), words.deletedDisabled);
	const ring = keys(() => Math.floor(now().getTime() / 1000));
	const { grant, check } = rights({ name: vaultName, resourceId }, words.denied);
	const injected = faults();
	const count = throttle(limits);
	const requests: Seen[] = [];
	const said = new Set<string>();
	// known once the server listens, which is before any request
	let url = "";

	const source = () => ({ url, name: vaultName, resourceId });
	const set = (name: string, value: unknown, properties: Properties): SecretVersion => {
		const version = store.set(name, value, properties);
		onEvent?.(vaultEvent(source(), "Microsoft.KeyVault.SecretNewVersionCreated", version, now()));
		return version;
	};

	const operations: Record<wire.Operation, (request: Request, name: string, version?: string) => object | undefined> = {
		set(request, name) {
			const { value, properties } = wire.bodyOf(request);
			return wire.secretBundle(url, set(name, value, properties));
		},
		get: (_, name, version) => wire.secretBundle(url, store.get(name, version)),
		update: (request, name, version) =>
			wire.propertiesBundle(url, store.update(name, version, wire.bodyOf(request).properties)),
		delete: (_, name) => wire.deletedBundle(url, store.delete(name, deleteMs)),
		list: (request) =>
			wire.page(
				url,
				request,
				store.list().map((each) => wire.secretItem(url, each)),
			),
		versions: (request, name) =>
			wire.page(
				url,
				request,
				store.versions(name).map((each) => wire.versionItem(url, each)),
			),
		listDeleted: (request) =>
			wire.page(
				url,
				request,
				store.listDeleted().map((each) => wire.deletedItem(url, each)),
			),
		getDeleted: (_, name) => wire.deletedBundle(url, store.getDeleted(name)),
		recover: (_, name) => wire.propertiesBundle(url, store.recover(name, recoverMs)),
		purge: (_, name) => void store.purge(name),
		backup: (_, name) => ({ value: sealed(store.backup(name), realm) }),
		restore: (request) => wire.propertiesBundle(url, store.restore(opened(wire.jsonOf(request).value, realm))),
		getKey: (_, name, version) => wire.keyBundle(url, ring.get(name, version)),
		sign: (request, name, version) => wire.signed(url, ring.sign(name, version, wire.jsonOf(request))),
	};

	const answer = async (request: Request): Promise<Answer> => {
		const caller = await authenticate(identity, request);
		if (isAnswer(caller)) return caller;
		const route = wire.routeOf(request.method, request.path);
		const wait = count(route?.operation === "set" ? "set" : "other");
		if (wait !== undefined) return tooMany(wait);
		return answered(() => {
			checkApiVersion(request);
			if (!route) return asAnswer({ status: 404, code: "NotFound", message: "There is no such operation." });
			if (route.name !== undefined) checkName(route.name);
			check(caller, route.action, { [route.kind]: route.name });
			const json = operations[route.operation](request, route.name ?? "", route.version);
			return json ? { status: 200, json } : { status: 204 };
		});
	};

	const server = await serve(
		{
			faults: injected,
			spares: ({ headers }) => !headers.authorization,
			answer,
			refuse: (rule) => asAnswer(injectedError(rule)),
			done({ method, path, headers }, status) {
				const { action, name, version } = wire.routeOf(method, path) ?? {};
				requests.push({
					at: now(),
					method,
					name,
					version,
					objectId: objectIdOf(headers.authorization),
					action,
					status,
				});
			},
		},
		port,
	);
	url = server.url;

	return {
		url,
		name: vaultName,
		resourceId,
		faults: injected,
		grant,
		requests,
		owner: {
			set: (name, value, properties = {}) => {
				checkName(name);
				return set(name, value, asProperties(properties));
			},
			get: (name, version) => store.history(name).findLast((each) => version === undefined || each.version === version),
			versions: (name) => store.history(name),
			update: (name, version, properties) => store.update(name, version, asProperties(properties)),
			delete: (name) => void store.delete(name, 0),
			purge: (name) => store.purge(name),
			beginDelete(name) {
				store.delete(name, Number.POSITIVE_INFINITY);
				return () => store.settle(name);
			},
			recover: (name) => void store.recover(name, 0),
			names: () => store.list().map(({ name }) => name),
			createKey(name, options) {
				checkName(name);
				return ring.create(name, options);
			},
			keyVersions: ring.versions,
			enableKey: ring.enable,
		},
		fireDueEvents() {
			const current = store.list().map(({ versions }) => versions.at(-1)!);
			const due = dueEvents(source(), current, now(), said);
			for (const event of due) onEvent?.(event);
			return due;
		},
		[Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
	};
};

/** Leaves out what is `undefined`: the store takes every key that is there for given. */
const asProperties = ({ expires, notBefore, ...rest }: OwnerProperties): Properties => {
	const seconds = (date?: Date) => date && Math.floor(date.getTime() / 1000);
	const all = Object.entries({ ...rest, exp: seconds(expires), nbf: seconds(notBefore) });
	return Object.fromEntries(all.filter(([, given]) => given !== undefined));
};

const objectIdOf = (authorization = ""): string | undefined => {
	try {
		return decodeJwt<{ oid?: string }>(authorization.replace(/^Bearer /i, "")).oid;
	} catch {
		return undefined;
	}
};
