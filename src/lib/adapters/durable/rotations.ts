// Rotations on Durable Functions: instance `rotate-<secret>`, so the durable back end itself keeps them one per secret.
// R1. A refused start is judged by the instance's status, not by the refusal: the extension answers 409 or, when older, 500,
//     and the client makes a plain Error of either. Otherwise: an outage looks like a duplicate, and the event is lost.
// R2. An outage is never "nothing runs": only the extension's own 404 is. Otherwise: a report says that nothing runs.

import type { DurableClient, DurableOrchestrationStatus } from "durable-functions";
import { Fault } from "../../domain/fault.ts";
import {
	type ConsumerStatus,
	deliveryIdOf,
	instanceIdOf,
	type RotationRequest,
	type RotationStatus,
	waitingStatus,
	withDeliveries,
} from "../../domain/rotation.ts";
import { directly, type Perform } from "../../ports/effect.ts";
import type { Rotations, Started } from "../../ports/orchestration.ts";

/** As much of the DurableClient as is needed here. */
export type Client = Pick<DurableClient, "startNew" | "getStatus">;

const runningStates: ReadonlySet<string> = new Set(["Pending", "Running", "ContinuedAsNew", "Suspended"]);

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;
const hasId = <T>(value: unknown): value is T => isObject(value) && typeof value.rotationId === "string";

const isDelivery = (value: unknown): value is ConsumerStatus => isObject(value) && typeof value.workload === "string";

/** Until the orchestrator has run for the first time there is no custom status, but there is its input. */
function statusOf(instance: DurableOrchestrationStatus): RotationStatus | undefined {
	if (hasId<RotationStatus>(instance.customStatus)) return instance.customStatus;
	return hasId<RotationRequest>(instance.input) ? waitingStatus(instance.input) : undefined;
}

/** A delivery's id has its rotation's in it, which is drawn. */
const nameOf = (id: string): string => id.replace(/\.[0-9a-f-]{36}/, "");

export function durableRotations(client: Client, perform: Perform = directly): Rotations {
	async function instanceOf(secret: string): Promise<DurableOrchestrationStatus | undefined> {
		const instance = await found(instanceIdOf(secret), secret);
		return instance && runningStates.has(instance.runtimeStatus) ? instance : undefined;
	}

	async function customStatus(id: string, secret: string): Promise<unknown> {
		return (await found(id, secret))?.customStatus;
	}

	async function found(id: string, secret: string): Promise<DurableOrchestrationStatus | undefined> {
		try {
			return await perform(`durable status ${nameOf(id)}`, () => client.getStatus(id, { showInput: true }));
		} catch (error) {
			if (error instanceof Error && error.message.includes("replied with HTTP 404")) return undefined;
			throw new Fault("durable-unavailable", { secret }, error);
		}
	}

	return {
		async start(request): Promise<Started> {
			const { secret, kind, rotationId } = request;
			try {
				const instanceId = instanceIdOf(secret);
				await perform(`durable start ${instanceId}`, () => client.startNew(kind, { instanceId, input: request }));
				return { state: "started" };
			} catch (error) {
				const instance = await instanceOf(secret);
				if (instance === undefined) throw new Fault("durable-unavailable", { secret }, error);
				const running = statusOf(instance)?.rotationId;
				return running === rotationId ? { state: "started" } : { state: "already-running", rotationId: running };
			}
		},
		async running(secret) {
			const instance = await instanceOf(secret);
			const status = instance && statusOf(instance);
			if (status?.outcome !== undefined || !status?.consumers?.some(({ delivered }) => !delivered)) return status;
			const consumers = await Promise.all(
				status.consumers.map(async (consumer, index) => {
					const delivery = await customStatus(deliveryIdOf(status.rotationId, index), secret);
					return isDelivery(delivery) ? delivery : consumer;
				}),
			);
			return withDeliveries(status, consumers);
		},
		async latest(secret) {
			const instance = await found(instanceIdOf(secret), secret);
			return instance && statusOf(instance);
		},
	};
}
