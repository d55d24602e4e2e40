// Opens what SOPS wrote, by any of its rules, and checks the MAC, as Flux and people do: the product has no right to. That
// this reads as SOPS does is shown on files of the real one (sops.test.ts).

import { constants, createDecipheriv, createHash, type KeyObject, privateDecrypt } from "node:crypto";
import { armor, Decrypter } from "age-encryption";
import { parse } from "yaml";

/** One of the two. */
export interface Identity {
	readonly age?: string;
	readonly rsa?: KeyObject;
}

export interface Opened {
	/** Without the block `sops`. */
	readonly tree: Record<string, unknown>;
	readonly isMacRight: boolean;
	readonly dataKey: Uint8Array;
}

interface Block {
	readonly age?: readonly { enc: string; recipient: string }[];
	readonly azure_kv?: readonly { enc: string }[];
	readonly lastmodified: string;
	readonly mac: string;
	readonly mac_only_encrypted?: boolean;
	readonly encrypted_regex?: string;
	readonly encrypted_suffix?: string;
	readonly unencrypted_regex?: string;
	readonly unencrypted_suffix?: string;
}

type Tree = Record<string, unknown>;

/** @throws where nothing opens it */
export const openedYaml = (text: string, identity: Identity): Promise<Opened> => opened(parse(text), identity);

/** A dotenv file: the block is in lines that begin with `sops_`. */
export async function openedEnv(text: string, identity: Identity): Promise<Opened> {
	const lines = text.split("\n").filter((line) => line.includes("=") && !line.startsWith("#"));
	const entries = lines.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)] as const);
	const unescaped = (value: string) => value.replaceAll("\\n", "\n");
	const sops: Record<string, unknown> = {};
	for (const [key, value] of entries) {
		const found = /^sops_(?:(\w+?)__list_(\d+)__map_)?(\w+)$/.exec(key);
		if (!found) continue;
		const [, list, index, name] = found;
		if (list === undefined) sops[name!] = unescaped(value);
		else {
			sops[list] ??= [];
			const items = sops[list] as Record<string, string>[];
			items[Number(index)] = { ...items[Number(index)], [name!]: unescaped(value) };
		}
	}
	const tree = Object.fromEntries(entries.filter(([key]) => !key.startsWith("sops_")));
	return opened({ ...tree, sops }, identity);
}

async function opened({ sops, ...tree }: Tree, identity: Identity): Promise<Opened> {
	const block = sops as Block;
	const dataKey = await dataKeyOf(block, identity);
	const hash = createHash("sha512");
	if (block.mac_only_encrypted) hash.update(createHash("sha256").update("sops").digest());
	const below = (value: unknown, path: readonly string[]): unknown => {
		if (value === null) return null;
		if (Array.isArray(value)) return value.map((item) => below(item, path));
		if (typeof value === "object")
			return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, below(item, [...path, key])]));
		const isCovered = isEncryptedBy(block, path);
		const plain =
			isCovered && value !== "" ? plainOf(String(value), dataKey, path.map((key) => `${key}:`).join("")) : value;
		if (isCovered || !block.mac_only_encrypted) hash.update(bytesOf(plain));
		return plain;
	};
	const found = below(tree, []) as Tree;
	const at = new Date(block.lastmodified).toISOString().replace(".000", "");
	return { tree: found, isMacRight: plainOf(block.mac, dataKey, at) === hash.digest("hex").toUpperCase(), dataKey };
}

const bytesOf = (value: unknown): string => (typeof value === "boolean" ? (value ? "True" : "False") : String(value));

function isEncryptedBy(block: Block, path: readonly string[]): boolean {
	const { encrypted_regex, encrypted_suffix, unencrypted_regex, unencrypted_suffix } = block;
	if (encrypted_regex !== undefined) return path.some((key) => new RegExp(encrypted_regex).test(key));
	if (encrypted_suffix !== undefined) return path.some((key) => key.endsWith(encrypted_suffix));
	if (unencrypted_regex !== undefined) return !path.some((key) => new RegExp(unencrypted_regex).test(key));
	return !path.some((key) => key.endsWith(unencrypted_suffix ?? "_unencrypted"));
}

async function dataKeyOf({ age = [], azure_kv = [] }: Block, identity: Identity): Promise<Uint8Array> {
	if (identity.rsa !== undefined) {
		const how = { key: identity.rsa, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha256" };
		return opens(azure_kv ?? [], async ({ enc }) => privateDecrypt(how, Buffer.from(enc, "base64url")));
	}
	const decrypter = new Decrypter();
	decrypter.addIdentity(identity.age ?? "");
	return opens(age ?? [], ({ enc }) => decrypter.decrypt(armor.decode(enc)));
}

/** The first entry that this identity opens, as SOPS tries them. */
async function opens<E>(entries: readonly E[], open: (entry: E) => Promise<Uint8Array>): Promise<Uint8Array> {
	for (const entry of entries) {
		const found = await open(entry).catch(() => undefined);
		if (found?.length === 32) return found;
	}
	throw new Error("no entry is for this identity");
}

function plainOf(text: string, dataKey: Uint8Array, bound: string): unknown {
	const [, data, iv, tag, type] = /^ENC\[AES256_GCM,data:(.*),iv:(.+),tag:(.+),type:(.+)\]$/.exec(text) ?? [];
	if (data === undefined) throw new Error("a value that is not encrypted");
	const decipher = createDecipheriv("aes-256-gcm", dataKey, Buffer.from(iv!, "base64"));
	decipher.setAuthTag(Buffer.from(tag!, "base64")).setAAD(Buffer.from(bound));
	const plain = decipher.update(data, "base64", "utf8") + decipher.final("utf8");
	return type === "int" || type === "float" ? Number(plain) : type === "bool" ? plain === "True" : plain;
}
