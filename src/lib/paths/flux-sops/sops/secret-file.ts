// A Secret's manifest that SOPS has encrypted: what is read of it without any key, and whether this path can keep it.
// SM1. All that is encrypted is `data`, and nothing of `data` is in clear. Otherwise: a value that nobody gave us is lost with
//      the old data key, or one of ours is in the repository for all to read.
// SM2. What the MAC is made of is what SOPS would read: texts, booleans and nulls. Otherwise: a number or a date that the two
//      read differently breaks the MAC, and `sops` refuses a file that Flux takes.
// Both kept by: secret-file.test.ts.

import { type Document, isMap, isScalar, isSeq, parseAllDocuments, type Scalar, visit, type YAMLMap } from "yaml";
import { type Block, macCoversEncryptedOnly, recipientsIn, ruleOf, shown, tooMuch, type Unfit } from "./block.ts";
import { isEncrypted, type Path } from "./cipher.ts";
import type { Recipient } from "./recipients.ts";

/** A text, boolean or null of the document, in its order. */
export interface Leaf {
	readonly path: Path;
	readonly node: Scalar;
}

export interface SecretFile {
	readonly document: Document.Parsed;
	readonly name: string;
	/** Where the manifest gives one; Kustomize may set another. */
	readonly namespace?: string;
	/** Of `data`. */
	readonly keys: readonly string[];
	readonly annotations: Readonly<Record<string, string>>;
	readonly recipients: readonly Recipient[];
	readonly macCoversEncryptedOnly: boolean;
	/** In spaces. */
	readonly indent: number;
}

const unfit = (detail: string): Unfit => ({ unfit: detail });

export function secretFileIn(text: string): SecretFile | Unfit {
	const excess = tooMuch(text);
	if (excess) return excess;
	const documents = parseAllDocuments(text);
	const [document] = documents;
	if (!document || documents.length > 1) return unfit(`holds ${documents.length} documents; give it one, the Secret`);
	if (documents.some(({ errors }) => errors.length > 0)) return unfit("is not valid YAML");
	const root = document.contents as YAMLMap | null;
	if (!isMap(root) || hasForeignYaml(document)) return unfit("uses anchors, aliases, tags or keys that are not texts");
	if (root.get("apiVersion") !== "v1" || root.get("kind") !== "Secret") return unfit("is no Secret of v1");
	const name = document.getIn(["metadata", "name"]);
	if (typeof name !== "string" || name === "") return unfit("has no metadata.name");
	const sops = root.get("sops");
	if (!isMap(sops)) return unfit("is not encrypted: it has no block sops");
	const block: Block = sops.toJSON();
	const recipients = recipientsIn(block);
	if ("unfit" in recipients) return recipients;
	const wrong = contents(root, ruleOf(block)) ?? comments(document);
	if (wrong !== undefined) return unfit(wrong);
	const keys = (root.get("data") as YAMLMap<Scalar<string>>).items.map(({ key }) => key.value);
	const namespace = document.getIn(["metadata", "namespace"]);
	return {
		document,
		name,
		...(typeof namespace === "string" && { namespace }),
		keys,
		annotations: annotationsIn(document),
		recipients,
		macCoversEncryptedOnly: macCoversEncryptedOnly(block),
		// `sops` writes four
		indent: /^( +)\S/m.exec(text)?.[1]?.length ?? 4,
	};
}

/** Every text, boolean and null except those of the block `sops`; a list's elements have its path. */
export function leavesOf(root: YAMLMap): Leaf[] {
	const below = (node: unknown, path: Path): Leaf[] => {
		if (isScalar(node)) return [{ path, node }];
		if (isSeq(node)) return node.items.flatMap((item) => below(item, path));
		return isMap(node)
			? node.items.flatMap(({ key, value }) => below(value, [...path, (key as Scalar<string>).value]))
			: [];
	};
	return below(root, []).filter(({ path }) => path[0] !== "sops");
}

export const isValue = ({ path }: Leaf): boolean => path.length === 2 && path[0] === "data";

function hasForeignYaml(document: Document.Parsed): boolean {
	let found = false;
	visit(document, {
		Alias: () => {
			found = true;
		},
		Pair: (_, { key, value }) => {
			if (!isScalar(key) || typeof key.value !== "string" || value === null) found = true;
		},
		Node: (_, node) => {
			if ("anchor" in node && node.anchor) found = true;
			if ("tag" in node && node.tag) found = true;
		},
	});
	return found;
}

function contents(root: YAMLMap, rule: readonly string[]): string | undefined {
	if (!rule.includes("data")) return "is encrypted by another rule than encrypted_regex: ^(data|stringData)$";
	if (root.has("stringData")) return "has stringData, in which Flux substitutes variables; give data";
	const data = root.get("data");
	if (!isMap(data) || data.items.length === 0) return "has no data";
	for (const leaf of leavesOf(root)) {
		const { path, node } = leaf;
		const { value } = node;
		const at = path.map(shown).join(".");
		const isText = typeof value === "string";
		if (isValue(leaf)) {
			if (value !== null && value !== "" && !(isText && isEncrypted(value))) return `has a value in clear: ${at}`;
		} else if (path.some((key) => rule.includes(key)) || (isText && isEncrypted(value))) {
			return `has more encrypted than the values of data: ${at}`;
		} else if (!isText && typeof value !== "boolean" && value !== null) {
			return `has a number at ${at}; put it in quotation marks`;
		}
	}
	return undefined;
}

function comments(document: Document.Parsed): string | undefined {
	let found = false;
	visit(document, {
		Node: (_, node) => {
			if (/ENC\[/.test(`${node.comment}${node.commentBefore}`)) found = true;
		},
	});
	return found ? "has an encrypted comment, which would be lost with the old data key; remove it" : undefined;
}

function annotationsIn(document: Document.Parsed): Record<string, string> {
	const found = document.getIn(["metadata", "annotations"]);
	const entries = isMap(found) ? (found as YAMLMap<Scalar<string>, Scalar>).items : [];
	return Object.fromEntries(
		entries.flatMap(({ key, value }) => (typeof value?.value === "string" ? [[key.value, value.value]] : [])),
	);
}
