// What somebody else wrote into the vault, with whatever tags, at whatever moment: it chooses no password. An attacker here has
// the right to write one secret, reads every tag, and knows which rotation runs.

import { describe, expect, test } from "@jest/globals";
import { driftIn } from "../../../src/lib/domain/drift.ts";
import { gatherDrift } from "../../../src/lib/steps/drift.ts";
import { managed } from "../../../src/lib/steps/managed.ts";
import { rotationWorld } from "../../support/rotation-world.ts";

type World = ReturnType<typeof rotationWorld>;

const planted = "planted-by-an-attacker";
const pendingName = "db-password-pending";
const logins = {
	self: { mode: "self" },
	"admin-secret": { mode: "admin-secret", secret: "admin-password", role: "rotator" },
};

/** The value is nowhere: neither live, nor derived, nor the database's. */
async function isNowhere(world: World): Promise<void> {
	expect(await world.accepts(planted)).toBe(false);
	for (const name of ["db-password", "db-connection-string"])
		expect(world.vault.versions(name).at(-1)?.value).not.toContain(planted);
}

async function cutShortAt(effect: string, when: "before" | "after", login: object = logins.self): Promise<World> {
	const recorded = rotationWorld({ login });
	await recorded.run(recorded.request());
	const world = rotationWorld({ login });
	world.loseInstanceAt(recorded.effects.indexOf(effect) + 1, when);
	await world.run(world.request()).catch(() => {});
	expect(world.died()).toBe(true);
	return world;
}

const enabledPending = (world: World) => world.vault.versions(pendingName).filter(({ enabled }) => enabled);

describe.each(Object.entries(logins))("with login mode %s", (_, login) => {
	const effectsOfOne = async () => {
		const world = rotationWorld({ login });
		await world.run(world.request());
		return world.effects;
	};

	test.each([
		["pending", pendingName],
		["live", "db-password"],
		["derived", "db-connection-string"],
	])(
		"a version of the %s secret with our tags, written after any effect of a rotation, is not what comes of it",
		async (_, name) => {
			const effects = await effectsOfOne();
			for (const at of effects.keys()) {
				const world = rotationWorld({ login });
				const request = world.request();
				const base = world.live().version;
				let seen = 0;
				world.onEffect(() => {
					if (seen++ !== at) return;
					const tags = { "rotation-id": request.rotationId, "base-version": base, "previous-version": base };
					world.vault.seed(name, planted, { tags });
				});
				const { result } = await world.run(request);
				const found = { at: effects[at], outcome: result.outcome, accepted: await world.accepts(planted) };
				expect(found).toMatchObject({ accepted: false });
				const { liveLogsIn } = await world.agreement();
				// Up to the last look at it, a live version of somebody else's is seen: no run ends well on it.
				const wasLeft = result.outcome === "refused" || result.outcome === "skipped";
				if (!wasLeft && at < effects.indexOf("write db-connection-string"))
					expect({ ...found, liveLogsIn }).toMatchObject({ liveLogsIn: true });
				if (result.outcome === "completed" && name === pendingName) await isNowhere(world);
			}
		},
	);

	test("a pending secret planted while nothing runs begins a rotation, but its value goes nowhere", async () => {
		const world = rotationWorld({ login });
		const tags = { "rotation-id": world.request().rotationId, "base-version": world.live().version };
		world.vault.seed(pendingName, planted, { tags });
		const { result } = await world.run(world.request({ actor: { kind: "timer" } }));
		expect(result.outcome).toBe("completed");
		await isNowhere(world);
		expect(await world.agreement()).toEqual({ liveLogsIn: true, derivedAgrees: true, isNew: true });
		expect(enabledPending(world)).toEqual([]);
	});

	test("a pending secret planted over that of a rotation cut short after ALTER does not take its place", async () => {
		const world = await cutShortAt(`setPassword titanic_admin`, "after", login);
		const [ours] = enabledPending(world);
		world.vault.seed(pendingName, planted, { tags: ours!.tags });
		const { result } = await world.run(world.request({ actor: { kind: "timer" } }));
		expect(result.outcome).toBe("completed");
		await isNowhere(world);
		expect(await world.agreement()).toEqual({ liveLogsIn: true, derivedAgrees: true, isNew: true });
	});

	test("a pending secret planted over that of a published rotation makes no further password", async () => {
		const world = await cutShortAt("write db-password", "after", login);
		world.vault.seed(pendingName, planted, { tags: enabledPending(world)[0]!.tags });
		const { result } = await world.run(world.request({ actor: { kind: "timer" } }));
		expect(result).toMatchObject({ outcome: "completed", code: "pending-published" });
		expect(world.values().size).toBe(2);
		expect(await world.agreement()).toEqual({ liveLogsIn: true, derivedAgrees: true, isNew: true });
	});

	test("a live version planted over a rotation cut short after ALTER does not count as published", async () => {
		const world = await cutShortAt(`setPassword titanic_admin`, "after", login);
		const { "rotation-id": id = "", "base-version": base = "" } = enabledPending(world)[0]!.tags;
		world.vault.seed("db-password", planted, { tags: { "rotation-id": id, "previous-version": base } });
		const { result } = await world.run(world.request({ actor: { kind: "timer" } }));
		expect(result.outcome).toBe("completed");
		await isNowhere(world);
		expect(await world.agreement()).toEqual({ liveLogsIn: true, derivedAgrees: true, isNew: true });
	});

	test("a live version planted over the published one, once its rotation is gone on with, is not what is set", async () => {
		const world = await cutShortAt("write db-password", "after", login);
		let isPlanted = false;
		world.onEffect((effect) => {
			if (isPlanted || effect !== "audit plan outcome") return;
			isPlanted = true;
			world.vault.seed("db-password", planted, { tags: world.live().tags });
		});
		const { result } = await world.run(world.request({ actor: { kind: "timer" } }));
		expect({ isPlanted, outcome: result.outcome }).toEqual({ isPlanted: true, outcome: "completed" });
		await isNowhere(world);
		expect(await world.agreement()).toEqual({ liveLogsIn: true, derivedAgrees: true, isNew: true });
	});

	test("a live version with our tag is not taken for a write of ours whose answer was lost", async () => {
		const world = rotationWorld({ login });
		const request = world.request();
		world.vault.fail({ code: "vault-unreachable", call: "write", secret: "db-password" });
		world.onEffect((effect) => {
			if (effect === "setPassword titanic_admin")
				world.vault.seed("db-password", planted, { tags: { "rotation-id": request.rotationId } });
		});
		const { result } = await world.run(request);
		expect(result).toMatchObject({ outcome: "refused", code: "live-changed" });
		expect(await world.accepts(planted)).toBe(false);
	});

	test("a live version that says it takes our rotation back is not what the way back sets", async () => {
		const world = rotationWorld({ login });
		const request = world.request();
		world.vault.deny("write", "db-connection-string");
		world.onEffect((effect) => {
			if (effect === "audit setSecret intent+testSecret intent+finishSecret intent")
				world.vault.seed("db-password", planted, { tags: { "taken-back": request.rotationId } });
		});
		await world.run(request);
		expect(await world.accepts(planted)).toBe(false);
	});
});

test("a tag that has not the form of a rotation's id is nobody's claim, and gets into no record", async () => {
	const world = rotationWorld();
	const base = world.live().version;
	for (const id of ["db-password.x", "other.00000000-0000-4000-8000-000000000001", "<script>", ""])
		world.vault.seed(pendingName, planted, { tags: { "rotation-id": id, "base-version": base } });
	const { result } = await world.run(world.request());
	expect(result.code).toBe("near-expiry");
	expect(world.audit.lines.join()).not.toContain("<script>");
	expect(world.audit.lines.join()).not.toContain("other.0000");
});

test("a pending secret of a rotation that did not publish the live version begins nothing", async () => {
	const world = rotationWorld();
	const base = world.live().version;
	expect((await world.run(world.request())).result.outcome).toBe("completed");
	for (const tags of [
		{ "rotation-id": world.request().rotationId, "base-version": base },
		{ "rotation-id": world.live().tags["rotation-id"]!, "base-version": "f".repeat(32) },
	]) {
		world.vault.seed(pendingName, planted, { tags });
		const { result } = await world.run(world.request({ actor: { kind: "timer" } }));
		expect(result).toMatchObject({ outcome: "skipped", code: "not-due" });
	}
});

test("a version that a claim names gets nowhere unless it has the form of one", async () => {
	for (const base of ["<script>", "../admin-password", "0".repeat(31), "0".repeat(33)]) {
		const world = rotationWorld();
		const { rotationId } = world.request();
		world.vault.seed("db-password", world.firstPassword, { tags: { "taken-back": rotationId } });
		world.vault.seed(pendingName, planted, { tags: { "rotation-id": rotationId, "base-version": base } });
		const { result } = await world.run(world.request({ force: true }));
		expect(result).toMatchObject({ outcome: "completed", code: "forced" });
		expect(world.audit.lines.join()).not.toContain(`"${base}"`);
	}
});

test("a tag of a live version that has not the form of a rotation's id gets into no record either", async () => {
	for (const id of ["db-password.x", "other.00000000-0000-4000-8000-000000000001", "<script>"]) {
		const world = rotationWorld();
		world.vault.seed("db-password", planted, { tags: { "rotation-id": id } });
		world.vault.seed("db-connection-string", "by-hand", { tags: {} });
		world.database.alterRole(world.role, { password: planted });
		const asked = { kind: "reconcile", direction: "database-from-vault" } as const;
		const { result } = await world.run(world.request(asked));
		expect(result.outcome).toBe("completed");
		expect(world.audit.lines.join()).not.toContain(id);
		expect(world.live().tags["rotation-id"]).toBe(result.rotationId);
	}
});

describe("a live version with a rotation's tag that the database does not accept", () => {
	const causes = async (world: World) => {
		const { facts } = await gatherDrift(world.ports, await managed(world.ports, "db-password"));
		return driftIn(facts).map(({ code }) => code);
	};
	async function rotated() {
		const world = rotationWorld();
		expect((await world.run(world.request())).result.outcome).toBe("completed");
		return world;
	}

	test.each<[string, (world: World) => Record<string, string>]>([
		["of the last rotation", (world) => ({ "rotation-id": world.live().tags["rotation-id"]! })],
		["of a rotation that never was", (world) => ({ "rotation-id": world.request().rotationId })],
		["of one that was taken back", (world) => ({ "taken-back": world.live().tags["rotation-id"]! })],
	])("%s is told as made by hand: no next step sets its value unasked", async (_, tagsOf) => {
		const world = await rotated();
		world.vault.seed("db-password", planted, { tags: { ...tagsOf(world), "previous-version": world.live().version } });
		expect((await causes(world))[0]).toBe("live-changed-by-hand");
	});

	test("is the records' own, whatever its tags are by then: the password was changed in the database", async () => {
		const world = await rotated();
		const tags = { ...world.live().tags, "rotation-id": "other.00000000-0000-4000-8000-000000000001" };
		await world.vault.store.update({} as never, "db-password", world.live().version, { tags });
		world.database.alterRole(world.role, { password: "by-hand" });
		expect((await causes(world))[0]).toBe("database-changed-by-hand");
	});

	test("is a database restored from a backup too where another rotation had ended what that one began", async () => {
		const world = await cutShortAt("write db-password", "after");
		expect((await world.run(world.request())).result).toMatchObject({
			outcome: "completed",
			code: "pending-published",
		});
		world.database.alterRole(world.role, { password: world.firstPassword });
		expect(await causes(world)).toEqual(["database-restored"]);
	});

	test("is a database restored from a backup where the records have that version", async () => {
		const world = await rotated();
		world.database.alterRole(world.role, { password: world.firstPassword });
		expect(await causes(world)).toEqual(["database-restored"]);
	});
});

describe("a pending password that leaked", () => {
	test.each(["before", "after"] as const)("%s ALTER is not what a forced rotation publishes", async (when) => {
		const world = await cutShortAt("setPassword titanic_admin", when);
		const [leaked] = enabledPending(world);
		const { result } = await world.run(world.request({ force: true }));
		expect(result).toMatchObject({ outcome: "completed", code: "forced" });
		expect(world.live().value).not.toBe(leaked!.value);
		expect(await world.accepts(leaked!.value)).toBe(false);
		expect(await world.agreement()).toEqual({ liveLogsIn: true, derivedAgrees: true, isNew: true });
		expect(enabledPending(world)).toEqual([]);
	});

	test.each(["before", "after"] as const)("%s ALTER is not what new-password publishes", async (when) => {
		const world = await cutShortAt("setPassword titanic_admin", when);
		const [leaked] = enabledPending(world);
		const { result } = await world.run(world.request({ kind: "reconcile", direction: "new-password" }));
		expect(result.outcome).toBe("completed");
		expect(world.vault.versions("db-password").map(({ value }) => value)).not.toContain(leaked!.value);
		expect(await world.accepts(leaked!.value)).toBe(false);
		expect(enabledPending(world)).toEqual([]);
	});

	test("is discarded by database-from-vault, which sets the live password again", async () => {
		const world = await cutShortAt("setPassword titanic_admin", "after");
		const [leaked] = enabledPending(world);
		const { result } = await world.run(world.request({ kind: "reconcile", direction: "database-from-vault" }));
		expect(result.outcome).toBe("completed");
		expect(await world.accepts(leaked!.value)).toBe(false);
		expect(world.live().value).toBe(world.firstPassword);
		expect(enabledPending(world)).toEqual([]);
	});
});

describe("two apps on one secret", () => {
	/** A has stored its password and set it; B had planned before, covers A's pending secret with its own, and goes on. */
	async function covered(login: object) {
		const world = await cutShortAt("setPassword titanic_admin", "after", login);
		const [ofA] = enabledPending(world);
		const tags = { "rotation-id": world.request().rotationId, "base-version": world.live().version };
		const ofB = world.vault.seed(pendingName, "password-of-b", { tags });
		return { world, ofA: ofA!, ofB, tags };
	}

	test.each(Object.entries(logins))(
		"%s: a password that B covers is found, and vault and database agree",
		async (_, login) => {
			const { world } = await covered(login);
			const { result } = await world.run(world.request({ actor: { kind: "timer" } }));
			expect(result.outcome).toBe("completed");
			expect(await world.agreement()).toEqual({ liveLogsIn: true, derivedAgrees: true, isNew: true });
		},
	);

	test.each(Object.entries(logins))(
		"%s: also where B has put its own away already, and nothing is due",
		async (_, login) => {
			const { world, ofB } = await covered(login);
			await world.vault.store.disable({} as never, pendingName, ofB);
			await world.vault.store.update({} as never, "db-password", world.live().version, { tags: {} });
			const { result } = await world.run(world.request({ actor: { kind: "timer" } }));
			expect(result.outcome).toBe("completed");
			expect(await world.agreement()).toMatchObject({ liveLogsIn: true, derivedAgrees: true });
		},
	);

	test("the sweep finds that the database has a covered pending password", async () => {
		const { world, ofA, ofB } = await covered(logins.self);
		await world.vault.store.disable({} as never, pendingName, ofB);
		const { facts } = await gatherDrift(world.ports, await managed(world.ports, "db-password"));
		expect(facts.standing).toMatchObject({ state: "in-database", claim: { version: ofA.version } });
		expect(driftIn(facts)).toEqual([]);
	});
});

test("a pending secret is kept while the database cannot be asked whether the live password logs in", async () => {
	const world = rotationWorld({ login: logins["admin-secret"] });
	world.onEffect((effect) => {
		if (effect === "audit createSecret outcome") world.database.alterRole(world.role, { password: "changed-by-hand" });
		if (effect === "audit createSecret outcome") world.database.alterRole("rotator", { password: "changed-too" });
		if (effect === "audit finish intent") world.database.cut();
	});
	const { result } = await world.run(world.request());
	expect(result).toMatchObject({ outcome: "refused", code: "admin-rejected" });
	expect(enabledPending(world)).toHaveLength(1);
});

test("a pending secret is kept while nobody can prove that the live password logs in", async () => {
	const world = rotationWorld({ login: logins["admin-secret"] });
	world.onEffect((effect) => {
		if (effect !== "audit createSecret outcome") return;
		world.database.alterRole(world.role, { password: "changed-by-hand" });
		world.database.alterRole("rotator", { password: "changed-too" });
	});
	const { result } = await world.run(world.request());
	expect(result).toMatchObject({ outcome: "refused", code: "admin-rejected" });
	expect(enabledPending(world)).toHaveLength(1);
	world.onEffect(() => {});
	world.database.alterRole(world.role, { password: world.firstPassword });
	world.database.alterRole("rotator", { password: "admin-password-value" });
	expect((await world.run(world.request({ actor: { kind: "timer" } }))).result.outcome).toBe("completed");
	expect(enabledPending(world)).toEqual([]);
});
