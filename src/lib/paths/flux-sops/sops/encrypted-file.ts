// The next version of a SOPS file: all its values encrypted again, under a new data key, and everything else as it was.
// EF1. Every value is given, because nothing is decrypted: the right to decrypt is Flux's alone.
// EF2. The MAC is over what is written: values, annotations and all, in the document's order. Otherwise: Flux applies the file
//      and says nothing, and the next person who runs `sops` cannot open it. Kept by: format.test.ts.
// EF3. The time has whole seconds. Otherwise: Go prints it without its fraction, and what is bound to it does not open.
// @see https://github.com/getsops/sops, sops.go (Encrypt, ToBytes)

import { createHash, type Hash, randomBytes } from "node:crypto";
import { isMap, Scalar, type YAMLMap } from "yaml";
import { encrypted, encryptedMac, keyBytes, type Random } from "./cipher.ts";
import type { Recipient } from "./recipients.ts";
import { isValue, type Leaf, leavesOf, type SecretFile } from "./secret-file.ts";

export interface Change {
	/** Of each key of `data`, as Kubernetes has it: base64. */
	readonly values: ReadonlyMap<string, string>;
	/** Written into `metadata.annotations`, in clear. */
	readonly annotations: Readonly<Record<string, string>>;
	readonly now: Date;
	/** The data key as the file keeps it for this recipient. */
	wrap(recipient: Recipient, dataKey: Uint8Array): Promise<string>;
	readonly random?: Random;
}

/** @param file is not changed */
export async function encryptedFile(file: SecretFile, change: Change): Promise<string> {
	const { annotations, now, wrap, random = randomBytes } = change;
	const document = file.document.clone();
	const root = document.contents as unknown as YAMLMap;
	if (!isMap(document.getIn(["metadata", "annotations"])))
		document.setIn(["metadata", "annotations"], document.createNode({}));
	for (const [key, value] of Object.entries(annotations))
		document.setIn(["metadata", "annotations", key], quoted(value));

	const dataKey = random(keyBytes);
	const lastModified = now.toISOString().replace(/\.\d+Z$/, "Z");
	const leaves = leavesOf(root);
	const mac = macOf(leaves, change.values, file.macCoversEncryptedOnly);
	for (const { path, node } of leaves.filter(isValue)) {
		node.value = encrypted(givenFor(change.values, path), dataKey, path, random);
		node.type = Scalar.PLAIN;
	}
	const wraps = await Promise.all(file.recipients.map((recipient) => wrap(recipient, dataKey)));
	const next = { azure_kv: 0, age: 0 };
	for (const [index, { kind }] of file.recipients.entries()) {
		const at = ["sops", kind, next[kind]++];
		document.setIn([...at, "enc"], kind === "age" ? block(wraps[index]!) : wraps[index]);
		if (kind === "azure_kv") document.setIn([...at, "created_at"], quoted(lastModified));
	}
	document.setIn(["sops", "lastmodified"], quoted(lastModified));
	document.setIn(["sops", "mac"], new Scalar(encryptedMac(mac, dataKey, lastModified, random)));
	for (const leaf of leaves) if (!isValue(leaf) && isOdd(leaf.node)) leaf.node.type = Scalar.QUOTE_DOUBLE;
	return document.toString({ lineWidth: 0, indent: file.indent });
}

function givenFor(values: Change["values"], path: readonly string[]): string {
	const value = values.get(path[1] ?? "");
	if (value === undefined) throw new Error(`no value for ${path.join(".")}`);
	return value;
}

/** SHA-256 of `sops`: a MAC over the encrypted values alone is never one over all. */
const onlyEncrypted = createHash("sha256").update("sops").digest();

/** What the values are added to. */
export const macStart = (encryptedOnly: boolean): Hash => {
	const hash = createHash("sha512");
	return encryptedOnly ? hash.update(onlyEncrypted) : hash;
};

function macOf(leaves: readonly Leaf[], values: Change["values"], encryptedOnly: boolean): string {
	const hash = macStart(encryptedOnly);
	for (const leaf of leaves) {
		if (isValue(leaf)) hash.update(givenFor(values, leaf.path));
		else if (!encryptedOnly) hash.update(bytesOf(leaf.node.value));
	}
	return hash.digest("hex").toUpperCase();
}

/** As Go prints it. */
const bytesOf = (value: unknown): string =>
	typeof value === "boolean" ? (value ? "True" : "False") : typeof value === "string" ? value : "";

/** A text that another reader of YAML may take for a date or a number. */
const isOdd = ({ value }: Scalar): boolean => typeof value === "string" && !/^[A-Za-z]/.test(value);

function quoted(text: string): Scalar {
	const scalar = new Scalar(text);
	scalar.type = Scalar.QUOTE_DOUBLE;
	return scalar;
}

function block(text: string): Scalar {
	const scalar = new Scalar(text);
	scalar.type = Scalar.BLOCK_LITERAL;
	return scalar;
}
