// What is in the vaults of a configuration, by their lists: names, whether they are enabled, dates, tags; and keys' public halves.

import { azureNameOf, type Configuration } from "../../../../lib/config/configuration.ts";
import { enableSecret, recoverSecret, storeSecret } from "../../../../lib/doctor/commands.ts";
import { ofFault, ok, unknown } from "../../../../lib/doctor/found.ts";
import { scopeOf } from "../../../../lib/doctor/repositories.ts";
import { type Thing, thingsOf } from "../../../../lib/doctor/vaults.ts";
import type { FoundRight, FoundSystem } from "../../../../lib/domain/diagnosis.ts";
import { Fault } from "../../../../lib/domain/fault.ts";
import { tag } from "../../../../lib/domain/tags.ts";
import type { EncryptionKeys } from "../../../../lib/ports/encryption-key.ts";
import type { ListedSecret, SecretStore } from "../../../../lib/ports/secret-store.ts";
import { asFault } from "../../../../lib/steps/boundary.ts";
import type { Managed } from "../../../../lib/steps/managed.ts";
import { derivedTags, liveTags, tooManyTags } from "../../../../lib/steps/writes.ts";
import type { Environment } from "../../around.ts";
import { unseen } from "./own.ts";

interface Listing {
	readonly vaultName: string;
	readonly store: SecretStore;
	/** By their names in lower case: the vault knows no difference. */
	readonly secrets: ReadonlyMap<string, ListedSecret>;
}

/** @returns what was found for each entry, by its id */
export async function askVaults(
	config: Configuration,
	targets: readonly Managed[],
	env: Environment,
): Promise<ReadonlyMap<string, readonly FoundSystem[]>> {
	const { keyVaultStore } = await import("../../../../lib/adapters/key-vault/store.ts");
	const { keyVaultEncryptionKeys } = await import("../../../../lib/adapters/key-vault/encryption-key.ts");
	const { azureCredential } = await import("../../../../lib/adapters/identity/credential.ts");
	const credential = azureCredential({ AZURE_CLIENT_ID: env.AZURE_CLIENT_ID }, env);
	const keys = keyVaultEncryptionKeys({ credential });
	const listings = new Map<string, Promise<Listing | Fault>>();
	const listed = (vault: string): Promise<Listing | Fault> => {
		const { url } = config.vaults[vault]!;
		const listing = listings.get(vault) ?? list(keyVaultStore({ name: vault, url, credential }), vault, config);
		listings.set(vault, listing);
		return listing;
	};
	const asked = targets.map(async (target): Promise<[string, FoundSystem[]]> => {
		const things = thingsOf(target, config);
		const vaults = [...new Set(things.map(({ vault }) => vault))];
		const systems = vaults.map(async (vault): Promise<FoundSystem> => {
			const found = await listed(vault);
			const ofVault = things.filter((thing) => thing.vault === vault);
			const right = "list of the vault";
			if (found instanceof Fault) {
				const left = unknown("Its secrets", "They are not known without the list.");
				return { system: `Key Vault ${vault}`, rights: [unseen(right, found, nameOf(config, vault)), left] };
			}
			const rights = await Promise.all(ofVault.map((thing) => rightsOf(thing, found, target)));
			return { system: `Key Vault ${vault}`, rights: [ok(right), ...rights.flat()] };
		});
		return [target.id, [...(await Promise.all(systems)), ...(await ofKeys(config, target, keys))]];
	});
	return new Map(await Promise.all(asked));
}

const nameOf = ({ vaults }: Configuration, vault: string): string => azureNameOf(vaults[vault]!);

async function list(store: SecretStore, vault: string, config: Configuration): Promise<Listing | Fault> {
	try {
		const secrets = new Map<string, ListedSecret>();
		for await (const secret of store.list()) secrets.set(secret.name.toLowerCase(), secret);
		return { vaultName: nameOf(config, vault), store, secrets };
	} catch (error) {
		return asFault(error, "doctor");
	}
}

async function rightsOf(thing: Thing, listing: Listing, target: Managed): Promise<FoundRight[]> {
	const { kind, secret } = thing;
	const found = listing.secrets.get(secret.toLowerCase());
	if (kind === "pending") return pending(secret, found);
	if (kind === "derived") return derived(thing, found, target, listing);
	const there = await isThere(thing, found, listing);
	if (kind !== "managed" || !found) return [there];
	return [there, tagsFit(target, found, liveTags), expires(found)];
}

async function isThere(
	{ vault, secret }: Thing,
	found: ListedSecret | undefined,
	{ vaultName, store }: Listing,
): Promise<FoundRight> {
	const right = `Secret ${secret} is there, and enabled.`;
	const names = { vault, secret };
	if (found?.enabled) return ok(right);
	if (found) return { ...ofFault(right, new Fault("secret-disabled", names)), next: enableSecret(vaultName, secret) };
	const deleted = await store.deleted(secret).catch((error) => asFault(error, "doctor"));
	if (deleted instanceof Fault) return unseen(right, deleted, vaultName);
	return deleted
		? { ...ofFault(right, new Fault("secret-deleted", names)), next: recoverSecret(vaultName, secret) }
		: { ...ofFault(right, new Fault("secret-missing", names)), next: storeSecret(vaultName, secret) };
}

/** What a rotation stores there covers it; what is there now may be somebody's all the same. */
function pending(secret: string, found: ListedSecret | undefined): FoundRight[] {
	const right = `The name ${secret} is free for what a rotation stores before it is live.`;
	if (!found?.enabled || found.tags[tag.rotationId] !== undefined) return [ok(right)];
	const says = "A secret is called so that no rotation has written. A rotation stores newer versions of it.";
	return [{ right, result: "missing", optional: true, says, next: "Find out whose it is, and give it another name." }];
}

function derived(thing: Thing, found: ListedSecret | undefined, target: Managed, { vaultName }: Listing): FoundRight[] {
	const { vault, secret } = thing;
	const right = `Derived secret ${secret} is there, and enabled.`;
	if (!found) {
		const says = "The first rotation makes it; what mounts it does not start before.";
		return [{ right, result: "missing", optional: true, says, next: storeSecret(vaultName, secret) }];
	}
	if (found.enabled) return [ok(right), tagsFit(target, found, derivedTags)];
	return [
		{ ...ofFault(right, new Fault("secret-disabled", { vault, secret })), next: enableSecret(vaultName, secret) },
	];
}

function tagsFit(target: Managed, found: ListedSecret, ours: readonly string[]): FoundRight {
	const right = `Its tags and those of a rotation fit on one version of ${found.name}.`;
	const fault = tooManyTags(target, found.name, found, ours);
	return fault ? ofFault(right, fault) : ok(right);
}

function expires({ name, expires: at }: ListedSecret): FoundRight {
	const right = `Secret ${name} has an expiry date.`;
	if (at) return ok(right);
	const says = "So Key Vault announces nothing. The sweep goes by its age; its first rotation gives it a date.";
	return { right, result: "missing", optional: true, says };
}

/** Those that files are encrypted for, and those that a GitHub App signs with. */
async function ofKeys(
	{ repositories }: Configuration,
	{ secret }: Managed,
	keys: EncryptionKeys,
): Promise<FoundSystem[]> {
	const inGit = secret.consumers.flatMap(({ delivery }) => ("repository" in delivery ? [delivery] : []));
	const signing = inGit.flatMap(({ repository }) => {
		const login = repositories[repository]?.login;
		return login?.mode === "github-app" ? [login.key] : [];
	});
	const all = [...new Set([...inGit.flatMap(({ recipients }) => recipients), ...signing])];
	const inVaults = all.filter((key) => /^https?:/.test(key));
	if (inVaults.length === 0) return [];
	const rights = inVaults.map(async (key) => {
		const right = `Key ${key} is there, enabled, and of type RSA.`;
		const fault = await keys.publicKey(key).then(
			() => undefined,
			(error) => asFault(error, "doctor"),
		);
		return fault ? unseen(right, fault, scopeOf(key).vaultName) : ok(right);
	});
	return [{ system: "Keys", rights: await Promise.all(rights) }];
}
