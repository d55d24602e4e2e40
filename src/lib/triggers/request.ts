// What every trigger does with what it wants: record it, then start it.
// T1. A request is on the audit log before it is started; the log down = nothing starts. Otherwise: a rotation that
//     nobody can be asked about.
// T2. What is refused or ignored is recorded too, with the names that we know and no text of the sender's.
// T3. A delivery that comes again is recorded as `redelivered`, whichever instance of the app had it before: the audit log
//     itself says which one was first. It is tried all the same: the first one may have died after it was recorded.
// T4. A request that finds something running which may end without doing it waits for that end, and is refused where that takes
//     longer: an operator is told so, an event comes again. Otherwise: a late event that arrives first swallows the one that
//     counts, and "it leaked" is answered with somebody's dry run.
// T5. One that lost to what began at the same instant and is over by now is started again, unless it has a record of its own:
//     then it was over before that one. Otherwise: a request vanishes, or is done twice.
// T6. What was taken back does nothing for anybody else. Otherwise: an order that comes right after a cancellation is answered with
//     what was cancelled. Kept by: request-waits.test.ts.

import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import type { Ports } from "../app.ts";
import { needsApproval } from "../config/configuration.ts";
import type { Actor, Entry } from "../domain/audit-entry.ts";
import type { Code } from "../domain/codes.ts";
import { expectedMsOf } from "../domain/expectation.ts";
import { Fault, type Problem } from "../domain/fault.ts";
import { rotationIdOf } from "../domain/ids.ts";
import type { Tell } from "../domain/notice.ts";
import { messageOf, type RotationRequest, type Wish } from "../domain/requests/index.ts";
import type { Rotations, Started } from "../ports/orchestration.ts";
import { asFault } from "../steps/boundary.ts";
import { isCancelled } from "../steps/cancelled.ts";
import { finishOpenSwitches } from "../steps/open-switch.ts";

/** One call of a trigger function. */
export interface Trigger {
	readonly ports: Ports;
	readonly rotations: Rotations;
	readonly actor: Actor;
	/** The event's id or the Functions invocation's: a delivery that comes again has the same. */
	readonly attempt: string;
	/** Set where there may be several of one attempt: this one's own id. */
	readonly delivery?: string;
	/** A line in the app's log; ours, so never a value or a foreign text. */
	readonly log: (line: string) => void;
	/** The same, for what a person has to look at. */
	readonly warn: (line: string) => void;
	readonly tell: Tell;
}

export interface Requested {
	readonly request: RotationRequest;
	/** What runs and does what was asked for, where that is another one. */
	readonly served?: { readonly rotationId?: string };
}

/** Stands for a name that the audit log asks for and that is not known, or not fit to be written. */
export const unnamed = "(none)";

/**
 * How long a request waits for the end of what runs instead, at most: 10 s, a third of what Event Grid waits for an answer.
 * Whatever takes longer is a delivery; what is due afterwards is found by the sweep.
 */
const patience = { ms: 250, tries: 40 };

/**
 * @param configHash of the configuration that has the secret
 * @param keyed of an order with a key of its caller's (repeated.ts)
 * @throws Fault what the audit log throws, `durable-unavailable`, `rotation-running`
 */
export async function requestRotation(
	trigger: Trigger,
	configHash: string,
	wish: Wish,
	keyed: { readonly rotationId?: string; readonly orderDigest?: string } = {},
): Promise<Requested> {
	const { ports, actor } = trigger;
	const { rotationId = rotationIdOf(wish.secret, randomUUID()), ...order } = keyed;
	const requestedAt = ports.clock.now().toISOString();
	await keptConfiguration(trigger, configHash);
	const log = await ports.audit();
	const loggedAfter = (await mayNeedApproval(trigger, wish)) ? { loggedAfter: await log.end() } : {};
	const expectedMs = await expectedMsOfWish(trigger, wish);
	const request: RotationRequest = {
		...{ ...wish, ...order, rotationId, actor, requestedAt, ...loggedAfter },
		...(expectedMs !== undefined && { expectedBy: new Date(Date.parse(requestedAt) + expectedMs).toISOString() }),
	};
	const entry = { ...noteOf(trigger, wish.secret), rotationId, configHash, oldVersion: seenBy(wish) };
	const received = { ...noteOf(trigger, wish.secret), oldVersion: seenBy(wish), code: "event-received" as const };
	const isAgain = trigger.delivery !== undefined && (await log.append(received)) === 0;
	await log.append({ ...entry, code: isAgain ? "redelivered" : `${wish.kind}-requested`, message: messageOf(wish) });
	if (wish.breakGlass) {
		await log.append({ ...entry, step: "approval", code: "break-glass", message: wish.reason });
		trigger.tell({
			event: "break-glass",
			rotationId,
			secret: wish.secret,
			request: wish.kind,
			operator: actor.id ?? "",
		});
	}
	const started = await startedBy(trigger, request);
	trigger.log(`${wish.kind} of ${wish.secret}: ${started.state} (${rotationId})`);
	if (started.state === "started") {
		const { secret, kind, dryRun } = request;
		trigger.tell({
			...{ event: "rotation-started", rotationId, secret, request: kind, actor: actor.kind, dryRun },
			expectedMs: expectedMs ?? expectedMsOf({ dryRun, consumers: [], deliveries: 1 }),
		});
		return { request };
	}
	const ended = { ...entry, phase: "outcome", correlationId: started.rotationId } as const;
	if (started.state === "already-running" && started.covers) {
		await log.append({ ...ended, code: "already-running" });
		return { request, served: { rotationId: started.rotationId } };
	}
	const kind = started.state === "already-running" ? (started.kind ?? "request") : "request";
	const fault = new Fault("rotation-running", { secret: wish.secret, kind, rotationId: started.rotationId ?? unnamed });
	await log.append({ ...ended, code: fault.code, message: fault.sentence });
	throw fault;
}

/** What a hash on the log stands for. A rotation does not wait for it: the next request, or the sweep, keeps it. */
async function keptConfiguration({ ports, log }: Trigger, hash: string): Promise<void> {
	try {
		const { text, hash: now } = await ports.configuration();
		if (now === hash) await (await ports.records()).keepConfiguration(hash, text);
	} catch (error) {
		log(`The configuration ${hash} was not kept: ${asFault(error, "trigger").message}`);
	}
}

/** Whatever changes a password of such a secret is asked by its plan where the log has its order. */
async function mayNeedApproval({ ports }: Trigger, { secret, dryRun, approval }: Wish): Promise<boolean> {
	if (dryRun || approval !== undefined) return false;
	const { config } = await ports.configuration();
	const entry = Object.hasOwn(config.secrets, secret) ? config.secrets[secret] : undefined;
	return entry !== undefined && needsApproval(config, entry);
}

/** @returns `undefined` where the configuration cannot be read: what was asked for starts all the same */
async function expectedMsOfWish({ ports }: Trigger, { secret, kind, dryRun }: Wish): Promise<number | undefined> {
	const loaded = await ports.configuration().catch(() => undefined);
	const managed = loaded && Object.hasOwn(loaded.config.secrets, secret) ? loaded.config.secrets[secret] : undefined;
	if (!managed) return undefined;
	const deliveries = "fallbacks" in managed && managed.fallbacks ? 2 : 1;
	const waits = kind === "retire" && "retire" in managed ? managed.retire.poolLifetimeMinutes * 60 : 0;
	return expectedMsOf({ dryRun, consumers: kind === "retire" ? [] : managed.consumers, deliveries, waits });
}

/** The version that the trigger saw. */
const seenBy = (wish: Wish): string | undefined => (wish.kind === "rotate" ? wish.seenVersion : undefined);

async function startedBy(trigger: Trigger, request: RotationRequest): Promise<Started> {
	const { ports } = trigger;
	for (let tries = 0; ; tries++) {
		const started = await startOf(trigger, request);
		if (tries === 0 && started.state === "already-running") await hasten(trigger, request.secret);
		if (started.state === "started" || tries === patience.tries) return started;
		if (started.state === "already-running" && started.covers) return started;
		if (started.state === "overtaken") {
			const records = await ports.records();
			if (await records.rotation(request.rotationId)) return { state: "started" };
		}
		await pause(patience.ms);
	}
}

async function startOf({ ports, rotations }: Trigger, request: RotationRequest): Promise<Started> {
	const started = await rotations.start(request);
	if (started.state !== "already-running" || !started.covers || started.rotationId === undefined) return started;
	const { rotationId } = started;
	if (!(await isCancelled(ports, { rotationId }))) return started;
	// One that has published goes on to its end.
	const { version } = (await rotations.running(request.secret)) ?? {};
	return { ...started, covers: version !== undefined };
}

/**
 * What runs may have been cut short, or waits for its next try: both come again only later. What takes longer here goes on by
 * itself, and what cannot be hastened is not needed for the answer.
 */
async function hasten({ ports, rotations, tell, delivery, attempt }: Trigger, secret: string): Promise<void> {
	const finished = finishOpenSwitches(ports, { attempt: delivery ?? attempt, tell }, (one) => one.secret === secret);
	await Promise.race([finished, pause(5_000, undefined, { ref: false })]);
	await rotations.tryNow(secret).catch(() => {});
}

/** Records that a trigger was refused or ignored. */
export async function recordRefusal(trigger: Trigger, secret: string, code: Code, message: string): Promise<void> {
	await noteEach(trigger, { ...noteOf(trigger, secret), code, message });
	trigger.log(`${secret}: ${code}: ${message}`);
}

/** Records what a person has to decide about: nothing is changed. */
export async function recordDrift(trigger: Trigger, step: "trigger" | "sweep", secret: string, found: Problem) {
	const { code, message } = found;
	await noteEach(trigger, { ...noteOf(trigger, secret), step, code, message });
	trigger.tell({ event: "drift", secret, drift: code });
	trigger.warn(`${secret}: drift: ${code}: ${message} ${found.next}`);
}

/** The delivery distinguishes it from a note that is there already. */
async function noteEach({ ports, delivery }: Trigger, note: Entry): Promise<void> {
	const log = await ports.audit();
	if ((await log.append(note)) > 0 || delivery === undefined) return;
	await log.append({ ...note, attempt: delivery, code: "redelivered", message: `Recorded before as ${note.code}.` });
}

export const noteOf = ({ actor, attempt }: Trigger, secretName: string): Entry => ({
	rotationId: unnamed,
	step: "trigger",
	phase: "note",
	attempt,
	secretName,
	actor,
});
