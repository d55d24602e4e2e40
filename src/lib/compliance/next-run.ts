// What a delivery left to a workload's next run: the sweep looks whether one has begun since, and proved the version.
// NXR1. A run is judged as the delivery itself would have, and the record says "delivered" from then on. Otherwise: that a CronJob
//       has the version is never known, or is reported without a proof. Kept by: next-run.test.ts.

import type { ConsumerStatus, RotationStatus } from "../domain/rotation.ts";
import { workloadText } from "../domain/workload.ts";
import { verify } from "../steps/deliver.ts";
import { managed } from "../steps/managed.ts";
import type { Trigger } from "../triggers/request.ts";

/** @param last the delivery of the version that is live; nothing runs for the secret now */
export async function lookForRuns({ ports, actor, attempt, tell }: Trigger, last: RotationStatus): Promise<void> {
	const { rotationId, secret, version, derived = [], consumers = [] } = last;
	if (version === undefined || !consumers.some(({ awaits }) => awaits)) return;
	const target = await managed(ports, secret);
	const published = [{ secret: target.name, version }, ...derived];
	const look = async (status: ConsumerStatus): Promise<ConsumerStatus> => {
		const consumer = target.secret.consumers.find((one) => workloadText(one) === status.workload);
		const copyCurrentSince = status.copyNew?.[0]?.since;
		if (!status.awaits || !consumer || copyCurrentSince === undefined) return status;
		const ids = { rotationId, secret, actor, consumer, published };
		const { next, pods } = await verify(ports, { ...ids, copyCurrentSince }, { attempt, tell });
		if (next !== "done") return status;
		const { awaits: _, ...rest } = status;
		return { ...rest, delivered: true, pods };
	};
	const looked: ConsumerStatus[] = [];
	for (const status of consumers) looked.push(await look(status));
	if (looked.some(({ delivered }, at) => delivered !== consumers[at]?.delivered))
		await (await ports.records()).saveRotation({ ...last, consumers: looked });
}
