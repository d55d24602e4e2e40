// Every consumer gets the new version at the same time, each in a child of its own.
// DA1. A rotation that delivers twice gives the second delivery's children ids, and their rounds numbers, of their own. Otherwise:
//      its rolls, syncs and records pass for the first one's, and nothing is rolled. Kept by: fallbacks.test.ts.

import type { ConsumerConfig } from "../config/configuration.ts";
import { Fault, problemOf } from "../domain/fault.ts";
import { deliveryIdOf } from "../domain/ids.ts";
import type { ConsumerStatus } from "../domain/rotation.ts";
import { workloadText } from "../domain/workload.ts";
import type { Ids } from "../steps/boundary.ts";
import type { PublishedVersion } from "../steps/deliver.ts";
import { type DeliverConsumer, mostRounds } from "./delivery.ts";
import type { Durable, Process } from "./process.ts";
import type { Progress } from "./progress.ts";

export function* deliverAll(
	durable: Durable,
	progress: Progress,
	ids: Ids,
	consumers: readonly ConsumerConfig[],
	published: readonly PublishedVersion[],
	which: "only" | "second" = "only",
): Process<ConsumerStatus[]> {
	if (consumers.length === 0) return [];
	const before = which === "second" ? 1 : 0;
	const inputs: DeliverConsumer[] = consumers.map((consumer) => ({
		...ids,
		consumer,
		published,
		wait: { phase: "start", since: durable.now().toISOString(), round: before * mostRounds + 1 },
		steps: [],
	}));
	progress.know({
		consumers: consumers.map((consumer) => ({ workload: workloadText(consumer), delivered: false, pods: [] })),
		...(before > 0 && { earlierDeliveries: before * consumers.length }),
	});
	const waiting = `Waiting for ${consumers.length} consumer(s)`;
	const ended = yield* progress.during("deliver", waiting, over(progress, children(inputs, ids.rotationId, before)));
	const [first] = ended;
	if (ended.length === 1 && first?.steps) progress.split(first.steps);
	return ended.map(withoutSteps);
}

const withoutSteps = ({ steps: _, now: __, ...status }: ConsumerStatus): ConsumerStatus => status;

/** Told before their steps become the rotation's: whoever looks adds the steps of those that are under way. */
function* over(progress: Progress, process: Process<ConsumerStatus[]>): Process<ConsumerStatus[]> {
	const ended = yield* process;
	progress.know({ consumers: ended.map(withoutSteps) });
	return ended;
}

/** A child returns its failures; one that throws is a defect, and must not take the rotation's record with it. */
function* children(inputs: readonly DeliverConsumer[], rotationId: string, before: number): Process<ConsumerStatus[]> {
	try {
		return (yield {
			ask: "children",
			name: "deliverConsumer",
			inputs,
			ids: inputs.map((_, index) => deliveryIdOf(rotationId, before * inputs.length + index)),
		}) as ConsumerStatus[];
	} catch {
		const problem = problemOf(new Fault("internal-error", { step: "deliver", kind: "failure of a delivery" }));
		return inputs.map(({ consumer }) => ({ workload: workloadText(consumer), delivered: false, pods: [], problem }));
	}
}
