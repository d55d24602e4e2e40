// One consumer: wait until the copy is new, roll the workload, wait for the rollout, have every pod prove it.
// DC1. No roll before the copy was seen new twice, five seconds apart. Otherwise: new pods start with the old password
//      (a driver may write an old pod's copy back) and the service is down after the roll.
// DC2. Pods that started before that are rolled once more, at most twice. So are all of them when the copy was seen old
//      again while they started (a driver without rotation can write an old pod's copy back).
// DC3. Waits start this orchestrator afresh every 40 looks, so that a wait of hours replays in no time.

import type { ForConsumer } from "../activities/deliver.ts";
import { Fault, type Problem, problemOf } from "../domain/fault.ts";
import type { ConsumerStatus, StepTime } from "../domain/rotation.ts";
import type { PodProof } from "../ports/delivery-path.ts";
import { type RollMark, workloadText } from "../ports/workload.ts";
import { type Durable, type Process, StepFailed, step, wait } from "./process.ts";

/** Where it stands; carried over when it starts afresh. */
export interface DeliverConsumer extends ForConsumer {
	readonly wait: Waiting;
	/** The steps that are over. */
	readonly steps: readonly StepTime[];
}

type Waiting =
	| { readonly phase: "start" | "copy"; readonly since: string; readonly round: number; readonly firstCurrent?: string }
	| {
			readonly phase: "rollout" | "verify";
			readonly since: string;
			readonly round: number;
			readonly copyCurrentSince: string;
			readonly mark: RollMark;
			/** The copy was seen old again since the roll. */
			readonly disturbed?: true;
			/** When the phase before ended, for the step's time. */
			readonly from: string;
	  };

const looksPerHistory = 40;
const confirmAfterSeconds = 5;
const mostRounds = 3;

/** Progress of a look: the next state to wait in, or the end. */
type Look = { readonly next: DeliverConsumer; readonly pauseSeconds: number } | { readonly end: ConsumerStatus };

export function* deliverConsumer(durable: Durable, input: DeliverConsumer): Process<ConsumerStatus> {
	let state = input;
	try {
		for (let looks = 0; looks < looksPerHistory; looks++) {
			durable.report({
				workload: workloadText(state.consumer),
				delivered: false,
				pods: [],
				steps: state.steps,
				now: doing(state),
			});
			const look: Look = yield* "mark" in state.wait
				? lookAtPods(durable, state, state.wait)
				: lookAtCopy(durable, state, state.wait);
			if ("end" in look) return look.end;
			state = look.next;
			if (look.pauseSeconds > 0) yield* wait(durable, look.pauseSeconds);
		}
	} catch (error) {
		if (!(error instanceof StepFailed)) throw error;
		return { ...failed(state, error.problem), steps: state.steps };
	}
	durable.continueAs(state);
	return failed(state, problemOf(new Fault("internal-error", { step: "deliver", kind: "continuation" })));
}

const doing = ({ wait: { phase } }: DeliverConsumer): string =>
	phase === "rollout"
		? "Watching the rollout"
		: phase === "verify"
			? "Waiting for each pod's proof"
			: "Waiting until the copy that new pods get is new";

const failed = ({ consumer }: DeliverConsumer, problem: Problem, pods: readonly PodProof[] = []): ConsumerStatus => ({
	workload: workloadText(consumer),
	delivered: false,
	pods,
	problem,
});

const secondsFrom = (durable: Durable, since: string): number => (durable.now().getTime() - Date.parse(since)) / 1000;

/** @param end of the step: what was reached, or the problem, whose sentence is recorded too */
function* noted(
	{ rotationId, secret, actor, credentialId, consumer, wait: { round } }: DeliverConsumer,
	stepName: "deliver" | "roll",
	phase: "intent" | "outcome",
	end: "delivering" | "copy-current" | Problem,
): Process<void> {
	const workload = workloadText(consumer);
	yield* step("note", {
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

function* lookAtCopy(
	durable: Durable,
	state: DeliverConsumer,
	at: Extract<Waiting, { phase: "start" | "copy" }>,
): Process<Look> {
	const { consumer, published } = state;
	if (at.phase === "start") yield* noted(state, "deliver", "intent", "delivering");
	const copy = yield* step("checkCopy", forConsumer(state));
	const next = (firstCurrent?: string): DeliverConsumer => ({
		...state,
		wait: { phase: "copy", since: at.since, round: at.round, ...(firstCurrent !== undefined && { firstCurrent }) },
	});
	if (copy.state === "current" && at.firstCurrent !== undefined) {
		yield* noted(state, "deliver", "outcome", "copy-current");
		const steps = [...state.steps, timed(durable, "deliver", at.since)];
		const now = durable.now().toISOString();
		const mark: RollMark = {
			rotationId: state.rotationId,
			round: at.round,
			version: published[0]?.version ?? "",
			at: now,
		};
		yield* step("roll", { ...forConsumer(state), mark });
		return {
			next: {
				...state,
				steps,
				wait: { phase: "rollout", since: now, from: now, round: at.round, copyCurrentSince: at.firstCurrent, mark },
			},
			pauseSeconds: 1,
		};
	}
	const waited = secondsFrom(durable, at.since);
	if (waited >= consumer.copyTimeoutSeconds) {
		const problem = problemOf(
			new Fault("copy-timeout", { workload: workloadText(consumer), waitedSeconds: Math.round(waited) }),
		);
		yield* noted(state, "deliver", "outcome", problem);
		return { end: { ...failed(state, problem), steps: [...state.steps, timed(durable, "deliver", at.since)] } };
	}
	return {
		next: next(copy.state === "current" ? copy.at : undefined),
		pauseSeconds: copy.state === "current" ? confirmAfterSeconds : pauseAfter(waited),
	};
}

function* lookAtPods(
	durable: Durable,
	state: DeliverConsumer,
	at: Extract<Waiting, { phase: "rollout" | "verify" }>,
): Process<Look> {
	const { consumer } = state;
	const { mark, copyCurrentSince, round } = at;
	const waited = secondsFrom(durable, at.since);
	const late = waited >= consumer.rolloutTimeoutSeconds;
	const timeout = new Fault("rollout-timeout", { workload: workloadText(consumer), waitedSeconds: Math.round(waited) });
	const copy = yield* step("checkCopy", forConsumer(state));
	const disturbed = at.disturbed || copy.state === "stale";
	if (at.phase === "rollout") {
		const rollout = yield* step("checkRollout", { ...forConsumer(state), mark });
		if (rollout.state === "done") {
			const steps = [...state.steps, timed(durable, "roll", at.from)];
			const now = durable.now().toISOString();
			return {
				next: { ...state, steps, wait: { ...at, phase: "verify", from: now, ...(disturbed && { disturbed }) } },
				pauseSeconds: 0,
			};
		}
		if (rollout.state === "failed" || late) {
			const problem = rollout.state === "failed" ? rollout.problem : problemOf(timeout);
			yield* noted(state, "roll", "outcome", problem);
			return { end: { ...failed(state, problem), steps: [...state.steps, timed(durable, "roll", at.from)] } };
		}
		return { next: { ...state, wait: { ...at, ...(disturbed && { disturbed }) } }, pauseSeconds: pauseAfter(waited) };
	}
	const again = (steps: readonly StepTime[]): Look => ({
		next: { ...state, steps, wait: { phase: "start", since: durable.now().toISOString(), round: round + 1 } },
		pauseSeconds: 0,
	});
	if (disturbed) {
		if (round < mostRounds) return again(state.steps);
		return { end: failed(state, problemOf(new Fault("copy-unsettled", { workload: workloadText(consumer) }))) };
	}
	const { next, pods } = yield* step("verify", { ...forConsumer(state), mark, copyCurrentSince });
	const steps = [...state.steps, timed(durable, "verify", at.from)];
	if (next === "done") return { end: { workload: workloadText(consumer), delivered: true, pods, steps } };
	if (next === "roll" && round < mostRounds) return again(steps);
	if (next === "roll" || late) {
		const pod = pods.find(({ proved }) => !proved)?.pod ?? "(none)";
		const fault = pods.length > 0 ? new Fault("pod-stale", { workload: workloadText(consumer), pod }) : timeout;
		return { end: { ...failed(state, problemOf(fault), pods), steps } };
	}
	return { next: state, pauseSeconds: pauseAfter(waited) };
}

/** Short at first, because most waits are; long later, because each look costs calls. */
const pauseAfter = (waitedSeconds: number): number =>
	waitedSeconds < 10 ? 1 : waitedSeconds < 30 ? 2 : waitedSeconds < 120 ? 5 : 15;

const timed = (durable: Durable, name: string, from: string): StepTime => ({
	name,
	ms: durable.now().getTime() - Date.parse(from),
});

const forConsumer = ({
	rotationId,
	secret,
	actor,
	credentialId,
	consumer,
	published,
}: DeliverConsumer): ForConsumer => ({
	rotationId,
	secret,
	actor,
	...(credentialId !== undefined && { credentialId }),
	consumer,
	published,
});
