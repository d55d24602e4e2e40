// The critical section while somebody else writes to vault or database in the middle of it: each line that guards it against
// that, by what would be lost without it. The crashes of one alone are in ../orchestrators/crash.test.ts.

import { describe, expect, test } from "@jest/globals";
import { Fault } from "../../../src/lib/domain/fault.ts";
import { Password } from "../../../src/lib/domain/password.ts";
import type { Credential, Database, DatabaseSession, SessionOptions } from "../../../src/lib/ports/database.ts";
import { rotationWorld } from "../../support/rotation-world.ts";

type World = ReturnType<typeof rotationWorld>;

const another = "db-password.00000000-0000-4000-8000-00000000000f";
const pendingStored = "audit createSecret outcome";
const altered = (world: World) => `setPassword ${world.role}`;
const inOrder = { liveLogsIn: true, derivedAgrees: true, isNew: true };
const asBefore = { liveLogsIn: true, derivedAgrees: true, isNew: false };

/** Does this once, right after that effect. */
function once(world: World, after: string, act: () => void): void {
	let isOver = false;
	world.onEffect((effect) => {
		if (isOver || effect !== after) return;
		isOver = true;
		act();
	});
}

/** Puts something between the product and the database; the world itself goes on asking the database. */
function between(world: World, change: (real: Database) => Partial<Database>): void {
	const real = world.database.database;
	Object.assign(world.ports, { database: async () => ({ ...real, ...change(real) }) });
}

/** What is so while the step waits to come again. */
function whileItWaits(world: World, look: () => Promise<boolean>): Promise<boolean> {
	return new Promise((resolve) => world.atTime(1, () => resolve(look())));
}

function withSecondDerived(options?: Parameters<typeof rotationWorld>[0]): World {
	const world = rotationWorld(options);
	const { derived } = world.config.secrets["db-password"];
	derived.push({ secret: "db-jdbc-url", template: "jdbc:postgresql://{host}/{database}?password={password}" });
	return world;
}

describe("another session", () => {
	test("that holds the role's lock is waited for, and the password is not changed meanwhile", async () => {
		const world = rotationWorld();
		const other = await world.database.database.open({ role: world.role, password: new Password(world.firstPassword) });
		let isHeld = false;
		let changedMeanwhile = false;
		world.onEffect((effect) => {
			if (effect === pendingStored) {
				void other.lock(world.role);
				isHeld = true;
				world.atTime(60, () => {
					void other[Symbol.asyncDispose]();
					isHeld = false;
				});
			}
			if (effect === altered(world)) changedMeanwhile = isHeld;
		});
		const { result } = await world.run(world.request());
		expect({ outcome: result.outcome, changedMeanwhile }).toEqual({ outcome: "completed", changedMeanwhile: false });
		expect(await world.agreement()).toEqual(inOrder);
	});

	test("that published while this one was held up before its lock keeps its password", async () => {
		const world = rotationWorld();
		let isHeldUp = false;
		between(world, (real) => ({
			async open(credential: Credential): Promise<DatabaseSession> {
				const session = await real.open(credential);
				if (isHeldUp) {
					isHeldUp = false;
					world.database.alterRole(world.role, { password: "of-the-other-one" });
					world.vault.seed("db-password", "of-the-other-one", { tags: { "rotation-id": another } });
				}
				return session;
			},
		}));
		once(world, pendingStored, () => {
			isHeldUp = true;
		});
		await world.run(world.request());
		expect(world.live().value).toBe("of-the-other-one");
		expect(await world.accepts("of-the-other-one")).toBe(true);
	});

	test("may be there where the lock is lost before anything is set: then nothing is", async () => {
		const world = rotationWorld();
		let isLost = false;
		between(world, (real) => ({
			async open(credential: Credential): Promise<DatabaseSession> {
				const session = await real.open(credential);
				const lock = async (role: string) => {
					await session.lock(role);
					if (!isLost) world.database.releaseLocks();
					isLost = true;
				};
				return { ...session, lock };
			},
		}));
		const { result } = await world.run(world.request());
		expect(isLost).toBe(true);
		expect(result.outcome).toBe("completed");
		expect(world.database.changes(world.role)).toBe(1);
		expect(await world.agreement()).toEqual(inOrder);
	});

	test("that published after this one had published does not stay live with a password that nobody has", async () => {
		const world = rotationWorld();
		once(world, "write db-connection-string", () => world.vault.seed("db-password", "late-write", { tags: {} }));
		const { result } = await world.run(world.request());
		expect(result.outcome).toBe("completed");
		expect(world.live().value).not.toBe("late-write");
		expect(await world.agreement()).toEqual(inOrder);
	});
});

describe("a version that somebody wrote", () => {
	test("over the pending secret is not what is published", async () => {
		const world = rotationWorld();
		const tags = { "rotation-id": another, "base-version": world.live().version };
		once(world, pendingStored, () => world.vault.seed("db-password-pending", "planted", { tags }));
		await world.run(world.request());
		expect(world.live().value).not.toBe("planted");
		expect(await world.accepts("planted")).toBe(false);
		expect((await world.agreement()).liveLogsIn).toBe(true);
	});

	test.each([
		{ title: "which the database has too", inDatabase: true },
		{ title: "which the database has not", inDatabase: false },
	])("over the live secret, $title, is left to whoever wrote it", async ({ inDatabase }) => {
		const world = rotationWorld();
		once(world, pendingStored, () => {
			world.vault.seed("db-password", "by-hand", {});
			if (inDatabase) world.database.alterRole(world.role, { password: "by-hand" });
		});
		const { result } = await world.run(world.request());
		expect(result).toMatchObject({ outcome: "refused", code: "live-changed" });
		expect(world.live().value).toBe("by-hand");
		expect(await world.accepts(inDatabase ? "by-hand" : world.firstPassword)).toBe(true);
	});

	test("over the live secret after ALTER ROLE does not keep the new password from being published", async () => {
		const world = rotationWorld();
		once(world, altered(world), () => {
			world.vault.seed("db-password", "by-hand", {});
			world.vault.fail({ code: "vault-unreachable", call: "write", secret: "db-password" });
			world.vault.fail({ code: "vault-unreachable", call: "read", secret: "db-password" });
		});
		const { result } = await world.run(world.request());
		expect(result.outcome).toBe("completed");
		expect(await world.agreement()).toEqual(inOrder);
	});

	test("over a derived secret is not taken back with the rotation's own", async () => {
		const world = withSecondDerived();
		world.vault.deny("write", "db-jdbc-url");
		once(world, "write db-connection-string", () => world.vault.seed("db-connection-string", "by hand", {}));
		await world.run(world.request());
		expect(world.vault.versions("db-connection-string").at(-1)?.value).toBe("by hand");
		expect(await world.accepts(world.firstPassword)).toBe(true);
	});
});

describe("a pending secret", () => {
	/** The process dies after this effect, and meanwhile somebody deletes the pending secret. */
	async function deletedAfter(effect: (world: World) => string) {
		const recorded = rotationWorld();
		await recorded.run(recorded.request());
		const world = rotationWorld();
		world.dieAt(recorded.effects.indexOf(effect(world)) + 1, "after");
		world.onRestart(async () => world.vault.remove("db-password-pending"));
		const { result } = await world.run(world.request());
		return { world, result };
	}

	test("that is deleted once its password is live is not needed any more", async () => {
		const { world, result } = await deletedAfter(() => "write db-password");
		expect(result.outcome).toBe("completed");
		expect(await world.agreement()).toEqual(inOrder);
	});

	test("that is deleted while only the database has its password is told as that", async () => {
		const { world, result } = await deletedAfter(altered);
		expect(result).toMatchObject({ outcome: "interrupted", code: "pending-deleted" });
		expect(world.live().value).toBe(world.firstPassword);
	});

	test("that cannot be read for a moment is read again", async () => {
		const world = rotationWorld();
		once(world, pendingStored, () => {
			world.vault.fail({ code: "vault-unreachable", call: "read", secret: "db-password-pending" });
		});
		const { result } = await world.run(world.request());
		expect(result.outcome).toBe("completed");
		expect(await world.agreement()).toEqual(inOrder);
	});
});

describe("the old password", () => {
	test("is in force again while nobody can tell whether the new one logs in", async () => {
		const world = rotationWorld();
		let isFull = false;
		between(world, (real) => ({
			async accepts(credential: Credential) {
				if (isFull) throw new Fault("server-full", { server: "titanic-db" });
				return real.accepts(credential);
			},
		}));
		let waiting: Promise<boolean> | undefined;
		once(world, altered(world), () => {
			isFull = true;
			waiting = whileItWaits(world, () => {
				isFull = false;
				return world.accepts(world.firstPassword);
			});
		});
		const { result } = await world.run(world.request());
		expect(await waiting).toBe(true);
		expect(result.outcome).toBe("completed");
		expect(await world.agreement()).toEqual(inOrder);
	});

	test("is in force again while the vault, which did not take the new one, is waited for", async () => {
		const world = rotationWorld();
		world.vault.fail({ code: "vault-unreachable", call: "write", secret: "db-password" });
		let waiting: Promise<boolean> | undefined;
		once(world, altered(world), () => {
			waiting = whileItWaits(world, () => world.accepts(world.firstPassword));
		});
		const { result } = await world.run(world.request());
		expect(await waiting).toBe(true);
		expect(result.outcome).toBe("completed");
	});

	test("is in force again where the vault throttles, before anything is read", async () => {
		const world = rotationWorld();
		world.vault.fail({ code: "vault-throttled", call: "write", secret: "db-password" });
		let waiting: Promise<boolean> | undefined;
		once(world, altered(world), () => {
			world.vault.fail({ code: "vault-unreachable", call: "read", secret: "db-password" });
			waiting = whileItWaits(world, () => world.accepts(world.firstPassword));
		});
		const { result } = await world.run(world.request());
		expect(await waiting).toBe(true);
		expect(result.outcome).toBe("completed");
	});

	test("is not set again when only the answer of the vault was lost", async () => {
		const world = rotationWorld();
		world.vault.fail({ code: "vault-unreachable", when: "after", call: "write", secret: "db-password" });
		const { result } = await world.run(world.request());
		expect(result.outcome).toBe("completed");
		expect(world.database.changes(world.role)).toBe(1);
		expect(world.vault.versions("db-password")).toHaveLength(2);
	});

	test.each(["pässword", "pass\tword", "password\n", "pass😀word"])(
		"(%j) is in force again where the vault refuses the new one",
		async (password) => {
			const world = rotationWorld();
			world.vault.seed("db-password", password);
			world.database.alterRole(world.role, { password });
			world.vault.deny("write", "db-password");
			const { result } = await world.run(world.request({ force: true }));
			expect(result).toMatchObject({ outcome: "compensated", code: "vault-forbidden" });
			expect(world.database.changes(world.role)).toBe(2);
			expect(await world.accepts(password)).toBe(true);
		},
	);

	test("stays live where the new one does not log in", async () => {
		const world = rotationWorld();
		between(world, (real) => ({
			async open(credential: Credential): Promise<DatabaseSession> {
				// As behind a pooler: what is set, is set elsewhere.
				const session = await real.open(credential);
				return Object.assign(session, { setPassword: async () => {} });
			},
		}));
		const { result } = await world.run(world.request());
		expect(result).toMatchObject({ outcome: "compensated", code: "new-password-rejected" });
		expect(await world.agreement()).toEqual(asBefore);
	});

	test("is not published again because a derived secret has to be written twice", async () => {
		const world = rotationWorld();
		world.vault.fail({ code: "vault-throttled", call: "write", secret: "db-connection-string", times: 2 });
		const { result } = await world.run(world.request());
		expect(result.outcome).toBe("completed");
		expect(world.vault.versions("db-password")).toHaveLength(2);
	});

	test("is not held up in the step by a vault that throttles a derived secret: the step comes again, and tells what it waits for", async () => {
		const world = rotationWorld();
		const { write } = world.vault.store;
		const urgent: string[] = [];
		world.vault.store.write = (intent, name, content, options) => {
			if (options?.atOnce) urgent.push(name);
			return write(intent, name, content, options);
		};
		world.vault.fail({ code: "vault-throttled", call: "write", secret: "db-connection-string", times: 1 });
		const { result, statuses } = await world.run(world.request());
		expect(result.outcome).toBe("completed");
		expect(urgent).toEqual(["db-password", "db-connection-string", "db-connection-string"]);
		expect(JSON.stringify(statuses)).toContain('"retrying":{"code":"vault-throttled"');
		expect(await world.agreement()).toEqual(inOrder);
	});

	test("is not called in force where neither vault nor database can be asked", async () => {
		const world = rotationWorld({ mostAttempts: 4 });
		let allow: (() => void)[] = [];
		once(world, altered(world), () => {
			allow = (["read", "write"] as const).map((right) => world.vault.deny(right, "db-password"));
		});
		const { result } = await world.run(world.request());
		expect(result).toMatchObject({ outcome: "interrupted", code: "switch-unsettled" });
		expect(world.vault.versions("db-password-pending").at(-1)?.enabled).toBe(true);

		for (const one of allow) one();
		expect((await world.run(world.request())).result.outcome).toBe("completed");
		expect(await world.agreement()).toEqual(inOrder);
	});
});

describe("room for what is to be written", () => {
	/** From now on there is none, until the function that this gives is called. */
	const noRoom = (world: World) => {
		const { store } = world.vault;
		const { room } = store;
		const asked: number[] = [];
		store.room = async (writes) => {
			asked.push(writes);
			throw new Fault("vault-queued", { vault: "main" });
		};
		return { asked, end: () => void Object.assign(store, { room }) };
	};

	test("is asked for before the password is changed, for the way back too, and is waited for", async () => {
		const world = withSecondDerived();
		let queue: ReturnType<typeof noRoom> | undefined;
		let changesMeanwhile: number | undefined;
		world.onEffect((effect) => {
			if (effect !== pendingStored) return;
			queue = noRoom(world);
			world.atTime(100, () => {
				changesMeanwhile = world.database.changes(world.role);
				queue?.end();
			});
		});
		const { result, statuses } = await world.run(world.request());
		expect(queue?.asked[0]).toBe(6);
		expect(changesMeanwhile).toBe(0);
		expect(JSON.stringify(statuses)).toContain('"retrying":{"code":"vault-queued"');
		expect(result.outcome).toBe("completed");
		expect(world.database.changes(world.role)).toBe(1);
	});

	test("is given back at the end, whatever the end is", async () => {
		for (const denied of [undefined, "db-connection-string"]) {
			const world = rotationWorld();
			if (denied) world.vault.deny("write", denied);
			let held = 0;
			const { room } = world.vault.store;
			world.vault.store.room = async (writes, who) => {
				const given = new DisposableStack();
				given.use(await room(writes, who));
				held += writes;
				given.defer(() => {
					held -= writes;
				});
				return given;
			};
			await world.run(world.request());
			expect(held).toBe(0);
		}
	});

	test.each([
		["at once where its mark tells", true, []],
		["once it was asked for in vain where no mark tells", false, ["session", 4]],
	])(
		"is not waited for, nor is a session, when the database has the new password, %s: nobody who reads the vault gets in",
		async (_, isMarked, expected) => {
			const twin = rotationWorld();
			await twin.run(twin.request());
			const world = rotationWorld();
			world.dieAt(twin.effects.indexOf(altered(twin)) + 1, "after");
			if (!isMarked) Object.assign(world.records, { lastSwitch: async () => undefined });
			const asked: unknown[] = [];
			world.onRestart(async () => {
				world.vault.store.room = async (writes) => {
					asked.push(writes);
					throw new Fault("vault-queued", { vault: "main" });
				};
				between(world, (real) => ({
					async open(credential: Credential, options: SessionOptions = {}) {
						if (options.outOfTurn) return real.open(credential, options);
						asked.push("session");
						throw new Fault("server-queued", { server: "titanic-db" });
					},
				}));
			});
			const { result, statuses } = await world.run(world.request());
			expect(asked).toEqual(expected);
			expect(JSON.stringify(statuses)).not.toMatch(/-queued/);
			expect(result.outcome).toBe("completed");
			expect(await world.agreement()).toEqual(inOrder);
		},
	);
});

describe("the way back", () => {
	test("leaves the live secret with its expiry, and says which rotation was taken back", async () => {
		const world = rotationWorld();
		const before = world.live();
		world.vault.deny("write", "db-connection-string");
		const request = world.request();
		expect((await world.run(request)).result.outcome).toBe("compensated");
		const { value, expires, tags, contentType } = world.live();
		expect({ value, expires, contentType }).toEqual({
			value: world.firstPassword,
			expires: before.expires,
			contentType: before.contentType,
		});
		expect(tags).toMatchObject({ ...before.tags, "taken-back": request.rotationId });
		expect(tags).not.toHaveProperty("rotation-id");
	});

	test("is no longer in the tags once the next rotation has gone all the way", async () => {
		const world = rotationWorld();
		const allow = world.vault.deny("write", "db-connection-string");
		await world.run(world.request());
		allow();
		await world.run(world.request());
		expect(world.live().tags).not.toHaveProperty("taken-back");
		expect(await world.agreement()).toEqual(inOrder);
	});

	test("is gone to its end by the next trigger, where the process died on it before the database followed", async () => {
		const open = () => {
			const world = withSecondDerived();
			world.vault.deny("write", "db-jdbc-url");
			return world;
		};
		const recorded = open();
		await recorded.run(recorded.request());
		const world = open();
		world.loseInstanceAt(recorded.effects.lastIndexOf("write db-password") + 1, "after");
		await world.run(world.request()).catch(() => {});
		expect(world.died()).toBe(true);
		expect(await world.accepts(world.live().value)).toBe(false);

		const { result } = await world.run(world.request({ actor: { kind: "timer" } }));
		expect(result.outcome).toBe("compensated");
		expect(await world.agreement()).toEqual(asBefore);
	});

	test("that was cut short before the derived secret followed is gone on with, whatever else stands in the way", async () => {
		const open = () => {
			const world = withSecondDerived();
			world.vault.deny("write", "db-jdbc-url");
			return world;
		};
		const recorded = open();
		await recorded.run(recorded.request());
		const world = open();
		world.loseInstanceAt(recorded.effects.lastIndexOf(altered(world)) + 1, "after");
		await world.run(world.request()).catch(() => {});
		expect(await world.agreement()).toEqual({ liveLogsIn: true, derivedAgrees: false, isNew: false });

		Object.assign(world.deployment, { replicas: 0 });
		await world.run(world.request({ actor: { kind: "timer" } }));
		expect(await world.agreement()).toMatchObject({ liveLogsIn: true, derivedAgrees: true });
	});

	test("of a derived secret that may not be written any more keeps no other one from its own", async () => {
		const world = withSecondDerived({ mostAttempts: 3 });
		world.vault.seed("db-jdbc-url", `jdbc:postgresql:titanic?password=${world.firstPassword}`, {});
		world.hold("db-password", "db-connection-string", "db-jdbc-url");
		world.config.secrets["db-password"].derived.push({
			secret: "db-odbc",
			template: "Pwd={password}",
			format: "raw",
		} as never);
		world.vault.deny("write", "db-odbc");
		once(world, "write db-jdbc-url", () => world.vault.deny("write", "db-connection-string"));
		const { result } = await world.run(world.request());
		const url = world.vault.versions("db-jdbc-url").at(-1)?.value;
		expect(url).toContain(`password=${world.firstPassword}`);
		// The other one still has the new password: that is no compensation.
		expect(result).toMatchObject({ outcome: "interrupted", code: "switch-unsettled" });
	});
});

test("a switch that has published does not end as if nothing had changed, although its pending secret is gone", async () => {
	const world = rotationWorld({ mostAttempts: 3 });
	once(world, "write db-password", () => {
		world.vault.deny("write", "db-connection-string");
		world.vault.deny("write", "db-password");
		world.vault.purge("db-password-pending");
	});
	const { result } = await world.run(world.request());
	expect(await world.agreement()).toMatchObject({ liveLogsIn: true, derivedAgrees: false, isNew: true });
	expect(result).toMatchObject({ outcome: "interrupted", code: "switch-unsettled" });
});

describe("getting into the database", () => {
	test("tries no password twice, where somebody has changed it meanwhile", async () => {
		const world = rotationWorld();
		let tried: string[] = [];
		between(world, (real) => ({
			open(credential: Credential) {
				tried.push(credential.password.reveal());
				return real.open(credential);
			},
		}));
		once(world, pendingStored, () => {
			tried = [];
			world.database.alterRole(world.role, { password: "by-hand" });
		});
		const { result } = await world.run(world.request());
		expect(result).toMatchObject({ outcome: "refused", code: "password-rejected" });
		expect(tried.length).toBeGreaterThan(1);
		expect(new Set(tried).size).toBe(tried.length);
	});

	test("is tried again while the server starts, and is no wrong password", async () => {
		const world = rotationWorld();
		let starting = 0;
		between(world, (real) => ({
			async open(credential: Credential) {
				if (starting-- > 0) throw new Fault("server-starting", { server: "titanic-db" });
				return real.open(credential);
			},
		}));
		once(world, pendingStored, () => {
			starting = 2;
		});
		const { result } = await world.run(world.request());
		expect(result.outcome).toBe("completed");
		expect(await world.agreement()).toEqual(inOrder);
	});
});

describe("a proof that fails for a reason that stays", () => {
	test.each<[string, object, object]>([
		["a trigger at each login", { keptOut: "a trigger" }, { keptOut: undefined }],
		["no right to connect", { mayConnect: false }, { mayConnect: true }],
		["a password that has expired", { validUntil: new Date(0) }, { validUntil: undefined }],
		["no connection left", { connectionLimit: 0 }, { connectionLimit: undefined }],
	])("(%s) is not met by another change: the next one comes once the reason is gone", async (_, reason, gone) => {
		const world = rotationWorld({ login: { mode: "admin-secret", secret: "admin-password", role: "rotator" } });
		const changes = () => world.database.changes(world.role);
		let whileItStayed = 0;
		once(world, altered(world), () => {
			world.database.alterRole(world.role, reason);
			world.atTime(3600, () => {
				whileItStayed = changes();
				world.database.alterRole(world.role, gone);
			});
		});
		const { result } = await world.run(world.request());
		expect(result.outcome).toBe("completed");
		// Set, and set back; and then once more.
		expect([whileItStayed, changes()]).toEqual([2, 3]);
		expect(await world.agreement()).toEqual(inOrder);
	});

	test("is not met by another change of a reconciliation either, which has nothing to go back to", async () => {
		const world = rotationWorld({ login: { mode: "admin-secret", secret: "admin-password", role: "rotator" } });
		await world.run(world.request());
		world.database.alterRole(world.role, { password: "by-hand" });
		const before = world.database.changes(world.role);
		once(world, altered(world), () => {
			world.database.alterRole(world.role, { validUntil: new Date(0) });
			world.atTime(3600, () => world.database.alterRole(world.role, { validUntil: undefined }));
		});
		const { result } = await world.run(world.request({ kind: "reconcile" }));
		expect(result.outcome).toBe("completed");
		expect(world.database.changes(world.role) - before).toBe(1);
	});
});
