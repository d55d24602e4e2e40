// Every consumer gets the new version at the same time, each in its own child; where some are to be first, the others follow
// once these have proved it.
// DA1. A rotation that delivers twice gives the second delivery's children other ids, and their rounds other numbers. Otherwise:
//      its rolls, syncs and records pass for the first one's, and nothing is rolled. Kept by: canary.test.ts.
// DA2. A child's id says which consumer of the configuration it is for, whenever it begins. Otherwise: the status shows one
//      consumer's pods as another's. Kept by: canary.test.ts.
// DA3. A canary that proves nothing keeps the others as they are, and each says so. Otherwise: a version that no pod can use is
//      everywhere, although it was to be tried at one. Kept by: canary.test.ts.

import type { ConsumerConfig } from "../config/configuration.ts";
import { Fault, problemOf } from "../domain/fault.ts";
import { deliveryIdOf } from "../domain/ids.ts";
import type { ConsumerStatus } from "../domain/rotation.ts";
import { workloadText } from "../domain/workload.ts";
import type { Ids } from "../steps/boundary.ts";
import type { PublishedVersion } from "../steps/deliver.ts";
import { type DeliverConsumer, mostRounds } from "./delivery.ts";
import { attempted } from "./ending.ts";
import { type Durable, type Process, step } from "./process.ts";
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
	const deliveries = consumers.map((consumer, index) => ({
		consumer,
		id: deliveryIdOf(ids.rotationId, before * consumers.length + index),
	}));
	const canaries = deliveries.filter(({ consumer }) => consumer.canary);
	const others = deliveries.filter(({ consumer }) => !consumer.canary);
	const groups = [canaries, others].filter(({ length }) => length > 0);
	const ended = new Map<ConsumerConfig, ConsumerStatus>();
	const [first] = canaries;
	const waiting = first && {
		now: `Waiting until ${workloadText(first.consumer)} has proved the new version`,
		stage: "canary" as const,
	};
	const known = () =>
		consumers.map((consumer) => ended.get(consumer) ?? { ...notBegun(consumer), ...(!consumer.canary && waiting) });
	progress.know({ consumers: known(), ...(before > 0 && { earlierDeliveries: before * consumers.length }) });
	for (const group of groups) {
		const failed = canaries.find(({ consumer }) => ended.get(consumer)?.delivered === false);
		if (failed) {
			for (const { consumer } of group) ended.set(consumer, yield* heldBack(durable, ids, consumer, failed.consumer));
		} else {
			const inputs: DeliverConsumer[] = group.map(({ consumer }) => ({
				...ids,
				consumer,
				published,
				wait: { phase: "start", since: durable.now().toISOString(), round: before * mostRounds + 1 },
				steps: [],
			}));
			const delivering = children(
				inputs,
				group.map(({ id }) => id),
			);
			const told = over(progress, delivering, (statuses) => {
				for (const [index, { consumer }] of group.entries()) {
					const status = statuses[index];
					if (status) ended.set(consumer, status);
				}
				return known().map(withoutSteps);
			});
			yield* progress.during(
				"deliver",
				`Waiting for ${group.length} ${group.length === 1 ? "consumer" : "consumers"}`,
				told,
			);
		}
	}
	const statuses = known();
	const [only] = statuses;
	if (statuses.length === 1 && only?.steps) progress.split(only.steps);
	return statuses.map(withoutSteps);
}

const notBegun = (consumer: ConsumerConfig): ConsumerStatus => ({
	workload: workloadText(consumer),
	delivered: false,
	pods: [],
});

const withoutSteps = ({ steps: _, now: __, stage: ___, ...status }: ConsumerStatus): ConsumerStatus => status;

/** Reported before their steps become the rotation's: the reader adds the steps of those that are under way. */
function* over(
	progress: Progress,
	process: Process<ConsumerStatus[]>,
	all: (ended: readonly ConsumerStatus[]) => ConsumerStatus[],
): Process<void> {
	progress.know({ consumers: all(yield* process) });
}

/** @returns why it was not begun, which is on the audit log too */
function* heldBack(
	durable: Durable,
	{ rotationId, secret, actor, credentialId }: Ids,
	consumer: ConsumerConfig,
	canary: ConsumerConfig,
): Process<ConsumerStatus> {
	const workload = workloadText(consumer);
	const problem = problemOf(new Fault("canary-failed", { workload, canary: workloadText(canary) }));
	const { code, message } = problem;
	const { cluster } = consumer;
	const attempt = `${workload} held back`;
	const entry = { step: "deliver", phase: "note", code, message, cluster, workload, attempt } as const;
	yield* attempted(step(durable, "note", { rotationId, secret, actor, credentialId, ...entry }));
	return { ...notBegun(consumer), problem };
}

/** A child returns its failures; one that throws is a defect, and must not take the rotation's record with it. */
function* children(inputs: readonly DeliverConsumer[], ids: readonly string[]): Process<ConsumerStatus[]> {
	try {
		return (yield { ask: "children", name: "deliverConsumer", inputs, ids }) as ConsumerStatus[];
	} catch {
		const problem = problemOf(new Fault("internal-error", { step: "deliver", kind: "failure of a delivery" }));
		return inputs.map(({ consumer }) => ({ ...notBegun(consumer), problem }));
	}
}
