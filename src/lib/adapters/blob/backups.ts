// Backups of secrets as block blobs, a blob each: `<vault>/<secret>/<day>.<version>.keyvaultbackup` (domain/backup.ts).
// BKB1. A blob is made, never written over. Otherwise: an app that was taken over puts an empty file in the place of every backup.
//       Kept by: backup-store.test.ts.

import { nameOfBackup } from "../../domain/backup.ts";
import { Fault } from "../../domain/fault.ts";
import type { BackupStore } from "../../ports/backup-store.ts";
import { type ContainerOptions, nameOfContainer, openContainer, patience } from "./container.ts";
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

export function backupsFault(error: unknown, store: string, right: string): Fault {
	if (error instanceof Fault) return error;
	if (troubleOf(error) === "forbidden") return new Fault("backups-forbidden", { store, right }, error);
	return new Fault("backups-unavailable", { store }, error);
}
