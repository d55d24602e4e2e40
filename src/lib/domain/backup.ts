// Backups of secrets: what each is called, and when one is to be made.
// BKN1. Vault, secret and version are in the name, and none of them can be read as another's. Otherwise: the backup of one secret
//       takes the place of another's, or is restored for it. Kept by: backup.test.ts.
// BKN2. A backup is made where no earlier one has the live version, or where that one will soon have been kept long enough to be deleted.
//       Otherwise: a secret that is rotated once a year has no backup in the last months of it. Kept by: backup.test.ts.

import type { Problem } from "./fault.ts";
import type { VersionId } from "./secret-version.ts";

/** What is known of the backups of one secret of a vault: a managed one, or one that is derived from it. */
export interface LastBackup {
	/** Its name in the vault. */
	readonly secret: string;
	/** The newest version in the last backup. */
	readonly version?: VersionId;
	/** When that was made, ISO 8601. */
	readonly at?: string;
	/** What has kept the next one from being made since. */
	readonly failed?: { readonly at: string; readonly problem: Problem };
}

export interface BackupName {
	/** The vault's host, with its port where the URL has one. */
	readonly vault: string;
	readonly secret: string;
	readonly version: VersionId;
	/** `2026-11-30`, in UTC. */
	readonly day: string;
}

const end = ".keyvaultbackup";
const name =
	/^([a-z0-9.-]{1,253}(?:_\d{1,5})?)\/([0-9a-z-]{1,127})\/(\d{4}-\d\d-\d\d)\.([0-9a-f]{32})\.keyvaultbackup$/;

/** @throws TypeError for what is no vault's, no secret's or no version's name: it would be another's */
export function nameOfBackup({ vault, secret, version, day }: BackupName): string {
	const made = `${folderOfBackups(vault, secret)}${day}.${version}${end}`;
	if (!name.test(made))
		throw new TypeError("A backup is called by a vault's host, a secret's name, a day and a version.");
	return made;
}

/** Key Vault's names have no case; a host's port has no place in the name of a folder. */
export const folderOfBackups = (vault: string, secret: string): string =>
	`${vault.toLowerCase().replace(/:(?=\d+$)/, "_")}/${secret.toLowerCase()}/`;

/** @returns `undefined` for a blob that is called something else */
export function backupIn(blob: string): BackupName | undefined {
	const [, vault, secret, day, version] = name.exec(blob) ?? [];
	if (vault === undefined || secret === undefined || day === undefined || version === undefined) return undefined;
	return { vault: vault.replace("_", ":"), secret, version, day };
}

const dayMs = 86_400_000;

export const backupStates = ["none", "behind", "old", "current"] as const;
/** `behind`: of an earlier version; `old`: made so long ago that the next one is due. The worst first. */
export type BackupState = (typeof backupStates)[number];

/** @param version the live one; absent where it is not known: then only age counts */
export function backupStateOf(
	last: LastBackup | undefined,
	version: VersionId | undefined,
	{ now, keepDays }: { readonly now: Date; readonly keepDays: number },
): BackupState {
	if (last?.version === undefined || last.at === undefined) return "none";
	if (version !== undefined && last.version !== version) return "behind";
	// Half of the time: the other half is left to correct what keeps the next one from being made.
	return now.getTime() - Date.parse(last.at) >= (keepDays * dayMs) / 2 ? "old" : "current";
}

/** How the backups of a managed secret and of what is derived from it are. */
export interface BackupEntry {
	readonly state: BackupState;
	/** When the oldest of the last backups was made, ISO 8601; absent where one of them has none. */
	readonly at?: string;
	/** What keeps one of them from being made. */
	readonly problem?: Problem;
}

/** The worst of them. */
export function backupEntryOf(
	all: readonly { readonly last?: LastBackup; readonly state: BackupState }[],
): BackupEntry {
	const state = backupStates.find((one) => all.some((each) => each.state === one)) ?? "none";
	const times = all.flatMap(({ last }) => last?.at ?? []).sort();
	const problem = all.find(({ last }) => last?.failed)?.last?.failed?.problem;
	return { state, ...(times.length === all.length && { at: times[0] }), ...(problem && { problem }) };
}
