// The end of a sweep: what nobody else will do is done, and the report is saved.
// FS1. The report is saved before the note that says "swept": such a note has a report. Then the head is signed, with that
//      note under it.
// FS2. The note has the report's digest. Otherwise: of a past day's population there is only a blob that anyone who may write
//      records could have changed since. Kept by: evidence.test.ts.

import type { Ports } from "../app.ts";
import type { Entry } from "../domain/audit-entry.ts";
import type { ComplianceEntry, ComplianceReport, SweepId } from "../domain/compliance.ts";
import { reportDigest } from "../domain/evidence/report-digest.ts";
import { Fault, type Problem, problemOf } from "../domain/fault.ts";
import { sweptOf } from "../domain/notice.ts";
import { asFault } from "../steps/boundary.ts";
import { signNow } from "../steps/sign-head.ts";
import { eachOf } from "../triggers/look.ts";
import { type Trigger, unnamed } from "../triggers/request.ts";
import { type SweepRun, triggerOf } from "./activities.ts";
import { sweptBy } from "./report.ts";

export interface FinishSweep {
	readonly sweep: SweepId;
}

export async function finishSweep(ports: Ports, { sweep }: FinishSweep, run: SweepRun): Promise<{ code: "swept" }> {
	const trigger = triggerOf(ports, sweep, run);
	const now = ports.clock.now();
	const { secrets, unmanaged, vaults, problems } = await sweptBy(await ports.records(), sweep);
	const idle = secrets.filter(({ action }) => action === "none" || action === "held-back" || action === "waiting");
	await closeAbandoned(trigger, new Set(idle.map(({ secret }) => secret)));
	const unpurged = await purged(trigger, now);
	await save(trigger, {
		at: now.toISOString(),
		sweep,
		secrets,
		unmanaged,
		...(vaults && { vaults }),
		problems: [...problems, ...unpurged, ...(await besideLog(trigger))],
	});
	return { code: "swept" };
}

/** Durable storage forgets what the records have. @returns what kept it from that */
async function purged({ ports, rotations }: Trigger, now: Date): Promise<Problem[]> {
	try {
		const records = await ports.records();
		await rotations.purge(now, async (rotationId) => (await records.rotation(rotationId))?.outcome !== undefined);
		return [];
	} catch (error) {
		return [problemOf(asFault(error, "sweep"))];
	}
}

/** Blobs that somebody else has put where the audit log is. */
async function besideLog({ ports, warn }: Trigger): Promise<Problem[]> {
	const names = await (await ports.audit()).beside();
	if (names.length === 0) return [];
	const more = names.length > 5 ? ` and ${names.length - 5} more` : "";
	const blobs = names.slice(0, 5).join(", ") + more;
	const fault = new Fault("audit-beside", { blobs });
	warn(fault.message);
	return [problemOf(fault)];
}

/**
 * Gives the intents of rotations that died at their very end their outcomes: nothing else comes for those. An intent that
 * was open before it was asked whether anything runs, and still is afterwards, is nobody's any more.
 */
async function closeAbandoned({ ports, rotations }: Trigger, idle: ReadonlySet<string>): Promise<void> {
	const log = await ports.audit();
	const before = (await log.missingOutcomes()).filter(({ secretName }) => idle.has(secretName));
	const ids = [...new Set(before.map(({ secretName }) => secretName))];
	// Not known whether it runs: the next sweep asks again.
	const running = await eachOf(ids, (id) => rotations.running(id).catch(() => "unknown"));
	const over = new Set(ids.filter((_, index) => running[index] === undefined));
	const placeOf = ({ rotationId, step, attempt }: Entry) => [rotationId, step, attempt].join(" ");
	const abandoned = new Set(before.filter(({ secretName }) => over.has(secretName)).map(placeOf));
	if (abandoned.size > 0) await log.closeIntents((outcome) => abandoned.has(placeOf(outcome)));
}

async function save(trigger: Trigger, report: ComplianceReport): Promise<void> {
	const { ports, actor, attempt, log, tell } = trigger;
	const records = await ports.records();
	await records.saveReport(report);
	const summary = summaryOf(report);
	const message = `${summary} Report ${reportDigest(report)}.`;
	const audit = await ports.audit();
	const note = { rotationId: unnamed, phase: "note", attempt, secretName: unnamed, actor } as const;
	const configHash = await ports.configuration().then(
		({ hash }) => hash,
		() => undefined,
	);
	await audit.append({ ...note, step: "sweep", code: "swept", message, configHash });
	log(summary);
	for (const entry of report.secrets) tell(sweptOf(entry));
	const unsigned = await signNow(ports).then(
		({ missing }) => missing,
		(error) => [asFault(error, "signHead")],
	);
	tell({
		event: "swept",
		secrets: report.secrets.length,
		unmanaged: report.unmanaged.length,
		problems: report.problems.length,
		...(unsigned[0] && { unsigned: unsigned[0].code }),
	});
	if (unsigned.length === 0) return;
	const complete = { ...report, problems: [...report.problems, ...unsigned.map(problemOf)] };
	await records.saveReport(complete);
	for (const { code, sentence, message } of unsigned) {
		log(message);
		await audit.append({ ...note, step: "signHead", code, message: sentence });
	}
}

function summaryOf({ secrets, unmanaged, problems }: ComplianceReport): string {
	const count = (state: ComplianceEntry["state"]) => secrets.filter((entry) => entry.state === state).length;
	const started = secrets.filter(({ action }) => action === "started").length;
	const states = (["compliant", "due", "expired", "unreadable"] as const).map((state) => `${count(state)} ${state}`);
	return `${states.join(", ")}; ${started} started, ${unmanaged.length} without an entry, ${problems.length} problems.`;
}
