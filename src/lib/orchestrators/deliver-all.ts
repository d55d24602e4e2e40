// Every consumer gets the new version at the same time, each in a child of its own.

import type { Ids } from "../activities/boundary.ts";
import type { PublishedVersion } from "../activities/deliver.ts";
import type { ConsumerConfig } from "../config/configuration.ts";
import { type ConsumerStatus, deliveryIdOf } from "../domain/rotation.ts";
import { workloadText } from "../ports/workload.ts";
import type { DeliverConsumer } from "./deliver-consumer.ts";
import type { Durable, Process } from "./process.ts";
import type { Progress } from "./progress.ts";

export function* deliverAll(
	durable: Durable,
	progress: Progress,
	ids: Ids,
	consumers: readonly ConsumerConfig[],
	published: readonly PublishedVersion[],
): Process<ConsumerStatus[]> {
	if (consumers.length === 0) return [];
	const inputs: DeliverConsumer[] = consumers.map((consumer) => ({
		...ids,
		consumer,
		published,
		wait: { phase: "start", since: durable.now().toISOString(), round: 1 },
		steps: [],
	}));
	progress.know({
		consumers: consumers.map((consumer) => ({ workload: workloadText(consumer), delivered: false, pods: [] })),
	});
	const children = (function* (): Process<ConsumerStatus[]> {
		return (yield {
			ask: "children",
			name: "deliverConsumer",
			inputs,
			ids: inputs.map((_, index) => deliveryIdOf(ids.rotationId, index)),
		}) as ConsumerStatus[];
	})();
	const ended = yield* progress.during("deliver", `Waiting for ${consumers.length} consumer(s)`, children);
	const [first] = ended;
	if (ended.length === 1 && first?.steps) progress.split(first.steps);
	return ended.map(({ steps: _, now: __, ...status }) => status);
}
