// A value that no database knows, in the world in memory: what stays of a rotation, and what falls away.

import { expect, test } from "@jest/globals";
import { driftIn } from "../../../src/lib/domain/drift.ts";
import { gatherDrift } from "../../../src/lib/steps/drift.ts";
import { managed } from "../../../src/lib/steps/managed.ts";
import { rotationWorld } from "../../support/rotation-world.ts";

const open = () => rotationWorld({ value: "random" });
type World = ReturnType<typeof open>;

const derived = ({ vault }: World) => vault.versions("db-connection-string").at(-1)!.value;
const drifted = async ({ ports }: World) =>
	driftIn((await gatherDrift(ports, await managed(ports, "db-password"))).facts).map(({ code }) => code);
const inOrder = { liveLogsIn: true, derivedAgrees: true, isNew: true };

test("a new value is published, rendered and brought to the pods, and no database is asked for anything", async () => {
	const world = open();
	const ports = { database: () => Promise.reject(new Error("asked")) };
	Object.assign(world.ports, ports);
	const { result } = await world.run(world.request());
	expect(result).toMatchObject({ outcome: "completed" });
	expect(result).not.toHaveProperty("gapMs");
	expect(world.live().value).toMatch(/^[A-Za-z0-9_-]{43}$/);
	expect(await world.agreement()).toEqual(inOrder);
	expect(world.vault.versions("db-password-pending").every(({ enabled }) => !enabled)).toBe(true);
	expect(await drifted(world)).toEqual([]);
	const steps = world.audit.lines.map((line) => JSON.parse(line).data.step);
	expect(steps).toContain("finishSecret");
	expect(steps).not.toContain("setSecret");
});

test("a dry run shows no role, and no check of a database", async () => {
	const world = open();
	const { result } = await world.run(world.request({ dryRun: true }));
	expect(result).toMatchObject({ outcome: "planned" });
	expect(result.plan?.roles).toEqual([]);
	expect(result.plan?.checks.filter(({ check }) => /role|server/i.test(check))).toEqual([]);
});

test("where a derived secret is refused, the value is as it was, and nothing has to be set back", async () => {
	const world = open();
	await world.run(world.request());
	const before = world.live().value;
	const allow = world.vault.deny("write", "db-connection-string");
	const { result } = await world.run(world.request({ force: true }));
	expect(result).toMatchObject({ outcome: "compensated", code: "vault-forbidden" });
	expect(world.live().value).toBe(before);
	expect(derived(world)).toContain(before);
	allow();
	expect((await world.run(world.request({ force: true }))).result.outcome).toBe("completed");
	expect(await world.agreement()).toEqual(inOrder);
});

test("where the live secret may not be written, nothing was changed", async () => {
	const world = open();
	world.vault.deny("write", "db-password");
	const { result } = await world.run(world.request());
	expect(result).toMatchObject({ outcome: "compensated", code: "vault-forbidden" });
	expect((await world.agreement()).isNew).toBe(false);
});

test("a version that somebody made by hand is drift, and is adopted or replaced as an operator says", async () => {
	const world = open();
	await world.run(world.request());
	world.vault.seed("db-password", "by-hand");
	expect(await drifted(world)).toEqual(["live-replaced-by-hand", "derived-changed-by-hand", "pod-on-old-version"]);

	const adopted = await world.run(world.request({ kind: "reconcile", direction: "database-from-vault" }));
	expect(adopted.result.outcome).toBe("completed");
	expect(world.live().value).toBe("by-hand");
	expect(derived(world)).toContain("by-hand");
	expect(await drifted(world)).toEqual([]);

	const replaced = await world.run(world.request({ kind: "reconcile", direction: "new-password" }));
	expect(replaced.result.outcome).toBe("completed");
	expect(world.live().value).not.toBe("by-hand");
	expect(await world.agreement()).toEqual(inOrder);
});

test("a derived secret that was changed by hand is drift, and comes back", async () => {
	const world = open();
	await world.run(world.request());
	world.vault.seed("db-connection-string", "by-hand");
	expect(await drifted(world)).toContain("derived-changed-by-hand");
	await world.run(world.request({ kind: "reconcile", direction: "database-from-vault" }));
	expect(await world.agreement()).toEqual(inOrder);
});

test("a rollback makes the value before live again", async () => {
	const world = open();
	await world.run(world.request());
	const { result } = await world.run(world.request({ kind: "rollback" }));
	expect(result.outcome).toBe("completed");
	expect(world.live().value).toBe(world.firstPassword);
	expect(derived(world)).toContain(world.firstPassword);
});

test("a deleted or disabled one is brought back", async () => {
	for (const spoil of [
		(world: World) => world.vault.remove("db-password"),
		(world: World) => void world.vault.seed("db-password", world.live().value, { enabled: false }),
	]) {
		const world = open();
		await world.run(world.request());
		const before = world.live().value;
		spoil(world);
		const { result } = await world.run(world.request({ kind: "reconcile", direction: "database-from-vault" }));
		expect(result.outcome).toBe("completed");
		expect(world.live().value).toBe(before);
	}
});

test("somebody's version that is live by the time it would be published is left alone", async () => {
	const world = open();
	world.onEffect((effect) => {
		if (effect === "write db-password-pending") world.vault.seed("db-password", "by-hand");
	});
	const { result } = await world.run(world.request());
	expect(result.code).toBe("live-changed");
	expect(world.live().value).toBe("by-hand");
});

test("a planted pending version is never published", async () => {
	const world = open();
	const { rotationId } = world.request();
	const baseVersion = world.live().version;
	const tags = { "rotation-id": rotationId, "base-version": baseVersion, target: "db-password" };
	world.vault.seed("db-password-pending", "planted", { tags });
	const { result } = await world.run(world.request());
	expect(result.outcome).toBe("completed");
	expect(world.values().has("planted")).toBe(false);
});
