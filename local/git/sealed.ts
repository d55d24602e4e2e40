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
	const dataKey = randomBytes(32);
	const hash = createHash("sha512");
	const encrypted = (text: string, bound: string) => {
		const iv = randomBytes(32);
		const cipher = createCipheriv("aes-256-gcm", dataKey, iv).setAAD(Buffer.from(bound));
		const sealedText = Buffer.concat([cipher.update(text), cipher.final()]).toString("base64");
		return `ENC[AES256_GCM,data:${sealedText},iv:${iv.toString("base64")},tag:${cipher.getAuthTag().toString("base64")},type:str]`;
	};
	for (const leaf of ["v1", "Secret", name, namespace, "Opaque"]) hash.update(leaf);
	const values = Object.entries(data).map(([own, value]) => {
		const text = Buffer.from(value).toString("base64");
		hash.update(text);
		return [own, encrypted(text, `data:${own}:`)] as const;
	});
	const lastmodified = new Date().toISOString().replace(/\.\d+Z$/, "Z");
	const encrypter = new Encrypter();
	encrypter.addRecipient(ageRecipient);
	const publicKey = createPublicKey({ key: { ...key.jwk }, format: "jwk" });
	const wrapped = publicEncrypt(
		{ key: publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha256" },
		dataKey,
	);
	const sops = {
		azure_kv: [
			{
				vault_url: key.vaultUrl,
				...{ name: key.name, version: key.version },
				created_at: lastmodified,
				enc: wrapped.toString("base64url"),
			},
		],
		age: [{ recipient: ageRecipient, enc: armor.encode(await encrypter.encrypt(dataKey)) }],
		lastmodified,
		mac: encrypted(hash.digest("hex").toUpperCase(), lastmodified),
		encrypted_regex: "^(data|stringData)$",
		version: "3.11.0",
	};
	const head = { apiVersion: "v1", kind: "Secret", metadata: { name, namespace }, type: "Opaque" };
	return stringify({ ...head, data: Object.fromEntries(values), sops }, { indent: 4, lineWidth: 0 });
}
