import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import pg from "pg";
import { generate } from "selfsigned";
import { type Postgres, startPostgres } from "../../local/postgres/postgres.ts";
import { selfSigned } from "../../packages/loopback/index.ts";
import { budget } from "../../src/lib/adapters/process/budget.ts";
import { Fault } from "../../src/lib/domain/fault.ts";
import { newPassword, Password } from "../../src/lib/domain/password.ts";
import { type Verifier, verifierOf } from "../../src/lib/domain/verifier.ts";
import type { Intent } from "../../src/lib/ports/audit-log.ts";
import type { Credential, Database } from "../../src/lib/ports/database.ts";
import { logIn, tlsFor } from "../../src/lib/targets/postgres/connection.ts";
import { postgresDatabase } from "../../src/lib/targets/postgres/database.ts";
import { lackingFor, type RightFacts } from "../../src/lib/targets/postgres/rights.ts";
import { fakeDatabase, type RoleTraits } from "../support/fake-database.ts";
import { errorResponse, eventually, listening, proxyTo, saying } from "./support/postgres-wire.ts";

const intent = {} as Intent;
const as = (role: string, password: string): Credential => ({ role, password: new Password(password) });

/** What the suite needs of a server besides the port. */
interface World extends AsyncDisposable {
	readonly database: Database;
	createRole(name: string, traits: RoleTraits): Promise<void>;
	dropRole(name: string): Promise<void>;
	/** Cuts every connection and takes no new one. @returns a function that restores it */
	cut(): () => void;
	/** Takes every lock of the session that was opened last away, and it does not notice. */
	releaseLocks(): Promise<void>;
	/** Ends the sessions of this role at the server. */
	endSessions(role: string): Promise<void>;
	/** The next setPassword takes effect, and its answer is lost. */
	loseNextAnswer(): void;
}

let postgres: Postgres;
beforeAll(async () => {
	postgres = await startPostgres({ settings: { max_connections: "30" } });
});
afterAll(async () => postgres.stop());

/** `sessionsAtOnce`; default: as many as a test needs. */
interface Limits {
	readonly sessionsAtOnce?: number;
}

async function openFake(limits: Limits = {}): Promise<World> {
	const fake = fakeDatabase(limits);
	return {
		...fake,
		createRole: async (name, traits) => fake.createRole(name, traits),
		dropRole: async (name) => fake.dropRole(name),
		releaseLocks: async () => fake.releaseLocks(),
		endSessions: async () => fake.endSessions(),
		loseNextAnswer: () => void fake.fail({ code: "server-unreachable", when: "after" }),
		[Symbol.asyncDispose]: async () => {},
	};
}

async function openReal({ sessionsAtOnce }: Limits = {}): Promise<World> {
	const wire = await proxyTo(postgres);
	const created: string[] = [];
	return {
		...wire,
		database: databaseAt(wire.port, { sessionsAtOnce }),
		async createRole(name, { password, canLogin = true, adminOn = [], mayConnect = true, ...traits }) {
			const { hasCreateRole, isSuperuser, validUntil, connectionLimit = -1 } = traits;
			const options = [canLogin && "LOGIN", hasCreateRole && "CREATEROLE", isSuperuser && "SUPERUSER"];
			options.push(validUntil && `VALID UNTIL '${validUntil.toISOString()}'`, `CONNECTION LIMIT ${connectionLimit}`);
			// As a verifier, so that the log is proved clean of what the adapter sends.
			const verifier = verifierOf(new Password(password), name);
			await postgres.query(`CREATE ROLE ${name} ${options.filter(Boolean).join(" ")} PASSWORD '${verifier}'`);
			created.push(name);
			for (const role of adminOn)
				await postgres.query(`GRANT ${role} TO ${name} WITH ADMIN TRUE, INHERIT FALSE, SET FALSE`);
			if (!mayConnect) await postgres.query("REVOKE CONNECT ON DATABASE postgres FROM PUBLIC");
			else await postgres.query(`GRANT CONNECT ON DATABASE postgres TO ${name}`);
		},
		releaseLocks: async () => wire.inject("SELECT pg_advisory_unlock_all()"),
		endSessions: async (role) =>
			void (await postgres.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1", [role])),
		dropRole: drop,
		async [Symbol.asyncDispose]() {
			await wire[Symbol.asyncDispose]();
			for (const name of created) await drop(name);
			await postgres.query("GRANT CONNECT ON DATABASE postgres TO PUBLIC");
		},
	};
}

/** With what was granted to it, and never by it: roles are the server's, and another test may have one of this name. */
async function drop(role: string): Promise<void> {
	if ((await postgres.query("SELECT 1 FROM pg_roles WHERE rolname = $1", [role])).length === 0) return;
	await postgres.query(`DROP OWNED BY ${role}`);
	await postgres.query(`DROP ROLE ${role}`);
}

const databaseAt = (port: number, more: Limits & { host?: string; database?: string; ca?: string } = {}): Database => {
	const { host = "127.0.0.1", database = "postgres", ca, sessionsAtOnce = 40 } = more;
	const sessions = budget({ most: sessionsAtOnce });
	return postgresDatabase({ name: "main", server: { host, port, database, tls: {} }, ca, sessions });
};

describe.each([
	{ title: "the fake", open: openFake },
	{ title: "the real client on PostgreSQL", open: openReal },
])("Database, $title", ({ open }) => {
	test("the right password is accepted, a wrong, an empty and a missing role's are not", async () => {
		await using world = await open();
		await world.createRole("app", { password: "correct-horse" });
		expect(await world.database.accepts(as("app", "correct-horse"))).toBe(true);
		expect(await world.database.accepts(as("app", "wrong"))).toBe(false);
		expect(await world.database.accepts(as("app", ""))).toBe(false);
		expect(await world.database.accepts(as("nobody_here", "correct-horse"))).toBe(false);
	});

	test("a session with a wrong password is refused by name, and not to be retried", async () => {
		await using world = await open();
		await world.createRole("app", { password: "correct-horse" });
		await expect(world.database.open(as("app", "wrong"))).rejects.toMatchObject({
			code: "password-rejected",
			transient: false,
			names: { server: "main", role: "app" },
		});
	});

	test("no more sessions are open at once than it may have, the next one comes when one has ended, and logins go on", async () => {
		await using world = await open({ sessionsAtOnce: 2 });
		const { database } = world;
		await world.createRole("app", { password: "correct-horse" });
		for (let tries = 1; tries <= 3; tries++)
			await expect(database.open(as("app", "wrong"))).rejects.toMatchObject({ code: "password-rejected" });
		await using _first = await database.open(as("app", "correct-horse"));
		const second = await database.open(as("app", "correct-horse"));
		let isOpen = false;
		const third = database.open(as("app", "correct-horse")).then((session) => {
			isOpen = true;
			return session;
		});
		expect(await database.accepts(as("app", "correct-horse"))).toBe(true);
		expect(isOpen).toBe(false);
		await second[Symbol.asyncDispose]();
		await using _third = await third;
		await expect(database.open(as("app", "correct-horse"))).rejects.toMatchObject({
			code: "server-queued",
			transient: true,
			names: { server: "main" },
		});
	});

	test("a role that may not log in is told apart from a wrong password", async () => {
		await using world = await open();
		await world.createRole("app", { password: "correct-horse", canLogin: false });
		const fault = { code: "role-cannot-login", names: { server: "main", role: "app" } };
		await expect(world.database.accepts(as("app", "correct-horse"))).rejects.toMatchObject(fault);
		await expect(world.database.open(as("app", "correct-horse"))).rejects.toMatchObject(fault);
	});

	test("a role sets its own password: the new one logs in, the old one does not", async () => {
		await using world = await open();
		await world.createRole("app", { password: "old-password" });
		const fresh = newPassword();
		{
			await using session = await world.database.open(as("app", "old-password"));
			expect(await session.refusal("app", [])).toBe(undefined);
			await session.setPassword(intent, "app", verifierOf(fresh, "db-password"));
			expect(await world.database.accepts({ role: "app", password: fresh })).toBe(true);
		}
		expect(await world.database.accepts(as("app", "old-password"))).toBe(false);
	});

	test("the same password set twice still logs in", async () => {
		await using world = await open();
		await world.createRole("app", { password: "old-password" });
		await using session = await world.database.open(as("app", "old-password"));
		for (let round = 0; round < 2; round++)
			await session.setPassword(intent, "app", verifierOf(new Password("new-password"), "db-password"));
		expect(await world.database.accepts(as("app", "new-password"))).toBe(true);
	});

	test("a rotator with CREATEROLE and ADMIN OPTION sets another role's password", async () => {
		await using world = await open();
		await world.createRole("app", { password: "old-password" });
		await world.createRole("rotator", { password: "rotators", hasCreateRole: true, adminOn: ["app"] });
		await using session = await world.database.open(as("rotator", "rotators"));
		expect(await session.refusal("app", [new Password("old-password")])).toBe(undefined);
		await session.setPassword(intent, "app", verifierOf(new Password("new-password"), "db-password"));
		expect(await world.database.accepts(as("app", "new-password"))).toBe(true);
		expect(await world.database.accepts(as("app", "old-password"))).toBe(false);
	});

	test.each<[string, Partial<RoleTraits>, string]>([
		["nothing", {}, "CREATEROLE and ADMIN OPTION on role app"],
		["CREATEROLE only", { hasCreateRole: true }, "ADMIN OPTION on role app"],
		["ADMIN OPTION only", { adminOn: ["app"] }, "CREATEROLE"],
	])("a rotator with %s is refused, told what it needs, and nothing changes", async (_, traits, needs) => {
		await using world = await open();
		await world.createRole("app", { password: "old-password" });
		await world.createRole("rotator", { password: "rotators", ...traits });
		await using session = await world.database.open(as("rotator", "rotators"));
		const fault = { code: "role-not-permitted", transient: false, names: { server: "main", role: "rotator", needs } };
		expect(await session.refusal("app", [])).toMatchObject(fault);
		await expect(
			session.setPassword(intent, "app", verifierOf(new Password("new-password"), "db-password")),
		).rejects.toMatchObject(fault);
		expect(await world.database.accepts(as("app", "old-password"))).toBe(true);
	});

	test("a superuser's password is for superusers", async () => {
		await using world = await open();
		await world.createRole("chief", { password: "chiefs", isSuperuser: true });
		await world.createRole("rotator", { password: "rotators", hasCreateRole: true, adminOn: ["chief"] });
		await using session = await world.database.open(as("rotator", "rotators"));
		expect(await session.refusal("chief", [])).toMatchObject({ names: { role: "rotator", needs: "SUPERUSER" } });
		await using chief = await world.database.open(as("chief", "chiefs"));
		expect(await chief.refusal("rotator", [new Password("rotators")])).toBe(undefined);
	});

	test("a role that does not exist is missing, also when its password is set", async () => {
		await using world = await open();
		await world.createRole("chief", { password: "chiefs", isSuperuser: true });
		await using session = await world.database.open(as("chief", "chiefs"));
		const missing = { code: "role-missing", names: { server: "main", role: "nobody_here" } };
		expect(await session.refusal("nobody_here", [])).toMatchObject(missing);
		await expect(
			session.setPassword(intent, "nobody_here", verifierOf(new Password("new"), "db-password")),
		).rejects.toMatchObject(missing);
	});

	test("a role that cannot log in is seen beforehand", async () => {
		await using world = await open();
		await world.createRole("app", { password: "x", canLogin: false });
		await world.createRole("rotator", { password: "rotators", hasCreateRole: true, adminOn: ["app"] });
		await using session = await world.database.open(as("rotator", "rotators"));
		expect(await session.refusal("app", [])).toMatchObject({ code: "role-cannot-login", names: { role: "app" } });
	});

	test.each<[string, Partial<RoleTraits>, object]>([
		[
			"whose password has expired",
			{ validUntil: new Date("2001-01-01") },
			{ code: "role-expired", names: { role: "app" } },
		],
		[
			"that may not connect",
			{ mayConnect: false },
			{ code: "role-not-permitted", names: { role: "app", needs: "CONNECT on database postgres" } },
		],
		["without a connection left", { connectionLimit: 0 }, { code: "connection-limit", names: { of: "role app" } }],
	])("a role %s is seen beforehand, also where nobody knows its password", async (_, traits, fault) => {
		await using world = await open();
		await world.createRole("app", { password: "old-password", ...traits });
		await world.createRole("rotator", { password: "rotators", hasCreateRole: true, adminOn: ["app"] });
		await using session = await world.database.open(as("rotator", "rotators"));
		for (const inForce of [[], [new Password("old-password")], [new Password("wrong")]])
			expect(await session.refusal("app", inForce)).toMatchObject(fault);
	});

	test("a role with one connection cannot prove a password that it sets itself, with two it can", async () => {
		await using world = await open();
		for (const [name, connectionLimit] of [["alone", 1] as const, ["paired", 2] as const]) {
			await world.createRole(name, { password: "old-password", connectionLimit });
			await using session = await world.database.open(as(name, "old-password"));
			const refusal = await session.refusal(name, []);
			expect(refusal?.code).toBe(connectionLimit === 1 ? "connection-limit" : undefined);
			expect(await world.database.accepts(as(name, "old-password")).catch(({ code }) => code)).toBe(
				refusal?.code ?? true,
			);
		}
	});

	test("a text that is no verifier is not sent, so it never becomes the password", async () => {
		await using world = await open();
		await world.createRole("app", { password: "old-password" });
		await using session = await world.database.open(as("app", "old-password"));
		const whole = verifierOf(new Password("new-password"), "db-password");
		for (const text of [
			"",
			"new-password",
			`${whole}=`,
			whole.slice(0, -1),
			whole.replace("$", "$x"),
			`md5${"a".repeat(32)}`,
		]) {
			await expect(session.setPassword(intent, "app", text as Verifier)).rejects.toMatchObject({
				code: "internal-error",
			});
			expect(await world.database.accepts(as("app", text))).toBe(false);
		}
		expect(await world.database.accepts(as("app", "old-password"))).toBe(true);
	});

	test("one session at a time holds a role's lock, and its end gives it back", async () => {
		await using world = await open();
		await world.createRole("app", { password: "old-password" });
		const login = as("app", "old-password");
		{
			await using first = await world.database.open(login);
			await first.lock("app");
			await first.lock("app");
			await using second = await world.database.open(login);
			await expect(second.lock("app")).rejects.toMatchObject({
				code: "role-busy",
				transient: true,
				names: {
					server: "main",
					role: "app",
					holder: expect.stringMatching(/^pid \d+, role "app", application "titanic-/),
				},
			});
			await second.lock("another");
		}
		await using third = await world.database.open(login);
		await eventually(() => third.lock("app"));
	});

	test("a session knows whether it still holds a lock, and a dead one does not say so", async () => {
		await using world = await open();
		await world.createRole("app", { password: "old-password" });
		await using session = await world.database.open(as("app", "old-password"));
		expect(await session.holdsLock("app")).toBe(false);
		await session.lock("app");
		expect(await session.holdsLock("app")).toBe(true);
		expect(await session.holdsLock("another")).toBe(false);
		await world.releaseLocks();
		expect(await session.holdsLock("app")).toBe(false);
		await session.lock("app");
		await world.endSessions("app");
		// The server says that it ends the session to the first who asks.
		await expect(session.holdsLock("app")).rejects.toMatchObject({ transient: true });
		await expect(session.holdsLock("app")).rejects.toMatchObject({ code: "server-unreachable" });
	});

	test("who holds a lock can be asked without taking it", async () => {
		await using world = await open();
		await world.createRole("app", { password: "old-password" });
		await using first = await world.database.open(as("app", "old-password"));
		await using second = await world.database.open(as("app", "old-password"));
		expect(await second.lockHolder("app")).toBe(undefined);
		expect(await second.holdsLock("app")).toBe(false);
		await first.lock("app");
		expect(await first.lockHolder("app")).toBe(undefined);
		expect(await second.lockHolder("app")).toContain('role "app"');
		expect(await second.lockHolder("another")).toBe(undefined);
	});

	test("a lock of somebody who may not set the password keeps nobody out, an administrator's does", async () => {
		await using world = await open();
		await world.createRole("app", { password: "old-password" });
		await world.createRole("stranger", { password: "strangers" });
		await world.createRole("rotator", { password: "rotators", hasCreateRole: true, adminOn: ["app"] });
		await using stranger = await world.database.open(as("stranger", "strangers"));
		await stranger.lock("app");
		await using app = await world.database.open(as("app", "old-password"));
		expect(await app.lockHolder("app")).toBe(undefined);
		{
			await using rotator = await world.database.open(as("rotator", "rotators"));
			await rotator.lock("app");
			await expect(app.lock("app")).rejects.toMatchObject({ code: "role-busy" });
			expect(await app.lockHolder("app")).toContain('role "rotator"');
		}
		await eventually(() => app.lock("app"));
	});

	test("who has got the role's password cannot keep an administrator from changing it", async () => {
		await using world = await open();
		await world.createRole("app", { password: "leaked-password" });
		await world.createRole("rotator", { password: "rotators", hasCreateRole: true, adminOn: ["app"] });
		await using thief = await world.database.open(as("app", "leaked-password"));
		await thief.lock("app");
		await using rotator = await world.database.open(as("rotator", "rotators"));
		await rotator.lock("app");
		await using recovery = await world.database.open(as("rotator", "rotators"), { roleMayRotateItself: true });
		expect(await recovery.lockHolder("app")).toBeDefined();
		await expect(recovery.lock("app")).rejects.toMatchObject({ code: "role-busy" });
	});

	test("of many that take a lock in the same moment never two have it", async () => {
		await using world = await open();
		await world.createRole("app", { password: "old-password" });
		for (let round = 0; round < 5; round++) {
			const login = as("app", "old-password");
			const sessions = await Promise.all([1, 2, 3, 4].map(() => world.database.open(login)));
			const taken = await Promise.allSettled(sessions.map((session) => session.lock("app")));
			expect(taken.filter(({ status }) => status === "fulfilled").length).toBeLessThanOrEqual(1);
			for (const each of taken)
				if (each.status === "rejected") expect(each.reason).toMatchObject({ code: "role-busy", transient: true });
			const held = await Promise.all(sessions.map((session) => session.holdsLock("app")));
			expect(held).toEqual(taken.map(({ status }) => status === "fulfilled"));
			await Promise.all(sessions.map((session) => session[Symbol.asyncDispose]()));
		}
	});

	test("a lock that another session holds is not this session's", async () => {
		await using world = await open();
		await world.createRole("app", { password: "old-password" });
		await using first = await world.database.open(as("app", "old-password"));
		await first.lock("app");
		await using second = await world.database.open(as("app", "old-password"));
		expect(await second.holdsLock("app")).toBe(false);
		expect(await first.holdsLock("app")).toBe(true);
	});

	test("a cut connection is an outage, and ends the session for good: a zombie cannot change the password", async () => {
		await using world = await open();
		await world.createRole("app", { password: "old-password" });
		const login = as("app", "old-password");
		await using session = await world.database.open(login);
		await session.lock("app");
		const mend = world.cut();
		const outage = { code: "server-unreachable", transient: true, names: { server: "main" } };
		await expect(session.refusal("app", [])).rejects.toMatchObject(outage);
		await expect(world.database.accepts(login)).rejects.toMatchObject(outage);
		await expect(world.database.open(login)).rejects.toMatchObject(outage);
		mend();
		await expect(
			session.setPassword(intent, "app", verifierOf(new Password("new-password"), "db-password")),
		).rejects.toMatchObject(outage);
		expect(await world.database.accepts(login)).toBe(true);
		await using next = await world.database.open(login);
		await eventually(() => next.lock("app"));
	});

	test("a change whose answer is lost is an outage, and has happened", async () => {
		await using world = await open();
		await world.createRole("app", { password: "old-password" });
		await using session = await world.database.open(as("app", "old-password"));
		world.loseNextAnswer();
		await expect(
			session.setPassword(intent, "app", verifierOf(new Password("new-password"), "db-password")),
		).rejects.toMatchObject({ code: "server-unreachable" });
		expect(await world.database.accepts(as("app", "new-password"))).toBe(true);
	});
});

describe("the fake", () => {
	test("a crash before an effect leaves no effect, a crash after it leaves one", async () => {
		const killed = () => {
			throw new Error("killed");
		};
		const hooks: { before?: () => void; after?: () => void } = { before: killed };
		const fake = fakeDatabase({ hooks });
		fake.createRole("app", { password: "old" });
		const session = await fake.database.open(as("app", "old"));
		const set = () => session.setPassword(intent, "app", verifierOf(new Password("new"), "db-password"));
		await expect(set()).rejects.toThrow("killed");
		expect(await fake.database.accepts(as("app", "old"))).toBe(true);
		Object.assign(hooks, { before: undefined, after: killed });
		await expect(set()).rejects.toThrow("killed");
		expect(await fake.database.accepts(as("app", "new"))).toBe(true);
	});
});

describe("the real client", () => {
	test("neither password is in the server's log, though every statement is", async () => {
		await using world = await openReal();
		const [old, fresh] = [newPassword(), newPassword()];
		await world.createRole("app", { password: old.reveal() });
		await using session = await world.database.open({ role: "app", password: old });
		const verifier = verifierOf(fresh, "db-password");
		await session.setPassword(intent, "app", verifier);
		expect(await world.database.accepts({ role: "app", password: fresh })).toBe(true);
		const log = await postgres.log();
		expect(log).toContain(verifier);
		for (const password of [old, fresh]) expect(log).not.toContain(password.reveal());
	});

	test("names with quotes are names, not SQL", async () => {
		await using world = await openReal();
		const role = `it's "quoted"; DROP`;
		await postgres.query(`CREATE ROLE ${pg.escapeIdentifier(role)} LOGIN PASSWORD 'old-password'`);
		{
			await using session = await world.database.open(as(role, "old-password"));
			await session.lock(role);
			await session.setPassword(intent, role, verifierOf(new Password("new-password"), "db-password"));
		}
		expect(await world.database.accepts(as(role, "new-password"))).toBe(true);
		await postgres.query(`DROP ROLE ${pg.escapeIdentifier(role)}`);
	});

	test("a role whose setting makes it another one still sets its own password", async () => {
		await using world = await openReal();
		await world.createRole("owner", { password: "x", canLogin: false });
		await world.createRole("app", { password: "old-password" });
		await postgres.query("GRANT owner TO app; ALTER ROLE app SET role = owner");
		await using session = await world.database.open(as("app", "old-password"));
		expect(await session.refusal("app", [])).toBe(undefined);
		await session.setPassword(intent, "app", verifierOf(new Password("new-password"), "db-password"));
		expect(await world.database.accepts(as("app", "new-password"))).toBe(true);
	});

	test("the session calls itself by name, and waits for the disk where the server would not", async () => {
		await using world = await openReal();
		await world.createRole("app", { password: "old-password" });
		await using _ = await world.database.open(as("app", "old-password"));
		expect(await postgres.query("SELECT application_name FROM pg_stat_activity WHERE usename = 'app'")).toEqual([
			{ application_name: "titanic-secret-rotator" },
		]);
		expect(await postgres.query("SHOW synchronous_commit")).toEqual([{ synchronous_commit: "off" }]);
		expect(await postgres.log()).toContain("SET synchronous_commit = on");
	});

	test("a login leaves no connection behind, accepted or not", async () => {
		await using world = await openReal();
		await world.createRole("app", { password: "old-password" });
		await world.database.accepts(as("app", "old-password"));
		await world.database.accepts(as("app", "wrong"));
		await eventually(() => expectNoSession("app"));
	});

	test("a session that the server ends is an outage at its next use, not an uncaught error", async () => {
		await using world = await openReal();
		await world.createRole("app", { password: "old-password" });
		await using session = await world.database.open(as("app", "old-password"));
		await postgres.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'app'");
		await expect(session.refusal("app", [])).rejects.toMatchObject({ transient: true });
		await expect(session.refusal("app", [])).rejects.toMatchObject({ code: "server-unreachable" });
	});

	test("a database that does not exist and one that may not be entered are named", async () => {
		await using world = await openReal();
		await world.createRole("app", { password: "old-password" });
		await expect(
			databaseAt(postgres.port, { database: "nowhere" }).accepts(as("app", "old-password")),
		).rejects.toMatchObject({ code: "database-missing", names: { server: "main", database: "nowhere" } });
		await postgres.query("CREATE DATABASE closed");
		await postgres.query("REVOKE CONNECT ON DATABASE closed FROM PUBLIC");
		await expect(
			databaseAt(postgres.port, { database: "closed" }).accepts(as("app", "old-password")),
		).rejects.toMatchObject({
			code: "role-not-permitted",
			names: { role: "app", needs: "CONNECT on database closed" },
		});
		await postgres.query("DROP DATABASE closed");
	});

	test("a role or database without a connection left is told apart from a server that is full", async () => {
		await using world = await openReal();
		await world.createRole("app", { password: "old-password" });
		await postgres.query("ALTER ROLE app CONNECTION LIMIT 0");
		const limit = (of: string) => ({ code: "connection-limit", transient: true, names: { server: "main", of } });
		await expect(world.database.accepts(as("app", "old-password"))).rejects.toMatchObject(limit("role app"));
		await postgres.query("ALTER ROLE app CONNECTION LIMIT -1");
		await postgres.query("CREATE DATABASE narrow CONNECTION LIMIT 0");
		await expect(
			databaseAt(postgres.port, { database: "narrow" }).accepts(as("app", "old-password")),
		).rejects.toMatchObject(limit("database narrow"));
		await postgres.query("DROP DATABASE narrow");
		const held = await Promise.allSettled(
			Array.from({ length: 31 }, () => world.database.open(as("app", "old-password"))),
		);
		expect(held).toContainEqual(
			expect.objectContaining({ reason: expect.objectContaining({ code: "server-full", transient: true }) }),
		);
		for (const each of held) if (each.status === "fulfilled") await each.value[Symbol.asyncDispose]();
	});

	test("one login after the other needs one connection, and a session after them finds none of theirs", async () => {
		await using world = await openReal();
		await world.createRole("app", { password: "old-password", connectionLimit: 1 });
		await world.createRole("rotator", { password: "rotators", hasCreateRole: true, adminOn: ["app"] });
		// No proxy between, which would close a connection before the server does.
		const database = databaseAt(postgres.port);
		await using session = await database.open(as("rotator", "rotators"));
		const found: unknown[] = [];
		for (let time = 0; time < 5; time++) {
			found.push(await database.accepts(as("app", "old-password")).catch(({ code }) => code));
			found.push(await database.accepts(as("app", "old-password")).catch(({ code }) => code));
			found.push((await session.sessions("app")).count);
		}
		expect(found).toEqual(Array.from({ length: 5 }, () => [true, true, 0]).flat());
	});

	test("a trigger that raises at each login of the role is found by the rehearsal, and by nothing else", async () => {
		await using world = await openReal();
		await world.createRole("app", { password: "old-password" });
		await using own = await world.database.open(as("app", "old-password"));
		await world.createRole("rotator", { password: "rotators", hasCreateRole: true, adminOn: ["app"] });
		await postgres.query(`
			CREATE FUNCTION keep_out() RETURNS event_trigger LANGUAGE plpgsql AS
			$$ BEGIN IF session_user = 'app' THEN RAISE 'closed for today'; END IF; END $$;
			CREATE EVENT TRIGGER keep_out ON login EXECUTE FUNCTION keep_out();
			ALTER EVENT TRIGGER keep_out ENABLE ALWAYS`);
		try {
			await using session = await world.database.open(as("rotator", "rotators"));
			expect(await session.refusal("app", [])).toBe(undefined);
			const rehearsed = session.refusal("app", [new Password("wrong"), new Password("old-password")]);
			await expect(rehearsed).rejects.toMatchObject({ code: "server-misconfigured", transient: false });
			await expect(rehearsed).rejects.toMatchObject({ message: expect.stringContaining("P0001") });
			await expect(own.refusal("app", [])).rejects.toMatchObject({ code: "server-misconfigured" });
		} finally {
			await postgres.query("DROP EVENT TRIGGER keep_out; DROP FUNCTION keep_out()");
		}
	});

	test("two changes of one role at once: whichever loses may be tried again", async () => {
		await using world = await openReal();
		await world.createRole("app", { password: "old-password" });
		const sessions = await Promise.all(Array.from({ length: 6 }, () => world.database.open(as("app", "old-password"))));
		const verifier = verifierOf(new Password("new-password"), "db-password");
		const ended = await Promise.allSettled(sessions.map((session) => session.setPassword(intent, "app", verifier)));
		for (const each of ended)
			if (each.status === "rejected")
				expect(each.reason).toMatchObject({ code: "database-unknown", transient: true, names: { sqlState: "XX000" } });
		expect(ended.some(({ status }) => status === "fulfilled")).toBe(true);
		for (const session of sessions) await session[Symbol.asyncDispose]();
	});

	test("nothing listens at the address: unreachable", async () => {
		const wire = await proxyTo(postgres);
		await wire[Symbol.asyncDispose]();
		await expect(databaseAt(wire.port).accepts(as("app", "x"))).rejects.toMatchObject({ code: "server-unreachable" });
		await expect(databaseAt(5432, { host: "titanic.invalid", ca: "" }).accepts(as("app", "x"))).rejects.toMatchObject({
			code: "server-unreachable",
		});
	});

	test.each([
		["57P03", "server-starting"],
		["57P01", "server-starting"],
		["53300", "server-full"],
		["08006", "server-unreachable"],
		["28P01", "password-rejected"],
		["3D000", "database-missing"],
		["08P01", "server-misconfigured"],
		["P0001", "server-misconfigured"],
		["XX001", "database-unknown"],
	])("SQLSTATE %s is %s in every language", async (sqlState, code) => {
		await using server = await saying(errorResponse({ C: sqlState, M: "tłumaczenie: canary" }));
		const failed = databaseAt(server.port).open(as("app", "x"));
		await expect(failed).rejects.toMatchObject({ code });
		await expect(failed).rejects.toMatchObject({ message: expect.not.stringContaining("canary") });
	});

	test.each([
		["28000", "statement-refused"],
		["P0001", "statement-refused"],
		["42704", "role-missing"],
		["25P04", "statement-held-up"],
		["55P03", "statement-held-up"],
		["XX001", "database-unknown"],
	])("SQLSTATE %s to a statement is %s, with whose session and which statement it was", async (sqlState, code) => {
		await using world = await openReal();
		await world.createRole("app", { password: "old-password" });
		const server = { host: "127.0.0.1", port: postgres.port, database: "postgres", tls: {} };
		await using connection = await logIn({ name: "main", server }, as("app", "old-password"));
		const raising = `DO $$ BEGIN RAISE 'canary' USING ERRCODE = '${sqlState}'; END $$`;
		const failed = connection.ask("ALTER ROLE app", raising, [], { target: "app" });
		await expect(failed).rejects.toMatchObject({ code, transient: /held-up|unknown/.test(code) });
		if (code !== "role-missing")
			await expect(failed).rejects.toMatchObject({
				names: { server: "main", role: "app", statement: "ALTER ROLE app", sqlState },
			});
		await expect(failed).rejects.toMatchObject({ message: expect.not.stringContaining("canary") });
	});

	test("a refusal of pg_hba.conf is told apart from a role that may not log in", async () => {
		for (const [routine, code] of [
			["ClientAuthentication", "server-misconfigured"],
			["InitializeSessionUserId", "role-cannot-login"],
		] as const) {
			await using server = await saying(errorResponse({ C: "28000", M: "x", R: routine }));
			await expect(databaseAt(server.port).open(as("app", "x"))).rejects.toMatchObject({ code });
		}
	});

	test("a server that asks for an unknown way to log in is misconfigured; one that hangs up is unreachable", async () => {
		const sasl = Buffer.from("R\0\0\0\x14\0\0\0\x0aSCRAM-SHA-9\0\0", "latin1");
		await using strange = await saying(sasl);
		await expect(databaseAt(strange.port).open(as("app", "x"))).rejects.toMatchObject({ code: "server-misconfigured" });
		await using closing = await saying(Buffer.alloc(0));
		await expect(databaseAt(closing.port).open(as("app", "x"))).rejects.toMatchObject({ code: "server-unreachable" });
	});

	test.each([
		["asks for the password as it is gets none of it", "R\0\0\0\x08\0\0\0\x03"],
		["asks for no password proves none", "R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I"],
	])("a server that %s, and is misconfigured", async (_, bytes) => {
		const received: Buffer[] = [];
		await using server = await listening((socket) => {
			socket.on("data", (data) => received.push(data)).write(Buffer.from(bytes, "latin1"));
		});
		const database = databaseAt(server.port);
		for (const login of [() => database.open(as("app", "iceberg")), () => database.accepts(as("app", "iceberg"))])
			await expect(login()).rejects.toMatchObject({ code: "server-misconfigured", transient: false });
		expect(Buffer.concat(received).toString("latin1")).toContain("app");
		expect(Buffer.concat(received).toString("latin1")).not.toContain("iceberg");
	});

	test("a server that takes the connection and never answers is unreachable, not waited for", async () => {
		await using silent = await listening(() => {});
		const server = { host: "127.0.0.1", port: silent.port, database: "postgres", tls: {} };
		for (const ca of [undefined, "PEM"])
			await expect(logIn({ name: "main", server, ca }, as("app", "x"), {}, 50)).rejects.toMatchObject({
				code: "server-unreachable",
			});
	});

	test("a statement that never ends is given up, and its session with it", async () => {
		await using world = await openReal();
		await world.createRole("app", { password: "old-password" });
		const server = { host: "127.0.0.1", port: postgres.port, database: "postgres", tls: {} };
		const login = as("app", "old-password");
		await using connection = await logIn({ name: "main", server }, login, { query_timeout: 50 });
		await expect(connection.ask("sleep", "SELECT pg_sleep(0.5)")).rejects.toMatchObject({ code: "server-unreachable" });
		await eventually(() => expectNoSession("app"));
		await using limited = await logIn({ name: "main", server }, login, { statement_timeout: 50 });
		await expect(limited.ask("sleep", "SELECT pg_sleep(60)")).rejects.toMatchObject({ names: { sqlState: "57014" } });
	});

	test("no fault holds a password or a verifier in anything that prints", async () => {
		await using world = await openReal();
		const password = newPassword();
		await world.createRole("app", { password: password.reveal() });
		await world.createRole("rotator", { password: password.reveal() });
		await using session = await world.database.open({ role: "rotator", password });
		const verifier = verifierOf(newPassword(), "db-password");
		const fault = await session.setPassword(intent, "app", verifier).catch((error: unknown) => error);
		expect(fault).toBeInstanceOf(Fault);
		const { inspect } = await import("node:util");
		const printed = inspect(fault, { depth: 20, showHidden: true, getters: true }) + JSON.stringify(fault);
		expect(printed).toContain("role-not-permitted");
		expect(printed).not.toContain(verifier);
		expect(printed).not.toContain("ALTER ROLE");
		expect(printed).not.toContain(password.reveal());
	});
});

describe("TLS", () => {
	test("only loopback without a CA is spoken to in plaintext", () => {
		for (const host of ["127.0.0.1", "localhost", "::1", "127.8.9.10"]) {
			expect(tlsFor(host)).toBe(false);
			expect(tlsFor(host, "PEM")).toMatchObject({ rejectUnauthorized: true, ca: "PEM" });
		}
		for (const host of ["titanic.postgres.database.azure.com", "10.0.0.4", "localhost.example.com", "0.0.0.0", "127.1"])
			expect(tlsFor(host)).toEqual({ rejectUnauthorized: true, minVersion: "TLSv1.2" });
	});

	test("a server without TLS is refused where TLS is wanted, before it hears of the role", async () => {
		const tls = await selfSigned();
		await expect(databaseAt(postgres.port, { ca: tls.cert }).accepts(as("app", "canary"))).rejects.toMatchObject({
			code: "tls-missing",
			transient: false,
		});
	});

	test("a trusted certificate with the right name lets in, over TLS", async () => {
		const tls = await selfSigned();
		await using secured = await startPostgres({ tls });
		await secured.query(`CREATE ROLE app LOGIN PASSWORD '${verifierOf(new Password("app"), "x")}'`);
		for (const host of ["localhost", "127.0.0.1"]) {
			await using _ = await databaseAt(secured.port, { host, ca: tls.cert }).open(as("app", "app"));
			expect(
				await secured.query("SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE usename = 'app'"),
			).toContainEqual({ ssl: true });
		}
		const other = await selfSigned();
		await expect(databaseAt(secured.port, { ca: other.cert }).accepts(as("app", "app"))).rejects.toMatchObject({
			code: "tls-untrusted",
			transient: false,
			names: { server: "main" },
		});
	});

	test("a trusted certificate for another name is refused", async () => {
		const { cert, private: key } = await generate([{ name: "commonName", value: "elsewhere.example" }], {
			keySize: 2048,
			extensions: [
				{ name: "basicConstraints", cA: true },
				{ name: "subjectAltName", altNames: [{ type: 2, value: "elsewhere.example" }] },
			],
		});
		await using secured = await startPostgres({ tls: { cert, key } });
		for (const host of ["localhost", "127.0.0.1"])
			await expect(databaseAt(secured.port, { host, ca: cert }).accepts(as("app", "app"))).rejects.toMatchObject({
				code: "tls-wrong-name",
				transient: false,
			});
	});

	test("a server that answers the request for TLS by neither yes nor no is unreachable", async () => {
		await using server = await saying(errorResponse({ C: "53300", M: "no child process" }));
		await expect(databaseAt(server.port, { ca: "" }).accepts(as("app", "x"))).rejects.toMatchObject({
			code: "server-unreachable",
		});
	});

	test("what says yes to TLS and then speaks something else is a failed handshake", async () => {
		await using server = await saying(Buffer.from("S"), Buffer.from("HTTP/1.1 400 Bad Request"));
		await expect(
			databaseAt(server.port, { ca: (await selfSigned()).cert }).accepts(as("app", "x")),
		).rejects.toMatchObject({ code: "tls-failed" });
	});
});

describe("who may set a password", () => {
	const facts: RightFacts = {
		version: 160_000,
		isSelf: false,
		isSuperuser: false,
		hasCreateRole: false,
		hasAdminOption: false,
		targetIsSuperuser: false,
		targetIsReplication: false,
	};
	test.each<[string, Partial<RightFacts>, string]>([
		["before 16 CREATEROLE suffices", { version: 150_000, hasCreateRole: true }, ""],
		["before 16 nothing else does", { version: 150_000, hasAdminOption: true }, "CREATEROLE"],
		[
			"before 16 a replication role is for superusers, even its own",
			{ version: 150_000, isSelf: true, targetIsReplication: true },
			"SUPERUSER",
		],
		["since 16 a replication role may set its own", { isSelf: true, targetIsReplication: true }, ""],
		["since 16 both are needed", {}, "CREATEROLE and ADMIN OPTION on role app"],
		["a superuser may everything", { isSuperuser: true, targetIsSuperuser: true }, ""],
		[
			"nobody else may touch a superuser",
			{ hasCreateRole: true, hasAdminOption: true, targetIsSuperuser: true },
			"SUPERUSER",
		],
	])("%s", (_, given, needs) => {
		expect(lackingFor("app", { ...facts, ...given })).toBe(needs);
	});
});

async function expectNoSession(role: string): Promise<void> {
	expect(await postgres.query("SELECT pid FROM pg_stat_activity WHERE usename = $1", [role])).toEqual([]);
}
