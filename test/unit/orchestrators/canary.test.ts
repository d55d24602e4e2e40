// A consumer that is to have each new version first, in the world in memory.

import { expect, test } from "@jest/globals";
import type { RotationStatus } from "../../../src/lib/domain/rotation.ts";
import type { Command } from "../../../src/lib/orchestrators/process.ts";
import { planReconciliation } from "../../../src/lib/steps/reconcile.ts";
import { rotationWorld } from "../../support/rotation-world.ts";

const api = "Deployment titanic-api/titanic-api";
const worker = "Deployment titanic-api/titanic-worker";

/** The worker is listed first, and the canary behind it. */
function open(value: "turns" | "keys" = "turns") {
	const world = rotationWorld({ value });
	const { consumers } = world.config.secrets["db-password"];
	const [canary] = consumers;
	Object.assign(canary!, { canary: true });
	consumers.unshift({ ...canary!, name: "titanic-worker", canary: false } as never);
	const other = world.cluster.deploy({ namespace: "titanic-api", name: "titanic-worker" });
	const rolls: string[] = [];
	/** Which versions the canary's pods had when the worker was rolled. */
	const provedFirst: unknown[] = [];
	world.onEffect((effect) => {
		if (effect.startsWith("roll ")) rolls.push(effect.slice("roll ".length));
		const had = world.deployment.pods.map(({ mounted }) => mounted.get("db-password")?.version);
		if (effect === `roll ${worker}`) provedFirst.push(new Set(had));
	});
	return Object.assign(world, { other, rolls, provedFirst });
}

const idsIn = (asked: readonly Command[]) => asked.flatMap((one) => (one.ask === "children" ? [one.ids] : []));
const ends = (ids: readonly (readonly string[])[]) => ids.map((group) => group.map((id) => id.slice(-2)));

test.each(["straight", "replayed"] as const)(
	"the others are begun once the canary has proved it (%s)",
	async (mode) => {
		const world = open();
		const { result, asked, statuses } = await world.run(world.request(), mode);
		expect(result).toMatchObject({
			outcome: "completed",
			consumers: [
				{ workload: worker, delivered: true },
				{ workload: api, delivered: true },
			],
		});
		expect(world.rolls).toEqual([api, worker]);
		expect(world.provedFirst).toEqual([new Set([world.live().version])]);
		// the place in the configuration, no matter which is first
		expect(ends(idsIn(asked))).toEqual([["-1"], ["-0"]]);
		const told = (statuses as RotationStatus[]).flatMap(({ consumers = [] }) => consumers.slice(0, 1));
		expect(told[0]).toMatchObject({ workload: worker, now: `Waiting until ${api} has proved the new version` });
		expect(JSON.stringify(result)).not.toContain("Waiting until");
	},
);

test("where the canary fails, the others keep what they have and say why, and the next delivery begins with it again", async () => {
	const world = open();
	const before = world.other.pods;
	world.deployment.stuck = "ProgressDeadlineExceeded";
	const { result } = await world.run(world.request({ force: true }));
	expect(result).toMatchObject({
		outcome: "published-not-delivered",
		code: "rollout-failed",
		consumers: [
			{ workload: worker, delivered: false, pods: [], problem: { code: "canary-failed" } },
			{ workload: api, delivered: false, problem: { code: "rollout-failed" } },
		],
	});
	expect(result.consumers?.[0]?.problem?.message).toContain(api);
	expect(world.rolls).toEqual([api]);
	expect(world.other.pods).toBe(before);
	const noted = world.audit.lines.map((line) => JSON.parse(line).data).filter(({ code }) => code === "canary-failed");
	expect(noted).toMatchObject([{ workload: worker, step: "deliver", phase: "note" }]);

	world.deployment.stuck = undefined;
	world.rolls.length = 0;
	const actor = { kind: "operator", id: "ada" } as const;
	const again = await world.run(world.request({ kind: "deliver", actor }));
	expect(again.result).toMatchObject({ outcome: "completed", code: "delivered" });
	expect(world.rolls.at(-1)).toBe(worker);
	expect(ends(idsIn(again.asked))).toEqual([["-1"], ["-0"]]);
});

test("each of two deliveries begins with the canary, under ids and rounds of its own", async () => {
	const world = open("keys");
	const { result, asked, statuses } = await world.run(world.request(), "replayed");
	expect(result).toMatchObject({ outcome: "completed", earlierDeliveries: 2 });
	expect(world.rolls).toEqual([api, worker, api, worker]);
	expect(ends(idsIn(asked))).toEqual([["-1"], ["-0"], ["-3"], ["-2"]]);
	const rounds = asked.flatMap((one) =>
		one.ask === "children" ? one.inputs.map((input) => (input as { wait: { round: number } }).wait.round) : [],
	);
	expect(rounds).toEqual([1, 1, 4, 4]);
	expect((statuses as RotationStatus[]).every(({ consumers }) => (consumers?.length ?? 2) === 2)).toBe(true);
});

test("where the canary does not accept the new key, nothing signs with it anywhere", async () => {
	const world = open("keys");
	world.deployment.stuck = "ProgressDeadlineExceeded";
	const { result } = await world.run(world.request({ force: true }));
	expect(result).toMatchObject({ outcome: "interrupted", code: "rollout-failed" });
	expect(JSON.parse(world.live().value).current).toBe(world.firstPassword);
	expect(world.rolls).toEqual([api]);
});

test("a compromised value is waited for by nobody, and the plan says so", async () => {
	const world = open();
	const order = { force: true, compromised: true, reason: "it leaked" };
	const { result, asked } = await world.run(world.request(order));
	expect(result).toMatchObject({ outcome: "completed", warnings: [{ code: "canary-ignored" }] });
	expect(ends(idsIn(asked))).toEqual([["-0", "-1"]]);
});

test("a reconciliation delivers to all at once: what pods have may open nothing", async () => {
	const world = open();
	const asks = world.request({ kind: "reconcile", direction: "new-password" });
	const planned = await planReconciliation(world.ports, { ...asks, begun: false } as never, {
		attempt: "a",
		tell: () => {},
	});
	expect(planned).toMatchObject({ consumers: [{ name: "titanic-worker" }, { name: "titanic-api" }] });
	expect(JSON.stringify(planned)).not.toContain("canary");
});
