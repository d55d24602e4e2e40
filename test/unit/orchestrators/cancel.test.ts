// An order that an operator takes back: in time nothing was changed, and too late it goes on to its end.

import { describe, expect, test } from "@jest/globals";
import { Fault } from "../../../src/lib/domain/fault.ts";
import type { RotationRequest } from "../../../src/lib/domain/requests/index.ts";
import type { RotationStatus } from "../../../src/lib/domain/rotation.ts";
import { activities } from "../../../src/lib/steps/index.ts";
import { Lost } from "../../support/replayed.ts";
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

/** The rotation before was lost with its instance, right after the database had its password. */
async function halfDone(): Promise<World> {
	const world = rotationWorld();
	world.loseInstanceAt(await effectOf("setPassword"), "after");
	await expect(world.run(world.request())).rejects.toBeInstanceOf(Lost);
	expect((await world.agreement()).liveLogsIn).toBe(false);
	return world;
}

test.each([
	["goes on with", {}],
	["replaces", { force: true, actor: operator }],
])("one that %s what an earlier one left in the database is not cancelled: nobody would get in", async (_, changes) => {
	const world = await halfDone();
	const request = world.request(changes);
	await cancel(world, request);
	const { result } = await world.run(request, "replayed");
	expect(result).toMatchObject({ outcome: "completed" });
	expect(await world.agreement()).toEqual({ liveLogsIn: true, derivedAgrees: true, isNew: true });
});

test("a pending secret is stored for it all the same where nobody gets in with the live one", async () => {
	const world = await halfDone();
	const request = world.request({ force: true, actor: operator });
	await cancel(world, request);
	const { rotationId, actor } = request;
	const ids = { rotationId, secret: "db-password", actor, credentialId: rotationId, baseVersion: world.live().version };
	const created = await activities.createSecret(world.ports, ids, { attempt: "first", tell: () => {} });
	expect(created).toMatchObject({ pendingVersion: expect.any(String) });
});

test("while an earlier try of it still holds the role's lock it is not over: that one may set the password yet", async () => {
	const world = rotationWorld();
	const request = world.request();
	const { rotationId, actor } = request;
	const run = (attempt: string) => ({ attempt, tell: () => {} });
	const ids = { rotationId, secret: "db-password", actor, credentialId: rotationId, baseVersion: world.live().version };
	const created = await activities.createSecret(world.ports, ids, run("first"));
	if ("refused" in created) throw new Error(created.refused.code);
	const input = { ...ids, source: { secret: "pending", version: created.pendingVersion } } as const;
	const hung = Promise.withResolvers<void>();
	const woken = Promise.withResolvers<void>();
	const { database } = world.database;
	const hanging: typeof world.ports = {
		...world.ports,
		database: async () => ({
			...database,
			async open(...how) {
				const session = await database.open(...how);
				const refusal = session.refusal.bind(session);
				return Object.assign(session, {
					async refusal(...of: Parameters<typeof refusal>) {
						hung.resolve();
						await woken.promise;
						return refusal(...of);
					},
				});
			},
		}),
	};
	const first = activities.switch(hanging, input, run("second"));
	await hung.promise;
	await cancel(world, request);
	await expect(activities.switch(world.ports, input, run("third"))).rejects.toThrow(/role-busy/);
	woken.resolve();
	expect(await first).toMatchObject({ version: world.live().version });
	expect(await world.agreement()).toEqual({ liveLogsIn: true, derivedAgrees: true, isNew: true });
});

test("a rollback to the role that is valid still is taken back as well", async () => {
	const world = rotationWorld({ value: "turns" });
	await world.run(world.request());
	const { value } = world.live();
	const request = world.request({ kind: "rollback", actor: operator });
	world.onEffect((effect) => {
		if (effect === "write db-password-pending") void cancel(world, request);
	});
	const { result } = await world.run(request, "replayed");
	expect(result).toMatchObject({ outcome: "cancelled" });
	expect(world.live().value).toBe(value);
});
