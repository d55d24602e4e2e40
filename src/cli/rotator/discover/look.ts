// What the vaults and the clusters have, as the person who runs the command may see it: properties of secrets, never a value.
// RDI1. What may not be seen is named, and the rest is shown all the same. Otherwise: a list that looks whole is taken
//       for whole. Kept by: discover.test.ts.

import { azureNameOf, type Configuration } from "../../../lib/config/configuration.ts";
import type { FoundSecret } from "../../../lib/discovery/proposal.ts";
import { sameSecret } from "../../../lib/discovery/proposal.ts";
import { type Reference, type Seen, seenIn } from "../../../lib/discovery/references.ts";
import { readVault } from "../../../lib/doctor/commands.ts";
import { Fault } from "../../../lib/domain/fault.ts";
import { ownSentence } from "../doctor/ahead/own.ts";
import { usage } from "../parse.ts";

export interface Unseen {
	/** What could not be seen, and why. */
	readonly says: string;
	/** The command that gives what it takes. */
	readonly next?: string;
}

export interface Looked {
	readonly secrets: readonly FoundSecret[];
	readonly clusters: Readonly<Record<string, { readonly server: string }>>;
	readonly notes: readonly string[];
	readonly unseen: readonly Unseen[];
	/** References to secrets that no vault has shown, although each vault here was looked at. */
	readonly elsewhere: readonly Reference[];
	/** References into a vault that could not be looked at: whether it has the secret is not known. */
	readonly unchecked: readonly Reference[];
}

export interface Wanted {
	readonly vaults: readonly { readonly key: string; readonly url: string }[];
	/** Contexts of the kubeconfig. */
	readonly contexts: readonly string[];
	readonly namespace?: string | undefined;
	readonly config?: Configuration | undefined;
}

type Stored = Omit<FoundSecret, "consumers">;

export async function look({ vaults, contexts, namespace, config }: Wanted): Promise<Looked> {
	const unseen: Unseen[] = [];
	const listed = await Promise.all(vaults.map(async (vault) => ({ vault, found: await inVault(vault, unseen) })));
	const stored = listed.flatMap(({ found }) => found ?? []);
	const unlisted = listed.filter(({ found }) => !found).map(({ vault }) => vault.key.toLowerCase());
	const clusters: Record<string, { server: string }> = {};
	const seen: (Seen & { readonly cluster: string })[] = [];
	for (const context of contexts) {
		const cluster = keyOf(context);
		const { server, found } = await inCluster(context, namespace, unseen);
		if (server !== undefined) clusters[cluster] = { server };
		seen.push({ ...found, cluster });
	}
	const references = seen.flatMap(({ references: all, cluster }) => all.map((one) => ({ ...one, cluster })));
	const unmanaged = stored.filter(({ vaultName, name }) => !isManaged(config, vaultName, name));
	const unfound = references.filter(
		({ vaultName, secret }) =>
			!stored.some((one) => sameSecret({ vaultName, secret }, one.vaultName, one.name)) &&
			!isManaged(config, vaultName, secret),
	);
	const isUnlisted = ({ vaultName }: Reference) => unlisted.includes(vaultName.toLowerCase());
	return {
		secrets: unmanaged.map((secret) => ({
			...secret,
			consumers: once(references.filter((one) => sameSecret(one, secret.vaultName, secret.name))),
		})),
		clusters,
		notes: [...new Set(seen.flatMap(({ notes }) => notes))],
		unseen,
		elsewhere: unfound.filter((one) => !isUnlisted(one)),
		unchecked: unfound.filter(isUnlisted),
	};
}

/** A workload that takes it by several ways is one consumer: by the first. */
const once = <T extends Reference & { readonly cluster: string }>(all: readonly T[]): T[] => [
	...new Map(
		[...all].reverse().map((one) => [`${one.cluster} ${one.kind} ${one.namespace}/${one.name}`, one]),
	).values(),
];

export const keyOf = (context: string): string => context.replace(/[^0-9a-zA-Z-]/g, "-").slice(0, 64);

function isManaged(config: Configuration | undefined, vaultName: string, name: string): boolean {
	const lower = name.toLowerCase();
	return Object.values(config?.secrets ?? {}).some((entry) => {
		const vault = config?.vaults[entry.vault];
		if (!vault || azureNameOf(vault).toLowerCase() !== vaultName.toLowerCase()) return false;
		const login = "login" in entry ? entry.login : undefined;
		const admin = login?.mode === "admin-secret" ? [login.secret] : [];
		const names = [entry.name, `${entry.name}-pending`, ...entry.derived.map(({ secret }) => secret), ...admin];
		return names.some((one) => one.toLowerCase() === lower);
	});
}

/** @returns undefined where not all of it could be listed */
async function inVault(
	{ key, url }: { readonly key: string; readonly url: string },
	unseen: Unseen[],
): Promise<Stored[] | undefined> {
	const { keyVaultStore } = await import("../../../lib/adapters/key-vault/store.ts");
	const { azureCredential } = await import("../../../lib/adapters/identity/credential.ts");
	const credential = azureCredential({ AZURE_CLIENT_ID: process.env.AZURE_CLIENT_ID }, process.env);
	const found: Stored[] = [];
	try {
		for await (const { name, enabled, expires, contentType, tags } of keyVaultStore({
			name: key,
			url,
			credential,
		}).list())
			found.push({ vaultName: key, name, enabled, tags, expires: expires?.toISOString(), contentType });
	} catch (error) {
		if (!(error instanceof Fault)) throw error;
		const isSignedOut = error.code === "token-unavailable";
		const next = error.code === "vault-forbidden" ? readVault(key) : isSignedOut ? "az login" : undefined;
		unseen.push({ says: `Vault ${key}: ${ownSentence(error)}`, ...(next !== undefined && { next }) });
		return undefined;
	}
	return found;
}

async function inCluster(
	context: string,
	namespace: string | undefined,
	unseen: Unseen[],
): Promise<{ server?: string; found: Seen }> {
	const { ownCluster } = await import("../../../lib/adapters/kubernetes/kubeconfig.ts");
	const { listedKinds, listOf } = await import("../../../lib/adapters/kubernetes/manifests.ts");
	const nothing: Seen = { references: [], notes: [] };
	let own: ReturnType<typeof ownCluster>;
	try {
		own = ownCluster(context === "" ? undefined : context);
	} catch (error) {
		if (!(error instanceof Fault)) throw error;
		throw usage(error.sentence, "Give one of kubectl config get-contexts by --context.");
	}
	await using client = own.client;
	const kinds = Object.keys(listedKinds) as (keyof typeof listedKinds)[];
	const objects: Partial<Record<keyof typeof listedKinds, readonly unknown[]>> = {};
	for (const kind of kinds) {
		const { items, fault } = await listOf(client, kind, namespace);
		objects[kind] = items;
		if (!fault) continue;
		unseen.push({ says: `${kind} in ${own.context}: ${ownSentence(fault)}` });
		if (fault.transient) return { server: own.server, found: nothing };
	}
	return { server: own.server, found: seenIn(objects) };
}
