// For whom a file is encrypted: each recipient wraps the same data key, and any one of them opens the file.
// SPR1. A new data key is wrapped for every recipient of the file. Otherwise: somebody who could open it yesterday, perhaps the
//      one who is woken at night, cannot open it any more. Kept by: format.test.ts.
// @see https://github.com/getsops/sops, azkv/keysource.go, age/keysource.go

import { constants, createPublicKey, publicEncrypt } from "node:crypto";
import { armor, Encrypter } from "age-encryption";
import type { PublicKey } from "../../../ports/encryption-key.ts";

/** A version of an RSA key in Key Vault. The file names the version, and it is the one that decrypts. */
export interface VaultKey {
	readonly kind: "azure_kv";
	readonly vaultUrl: string;
	readonly name: string;
	readonly version: string;
}

export interface AgeRecipient {
	readonly kind: "age";
	/** A public key: `age1...` */
	readonly publicKey: string;
}

export type Recipient = VaultKey | AgeRecipient;

/** As the configuration and faults write it: the version is the file's affair. */
export const recipientText = (recipient: Recipient): string =>
	recipient.kind === "age" ? recipient.publicKey : `${recipient.vaultUrl.replace(/\/$/, "")}/keys/${recipient.name}`;

/** Keys of other programs' (SSH, age plugins) have other forms; `age1` and 58 characters of Bech32 is X25519. */
export const isAgePublicKey = (text: string): boolean => /^age1[02-9ac-hj-np-z]{58}$/.test(text);

/** @returns the data key as the file keeps it for a key in the vault */
export function wrappedForVaultKey(dataKey: Uint8Array, { n, e }: PublicKey): string {
	const key = createPublicKey({ key: { kty: "RSA", n, e }, format: "jwk" });
	const how = { key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha256" };
	return publicEncrypt(how, dataKey).toString("base64url");
}

/** @returns the data key as the file keeps it for an age recipient: armored */
export async function wrappedForAge(dataKey: Uint8Array, publicKey: string): Promise<string> {
	const encrypter = new Encrypter();
	encrypter.addRecipient(publicKey);
	return armor.encode(await encrypter.encrypt(dataKey));
}
