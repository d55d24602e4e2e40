// What waited for its window, or for the end of a freeze, is started once that has come: between the sweeps, which may not come at
// such a time. Nothing sleeps until then.
// OPN1. Each is started once for what the last sweep found: one that has run since is left to the next sweep. Otherwise: what is
//       refused is tried again every ten minutes. Kept by: openings.test.ts.

import type { ComplianceEntry } from "../domain/compliance.ts";
import { problemOf } from "../domain/fault.ts";
import { asFault } from "../steps/boundary.ts";
import { heldBack } from "../steps/calendar.ts";
import { managed } from "../steps/managed.ts";
import { requestRotation, type Trigger } from "../triggers/request.ts";

/** What a run can end with that has only waited. */
const waited: ReadonlySet<string> = new Set(["window-closed", "frozen", "people-only"]);

/** @returns how many were started */
export async function startWaiting(call: Omit<Trigger, "actor">): Promise<number> {
	const { ports, rotations } = call;
	const { config, hash } = await ports.configuration();
	const isAny = config.freezes.length > 0 || Object.values(config.secrets).some(({ windows }) => windows.length > 0);
	if (!isAny) return 0;
	const records = await ports.records();
	const report = await records.lastReport();
	const waiting = report?.secrets.filter(({ action }) => action === "waiting") ?? [];
	if (!report || waiting.length === 0) return 0;
	const { runs } = await records.endedRuns({ since: new Date(report.at), most: 5_000 });
	const done = new Set(
		runs
			.filter(({ kind, dryRun, code }) => kind === "rotate" && !dryRun && !waited.has(code ?? ""))
			.map(({ secret }) => secret),
	);
	const trigger: Trigger = { ...call, actor: { kind: "timer" } };
	let started = 0;
	for (const entry of waiting) {
		if (done.has(entry.secret) || !(await isToStart(trigger, entry))) continue;
		if (await rotations.running(entry.secret)) continue;
		const wish = {
			kind: "rotate",
			secret: entry.secret,
			seenVersion: entry.version,
			force: false,
			dryRun: false,
		} as const;
		await requestRotation(trigger, hash, wish);
		started++;
	}
	return started;
}

/** What cannot be told of one keeps no other waiting. */
async function isToStart({ ports, actor, log }: Trigger, { secret, expires }: ComplianceEntry): Promise<boolean> {
	try {
		const target = await managed(ports, secret);
		return !(await heldBack(ports, target, { actor }, expires === undefined ? undefined : new Date(expires)));
	} catch (error) {
		const { code, message } = problemOf(asFault(error, "sweep"));
		log(`${secret} waits on: ${code}: ${message}`);
		return false;
	}
}
