// What waited for its window, or for the end of a freeze, is started once that has come: between the sweeps, which may not come at
// such a time. Nothing sleeps until then.
// OPN1. Each is started once for what the last sweep found: one that has run since is left to the next sweep. Otherwise: what is
//       refused is tried again every ten minutes. Kept by: openings.test.ts.
// OPN3. What was approved is started here too, should its own start have been lost. Otherwise: a crash at the wrong moment undoes what
//       two people have agreed on. Kept by: approvals.test.ts.
// OPN2. What keeps one of them from starting keeps no other waiting. Kept by: openings.test.ts.

import type { ApprovalLine } from "../domain/approval.ts";
import type { ComplianceEntry } from "../domain/compliance.ts";
import { onLog } from "../steps/approval.ts";
import { asFault } from "../steps/boundary.ts";
import { heldBack } from "../steps/calendar.ts";
import { managed } from "../steps/managed.ts";
import { startApproved } from "../triggers/decide.ts";
import { requestRotation, type Trigger } from "../triggers/request.ts";

/** As long as an approval may be waited for (`approvals.expireHours`), and a day. */
const longestWaitMs = 8 * 86_400_000;

/** What a run can end with that has only waited. */
const waited: ReadonlySet<string> = new Set(["window-closed", "frozen", "people-only", "awaiting-approval"]);

/** @returns how many were started */
export async function startWaiting(call: Omit<Trigger, "actor">): Promise<number> {
	const { ports } = call;
	const { hash } = await ports.configuration();
	const trigger: Trigger = { ...call, actor: { kind: "timer" } };
	const approved = await startEachApproved(trigger, hash);
	const records = await ports.records();
	const report = await records.lastReport();
	const waiting = report?.secrets.filter(({ action }) => action === "waiting") ?? [];
	if (!report || waiting.length === 0) return approved;
	const { runs } = await records.endedRuns({ since: new Date(report.at), most: 5_000 });
	const done = new Set(
		runs
			.filter(({ kind, dryRun, code }) => kind === "rotate" && !dryRun && !waited.has(code ?? ""))
			.map(({ secret }) => secret),
	);
	let started = approved;
	for (const entry of waiting) if (!done.has(entry.secret) && (await isStarted(trigger, hash, entry))) started++;
	return started;
}

/** What was approved, and whose start was lost. */
async function startEachApproved(trigger: Trigger, hash: string): Promise<number> {
	const { ports, rotations, log } = trigger;
	const records = await ports.records();
	const since = new Date(ports.clock.now().getTime() - longestWaitMs);
	const passes = ({ state }: ApprovalLine) => state === "approved";
	const { approvals } = await records.approvals({ since, most: 5_000, passes });
	let started = 0;
	for (const { id, secret } of approvals) {
		try {
			const approval = await records.approval(id);
			if (approval?.state !== "approved" || (await rotations.running(secret))) continue;
			// What lies in the records may be anyone's; and one whose decision was not recorded is decided about again.
			if (!(await onLog(ports, approval)).decision?.isGranted) continue;
			if (await startApproved(trigger, hash, approval)) started++;
		} catch (error) {
			const fault = asFault(error, "sweep");
			if (fault.code.startsWith("audit-")) throw fault;
			log(`${id} waits on: ${fault.message}`);
		}
	}
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
