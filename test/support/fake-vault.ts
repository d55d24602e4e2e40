// A vault in memory, for tests of the rotation that need no network.
// It passes the contract suite that the real adapter passes (test/contract/secret-store.test.ts). Nobody opts out.

import { budget } from "../../src/lib/adapters/process/budget.ts";
import { Fault } from "../../src/lib/domain/fault.ts";
import { Password } from "../../src/lib/domain/password.ts";
import type { SecretVersion, VersionId } from "../../src/lib/domain/secret-version.ts";
import type { DeletedSecret, ListedSecret, NewVersion, SecretStore } from "../../src/lib/ports/secret-store.ts";
import type { Hooks } from "./hooks.ts";

/** The words of `vault-forbidden`. */
export type Right = "read" | "write" | "update" | "recover" | "list" | "back up";

/** One failure: of the next `times` calls that match, before they take effect or (the answer is lost) after. */
export interface VaultFailure {
	readonly code: "vault-unreachable" | "vault-throttled" | "token-unavailable";
	/** default: before */
	readonly when?: "before" | "after";
	/** default: any */
	readonly call?: Right;
	readonly secret?: string;
	/** default: 1 */
	readonly times?: number;
}

/** A version as the owner of the vault sees it. */
export type Stored = SecretVersion & { readonly value: string };

export interface FakeVault {
	readonly store: SecretStore;
	/** Puts a version there, around rights, failures and hooks. @returns its id */
	seed(name: string, value: string, properties?: Partial<Omit<SecretVersion, "version">>): VersionId;
	/** In the order of their creation, of a deleted secret too; none for an unknown name. */
	versions(name: string): Stored[];
	names(): string[];
	/** A secret that Key Vault keeps for a certificate. */
	seedCertificate(name: string, properties?: Partial<Omit<SecretVersion, "version">>): void;
	/** Deletes the secret, recoverably. */
	remove(name: string): void;
	/** Its deletion lasts: until then it is shown nowhere. @returns a function that ends it */
	beginRemoving(name: string): () => void;
	/** Removes it for good. */
	purge(name: string): void;
	/** Takes a right away, on one secret or on all. @returns a function that gives it back */
	deny(right: Right, secret?: string): () => void;
	/** @returns a function that takes the failure away */
	fail(failure: VaultFailure): () => void;
	/** No call gets through. @returns a function that restores it */
	cut(): () => void;
}

interface Secret {
	readonly name: string;
	readonly versions: Stored[];
	state: "live" | "being-deleted" | "deleted";
	ofCertificate?: true;
}

const latestExpiry = new Date("2038-01-19T03:14:07Z");

/**
 * @param options.name the vault's key in the configuration, for faults
 * @param options.writes how many new versions are made in any such stretch of time; default: any number
 * @param options.hooks see hooks.ts; effects are `write <secret>`, `update <secret>`, `recover <secret>`
 */
export function fakeVault(
	options: { name?: string; now?: () => Date; hooks?: Hooks; writes?: { most: number; perMs: number } } = {},
): FakeVault {
	const { name: vault = "main", now = () => new Date(), hooks = {} } = options;
	const secrets = new Map<string, Secret>();
	const denied = new Set<{ right: Right; secret?: string }>();
	const failures = new Map<VaultFailure, { times: number }>();
	let made = 0;
	const { writes = { most: Number.POSITIVE_INFINITY, perMs: 0 } } = options;
	const refuse = (isClosed: boolean) => new Fault(isClosed ? "vault-throttled" : "vault-queued", { vault });
	const { room, spend, close } = budget(writes, () => now().getTime());

	// Key Vault's names are not case-sensitive.
	const find = (name: string) => secrets.get(name.toLowerCase());
	const live = (name: string) => {
		const secret = find(name);
		return secret?.state === "live" ? secret : undefined;
	};
	const refuseWhileDeleting = (name: string) => {
		if (find(name)?.state === "being-deleted") throw new Fault("secret-being-deleted", { vault, secret: name });
	};

	const refuseOverLimits = (secret: string, value: Password, { tags, contentType = "" }: Omit<NewVersion, "value">) => {
		const fits =
			Object.keys(tags).length <= 15 && Buffer.byteLength(value.reveal()) <= 25_600 && contentType.length <= 255;
		if (!fits) throw new Fault("vault-rejected", { vault, secret, detail: "it answers 400 BadParameter" });
	};

	function nextFailure(right: Right, secret: string): VaultFailure | undefined {
		for (const [failure, left] of failures) {
			if ((failure.call ?? right) !== right || (failure.secret ?? secret) !== secret) continue;
			if (--left.times <= 0) failures.delete(failure);
			return failure;
		}
		return undefined;
	}

	/** The one place that every call goes through. */
	async function perform<T>(right: Right, secret: string, act: () => T): Promise<T> {
		const effect = `${right} ${secret}`;
		const changes = right !== "read" && right !== "list";
		if (changes) hooks.before?.(effect);
		const failure = nextFailure(right, secret);
		const fault = failure && faultOf(failure.code, vault);
		if (fault?.code === "vault-throttled") close(60_000);
		if (fault && failure?.when !== "after") throw fault;
		for (const each of denied)
			if (each.right === right && (each.secret ?? secret) === secret)
				throw new Fault("vault-forbidden", { vault, secret, right });
		const result = act();
		if (changes) hooks.after?.(effect);
		if (fault) throw fault;
		return result;
	}

	function add(name: string, value: string, properties: Partial<Omit<SecretVersion, "version">>): Stored {
		const secret = find(name) ?? { name, versions: [], state: "live" };
		const version = (++made).toString(16).padStart(32, "0");
		// Key Vault's times are whole seconds.
		const created = new Date(Math.floor(now().getTime() / 1000) * 1000);
		const stored = { enabled: true, tags: {}, created, ...properties, version, value };
		secret.versions.push(stored);
		secrets.set(name.toLowerCase(), secret);
		return stored;
	}

	const store: SecretStore = {
		latest: (name) =>
			perform("read", name, () => {
				const stored = live(name)?.versions.at(-1);
				if (!stored) return { state: "absent" };
				if (!stored.enabled) return { state: "disabled" };
				return { state: "present", secret: propertiesOf(stored), value: new Password(stored.value) };
			}),
		version: (name, version) =>
			perform("read", name, () => {
				const stored = live(name)?.versions.find((each) => each.version === version);
				if (!stored) throw new Fault("secret-missing", { vault, secret: name });
				if (!stored.enabled) throw new Fault("secret-disabled", { vault, secret: name });
				return new Password(stored.value);
			}),
		room: (amount, who, options) => room(amount, who, refuse, options),
		write: (_intent, name, { value, ...properties }) =>
			perform("write", name, () => {
				const { expires } = properties;
				if (expires && !(expires <= latestExpiry))
					throw new Fault("vault-rejected", { vault, secret: name, detail: "it would expire after 2038-01-19" });
				refuseOverLimits(name, value, properties);
				refuseWhileDeleting(name);
				if (find(name)?.state === "deleted") throw new Fault("secret-deleted", { vault, secret: name });
				spend();
				return propertiesOf(add(name, value.reveal(), { ...properties, tags: { ...properties.tags } }));
			}),
		recover: (_intent, name) =>
			perform("recover", name, () => {
				const secret = find(name);
				if (!secret) throw new Fault("secret-nowhere", { vault, secret: name });
				refuseWhileDeleting(name);
				secret.state = "live";
			}),
		disable: (_intent, name, version) =>
			perform("update", name, () => {
				const versions = live(name)?.versions ?? [];
				const index = versions.findIndex((each) => each.version === version);
				if (index < 0) throw new Fault("secret-missing", { vault, secret: name });
				versions[index] = { ...versions[index]!, enabled: false };
			}),
		update: (_intent, name, version, change) =>
			perform("update", name, () => {
				const versions = live(name)?.versions ?? [];
				const index = versions.findIndex((each) => each.version === version);
				if (index < 0) throw new Fault("secret-missing", { vault, secret: name });
				versions[index] = { ...versions[index]!, ...change };
			}),
		backup: (_intent, name) =>
			perform("back up", name, () => {
				const found = live(name);
				if (!found) throw new Fault("secret-missing", { vault, secret: name });
				return Buffer.from(`backup of ${found.versions.map(({ version }) => version).join()}`);
			}),
		deleted: (name) =>
			perform("list", name, (): DeletedSecret | undefined => {
				const secret = find(name);
				if (secret?.state !== "deleted") return undefined;
				const { enabled, tags, version } = secret.versions.at(-1)!;
				return enabled ? { enabled, tags, version } : { enabled, tags: {} };
			}),
		versions: (name) => perform("list", name, () => (live(name)?.versions ?? []).map(propertiesOf)),
		async *list() {
			yield* await perform("list", "*", () =>
				[...secrets.values()]
					.filter(({ state, ofCertificate }) => state === "live" && !ofCertificate)
					.map(({ name, versions }): ListedSecret => {
						const { enabled, created, expires, tags } = versions.at(-1)!;
						return { name, enabled, created, expires, tags };
					}),
			);
		},
	};

	const fail = (given: VaultFailure) => {
		const failure = { ...given };
		failures.set(failure, { times: failure.times ?? 1 });
		return () => void failures.delete(failure);
	};
	return {
		store,
		seed: (name, value, properties = {}) => add(name, value, properties).version,
		versions: (name) => [...(find(name)?.versions ?? [])],
		names: () => [...secrets.values()].filter(({ state }) => state === "live").map(({ name }) => name),
		seedCertificate(name, properties = {}) {
			add(name, "certificate", properties);
			find(name)!.ofCertificate = true;
		},
		remove(name) {
			const secret = live(name);
			if (secret) secret.state = "deleted";
		},
		beginRemoving(name) {
			const secret = live(name);
			if (secret) secret.state = "being-deleted";
			return () => {
				if (secret?.state === "being-deleted") secret.state = "deleted";
			};
		},
		purge: (name) => void secrets.delete(name.toLowerCase()),
		deny(right, secret) {
			const denial = { right, secret };
			denied.add(denial);
			return () => void denied.delete(denial);
		},
		fail,
		cut: () => fail({ code: "vault-unreachable", times: Number.POSITIVE_INFINITY }),
	};
}

const faultOf = (code: VaultFailure["code"], vault: string): Fault =>
	code === "token-unavailable" ? new Fault(code, { resource: `vault ${vault}` }) : new Fault(code, { vault });

const propertiesOf = ({ value: _, ...properties }: Stored): SecretVersion => properties;
