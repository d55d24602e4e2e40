// Backups of secrets as block blobs, a blob each: `<vault>/<secret>/<day>.<version>.keyvaultbackup` (domain/backup.ts).
// BKB1. A blob is made, never written over. Otherwise: an app that was taken over puts an empty file in the place of every backup.
//       Kept by: backup-store.test.ts.

import { type BackupName, backupIn, folderOfBackups, nameOfBackup } from "../../domain/backup.ts";
import { Fault } from "../../domain/fault.ts";
import type { BackupStore } from "../../ports/backup-store.ts";
import { type ContainerOptions, contentOf, listed, nameOfContainer, openContainer, patience } from "./container.ts";
import { codeOf, troubleOf } from "./faults.ts";

export function blobBackupStore(options: ContainerOptions): BackupStore {
	const container = openContainer(options);
	const store = nameOfContainer(options.containerUrl);
	return {
		async add(_intent, name, backup) {
			try {
				await container.getBlockBlobClient(nameOfBackup(name)).upload(backup, backup.byteLength, {
					blobHTTPHeaders: { blobContentType: "application/octet-stream" },
					conditions: { ifNoneMatch: "*" },
					abortSignal: patience(),
				});
				return "added";
			} catch (error) {
				if (codeOf(error) === "BlobAlreadyExists") return "kept";
				throw backupsFault(error, store, "add to");
			}
		},
	};
}

export interface KeptBackup extends BackupName {
	/** The blob's. */
	readonly name: string;
	/** In bytes. */
	readonly size: number;
	/** When it was made, by the storage's clock, ISO 8601. */
	readonly at: string;
}

/**
 * For anyone who restores one. Throws Fault `backups-unavailable`, `backups-forbidden`, `token-unavailable`. @returns the latest first
 */
export async function backupsOf(options: ContainerOptions, vault: string, secret: string): Promise<KeptBackup[]> {
	try {
		const blobs = await listed(openContainer(options), folderOfBackups(vault, secret));
		return blobs
			.flatMap(({ name, size, createdOn }) => {
				const read = backupIn(name);
				return read ? [{ ...read, name, size, at: new Date(createdOn).toISOString() }] : [];
			})
			.sort((one, other) => (one.at < other.at ? 1 : -1));
	} catch (error) {
		throw backupsFault(error, nameOfContainer(options.containerUrl), "read");
	}
}

/** Throws what `backupsOf` throws. */
export async function readBackup(options: ContainerOptions, { name, size }: KeptBackup): Promise<Uint8Array> {
	try {
		return Buffer.concat(await Array.fromAsync(contentOf(openContainer(options), name, size)));
	} catch (error) {
		throw backupsFault(error, nameOfContainer(options.containerUrl), "read");
	}
}

function backupsFault(error: unknown, store: string, right: string): Fault {
	if (error instanceof Fault) return error;
	if (troubleOf(error) === "forbidden") return new Fault("backups-forbidden", { store, right }, error);
	return new Fault("backups-unavailable", { store }, error);
}
