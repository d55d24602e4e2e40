// What one delivery does, and when: the product's own orchestrator, driven once for each time that a cluster may need.
// DE1. Looks and pauses are the orchestrator's. Otherwise: the model goes on looking as often as the product once did.

import type { ConsumerConfig } from "../src/lib/config/configuration.ts";
import { deliverConsumer } from "../src/lib/orchestrators/deliver-consumer.ts";
import type { DeliverConsumer } from "../src/lib/orchestrators/delivery.ts";
import { type Command, durableOn } from "../src/lib/orchestrators/process.ts";
import { type Counted, calls, durationOf, hopMs } from "./measured.ts";
import { vaultCallsOf } from "./tally.ts";

/** Steps that follow on each other at once, and the pause behind them. */
export interface Look {
	readonly steps: Counted[];
	ms: number;
	vaultCalls: number;
	/** As Durable Task Scheduler counts them: two a step, one a timer. */
	actions: number;
	pauseMs: number;
}

export interface Delivery {
	readonly looks: readonly Look[];
	/** Of all looks, and of its own start and end. */
	readonly actions: number;
	readonly activities: number;
}

const look = (): Look => ({ steps: [], ms: 0, vaultCalls: 0, actions: 0, pauseMs: 0 });

const isCounted = (name: string): name is Counted => Object.hasOwn(calls, name);

/** @param copySeconds from publishing until the copy is new; `rolloutSeconds` from the roll until its pods are ready */
export function deliveryOf(consumer: ConsumerConfig, copySeconds: number, rolloutSeconds: number): Delivery {
	let time = Date.parse("2026-01-01T00:00:00Z");
	const iso = () => new Date(time).toISOString();
	const published = time;
	let rolled = Number.POSITIVE_INFINITY;
	const looks: Look[] = [look()];
	let next: DeliverConsumer | undefined = {
		...{ rotationId: "secret.1", secret: "secret", actor: { kind: "timer" }, credentialId: "secret.1" },
		consumer,
		published: [{ secret: "secret", version: "1" }],
		wait: { phase: "start", since: iso(), round: 1 },
		steps: [],
	};

	function answered(name: string): object {
		if (name === "checkCopy") {
			const isNew = time - published >= copySeconds * 1_000;
			return isNew ? { state: "current", at: iso() } : { state: "stale", waitingFor: "a copy" };
		}
		if (name === "roll") {
			rolled = time;
			return { code: "rolled", copyNew: [] };
		}
		if (name === "checkRollout")
			return time - rolled >= rolloutSeconds * 1_000 ? { state: "done" } : { state: "progressing", waitingFor: "pods" };
		return name === "verify" ? { next: "done", pods: [] } : {};
	}

	function performed(command: Command): unknown {
		if (command.ask === "activity") {
			if (!isCounted(command.name))
				throw new Error(`A delivery asks for ${command.name}, which is not in measured.ts.`);
			const at = looks.at(-1)!;
			const ms = durationOf(command.name) + hopMs;
			at.steps.push(command.name);
			at.ms += ms;
			at.vaultCalls += vaultCallsOf(command.name);
			at.actions += 2;
			time += ms;
			return answered(command.name);
		}
		if (command.ask !== "wait") throw new Error(`A healthy delivery does not ask for ${command.ask}.`);
		const at = looks.at(-1)!;
		at.pauseMs = Date.parse(command.until) - time;
		at.actions++;
		looks.push(look());
		time = Date.parse(command.until);
		return undefined;
	}

	while (next) {
		const input: DeliverConsumer = next;
		next = undefined;
		const durable = durableOn({
			now: () => new Date(time),
			report: () => {},
			continueAs: (given) => {
				next = given as DeliverConsumer;
				looks.at(-1)!.actions++;
			},
		});
		const process = deliverConsumer(durable, input);
		let at = process.next();
		while (!at.done) at = process.next(performed(at.value));
		if (!next && !at.value.delivered) throw new Error(`A healthy delivery ended with ${at.value.problem?.code}.`);
	}
	return {
		looks,
		actions: looks.reduce((sum, { actions }) => sum + actions, 2),
		activities: looks.reduce((sum, { steps }) => sum + steps.length, 0),
	};
}
