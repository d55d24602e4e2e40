// The sweep on Durable Functions: one instance, no matter who asks for it.
// SN1. One that runs is left alone, unless nothing of it has moved for an hour: then it has lost its way, and another one takes its
//      place. Otherwise: one defect, and nothing is swept any more.
// SN2. A refused start is judged by the instance, not by the refusal (rotations.ts). Otherwise: an outage looks like a sweep.

import { setTimeout as pause } from "node:timers/promises";
import type { DurableClient, DurableOrchestrationStatus } from "durable-functions";
import type { SweepId } from "../../domain/compliance.ts";
import { Fault } from "../../domain/fault.ts";

/** As much of the DurableClient as is needed here. */
export type SweepClient = Pick<DurableClient, "startNew" | "getStatus" | "terminate">;

/** No secret's instance is called so: theirs begin with `rotate-`. */
const instanceId = "sweep";
const longestMs = 60 * 60_000;
const running = ["Pending", "Running", "ContinuedAsNew", "Suspended"];
/** How often it looks whether what it ended is over. */
const looks = { most: 20, ms: 500 };

/** @throws Fault `sweep-not-started` */
export async function startSweep(client: SweepClient, sweep: SweepId): Promise<"started" | "already-running"> {
	const begin = () => client.startNew("sweepAll", { instanceId, input: { sweep } });
	try {
		if (await found(client).then(isAtWork(sweep))) return "already-running";
		await begin();
		return "started";
	} catch (error) {
		const there = await found(client).catch(() => undefined);
		if (isAtWork(sweep)(there)) return "already-running";
		if (!there || !running.includes(there.runtimeStatus))
			throw new Fault("sweep-not-started", { instance: instanceId }, error);
	}
	try {
		await client.terminate(instanceId, "Nothing of this sweep has moved for an hour.");
		for (let look = 1; look < looks.most && running.includes((await found(client))?.runtimeStatus ?? ""); look++) {
			await pause(looks.ms);
		}
		await begin();
		return "started";
	} catch (error) {
		throw new Fault("sweep-not-started", { instance: instanceId }, error);
	}
}

async function found(client: SweepClient): Promise<DurableOrchestrationStatus | undefined> {
	try {
		return await client.getStatus(instanceId);
	} catch (error) {
		if (error instanceof Error && error.message.includes("replied with HTTP 404")) return undefined;
		throw error;
	}
}

const isAtWork =
	({ startedAt }: SweepId) =>
	(there: DurableOrchestrationStatus | undefined): boolean =>
		there !== undefined &&
		running.includes(there.runtimeStatus) &&
		Date.parse(startedAt) - new Date(there.lastUpdatedTime).getTime() < longestMs;
