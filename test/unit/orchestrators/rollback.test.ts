// A rollback: an earlier value becomes a new version, by a rotation's steps and proofs, in a world in memory that was rotated once.

import { describe, expect, test } from "@jest/globals";
import { driftIn } from "../../../src/lib/domain/drift.ts";
import { gatherDrift } from "../../../src/lib/steps/drift.ts";
import { managed } from "../../../src/lib/steps/managed.ts";
import { rotationWorld } from "../../support/rotation-world.ts";

type World = ReturnType<typeof rotationWorld>;

const operator = { kind: "operator", id: "me" } as const;
const rollback = { kind: "rollback", actor: operator } as const;
const back = { liveLogsIn: true, derivedAgrees: true, isNew: false };

async function rotatedOnce(login?: object): Promise<World> {
	const world = rotationWorld(login ? { login } : {});
	await world.run(world.request());
	return world;
}

const live = (world: World) => world.vault.versions("db-password");
const first = (world: World) => live(world)[0]!.version;
const enabledPending = (world: World) => world.vault.versions("db-password-pending").filter(({ enabled }) => enabled);

async function driftOf(world: World): Promise<readonly string[]> {
	const { facts } = await gatherDrift(world.ports, await managed(world.ports, "db-password"));
	return driftIn(facts).map(({ code }) => code);
}

describe.each([
	["itself", undefined],
	["an admin role", { mode: "admin-secret", secret: "admin-password", role: "rotator" }],
])("with the login of %s", (_, login) => {
	test("the value from before is a new version, in force, derived, and in every pod", async () => {
		const world = await rotatedOnce(login);
		const replaced = world.live();
		const { result } = await world.run(world.request(rollback), "replayed");
		expect(result).toMatchObject({ outcome: "completed", code: "rolled-back", broughtBack: first(world) });
		expect(await world.agreement()).toEqual(back);
		expect(live(world)).toHaveLength(3);
		expect(result).toMatchObject({ version: world.live().version, previousVersion: replaced.version });
		expect(await world.accepts(replaced.value)).toBe(false);
		expect(result.consumers).toMatchObject([{ delivered: true, pods: [{ proved: true }, { proved: true }] }]);
		expect({ pending: enabledPending(world), drift: await driftOf(world) }).toEqual({ pending: [], drift: [] });
		expect(world.live().expires!.getTime()).toBeGreaterThan(world.now().getTime());
	});
});

test("a dry run says which version it would bring back, and changes nothing", async () => {
	const world = await rotatedOnce();
	const before = { effects: world.effects.length, live: live(world) };
	const { result } = await world.run(world.request({ ...rollback, dryRun: true }));
	expect(result).toMatchObject({ outcome: "planned", code: "rolled-back", broughtBack: first(world) });
	expect(result.plan?.checks.every((check) => check.result === "passed")).toBe(true);
	expect(live(world)).toEqual(before.live);
	expect(world.effects.slice(before.effects).filter((effect) => /^(write|setPassword|roll)/.test(effect))).toEqual([]);
});

test("a second one goes back to what the first one replaced", async () => {
	const world = await rotatedOnce();
	const rotated = world.live().value;
	await world.run(world.request(rollback));
	expect((await world.run(world.request(rollback))).result.outcome).toBe("completed");
	expect(world.live().value).toBe(rotated);
	expect(await world.agreement()).toEqual({ ...back, isNew: true });
});

test("of several earlier ones it takes the newest", async () => {
	const world = await rotatedOnce();
	const { value, version } = world.live();
	await world.run(world.request({ force: true, actor: operator }));
	expect((await world.run(world.request(rollback))).result).toMatchObject({ broughtBack: version });
	expect(world.live().value).toBe(value);
});

test("the version that is named is brought back, past a newer one", async () => {
	const world = await rotatedOnce();
	await world.run(world.request({ force: true, actor: operator }));
	const { result } = await world.run(world.request({ ...rollback, to: first(world) }));
	expect(result).toMatchObject({ outcome: "completed", broughtBack: first(world) });
	expect(world.live().value).toBe(world.firstPassword);
});

const impossible: Record<string, [(world: World) => Promise<unknown> | unknown, (world: World) => object, object]> = {
	"nothing was there before": [
		(world) => world.vault.store.disable({} as never, "db-password", first(world)),
		() => ({}),
		{ code: "no-earlier-version" },
	],
	"every earlier version has the live value": [
		async (world) => {
			await world.vault.store.disable({} as never, "db-password", first(world));
			const { value, tags } = world.live();
			world.vault.seed("db-password", value, { tags });
		},
		() => ({}),
		{ code: "no-earlier-version" },
	],
	"the version that is named was disabled": [
		(world) => world.vault.store.disable({} as never, "db-password", first(world)),
		(world) => ({ to: first(world) }),
		{ code: "version-unusable", message: expect.stringContaining("it is disabled") },
	],
	"there is no version of that name": [
		() => {},
		() => ({ to: "f".repeat(32) }),
		{ code: "version-unusable", message: expect.stringContaining("there is no such version") },
	],
	"the version that is named is live": [
		() => {},
		(world) => ({ to: world.live().version }),
		{ code: "version-unusable", message: expect.stringContaining("it is the live one") },
	],
	"clients would not agree on the earlier password": [
		(world) => {
			const { value, tags } = world.live();
			world.vault.seed("db-password", "pass\u00a0word");
			world.vault.seed("db-password", value, { tags });
		},
		(world) => ({ to: live(world).at(-2)!.version }),
		{ code: "version-unusable", message: expect.stringContaining("would not agree") },
	],
	"another version is live than the one that was seen": [
		() => {},
		(world) => ({ version: first(world) }),
		{ code: "live-changed" },
	],
	"its workload cannot be rolled": [
		({ deployment }) => Object.assign(deployment, { paused: true }),
		() => ({}),
		{ code: "workload-paused" },
	],
};

test.each(Object.entries(impossible))(
	"it is refused where %s, and nothing is changed",
	async (_, [make, ask, problem]) => {
		const world = await rotatedOnce();
		await make(world);
		const before = { live: live(world), pending: world.vault.versions("db-password-pending") };
		const { result } = await world.run(world.request({ ...rollback, ...ask(world) }));
		expect(result).toMatchObject({ outcome: "refused", problem });
		expect({ live: live(world), pending: world.vault.versions("db-password-pending") }).toEqual(before);
		expect(await world.accepts(world.live().value)).toBe(true);
	},
);

test("tags do not say what comes back: the version before by the vault's order does", async () => {
	const world = await rotatedOnce();
	const { value, tags } = world.live();
	world.vault.seed("db-password", "planted-one", { tags: { "previous-version": first(world) } });
	world.vault.seed("db-password", world.firstPassword, { tags: { "taken-back": "x" } });
	world.vault.seed("db-password", value, { tags: { ...tags, "previous-version": live(world).at(-2)!.version } });
	const { result } = await world.run(world.request(rollback));
	expect(result).toMatchObject({ outcome: "completed" });
	expect(world.live().value).toBe(world.firstPassword);
});

test("where the vault takes no new version, the newer password is in force again", async () => {
	const world = await rotatedOnce();
	world.vault.deny("write", "db-password");
	const { result } = await world.run(world.request(rollback));
	expect(result).toMatchObject({ outcome: "compensated", code: "vault-forbidden" });
	expect(await world.agreement()).toEqual({ ...back, isNew: true });
});

test("every effect can be the last one before the process dies, and the rollback is brought to its end", async () => {
	const recorded = await rotatedOnce();
	const from = recorded.effects.length;
	await recorded.run(recorded.request(rollback));
	const effects = recorded.effects.slice(from);
	expect(effects.length).toBeGreaterThan(15);
	for (const [index, effect] of effects.entries()) {
		for (const when of ["before", "after"] as const) {
			const at = { effect, when };
			const world = await rotatedOnce();
			world.dieAt(world.effects.length + index + 1, when);
			const { outcome } = (await world.run(world.request(rollback))).result;
			const seen = { outcome, drift: await driftOf(world), ...(await world.agreement()) };
			expect({ at, ...seen }).toEqual({ at, outcome: "completed", drift: [], ...back });
		}
	}
}, 240_000);

test("a rollback whose instance is lost leaves what the next sweep brings to its end", async () => {
	const recorded = await rotatedOnce();
	const from = recorded.effects.length;
	await recorded.run(recorded.request(rollback));
	for (const [index, effect] of recorded.effects.slice(from).entries()) {
		if (!/^(write|setPassword|roll|update)/.test(effect)) continue;
		for (const when of ["before", "after"] as const) {
			const at = { effect, when };
			const world = await rotatedOnce();
			world.loseInstanceAt(world.effects.length + index + 1, when);
			await world.run(world.request(rollback)).catch(() => {});
			await world.run(world.request({ actor: { kind: "timer" } }));
			const seen = { drift: await driftOf(world), ...(await world.agreement()) };
			expect({ at, ...seen }).toEqual({ at, drift: [], ...back, isNew: expect.any(Boolean) });
		}
	}
}, 240_000);
