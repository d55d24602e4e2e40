// An order about a compromised value: once another one is live, the value before opens nothing, and its sessions end.

import { describe, expect, test } from "@jest/globals";
import { Password } from "../../../src/lib/domain/password.ts";
import { rotationWorld, secondRole } from "../../support/rotation-world.ts";

const name = "db-password";
const order = { force: true, compromised: true, actor: { kind: "operator", id: "me" } } as const;
const inOrder = { liveLogsIn: true, derivedAgrees: true, isNew: true };

type Options = Parameters<typeof rotationWorld>[0];
type World = ReturnType<typeof rotationWorld>;
const admin = { mode: "admin-secret", secret: "admin-password", role: "rotator" };
const worlds: Record<string, Options> = {
	"a role that changes itself": {},
	"a role that an admin changes": { login: admin },
	"two roles that take turns": { value: "turns" },
};

/** Anyone who has the value. */
const intruder = ({ database, role, firstPassword }: World) =>
	database.database.open({ role, password: new Password(firstPassword) });
const isOver = async (session: Awaited<ReturnType<typeof intruder>>) =>
	session.lockHolder("rotator").then(
		() => false,
		() => true,
	);
const enabled = (world: World) => world.vault.versions(name).map((one) => one.enabled);

function open(options: Options): World {
	const world = rotationWorld(options);
	world.database.alterRole("rotator", { maySignal: true });
	return world;
}

describe.each(Object.entries(worlds))("%s", (_, options) => {
	test.each(["straight", "replayed"] as const)(
		"the value before is refused, its sessions end, its version is disabled, and the record says how soon, %s",
		async (mode) => {
			const world = open(options);
			const session = await intruder(world);
			const { result } = await world.run(world.request(order), mode);
			const [first] = world.vault.versions(name);
			const compromise = { endedSessions: 1, versions: [first!.version], closedAfterSeconds: expect.any(Number) };
			expect(result).toMatchObject({ outcome: "completed", code: "forced", compromise });
			expect(result.compromise?.left).toBeUndefined();
			expect(await isOver(session)).toBe(true);
			expect(await world.accepts(world.firstPassword)).toBe(false);
			expect(enabled(world)).toEqual([false, true]);
			expect(await world.agreement()).toEqual(inOrder);
			expect((await world.chain()).openIntents).toEqual([]);
			expect((await world.records.rotation(result.rotationId))?.compromise).toEqual(result.compromise);
		},
	);

	test("a forced rotation that nobody calls so ends no session", async () => {
		const world = open(options);
		const session = await intruder(world);
		const { result } = await world.run(world.request({ ...order, compromised: false }));
		expect(result).not.toHaveProperty("compromise");
		expect(await isOver(session)).toBe(false);
		expect(enabled(world)).toEqual([true, true]);
	});

	test("a version that may not be disabled is told, and the rotation is completed all the same", async () => {
		const world = open(options);
		world.vault.deny("update", name);
		const { result } = await world.run(world.request(order));
		expect(result).toMatchObject({ outcome: "completed", compromise: { left: { code: "vault-forbidden" } } });
		expect(result.compromise).not.toHaveProperty("closedAfterSeconds");
		expect(await world.accepts(world.firstPassword)).toBe(false);
	});

	test("wherever the process dies, it comes to the same end", async () => {
		const calm = open(options);
		await calm.run(calm.request(order));
		for (const [index, effect] of calm.effects.entries()) {
			for (const when of ["before", "after"] as const) {
				const world = open(options);
				world.dieAt(index + 1, when);
				const { result } = await world.run(world.request(order));
				const { outcome, compromise } = result;
				const seen = { outcome, left: compromise?.left, enabled: enabled(world), ...(await world.agreement()) };
				const accepted = await world.accepts(world.firstPassword);
				expect({ effect, when, accepted, ...seen }).toEqual({
					...{ effect, when, accepted: false, outcome: "completed", left: undefined, enabled: [false, true] },
					...inOrder,
				});
				expect(world.died()).toBe(true);
			}
		}
	});
});

test("an admin who may not end the sessions of others says whose are left, and what opens nothing is so all the same", async () => {
	for (const options of [{ login: admin }, { value: "turns" }] as const) {
		const world = rotationWorld(options);
		const session = await intruder(world);
		const { result } = await world.run(world.request(order));
		expect(result).toMatchObject({ outcome: "completed", compromise: { endedSessions: 0 } });
		expect(result.compromise?.left).toMatchObject({ code: "sessions-left", message: expect.stringContaining("pid 1") });
		expect(result.compromise).not.toHaveProperty("closedAfterSeconds");
		expect(await isOver(session)).toBe(false);
		expect(await world.accepts(world.firstPassword)).toBe(false);
		expect(enabled(world)).toEqual([false, true]);
	}
});

test("a session that began with the new password goes on", async () => {
	const world = open({});
	const sessions: Awaited<ReturnType<typeof intruder>>[] = [];
	let late = false;
	world.onEffect(async (effect) => {
		if (!effect.startsWith("roll ") || late) return;
		late = true;
		world.pass(120_000);
		sessions.push(await world.database.database.open({ role: world.role, password: new Password(world.live().value) }));
	});
	const { result } = await world.run(world.request(order));
	expect(result).toMatchObject({ outcome: "completed", compromise: { endedSessions: 0 } });
	expect(sessions).toHaveLength(1);
	expect(await isOver(sessions[0]!)).toBe(false);
});

test("of two roles, nothing is taken from pods that have not got the other one's; once they have, there is no grace", async () => {
	const world = open({ value: "turns" });
	world.deployment.copyLooks = Number.POSITIVE_INFINITY;
	const { result } = await world.run(world.request(order));
	expect(result).toMatchObject({
		...{ outcome: "published-not-delivered", code: "copy-timeout" },
		compromise: { endedSessions: 0, versions: [], left: { code: "copy-timeout" } },
	});
	expect(await world.accepts(world.firstPassword)).toBe(true);
	world.deployment.copyLooks = 0;
	expect((await world.run(world.request({ kind: "deliver" }))).result.outcome).toBe("completed");
	const retired = await world.run(world.request({ kind: "retire" }));
	expect(retired.result).toMatchObject({ outcome: "completed", code: "retired" });
	expect(await world.accepts(world.firstPassword)).toBe(false);
	expect(world.liveRole()).toBe(secondRole);
});

test("of two roles, what a rotation has retired is not retired once more by the sweep, unless something is left", async () => {
	const world = open({ value: "turns" });
	await world.run(world.request(order));
	expect((await world.run(world.request({ kind: "retire" }))).result.code).toBe("not-to-retire");
	const denied = rotationWorld({ value: "turns" });
	await intruder(denied);
	await denied.run(denied.request(order));
	expect((await denied.run(denied.request({ kind: "retire" }))).result.code).toBe("role-in-use");
});

test("of one role, the sessions end although some pod has not got the new value, and the version stays for it", async () => {
	const world = open({ login: admin });
	world.deployment.copyLooks = Number.POSITIVE_INFINITY;
	const session = await intruder(world);
	const { result } = await world.run(world.request(order));
	expect(result).toMatchObject({ outcome: "published-not-delivered", compromise: { endedSessions: 1, versions: [] } });
	expect(await isOver(session)).toBe(true);
	expect(enabled(world)).toEqual([true, true]);
});

test("a value that is accepted all the same is told, and no session is ended for nothing", async () => {
	const world = open({ login: admin });
	const { accepts } = world.database.database;
	Object.assign(world.database.database, {
		accepts: async (login: Parameters<typeof accepts>[0]) =>
			login.password.equals(new Password(world.firstPassword)) || accepts(login),
	});
	const session = await intruder(world);
	const { result } = await world.run(world.request(order));
	expect(result).toMatchObject({ outcome: "completed", compromise: { left: { code: "old-password-accepted" } } });
	expect(await isOver(session)).toBe(false);
});
