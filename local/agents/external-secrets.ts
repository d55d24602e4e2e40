// External Secrets Operator, as far as the sample needs it: what an ExternalSecret names is read from its vault and written into
// a Secret.
//
// EO1. A sync that writes nothing says Ready all the same, with a new refreshTime. Otherwise: code that takes that for a proof
//      passes here and is wrong in a cluster.
// EO2. What is synced follows from generation, labels and annotations: the same annotation again is no change, and syncs nothing.
// EO3. A sync that fails leaves refreshTime and syncedResourceVersion as they were.
// @see https://github.com/external-secrets/external-secrets, pkg/controllers/externalsecret

import { createHash } from "node:crypto";
import type { SecretClient } from "@azure/keyvault-secrets";
import type { KubeConfig, V1Secret } from "@kubernetes/client-node";
import { apiOf, at, isMissing, type KubeObject, type Wire } from "../../packages/kubernetes-api/index.ts";
import { warn } from "./event.ts";
import { informer, keyOf, queue } from "./informer.ts";

export const externalSecrets = "external-secrets.io/v1";

export interface ExternalSecret extends KubeObject {
	readonly spec: {
		readonly secretStoreRef?: { readonly kind?: string; readonly name?: string };
		readonly refreshPolicy?: "CreatedOnce" | "Periodic" | "OnChange";
		readonly refreshInterval?: string;
		readonly target?: {
			readonly name?: string;
			readonly creationPolicy?: "Owner" | "Orphan" | "Merge" | "CreateOrMerge" | "None";
			readonly template?: { readonly data?: Readonly<Record<string, string>>; readonly mergePolicy?: string };
		};
		readonly data?: readonly {
			readonly secretKey: string;
			readonly remoteRef: { readonly key: string; readonly property?: string; readonly version?: string };
		}[];
	};
	readonly status?: {
		readonly refreshTime?: string;
		readonly syncedResourceVersion?: string;
		readonly binding?: { readonly name: string };
		readonly conditions?: readonly object[];
	};
}
interface SecretStore extends KubeObject {
	readonly spec: { readonly provider: { readonly azurekv?: { readonly vaultUrl: string } } };
}
type Secret = Pick<Wire<V1Secret>, "data" | "immutable"> & KubeObject;

/** @param vaults by the host of the store's vaultUrl, each logged in as the identity that the store names */
export function externalSecretsOperator(options: {
	kubeConfig: KubeConfig;
	vaults: Readonly<Record<string, SecretClient>>;
}): AsyncDisposable {
	const { kubeConfig, vaults } = options;
	const api = apiOf(kubeConfig, "external-secrets");
	const all = informer<ExternalSecret>(api, at(externalSecrets, "externalsecrets"), (one, gone) => {
		if (!gone) syncs.add(keyOf(one));
	});
	const syncs = queue("external secrets", async (key) => {
		const known = all.get(key);
		if (!known) return undefined;
		const path = at(externalSecrets, "externalsecrets", known.metadata.namespace, known.metadata.name);
		const one = await api.get<ExternalSecret>(path).catch((error) => {
			if (isMissing(error)) return undefined;
			throw error;
		});
		if (!one) return undefined;
		const wait = untilDue(one, Date.now());
		if (wait > 0) return Number.isFinite(wait) ? wait : undefined;
		const refreshTime = new Date().toISOString().replace(/\.\d+Z$/, "Z");
		try {
			const reason = await sync(one);
			const name = one.spec.target?.name ?? one.metadata.name;
			await api.merge(`${path}/status`, {
				status: {
					refreshTime,
					syncedResourceVersion: versionOf(one),
					binding: { name },
					conditions: [ready("True", reason, reasons[reason])],
				},
			});
		} catch (error) {
			const message = "could not get secret data from provider";
			await api.merge(`${path}/status`, { status: { conditions: [ready("False", "SecretSyncedError", message)] } });
			await warn(api, "external-secrets", one, "UpdateFailed", (error as Error).message);
			return 1_000;
		}
		const next = untilDue({ ...one, status: { refreshTime, syncedResourceVersion: versionOf(one) } }, Date.now());
		return Number.isFinite(next) ? next : undefined;
	});

	async function sync(one: ExternalSecret): Promise<keyof typeof reasons> {
		const { namespace = "default", name, uid } = one.metadata;
		const { target = {} } = one.spec;
		const { creationPolicy = "Owner", template } = target;
		const data = rendered(await fetched(one), template);
		if (creationPolicy === "None") return "SecretSynced";
		const own = target.name ?? name;
		const path = at("v1", "secrets", namespace, own);
		const there = await api.get<Secret>(path).catch((error) => {
			if (isMissing(error)) return undefined;
			throw error;
		});
		if (!there && creationPolicy === "Merge") return "SecretMissing";
		const owner = there?.metadata.ownerReferences?.find(({ kind }) => kind === "ExternalSecret");
		if (owner && owner.uid !== uid) throw new Error(`target is owned by another ExternalSecret: ${owner.name}`);
		const owns = {
			apiVersion: externalSecrets,
			kind: "ExternalSecret",
			name,
			uid,
			controller: true,
			blockOwnerDeletion: true,
		};
		// Without a template's own, the labels and annotations of the ExternalSecret are copied.
		const metadata = {
			labels: { ...one.metadata.labels, "reconcile.external-secrets.io/managed": "true" },
			annotations: { ...one.metadata.annotations, "reconcile.external-secrets.io/data-hash": hashOf(data) },
			...(creationPolicy === "Owner" && { ownerReferences: [owns] }),
		};
		if (!there) {
			const object = { apiVersion: "v1", kind: "Secret", metadata: { name: own, namespace, ...metadata }, data };
			await api.create(at("v1", "secrets", namespace), object);
			return "SecretSynced";
		}
		if (there.immutable) throw new Error("secret is immutable");
		const isMerged = creationPolicy === "Merge" || creationPolicy === "CreateOrMerge";
		const gone = isMerged ? [] : Object.keys(there.data ?? {}).filter((key) => !(key in data));
		await api.merge(path, {
			metadata: { ...metadata, resourceVersion: there.metadata.resourceVersion },
			data: { ...data, ...Object.fromEntries(gone.map((key) => [key, null])) },
		});
		return "SecretSynced";
	}

	async function fetched({ metadata: { namespace }, spec }: ExternalSecret): Promise<Record<string, string>> {
		const { kind = "SecretStore", name = "" } = spec.secretStoreRef ?? {};
		if (kind !== "SecretStore") throw new Error(`The operator does not know the store kind ${kind}.`);
		const store = await api.get<SecretStore>(at(externalSecrets, "secretstores", namespace, name));
		const vault = vaults[URL.parse(store.spec.provider.azurekv?.vaultUrl ?? "")?.host ?? ""];
		if (!vault) throw new Error(`There is no vault of SecretStore ${name}.`);
		const entries = (spec.data ?? []).map(async ({ secretKey, remoteRef: { key, property, version } }) => {
			const { value = "" } = await vault.getSecret(key.replace(/^secret\//, ""), { version: version || undefined });
			return [secretKey, property ? String(JSON.parse(value)[property]) : value] as const;
		});
		return Object.fromEntries(await Promise.all(entries));
	}

	return {
		async [Symbol.asyncDispose]() {
			await all[Symbol.asyncDispose]();
			await syncs[Symbol.asyncDispose]();
			api[Symbol.dispose]();
		},
	};
}

const reasons = {
	SecretSynced: "secret synced",
	SecretMissing: "secret will not be created due to CreationPolicy=Merge",
};

const ready = (status: "True" | "False", reason: string, message: string) => ({
	type: "Ready",
	status,
	reason,
	message,
	lastTransitionTime: new Date().toISOString().replace(/\.\d+Z$/, "Z"),
});

const hashOf = (thing: unknown): string =>
	createHash("sha256").update(JSON.stringify(thing)).digest("hex").slice(0, 32);

const versionOf = ({ metadata: { generation, labels = {}, annotations = {} } }: ExternalSecret): string =>
	`${generation}-${hashOf([labels, annotations])}`;

/** In milliseconds; 0 and less: now; infinite: never by itself. */
function untilDue(one: ExternalSecret, now: number): number {
	const { refreshPolicy = "Periodic", refreshInterval = "1h" } = one.spec;
	const { refreshTime, syncedResourceVersion } = one.status ?? {};
	if (refreshTime === undefined) return 0;
	if (refreshPolicy === "CreatedOnce") return Number.POSITIVE_INFINITY;
	const interval = millisecondsIn(refreshInterval);
	if (refreshPolicy === "Periodic" && interval <= 0) return Number.POSITIVE_INFINITY;
	if (syncedResourceVersion !== versionOf(one)) return 0;
	return refreshPolicy === "OnChange" ? Number.POSITIVE_INFINITY : Date.parse(refreshTime) + interval - now;
}

/** As Go writes durations: `1h0m0s`. */
const millisecondsIn = (text: string): number =>
	[...text.matchAll(/([\d.]+)(h|ms|m|s)/g)].reduce((sum, [, count, unit]) => sum + Number(count) * units[unit!]!, 0);
const units: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1_000, ms: 1 };

/** Of Go's templates only `{{ .key }}`. */
function rendered(
	values: Readonly<Record<string, string>>,
	template: { readonly data?: Readonly<Record<string, string>>; readonly mergePolicy?: string } = {},
): Record<string, string> {
	const { data = {}, mergePolicy = "Replace" } = template;
	const made = Object.entries(data).map(([key, text]) => {
		const value = text.replace(/\{\{\s*\.([\w-]+)\s*\}\}/g, (_, name: string) => values[name] ?? "<no value>");
		if (value.includes("{{")) throw new Error(`unable to execute template at key ${key}`);
		return [key, value] as const;
	});
	const kept = made.length === 0 || mergePolicy === "Merge" ? values : {};
	const all = Object.entries({ ...kept, ...Object.fromEntries(made) });
	return Object.fromEntries(all.map(([key, value]) => [key, Buffer.from(value).toString("base64")]));
}
