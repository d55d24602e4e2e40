// Backups of secrets.

import { denied, final, unreachable } from "./kind.ts";

export const backupFaults = {
	"backups-forbidden": denied<{ store: string; right: string }>(
		({ store, right }) => `The app may not ${right} the backups in ${store}.`,
		"Grant its identity blobs/add/action on that container (docs/security.md). Rotations go on; the next sweep tries again.",
	),
	"backups-unavailable": unreachable<{ store: string }>(
		({ store }) => `The container of backups ${store} cannot be written or read.`,
		"Check that it exists, the account's network rules and private endpoint. Rotations go on; the next sweep tries again.",
	),
	"backup-of-another": final<{ vault: string; secret: string; found: string }>(
		({ vault, secret, found }) =>
			`The backup that is called one of ${secret} is of ${found}, which is in vault ${vault} now.`,
		"Find out who else may write to the container of backups. Try an earlier one with --before, and delete what was restored if it was not there before.",
	),
	"backups-lacking": final<{ count: number; secrets: string }>(
		({ count, secrets }) =>
			`${count} ${count === 1 ? "secret has" : "secrets have"} no backup of the live version that is new enough: ${secrets}.`,
		"rotator compliance says what keeps each of them from being backed up. Rotations go on.",
	),
};
