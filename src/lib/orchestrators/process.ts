// What an orchestrator may do: ask for a step, wait, wait for whichever of two comes first, or run children. It yields these as
// data and is driven by the durable host (functions/durable.ts) or by a test that replays it at every suspension.
// O1. An orchestrator has no other way to the world: no clock, environment, random number or promise of its own. Otherwise:
//     a replay after a crash asks for other things than the history has, and the rotation is wedged.
//     Kept by: rotate.test.ts, reconcile.test.ts and deliver-consumer.test.ts, by test/support/replayed.ts.
// O2. A step is tried again here and not by the host, so that the status shows what it waits for, and a request that comes
//     meanwhile ends the pause. Otherwise: a rotation says "changing database and vault" for a day. Kept by: retrying.test.ts.

import type { SweepActivities } from "../compliance/index.ts";
import { codeInText, type FaultCode, nextStepOf, type Problem, waitingHelps } from "../domain/fault.ts";
import { type ConsumerStatus, type Retrying, type RotationStatus, tryNowEvent } from "../domain/rotation.ts";
import { isRefusal } from "../steps/boundary.ts";
import type { StepActivities } from "../steps/index.ts";

export type Activities = StepActivities & SweepActivities;
export type ActivityName = keyof Activities;
type InputOf<N extends ActivityName> = Parameters<Activities[N]>[1];
type OutputOf<N extends ActivityName> = Awaited<ReturnType<Activities[N]>>;

/** How often a thrown (transient) fault is tried again. The pause doubles up to `maxPauseMs`. */
export interface Patience {
	readonly firstPauseMs: number;
	readonly maxPauseMs: number;
	readonly attempts: number;
}

export interface Wait {
	readonly ask: "wait";
	readonly until: string;
}

export interface Event {
	readonly ask: "event";
	/** A new one for each wait: one that comes late belongs to none. */
	readonly name: string;
}

export type Command =
	| { readonly ask: "activity"; readonly name: ActivityName; readonly input: object }
	| Wait
	/** Answered with nothing, once either has come; the other one is given up. */
	| { readonly ask: "first"; readonly of: readonly [Wait, Event] }
	| {
			readonly ask: "children";
			readonly name: "deliverConsumer";
			readonly inputs: readonly object[];
			readonly ids: readonly string[];
	  };

export type Process<T> = Generator<Command, T, unknown>;

/** What the durable host gives an orchestrator. */
export interface Host {
	/** The time in the history: the same at each replay. */
	now(): Date;
	/** Shows the status to anyone who asks. */
	report(status: RotationStatus | ConsumerStatus): void;
	/** Starts this orchestrator afresh with another input: a long wait does not grow its history. */
	continueAs(input: object): void;
	/** Changes how long a step is tried: a test does not wait for a day. */
	patience?(usual: Patience): Patience;
}

export interface Durable extends Omit<Host, "patience"> {
	patience(name: ActivityName): Patience;
	/** Adds to the status what is tried again, until the next report. */
	retrying(what: Retrying): void;
	/** How many tries have failed so far, and of what the last one did. */
	readonly failedTries: { readonly count: number; readonly code?: FaultCode };
}

/** One run of an orchestrator on a host. */
export function durableOn(host: Host): Durable {
	let shown: RotationStatus | ConsumerStatus | undefined;
	let failedTries: Durable["failedTries"] = { count: 0 };
	return {
		now: () => host.now(),
		continueAs: (input) => host.continueAs(input),
		patience: (name) => host.patience?.(patience[name]) ?? patience[name],
		report(status) {
			shown = status;
			host.report(status);
		},
		retrying(retrying) {
			failedTries = { count: failedTries.count + 1, code: retrying.code };
			if (shown) host.report({ ...shown, retrying });
		},
		get failedTries() {
			return failedTries;
		},
	};
}

/** Before anything is changed, or where somebody else does it later: about half a minute. */
const short: Patience = { firstPauseMs: 2_000, maxPauseMs: 10_000, attempts: 5 };
/** Where giving up helps nobody: a day. */
const long: Patience = { firstPauseMs: 2_000, maxPauseMs: 300_000, attempts: 300 };
const medium: Patience = { firstPauseMs: 2_000, maxPauseMs: 60_000, attempts: 20 };
/** For its turn, before anything is changed: an hour and more. */
const queue: Patience = { firstPauseMs: 2_000, maxPauseMs: 10_000, attempts: 300 };
/** What nobody waits for. */
const once: Patience = { firstPauseMs: 0, maxPauseMs: 0, attempts: 1 };

const patience: { readonly [N in ActivityName]: Patience } = {
	plan: short,
	askApproval: medium,
	planDelivery: short,
	planReconciliation: short,
	restore: medium,
	adopt: medium,
	planRetirement: short,
	retireValue: medium,
	revoke: medium,
	createSecret: short,
	switch: long,
	refresh: medium,
	checkCopy: medium,
	checkOthers: short,
	roll: medium,
	checkRollout: medium,
	verify: medium,
	writeEvent: once,
	note: medium,
	finish: long,
	signHead: short,
	sendNotification: medium,
	sweepPage: short,
	sweepVault: short,
	finishSweep: medium,
};

/** A step that ended in a problem: final, or transient and tried in vain. */
export class StepFailed extends Error {
	readonly step: ActivityName;
	readonly problem: Problem;
	/** True when the step gave a final answer: it did not act, or undid what it did. */
	readonly final: boolean;
	constructor(step: ActivityName, problem: Problem, final: boolean) {
		super(problem.code);
		this.step = step;
		this.problem = problem;
		this.final = final;
	}
}

type Result<N extends ActivityName> = Exclude<OutputOf<N>, { readonly refused: Problem }>;

/**
 * Asks for a step, again and again while its fault is transient and there is patience left.
 * Typed by the registry, so that one which is not registered does not compile.
 * @throws StepFailed
 */
export function* step<N extends ActivityName>(durable: Durable, name: N, input: InputOf<N>): Process<Result<N>> {
	const usual = durable.patience(name);
	let turns = 0;
	for (let attempt = 1; ; attempt++) {
		let answer: unknown;
		try {
			answer = yield { ask: "activity", name, input };
		} catch (error) {
			const problem = problemIn(name, error);
			// Waiting for a turn is not a failure: it neither uses up the patience for failures nor makes the next pause longer.
			const isQueued = waitingHelps(problem.code) === "turn";
			if (isQueued) turns++;
			const tries = isQueued ? turns : attempt - turns;
			const { firstPauseMs, maxPauseMs, attempts } = isQueued ? queue : usual;
			if (tries >= attempts) throw new StepFailed(name, problem, false);
			const pauseMs = Math.min(firstPauseMs * 2 ** (tries - 1), maxPauseMs);
			yield* pauseBeforeNext(durable, { ...problem, step: name, attempt }, pauseMs);
			continue;
		}
		if (isRefusal(answer)) throw new StepFailed(name, answer.refused, true);
		return answer as Result<N>;
	}
}

/** Reports what is tried again, and waits: until its time has come, or somebody asks for it. */
export function* pauseBeforeNext(durable: Durable, what: Omit<Retrying, "nextTryAt">, pauseMs: number): Process<void> {
	const nextTryAt = new Date(durable.now().getTime() + pauseMs).toISOString();
	durable.retrying({ ...what, nextTryAt });
	const event = tryNowEvent(what.step, what.attempt);
	yield {
		ask: "first",
		of: [
			{ ask: "wait", until: nextTryAt },
			{ ask: "event", name: event },
		],
	};
}

export function* wait(durable: Durable, seconds: number): Process<void> {
	yield { ask: "wait", until: new Date(durable.now().getTime() + seconds * 1000).toISOString() };
}

export const secondsFrom = (durable: Durable, since: string): number =>
	(durable.now().getTime() - Date.parse(since)) / 1000;

/** A failure that crossed the durable boundary as text: `Activity function 'x' failed:  [code] sentence \n ...`. */
function problemIn(name: keyof Activities, error: unknown): Problem {
	const text = error instanceof Error ? error.message : String(error);
	const code: FaultCode = codeInText(text) ?? "internal-error";
	const sentence = /\[[a-z-]+\] ([^\n]*)/.exec(text)?.[1]?.trim();
	return { code, message: sentence ?? `Step ${name} failed.`, next: nextStepOf(code) };
}
