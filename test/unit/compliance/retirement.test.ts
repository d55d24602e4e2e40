// The sweep asks for the retirement of what was live before, or tells what keeps it: in the world in memory of two roles that
// take turns.

import { expect, test } from "@jest/globals";
import { durableRotations } from "../../../src/lib/adapters/durable/rotations.ts";
import { Password } from "../../../src/lib/domain/password.ts";
import { requestRotation } from "../../../src/lib/triggers/request.ts";
import { rotationWorld } from "../../support/rotation-world.ts";
import { sweep } from "../../support/sweep.ts";
import { fakeClient } from "../triggers/world.ts";

const hour = 3_600_000;
const id = "db-password";

/** Rotated once, `hours` ago. */
async function rotated(hours = 25) {
	const world = rotationWorld({ value: "turns" });
	await world.run(world.request());
	world.pass(hours * hour);
	const durable = fakeClient();
	const rotations = durableRotations(durable.client);
	const silent = { log: () => {}, warn: () => {}, tell: () => {} };
	let sweeps = 0;
	const call = () => ({ ports: world.ports, rotations, attempt: `sweep-${++sweeps}`, ...silent });
	const swept = async () => (await sweep(call())).secrets[0];
	return { world, durable, call, swept };
}

test("once the rollback window is over the sweep starts it, and the next one finds nothing to do", async () => {
	const { world, durable, swept } = await rotated();
	expect(await swept()).toMatchObject({ action: "retiring", health: { state: "healthy" } });
	const [started] = durable.started();
	expect(started).toMatchObject({ orchestrator: "retire", kind: "retire", actor: { kind: "timer" } });
	durable.forget(id);
	const { result } = await world.run(started!);
	expect(result).toMatchObject({ outcome: "completed", code: "retired" });
	expect(await world.records.lastDelivery(id)).toMatchObject({ kind: "rotate" });
	const next = await swept();
	expect(next).toMatchObject({ action: "none", health: { state: "healthy" } });
	expect(next).not.toHaveProperty("unretired");
	expect(durable.started()).toEqual([]);
});

test("within the window it starts nothing, and asks the database nothing more", async () => {
	const { durable, swept } = await rotated(23);
	const entry = await swept();
	expect(entry).toMatchObject({ action: "none" });
	expect(entry).not.toHaveProperty("unretired");
	expect(durable.started()).toEqual([]);
});

test("sessions keep it: the report says whose, and nothing is started", async () => {
	const { world, durable, swept } = await rotated();
	const login = { role: world.role, password: new Password(world.firstPassword) };
	await using _ = await world.database.database.open(login);
	const entry = await swept();
	expect(entry).toMatchObject({ action: "none", health: { state: "healthy" }, unretired: { code: "role-in-use" } });
	expect(entry?.unretired?.message).toContain('application "titanic-secret-rotator"');
	expect(durable.started()).toEqual([]);
});

test("an admin who does not get in keeps it, and the sweep goes on", async () => {
	const { world, durable, swept } = await rotated();
	world.database.alterRole("rotator", { password: "changed" });
	expect(await swept()).toMatchObject({ action: "none", unretired: { code: "admin-rejected" } });
	expect(durable.started()).toEqual([]);
});

test("what was changed by hand, and what is due, come first", async () => {
	const { world, durable, swept } = await rotated();
	world.vault.seed(id, world.live().value);
	expect(await swept()).toMatchObject({ action: "none", drift: [{ code: "live-replaced-by-hand" }] });
	expect(durable.started()).toEqual([]);
	const due = await rotated(91 * 24);
	expect(await due.swept()).toMatchObject({ action: "started" });
	expect(due.durable.started()).toMatchObject([{ kind: "rotate" }]);
});

test("a rollback that comes while it waits ends the wait, and is started", async () => {
	const { world, durable, call, swept } = await rotated();
	await swept();
	const [started] = durable.started();
	const customStatus = {
		...{ rotationId: started!.rotationId, secret: id, kind: "retire", steps: [{}] },
		givesWay: true,
	};
	Object.assign(durable.instance(id)!, { runtimeStatus: "Running", customStatus });
	const trigger = { ...call(), actor: { kind: "operator", id: "me" } } as const;
	const asked = requestRotation(trigger, "c0ffee", { secret: id, kind: "rollback", dryRun: false });
	await durable.refused();
	while (durable.raised.length === 0) await new Promise(setImmediate);
	expect(durable.raised).toEqual([`give-way to rotate-${id}`]);
	world.atEvent();
	expect((await world.run(started!)).result.code).toBe("gave-way");
	durable.becomes(`rotate-${id}`, "Completed");
	expect((await asked).request.kind).toBe("rollback");
	expect(durable.started()).toMatchObject([{ kind: "rollback" }]);
});
