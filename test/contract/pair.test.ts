// Two roles that take turns, as the database tells of them: the fake and PostgreSQL say the same.

import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import pg from "pg";
import { type Postgres, startPostgres } from "../../local/postgres/postgres.ts";
import { Password } from "../../src/lib/domain/password.ts";
import { verifierOf } from "../../src/lib/domain/verifier.ts";
import type { Intent } from "../../src/lib/ports/audit-log.ts";
import type { Database } from "../../src/lib/ports/database.ts";
import { postgresDatabase } from "../../src/lib/targets/postgres/database.ts";
import { fakeDatabase } from "../support/fake-database.ts";

const as = (role: string) => ({ role, password: new Password(`password-of-${role}`) });
const pair = ["app_a", "app_b"] as const;

/** `app_a` and `app_b`, members of `app` that act as it; `rotator`, which may set their passwords. */
interface World extends AsyncDisposable {
	readonly database: Database;
	letOwnerLogIn(): Promise<void>;
	limitConnections(role: string): Promise<void>;
	leaveOwner(role: string): Promise<void>;
	forgetRole(role: string): Promise<void>;
}

let postgres: Postgres;
beforeAll(async () => {
	postgres = await startPostgres({ settings: { max_connections: "30" } });
}, 60_000);
afterAll(async () => postgres.stop());

const unasked = async (sql: string) => void (await postgres.query(sql));

async function openReal(): Promise<World> {
	await unasked(`CREATE ROLE app NOLOGIN;
		CREATE ROLE app_a LOGIN PASSWORD 'password-of-app_a'; CREATE ROLE app_b LOGIN PASSWORD 'password-of-app_b';
		CREATE ROLE rotator LOGIN CREATEROLE PASSWORD 'password-of-rotator';
		GRANT app TO app_a, app_b WITH INHERIT TRUE, SET TRUE;
		GRANT app_a, app_b TO rotator WITH ADMIN TRUE, INHERIT FALSE, SET FALSE;
		ALTER ROLE app_a SET role = app; ALTER ROLE app_b SET role = app`);
	const { host, port } = postgres;
	return {
		database: postgresDatabase({ name: "main", server: { host, port, database: "postgres", tls: {} } }),
		letOwnerLogIn: () => unasked("ALTER ROLE app LOGIN"),
		limitConnections: (role) => unasked(`ALTER ROLE ${role} CONNECTION LIMIT 5`),
		leaveOwner: (role) => unasked(`REVOKE app FROM ${role}`),
		forgetRole: (role) => unasked(`ALTER ROLE ${role} RESET role`),
		[Symbol.asyncDispose]: () => unasked("DROP OWNED BY app, app_a, app_b; DROP ROLE app_a, app_b, app, rotator"),
	};
}

async function openFake(): Promise<World> {
	const fake = fakeDatabase();
	fake.createRole("app", { password: "none", canLogin: false });
	for (const role of pair) fake.createRole(role, { password: `password-of-${role}`, memberOf: ["app"], actsAs: "app" });
	fake.createRole("rotator", { password: "password-of-rotator", hasCreateRole: true, adminOn: pair });
	return {
		database: fake.database,
		letOwnerLogIn: async () => fake.alterRole("app", { canLogin: true }),
		limitConnections: async (role) => fake.alterRole(role, { connectionLimit: 5 }),
		leaveOwner: async (role) => fake.alterRole(role, { memberOf: [] }),
		forgetRole: async (role) => fake.alterRole(role, { actsAs: role }),
		[Symbol.asyncDispose]: async () => {},
	};
}

const refusalIn = async ({ database }: World, owner = "app") => {
	await using session = await database.open(as("rotator"));
	return await session.pairRefusal(pair, owner);
};

describe.each([
	{ title: "the fake", open: openFake },
	{ title: "the real client on PostgreSQL", open: openReal },
])("Two roles, $title", ({ open }) => {
	test("alike members of one owner may take turns, and the rotator sets the password of either", async () => {
		await using world = await open();
		expect(await refusalIn(world)).toBeUndefined();
		await using session = await world.database.open(as("rotator"));
		for (const role of pair) {
			expect(await session.refusal(role, [])).toBeUndefined();
			await session.setPassword({} as Intent, role, verifierOf(new Password(`new-${role}`), "db-password"));
			expect(await world.database.accepts({ role, password: new Password(`new-${role}`) })).toBe(true);
		}
	});

	test("a role or an owner that does not exist is named", async () => {
		await using world = await open();
		expect(await refusalIn(world, "nobody")).toMatchObject({ code: "role-missing", names: { role: "nobody" } });
		await using session = await world.database.open(as("rotator"));
		expect(await session.pairRefusal(["app_a", "app_c"], "app")).toMatchObject({
			code: "role-missing",
			names: { role: "app_c" },
		});
	});

	test.each([
		["an owner that may log in", (world: World) => world.letOwnerLogIn(), "app may log in"],
		["a limit", (world: World) => world.limitConnections("app_b"), "CONNECTION LIMIT differs"],
		["a role that is no member", (world: World) => world.leaveOwner("app_b"), "app_b may not SET ROLE app"],
		["a role that resets its setting", (world: World) => world.forgetRole("app_a"), "setting role differs"],
	])("%s keeps them from taking turns", async (_, spoil, says) => {
		await using world = await open();
		await spoil(world);
		const fault = await refusalIn(world);
		expect(fault).toMatchObject({ code: "roles-unfit", names: { roles: "app_a and app_b" } });
		expect(fault?.sentence).toContain(says);
	});

	test("as whom a role acts is seen at its login", async () => {
		await using world = await open();
		expect(await world.database.actsAs(as("app_a"))).toBe("app");
		await world.forgetRole("app_a");
		expect(await world.database.actsAs(as("app_a"))).toBe("app_a");
		await expect(world.database.actsAs({ role: "app_b", password: new Password("wrong") })).rejects.toMatchObject({
			code: "password-rejected",
		});
	});

	test("the sessions that a role has are counted, and those of nobody else", async () => {
		await using world = await open();
		await using session = await world.database.open(as("rotator"));
		expect(await session.sessions("app_b")).toEqual({ count: 0, some: [] });
		await using _ = await world.database.open(as("app_b"));
		await using __ = await world.database.open(as("app_a"));
		const { count, some } = await session.sessions("app_b");
		expect(count).toBe(1);
		expect(some).toEqual([expect.stringMatching(/^pid \d+, application "titanic-secret-rotator", address .*, since /)]);
	});
});

describe("Two roles, the real client", () => {
	test("a role's own sessions are told to itself, by name and age, where it acts as its owner too, and nobody else's", async () => {
		await using world = await openReal();
		const { host, port } = postgres;
		const opened = async (role: string, application_name: string) => {
			const client = new pg.Client({
				host,
				port,
				database: "postgres",
				user: role,
				password: `password-of-${role}`,
				application_name,
			});
			await client.connect();
			return client;
		};
		const clients = [await opened("app_a", "pod-1"), await opened("app_a", ""), await opened("app_b", "pod-2")];
		try {
			const told = await world.database.sessionsAs(as("app_a"));
			expect(told.map(({ application }) => application).sort()).toEqual(["", "pod-1"]);
			for (const { ageMs = -1 } of told) {
				expect(ageMs).toBeGreaterThanOrEqual(0);
				expect(ageMs).toBeLessThan(60_000);
			}
			await expect(world.database.sessionsAs({ role: "app_a", password: new Password("wrong") })).rejects.toMatchObject(
				{
					code: "password-rejected",
				},
			);
		} finally {
			for (const client of clients) await client.end();
		}
	});

	test("the server's workers are no sessions of its own: they begin with a query, and have the name of the session that asks", async () => {
		await using world = await openReal();
		const { host, port } = postgres;
		const login = { host, port, database: "postgres", user: "app_a", password: "password-of-app_a" };
		const client = new pg.Client({ ...login, application_name: "pod-1" });
		// It is terminated below, and the connection may end after its query did.
		client.on("error", () => {});
		await client.connect();
		await client.query("RESET ROLE; SET debug_parallel_query = on");
		const asking = client.query("SELECT pg_sleep(60)").catch(() => {});
		const workers = `SELECT leader_pid FROM pg_stat_activity
			WHERE backend_type = 'parallel worker' AND application_name = 'pod-1' AND usename = 'app_a'`;
		let [worker] = await postgres.query(workers);
		while (!worker) [worker] = await postgres.query(workers);
		const told = await world.database.sessionsAs(as("app_a"));
		await postgres.query(`SELECT pg_terminate_backend(${Number(worker.leader_pid)})`);
		await asking;
		await client.end().catch(() => {});
		expect(told.map(({ application }) => application)).toEqual(["pod-1"]);
	}, 30_000);

	test("settings of a role, memberships, privileges and ownership are compared, and no setting's value is told", async () => {
		await using world = await openReal();
		await unasked(`CREATE ROLE reports; CREATE TABLE logbook (); CREATE TABLE shared ();
			GRANT SELECT ON shared TO app_a, app_b;
			ALTER ROLE app_b SET search_path = hidden; ALTER ROLE app_b IN DATABASE postgres SET application_name = 'hidden';
			GRANT reports TO app_a; GRANT SELECT ON logbook TO app_b`);
		await unasked("CREATE TABLE own (); ALTER TABLE own OWNER TO app_a");
		try {
			const { sentence } = (await refusalIn(world))!;
			expect(sentence).not.toContain("hidden");
			for (const says of [
				"setting search_path differs",
				"setting application_name in database postgres differs",
				"membership in reports differs",
				"app_b alone has privileges on 1 object(s) in database postgres",
				"app_a owns 1 object(s) in database postgres",
			])
				expect(sentence).toContain(says);
		} finally {
			await unasked("DROP TABLE logbook, shared, own; REVOKE reports FROM app_a; DROP ROLE reports");
		}
	});

	test("to somebody without rights a session counts although its start and its address are hidden", async () => {
		await using world = await openReal();
		const client = new pg.Client({
			host: postgres.host,
			port: postgres.port,
			database: "postgres",
			user: "app_b",
			password: "password-of-app_b",
			application_name: 'a pool\'s, "quoted"',
		});
		await client.connect();
		await using session = await world.database.open(as("rotator"));
		const { count, some } = await session.sessions("app_b");
		await client.end();
		expect(count).toBe(1);
		expect(some).toEqual([
			expect.stringMatching(/application "a pool\?s\? \?quoted\?", address unknown, since unknown$/),
		]);
	});
});
