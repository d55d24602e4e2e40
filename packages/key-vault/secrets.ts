// What a vault holds, and Key Vault's rules about it. No HTTP, no rights.
// S1. "Latest" is the version created last, enabled or not, without fallback. Otherwise: a disabled newest version
//     looks harmless here and is an outage there. Kept by: key-vault.test.ts.
// S2. A soft-deleted name is taken. Otherwise: a writer that deletes and writes again passes here and gets 409 there.
//     Kept by: key-vault.test.ts.
// S3. Deleting and recovering take time, and until then the secret is shown nowhere. Otherwise: "absent" is taken for
//     "never was". Kept by: key-vault.test.ts.
import { randomBytes } from "node:crypto";
import {
	badParameter,
	deletedDisabled,
	deletedSecretNotFound,
	inBetween,
	invalidProperty,
	nameInDeletedState,
	nameTaken,
	secretDisabled,
	secretNotFound,
	tooManyVersions,
} from "./errors.ts";

/** Times are whole seconds since 1970, as on the wire. */
export interface SecretVersion {
	readonly name: string;
	/** 32 hexadecimal digits */
	readonly version: string;
	readonly value: string;
	readonly contentType?: string;
	readonly tags: Readonly<Record<string, string>>;
	readonly enabled: boolean;
	readonly nbf?: number;
	readonly exp?: number;
	readonly created: number;
	readonly updated: number;
	/** Key Vault's own, of a certificate. */
	readonly managed?: true;
}

/** What PUT and PATCH bring besides the value. `tags` replaces all of them. */
export interface Properties {
	contentType?: string;
	tags?: Record<string, string>;
	enabled?: boolean;
	nbf?: number;
	exp?: number;
	/** The vault's own doing: no caller can say it. */
	managed?: true;
}

export interface Secret {
	readonly name: string;
	/** in the order of their creation, the latest last; never empty */
	readonly versions: SecretVersion[];
	deletedAt?: number;
	/** By the machine's clock: until then it is being deleted or, without `deletedAt`, recovered. */
	inBetweenUntil?: number;
}

export const retentionDays = 90;
const mostInBackup = 500;

/**
 * @param hiddenWord what Key Vault answers for a deleted secret whose newest version is disabled
 * @throws Refusal from every function, with the error Key Vault gives
 */
export const secrets = (seconds: () => number, hiddenWord: "SecretDisabled" | "AccessDenied" = "SecretDisabled") => {
	// names are not case-sensitive; the case of the first write stays
	const byName = new Map<string, Secret>();
	const find = (name: string) => byName.get(name.toLowerCase());
	// The vault's own clock is no use here: tests stop it.
	const isInBetween = ({ inBetweenUntil = 0 }: Secret) => performance.now() < inBetweenUntil;
	const isLive = (secret: Secret) => secret.deletedAt === undefined && !isInBetween(secret);
	const isDeleted = (secret: Secret) => secret.deletedAt !== undefined && !isInBetween(secret);
	const live = (name: string): Secret => {
		const secret = find(name);
		if (!secret || !isLive(secret)) throw secretNotFound(name);
		return secret;
	};
	const deleted = (name: string, missing = deletedSecretNotFound): Secret => {
		const secret = find(name);
		if (!secret || !isDeleted(secret)) throw missing(name);
		return secret;
	};
	const settled = (secret: Secret | undefined): void => {
		if (secret && isInBetween(secret))
			throw inBetween(secret.name, secret.deletedAt === undefined ? "Recovered" : "Deleted");
	};
	const indexOf = (secret: Secret, version?: string) => {
		if (!version) return secret.versions.length - 1;
		const index = secret.versions.findIndex((each) => each.version === version);
		if (index < 0) throw secretNotFound(secret.name, version);
		return index;
	};
	const sorted = (which: (secret: Secret) => boolean) =>
		[...byName.values()].filter(which).sort((a, b) => (a.name < b.name ? -1 : 1));

	return {
		set(name: string, value: unknown, given: Properties): SecretVersion {
			checkValue(value);
			checkProperties(given);
			const secret = find(name) ?? { name, versions: [] };
			settled(secret);
			if (secret.deletedAt !== undefined) throw nameInDeletedState(name);
			const now = seconds();
			const version: SecretVersion = {
				tags: {},
				enabled: true,
				...given,
				name: secret.name,
				version: randomBytes(16).toString("hex"),
				value,
				created: now,
				updated: now,
			};
			secret.versions.push(version);
			byName.set(name.toLowerCase(), secret);
			return version;
		},
		get(name: string, version?: string): SecretVersion {
			const secret = live(name);
			const found = secret.versions[indexOf(secret, version)]!;
			if (!found.enabled) throw secretDisabled();
			return found;
		},
		update(name: string, version: string | undefined, given: Properties): SecretVersion {
			checkProperties(given);
			const secret = live(name);
			const index = indexOf(secret, version);
			const updated = { ...secret.versions[index]!, ...given, updated: seconds() };
			secret.versions[index] = updated;
			return updated;
		},
		/** sorted by version id, as Key Vault does: by chance, not by time; none for an unknown name */
		versions(name: string): SecretVersion[] {
			const secret = find(name);
			if (!secret || !isLive(secret)) return [];
			return [...secret.versions].sort((a, b) => (a.version < b.version ? -1 : 1));
		},
		/** in the order of their creation, of a soft-deleted secret too */
		history: (name: string): SecretVersion[] => [...(find(name)?.versions ?? [])],
		list: () => sorted(isLive),
		listDeleted: () => sorted(isDeleted),
		/** Without `get` on its newest version there is none on the deleted secret either. */
		getDeleted(name: string): Secret {
			const secret = deleted(name);
			if (!secret.versions.at(-1)!.enabled) throw deletedDisabled(hiddenWord);
			return secret;
		},
		/** @param lasts milliseconds until it is deleted */
		delete(name: string, lasts: number): Secret {
			const secret = live(name);
			secret.deletedAt = seconds();
			secret.inBetweenUntil = performance.now() + lasts;
			return secret;
		},
		/** A second time, of a live one, it is not found. @param lasts milliseconds until it is live */
		recover(name: string, lasts: number): SecretVersion {
			settled(find(name));
			const secret = deleted(name, secretNotFound);
			delete secret.deletedAt;
			secret.inBetweenUntil = performance.now() + lasts;
			return secret.versions.at(-1)!;
		},
		/** All versions of a live secret, enabled or not. */
		backup(name: string): { readonly name: string; readonly versions: readonly SecretVersion[] } {
			const secret = live(name);
			if (secret.versions.length > mostInBackup) throw tooManyVersions(name);
			return { name: secret.name, versions: [...secret.versions] };
		},
		/** Under its own name, with its versions and their times; whatever has that name keeps it. */
		restore({ name, versions }: { readonly name: string; readonly versions: readonly SecretVersion[] }): SecretVersion {
			const secret = find(name);
			settled(secret);
			if (secret?.deletedAt !== undefined) throw nameInDeletedState(name);
			if (secret) throw nameTaken(name);
			byName.set(name.toLowerCase(), { name, versions: [...versions] });
			return versions.at(-1)!;
		},
		/** Ends what lasts. */
		settle(name: string): void {
			delete find(name)?.inBetweenUntil;
		},
		purge(name: string): void {
			settled(find(name));
			byName.delete(deleted(name, secretNotFound).name.toLowerCase());
		},
	};
};

/** @see https://learn.microsoft.com/azure/key-vault/general/about-keys-secrets-certificates#object-identifiers */
export const checkName = (name: string): void => {
	if (!/^[0-9a-zA-Z-]{1,127}$/.test(name)) throw badParameter(`The request URI contains an invalid name: ${name}`);
};

/** @see https://learn.microsoft.com/azure/key-vault/secrets/about-secrets */
function checkValue(value: unknown): asserts value is string {
	if (typeof value !== "string") throw invalidProperty("value", "It must be a string.");
	// 25 KB, as the real one counts: 25,600 bytes
	if (Buffer.byteLength(value) > 25_600) throw invalidProperty("value", "It may have at most 25600 bytes.");
}

const checkProperties = ({ contentType, tags, nbf, exp, enabled }: Properties): void => {
	const isText = (text: unknown, limit: number) =>
		text === undefined || (typeof text === "string" && text.length <= limit);
	const isTime = (time: unknown) => time === undefined || (Number.isInteger(time) && (time as number) >= 0);
	if (!isText(contentType, 255)) throw invalidProperty("contentType", "It may have at most 255 characters.");
	if (enabled !== undefined && typeof enabled !== "boolean")
		throw invalidProperty("enabled", "It must be true or false.");
	if (!isTime(nbf)) throw invalidProperty("nbf", "It must be whole seconds since 1970.");
	if (!isTime(exp)) throw invalidProperty("exp", "It must be whole seconds since 1970.");
	if (tags === undefined) return;
	if (typeof tags !== "object" || Array.isArray(tags)) throw invalidProperty("tags", "It must be an object.");
	const entries = Object.entries(tags);
	if (entries.length > 15) throw invalidProperty("tags", "There may be at most 15.");
	if (!entries.every(([key, text]) => typeof text === "string" && isText(key, 512) && isText(text, 512)))
		throw invalidProperty("tags", "A name and a value may have at most 512 characters each.");
};
