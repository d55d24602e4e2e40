// Where a delivery to one consumer stands, and how it gives up: shared by its two waits, await-copy.ts and await-pods.ts.
// DE1. A delivery that gives up says so on the audit log, as the outcome of the step it was in. Otherwise: an intent without an end.

import { type Fault, type Problem, problemOf } from "../domain/fault.ts";
import type { ConsumerStatus, StepTime } from "../domain/rotation.ts";
import { type PodProof, type Roll, workloadText } from "../domain/workload.ts";
import type { CopyWindow } from "../ports/delivery-path.ts";
import type { ForConsumer } from "../steps/deliver.ts";
import { type Durable, type Process, step } from "./process.ts";

/** Carried over when the orchestrator starts afresh. */
export interface DeliverConsumer extends ForConsumer {
	readonly wait: ForCopy | ForPods;
	/** The steps that are over. */
	readonly steps: readonly StepTime[];
}

export interface ForCopy {
	readonly phase: "start" | "copy";
	readonly since: string;
	/** 1 at first, or behind those of an earlier delivery; one more each time the pods have to be rolled again. */
	readonly round: number;
	/** When the copy was first seen new. */
	readonly firstCurrent?: string;
	/** What people have to do first, as the rest of a sentence. */
	readonly review?: string;
	/** They have, and what follows was asked for. */
	readonly isMerged?: true;
	/** When it could have been rolled, and whose secrets it waits for since then. */
	readonly readySince?: string;
	readonly waitsFor?: readonly string[];
}

export interface ForPods {
	readonly phase: "rollout" | "verify";
	readonly since: string;
	readonly round: number;
	readonly copyCurrentSince: string;
	/**
	 * This rotation's, or an earlier one's that brought the same versions: then its pods are asked first. Absent where nothing is
	 * rolled: the pods that are there are asked.
	 */
	readonly mark?: Roll;
	/** When the copy was known to be new before `copyCurrentSince`. */
	readonly copyNew?: readonly CopyWindow[];
	/** When it was last seen new. */
	readonly lastNew?: string;
	/** The copy was seen old again since the roll. */
	readonly disturbed?: true;
	/** Which, as a fault names it. */
	readonly oldAgain?: string;
	/** When the phase before ended, for the step's time. */
	readonly from: string;
	readonly together?: NonNullable<ConsumerStatus["together"]>;
}

export const isForPods = (wait: ForCopy | ForPods): wait is ForPods => "copyCurrentSince" in wait;

/** Of one delivery. */
export const mostRounds = 3;

export const isFirstRound = ({ round }: { readonly round: number }): boolean => (round - 1) % mostRounds === 0;

/** What a look led to: the next state to wait in, or the end. */
export type Look = { readonly next: DeliverConsumer; readonly pauseSeconds: number } | { readonly end: ConsumerStatus };

export const failed = (
	{ consumer, steps, wait }: DeliverConsumer,
	problem: Problem,
	pods: readonly PodProof[] = [],
): ConsumerStatus => {
	const copyNew = isForPods(wait) ? windowsOf(wait) : [];
	const workload = workloadText(consumer);
	return {
		workload,
		delivered: false,
		pods,
		problem,
		...(copyNew.length > 0 && { copyNew }),
		...togetherOf(wait),
		steps,
	};
};

export const togetherOf = (wait: ForCopy | ForPods): Pick<ConsumerStatus, "together"> =>
	"together" in wait && wait.together ? { together: wait.together } : {};

/** The next delivery asks the pods that started in them before it rolls any. The first ones say most: pods start after a roll. */
const mostWindows = 10;

export const windowsOf = ({ copyNew = [], copyCurrentSince, lastNew, disturbed }: ForPods): readonly CopyWindow[] => {
	const own = disturbed || lastNew === undefined ? [] : [{ since: copyCurrentSince, until: lastNew }];
	return [...copyNew.filter(({ until }) => until !== undefined), ...own].slice(0, mostWindows);
};

/** The pods of an earlier rotation's roll are asked before anything is rolled. */
export const wasRolledBefore = ({ rotationId }: DeliverConsumer, { mark }: ForPods): boolean =>
	mark !== undefined && mark.rotationId !== rotationId;

/** @param state with the step's time in it already */
export function* gaveUp(
	durable: Durable,
	state: DeliverConsumer,
	stepName: "deliver" | "roll" | "verify",
	fault: Problem | Fault,
	pods: readonly PodProof[] = [],
): Process<Look> {
	const problem = fault instanceof Error ? problemOf(fault) : fault;
	yield* noted(durable, state, stepName, "outcome", problem);
	return { end: failed(state, problem, pods) };
}

/** @param end of the step: what was reached, or the problem, whose sentence is recorded too */
export function* noted(
	durable: Durable,
	{ rotationId, secret, actor, credentialId, consumer, wait: { round } }: DeliverConsumer,
	stepName: "deliver" | "roll" | "verify",
	phase: "intent" | "outcome",
	end: "delivering" | "copy-current" | Problem,
): Process<void> {
	const workload = workloadText(consumer);
	yield* step(durable, "note", {
		rotationId,
		secret,
		actor,
		...(credentialId !== undefined && { credentialId }),
		step: stepName,
		phase,
		...(typeof end === "string" ? { code: end } : { code: end.code, message: end.message }),
		cluster: consumer.cluster,
		workload,
		attempt: `${workload} round ${round} ${stepName}`,
	});
}

/** The state with one more step over. */
export const timed = (durable: Durable, state: DeliverConsumer, name: string, from: string): DeliverConsumer => ({
	...state,
	steps: [...state.steps, { name, ms: durable.now().getTime() - Date.parse(from) }],
});

export const forConsumer = (state: DeliverConsumer): ForConsumer => {
	const { wait: _, steps: __, ...input } = state;
	return input;
};
