// A Secret as a person encrypts it with `sops`, for an age key and a key in the vault: what the app finds in the repository.

import { constants, createCipheriv, createHash, createPublicKey, publicEncrypt, randomBytes } from "node:crypto";
import { armor, Encrypter } from "age-encryption";
import { stringify } from "yaml";

export interface VaultKey {
	readonly vaultUrl: string;
	readonly name: string;
	readonly version: string;
	readonly jwk: Readonly<Record<string, unknown>>;
}

export interface Manifest {
	readonly name: string;
	readonly namespace: string;
	readonly data: Readonly<Record<string, string>>;
}

export async function sealed(
	{ name, namespace, data }: Manifest,
	ageRecipient: string,
	key: VaultKey,
): Promise<string> {
	const { encrypted, hash, block } = await sealing(ageRecipient, key);
	for (const leaf of ["v1", "Secret", name, namespace, "Opaque"]) hash.update(leaf);
	const values = Object.entries(data).map(([own, value]) => {
		const text = Buffer.from(value).toString("base64");
		hash.update(text);
		return [own, encrypted(text, `data:${own}:`)] as const;
	});
	const { azure_kv, age, lastmodified, mac } = block();
	const sops = {
		...{ azure_kv: [azure_kv], age: [age], lastmodified, mac },
		encrypted_regex: "^(data|stringData)$",
		version,
	};
	const head = { apiVersion: "v1", kind: "Secret", metadata: { name, namespace }, type: "Opaque" };
	return stringify({ ...head, data: Object.fromEntries(values), sops }, { indent: 4, lineWidth: 0 });
}

/** Variables, each in a line; so are the parts of the block `sops`. */
export async function sealedEnv(
	values: Readonly<Record<string, string>>,
	ageRecipient: string,
	key: VaultKey,
): Promise<string> {
	const { encrypted, hash, block } = await sealing(ageRecipient, key);
	const variables = Object.entries(values).map(([own, value]) => {
		hash.update(value);
		return `${own}=${encrypted(value, `${own}:`)}`;
	});
	const { azure_kv, age, lastmodified, mac } = block();
	const listed = (kind: string, entry: object) =>
		Object.entries(entry).map(([member, text]) => [`${kind}__list_0__map_${member}`, text]);
	const plain = { lastmodified, mac, unencrypted_suffix: "_unencrypted", version };
	const lines = [...listed("age", age), ...listed("azure_kv", azure_kv), ...Object.entries(plain)];
	const metadata = lines.map(([name, text]) => `sops_${name}=${String(text).replaceAll("\n", "\\n")}`);
	return `${[...variables, ...metadata.sort()].join("\n")}\n`;
}

const version = "3.11.0";

/** What every format has in common: a data key for both recipients, and a MAC over what is given to `hash`. */
async function sealing(ageRecipient: string, key: VaultKey) {
	const dataKey = randomBytes(32);
	const hash = createHash("sha512");
	const encrypted = (text: string, bound: string) => {
		const iv = randomBytes(32);
		const cipher = createCipheriv("aes-256-gcm", dataKey, iv).setAAD(Buffer.from(bound));
		const sealedText = Buffer.concat([cipher.update(text), cipher.final()]).toString("base64");
		return `ENC[AES256_GCM,data:${sealedText},iv:${iv.toString("base64")},tag:${cipher.getAuthTag().toString("base64")},type:str]`;
	};
	const encrypter = new Encrypter();
	encrypter.addRecipient(ageRecipient);
	const publicKey = createPublicKey({ key: { ...key.jwk }, format: "jwk" });
	const how = { key: publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha256" };
	const lastmodified = new Date().toISOString().replace(/\.\d+Z$/, "Z");
	const azure_kv = {
		vault_url: key.vaultUrl,
		...{ name: key.name, version: key.version },
		created_at: lastmodified,
		enc: publicEncrypt(how, dataKey).toString("base64url"),
	};
	const age = { recipient: ageRecipient, enc: armor.encode(await encrypter.encrypt(dataKey)) };
	const block = () => ({
		...{ azure_kv, age, lastmodified },
		mac: encrypted(hash.digest("hex").toUpperCase(), lastmodified),
	});
	return { encrypted, hash, block };
}
