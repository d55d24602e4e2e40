// How one managed secret is, and what is started for it.

import type { ComplianceEntry } from "../domain/compliance.ts";
import { driftIn, needsPerson } from "../domain/drift.ts";
import { type Problem, problemOf } from "../domain/fault.ts";
import { type HealthFacts, healthOf } from "../domain/health.ts";
import type { Wish } from "../domain/requests/index.ts";
import { isCutShort, liveLogsIn } from "../domain/standing.ts";
import { asFault } from "../steps/boundary.ts";
import { heldBack } from "../steps/calendar.ts";
import { gatherDrift } from "../steps/drift.ts";
import { managed } from "../steps/managed.ts";
import { isOfRotation, isTakingBack } from "../steps/version.ts";
import { lookAt } from "../triggers/look.ts";
import { recordDrift, requestRotation, type Trigger } from "../triggers/request.ts";
import { lookForRuns } from "./next-run.ts";
import { retirementOf } from "./retirement.ts";

const day = 86_400_000;

/** @throws Fault of the audit log or the record store; what was started by then goes on */
export async function judge(trigger: Trigger, hash: string, id: string, now: Date): Promise<ComplianceEntry> {
	const { state, version, expires, dueAt, problem, cutShort } = await lookAt(trigger.ports, id);
	const dueInDays = dueAt === undefined ? undefined : Math.floor((Date.parse(dueAt) - now.getTime()) / day);
	const dates = { secret: id, state, version, expires, dueInDays };
	const runs = await runsOf(trigger, id, cutShort ? undefined : version);
	const entryWith = (seen: Seen, further?: Problem) => {
		const unclear = problem ?? further ?? seen.problem ?? runs.problem;
		const drift = { seenAt: now.toISOString(), findings: seen.drift };
		const health = healthOf({ version, ...runs, problem: unclear, cutShort: cutShort || seen.isCutShort, drift });
		return { ...dates, health, problem: unclear, ...(seen.drift.length > 0 && { drift: seen.drift }) };
	};
	// Asked first, so that a long rotation is not requested again, and recorded, at every sweep; and it is not drift.
	const running = await trigger.rotations.running(id).catch((error) => asFault(error, "sweep"));
	if (running instanceof Error) return { ...entryWith(nothingSeen, problemOf(running)), action: "none" };
	if (running) return { ...entryWith(nothingSeen), action: "already-running", rotationId: running.rotationId };
	const seen = await driftOf(trigger, id);
	const entry = entryWith(seen, await runsSince(trigger, runs, version));
	const isDue = cutShort || state === "due" || state === "expired" || seen.isOpen;
	// Before a new password: the plan refuses one while pods are behind.
	const undelivered = runs.undelivered && !seen.isOpen;
	if (!isDue && !undelivered) {
		// Only of what is as the last rotation left it.
		const isWhole = entry.problem === undefined && seen.drift.length === 0;
		const retirement = isWhole ? await retirementOf(trigger.ports, id) : undefined;
		if (retirement === "due") return started(trigger, hash, entry, { secret: id, kind: "retire", dryRun: false });
		return { ...entry, action: "none", ...(retirement && { unretired: retirement }) };
	}
	const kind = undelivered ? "deliver" : "rotate";
	if (kind === "rotate" ? needsPerson(seen.drift) : seen.isRejected) return { ...entry, action: "held-back" };
	const held = kind === "rotate" && !cutShort && !seen.isOpen ? await waitsFor(trigger, id, expires) : undefined;
	if (held) return { ...entry, action: "waiting", waits: held };
	return started(trigger, hash, entry, { secret: id, kind, seenVersion: version, force: false, dryRun: false });
}

async function waitsFor({ ports, actor }: Trigger, id: string, expires: string | undefined) {
	const target = await managed(ports, id).catch(() => undefined);
	return target && heldBack(ports, target, { actor }, expires === undefined ? undefined : new Date(expires));
}

type Judged = Omit<ComplianceEntry, "action">;
const actions = { rotate: "started", deliver: "delivering", retire: "retiring" } as const;

async function started(
	trigger: Trigger,
	hash: string,
	entry: Judged,
	wish: Extract<Wish, { kind: keyof typeof actions }>,
): Promise<ComplianceEntry> {
	try {
		const { request, served } = await requestRotation(trigger, hash, wish);
		if (served) return { ...entry, action: "already-running", rotationId: served.rotationId };
		return { ...entry, action: actions[wish.kind], rotationId: request.rotationId };
	} catch (error) {
		const fault = asFault(error, "sweep");
		if (fault.code === "rotation-running") return { ...entry, action: "already-running", problem: problemOf(fault) };
		if (fault.code !== "durable-unavailable") throw fault;
		return { ...entry, action: "none", problem: problemOf(fault) };
	}
}

const nothingSeen = { drift: [], isCutShort: false, isOpen: false, isRejected: false } as const;

interface Seen {
	readonly drift: readonly Problem[];
	readonly isCutShort: boolean;
	/** A rotation was cut short, or has left a pending secret behind that is to be put away. */
	readonly isOpen: boolean;
	/** It has neither the live password nor a pending one: nothing is brought to pods then. */
	readonly isRejected: boolean;
	readonly problem?: Problem;
}

/**
 * What is not as the last rotation left it, recorded. A rotation that began meanwhile changes what was looked at: then nothing
 * is reported, and the next sweep looks again.
 */
async function driftOf(trigger: Trigger, id: string): Promise<Seen> {
	const { ports, rotations } = trigger;
	const look = async (): Promise<Seen> => {
		const before = await rotations.latest(id);
		const { facts, problem } = await gatherDrift(ports, await managed(ports, id));
		const drift = driftIn(facts).map(problemOf);
		const { standing } = facts;
		const wasCutShort = isCutShort(standing);
		const isOpen = wasCutShort || standing.state === "left-over";
		const isRejected = facts.live.state === "present" && !isOpen && !liveLogsIn(standing);
		const seen = { drift, problem, isCutShort: wasCutShort, isOpen, isRejected };
		if (drift.length === 0) return seen;
		const [running, after] = [await rotations.running(id), await rotations.latest(id)];
		return running || after?.rotationId !== before?.rotationId ? nothingSeen : seen;
	};
	const seen = await look().catch((error) => ({ ...nothingSeen, problem: problemOf(asFault(error, "sweep")) }));
	for (const found of seen.drift) await recordDrift(trigger, "sweep", id, found);
	return seen;
}

/** @returns what kept it from looking */
async function runsSince(trigger: Trigger, { lastDelivery }: Runs, version: string | undefined) {
	if (lastDelivery?.version === undefined || lastDelivery.version !== version) return undefined;
	try {
		await lookForRuns(trigger, lastDelivery);
		return undefined;
	} catch (error) {
		return problemOf(asFault(error, "sweep"));
	}
}

interface Runs extends Pick<HealthFacts, "lastDelivery" | "lastRun"> {
	/** This version was published, and some consumer did not get it: not then, and by no delivery since; or nothing says that anyone did. */
	readonly undelivered: boolean;
	/** This secret's records cannot be read: that must not keep the others from being looked at. */
	readonly problem?: Problem;
}

/** @param version the live one, where a delivery of it is what is next */
async function runsOf({ ports }: Trigger, id: string, version: string | undefined): Promise<Runs> {
	try {
		const records = await ports.records();
		const [lastDelivery, lastRun] = await Promise.all([records.lastDelivery(id), records.lastRun(id)]);
		const known = { lastDelivery, lastRun };
		if (version === undefined || lastDelivery === undefined) return { ...known, undelivered: false };
		if (lastDelivery.version === version)
			return { ...known, undelivered: lastDelivery.outcome === "published-not-delivered" };
		const { name, secret } = await managed(ports, id);
		const live = await (await ports.store(secret.vault)).latest(name);
		const isOurs = live.state === "present" && isOfRotation(live.secret) && !isTakingBack(live.secret);
		return { ...known, undelivered: isOurs };
	} catch (error) {
		return { undelivered: false, problem: problemOf(asFault(error, "sweep")) };
	}
}
