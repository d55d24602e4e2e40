// Every minute: which secrets have a new version that is not backed up yet?
// BKR1. It looks at what ended lately, behind every rotation's back: no rotation starts a backup or waits for one. What it misses, the
//       sweep finds. Kept by: back-up.test.ts.
// BKR2. What could not be backed up is tried again after some minutes, not every minute. Otherwise: a right that is lacking writes a
//       record on the audit log each minute. Kept by: back-up.test.ts.

import type { LastBackup } from "../domain/backup.ts";
import type { EndedRun } from "../domain/ended-run.ts";
import { eachOf } from "../triggers/look.ts";
import { type BackUp, backUp } from "./back-up.ts";

const minute = 60_000;
const lookBackMs = 20 * minute;
const againAfterMs = 5 * minute;
/** The next minute goes on. */
const mostMs = 40_000;
const atOnce = 8;

/** @returns how many secrets were looked at */
export async function backUpRotated(call: BackUp): Promise<number> {
	const { ports } = call;
	const { config } = await ports.configuration();
	if (!config.backups) return 0;
	const from = ports.clock.now().getTime();
	const records = await ports.records();
	const isOver = ({ secret, dryRun, version }: EndedRun) =>
		!dryRun && version !== undefined && Object.hasOwn(config.secrets, secret);
	const latest = new Map<string, EndedRun>();
	for (let after: string | undefined, pages = 1; ; pages++) {
		const since = new Date(from - lookBackMs);
		const { runs, next } = await records.endedRuns({ since, most: 500, passes: isOver, ...(after && { after }) });
		for (const run of runs) if (!latest.has(run.secret)) latest.set(run.secret, run);
		if (next === undefined || pages === 10) break;
		after = next;
	}
	let looked = 0;
	const runs = [...latest.values()];
	for (let at = 0; at < runs.length; at += atOnce) {
		if (ports.clock.now().getTime() - from > mostMs) break;
		const done = await eachOf(runs.slice(at, at + atOnce), async (run) => {
			const now = ports.clock.now().getTime();
			if (!isWanted(await records.backupsOf(run.secret), run, now)) return false;
			await backUp(call, run.secret);
			return true;
		});
		looked += done.filter(Boolean).length;
	}
	return looked;
}

function isWanted(all: readonly LastBackup[], { version, endedAt }: EndedRun, now: number): boolean {
	const failures = all.flatMap(({ failed }) => (failed ? [Date.parse(failed.at)] : []));
	if (failures.length > 0) return now - Math.max(...failures) >= againAfterMs;
	// The live secret has the run's version, or was looked at since it ended.
	return !all.some((one) => one.version === version || Date.parse(one.at ?? "") > Date.parse(endedAt));
}
