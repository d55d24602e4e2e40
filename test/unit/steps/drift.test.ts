// Each kind of drift made by hand, in a world in memory whose secret was rotated once; what is found is the product's own word.

import { describe, expect, test } from "@jest/globals";
import type { Ports } from "../../../src/lib/app.ts";
import { driftIn } from "../../../src/lib/domain/drift.ts";
import { gatherDrift } from "../../../src/lib/steps/drift.ts";
import { managed } from "../../../src/lib/steps/managed.ts";
import { rotationWorld } from "../../support/rotation-world.ts";

type World = ReturnType<typeof rotationWorld>;

async function rotatedOnce(): Promise<World> {
	const world = rotationWorld();
	await world.run(world.request());
	return world;
}

/** What is found, and which passwords were tried on the way. */
async function look(world: World, tried: string[] = []) {
	const ports: Ports = {
		...world.ports,
		database: async () => ({
			...world.database.database,
			accepts: (credential) => {
				tried.push(credential.password.reveal());
				return world.database.database.accepts(credential);
			},
		}),
	};
	const { facts, problem } = await gatherDrift(ports, await managed(ports, "db-password"));
	return { facts, problem, tried, codes: driftIn(facts).map(({ code }) => code) };
}

const setByHand = (world: World, password: string) => world.database.alterRole(world.role, { password });
const pending = (world: World) => world.vault.versions("db-password-pending").at(-1)!;

describe("after a rotation", () => {
	test("nothing has drifted, and one login shows it", async () => {
		const { codes, tried, problem } = await look(await rotatedOnce());
		expect({ codes, logins: tried.length, problem }).toEqual({ codes: [], logins: 1, problem: undefined });
	});

	test("nothing has drifted when its publishing was taken back", async () => {
		const world = await rotatedOnce();
		world.vault.deny("write", "db-connection-string");
		const { result } = await world.run(world.request({ force: true }));
		expect(result.outcome).toBe("compensated");
		expect((await look(world)).codes).toEqual([]);
	});

	test("nothing has drifted where pods from before that have mounted the version that took it back", async () => {
		const world = await rotatedOnce();
		world.pass(60_000);
		const allow = world.vault.deny("write", "db-connection-string");
		expect((await world.run(world.request({ force: true }))).result.outcome).toBe("compensated");
		allow();
		world.hold("db-password", "db-connection-string");
		expect(
			world.deployment.pods.every(({ startedAt }) => Date.parse(startedAt) < world.live().created!.getTime()),
		).toBe(true);
		expect((await look(world)).codes).toEqual([]);
	});

	test("a new version by hand is drift, and so is what was derived from the one before", async () => {
		const world = await rotatedOnce();
		world.vault.seed("db-password", "by-hand");
		expect((await look(world)).codes).toEqual(["live-changed-by-hand", "derived-changed-by-hand"]);
	});

	test("a new version by hand in another form is told as that, and never tried as a password", async () => {
		const world = rotationWorld({ value: "json" });
		await world.run(world.request());
		world.vault.seed("db-password", "by-hand");
		const tried: string[] = [];
		await expect(look(world, tried)).rejects.toMatchObject({ code: "value-unreadable" });
		expect(tried).not.toContain("by-hand");
	});

	test("a new version by hand that the database has too is told as that; the pods are behind", async () => {
		const world = await rotatedOnce();
		world.vault.seed("db-password", "by-hand");
		setByHand(world, "by-hand");
		const { codes } = await look(world);
		expect(codes).toEqual(["live-replaced-by-hand", "derived-changed-by-hand", "pod-on-old-version"]);
	});

	test("a password changed in the database is told from a backup that has an earlier one", async () => {
		const world = await rotatedOnce();
		setByHand(world, "by-hand");
		expect((await look(world)).codes).toEqual(["database-changed-by-hand"]);
		setByHand(world, world.firstPassword);
		const { codes, facts } = await look(world);
		expect(codes).toEqual(["database-restored"]);
		const { version } = world.vault.versions("db-password")[0]!;
		expect(facts.standing).toEqual({ state: "database-restored", version });
	});

	test("a backup of several rotations ago is found, each password is tried once, and few of them", async () => {
		const world = await rotatedOnce();
		for (let rotation = 2; rotation <= 8; rotation++) await world.run(world.request({ force: true }));
		const versions = world.vault.versions("db-password");
		setByHand(world, versions.at(-6)!.value);
		const { version } = versions.at(-6)!;
		expect((await look(world)).facts.standing).toEqual({ state: "database-restored", version });
		setByHand(world, versions.at(-7)!.value);
		const { codes, tried } = await look(world);
		expect(codes).toEqual(["database-changed-by-hand"]);
		expect(tried).toHaveLength(6);
		expect(new Set(tried).size).toBe(6);
	});

	test("a version with the same value as another one is not tried again", async () => {
		const world = await rotatedOnce();
		world.vault.seed("db-password", world.live().value);
		setByHand(world, "by-hand");
		const { tried } = await look(world);
		expect(new Set(tried).size).toBe(tried.length);
	});

	test("a live secret that was deleted, disabled or never there are three things", async () => {
		const deleted = await rotatedOnce();
		deleted.vault.remove("db-password");
		expect((await look(deleted)).codes).toEqual(["live-deleted"]);
		const disabled = await rotatedOnce();
		await disabled.vault.store.disable({} as never, "db-password", disabled.live().version);
		expect((await look(disabled)).codes).toEqual(["live-disabled"]);
		const world = rotationWorld();
		Object.assign(world.config.secrets, { other: { ...world.config.secrets["db-password"], derived: [] } });
		Reflect.deleteProperty(world.config.secrets, "db-password");
		const { facts } = await gatherDrift(world.ports, await managed(world.ports, "other"));
		expect([facts.live.state, driftIn(facts)]).toEqual(["absent", []]);
	});

	test("a pod that has mounted nothing yet is on its way up, and not behind", async () => {
		const world = await rotatedOnce();
		const [first, ...others] = world.deployment.pods;
		Object.assign(world.deployment, { pods: [{ ...first, mounted: new Map() }, ...others] });
		expect((await look(world)).codes).toEqual([]);
	});

	test("the pending secret of a rotation that is over is no drift when it is deleted", async () => {
		const world = await rotatedOnce();
		expect(pending(world).enabled).toBe(false);
		world.vault.remove("db-password-pending");
		expect((await look(world)).codes).toEqual([]);
	});

	test("a live secret that is being deleted is judged only when it is deleted", async () => {
		const world = await rotatedOnce();
		const end = world.vault.beginRemoving("db-password");
		await expect(look(world)).rejects.toMatchObject({ code: "secret-nowhere", transient: true });
		end();
		expect((await look(world)).codes).toEqual(["live-deleted"]);
	});

	test("a derived secret that is being deleted is drift, which says so", async () => {
		const world = await rotatedOnce();
		world.vault.beginRemoving("db-connection-string");
		const { facts } = await look(world);
		expect(driftIn(facts).map(({ sentence }) => sentence)).toEqual([
			expect.stringContaining("is missing, or is being deleted at this moment"),
		]);
	});

	test.each([
		["differs", (world: World) => void world.vault.seed("db-connection-string", "by-hand")],
		["deleted", (world: World) => world.vault.remove("db-connection-string")],
		["disabled", (world: World) => void world.vault.seed("db-connection-string", "x", { enabled: false })],
	])("a derived secret that is %s is drift", async (state, change) => {
		const world = await rotatedOnce();
		change(world);
		const { codes, facts } = await look(world);
		expect(codes).toEqual(["derived-changed-by-hand"]);
		expect(facts.derived).toEqual([{ secret: "db-connection-string", state }]);
	});

	test("a cluster that is down is a problem, and hides no drift of the vault", async () => {
		const world = await rotatedOnce();
		world.cluster.outage = new (await import("../../../src/lib/domain/fault.ts")).Fault("cluster-unreachable", {
			cluster: "titanic-aks",
			detail: "ECONNREFUSED",
		});
		world.vault.seed("db-connection-string", "by-hand");
		const { codes, problem } = await look(world);
		expect({ codes, problem: problem?.code }).toEqual({
			codes: ["derived-changed-by-hand"],
			problem: "cluster-unreachable",
		});
	});
});

describe("a secret that was never rotated", () => {
	test("is as somebody made it while the database accepts it, whatever its derived secrets are", async () => {
		const world = rotationWorld();
		world.vault.seed("db-connection-string", "in another form");
		expect((await look(world)).codes).toEqual([]);
	});

	test("has drifted when the database accepts an earlier version of it, or none", async () => {
		const world = rotationWorld();
		world.vault.seed("db-password", "by-hand");
		expect((await look(world)).codes).toEqual(["live-changed-by-hand"]);
		setByHand(world, "something else");
		expect((await look(world)).codes).toEqual(["live-changed-by-hand"]);
	});

	test("that has one version only: whatever the database accepts, it was changed there", async () => {
		const world = rotationWorld();
		setByHand(world, "something else");
		expect((await look(world)).codes).toEqual(["database-changed-by-hand"]);
	});
});

describe("a rotation cut short", () => {
	/** The process dies at this effect, and the instance with it. */
	async function cutShortAt(effect: string, when: "before" | "after"): Promise<World> {
		const recorded = await rotatedOnce();
		const world = rotationWorld();
		world.loseInstanceAt(recorded.effects.indexOf(effect) + 1, when);
		await world.run(world.request()).catch(() => {});
		expect(world.died()).toBe(true);
		return world;
	}

	test.each([
		["before ALTER", "setPassword titanic_admin", "before", "stored"],
		["after ALTER", "setPassword titanic_admin", "after", "in-database"],
		["after publishing", "write db-password", "after", "published"],
	] as const)("%s is no drift: the next trigger goes on with it", async (_, effect, when, state) => {
		const { codes, facts } = await look(await cutShortAt(effect, when));
		expect({ codes, state: facts.standing.state }).toEqual({ codes: [], state });
	});

	test("before ALTER, and the password was changed by hand: that is drift, which a rotation would not mend", async () => {
		const world = await cutShortAt("setPassword titanic_admin", "before");
		setByHand(world, "by-hand");
		expect((await look(world)).codes).toEqual(["database-changed-by-hand"]);
	});

	test("after ALTER, and somebody published over it: it is still gone on with, because the database has its password", async () => {
		const world = await cutShortAt("setPassword titanic_admin", "after");
		world.vault.seed("db-password", "by-hand");
		expect((await look(world)).codes).toEqual([]);
	});

	test("before ALTER, and somebody published another version: nothing goes on with it, so that version is drift", async () => {
		const world = await cutShortAt("setPassword titanic_admin", "before");
		world.vault.seed("db-password", "by-hand", { tags: {} });
		expect((await look(world)).codes).toEqual(["live-changed-by-hand"]);
	});

	test("after ALTER, and its pending secret deleted: the only copy of the database's password is told of", async () => {
		const world = await cutShortAt("setPassword titanic_admin", "after");
		expect(await world.accepts(pending(world).value)).toBe(true);
		world.vault.remove("db-password-pending");
		expect((await look(world)).codes).toEqual(["pending-deleted"]);
	});

	test("before ALTER: the password that the audit log knows for its own is gone on with, not made anew", async () => {
		const world = await cutShortAt("setPassword titanic_admin", "before");
		const { value } = pending(world);
		const { result } = await world.run(world.request({ actor: { kind: "timer" } }));
		expect(result.outcome).toBe("completed");
		expect(world.live().value).toBe(value);
	});

	test("after ALTER, and its pending secret disabled: a record that somebody wrote does not hide it", async () => {
		const world = await cutShortAt("setPassword titanic_admin", "after");
		const { version, tags } = pending(world);
		await world.vault.store.disable({} as never, "db-password-pending", version);
		const other = await rotatedOnce();
		const written = (await other.records.lastRotation("db-password"))!;
		await world.records.saveRotation({ ...written, rotationId: tags["rotation-id"]! });
		expect((await look(world)).facts.standing).toEqual({ state: "pending-disabled", versions: [version] });
	});

	test("before ALTER, and its pending secret deleted: nothing is lost", async () => {
		const world = await cutShortAt("setPassword titanic_admin", "before");
		world.vault.remove("db-password-pending");
		expect((await look(world)).codes).toEqual([]);
	});

	test("of many pending passwords the newest few are tried, each of which is a rejected login", async () => {
		const world = await rotatedOnce();
		for (const nth of [1, 2, 3, 4, 5, 6, 7, 8, 9]) {
			const tags = { "rotation-id": world.request().rotationId, "base-version": world.live().version };
			world.vault.seed("db-password-pending", `pending-${nth}`, { tags });
		}
		setByHand(world, "by-hand");
		const { tried } = await look(world);
		const newest = ["pending-9", "pending-8", "pending-7", "pending-6", "pending-5"];
		expect(tried.filter((password) => password.startsWith("pending-"))).toEqual(newest);
	});

	test("a pending secret that no rotation claims is not tried, though the database has it", async () => {
		const world = await rotatedOnce();
		world.vault.seed("db-password-pending", "nobody-claims-it", { tags: {} });
		setByHand(world, "nobody-claims-it");
		const { codes, tried } = await look(world);
		expect(codes).toEqual(["database-changed-by-hand"]);
		expect(tried).not.toContain("nobody-claims-it");
	});

	test("a pending secret that was retired and then deleted is nobody's loss", async () => {
		const world = await rotatedOnce();
		world.vault.remove("db-password-pending");
		setByHand(world, "by-hand");
		expect((await look(world)).codes).toEqual(["database-changed-by-hand"]);
	});
});

describe("what is left of the pending secret", () => {
	test("of a rotation that was taken back, retired and then deleted, is nobody's loss", async () => {
		const world = await rotatedOnce();
		const allow = world.vault.deny("write", "db-connection-string");
		expect((await world.run(world.request({ force: true }))).result.outcome).toBe("compensated");
		allow();
		world.vault.remove("db-password-pending");
		setByHand(world, "by-hand");
		expect((await look(world)).codes).not.toContain("pending-deleted");
	});

	test("of a rotation that had published, and deleted then, is nobody's loss", async () => {
		const world = await rotatedOnce();
		const { tags, value } = world.live();
		const claim = { "rotation-id": tags["rotation-id"]!, "base-version": tags["previous-version"]! };
		world.vault.seed("db-password-pending", value, { tags: claim });
		world.vault.remove("db-password-pending");
		setByHand(world, "by-hand");
		expect((await look(world)).codes).toEqual(["database-changed-by-hand"]);
	});

	test("of a rotation that is over is not what a database restored from a backup is taken for", async () => {
		const world = await rotatedOnce();
		const claim = { "rotation-id": world.live().tags["rotation-id"]!, "base-version": world.live().version };
		world.vault.seed("db-password-pending", world.firstPassword, { tags: claim });
		setByHand(world, world.firstPassword);
		expect((await look(world)).codes).toEqual(["database-restored"]);
	});
});

test("earlier versions that are empty or disabled are not tried", async () => {
	const world = await rotatedOnce();
	const [first] = world.vault.versions("db-password");
	await world.vault.store.disable({} as never, "db-password", first!.version);
	const live = world.live();
	world.vault.seed("db-password", "");
	world.vault.seed("db-password", live.value, { tags: live.tags });
	setByHand(world, world.firstPassword);
	const { tried, facts } = await look(world);
	expect(facts.standing.state).toBe("nobody-knows");
	expect(tried).not.toContain("");
	expect(tried).not.toContain(world.firstPassword);
});

test("what is gathered holds no value", async () => {
	const world = await rotatedOnce();
	world.vault.seed("db-password", "by-hand-iceberg");
	world.vault.seed("db-connection-string", "by-hand-iceberg");
	const { facts } = await look(world);
	expect(JSON.stringify([facts, driftIn(facts).map(({ message }) => message)])).not.toContain("iceberg");
});
