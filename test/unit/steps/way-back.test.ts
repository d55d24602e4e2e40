// What a rotation that is taken back leaves: versions as they were, not what a template would make of the old password.

import { describe, expect, test } from "@jest/globals";
import { rotationWorld } from "../../support/rotation-world.ts";

type World = ReturnType<typeof rotationWorld>;

const derived = "db-connection-string";
const further = "db-jdbc-url";
const byHand = {
	...{ tags: { owner: "team-titanic", "derived-by": "hand" }, contentType: "application/x-libpq" },
	expires: new Date("2027-06-01T00:00:00Z"),
};
const handMade = "host=titanic-db user=titanic_admin password='first-password' sslmode=verify-full";
const latest = (world: World, name: string) => world.vault.versions(name).at(-1)!;

/** Its derived secret is in a form of somebody's own, and another one after it may not be written. */
function refused(options: Parameters<typeof rotationWorld>[0] = {}) {
	const world = rotationWorld(options);
	const more = { secret: further, template: "jdbc?password={password}", format: "raw" };
	world.config.secrets["db-password"].derived.push(more as never);
	world.vault.seed(derived, handMade, byHand);
	world.vault.seed(further, "jdbc?password=first-password", {});
	world.hold("db-password", derived, further);
	return { world, allow: world.vault.deny("write", further) };
}

const asItWas = (world: World) => {
	const { value, tags, contentType, expires, enabled } = latest(world, derived);
	const { "taken-back": takenBack, "previous-version": _, ...own } = tags;
	return { value, tags: own, contentType, expires, enabled, takenBack };
};
const restored = (rotationId: string) => ({ value: handMade, ...byHand, enabled: true, takenBack: rotationId });

test("a derived secret that somebody wrote in another form has that value, its tags, type and expiry again", async () => {
	const { world } = refused();
	const { result } = await world.run(world.request());
	expect(result).toMatchObject({ outcome: "compensated", code: "vault-forbidden" });
	expect(world.vault.versions(derived).length).toBeGreaterThan(2);
	expect(asItWas(world)).toEqual(restored(result.rotationId));
	expect(await world.accepts(world.live().value)).toBe(true);
});

test("so it has where the process dies at any effect on the way there and back", async () => {
	const { world: recorded } = refused();
	await recorded.run(recorded.request());
	for (const [index, effect] of recorded.effects.entries()) {
		const { world } = refused();
		world.dieAt(index + 1, "after");
		const { result } = await world.run(world.request());
		const live = await world.accepts(world.live().value);
		const { value, tags, contentType } = asItWas(world);
		expect({ effect, outcome: result.outcome, live, value, tags, contentType }).toEqual({
			...{ effect, outcome: "compensated", live: true },
			...{ value: handMade, tags: byHand.tags, contentType: byHand.contentType },
		});
	}
});

test("so it has where its instance is lost on the way back, and another trigger ends it with another password", async () => {
	const { world: recorded } = refused();
	await recorded.run(recorded.request());
	const { world } = refused();
	world.loseInstanceAt(recorded.effects.lastIndexOf("setPassword titanic_admin") + 1, "after");
	await world.run(world.request()).catch(() => {});
	expect(latest(world, derived).value).not.toBe(handMade);
	const { result } = await world.run(world.request({ actor: { kind: "timer" } }));
	expect(result.outcome).toBe("compensated");
	expect(asItWas(world)).toMatchObject({ value: handMade, tags: byHand.tags });
});

test("a derived secret that there was not is disabled: nobody could read it before either", async () => {
	const { world } = refused();
	world.vault.purge(derived);
	world.hold("db-password", further);
	const { result } = await world.run(world.request());
	expect(result.outcome).toBe("compensated");
	expect(latest(world, derived).enabled).toBe(false);
});

test("the live secret has the expiry it had, also where the process died after it was published", async () => {
	const { world: recorded } = refused();
	await recorded.run(recorded.request());
	const { world } = refused();
	const { expires, contentType } = world.live();
	world.dieAt(recorded.effects.indexOf("write db-password") + 1, "after");
	const { result } = await world.run(world.request());
	expect(result.outcome).toBe("compensated");
	expect(world.live()).toMatchObject({ value: world.firstPassword, expires, contentType });
});

describe("a derived secret that is disabled", () => {
	const disabled = (world: World) => world.vault.seed(derived, handMade, { ...byHand, enabled: false });

	test("refuses a rotation before anything is changed, by its name", async () => {
		const world = rotationWorld();
		disabled(world);
		const { result } = await world.run(world.request({ force: true }));
		expect(result).toMatchObject({ outcome: "refused", code: "secret-disabled" });
		expect(result.problem?.message).toContain(derived);
		expect(world.database.changes(world.role)).toBe(0);
	});

	test("in the middle of a rotation stays as it is", async () => {
		const world = rotationWorld();
		world.onEffect((effect) => {
			if (effect === "audit createSecret outcome") disabled(world);
		});
		await world.run(world.request());
		expect(await world.accepts(world.live().value)).toBe(true);
		expect(latest(world, derived)).toMatchObject({ ...byHand, value: handMade, enabled: false });
	});

	test("is written anew by a reconciliation, with its own tags and type", async () => {
		const world = rotationWorld();
		await world.run(world.request());
		disabled(world);
		const { result } = await world.run(world.request({ kind: "reconcile", direction: "database-from-vault" }));
		expect(result.outcome).toBe("completed");
		const { enabled, tags, contentType } = latest(world, derived);
		expect({ enabled, contentType }).toEqual({ enabled: true, contentType: byHand.contentType });
		expect(tags).toMatchObject(byHand.tags);
		expect((await world.agreement()).derivedAgrees).toBe(true);
	});
});

test("a derived secret that is deleted refuses a rotation before anything is changed", async () => {
	const world = rotationWorld();
	world.vault.remove(derived);
	const { result } = await world.run(world.request({ force: true }));
	expect(result).toMatchObject({ outcome: "refused", code: "secret-deleted" });
	expect(world.database.changes(world.role)).toBe(0);
});
