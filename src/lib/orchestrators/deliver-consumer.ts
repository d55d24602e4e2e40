// One consumer: wait until the copy is new, roll the workload, wait for the rollout, have every pod prove it. Where nothing is
// rolled, the pods that are there prove it, each as soon as it has read the new version.
// DC1. No roll before the copy was seen new twice, five seconds apart. Otherwise: new pods start with the old password
//      (a driver may write an old pod's copy back) and the service is down after the roll.
// DC2. Pods that started before that are rolled once more, at most twice. So are all of them when the copy was seen old
//      again while they started.
// DC3. Waits start this orchestrator afresh every 40 looks, so that a wait of hours replays in no time.
// DC4. Time in which nothing could be seen counts for no deadline. Otherwise: a right is given back, and the next look ends the
//      delivery as too late. Kept by: rotate.test.ts.

import { Fault, problemOf } from "../domain/fault.ts";
import type { ConsumerStatus } from "../domain/rotation.ts";
import { workloadText } from "../domain/workload.ts";
import { lookAtCopy } from "./await-copy.ts";
import { lookAtPods } from "./await-pods.ts";
import { type DeliverConsumer, failed, isForPods, type Look } from "./delivery.ts";
import { patiently } from "./patience.ts";
import { type Durable, type Process, StepFailed, wait } from "./process.ts";

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
			if ("end" in look) return look.end;
			state = look.next;
			if (look.pauseSeconds > 0) yield* wait(durable, look.pauseSeconds);
		}
	} catch (error) {
		if (!(error instanceof StepFailed)) throw error;
		return failed(state, error.problem);
	}
	durable.continueAs(state);
	return failed(state, problemOf(new Fault("internal-error", { step: "deliver", kind: "continuation" })));
}
