// Key Vault's own backups of one managed secret and of what is derived from it.
// BKU1. Nothing waits for a backup and nothing fails because of one: whatever keeps it from being made is written down and
//       reported. Otherwise: a firewall before a container of backups ends a sweep, and passwords expire. Kept by: back-up.test.ts.
// BKU2. A backup is made only of a version that none has, or when the last one is old. Otherwise: each sweep adds a copy of every secret,
//       none of which can be deleted for a year. Kept by: back-up.test.ts.

import { type BackupEntry, backupEntryOf, backupStateOf, type LastBackup } from "../domain/backup.ts";
import { type Problem, problemOf } from "../domain/fault.ts";
import type { VersionId } from "../domain/secret-version.ts";
import { asFault, audited } from "../steps/boundary.ts";
import { type Managed, managed } from "../steps/managed.ts";
import { type Trigger, unnamed } from "../triggers/request.ts";

export type BackUp = Pick<Trigger, "ports" | "attempt" | "actor" | "tell">;

export const namesIn = ({ name, secret }: Pick<Managed, "name" | "secret">): readonly string[] => [
	name,
	...secret.derived.map((derived) => derived.secret),
];

/** @returns how they are now; `undefined` where the configuration wants none */
export async function backUp(call: BackUp, id: string): Promise<BackupEntry | undefined> {
	const entry = await stateAfter(call, id);
	if (entry) {
		const { state, problem } = entry;
		call.tell({ event: "backup", secret: id, state, ...(problem && { code: problem.code }) });
	}
	return entry;
}

async function stateAfter(call: BackUp, id: string): Promise<BackupEntry | undefined> {
	try {
		const { config } = await call.ports.configuration();
		return config.backups && (await backUpAll(call, id, config.backups.keepDays));
	} catch (error) {
		return { state: "none", problem: problemOf(asFault(error, "backup")) };
	}
}

interface Found {
	readonly secret: string;
	readonly last?: LastBackup;
	/** The live one; absent where there is none that could be backed up, or where the vault does not say. */
	readonly version?: VersionId;
	readonly problem?: Problem;
}

async function backUpAll(call: BackUp, id: string, keepDays: number): Promise<BackupEntry> {
	const { ports } = call;
	const target = await managed(ports, id);
	const records = await ports.records();
	const before = await records.backupsOf(id);
	const store = await ports.store(target.secret.vault);
	const found = await Promise.all(
		namesIn(target).map(async (secret): Promise<Found> => {
			const last = before.find((one) => one.secret === secret);
			const live = await store.latest(secret).then(
				// Nothing but the version leaves: not the value.
				(latest) => (latest.state === "present" ? latest.secret.version : undefined),
				(error) => asFault(error, "backup"),
			);
			if (live instanceof Error) return { secret, ...(last && { last }), problem: problemOf(live) };
			return { secret, ...(last && { last }), ...(live !== undefined && { version: live }) };
		}),
	);
	const now = ports.clock.now();
	const stateOf = ({ last, version }: Found) => backupStateOf(last, version, { now, keepDays });
	const due = found.filter((one) => one.version !== undefined && stateOf(one) !== "current");
	const made = due.length === 0 ? [] : await makeAll(call, target, due as Due[]);
	const after = found.map((one): Found => {
		const { secret, last = { secret }, problem } = one;
		const { failed: _, ...lasting } = last;
		const tried = made.find((each) => each.secret === secret);
		return { ...one, last: tried ?? (problem ? failedNow(last, problem, now) : lasting) };
	});
	const all = after.flatMap(({ last }) => last ?? []);
	if (JSON.stringify(all) !== JSON.stringify(before)) await records.saveBackups(id, all);
	return backupEntryOf(after.map((one) => ({ ...one, state: stateOf(one) })));
}

type Due = Found & Required<Pick<Found, "version">>;

const failedNow = (last: LastBackup, problem: Problem, now: Date): LastBackup => ({
	...last,
	failed: { at: now.toISOString(), problem },
});

/** One record on the log for all of them. @returns what is known of each that was tried */
async function makeAll(call: BackUp, target: Managed, due: readonly Due[]): Promise<readonly LastBackup[]> {
	const { ports, actor, tell } = call;
	const now = ports.clock.now();
	const at = now.toISOString();
	const done = new Map<string, LastBackup>();
	const which = due.map(({ secret, version }) => `${secret} ${version}`).join(", ");
	const ids = { rotationId: unnamed, secret: target.id, actor };
	const facts = { vault: target.vaultName, message: `Backup of ${which}.` };
	try {
		await audited(ports, call, ids, ["backup"], facts, async (journal) => {
			const [vault, backups] = [await ports.store(target.secret.vault), await ports.backups()];
			const { config } = await ports.configuration();
			const host = new URL(config.vaults[target.secret.vault]!.url).host;
			const intent = journal.intent("backup");
			for (const { secret, version } of due) {
				const backup = await vault.backup(intent, secret);
				await backups.add(intent, { vault: host, secret, version, day: at.slice(0, 10) }, backup);
				done.set(secret, { secret, version, at });
			}
			journal.done("backup", "backed-up");
		});
	} catch (error) {
		const fault = asFault(error, "backup");
		tell({ event: "fault", step: "backup", code: fault.code, transient: fault.transient, secret: target.id });
		const problem = problemOf(fault);
		return due.map(({ secret, last = { secret } }) => done.get(secret) ?? failedNow(last, problem, now));
	}
	return [...done.values()];
}
