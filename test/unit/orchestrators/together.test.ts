// Two secrets of one workload that are rotated at the same time, in the world in memory.

import { describe, expect, test } from "@jest/globals";
import { Fault } from "../../../src/lib/domain/fault.ts";
import type { ConsumerStatus, RotationStatus } from "../../../src/lib/domain/rotation.ts";
import { deliverConsumer } from "../../../src/lib/orchestrators/deliver-consumer.ts";
import type { DeliverConsumer } from "../../../src/lib/orchestrators/delivery.ts";
import type { Command } from "../../../src/lib/orchestrators/process.ts";
import { managed } from "../../../src/lib/steps/managed.ts";
import { checkOthers } from "../../../src/lib/steps/together.ts";
import { deliveredTo } from "../../../src/lib/steps/urgent.ts";
import { play } from "../../support/replayed.ts";
import { rotationWorld } from "../../support/rotation-world.ts";

const workload = "Deployment titanic-api/titanic-api";
const csi = { path: "csi-driver", secretProviderClass: "titanic-kv-secrets" };

/** Beside the database's password, a key that the same workload uses. */
function open(value: "turns" | "single" = "turns", changes: object = {}) {
	const world = rotationWorld(value === "turns" ? { value } : {});
	const { consumers } = world.config.secrets["db-password"];
	const [consumer] = consumers;
	Object.assign(world.config.secrets, {
		"flask-secret-key": { vault: "main", strategy: "random-value", consumers: [{ ...consumer, ...changes }] },
	});
	const day = 86_400_000;
	const created = new Date(world.now().getTime() - 100 * day);
	world.vault.seed("flask-secret-key", "first-key", { created, expires: new Date(created.getTime() + 129 * day) });
	world.hold("db-password", "db-connection-string", "flask-secret-key");
	const noted = (code: string) =>
		world.audit.lines.map((line) => JSON.parse(line).data).filter((entry) => entry.code === code);
	const both = (mode: "straight" | "replayed" = "straight") =>
		Promise.all([
			world.run(world.request(), mode),
			world.run(world.request({ secret: "flask-secret-key" }), mode),
		]).then((runs) => runs.map(({ result }) => result));
	return Object.assign(world, { noted, both });
}
const delivered = { outcome: "completed", consumers: [{ delivered: true }] };

describe.each(["straight", "replayed"] as const)("of two secrets of one workload, %s,", (mode) => {
	test("both are proved by one roll, and each record and the audit log say whose it was", async () => {
		const world = open();
		const before = world.deployment.generation;
		const ended = await world.both(mode);
		expect(ended).toMatchObject([delivered, delivered]);
		expect(world.deployment.generation).toBe(before + 1);
		const [one, other] = ended.map(({ consumers }) => consumers?.[0]?.together);
		const ids = ended.map(({ rotationId }) => rotationId);
		expect(ids).toContain(one?.rolledBy);
		expect(other?.rolledBy).toBe(one?.rolledBy);
		const [joined] = world.noted("rolled-together");
		expect(joined?.message).toContain(one?.rolledBy);
		expect(world.noted("rolled")).toMatchObject([{ rotationId: one?.rolledBy }]);
		for (const { mounted } of world.deployment.pods)
			expect(mounted.get("flask-secret-key")?.value.reveal()).toBe(
				world.vault.versions("flask-secret-key").at(-1)?.value,
			);
	});

	test("with a single user the one that waits is the other one, and it is still one roll", async () => {
		const world = open("single");
		const before = world.deployment.generation;
		expect(await world.both(mode)).toMatchObject([delivered, delivered]);
		expect(world.deployment.generation).toBe(before + 1);
	});
});

test("the next delivery of one whose roll was another's rolls nothing, where it is proved", async () => {
	const world = open();
	await world.both();
	const before = world.deployment.generation;
	for (const secret of ["db-password", "flask-secret-key"]) {
		world.pass(3_600_000);
		const { result } = await world.run(world.request({ kind: "deliver", secret }));
		expect(result).toMatchObject(delivered);
	}
	expect(world.deployment.generation).toBe(before);
});

test("an order about a compromised value waits for nobody", async () => {
	const world = open();
	const asked: string[] = [];
	const order = { force: true, compromised: true, reason: "it leaked" };
	const run = await world.run(world.request(order));
	for (const one of run.asked) if (one.ask === "children") asked.push(JSON.stringify(one.inputs));
	expect(asked).toEqual([expect.stringContaining('"rollTogetherSeconds":0')]);
});

test.each([
	["alternating users", open("turns"), 60],
	["a single user, where the value before opens nothing any more", open("single"), 0],
	["a single user, where the configuration says how long", open("single"), 20],
	["nobody else uses the workload", open("turns", { name: "titanic-worker" }), 0],
	["for the other one nothing is rolled", open("turns", { roll: "none", delivery: { ...csi, pollSeconds: 120 } }), 0],
] as const)("how long a roll is waited for: %s", async (_, world, seconds) => {
	const [consumer] = world.config.secrets["db-password"].consumers;
	if (seconds === 20) Object.assign(consumer!, { rollTogetherSeconds: seconds });
	const target = await managed(world.ports, "db-password");
	expect(await deliveredTo(world.ports, target)).toMatchObject([{ rollTogetherSeconds: seconds }]);
});

describe("who is asked", () => {
	const running = async (status: object | undefined | Error) => {
		const world = open();
		const { consumers } = (await world.ports.configuration()).config.secrets["db-password"]!;
		const rotations = {
			running: async (secret: string) => {
				expect(secret).toBe("flask-secret-key");
				if (status instanceof Error) throw status;
				return status;
			},
		} as never;
		const run = { attempt: "a", tell: () => {}, rotations };
		const ids = { rotationId: "db-password.1", secret: "db-password", actor: { kind: "timer" } } as const;
		return checkOthers(world.ports, { ...ids, consumer: consumers[0]! }, run);
	};
	const at = (consumer: Partial<ConsumerStatus>) => ({
		kind: "rotate",
		consumers: [{ workload, delivered: false, pods: [], ...consumer }],
	});
	const problem = { code: "rollout-failed", message: "It failed.", next: "Look." };
	const retrying = { ...problem, step: "refresh", attempt: 1, nextTryAt: "2026-11-23T12:00:00.000Z" };
	const cases: [says: string, status: object | undefined, onTheirWay: boolean, ready: boolean][] = [
		["nothing runs", undefined, false, false],
		["it has not published yet", { kind: "rotate" }, true, false],
		["it waits for its copy", at({ stage: "copy" }), true, false],
		["its delivery is about to begin", at({}), true, false],
		["it is ready", at({ stage: "ready" }), false, true],
		["it has rolled", at({ stage: "rolled" }), false, false],
		["it waits for its canary", at({ stage: "canary" }), false, false],
		["it has been delivered", at({ delivered: true }), false, false],
		["it has failed here", at({ problem } as never), false, false],
		["its delivery is tried again", at({ stage: "copy", retrying } as never), false, false],
		["a step of it is tried again", { kind: "rotate", retrying }, false, false],
		["it is over", { kind: "rotate", outcome: "completed" }, false, false],
		["it is a dry run", { kind: "rotate", dryRun: true }, false, false],
		["it retires", { kind: "retire" }, false, false],
		["it goes elsewhere", { kind: "rotate", consumers: [{ workload: "Deployment a/b" }] }, false, false],
		["it cannot be asked", new Fault("durable-unavailable", { secret: "flask-secret-key" }), false, false],
	];
	test.each(cases)("%s", async (_, status, onTheirWay, ready) => {
		const ids = (is: boolean) => (is ? ["flask-secret-key"] : []);
		expect(await running(status)).toEqual({ onTheirWay: ids(onTheirWay), ready: ids(ready) });
	});
});

/** A delivery whose copy is new; `others` is what each look at the others finds, the last one again and again. */
async function deliver(
	others: readonly object[],
	answer: Record<string, (input: Input) => unknown> = {},
	rollTogetherSeconds = 60,
) {
	const begun = Date.parse("2026-11-23T12:00:00Z");
	let time = begun;
	let looks = 0;
	let rolledAfter: number | undefined;
	const now = () => new Date(time);
	const answers: Record<string, (input: Input) => unknown> = {
		note: () => ({ code: "noted" }),
		checkCopy: () => ({ state: "current", at: now().toISOString() }),
		checkOthers: () => others[Math.min(looks++, others.length - 1)],
		roll: ({ mark }) => ({ code: "rolled", mark, copyNew: [] }),
		checkRollout: () => ({ state: "done", pods: [] }),
		verify: () => ({ next: "done", pods: [] }),
	};
	const asked: { name: string; input: Input }[] = [];
	const perform = async (command: Exclude<Command, { ask: "children" }>) => {
		if (command.ask !== "activity") {
			time = Date.parse((command.ask === "first" ? command.of[0] : command).until);
			return undefined;
		}
		const input = command.input as Input;
		asked.push({ name: command.name, input });
		if (command.name === "roll") rolledAfter ??= (time - begun) / 1000;
		return (answer[command.name] ?? answers[command.name])?.(input);
	};
	const input: DeliverConsumer = {
		rotationId: "db-password.00000000-0000-4000-8000-000000000001",
		secret: "db-password",
		actor: { kind: "timer" },
		consumer: {
			...{ cluster: "titanic-aks", namespace: "titanic-api", kind: "Deployment", name: "titanic-api" },
			delivery: { path: "csi-driver", secretProviderClass: "titanic-kv-secrets" },
			...{ copyTimeoutSeconds: 300, rolloutTimeoutSeconds: 900, rollTogetherSeconds },
		},
		published: [{ secret: "db-password", version: "v2" }],
		wait: { phase: "start", since: now().toISOString(), round: 1 },
		steps: [],
	};
	const { result, statuses } = await play("replayed", deliverConsumer, input, perform, now);
	return { result, asked, rolledAfter, told: statuses as ConsumerStatus[] };
}
interface Input {
	readonly mark: { readonly rotationId: string; readonly round: number };
}
const onItsWay = { onTheirWay: ["flask-secret-key"], ready: [] };
const nobody = { onTheirWay: [], ready: [] };

describe("a delivery that is ready", () => {
	test("waits for what is on its way, says so, and then rolls for both", async () => {
		const { result, rolledAfter, told } = await deliver([
			onItsWay,
			onItsWay,
			{ ...nobody, ready: ["flask-secret-key"] },
		]);
		expect(rolledAfter).toBeGreaterThan(5);
		expect(told).toContainEqual(
			expect.objectContaining({ stage: "ready", now: "Waiting for flask-secret-key, to roll once" }),
		);
		expect(result).toMatchObject({
			delivered: true,
			together: { rolledBy: "db-password.00000000-0000-4000-8000-000000000001", secrets: ["flask-secret-key"] },
		});
		expect(result).not.toHaveProperty("stage");
	});

	test("waits so long at most, whatever becomes of the copy meanwhile", async () => {
		let looks = 0;
		const { result, rolledAfter } = await deliver([onItsWay], {
			checkCopy: () =>
				++looks === 5
					? { state: "stale", waitingFor: "the Secret" }
					: { state: "current", at: "2026-11-23T12:00:00.000Z" },
		});
		expect(rolledAfter).toBeGreaterThanOrEqual(5 + 60);
		expect(rolledAfter).toBeLessThan(5 + 60 + 12);
		expect(result).toMatchObject({ delivered: true });
		expect(result).not.toHaveProperty("together");
	});

	test("waits for nobody where it may not, nor where nobody can be asked", async () => {
		const alone = await deliver([onItsWay], {}, 0);
		expect([alone.rolledAfter, alone.asked.some(({ name }) => name === "checkOthers")]).toEqual([5, false]);
		const refused = { refused: { code: "configuration-invalid", message: "It is broken.", next: "Mend it." } };
		expect((await deliver([refused])).rolledAfter).toBe(5);
	});

	const theirs = { rotationId: "flask-secret-key.1", secret: "titanic-kv/flask-secret-key", round: 1 };
	const joined = { code: "rolled-together", mark: theirs, copyNew: [], by: "flask-secret-key" };

	test("follows another's roll, and makes one of its own where that fails or does not do", async () => {
		for (const state of ["done", "failed"] as const) {
			const problem = { code: "rollout-failed", message: "It is gone.", next: "Look." };
			const { result, asked } = await deliver([nobody], {
				roll: ({ mark }) => (mark.round === 1 ? joined : { code: "rolled", mark, copyNew: [] }),
				checkRollout: ({ mark }) =>
					mark.rotationId === theirs.rotationId && state === "failed"
						? { state, problem }
						: { state: "done", pods: [] },
				verify: ({ mark }) => ({ next: mark.rotationId === theirs.rotationId ? "roll" : "done", pods: [] }),
			});
			expect(result).toMatchObject({ delivered: true });
			expect(result).not.toHaveProperty("together");
			const rolls = asked.flatMap(({ name, input }) => (name === "roll" ? [input.mark.round] : []));
			expect(rolls).toEqual([1, 2]);
			expect(asked.filter(({ name }) => name === "roll").map(({ input }) => "copyCurrentSince" in input)).toEqual([
				true,
				false,
			]);
		}
	});

	test("is over with another's roll where each pod proves it", async () => {
		const { result } = await deliver([nobody], { roll: () => joined });
		expect(result).toMatchObject({
			delivered: true,
			together: { rolledBy: "flask-secret-key.1", secrets: ["flask-secret-key"] },
		});
	});
});

test("a rotation's record has what its consumers say of a roll together", async () => {
	const world = open();
	const [first] = await world.both();
	const kept = (await world.records.rotation(first!.rotationId)) as RotationStatus | undefined;
	expect(kept?.consumers?.[0]?.together).toEqual(first?.consumers?.[0]?.together);
});
