// The durable host and its timer in memory: what is durable here outlives every process. An activity that its process took
// along comes again; an instance may be lost, and then only a trigger goes on.
// Instances run side by side. Time passes only while no activity does, and up to what is waited for first.

import { AsyncLocalStorage } from "node:async_hooks";
import { promisify } from "node:util";
import type { Client } from "../../../src/lib/adapters/durable/rotations.ts";
import { durableRotations } from "../../../src/lib/adapters/durable/rotations.ts";
import type { Ports } from "../../../src/lib/app.ts";
import type { RotationRequest } from "../../../src/lib/domain/requests/index.ts";
import type { ConsumerStatus, RotationStatus } from "../../../src/lib/domain/rotation.ts";
import { orchestrators } from "../../../src/lib/orchestrators/index.ts";
import type { Command } from "../../../src/lib/orchestrators/process.ts";
import type { Perform } from "../../../src/lib/ports/effect.ts";
import type { Run as Execution } from "../../../src/lib/steps/boundary.ts";
import { activities } from "../../../src/lib/steps/index.ts";
import { onEvent } from "../../../src/lib/triggers/on-event.ts";
import { Lost, type Orchestrator, play } from "../../support/replayed.ts";
import { sweep } from "../../support/sweep.ts";

/** One life of the app: its clients, its caches and its memory end with it. */
export interface Life {
	readonly ports: Ports;
	readonly perform: Perform;
	readonly isDead: () => boolean;
}

/** One execution of an activity or of a trigger: dying in it, a process loses it whole, and it comes again from its start. */
export interface Executing {
	readonly name: string;
	readonly number: number;
}
export const executing = new AsyncLocalStorage<Executing>();

interface Instance {
	runtimeStatus: "Pending" | "Running" | "Completed" | "Failed";
	readonly orchestrator: RotationRequest["kind"];
	readonly input: RotationRequest;
	customStatus?: RotationStatus;
}

export interface HostOptions {
	readonly mode: "straight" | "replayed";
	/** The life that runs now; a dead one is followed by a new one. */
	readonly life: () => Promise<Life>;
	/** Time passes, and the cluster does a round of work. */
	readonly pass: (ms: number) => Promise<void>;
	readonly now: () => Date;
	readonly losesInstance: () => boolean;
}

/** Of an activity whose process died of it, or beside it. */
const died = Symbol("died");
/** How long a dead process's work item stays invisible. */
const visibilityMs = 5 * 60_000;
/** Whatever is ready to go on by itself has gone on. */
const settled = promisify(setImmediate);

/** So often a transient fault is tried again here: enough to outlast every fault that passes, and no day of tries. */
const mostAttempts = 6;

export function durableHost({ mode, life, pass, now, losesInstance }: HostOptions) {
	const instances = new Map<string, Instance>();
	let executions = 0;

	const client: Client = {
		async startNew(orchestrator, options) {
			const { instanceId = "", input } = options ?? {};
			const found = instances.get(instanceId)?.runtimeStatus;
			if (found === "Pending" || found === "Running") throw new Error("status code: 409");
			const request = JSON.parse(JSON.stringify(input)) as RotationRequest;
			const kind = orchestrator as RotationRequest["kind"];
			instances.set(instanceId, { runtimeStatus: "Pending", orchestrator: kind, input: request });
			return instanceId;
		},
		async getStatus(instanceId) {
			const instance = instances.get(instanceId);
			if (!instance)
				throw new Error("DurableClient error: Durable Functions extension replied with HTTP 404 response.");
			return instance as unknown as Awaited<ReturnType<Client["getStatus"]>>;
		},
		async getStatusBy({ runtimeStatus = [] }) {
			const found = [...instances].filter(([, one]) => (runtimeStatus as string[]).includes(one.runtimeStatus));
			return found.map(([instanceId, one]) => ({ instanceId, ...one })) as unknown as Awaited<
				ReturnType<Client["getStatusBy"]>
			>;
		},
		async raiseEvent() {},
		async purgeInstanceHistory(instanceId) {
			const { runtimeStatus } = instances.get(instanceId) ?? {};
			if (runtimeStatus === "Pending" || runtimeStatus === "Running") throw new Error("status code: 412");
			return { instancesDeleted: instances.delete(instanceId) ? 1 : 0 };
		},
	};

	const waits: { readonly until: number }[] = [];
	let busy = 0;
	let quiet = Promise.withResolvers<void>();

	async function during<T>(act: () => Promise<T>): Promise<T> {
		busy++;
		try {
			return await act();
		} finally {
			busy--;
			quiet.resolve();
			quiet = Promise.withResolvers();
		}
	}

	/** Those that are waited for at the same time come one after the other. */
	async function passUntil(until: number): Promise<void> {
		const own = { until };
		waits.push(own);
		const isNext = () =>
			waits.every((one) => one === own || one.until > until || waits.indexOf(one) > waits.indexOf(own));
		for (;;) {
			await settled();
			if (busy === 0 && isNext()) break;
			await quiet.promise;
		}
		await during(async () => {
			await pass(Math.max(0, until - now().getTime()));
			waits.splice(waits.indexOf(own), 1);
		});
	}

	const perform = async (command: Exclude<Command, { ask: "children" }>): Promise<unknown> => {
		if (command.ask !== "activity") {
			const { until } = command.ask === "first" ? command.of[0] : command;
			await passUntil(Date.parse(until));
			return undefined;
		}
		for (;;) {
			const answer = await during(() => performed(command));
			if (answer !== died) return answer;
			if (losesInstance()) throw new Lost();
			await passUntil(now().getTime() + visibilityMs);
		}
	};

	/** @throws what the activity throws, unless its process died of it */
	async function performed(command: Extract<Command, { ask: "activity" }>): Promise<unknown> {
		const current = await life();
		const activity = activities[command.name as keyof typeof activities] as (
			p: Ports,
			i: unknown,
			r: Execution,
		) => Promise<unknown>;
		try {
			const rotations = durableRotations(client, current.perform);
			const run = { attempt: `execution-${++executions}`, tell: () => {}, rotations };
			const answer = await executing.run({ name: command.name, number: executions }, () =>
				activity(current.ports, command.input, run),
			);
			return current.isDead() ? died : answer;
		} catch (error) {
			if (!current.isDead()) throw error;
			return died;
		}
	}

	/** What an instance shows while it runs; a delivery's part of it is shown with it. */
	const shown = (instance: Instance) => (_: object, told: unknown) => {
		const status = told as RotationStatus | ConsumerStatus;
		const { customStatus: whole } = instance;
		if (!("workload" in status)) instance.customStatus = status;
		else if (whole)
			instance.customStatus = {
				...whole,
				consumers: (whole.consumers ?? []).map((one) => (one.workload === status.workload ? status : one)),
			};
	};

	/** Runs what was started to its end. */
	async function work(): Promise<RotationStatus[]> {
		const pending = [...instances].filter(([, { runtimeStatus }]) => runtimeStatus === "Pending");
		const ended = await Promise.all(pending.map(([id, instance]) => workOn(id, instance)));
		return ended.filter((one) => one !== undefined);
	}

	async function workOn(id: string, instance: Instance): Promise<RotationStatus | undefined> {
		instance.runtimeStatus = "Running";
		try {
			const { result } = await play<RotationRequest, RotationStatus>(
				mode,
				orchestrators[instance.orchestrator] as Orchestrator<RotationRequest, RotationStatus>,
				instance.input,
				perform,
				now,
				mostAttempts,
				shown(instance),
			);
			Object.assign(instance, { runtimeStatus: "Completed", customStatus: result });
			return result;
		} catch (error) {
			if (!(error instanceof Lost)) throw error;
			instances.delete(id);
			return undefined;
		}
	}

	/**
	 * @returns whether the function ended, and whether it left nothing to be done; one that throws is done again by its
	 * trigger: the event comes again, the timer too. A sweep dies as a whole here: how its pages come again is page.test.ts's.
	 */
	async function trigger(how: "event" | "sweep", event?: object): Promise<"failed" | "ended" | "idle"> {
		const { ports, perform: through, isDead } = await life();
		const call = {
			ports,
			rotations: durableRotations(client, through),
			attempt: `invocation-${++executions}`,
			log: () => {},
			warn: () => {},
			tell: () => {},
		};
		try {
			const report = await executing.run({ name: how, number: executions }, () =>
				how === "sweep" ? sweep(call) : onEvent(event, call),
			);
			if (isDead()) return "failed";
			const isIdle = report?.secrets.every(({ state, action, problem }) => {
				return state === "compliant" && action === "none" && !problem;
			});
			return isIdle ? "idle" : "ended";
		} catch {
			return "failed";
		}
	}

	return { trigger, work };
}
