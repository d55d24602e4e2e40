// An order that an operator takes back: in time nothing was changed, and too late it goes on to its end.

import { describe, expect, test } from "@jest/globals";
import { Fault } from "../../../src/lib/domain/fault.ts";
import type { RotationRequest } from "../../../src/lib/domain/requests/index.ts";
import type { RotationStatus } from "../../../src/lib/domain/rotation.ts";
import { rotationWorld } from "../../support/rotation-world.ts";

type World = ReturnType<typeof rotationWorld>;

const operator = { kind: "operator", id: "me" } as const;
const enabledPending = (world: World) => world.vault.versions("db-password-pending").filter(({ enabled }) => enabled);
const changed = ({ effects }: World) =>
	effects.filter((effect) => /^(setPassword|roll|write db-password$)/.test(effect));
const cancel = async ({ ports }: World, { rotationId }: RotationRequest) => (await ports.records()).cancel(rotationId);

async function expectUntouched(world: World, result: RotationStatus): Promise<void> {
	expect(result).toMatchObject({ outcome: "cancelled", code: "cancelled", endedAt: expect.any(String) });
	expect(result).not.toHaveProperty("problem");
	expect(changed(world)).toEqual([]);
	expect(enabledPending(world)).toEqual([]);
	expect(await world.agreement()).toEqual({ liveLogsIn: true, derivedAgrees: true, isNew: false });
}

const content = [
	["a password", {}],
	["a key with fallbacks", { value: "keys" }],
	["two roles that take turns", { value: "turns" }],
] as const;

describe.each(content)("of %s", (_, options) => {
	test("a rotation that was taken back before its pending secret changes nothing", async () => {
		const world = rotationWorld(options);
		const request = world.request();
		await cancel(world, request);
		const { result } = await world.run(request, "replayed");
		await expectUntouched(world, result);
		expect(world.vault.versions("db-password-pending")).toEqual([]);
	});

	test("a rotation that was taken back before its switch puts its pending secret away", async () => {
		const world = rotationWorld(options);
		const request = world.request();
		world.onEffect((effect) => {
			if (effect === "write db-password-pending") void cancel(world, request);
		});
		const { result } = await world.run(request, "replayed");
		await expectUntouched(world, result);
		expect(world.vault.versions("db-password-pending")).toHaveLength(1);
	});
});

test.each<[string, (writes: number) => boolean, number]>([
	["to store its pending secret", (writes) => writes === 1, 0],
	["to switch", (writes) => writes > 1, 1],
])("while it waits for its turn %s it ends at the next try", async (_, isHeldUp, pending) => {
	const world = rotationWorld();
	const request = world.request();
	let turns = 0;
	const { room } = world.vault.store;
	world.vault.store.room = async (writes, who) => {
		if (!isHeldUp(writes)) return room(writes, who);
		turns++;
		throw new Fault("vault-queued", { vault: "main" });
	};
	world.atEvent(() => cancel(world, request));
	const { result } = await world.run(request);
	expect(turns).toBe(1);
	await expectUntouched(world, result);
	expect(world.vault.versions("db-password-pending")).toHaveLength(pending);
});

test("it is no failed run, and the next trigger rotates", async () => {
	const world = rotationWorld();
	const request = world.request();
	await cancel(world, request);
	await world.run(request);
	const records = await world.ports.records();
	expect(await records.rotation(request.rotationId)).toMatchObject({ outcome: "cancelled" });
	expect(await records.lastRun("db-password")).toBeUndefined();
	expect((await world.run(world.request())).result).toMatchObject({ outcome: "completed" });
});

test("a rollback is taken back as well", async () => {
	const world = rotationWorld();
	await world.run(world.request());
	const { value } = world.live();
	const request = world.request({ kind: "rollback", actor: operator });
	await cancel(world, request);
	const { result } = await world.run(request);
	expect(result).toMatchObject({ outcome: "cancelled" });
	expect(world.live().value).toBe(value);
});

test("once the database has the new password it goes on, also where its process died right then", async () => {
	const at = async (when: "before" | "after") => {
		const world = rotationWorld();
		const request = world.request();
		const set = await effectOf("setPassword");
		world.dieAt(set, when);
		world.onRestart(() => cancel(world, request));
		const { result } = await world.run(request, "replayed");
		expect(world.died()).toBe(true);
		return { world, result };
	};
	const after = await at("after");
	expect(after.result).toMatchObject({ outcome: "completed" });
	expect(await after.world.agreement()).toEqual({ liveLogsIn: true, derivedAgrees: true, isNew: true });
	const before = await at("before");
	await expectUntouchedBut("setPassword", before.world, before.result);
});

/** Which effect of a rotation that nothing befalls. */
async function effectOf(name: string): Promise<number> {
	const world = rotationWorld();
	await world.run(world.request());
	return world.effects.findIndex((effect) => effect.startsWith(name)) + 1;
}

async function expectUntouchedBut(tried: string, world: World, result: RotationStatus): Promise<void> {
	expect(result).toMatchObject({ outcome: "cancelled" });
	expect(changed(world).map((effect) => effect.split(" ")[0])).toEqual([tried]);
	expect(enabledPending(world)).toEqual([]);
	expect(await world.agreement()).toEqual({ liveLogsIn: true, derivedAgrees: true, isNew: false });
}

test("between the two steps of a key with fallbacks it is too late: what accepts the new key is out", async () => {
	const world = rotationWorld({ value: "keys" });
	const request = world.request();
	world.onEffect((effect) => {
		if (effect === "write db-password") void cancel(world, request);
	});
	const { result } = await world.run(request, "replayed");
	expect(result).toMatchObject({ outcome: "completed" });
	expect((await world.agreement()).isNew).toBe(true);
});

test("where nobody can read the records, a rotation goes on", async () => {
	const world = rotationWorld();
	const request = world.request();
	await cancel(world, request);
	const read = world.records.isCancelled;
	world.records.isCancelled = async () => {
		throw new Fault("records-unavailable", { store: "memory" });
	};
	const { result } = await world.run(request);
	world.records.isCancelled = read;
	expect(result).toMatchObject({ outcome: "completed" });
});
