// What was live before, of two roles that take turns, opens nothing any more once the rollback window is over: in the world in
// memory, as the sweep asks for it.

import { describe, expect, test } from "@jest/globals";
import { driftIn } from "../../../src/lib/domain/drift.ts";
import { Password } from "../../../src/lib/domain/password.ts";
import { gatherDrift } from "../../../src/lib/steps/drift.ts";
import { managed } from "../../../src/lib/steps/managed.ts";
import { rotationWorld, secondRole } from "../../support/rotation-world.ts";

const hour = 3_600_000;
const minute = 60_000;
const retire = { kind: "retire" } as const;
const name = "db-password";

type World = ReturnType<typeof rotationWorld>;

/** Rotated once, `hours` ago: `secondRole` is live, and `world.role` was before. */
async function rotated(hours = 25): Promise<World> {
	const world = rotationWorld({ value: "turns" });
	await world.run(world.request());
	world.pass(hours * hour);
	return world;
}

const accepted = (world: World) => world.accepts(world.firstPassword, world.role);
const enabled = (world: World) => world.vault.versions(name).map((one) => one.enabled);
const drifted = async ({ ports }: World) =>
	driftIn((await gatherDrift(ports, await managed(ports, name))).facts).map(({ code }) => code);
const inOrder = { liveLogsIn: true, derivedAgrees: true, isNew: true };

async function expectUntouched(world: World): Promise<void> {
	expect(world.database.changes(world.role)).toBe(0);
	expect(await world.agreement()).toEqual(inOrder);
}

/** The holder of this session uses the role. */
const inUse = (world: World) =>
	world.database.database.open({ role: world.role, password: new Password(world.firstPassword) });

describe.each(["straight", "replayed"] as const)("%s", (mode) => {
	test("after the rollback window nobody gets in with the value before, and the live one is as it was", async () => {
		const world = await rotated();
		const before = world.live();
		const { result } = await world.run(world.request(retire), mode);
		const [first] = world.vault.versions(name);
		const retired = { server: "titanic-db", role: world.role, versions: [first!.version] };
		expect(result).toMatchObject({ outcome: "completed", code: "retired", retired, version: before.version });
		expect(await accepted(world)).toBe(false);
		expect(enabled(world)).toEqual([false, true]);
		expect(world.live()).toEqual(before);
		expect(await world.agreement()).toEqual(inOrder);
		expect(await drifted(world)).toEqual([]);
		expect((await world.chain()).openIntents).toEqual([]);
	});

	test("within the window nothing is done, and a rollback is instant", async () => {
		const world = await rotated(23);
		const { result } = await world.run(world.request(retire), mode);
		expect(result).toMatchObject({ outcome: "skipped", code: "not-to-retire" });
		await expectUntouched(world);
		expect((await world.run(world.request({ kind: "rollback" }))).result.outcome).toBe("completed");
	});

	test("a session at the first look keeps it, and is told", async () => {
		const world = await rotated();
		await using _ = await inUse(world);
		const { result } = await world.run(world.request(retire), mode);
		expect(result).toMatchObject({ outcome: "skipped", code: "role-in-use" });
		expect(result.problem?.message).toContain('application "titanic-secret-rotator", address unknown, since unknown');
		await expectUntouched(world);
	});

	test("a session that comes between the looks keeps it too", async () => {
		const world = await rotated();
		const opened: Promise<AsyncDisposable>[] = [];
		world.atTime(29 * 60, () => void opened.push(inUse(world)));
		const { result } = await world.run(world.request(retire), mode);
		expect(opened).toHaveLength(1);
		expect(result).toMatchObject({ outcome: "skipped", code: "role-in-use" });
		await expectUntouched(world);
	});

	test("whatever else is asked for ends the wait", async () => {
		const world = await rotated();
		world.atEvent();
		const { result, statuses } = await world.run(world.request(retire), mode);
		expect(result).toMatchObject({ outcome: "skipped", code: "gave-way" });
		expect(result).not.toHaveProperty("givesWay");
		expect(statuses).toContainEqual(expect.objectContaining({ givesWay: true }));
		await expectUntouched(world);
	});
});

test("a pool's lifetime lies between the two looks", async () => {
	const world = await rotated();
	const from = world.now().getTime();
	const { result } = await world.run(world.request(retire));
	expect(result.steps.map(({ name: step }) => step)).toEqual(["plan", "wait", "retire"]);
	expect(world.now().getTime() - from).toBeGreaterThanOrEqual(30 * minute);
});

test("a live value that somebody changed between the looks is another one: nothing is done", async () => {
	const world = await rotated();
	world.atTime(60, () => void world.vault.seed(name, world.live().value, { created: new Date(0) }));
	const { result } = await world.run(world.request(retire));
	expect(result.outcome).toBe("skipped");
	await expectUntouched(world);
});

test("what another rotator published between the looks has looks of its own", async () => {
	const world = await rotated();
	Object.assign(world.config.secrets[name], { consumers: [], retire: { afterHours: 1, poolLifetimeMinutes: 1440 } });
	world.atTime(60, () => {
		const tags = { "rotation-id": `${name}.00000000-0000-4000-8000-00000000000f` };
		const created = new Date(world.now().getTime() - 2 * hour);
		world.database.alterRole(world.role, { password: "newest" });
		world.vault.seed(name, `{"username": "${world.role}", "password": "newest"}`, { tags, created });
		const host = "titanic-db.postgres.database.azure.com";
		world.vault.seed("db-connection-string", `postgresql://${world.role}:newest@${host}/titanic`, { tags, created });
	});
	const { result } = await world.run(world.request(retire));
	expect(result).toMatchObject({ outcome: "skipped", code: "not-to-retire" });
	expect(world.database.changes(secondRole)).toBe(1);
});

test("a rollback by hand between the looks keeps its value", async () => {
	const world = await rotated();
	const { value } = world.vault.versions(name)[0]!;
	world.atTime(60, () => void world.vault.seed(name, value));
	const { result } = await world.run(world.request(retire));
	expect(result).toMatchObject({ outcome: "skipped", code: "not-to-retire" });
	expect(world.database.changes(world.role)).toBe(0);
	expect(await accepted(world)).toBe(true);
});

test("a live value that changes back at the very moment gets its role the password that it names", async () => {
	const world = await rotated();
	const { value } = world.vault.versions(name)[0]!;
	world.onEffect((effect) => {
		if (effect === `setPassword ${world.role}` && world.database.changes(world.role) === 1)
			world.vault.seed(name, value);
	});
	const { result } = await world.run(world.request(retire));
	expect(result).toMatchObject({ outcome: "interrupted", code: "live-changed" });
	expect(await accepted(world)).toBe(true);
});

test("a pending value of that role is about to be its password: nothing is done", async () => {
	const world = await rotated();
	world.atTime(60, () => void world.vault.seed("db-password-pending", `{"username":"${world.role}","password":"p"}`));
	const { result } = await world.run(world.request(retire));
	expect(result).toMatchObject({ outcome: "skipped", code: "not-to-retire" });
	await expectUntouched(world);
});

test("a lock that is lost right before sets nothing; it comes again", async () => {
	const world = await rotated();
	let looks = 0;
	world.vault.store.latest = ((latest) => async (secret: string) => {
		if (secret === "db-password-pending" && ++looks === 3) world.database.releaseLocks();
		return latest(secret);
	})(world.vault.store.latest);
	const { result } = await world.run(world.request(retire));
	expect(looks).toBeGreaterThan(3);
	expect(result.steps.at(-1)).toMatchObject({ failedTries: 1, lastCode: "role-lock-lost" });
	expect(result).toMatchObject({ outcome: "completed", code: "retired" });
	expect(world.database.changes(world.role)).toBe(1);
});

test("while another rotator has the lock of the two, it waits", async () => {
	const world = await rotated();
	const other = await world.database.database.open({ role: "rotator", password: new Password("admin-password-value") });
	await other.lock([world.role, secondRole].sort()[0]!);
	world.atTime(31 * 60, () => void other[Symbol.asyncDispose]());
	const { result } = await world.run(world.request(retire));
	expect(result).toMatchObject({ outcome: "completed", code: "retired" });
	expect(result.steps.at(-1)).toMatchObject({ lastCode: "role-busy" });
});

test("pods that are behind, and what was changed by hand, come first", async () => {
	const world = await rotated();
	world.database.alterRole(secondRole, { password: "changed by hand" });
	const { result } = await world.run(world.request(retire));
	expect(result).toMatchObject({ outcome: "skipped", code: "database-changed-by-hand" });
	expect(world.database.changes(world.role)).toBe(0);
});

test("an administrator's NOLOGIN is left alone", async () => {
	const world = await rotated();
	world.database.alterRole(world.role, { canLogin: false });
	const { result } = await world.run(world.request(retire));
	expect(result).toMatchObject({ outcome: "skipped", code: "role-cannot-login" });
	await expectUntouched(world);
});

test("a version that somebody disabled by hand is retired all the same, and once only", async () => {
	const world = await rotated();
	const [first] = world.vault.versions(name);
	await world.vault.store.disable({} as never, name, first!.version);
	const { result } = await world.run(world.request(retire));
	expect(result).toMatchObject({ outcome: "completed", code: "retired", retired: { versions: [] } });
	expect(await accepted(world)).toBe(false);
	expect((await world.run(world.request(retire))).result).toMatchObject({ outcome: "skipped", code: "not-to-retire" });
	expect(world.database.changes(world.role)).toBe(1);
});

test("before the first rotation, and after one from a user outside the pair, there is nothing to retire", async () => {
	const first = rotationWorld({ value: "turns" });
	expect((await first.run(first.request(retire))).result.code).toBe("not-to-retire");
	const taken = rotationWorld({ value: "turns" });
	taken.vault.versions(name);
	taken.vault.seed(name, '{"username":"somebody","password":"x"}', { created: new Date(0) });
	taken.vault.seed(name, taken.vault.versions(name)[0]!.value, { created: new Date(1000) });
	const { result } = await taken.run(taken.request(retire));
	expect(result).toMatchObject({ outcome: "skipped", code: "not-to-retire" });
	expect(taken.database.changes(secondRole)).toBe(0);
});

test("what may not be disabled opens nothing all the same, and is told until it may be", async () => {
	const world = await rotated();
	const allow = world.vault.deny("update", name);
	const { result } = await world.run(world.request(retire));
	expect(result).toMatchObject({ outcome: "interrupted", code: "vault-forbidden" });
	expect(await accepted(world)).toBe(false);
	expect(await world.agreement()).toEqual(inOrder);
	allow();
	expect((await world.run(world.request(retire))).result).toMatchObject({ outcome: "completed", code: "retired" });
	expect(enabled(world)).toEqual([false, true]);
});

test("a value that is accepted all the same is no retired one", async () => {
	const world = await rotated();
	const { accepts } = world.database.database;
	Object.assign(world.database.database, {
		accepts: async (login: Parameters<typeof accepts>[0]) => login.role === world.role || accepts(login),
	});
	const { result } = await world.run(world.request(retire));
	expect(result).toMatchObject({ outcome: "interrupted", code: "old-password-accepted" });
	expect(enabled(world)).toEqual([true, true]);
});

test("a rollback to what was retired is refused, and the next rotation gives its role a new password", async () => {
	const world = await rotated();
	const [first] = world.vault.versions(name);
	await world.run(world.request(retire));
	const back = { kind: "rollback", to: first!.version } as const;
	expect((await world.run(world.request(back))).result).toMatchObject({ outcome: "refused", code: "version-unusable" });
	const { result } = await world.run(world.request({ force: true }));
	expect(result.outcome).toBe("completed");
	expect(world.liveRole()).toBe(world.role);
	expect(await world.agreement()).toEqual(inOrder);
});

test("wherever the process dies, and whether its instance is lost, the next run ends well and the live role is left alone", async () => {
	const calm = await rotated();
	const from = calm.effects.length;
	await calm.run(calm.request(retire));
	const changes = calm.database.changes(secondRole);
	for (const [index, effect] of calm.effects.slice(from).entries()) {
		for (const when of ["before", "after"] as const) {
			for (const lose of ["dieAt", "loseInstanceAt"] as const) {
				const world = await rotated();
				world[lose](from + index + 1, when);
				await world.run(world.request(retire)).catch(() => {});
				expect(world.died()).toBe(true);
				await world.run(world.request(retire));
				const seen = { accepted: await accepted(world), enabled: enabled(world), ...(await world.agreement()) };
				expect({ effect, when, lose, ...seen }).toEqual({
					...{ effect, when, lose, accepted: false, enabled: [false, true] },
					...inOrder,
				});
				expect(world.database.changes(secondRole)).toBe(changes);
				expect((await world.chain()).bad).toBeUndefined();
			}
		}
	}
});
