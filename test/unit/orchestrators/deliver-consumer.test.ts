import { describe, expect, test } from "@jest/globals";
import type { Verified } from "../../../src/lib/activities/deliver.ts";
import { deliverConsumer } from "../../../src/lib/orchestrators/deliver-consumer.ts";
import type { DeliverConsumer } from "../../../src/lib/orchestrators/delivery.ts";
import type { Command } from "../../../src/lib/orchestrators/process.ts";
import { play } from "../../support/replayed.ts";

const pods = [{ pod: "titanic-api-1", ready: true, proved: false, detail: "a container started too early" }];

/** A consumer whose copy is new and whose rollouts end; `proofs` are what its looks at the pods find, one after the other. */
async function deliver(mode: "straight" | "replayed", proofs: readonly Verified["next"][]) {
	let time = Date.parse("2026-11-23T12:00:00Z");
	let looked = 0;
	const now = () => new Date(time);
	const answers: Record<string, () => unknown> = {
		note: () => ({ code: "noted" }),
		checkCopy: () => ({ state: "current", at: now().toISOString() }),
		roll: () => ({ code: "rolled" }),
		checkRollout: () => ({ state: "done", pods: [] }),
		verify: () => ({ next: proofs[Math.min(looked++, proofs.length - 1)], pods }),
	};
	const input: DeliverConsumer = {
		rotationId: "db-password.00000000-0000-4000-8000-000000000001",
		secret: "db-password",
		actor: { kind: "timer" },
		consumer: {
			cluster: "titanic-aks",
			namespace: "titanic-api",
			kind: "Deployment",
			name: "titanic-api",
			delivery: { path: "csi-driver", secretProviderClass: "titanic-kv-secrets" },
			copyTimeoutSeconds: 300,
			rolloutTimeoutSeconds: 900,
		},
		published: [{ secret: "db-password", version: "v2" }],
		wait: { phase: "start", since: now().toISOString(), round: 1 },
		steps: [],
	};
	const rounds: number[] = [];
	const perform = async (command: Exclude<Command, { ask: "children" }>) => {
		if (command.ask === "wait") {
			time = Date.parse(command.until);
			return undefined;
		}
		if (command.name === "roll") rounds.push((command.input as { mark: { round: number } }).mark.round);
		return answers[command.name]?.();
	};
	const { result } = await play(mode, deliverConsumer, input, perform, now);
	return { result, rounds };
}

describe.each(["straight", "replayed"] as const)("a delivery, %s", (mode) => {
	test("rolls pods once more that started before the copy was new", async () => {
		const { result, rounds } = await deliver(mode, ["roll", "done"]);
		expect(rounds).toEqual([1, 2]);
		expect(result.delivered).toBe(true);
	});

	test("rolls three times at most, then names the pod that proves nothing", async () => {
		const { result, rounds } = await deliver(mode, ["roll"]);
		expect(rounds).toEqual([1, 2, 3]);
		expect(result).toMatchObject({ delivered: false, problem: { code: "pod-stale" } });
		expect(result.problem?.message).toContain("titanic-api-1");
	});

	test("waits for a proof that is late, without another roll, and gives up when time is up", async () => {
		expect(await deliver(mode, ["wait", "wait", "done"])).toMatchObject({ rounds: [1], result: { delivered: true } });
		expect(await deliver(mode, ["wait"])).toMatchObject({
			rounds: [1],
			result: { delivered: false, problem: { code: "pod-stale" } },
		});
	});
});
