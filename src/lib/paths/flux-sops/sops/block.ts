// The block `sops` of a file: for whom it is encrypted, and by which rule; whatever the file's format is.
// SB1. A recipient that we cannot wrap a key for is a reason to leave the file alone. Otherwise: it is dropped, and somebody who
//      could open the file cannot any more.
// SB2. A file's rule is compared with the forms we know, never run: it is RE2, and anybody may have written it.
// SB3. What has more than any such file has is not read at all: to compare its keys takes longer by their square. Otherwise: anyone
//      who may push keeps the app busy for minutes, and every rotation with it.
// All kept by: secret-file.test.ts.

import { isAgePublicKey, type Recipient } from "./recipients.ts";

export type Block = Readonly<Record<string, unknown>>;

/** How a file does not fit: the rest of a sentence that begins with its name. */
export interface Unfit {
	readonly unfit: string;
}

const unfit = (detail: string): Unfit => ({ unfit: detail });

/** Flux takes 5 MiB, and no Secret has more than one. */
const mostCharacters = 1024 * 1024;
/** Eleven values, each with four commas, and some twenty recipients of a dozen lines. */
const mostParts = 3000;

/** @returns why a text is not read, whatever its format is; before it is read as YAML, which takes many times as much */
export function tooMuch(text: string): Unfit | undefined {
	if (text.length > mostCharacters) return unfit("has more than 1 MiB, and no Secret has");
	let parts = 0;
	for (const _ of text.matchAll(/[\n,]/g))
		if (++parts > mostParts) return unfit(`has more than ${mostParts} lines, or items of lists`);
	return undefined;
}

/** Recipients for which we can wrap a data key; lists of others have to be empty. */
const known = ["azure_kv", "age"];
/** What else the block may say. */
const plain = ["lastmodified", "mac", "encrypted_regex", "version", "mac_only_encrypted", "unencrypted_suffix"];

/** Azure's and age's, each list in its order. */
export function recipientsIn(block: Block): Recipient[] | Unfit {
	const found: Recipient[] = [];
	for (const [name, value] of Object.entries(block)) {
		if (plain.includes(name) || !value || (Array.isArray(value) && value.length === 0)) continue;
		if (!known.includes(name) || !Array.isArray(value))
			return unfit(`has recipients that only sops can encrypt for: ${shown(name)}`);
		for (const item of value as unknown[]) {
			const recipient = typeof item === "object" && item !== null ? recipientIn(name, item) : undefined;
			if (!recipient)
				return unfit(`has an entry of ${name} that is no ${name === "age" ? "X25519 key" : "version of a key"}`);
			found.push(recipient);
		}
	}
	return found.length === 0 ? unfit("has no recipient") : found;
}

function recipientIn(kind: string, item: object): Recipient | undefined {
	const text = (key: string) => {
		const value = (item as Record<string, unknown>)[key];
		return typeof value === "string" ? value : "";
	};
	if (kind === "age") {
		const publicKey = text("recipient");
		return isAgePublicKey(publicKey) ? { kind, publicKey } : undefined;
	}
	const [vaultUrl, name, version] = [text("vault_url"), text("name"), text("version")];
	const isKey = URL.canParse(vaultUrl) && /^[0-9a-zA-Z-]{1,127}$/.test(name) && /^[0-9a-f]{32}$/.test(version);
	return isKey ? { kind: "azure_kv", vaultUrl, name, version } : undefined;
}

/** @returns the keys whose values the file's rule encrypts; none for a rule of another form */
export function ruleOf({ encrypted_regex: rule, unencrypted_suffix: suffix }: Block): readonly string[] {
	if (typeof rule !== "string" || suffix) return [];
	return /^\^(?:([A-Za-z]+)|\(([A-Za-z]+(?:\|[A-Za-z]+)*)\))\$$/.exec(rule)?.slice(1).find(Boolean)?.split("|") ?? [];
}

/** A dotenv file has texts alone. */
export const macCoversEncryptedOnly = ({ mac_only_encrypted: only }: Block): boolean =>
	only === true || only === "true";

/** A key of somebody else's file, in a message. */
export const shown = (key: string): string => (/^[\w./-]{1,63}$/.test(key) ? key : "(a key of another form)");
