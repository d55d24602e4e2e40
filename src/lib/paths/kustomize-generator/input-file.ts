// A generator's input as SOPS encrypts it: variables (dotenv), or a file of any kind (binary). Read without any key, and its next
// version written, as encrypted-file.ts does for a Secret's manifest.
// GI1. All of it is encrypted except comments, and it has no values except ours. Otherwise: what nobody gave us is lost with
//      the old data key, or a value stands in the repository for all to read.
// GI2. Which versions it has is said in its block `sops`, in a member of our own, which SOPS passes over and drops when a person
//      writes the file; it counts for this very text only. A variable would reach the pods, and a comment would be encrypted.
//      Otherwise: each delivery makes a commit, or a file that somebody has changed passes for one with the new password.
// GI3. The MAC is over the values alone, in the file's order: nothing else of it is hashed.
// All kept by: input-file.test.ts.
// @see https://github.com/getsops/sops, stores/dotenv/store.go, stores/flatten.go, stores/json/store.go (BinaryStore)

import { createHash, randomBytes } from "node:crypto";
import {
	type Block,
	macCoversEncryptedOnly,
	recipientsIn,
	ruleOf,
	shown,
	tooMuch,
	type Unfit,
} from "../flux-sops/sops/block.ts";
import { encrypted, encryptedMac, isEncrypted, keyBytes, type Random } from "../flux-sops/sops/cipher.ts";
import { macStart } from "../flux-sops/sops/encrypted-file.ts";
import type { Recipient } from "../flux-sops/sops/recipients.ts";

import { flattened, unflattened } from "./dotenv.ts";

export type Form = "dotenv" | "binary";

/** A value, or a comment of a dotenv file. */
type Entry = { readonly key: string; readonly value: string } | { readonly comment: string };

export interface InputFile {
	readonly form: Form;
	readonly entries: readonly Entry[];
	/** `data` alone, where it is binary. */
	readonly keys: readonly string[];
	readonly block: Block;
	readonly recipients: readonly Recipient[];
	/** What `contentsOf` says of the versions that it has; absent where somebody else wrote it last. */
	readonly contents?: string;
}

const unfit = (detail: string): Unfit => ({ unfit: detail });

const mark = "titanic_secret_rotator";

export function inputFileIn(text: string, form: Form): InputFile | Unfit {
	const excess = tooMuch(text);
	if (excess) return excess;
	const read = form === "dotenv" ? dotenvIn(text) : binaryIn(text);
	if ("unfit" in read) return read;
	const { [mark]: marked, ...block } = read.block;
	if (Object.keys(block).length === 0) return unfit("is not encrypted: it has no block sops");
	const recipients = recipientsIn(block);
	if ("unfit" in recipients) return recipients;
	const values = read.entries.flatMap((entry) => ("key" in entry ? [entry] : []));
	const keys = values.map(({ key }) => key);
	const twice = keys.find((key, at) => keys.indexOf(key) !== at);
	if (twice !== undefined) return unfit(`has ${shown(twice)} twice`);
	const bare = keys.find((key) => !isCovered(block, key));
	if (bare !== undefined) return unfit(`is encrypted by a rule that leaves ${shown(bare)} in clear`);
	const clear = values.find(({ value }) => value !== "" && !isEncrypted(value));
	if (clear) return unfit(`has a value in clear: ${shown(clear.key)}`);
	if (read.entries.some((entry) => "comment" in entry && isEncrypted(entry.comment)))
		return unfit("has an encrypted comment, which would be lost with the old data key; remove it");
	const file = { form, entries: read.entries, keys, block, recipients };
	const [contents = "", digest] = typeof marked === "string" ? marked.split(".") : [];
	return digest === digestOf(file) ? { ...file, contents } : file;
}

interface Read {
	readonly entries: readonly Entry[];
	readonly block: Block;
}

function dotenvIn(text: string): Read | Unfit {
	const entries: Entry[] = [];
	const metadata: [string, string][] = [];
	// To SOPS they would be part of a name and of a value.
	if (text.startsWith("\uFEFF"))
		return unfit("begins with a byte order mark; save it without one, and encrypt it again");
	if (text.includes("\r")) return unfit("has lines that end with CR LF; save it with LF, and encrypt it again");
	for (const line of text.split("\n").filter(Boolean)) {
		const at = line.indexOf("=");
		const [key, value] = [line.slice(0, at), line.slice(at + 1)];
		if (line.startsWith("#")) entries.push({ comment: line.slice(1) });
		else if (at === -1) return unfit("has a line without =");
		else if (key.startsWith("sops_")) metadata.push([key.slice("sops_".length), value]);
		else entries.push({ key, value });
	}
	return { entries, block: unflattened(metadata) };
}

function binaryIn(text: string): Read | Unfit {
	let found: unknown;
	try {
		found = JSON.parse(text);
	} catch {
		return unfit("is no JSON, as sops writes a binary file");
	}
	const { data, sops, ...others } = (found ?? {}) as Record<string, unknown>;
	const isBinary = typeof data === "string" && typeof sops === "object" && Object.keys(others).length === 0;
	if (!isBinary) return unfit("has more or less than data and the block sops; encrypt it with --input-type binary");
	return { entries: [{ key: "data", value: data }], block: (sops ?? {}) as Block };
}

const isCovered = (block: Block, key: string): boolean => {
	const { encrypted_regex: rule, unencrypted_suffix: suffix } = block;
	if (rule) return ruleOf(block).includes(key);
	return !key.endsWith(typeof suffix === "string" && suffix !== "" ? suffix : "_unencrypted");
};

export interface Next {
	/** By the file's keys. */
	readonly values: ReadonlyMap<string, string>;
	readonly contents: string;
	readonly now: Date;
	/** The data key as the file keeps it for this recipient. */
	wrap(recipient: Recipient, dataKey: Uint8Array): Promise<string>;
	readonly random?: Random;
}

/** @param file is not changed */
export async function nextInputFile(
	file: InputFile,
	{ values, contents, now, wrap, random = randomBytes }: Next,
): Promise<string> {
	const dataKey = random(keyBytes);
	const lastmodified = now.toISOString().replace(/\.\d+Z$/, "Z");
	const hash = macStart(macCoversEncryptedOnly(file.block));
	const entries = file.entries.map((entry) => {
		if ("comment" in entry) return entry;
		const value = values.get(entry.key);
		if (value === undefined) throw new Error(`no value for ${entry.key}`);
		hash.update(value);
		return { key: entry.key, value: value === "" ? "" : encrypted(value, dataKey, [entry.key], random) };
	});
	const mac = encryptedMac(hash.digest("hex").toUpperCase(), dataKey, lastmodified, random);
	const block = { ...file.block, ...(await wrapped(file, dataKey, lastmodified, wrap)), lastmodified, mac };
	const next = { form: file.form, entries, block };
	return rendered({ ...next, block: { ...block, [mark]: `${contents}.${digestOf(next)}` } });
}

/** The lists of recipients, each with the new data key. */
async function wrapped(
	{ block, recipients }: InputFile,
	dataKey: Uint8Array,
	lastmodified: string,
	wrap: Next["wrap"],
): Promise<Record<string, object[]>> {
	const lists: Record<string, object[]> = {};
	for (const recipient of recipients) {
		const { kind } = recipient;
		lists[kind] ??= [];
		const was = (block[kind] as readonly object[])[lists[kind].length];
		const made = { ...was, enc: await wrap(recipient, dataKey) };
		lists[kind].push(kind === "azure_kv" ? { ...made, created_at: lastmodified } : made);
	}
	return lists;
}

type Rendered = Pick<InputFile, "form" | "entries" | "block">;

function rendered({ form, entries, block }: Rendered): string {
	if (form === "binary") {
		const [data] = entries.flatMap((entry) => ("key" in entry ? [entry.value] : []));
		return JSON.stringify({ data, sops: block }, null, "\t");
	}
	const lines = entries.map((entry) => ("key" in entry ? `${entry.key}=${entry.value}` : `#${entry.comment}`));
	const metadata = flattened(block).map(([key, value]) => `sops_${key}=${value}`);
	return `${[...lines, ...metadata].join("\n")}\n`;
}

const digestOf = (file: Rendered): string => createHash("sha256").update(rendered(file)).digest("hex").slice(0, 32);
