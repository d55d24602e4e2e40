// One value as SOPS writes it: AES-256-GCM with an IV of 32 bytes, the place of the value as additional data.
// SPC1. The additional data is the path of map keys, each followed by a colon. Otherwise: the value decrypts nowhere, and Flux
//      says so only once the commit is there. Kept by: format.test.ts.
// @see https://github.com/getsops/sops, aes/cipher.go

import { createCipheriv, randomBytes } from "node:crypto";

/** Keys and IVs alike. */
export const keyBytes = 32;

export type Random = (count: number) => Uint8Array;

/** The keys above a value, and its own. Elements of a list have the list's path. */
export type Path = readonly string[];

const additionalData = (path: Path): string => path.map((key) => `${key}:`).join("");

/** @param place of the value in the document: its path */
export const encrypted = (text: string, dataKey: Uint8Array, place: Path, random: Random = randomBytes): string =>
	sealed(text, dataKey, additionalData(place), random);

/** The MAC is bound to the time that the file gives for its last change. */
export const encryptedMac = (mac: string, dataKey: Uint8Array, lastModified: string, random: Random = randomBytes) =>
	sealed(mac, dataKey, lastModified, random);

function sealed(text: string, dataKey: Uint8Array, bound: string, random: Random): string {
	const iv = random(keyBytes);
	const cipher = createCipheriv("aes-256-gcm", dataKey, iv).setAAD(Buffer.from(bound));
	const data = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
	const parts = { data, iv: Buffer.from(iv), tag: cipher.getAuthTag() };
	const told = Object.entries(parts).map(([name, bytes]) => `${name}:${bytes.toString("base64")}`);
	return `ENC[AES256_GCM,${told.join(",")},type:str]`;
}

/** Whatever has this form was encrypted by SOPS. */
export const isEncrypted = (text: string): boolean => /^ENC\[AES256_GCM,data:.*,type:\w+\]$/.test(text);
