// Where backups of secrets are kept. The app only adds to it: it can neither read, replace nor delete what is there.

import type { BackupName } from "../domain/backup.ts";
import type { Intent } from "./audit-log.ts";

/** Throws Fault `backups-unavailable`, `token-unavailable` (transient); `backups-forbidden`. */
export interface BackupStore {
	/**
	 * Never in the place of another one.
	 * @returns `kept` where there is one of this name, which has the same version
	 */
	add(intent: Intent, name: BackupName, backup: Uint8Array): Promise<"added" | "kept">;
}
