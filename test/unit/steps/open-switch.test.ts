// A switch that was cut short is finished by the first who comes. The process dies at every effect of a rotation, and the new
// one looks for open switches before the durable activity comes again.

import { describe, expect, jest, test } from "@jest/globals";
import { budget } from "../../../src/lib/adapters/process/budget.ts";
import { Fault } from "../../../src/lib/domain/fault.ts";
import type { Notice } from "../../../src/lib/domain/notice.ts";
import { Password } from "../../../src/lib/domain/password.ts";
import { finishOpenSwitches } from "../../../src/lib/steps/open-switch.ts";
import { rotationWorld } from "../../support/rotation-world.ts";

type World = ReturnType<typeof rotationWorld>;

const logins = {
	self: { mode: "self" },
	"admin-secret": { mode: "admin-secret", secret: "admin-password", role: "rotator" },
};
const minutes = 60_000;

const looking = (world: World, attempt = "start-up") => {
	const notices: Notice[] = [];
	const look = (only?: string) =>
		finishOpenSwitches(
			world.ports,
			{ attempt, tell: (notice) => void notices.push(notice) },
			only === undefined ? undefined : ({ secret }) => secret === only,
		);
	return { look, notices };
};

/** What the log says that the app did by itself. */
const finishedByTheApp = (world: World) =>
	world.audit.records
		.map(({ data }) => data)
		.filter(({ actor, phase }) => actor.user.type === "app" && phase === "outcome")
		.map(({ step, code }) => `${step} ${code}`);

/** The effects of a rotation by their numbers. */
async function effectsOf(login: object) {
	const world = rotationWorld({ login });
	await world.run(world.request());
	return world.effects;
}

/** A rotation that died right after this effect, and whose instance is lost: nobody goes on with it. */
async function cutAfter(effect: string, options: { login?: object; setUp?: (world: World) => void } = {}) {
	const recorded = rotationWorld(options);
	options.setUp?.(recorded);
	await recorded.run(recorded.request());
	const world = rotationWorld(options);
	options.setUp?.(world);
	world.loseInstanceAt(recorded.effects.indexOf(effect) + 1, "after");
	await world.run(world.request()).catch(() => {});
	expect(world.died()).toBe(true);
	return world;
}
const afterAlter = (setUp?: (world: World) => void) => cutAfter("setPassword titanic_admin", { setUp });

describe.each(Object.entries(logins))("with login mode %s", (_, login) => {
	test("at whichever effect the process dies, the live password logs in before the durable activity comes again", async () => {
		const effects = await effectsOf(login);
		let finishing = 0;
		for (const [index, effect] of effects.entries()) {
			for (const when of ["before", "after"] as const) {
				const world = rotationWorld({ login });
				world.dieAt(index + 1, when);
				let atStart: object | undefined;
				world.onRestart(async () => {
					const { look } = looking(world);
					const { finished } = await look();
					finishing += finished.length;
					const { liveLogsIn, derivedAgrees } = await world.agreement();
					atStart = { liveLogsIn, derivedAgrees };
				});
				const { result } = await world.run(world.request());
				const { bad, openIntents } = await world.chain();
				expect({ effect, when, atStart, ...(await world.agreement()) }).toEqual({
					...{ effect, when, atStart: { liveLogsIn: true, derivedAgrees: true } },
					...{ liveLogsIn: true, derivedAgrees: true, isNew: true },
				});
				expect({ effect, when, outcome: result.outcome, values: world.values().size, bad, openIntents }).toEqual({
					...{ effect, when, outcome: "completed", values: 2, bad: undefined, openIntents: [] },
				});
				// Asked last: an unmark that died leaves its mark, and nothing is open.
				expect((await looking(world).look()).anyLeft).toBe(false);
			}
		}
		expect(finishing).toBeGreaterThan(3);
	});

	test("the process that finishes it may die at every effect too", async () => {
		const effects = await effectsOf(login);
		const altered = effects.indexOf("setPassword titanic_admin") + 1;
		for (let nth = 1; ; nth++) {
			for (const when of ["before", "after"] as const) {
				const world = rotationWorld({ login });
				world.dieAt(altered, "after");
				let met = false;
				world.onRestart(async () => {
					const from = world.effects.length;
					world.dieAt(from + nth, when);
					await looking(world).look();
					met = world.effects.length >= from + nth;
					world.onRestart(async () => {});
				});
				const { result } = await world.run(world.request());
				if (!met) {
					expect(nth).toBeGreaterThan(4);
					return;
				}
				const { bad, openIntents } = await world.chain();
				expect({ nth, when, outcome: result.outcome, bad, openIntents, ...(await world.agreement()) }).toEqual({
					...{ nth, when, outcome: "completed", bad: undefined, openIntents: [] },
					...{ liveLogsIn: true, derivedAgrees: true, isNew: true },
				});
			}
		}
	});
});

test("a switch that died after ALTER ROLE is finished, recorded as the app's, and its mark is taken away", async () => {
	const world = await afterAlter();
	expect((await world.agreement()).liveLogsIn).toBe(false);
	const { look, notices } = looking(world);
	expect(await look()).toEqual({ finished: ["db-password"], anyLeft: false });
	expect(await world.agreement()).toEqual({ liveLogsIn: true, derivedAgrees: true, isNew: true });
	expect(finishedByTheApp(world)).toEqual([
		"setSecret password-set",
		"testSecret login-accepted",
		"finishSecret published",
	]);
	expect(await world.records.openSwitches()).toEqual([]);
	expect(notices).toEqual([]);
});

/** Each ALTER ROLE, and each write of the live secret that succeeds, takes so long until it is answered. */
const slowly = (world: World, ms: number) =>
	world.onEffect((effect) => {
		if (["setPassword titanic_admin", "write db-password"].includes(effect)) world.pass(ms);
	});

test("the gap is the sum over all tries: each of them closes its own by the way back", async () => {
	const world = rotationWorld();
	slowly(world, 100);
	world.vault.fail({ code: "vault-throttled", call: "write", secret: "db-password", times: 2 });
	const { result } = await world.run(world.request());
	expect(result.outcome).toBe("completed");
	// Of the first two what it takes to set the old password again, and of the last one the write.
	expect(result.gapMs).toBe(100 + 100 + 100);
});

test("where the process died in the gap, it began with that try's mark, and ended when the next one published", async () => {
	const world = rotationWorld();
	const effects = await effectsOf({ mode: "self" });
	world.dieAt(effects.indexOf("setPassword titanic_admin") + 1, "after");
	world.onRestart(async () => world.pass(7_000));
	const { result } = await world.run(world.request());
	expect(result).toMatchObject({ outcome: "completed", gapMs: expect.any(Number) });
	expect(result.gapMs).toBeGreaterThanOrEqual(7_000);
	expect(result.gapMs).toBeLessThan(15_000);
});

test("where a look finished it, the rotation's own record still tells the gap", async () => {
	const world = rotationWorld();
	const effects = await effectsOf({ mode: "self" });
	world.dieAt(effects.indexOf("setPassword titanic_admin") + 1, "after");
	world.onRestart(async () => {
		world.pass(3_000);
		expect((await looking(world).look()).finished).toEqual(["db-password"]);
		world.pass(60_000);
	});
	const { result } = await world.run(world.request());
	expect(result.outcome).toBe("completed");
	expect(result.gapMs).toBeGreaterThanOrEqual(3_000);
	expect(result.gapMs).toBeLessThan(5_000);
});

test("a try that died before ALTER ROLE left no gap", async () => {
	const world = rotationWorld();
	const effects = await effectsOf({ mode: "self" });
	world.dieAt(effects.indexOf("setPassword titanic_admin") + 1, "before");
	world.onRestart(async () => world.pass(7_000));
	slowly(world, 20);
	const { result } = await world.run(world.request());
	expect(result).toMatchObject({ outcome: "completed", gapMs: 20 });
});

test("another rotation's gap is not this one's", async () => {
	const world = rotationWorld();
	slowly(world, 100);
	world.vault.fail({ code: "vault-throttled", call: "write", secret: "db-password", times: 1 });
	await world.run(world.request());
	const { result } = await world.run(world.request({ force: true }));
	expect(result).toMatchObject({ outcome: "completed", gapMs: 100 });
});

test("a mark of a secret that nothing is open for starts nothing and writes nothing", async () => {
	const world = rotationWorld();
	await world.records.markSwitch("db-password");
	const from = world.effects.length;
	expect(await looking(world).look()).toEqual({ finished: [], anyLeft: false });
	expect(world.effects.slice(from)).toEqual([]);
	expect(world.audit.records).toEqual([]);
});

test("a switch that died before ALTER ROLE is left to its own activity: a look sets no password", async () => {
	const world = await cutAfter("records mark");
	expect(world.vault.versions("db-password-pending").at(-1)?.enabled).toBe(true);
	const from = world.effects.length;
	expect(await looking(world).look()).toEqual({ finished: [], anyLeft: false });
	expect(world.effects.slice(from)).toEqual([]);
	expect(await world.agreement()).toEqual({ liveLogsIn: true, derivedAgrees: true, isNew: false });
});

test("a mark that is older than any execution is taken away where whoever reads the vault gets in", async () => {
	const world = rotationWorld();
	await world.records.markSwitch("db-password");
	world.pass(10 * minutes);
	await looking(world).look();
	expect(await world.records.openSwitches()).toHaveLength(1);
	world.pass(1);
	await looking(world).look();
	expect(await world.records.openSwitches()).toEqual([]);
});

test("a switch that another instance runs is left alone, and its mark too", async () => {
	const world = await afterAlter();
	const pending = new Password(world.vault.versions("db-password-pending").at(-1)!.value);
	await using session = await world.database.database.open({ role: world.role, password: pending });
	await session.lock(world.role);
	const { look, notices } = looking(world);
	expect(await look()).toEqual({ finished: [], anyLeft: true });
	expect((await world.agreement()).isNew).toBe(false);
	expect(notices).toContainEqual(expect.objectContaining({ code: "role-busy", transient: true }));
	expect(await world.records.openSwitches()).toHaveLength(1);
});

test("of two instances that start at once one publishes, and there is one new version", async () => {
	const world = await afterAlter();
	const ends = await Promise.all([looking(world, "a").look(), looking(world, "b").look()]);
	expect(ends.flatMap(({ finished }) => finished)).toContain("db-password");
	expect(world.vault.versions("db-password")).toHaveLength(2);
	expect(await world.agreement()).toEqual({ liveLogsIn: true, derivedAgrees: true, isNew: true });
	expect((await world.chain()).bad).toBeUndefined();
});

const unfinished: Record<string, { spoil: (world: World) => unknown; anyLeft: boolean }> = {
	"the secret was taken out of the configuration": {
		spoil: (world) => {
			world.config.secrets = {} as typeof world.config.secrets;
		},
		anyLeft: false,
	},
	"its pending secret was deleted": {
		spoil: ({ vault }) => vault.remove("db-password-pending"),
		anyLeft: true,
	},
	"the database cannot be reached": { spoil: ({ database }) => void database.cut(), anyLeft: true },
	"the vault cannot be reached": { spoil: ({ vault }) => void vault.cut(), anyLeft: true },
	"the records cannot be reached": { spoil: ({ records }) => void records.cut(), anyLeft: true },
	"the audit log cannot be written": { spoil: ({ audit }) => void audit.cut(), anyLeft: true },
	"the configuration is broken": {
		spoil: (world) => {
			world.config = {} as typeof world.config;
		},
		anyLeft: true,
	},
};

test.each(Object.entries(unfinished))(
	"where %s nothing is changed, nothing is thrown, and the mark stays",
	async (_, { spoil, anyLeft }) => {
		const world = await afterAlter();
		await spoil(world);
		const from = world.effects.length;
		const changes = world.database.changes(world.role);
		expect(await looking(world).look()).toEqual({ finished: [], anyLeft });
		expect(world.database.changes(world.role)).toBe(changes);
		expect(world.effects.slice(from).filter((effect) => !effect.startsWith("audit"))).toEqual([]);
	},
);

const otherId = "00000000-0000-4000-8000-00000000000f";
const covering: Record<string, (world: World) => unknown> = {
	"a disabled one": ({ vault }) => vault.seed("db-password-pending", "disabled", { enabled: false }),
	"one that the database has not got": ({ vault }) =>
		vault.seed("db-password-pending", "planted", {
			tags: { "rotation-id": `db-password.${otherId}`, "base-version": vault.versions("db-password").at(-1)!.version },
		}),
	"one that names a rotation of another secret": ({ vault }) =>
		vault.seed("db-password-pending", "planted", { tags: { "rotation-id": `other.${otherId}`, "base-version": "b" } }),
};

test.each(Object.entries(covering))(
	"a pending version that is covered by %s is left to the next trigger: somebody may be replacing it",
	async (_, cover) => {
		const world = await afterAlter();
		await cover(world);
		expect(await looking(world).look()).toEqual({ finished: [], anyLeft: true });
		const { result } = await world.run(world.request({ actor: { kind: "timer" } }));
		expect(result.outcome).toBe("completed");
		expect(await world.agreement()).toEqual({ liveLogsIn: true, derivedAgrees: true, isNew: true });
	},
);

test("a pending secret that somebody planted sets no password, although an admin role could", async () => {
	const world = await cutAfter("setPassword titanic_admin", { login: logins["admin-secret"] });
	world.vault.seed("db-password-pending", "planted", {
		tags: { "rotation-id": "db-password.00000000-0000-4000-8000-00000000000f", "base-version": world.live().version },
	});
	expect(await looking(world).look()).toEqual({ finished: [], anyLeft: true });
	expect(await world.accepts("planted")).toBe(false);
	expect(world.vault.versions("db-password").map(({ value }) => value)).not.toContain("planted");
});

test("what is down at the first look is finished by a later one", async () => {
	const world = await afterAlter();
	const mend = world.vault.cut();
	expect((await looking(world).look()).anyLeft).toBe(true);
	mend();
	expect(await looking(world).look()).toEqual({ finished: ["db-password"], anyLeft: false });
});

test("where the vault refuses the new version for good the old password logs in again", async () => {
	const world = await afterAlter();
	world.vault.deny("write", "db-password");
	expect((await looking(world).look()).finished).toEqual([]);
	expect(await world.agreement()).toEqual({ liveLogsIn: true, derivedAgrees: true, isNew: false });
	expect(finishedByTheApp(world)).toContain("setSecret set-again");
});

test("published, and a derived secret not: it follows", async () => {
	const world = await cutAfter("write db-password");
	expect(await world.agreement()).toMatchObject({ liveLogsIn: true, derivedAgrees: false });
	expect((await looking(world).look()).finished).toEqual(["db-password"]);
	expect(await world.agreement()).toEqual({ liveLogsIn: true, derivedAgrees: true, isNew: true });
});

test.each(["vault", "server"])("a look does not wait for room at the %s, and leaves no intent open", async (system) => {
	const world = await cutAfter("write db-password");
	const budgetOfOne = budget({ most: 1 });
	const refuse = () => new Fault("vault-queued", { vault: "main" });
	const takenByAnother = await budgetOfOne.room(1, "another", refuse);
	const { store } = world.vault;
	const { database } = world.database;
	const { open } = database;
	if (system === "vault") store.room = (_, who, options) => budgetOfOne.room(1, who, refuse, options);
	else
		database.open = async (login, options = {}) => {
			if (!options.outOfTurn) (await budgetOfOne.room(1, login.role, refuse, options))[Symbol.dispose]();
			return open(login, options);
		};
	const ofTheDead = await world.audit.missingOutcomes();
	// No time passes: one that waited would never end.
	jest.useFakeTimers({ doNotFake: ["setImmediate", "nextTick", "queueMicrotask", "Date", "performance"] });
	try {
		expect(await looking(world).look()).toEqual({ finished: [], anyLeft: true });
	} finally {
		jest.useRealTimers();
	}
	expect(await world.audit.missingOutcomes()).toEqual(ofTheDead);
	takenByAnother[Symbol.dispose]();
	expect((await looking(world).look()).finished).toEqual(["db-password"]);
});

test("a reconciliation that had set its password is finished, and one that had not is left to its own activity", async () => {
	for (const when of ["before", "after"] as const) {
		const open = () => {
			const world = rotationWorld();
			world.database.alterRole(world.role, { password: "by-hand" });
			world.config.secrets["db-password"].login = {
				mode: "self",
				recovery: { secret: "admin-password", role: "rotator" },
			};
			return world;
		};
		const reconcile = { kind: "reconcile", direction: "new-password" } as const;
		const recorded = open();
		const asked = await recorded.run(recorded.request(reconcile));
		expect(asked.result.outcome).toBe("completed");
		const world = open();
		world.loseInstanceAt(recorded.effects.indexOf("setPassword titanic_admin") + 1, when);
		await world.run(world.request(reconcile)).catch(() => {});
		const { finished, anyLeft } = await looking(world).look();
		expect({ when, finished, anyLeft, in: (await world.agreement()).liveLogsIn }).toEqual(
			when === "after"
				? { when, finished: ["db-password"], anyLeft: false, in: true }
				: { when, finished: [], anyLeft: true, in: false },
		);
	}
});

test("a rotation goes on without its mark while the records cannot be written, and says so", async () => {
	const world = rotationWorld();
	const { records } = world;
	let mend = () => {};
	world.onEffect((effect) => {
		if (effect === "write db-password-pending") mend = records.cut();
		if (effect === "write db-connection-string") mend();
	});
	const { result } = await world.run(world.request());
	expect(result.outcome).toBe("completed");
	expect(world.notices).toContainEqual(
		expect.objectContaining({ event: "fault", code: "records-unavailable", secret: "db-password" }),
	);
	expect(await records.openSwitches()).toEqual([]);
});

test("the mark is there before the database hears of the password, and gone when all is published", async () => {
	const effects = await effectsOf(logins.self);
	const order = ["write db-password-pending", "records mark", "setPassword titanic_admin", "write db-password"];
	expect(effects.filter((effect) => [...order, "records unmark"].includes(effect))).toEqual([
		...order,
		"records unmark",
	]);
});
