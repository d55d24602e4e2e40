// What waited for its window, or for the end of a freeze, is started once that has come: between the sweeps, which may not come at
// such a time. Nothing sleeps until then.
// OPN1. Each is started once for what the last sweep found: one that has run since is left to the next sweep. Otherwise: what is
//       refused is tried again every ten minutes. Kept by: openings.test.ts.
// OPN2. What keeps one of them from starting keeps no other waiting. Kept by: openings.test.ts.

import type { ComplianceEntry } from "../domain/compliance.ts";
import { asFault } from "../steps/boundary.ts";
import { heldBack } from "../steps/calendar.ts";
import { managed } from "../steps/managed.ts";
import { requestRotation, type Trigger } from "../triggers/request.ts";

/** What a run can end with that has only waited. */
const waited: ReadonlySet<string> = new Set(["window-closed", "frozen", "people-only"]);

/** @returns how many were started */
export async function startWaiting(call: Omit<Trigger, "actor">): Promise<number> {
	const { ports } = call;
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
	for (const entry of waiting) if (!done.has(entry.secret) && (await isStarted(trigger, hash, entry))) started++;
	return started;
}

/** @throws Fault of the audit log: what cannot be recorded is not done for any of them */
async function isStarted(trigger: Trigger, hash: string, entry: ComplianceEntry): Promise<boolean> {
	const { ports, rotations, actor, log } = trigger;
	const { secret, version: seenVersion, expires } = entry;
	try {
		const target = await managed(ports, secret);
		if (await heldBack(ports, target, { actor }, expires === undefined ? undefined : new Date(expires))) return false;
		if (await rotations.running(secret)) return false;
		await requestRotation(trigger, hash, { kind: "rotate", secret, seenVersion, force: false, dryRun: false });
		return true;
	} catch (error) {
		const fault = asFault(error, "sweep");
		if (fault.code.startsWith("audit-")) throw fault;
		log(`${secret} waits on: ${fault.message}`);
		return false;
	}
}
