// Rotations on Durable Functions: instance `rotate-<secret>`, so the durable back end itself keeps them one per secret.
// RT1. A refused start is judged by the instance's status, not by the refusal: the extension answers 409 or, when older, 500,
//      and the client makes a plain Error of either. Otherwise: an outage looks like a duplicate, and the event is lost.
//      Refused by one that is over by the time it is looked at: the start is tried again. Otherwise: a trigger that comes
//      exactly as a rotation ends is answered 503.
// RT2. A start that was accepted is judged by what is there afterwards: the Azure Storage provider reads, sends, then writes,
//      and swallows the conflict, so each of several callers at one instant is told that it started the instance. Otherwise: all
//      but one wait for a rotation that does not exist, and their requests are lost. Kept by: rotations.test.ts,
//      exactly-once.test.ts.
// RT3. An outage is never "nothing runs": only the extension's own 404 is. Otherwise: a report says that nothing runs.

import { setTimeout as pause } from "node:timers/promises";
import type { DurableClient, DurableOrchestrationStatus } from "durable-functions";
import { Fault } from "../../domain/fault.ts";
import {
	type ConsumerStatus,
	deliveryIdOf,
	instanceIdOf,
	isUnderWay,
	type RotationRequest,
	type RotationStatus,
	serves,
	waitingStatus,
	withDeliveries,
} from "../../domain/rotation.ts";
import { directly, type Perform } from "../../ports/effect.ts";
import type { Rotations, Started } from "../../ports/orchestration.ts";
import { purgeRecorded } from "./purge.ts";

/** As much of the DurableClient as is needed here. */
export type Client = Pick<DurableClient, "startNew" | "getStatus" | "getStatusBy" | "purgeInstanceHistory">;

const runningStates: ReadonlySet<string> = new Set(["Pending", "Running", "ContinuedAsNew", "Suspended"]);

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;
const hasId = <T>(value: unknown): value is T => isObject(value) && typeof value.rotationId === "string";

const isDelivery = (value: unknown): value is ConsumerStatus => isObject(value) && typeof value.workload === "string";

const requestOf = ({ input }: DurableOrchestrationStatus): RotationRequest | undefined =>
	hasId<RotationRequest>(input) ? input : undefined;

/**
 * Until the orchestrator has run for the first time there is no custom status, or that of the run before it, but there is
 * its input.
 */
function statusOf(instance: DurableOrchestrationStatus): RotationStatus | undefined {
	const { customStatus } = instance;
	const request = requestOf(instance);
	const isOwn = hasId<RotationStatus>(customStatus) && (!request || request.rotationId === customStatus.rotationId);
	return isOwn ? customStatus : request && waitingStatus(request);
}

/** So often what refused a start may be over when it is looked at, before the durable storage counts as unavailable. */
const mostRefusals = 5;
/** So long an accepted start may take to be seen, at most: a back end may show what it has written later. */
const visible = { ms: 100, looks: 10 };

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

	/** What has the secret's place once a start was accepted: this request, what runs instead, or what is over. */
	async function written({ secret, rotationId }: RotationRequest): Promise<DurableOrchestrationStatus | undefined> {
		for (let looks = 1; ; looks++) {
			const instance = await found(instanceIdOf(secret), secret);
			const isOurs = instance && statusOf(instance)?.rotationId === rotationId;
			if (isOurs || looks === visible.looks || (instance && runningStates.has(instance.runtimeStatus))) return instance;
			await pause(visible.ms);
		}
	}

	/** @returns the refusal, or nothing: accepted */
	async function begin(request: RotationRequest): Promise<{ error: unknown } | undefined> {
		const instanceId = instanceIdOf(request.secret);
		try {
			await perform(`durable start ${instanceId}`, () => client.startNew(request.kind, { instanceId, input: request }));
			return undefined;
		} catch (error) {
			return { error };
		}
	}

	return {
		async start(request): Promise<Started> {
			const { secret, rotationId } = request;
			for (let tries = 1; ; tries++) {
				const refusal = await begin(request);
				const instance = refusal ? await found(instanceIdOf(secret), secret) : await written(request);
				const status = instance && statusOf(instance);
				if (status?.rotationId === rotationId) return { state: "started" };
				if (instance && runningStates.has(instance.runtimeStatus)) {
					const running = requestOf(instance);
					const covers = !running || serves(running, status, request);
					return { state: "already-running", rotationId: status?.rotationId, covers };
				}
				if (!instance || tries === mostRefusals) throw new Fault("durable-unavailable", { secret }, refusal?.error);
				if (!refusal) return { state: "overtaken", rotationId: status?.rotationId };
			}
		},
		async running(secret) {
			const instance = await instanceOf(secret);
			const status = instance && statusOf(instance);
			if (status?.outcome !== undefined || !status?.consumers?.some(isUnderWay)) return status;
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
		purge: (now, isRecorded) =>
			purgeRecorded({ client, perform, rotationOf: (one) => statusOf(one)?.rotationId }, now, isRecorded),
	};
}
