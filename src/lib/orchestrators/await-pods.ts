// The second wait of a delivery: until the rollout is over, where there is one, and each pod proves what it has.
// AP2. What an earlier roll brought is asked for before anything is rolled. Otherwise: each sweep restarts every pod of a
//      workload of which one pod, or another workload, did not get there in time. Kept by: deliver-consumer.test.ts.
// AP1. The copy is looked at as well: pods that started while it was old again have the old value, whatever it is now.

import { Fault } from "../domain/fault.ts";
import { someOf } from "../domain/line.ts";
import { leastPause, pauseAfter } from "../domain/pace.ts";
import { type PodProof, workloadText } from "../domain/workload.ts";
import {
	type DeliverConsumer,
	type ForPods,
	forConsumer,
	gaveUp,
	type Look,
	mostRounds,
	timed,
	togetherOf,
	wasRolledBefore,
	windowsOf,
} from "./delivery.ts";
import { type Durable, type Process, secondsFrom, step } from "./process.ts";

export function* lookAtPods(durable: Durable, state: DeliverConsumer, at: ForPods): Process<Look> {
	const copy = yield* step(durable, "checkCopy", forConsumer(state));
	const seen: ForPods =
		copy.state === "stale" ? { ...at, disturbed: true, oldAgain: copy.waitingFor } : { ...at, lastNew: copy.at };
	const now = { ...state, wait: seen };
	return yield* at.phase === "rollout" ? lookAtRollout(durable, now, seen) : lookAtProof(durable, now, seen);
}

function* lookAtRollout(durable: Durable, state: DeliverConsumer, at: ForPods): Process<Look> {
	const { mark } = at;
	if (!mark) return { next: { ...state, wait: { ...at, phase: "verify" } }, pauseSeconds: 0 };
	const rollout = yield* step(durable, "checkRollout", { ...forConsumer(state), mark });
	const over = () => timed(durable, state, "roll", at.from);
	// A pod that ends may never be gone; the pods that serve are asked then, and at once where an earlier roll brought these versions.
	const isEnough = rollout.state === "ending" && (wasRolledBefore(state, at) || isLate(durable, state, at));
	if (rollout.state === "done" || isEnough) {
		return {
			next: { ...over(), wait: { ...at, phase: "verify", from: durable.now().toISOString() } },
			pauseSeconds: 0,
		};
	}
	// Another secret's: whatever became of its mark, this delivery can make one of its own.
	if (rollout.state === "failed" && isOthers(at) && mayRoll(at)) return again(durable, over(), at);
	if (rollout.state === "failed") return yield* gaveUp(durable, over(), "roll", rollout.problem);
	if (isLate(durable, state, at))
		return yield* gaveUp(durable, over(), "roll", tooLate(durable, state, at, rollout.waitingFor));
	return { next: { ...state, wait: at }, pauseSeconds: pauseAfter(secondsFrom(durable, at.since), leastPause.pods) };
}

function* lookAtProof(durable: Durable, state: DeliverConsumer, at: ForPods): Process<Look> {
	const workload = workloadText(state.consumer);
	if (at.disturbed)
		return mayRoll(at)
			? again(durable, state, at)
			: yield* gaveUp(
					durable,
					state,
					"verify",
					new Fault("copy-unsettled", { workload, copy: at.oldAgain ?? "one of its copies" }),
				);
	const { mark, copyCurrentSince, copyNew } = at;
	const { next, pods, waitingFor } = yield* step(durable, "verify", {
		...forConsumer(state),
		...(mark && { mark }),
		copyCurrentSince,
		copyNew,
	});
	const proved = timed(durable, state, "verify", at.from);
	if (next === "next-run" || next === "resumption") {
		const { steps } = proved;
		return { end: { workload, delivered: false, awaits: next, pods, copyNew: windowsOf(at), steps } };
	}
	if (next === "done") {
		const proof = { pods, copyNew: windowsOf(at), ...togetherOf(at) };
		return { end: { workload, delivered: true, ...proof, steps: proved.steps } };
	}
	if (next === "roll" && mayRoll(at)) return again(durable, proved, at);
	const stale = pods.find((pod) => !pod.proved);
	if (next === "roll" || isLate(durable, state, at)) {
		const unready = pods.filter(({ ready }) => !ready).map(({ pod }) => pod);
		const lacking = waitingFor ?? (unready.length > 0 ? `${someOf(unready)} to be ready` : "a pod that serves");
		const fault = stale ? ofStale(durable, state, at, stale) : tooLate(durable, state, at, lacking);
		return yield* gaveUp(durable, proved, "verify", fault, pods);
	}
	return { next: state, pauseSeconds: pauseAfter(secondsFrom(durable, at.since), leastPause.pods) };
}

const isOthers = ({ mark }: ForPods): boolean => mark?.secret !== undefined;

const mayRoll = ({ round }: ForPods): boolean => round % mostRounds !== 0;

const again = (durable: Durable, from: DeliverConsumer, { round }: ForPods): Look => ({
	next: { ...from, wait: { phase: "start", since: durable.now().toISOString(), round: round + 1 } },
	pauseSeconds: 0,
});

const isLate = (durable: Durable, { consumer }: DeliverConsumer, { since }: ForPods): boolean =>
	secondsFrom(durable, since) >= consumer.rolloutTimeoutSeconds;

/** Of a workload that runs by a schedule nothing is amiss: its run goes on for longer than was waited for. */
function ofStale(durable: Durable, { consumer }: DeliverConsumer, { since, mark }: ForPods, stale: PodProof): Fault {
	const { pod, detail = "it has proved nothing" } = stale;
	const named = { workload: workloadText(consumer), pod, detail };
	if (mark || consumer.roll === "none") return new Fault("pod-stale", named);
	return new Fault("run-not-over", { ...named, waitedSeconds: Math.round(secondsFrom(durable, since)) });
}

const tooLate = (
	durable: Durable,
	{ consumer }: DeliverConsumer,
	{ since, mark }: ForPods,
	waitingFor = "what nobody reported",
): Fault =>
	new Fault(mark ? "rollout-timeout" : "proof-timeout", {
		workload: workloadText(consumer),
		waitedSeconds: Math.round(secondsFrom(durable, since)),
		waitingFor,
	});
