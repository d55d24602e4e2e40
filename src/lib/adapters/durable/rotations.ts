// Rotations on Durable Functions: one instance id a secret (ids.ts), so the durable back end itself keeps them one per secret.
// RT1. A refused start is judged by the instance's status, not by the refusal: the extension answers 409 or, when older, 500,
//      and the client makes a plain Error of either. Otherwise: an outage looks like a duplicate, and the event is lost.
//      Refused by one that is over by the time it is looked at: the start is tried again. Otherwise: a trigger that comes
//      exactly as a rotation ends is answered 503.
// RT2. A start that was accepted is judged by what is there afterwards: the Azure Storage provider reads, sends, then writes,
//      and swallows the conflict, so each of several callers at one instant hears that it started the instance. Otherwise: all
//      but one wait for a rotation that does not exist, and their requests are lost. Kept by: rotations.test.ts,
//      exactly-once.test.ts.
// RT3. An outage is never "nothing runs": only the extension's own 404 is. Otherwise: a report says that nothing runs.
// RT4. Where an earlier version gave a secret's instance another id, the one that runs under it has the secret's place too. It
//      is looked for in the list: a back end that takes no such id may answer a question for it with anything. Otherwise: two
//      rotations of one secret run after an upgrade. Kept by: rotations.test.ts, names.test.ts.

import { setTimeout as pause } from "node:timers/promises";
import type { DurableClient, DurableOrchestrationStatus, OrchestrationRuntimeStatus } from "durable-functions";
import { Fault } from "../../domain/fault.ts";
import { deliveryIdOf, formerInstanceIdOf, instanceIdOf, isRotationInstance } from "../../domain/ids.ts";
import { type RotationRequest, serves } from "../../domain/requests/index.ts";
import {
	type ConsumerStatus,
	giveWayEvent,
	isUnderWay,
	type Retrying,
	type RotationStatus,
	tryNowEvent,
	waitingStatus,
	withDeliveries,
} from "../../domain/rotation.ts";
import { directly, type Perform } from "../../ports/effect.ts";
import type { Rotations, Started } from "../../ports/orchestration.ts";
import { purgeRecorded } from "./purge.ts";

/** As much of the DurableClient as is needed here. */
export type Client = Pick<
	DurableClient,
	"startNew" | "getStatus" | "getStatusBy" | "raiseEvent" | "purgeInstanceHistory"
>;

const running = ["Pending", "Running", "ContinuedAsNew", "Suspended"];
const allStates = [...running, "Completed", "Failed", "Terminated", "Canceled"] as OrchestrationRuntimeStatus[];
const isRunning = ({ runtimeStatus }: DurableOrchestrationStatus): boolean => running.includes(runtimeStatus);

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

const deliveryOf = ({ rotationId, earlierDeliveries = 0 }: RotationStatus, index: number): string =>
	deliveryIdOf(rotationId, earlierDeliveries + index);

/** A delivery's id has its rotation's in it, which is drawn. */
const nameOf = (id: string): string => id.replace(/\.[0-9a-f-]{36}/, "");

export function durableRotations(client: Client, perform: Perform = directly): Rotations {
	/** What has the secret's place: the instance that runs, or the last one that did. */
	async function placeOf(secret: string): Promise<DurableOrchestrationStatus | undefined> {
		const own = await found(instanceIdOf(secret), secret);
		if (own && isRunning(own)) return own;
		const former = await formerOf(secret);
		return former && (isRunning(former) || !own) ? former : own;
	}

	async function formerOf(secret: string): Promise<DurableOrchestrationStatus | undefined> {
		const id = formerInstanceIdOf(secret);
		if (id === undefined) return undefined;
		const list = () => client.getStatusBy({ runtimeStatus: allStates });
		const instances = await perform("durable list", list).catch((error) => {
			throw new Fault("durable-unavailable", { secret }, error);
		});
		return instances.find(({ instanceId }) => instanceId === id);
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

	/** What the secret's own instance reports, without its deliveries. */
	async function own(secret: string): Promise<RotationStatus | undefined> {
		const instance = await placeOf(secret);
		return instance && isRunning(instance) ? statusOf(instance) : undefined;
	}

	async function deliveriesOf(status: RotationStatus): Promise<ConsumerStatus[]> {
		const { consumers = [], secret } = status;
		return Promise.all(
			consumers.map(async (consumer, index) => {
				if (!isUnderWay(consumer)) return consumer;
				const delivery = await customStatus(deliveryOf(status, index), secret);
				return isDelivery(delivery) ? delivery : consumer;
			}),
		);
	}

	const raiseOf = (secret: string, id: string, retrying: Retrying | undefined) =>
		retrying ? raise(secret, id, tryNowEvent(retrying.step, retrying.attempt)) : undefined;

	async function raise(secret: string, id: string, event: string): Promise<void> {
		try {
			await perform(`durable raise ${nameOf(id)}`, () => client.raiseEvent(id, event, null));
		} catch (error) {
			throw new Fault("durable-unavailable", { secret }, error);
		}
	}

	/** What has the secret's place once a start was accepted: this request, what runs instead, or what is over. */
	async function written({ secret, rotationId }: RotationRequest): Promise<DurableOrchestrationStatus | undefined> {
		for (let looks = 1; ; looks++) {
			const instance = await found(instanceIdOf(secret), secret);
			const isOurs = instance && statusOf(instance)?.rotationId === rotationId;
			if (isOurs || looks === visible.looks || (instance && isRunning(instance))) return instance;
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

	function runningInstead(instance: DurableOrchestrationStatus, asked: RotationRequest): Started {
		const status = statusOf(instance);
		const running = requestOf(instance);
		const covers = !running || serves({ request: running, status }, asked);
		return { state: "already-running", rotationId: status?.rotationId, kind: running?.kind, covers };
	}

	return {
		async start(request): Promise<Started> {
			const { secret, rotationId } = request;
			const former = await formerOf(secret);
			if (former && isRunning(former)) return runningInstead(former, request);
			for (let tries = 1; ; tries++) {
				const refusal = await begin(request);
				const instance = refusal ? await found(instanceIdOf(secret), secret) : await written(request);
				const status = instance && statusOf(instance);
				if (status?.rotationId === rotationId) return { state: "started" };
				if (instance && isRunning(instance)) return runningInstead(instance, request);
				if (!instance || tries === mostRefusals) throw new Fault("durable-unavailable", { secret }, refusal?.error);
				if (!refusal) return { state: "overtaken", rotationId: status?.rotationId };
			}
		},
		async running(secret) {
			const status = await own(secret);
			if (status?.outcome !== undefined || !status?.consumers?.some(isUnderWay)) return status;
			return withDeliveries(status, await deliveriesOf(status));
		},
		async allRunning() {
			const runtimeStatus = running as OrchestrationRuntimeStatus[];
			const instances = await perform("durable list", () => client.getStatusBy({ runtimeStatus })).catch((error) => {
				throw new Fault("durable-unavailable", { secret: "all secrets" }, error);
			});
			return instances.filter(({ instanceId }) => isRotationInstance(instanceId)).flatMap((one) => statusOf(one) ?? []);
		},
		async tryNow(secret) {
			const instance = await placeOf(secret);
			const status = instance && isRunning(instance) ? statusOf(instance) : undefined;
			if (!instance || !status) return;
			const consumers = status.consumers?.some(isUnderWay) ? await deliveriesOf(status) : [];
			if (status.givesWay) await raise(secret, instance.instanceId, giveWayEvent);
			await raiseOf(secret, instance.instanceId, status.retrying);
			for (const [index, { retrying }] of consumers.entries())
				await raiseOf(secret, deliveryOf(status, index), retrying);
		},
		async latest(secret) {
			const instance = await placeOf(secret);
			return instance && statusOf(instance);
		},
		purge: (now, isRecorded) =>
			purgeRecorded({ client, perform, rotationOf: (one) => statusOf(one)?.rotationId }, now, isRecorded),
	};
}
