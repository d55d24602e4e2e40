// One consumer: wait until the copy is new, roll the workload, wait for the rollout, have every pod prove it. Where nothing is
// rolled, the pods that are there prove it, each as soon as it has read the new version.
// DC1. No roll before the copy was seen new twice, five seconds apart. Otherwise: new pods start with the old password
//      (a driver may write an old pod's copy back) and the service is down after the roll.
// DC2. Pods that started before that are rolled once more, at most twice. So are all of them when the copy was seen old
//      again while they started.
// DC3. Waits start this orchestrator afresh every 40 looks, so that a wait of hours replays in no time.
// DC5. An Event on the workload is written where the configuration asks for it, and whatever becomes of that changes nothing.
//      Otherwise: a cluster that is slow to take a message keeps pods on the old password. Kept by: deliver-consumer.test.ts.
// DC4. Time in which nothing could be seen counts for no deadline. Otherwise: a right is given back, and the next look ends the
//      delivery as too late. Kept by: rotate.test.ts.

import { Fault, problemOf } from "../domain/fault.ts";
import type { ConsumerStatus } from "../domain/rotation.ts";
import { workloadText } from "../domain/workload.ts";
import type { Happening } from "../domain/workload-event.ts";
import { lookAtCopy } from "./await-copy.ts";
import { lookAtPods } from "./await-pods.ts";
import {
	type DeliverConsumer,
	failed,
	forConsumer,
	isFirstRound,
	isForPods,
	type Look,
	mostRounds,
} from "./delivery.ts";
import { attempted } from "./ending.ts";
import { patiently } from "./patience.ts";
import { type Durable, type Process, StepFailed, step, wait } from "./process.ts";

const looksPerHistory = 40;

const doing: { readonly [P in DeliverConsumer["wait"]["phase"]]: string } = {
	start: "Waiting until the copy that new pods get is new",
	copy: "Waiting until the copy that new pods get is new",
	rollout: "Watching the rollout",
	verify: "Waiting for each pod's proof",
};

function told(at: DeliverConsumer["wait"]): Pick<ConsumerStatus, "now" | "stage"> {
	if (isForPods(at)) return { now: doing[at.phase], stage: "rolled" };
	if (at.review !== undefined) return { now: `Waiting for ${at.review}`, stage: "copy" };
	if (!at.waitsFor) return { now: doing[at.phase], stage: "copy" };
	return { now: `Waiting for ${at.waitsFor.join(", ")}, to roll once`, stage: "ready" };
}

export function* deliverConsumer(durable: Durable, input: DeliverConsumer): Process<ConsumerStatus> {
	if (input.wait.phase === "start" && isFirstRound(input.wait)) yield* happened(durable, input, { is: "started" });
	const left = yield* looked(durable, input);
	if ("end" in left) {
		yield* happened(durable, input, endOf(left.end));
		return left.end;
	}
	durable.continueAs(left.next);
	return failed(left.next, problemOf(new Fault("internal-error", { step: "deliver", kind: "continuation" })));
}

/** @returns how the delivery ended, or where it is to go on afresh */
function* looked(
	durable: Durable,
	input: DeliverConsumer,
): Process<{ readonly end: ConsumerStatus } | { readonly next: DeliverConsumer }> {
	let state = input;
	try {
		for (let looks = 0; looks < looksPerHistory; looks++) {
			const { consumer, steps, wait: at } = state;
			const workload = workloadText(consumer);
			durable.report({ workload, delivered: false, pods: [], steps, ...told(at) });
			const from = state;
			const look: Look = yield* patiently(durable, (vainSeconds) => {
				const since = new Date(Date.parse(at.since) + vainSeconds * 1000).toISOString();
				return isForPods(at)
					? lookAtPods(durable, from, { ...at, since })
					: lookAtCopy(durable, from, { ...at, since });
			});
			if ("end" in look) return look;
			state = look.next;
			if (look.pauseSeconds > 0) yield* wait(durable, look.pauseSeconds);
		}
	} catch (error) {
		if (!(error instanceof StepFailed)) throw error;
		return { end: failed(state, error.problem) };
	}
	return { next: state };
}

function* happened(durable: Durable, input: DeliverConsumer, happening: Happening): Process<void> {
	if (!input.consumer.events) return;
	const delivery = Math.ceil(input.wait.round / mostRounds);
	yield* attempted(step(durable, "writeEvent", { ...forConsumer(input), delivery, happening }));
}

function endOf({ delivered, awaits, problem }: ConsumerStatus): Happening {
	if (delivered) return { is: "delivered" };
	if (awaits !== undefined) return { is: "awaits-run" };
	return { is: "failed", code: problem?.code ?? "internal-error" };
}
