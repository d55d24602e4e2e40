// What an orchestrator may do: ask for a step, wait, or run children. It yields these as data and is driven by the durable
// host (functions/durable.ts) or by a test that replays it at every suspension.
// O1. An orchestrator has no other way to the world: no clock, environment, random number or promise of its own. Otherwise:
//     a replay after a crash asks for other things than the history has, and the rotation is wedged.
//     Kept by: rotate.test.ts, reconcile.test.ts and deliver-consumer.test.ts, by test/support/replayed.ts.

import { codeInText, type FaultCode, nextStepOf, type Problem } from "../domain/fault.ts";
import type { ConsumerStatus, RotationStatus } from "../domain/rotation.ts";
import { isRefusal } from "../steps/boundary.ts";
import type { Activities, ActivityName, InputOf, OutputOf } from "../steps/index.ts";

/** How often a thrown (transient) fault is tried again. The pause doubles up to `maxPauseMs`. */
export interface Patience {
	readonly firstPauseMs: number;
	readonly maxPauseMs: number;
	readonly attempts: number;
}

export type Command =
	| { readonly ask: "activity"; readonly name: ActivityName; readonly input: object; readonly patience: Patience }
	| { readonly ask: "wait"; readonly until: string }
	| {
			readonly ask: "children";
			readonly name: "deliverConsumer";
			readonly inputs: readonly object[];
			readonly ids: readonly string[];
	  };

export type Process<T> = Generator<Command, T, unknown>;

/** What the durable host tells an orchestrator. */
export interface Durable {
	/** The time in the history: the same at each replay. */
	now(): Date;
	/** Shows the status to whoever asks. */
	report(status: RotationStatus | ConsumerStatus): void;
	/** Starts this orchestrator afresh with another input: a long wait does not grow its history. */
	continueAs(input: object): void;
}

/** Before anything is changed, or where somebody else does it later: about half a minute. */
const short: Patience = { firstPauseMs: 2_000, maxPauseMs: 10_000, attempts: 5 };
/** Where giving up helps nobody: a day. */
const long: Patience = { firstPauseMs: 2_000, maxPauseMs: 300_000, attempts: 300 };
const medium: Patience = { firstPauseMs: 2_000, maxPauseMs: 60_000, attempts: 20 };

const patience: { readonly [N in ActivityName]: Patience } = {
	plan: short,
	planDelivery: short,
	planReconciliation: short,
	restore: medium,
	adopt: medium,
	createSecret: short,
	switch: long,
	checkCopy: medium,
	roll: medium,
	checkRollout: medium,
	verify: medium,
	note: medium,
	finish: long,
	signHead: short,
};

/** A step that ended in a problem: final, or transient and tried in vain. */
export class StepFailed extends Error {
	readonly problem: Problem;
	/** True when the step gave a final answer: it did not act, or undid what it did. */
	readonly final: boolean;
	constructor(problem: Problem, final: boolean) {
		super(problem.code);
		this.problem = problem;
		this.final = final;
	}
}

type Result<N extends ActivityName> = Exclude<OutputOf<N>, { readonly refused: Problem }>;

/** Asks for a step; typed by the registry, so that one which is not registered does not compile. */
export function* step<N extends ActivityName>(name: N, input: InputOf<N>): Process<Result<N>> {
	let answer: unknown;
	try {
		answer = yield { ask: "activity", name, input, patience: patience[name] };
	} catch (error) {
		throw new StepFailed(problemIn(name, error), false);
	}
	if (isRefusal(answer)) throw new StepFailed(answer.refused, true);
	return answer as Result<N>;
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
