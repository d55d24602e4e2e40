// What is being tried again is visible while it is, and a request ends the pause.

import { describe, expect, test } from "@jest/globals";
import { Fault } from "../../../src/lib/domain/fault.ts";
import type { RotateRequest } from "../../../src/lib/domain/requests/index.ts";
import type { RotationStatus } from "../../../src/lib/domain/rotation.ts";
import type { Command } from "../../../src/lib/orchestrators/process.ts";
import { rotate } from "../../../src/lib/orchestrators/rotate.ts";
import { play } from "../../support/replayed.ts";
import { rotationWorld } from "../../support/rotation-world.ts";

const retryingIn = (statuses: readonly unknown[]) =>
	(statuses as RotationStatus[]).flatMap(({ retrying }) => retrying ?? []);

describe.each(["straight", "replayed"] as const)("a step that fails for a reason which passes, %s", (mode) => {
	test("says its code, its sentence, how often it failed and when it is tried next, and nothing once it is over", async () => {
		const world = rotationWorld();
		world.vault.fail({ code: "vault-unreachable", call: "write", secret: "db-password-pending", times: 2 });
		const begun = world.now().getTime();
		const { result, statuses } = await world.run(world.request(), mode);
		expect(result.outcome).toBe("completed");
		const [first, second, ...more] = retryingIn(statuses);
		expect(first).toMatchObject({
			step: "createSecret",
			code: "vault-unreachable",
			message: expect.stringContaining("Vault main"),
			next: expect.stringMatching(/\.$/),
			attempt: 1,
		});
		expect(second).toMatchObject({ attempt: 2 });
		expect(more).toEqual([]);
		const pauses = [first, second].map((one) => Date.parse(one?.nextTryAt ?? "") - begun);
		expect(pauses).toEqual([2_000, 6_000]);
		const after = (statuses as RotationStatus[]).slice(-1)[0];
		expect(after).not.toHaveProperty("retrying");
	});

	test("is in the record: how many tries failed, and of what the last one did", async () => {
		const world = rotationWorld();
		world.vault.fail({ code: "vault-unreachable", call: "write", secret: "db-password-pending", times: 2 });
		const { result } = await world.run(world.request(), mode);
		const create = result.steps.find(({ name }) => name === "createSecret");
		expect(create).toMatchObject({ failedTries: 2, lastCode: "vault-unreachable" });
		expect(result.steps.filter((step) => "failedTries" in step)).toHaveLength(1);
		const record = await (await world.ports.records()).rotation(result.rotationId);
		expect(record?.steps).toEqual(result.steps);
	});
});

test("a turn that is waited for is shown, uses up no patience, and is asked for again within seconds", async () => {
	const world = rotationWorld();
	const { store } = world.vault;
	const { room } = store;
	let turns = 0;
	store.room = async (writes, who) => {
		if (++turns <= 20) throw new Fault("vault-queued", { vault: "main" });
		if (turns <= 24) throw new Fault("vault-unreachable", { vault: "main" });
		return room(writes, who);
	};
	const begun = world.now().getTime();
	const { result, statuses } = await world.run(world.request());
	expect(result.outcome).toBe("completed");
	const shown = retryingIn(statuses);
	expect(shown.map(({ code }) => code)).toEqual([
		...Array<string>(20).fill("vault-queued"),
		...Array<string>(4).fill("vault-unreachable"),
	]);
	expect(shown.map(({ attempt }) => attempt)).toEqual(shown.map((_, index) => index + 1));
	const tries = shown.map(({ nextTryAt }) => (Date.parse(nextTryAt) - begun) / 1000);
	const pauses = tries.map((at, index) => at - (tries[index - 1] ?? 0));
	expect(pauses).toEqual([2, 4, 8, ...Array<number>(17).fill(10), 2, 4, 8, 10]);
});

test("each pause is ended by a time or by an event of its own, and no event is waited for twice", async () => {
	const world = rotationWorld();
	world.vault.fail({ code: "vault-unreachable", call: "write", secret: "db-password-pending", times: 3 });
	const { asked } = await world.run(world.request());
	const firsts = asked.filter((one): one is Extract<Command, { ask: "first" }> => one.ask === "first");
	const events = firsts.map(({ of: [, event] }) => event.name);
	expect(events).toEqual(["try-createSecret-1", "try-createSecret-2", "try-createSecret-3"]);
});

test("patience that ends is told as the problem, not as something that is still tried", async () => {
	const tries: string[] = [];
	const { result, statuses } = await play(
		"replayed",
		rotate,
		rotationWorld().request() as RotateRequest,
		async (command) => {
			if (command.ask !== "activity") return undefined;
			tries.push(command.name);
			if (command.name === "plan") throw new Error("[server-unreachable] The server is gone.");
			return { code: "recorded" };
		},
		() => new Date("2026-11-23T12:00:00Z"),
	);
	expect(tries.filter((name) => name === "plan")).toHaveLength(5);
	expect(result).toMatchObject({ outcome: "refused", code: "server-unreachable" });
	expect(result).not.toHaveProperty("retrying");
	expect(statuses.at(-1)).not.toHaveProperty("retrying");
});

test("a switch that is tried in vain is interrupted, whatever its last fault says that it leaves", async () => {
	const answers: Record<string, object> = {
		plan: { act: "rotate", code: "near-expiry", baseVersion: "v1", consumers: [] },
		createSecret: { pendingVersion: "p1", covered: [] },
	};
	const { result } = await play(
		"replayed",
		rotate,
		rotationWorld().request() as RotateRequest,
		async (command) => {
			if (command.ask !== "activity") return undefined;
			if (command.name === "switch") throw new Error("[vault-forbidden] The app may not write.");
			return answers[command.name] ?? { code: "recorded" };
		},
		() => new Date("2026-11-23T12:00:00Z"),
		3,
	);
	expect(result).toMatchObject({ outcome: "interrupted", code: "vault-forbidden" });
});
