// The compliance sweep: what Event Grid lost is found here. It looks at every managed secret, starts what is due, and
// writes the report that `GET /api/compliance` serves.
// SWE1. One vault's failure stops no other; only the audit log's and the records' do. Otherwise: a firewall rule on one
//       vault lets every password expire.

import type { Configuration } from "../config/configuration.ts";
import type { Entry } from "../domain/audit-entry.ts";
import type { ComplianceEntry, ComplianceReport } from "../domain/compliance.ts";
import { driftIn, needsPerson } from "../domain/drift.ts";
import { Fault, type Problem, problemOf } from "../domain/fault.ts";
import { sweptOf } from "../domain/notice.ts";
import { isCutShort, liveLogsIn } from "../domain/standing.ts";
import type { ListedSecret } from "../ports/secret-store.ts";
import { asFault } from "../steps/boundary.ts";
import { gatherDrift } from "../steps/drift.ts";
import { managed } from "../steps/managed.ts";
import { signNow } from "../steps/sign-head.ts";
import { isOfRotation, isTakingBack } from "../steps/version.ts";
import { eachOf, lookAt } from "./look.ts";
import { recordDrift, recordRefusal, requestRotation, type Trigger, unnamed } from "./request.ts";

const day = 86_400_000;

/**
 * @param call the actor is the timer
 * @throws Fault of the audit log or the record store; what was started by then goes on
 */
export async function sweep(call: Omit<Trigger, "actor">): Promise<ComplianceReport> {
	const trigger: Trigger = { ...call, actor: { kind: "timer" } };
	const { ports } = trigger;
	const now = ports.clock.now();
	const loaded = await ports.configuration().catch((error) => asFault(error, "sweep"));
	if (loaded instanceof Error) {
		await recordRefusal(trigger, unnamed, loaded.code, loaded.sentence);
		return save(trigger, { at: now.toISOString(), secrets: [], unmanaged: [], problems: [problemOf(loaded)] });
	}
	const { config, hash } = loaded;
	const [secrets, found] = await Promise.all([
		eachOf(Object.keys(config.secrets), (id) => judge(trigger, hash, id, now)),
		eachOf(Object.keys(config.vaults), (vault) => strangersIn(trigger, config, vault)),
	]);
	const idle = secrets.filter(({ action }) => action === "none" || action === "held-back");
	await closeAbandoned(trigger, new Set(idle.map(({ secret }) => secret)));
	const unpurged = await purged(trigger, now);
	return save(trigger, {
		at: now.toISOString(),
		secrets,
		unmanaged: found.flatMap(({ unmanaged }) => unmanaged),
		problems: [...found.flatMap(({ problem }) => problem ?? []), ...unpurged, ...(await besideLog(trigger))],
	});
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

async function judge(trigger: Trigger, hash: string, id: string, now: Date): Promise<ComplianceEntry> {
	const { state, version, expires, dueAt, problem, ...looked } = await lookAt(trigger.ports, id);
	const dueInDays = dueAt === undefined ? undefined : Math.floor((Date.parse(dueAt) - now.getTime()) / day);
	const standing = { secret: id, state, version, expires, dueInDays, problem };
	const isOverdue = looked.cutShort || state === "due" || state === "expired";
	const lack = !looked.cutShort && version !== undefined ? await lacksDelivery(trigger, id, version) : false;
	// Asked first, so that a long rotation is not requested anew, and recorded, at every sweep; and it is no drift.
	const running = await trigger.rotations.running(id).catch((error) => asFault(error, "sweep"));
	if (running instanceof Error) return { ...standing, action: "none", problem: problemOf(running) };
	if (running) return { ...standing, action: "already-running", rotationId: running.rotationId };
	const seen = await driftOf(trigger, id);
	const isDue = isOverdue || seen.isOpen;
	// Before a new password: the plan refuses one while pods are behind.
	const undelivered = lack === true && !seen.isOpen;
	const unknown = lack instanceof Fault ? problemOf(lack) : undefined;
	const entry = {
		...standing,
		problem: problem ?? seen.problem ?? unknown,
		...(seen.drift.length > 0 && { drift: seen.drift }),
	};
	if (!isDue && !undelivered) return { ...entry, action: "none" };
	const kind = undelivered ? "deliver" : "rotate";
	if (kind === "rotate" ? needsPerson(seen.drift) : seen.isRejected) return { ...entry, action: "held-back" };
	const wish = { secret: id, kind, seenVersion: version, force: false, dryRun: false } as const;
	try {
		const { request, served } = await requestRotation(trigger, hash, wish);
		if (served) return { ...entry, action: "already-running", rotationId: served.rotationId };
		return { ...entry, action: kind === "rotate" ? "started" : "delivering", rotationId: request.rotationId };
	} catch (error) {
		const fault = asFault(error, "sweep");
		if (fault.code === "rotation-running") return { ...entry, action: "already-running", problem: problemOf(fault) };
		if (fault.code !== "durable-unavailable") throw fault;
		return { ...entry, action: "none", problem: problemOf(fault) };
	}
}

const nothingSeen = { drift: [], isOpen: false, isRejected: false } as const;

interface Seen {
	readonly drift: readonly Problem[];
	/** A rotation was cut short, or has left a pending secret behind that is to be put away. */
	readonly isOpen: boolean;
	/** It has neither the live password nor a pending one: nothing is brought to pods then. */
	readonly isRejected: boolean;
	readonly problem?: Problem;
}

/**
 * What is not as the last rotation left it, recorded. A rotation that began meanwhile changes what was looked at: then nothing
 * is told, and the next sweep looks again.
 */
async function driftOf(trigger: Trigger, id: string): Promise<Seen> {
	const { ports, rotations } = trigger;
	const look = async (): Promise<Seen> => {
		const before = await rotations.latest(id);
		const { facts, problem } = await gatherDrift(ports, await managed(ports, id));
		const drift = driftIn(facts).map(problemOf);
		const { standing } = facts;
		const isOpen = isCutShort(standing) || standing.state === "left-over";
		const isRejected = facts.live.state === "present" && !isOpen && !liveLogsIn(standing);
		const seen = { drift, problem, isOpen, isRejected };
		if (drift.length === 0) return seen;
		const [running, after] = [await rotations.running(id), await rotations.latest(id)];
		return running || after?.rotationId !== before?.rotationId ? nothingSeen : seen;
	};
	const seen = await look().catch((error) => ({ ...nothingSeen, problem: problemOf(asFault(error, "sweep")) }));
	for (const found of seen.drift) await recordDrift(trigger, "sweep", id, found);
	return seen;
}

/**
 * This version was published, and some consumer did not get it: not then, and by no delivery since; or nothing says that
 * anyone got it.
 * @returns a fault where one secret's records cannot be read: it must not keep the others from being looked at
 */
async function lacksDelivery({ ports }: Trigger, id: string, version: string): Promise<boolean | Fault> {
	try {
		const last = await (await ports.records()).lastDelivery(id);
		if (last?.version === version) return last.outcome === "published-not-delivered";
		if (last === undefined) return false;
		const { name, secret } = await managed(ports, id);
		const live = await (await ports.store(secret.vault)).latest(name);
		return live.state === "present" && isOfRotation(live.secret) && !isTakingBack(live.secret);
	} catch (error) {
		return asFault(error, "sweep");
	}
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

/** Secrets tagged `rotation` of which the configuration knows nothing. */
async function strangersIn({ ports }: Trigger, config: Configuration, vault: string) {
	const known = new Set<string>();
	for (const secret of Object.values(config.secrets)) {
		if (secret.vault !== vault) continue;
		for (const one of [secret.name, ...secret.derived.map((derived) => derived.secret)]) known.add(one.toLowerCase());
	}
	const unmanaged: { vault: string; secret: string; rotation: string }[] = [];
	let problem: Problem | undefined;
	try {
		const store = await ports.store(vault);
		for await (const listed of store.list()) {
			const rotation = rotationTagOf(listed);
			const name = listed.name.toLowerCase();
			if (rotation === undefined || known.has(name) || name.endsWith("-pending")) continue;
			unmanaged.push({ vault, secret: listed.name, rotation });
		}
	} catch (error) {
		problem = problemOf(asFault(error, "sweep"));
	}
	return { unmanaged, problem };
}

const rotationTagOf = ({ tags }: ListedSecret): string | undefined =>
	Object.hasOwn(tags, "rotation") ? tags.rotation : undefined;

/** The report is saved first: a note that says "swept" has a report. Then the head is signed, with that note under it. */
async function save(trigger: Trigger, report: ComplianceReport): Promise<ComplianceReport> {
	const { ports, actor, attempt, log, tell } = trigger;
	const records = await ports.records();
	await records.saveReport(report);
	const message = summaryOf(report);
	const audit = await ports.audit();
	const note = { rotationId: unnamed, phase: "note", attempt, secretName: unnamed, actor } as const;
	await audit.append({ ...note, step: "sweep", code: "swept", message });
	log(message);
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
	if (unsigned.length === 0) return report;
	const complete = { ...report, problems: [...report.problems, ...unsigned.map(problemOf)] };
	await records.saveReport(complete);
	for (const { code, sentence, message } of unsigned) {
		log(message);
		await audit.append({ ...note, step: "signHead", code, message: sentence });
	}
	return complete;
}

function summaryOf({ secrets, unmanaged, problems }: ComplianceReport): string {
	const count = (state: ComplianceEntry["state"]) => secrets.filter((entry) => entry.state === state).length;
	const started = secrets.filter(({ action }) => action === "started").length;
	const states = (["compliant", "due", "expired", "unreadable"] as const).map((state) => `${count(state)} ${state}`);
	return `${states.join(", ")}; ${started} started, ${unmanaged.length} without an entry, ${problems.length} problems.`;
}
