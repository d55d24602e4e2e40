// Backup blobs: opaque to everybody but vaults of the same subscription and geography.
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";
import { invalidBackup } from "./errors.ts";
import type { SecretVersion } from "./secrets.ts";

/** Where a backup can be restored. */
export interface Realm {
	readonly subscription: string;
	readonly geography: string;
}

export interface Backup {
	readonly name: string;
	/** In the order of their creation. */
	readonly versions: readonly SecretVersion[];
}

const cipher = "aes-256-gcm";
/** The same in each process, as Azure's outlives every vault. It keeps nothing secret: anybody can read it here. */
const keyOf = ({ subscription, geography }: Realm): Uint8Array =>
	new Uint8Array(hkdfSync("sha256", "key vault stand-in", `${subscription}/${geography}`.toLowerCase(), "backup", 32));

/** @returns base64url */
export function sealed(backup: Backup, realm: Realm): string {
	const iv = randomBytes(12);
	const sealing = createCipheriv(cipher, keyOf(realm), iv);
	const content = Buffer.concat([sealing.update(JSON.stringify(backup), "utf8"), sealing.final()]);
	return Buffer.concat([iv, sealing.getAuthTag(), content]).toString("base64url");
}

/** @throws Refusal of what is no backup of this realm */
export function opened(blob: unknown, realm: Realm): Backup {
	try {
		const bytes = Buffer.from(String(blob), "base64url");
		const opening = createDecipheriv(cipher, keyOf(realm), bytes.subarray(0, 12), { authTagLength: 16 });
		opening.setAuthTag(bytes.subarray(12, 28));
		return JSON.parse(`${opening.update(bytes.subarray(28), undefined, "utf8")}${opening.final("utf8")}`) as Backup;
	} catch {
		throw invalidBackup();
	}
}
