// Says on the workload that a delivery begins, or how it ended.
// WV1. It takes two seconds at most and never fails: what is wrong is in the app's log. Otherwise: pods keep the old password for as
//      long as a cluster does not take a message. Kept by: write-event.test.ts.

import type { Ports } from "../app.ts";
import { Fault } from "../domain/fault.ts";
import { eventOf, type Happening } from "../domain/workload-event.ts";
import { type Activity, asFault, noticeOf } from "./boundary.ts";
import type { ForConsumer } from "./deliver.ts";

const mostMs = 2_000;

interface ToSay extends ForConsumer {
	readonly delivery: number;
	readonly happening: Happening;
}

export const writeEvent: Activity<ToSay, { readonly code: "event-written" | "event-lost" }> = async (
	ports,
	input,
	run,
) => {
	const { secret, rotationId, consumer } = input;
	let timer: NodeJS.Timeout | undefined;
	const late = new Promise<never>((_, reject) => {
		const detail = `no answer to an Event within ${mostMs / 1000} s`;
		timer = setTimeout(() => reject(new Fault("cluster-unreachable", { cluster: consumer.cluster, detail })), mostMs);
	});
	try {
		await Promise.race([written(ports, input), late]);
		return { code: "event-written" };
	} catch (error) {
		run.tell({ ...noticeOf(asFault(error, "writeEvent"), "writeEvent"), secret, rotationId });
		return { code: "event-lost" };
	} finally {
		clearTimeout(timer);
	}
};

async function written(ports: Ports, { consumer, published, ...happened }: ToSay): Promise<void> {
	const workloads = await ports.workloads(consumer.cluster);
	const at = ports.clock.now().toISOString();
	await workloads.writeEvent(consumer, eventOf(consumer, { ...happened, version: published[0]?.version ?? "", at }));
}
