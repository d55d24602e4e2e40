// What a vault holds, and Key Vault's rules about it. No HTTP, no rights.
// S1. "Latest" is the version created last, enabled or not, without fallback. Otherwise: a disabled newest version
//     looks harmless here and is an outage there. Kept by: key-vault.test.ts.
// S2. A soft-deleted name is taken. Otherwise: a writer that deletes and writes again passes here and gets 409 there.
//     Kept by: key-vault.test.ts.
import { randomBytes } from "node:crypto";
import {
	badParameter,
	deletedSecretNotFound,
	invalidProperty,
	nameInDeletedState,
	secretDisabled,
	secretNotFound,
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
}

/** What PUT and PATCH bring besides the value. `tags` replaces all of them. */
export interface Properties {
	contentType?: string;
	tags?: Record<string, string>;
	enabled?: boolean;
	nbf?: number;
	exp?: number;
}

export interface Secret {
	readonly name: string;
	/** in the order of their creation, the latest last; never empty */
	readonly versions: SecretVersion[];
	deletedAt?: number;
}

export const retentionDays = 90;

/** @throws Refusal from every function, with the error Key Vault gives */
export const secrets = (seconds: () => number) => {
	// names are not case-sensitive; the case of the first write stays
	const byName = new Map<string, Secret>();
	const find = (name: string) => byName.get(name.toLowerCase());
	const live = (name: string): Secret => {
		const secret = find(name);
		if (!secret || secret.deletedAt !== undefined) throw secretNotFound(name);
		return secret;
	};
	const deleted = (name: string, missing = deletedSecretNotFound): Secret => {
		const secret = find(name);
		if (secret?.deletedAt === undefined) throw missing(name);
		return secret;
	};
	const indexOf = (secret: Secret, version?: string) => {
		if (!version) return secret.versions.length - 1;
		const index = secret.versions.findIndex((each) => each.version === version);
		if (index < 0) throw secretNotFound(secret.name, version);
		return index;
	};
	const sorted = (isDeleted: boolean) =>
		[...byName.values()]
			.filter(({ deletedAt }) => (deletedAt !== undefined) === isDeleted)
			.sort((a, b) => (a.name < b.name ? -1 : 1));

	return {
		set(name: string, value: unknown, given: Properties): SecretVersion {
			checkValue(value);
			checkProperties(given);
			const secret = find(name) ?? { name, versions: [] };
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
			if (!secret || secret.deletedAt !== undefined) return [];
			return [...secret.versions].sort((a, b) => (a.version < b.version ? -1 : 1));
		},
		/** in the order of their creation, of a soft-deleted secret too */
		history: (name: string): SecretVersion[] => [...(find(name)?.versions ?? [])],
		list: () => sorted(false),
		listDeleted: () => sorted(true),
		getDeleted: (name: string) => deleted(name),
		delete(name: string): Secret {
			const secret = live(name);
			secret.deletedAt = seconds();
			return secret;
		},
		recover(name: string): SecretVersion {
			const secret = deleted(name, secretNotFound);
			delete secret.deletedAt;
			return secret.versions.at(-1)!;
		},
		purge(name: string): void {
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
