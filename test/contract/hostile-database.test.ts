// A database whose owner wants the rotator's rights, or wants it to fail. Everything is tried with the rights that the owner
// really has, on a real server, by the role that rotates other roles' passwords too.

import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import pg from "pg";
import { type Postgres, startPostgres } from "../../local/postgres/postgres.ts";
import { newPassword, Password } from "../../src/lib/domain/password.ts";
import { verifierOf } from "../../src/lib/domain/verifier.ts";
import type { Intent } from "../../src/lib/ports/audit-log.ts";
import type { Credential, Database, DatabaseSession } from "../../src/lib/ports/database.ts";
import { postgresDatabase } from "../../src/lib/targets/postgres/database.ts";
import { planted } from "./support/planted.ts";
import { eventually, proxyTo } from "./support/postgres-wire.ts";

const intent = {} as Intent;
const passwords = { app: "owners-password", rotator: "rotators-password", stranger: "strangers-password" };
type Login = keyof typeof passwords;
const as = (role: Login): Credential => ({ role, password: new Password(passwords[role]) });

let postgres: Postgres;
beforeAll(async () => {
	postgres = await startPostgres({ settings: { max_connections: "30", max_prepared_transactions: "2" } });
	for (const [role, password] of Object.entries(passwords))
		await postgres.query(`CREATE ROLE ${role} LOGIN PASSWORD '${password}'`);
	await postgres.query("CREATE ROLE payroll LOGIN PASSWORD 'payrolls-password'");
	await postgres.query("ALTER ROLE rotator CREATEROLE");
	await postgres.query("GRANT app, payroll TO rotator WITH ADMIN TRUE, INHERIT FALSE, SET FALSE");
	await postgres.query("CREATE DATABASE titanic OWNER app");
	await ownerRuns(planted);
}, 400_000);
afterAll(async () => postgres?.stop());

const at = (
	port = postgres.port,
	role: Login = "rotator",
): { database: Database; open: () => Promise<DatabaseSession> } => {
	const server = { host: "127.0.0.1", port, database: "titanic", tls: {} };
	const database = postgresDatabase({ name: "main", server });
	return { database, open: () => database.open(as(role)) };
};

/** As the database's owner would, from another database: the settings of this one are not to meet the one who plants them. */
async function ownerRuns(sql: string, database = "titanic", role: Login = "app"): Promise<void> {
	const client = new pg.Client({
		host: "127.0.0.1",
		port: postgres.port,
		database,
		user: role,
		password: passwords[role],
	});
	client.on("error", () => {});
	await client.connect();
	try {
		await client.query(sql);
	} finally {
		await client.end();
	}
}

const ownerSets = async (...settings: string[]) => {
	for (const setting of settings) await ownerRuns(`ALTER DATABASE titanic SET ${setting}`, "postgres");
	return {
		[Symbol.asyncDispose]: async () => {
			// As the superuser, for some settings can be set and not be reset.
			await postgres.query("DELETE FROM pg_db_role_setting");
		},
	};
};

const hostilePath = "search_path = planted, public, pg_catalog";

/** Who ran anything of the owner's. */
async function ranPlanted(fromByte: number): Promise<string[]> {
	return [...(await postgres.log(fromByte)).matchAll(/planted code ran as <(\w+)>/g)].map(([, role]) => role!);
}
const logged = async () => Buffer.byteLength(await postgres.log());

/** All that the rotator ever asks in a session. */
async function allOf(session: DatabaseSession, { database }: { database: Database }): Promise<void> {
	expect(await session.refusal("app", [])).toBe(undefined);
	expect(await session.refusal("postgres", [])).toMatchObject({ names: { needs: "SUPERUSER" } });
	expect(await session.lockHolder("payroll")).toBe(undefined);
	await session.lock("payroll");
	expect(await session.holdsLock("payroll")).toBe(true);
	await using other = await database.open(as("rotator"));
	await expect(other.lock("payroll")).rejects.toMatchObject({ code: "role-busy" });
	await other.lock("app");
	expect(await session.lockHolder("app")).toContain('role "rotator"');
	await expect(session.lock("app")).rejects.toMatchObject({ code: "role-busy" });
	expect(await session.holdsLock("app")).toBe(false);
	expect(await session.sessions("payroll")).toEqual({ count: 0, some: [] });
	expect(await session.pairRefusal(["payroll", "stranger"], "app")).toMatchObject({ code: "roles-unfit" });
	const fresh = newPassword();
	await session.setPassword(intent, "payroll", verifierOf(fresh, "payroll"));
	expect(await database.accepts({ role: "payroll", password: fresh })).toBe(true);
	expect(await database.accepts({ role: "payroll", password: newPassword() })).toBe(false);
	expect(await database.sessionsAs({ role: "payroll", password: fresh })).toEqual([]);
	// What is refused leaves a session that can still say why.
	await expect(session.setPassword(intent, "stranger", verifierOf(fresh, "x"))).rejects.toMatchObject({
		code: "role-not-permitted",
		names: { needs: "ADMIN OPTION on role stranger" },
	});
}

describe("code that the database's owner planted", () => {
	test("runs where a statement does not say whose function it means: the trap is one", async () => {
		await using _ = await ownerSets(hostilePath);
		for (const trap of [
			"SELECT current_setting('port')",
			"SELECT * FROM pg_roles",
			"SELECT 'a'::name = 'b'::name",
			"SELECT 1::oid IN (2::oid)",
			"SELECT 'x'::text",
		]) {
			const before = await logged();
			await ownerRuns(trap, "titanic", "stranger").catch(() => {});
			expect([trap, ...new Set(await ranPlanted(before))]).toEqual([trap, "stranger"]);
		}
	});

	test("is not run by the rotator, whose session has a path of its own", async () => {
		await using _ = await ownerSets(hostilePath);
		const before = await logged();
		await using session = await at().open();
		await allOf(session, at());
		expect(await ranPlanted(before)).toEqual([]);
	});

	test("is not run in a session of the owner's role itself, whatever its own settings are", async () => {
		await ownerRuns(`ALTER ROLE app SET ${hostilePath}`, "postgres");
		const before = await logged();
		{
			await using session = await at(postgres.port, "app").open();
			await session.lock("app");
			await session.setPassword(intent, "app", verifierOf(new Password(passwords.app), "x"));
			expect(await session.holdsLock("app")).toBe(true);
		}
		expect(await ranPlanted(before)).toEqual([]);
		await postgres.query("ALTER ROLE app RESET ALL");
	});

	test("is not run where the path is the owner's after all: every statement says whose names it means", async () => {
		await using wire = await proxyTo(postgres);
		const before = await logged();
		await using session = await at(wire.port).open();
		await wire.inject(`SET ${hostilePath}`);
		await allOf(session, at());
		expect(await ranPlanted(before)).toEqual([]);
	});

	test("is not run where a pooler drops the settings of a session, which is refused by name", async () => {
		await using _ = await ownerSets(hostilePath);
		await using wire = await proxyTo(postgres, (asked) => void asked.delete("options"));
		const before = await logged();
		await expect(at(wire.port).open()).rejects.toMatchObject({
			code: "server-misconfigured",
			names: { detail: expect.stringMatching(/pooler.*search_path/) },
		});
		expect(await ranPlanted(before)).toEqual([]);
	});

	test("cannot be an event trigger, and even a superuser's does not fire for a password", async () => {
		const create = (event: string) =>
			`CREATE EVENT TRIGGER planted_${event} ON ${event} EXECUTE FUNCTION planted.on_event()`;
		for (const event of ["login", "ddl_command_start", "ddl_command_end"])
			await expect(ownerRuns(create(event))).rejects.toMatchObject({ code: "42501" });
		for (const event of ["ddl_command_start", "ddl_command_end"]) await postgres.query(create(event), [], "titanic");
		const before = await logged();
		{
			await using session = await at().open();
			await allOf(session, at());
		}
		expect(await ranPlanted(before)).toEqual([]);
		for (const event of ["ddl_command_start", "ddl_command_end"])
			await postgres.query(`DROP EVENT TRIGGER planted_${event}`, [], "titanic");
	});

	test("runs as whoever logs in if a superuser made a login trigger of it: a database of one's own has none", async () => {
		await postgres.query(
			"CREATE EVENT TRIGGER planted_login ON login EXECUTE FUNCTION planted.on_event()",
			[],
			"titanic",
		);
		const before = await logged();
		{
			await using _ = await at().open();
			expect(await ranPlanted(before)).toEqual(["rotator"]);
		}
		await postgres.query("DROP EVENT TRIGGER planted_login", [], "titanic");
	});
});

describe("settings that the database's owner made", () => {
	interface Setting {
		readonly name: string;
		readonly vartype: string;
		readonly min_val: string | null;
		readonly max_val: string | null;
		readonly enumvals: string[] | null;
	}
	const rounds: [string, (setting: Setting) => string | null | undefined][] = [
		["at their lowest", ({ min_val }) => min_val],
		["as short as can be", ({ vartype }) => (vartype === "integer" ? "1" : undefined)],
		["at their highest", ({ max_val }) => max_val],
		["on", ({ vartype }) => (vartype === "bool" ? "on" : undefined)],
		["off", ({ vartype }) => (vartype === "bool" ? "off" : undefined)],
		["the first word there is", ({ enumvals }) => enumvals?.at(0)],
		["the second word there is", ({ enumvals }) => enumvals?.at(1)],
		["the last word there is", ({ enumvals }) => enumvals?.at(-1)],
	];
	test.each(rounds)(
		"all %s: a session works as ever",
		async (_, chosen) => {
			const settings = await postgres.query<Setting>("SELECT * FROM pg_settings WHERE context = 'user'");
			const values = settings.flatMap((setting) => {
				const value = chosen(setting);
				return value == null ? [] : [[setting.name, value] as const];
			});
			expect(values.length).toBeGreaterThan(5);
			await using _made = await ownerSetsAll(values);
			await using session = await at().open();
			await allOf(session, at());
		},
		30_000,
	);

	async function ownerSetsAll(values: (readonly [string, string])[]) {
		// One by one, for what one of them is refused (another server has other limits) is not to undo the rest.
		const each = values.map(
			([name, value]) =>
				`EXECUTE 'ALTER DATABASE titanic SET ${name} = ${pg.escapeLiteral(value).replaceAll("'", "''")}';`,
		);
		const blocks = each.map((set) => `BEGIN ${set} EXCEPTION WHEN others THEN NULL; END;`);
		await ownerRuns(`DO $$ BEGIN ${blocks.join("\n")} END $$`, "postgres");
		const [made] = await postgres.query("SELECT cardinality(setconfig) AS count FROM pg_db_role_setting");
		expect(made?.count).toBeGreaterThan(values.length / 2);
		return ownerSets();
	}

	test.each([
		["another role", "role = 'app'"],
		["another session user", "session_authorization = 'app'"],
		["a read-only transaction", "transaction_read_only = on"],
		["a serializable, deferrable one", "default_transaction_isolation = serializable"],
		["hashing of passwords for ever", "scram_iterations = 2147483647"],
		["strings with backslashes", "standard_conforming_strings = off"],
		["another encoding", "client_encoding = 'UTF8'"],
		["another language of dates", "DateStyle = 'German'"],
		["a library that is not there", "local_preload_libraries = 'nothing'"],
		["read-only sessions", "default_transaction_read_only = on"],
	])("%s: a session works as ever", async (_, setting) => {
		await using _made = await ownerSets(setting);
		await using session = await at().open();
		expect(await session.refusal("payroll", [])).toBe(undefined);
		const password = newPassword();
		await session.lock("payroll");
		await session.setPassword(intent, "payroll", verifierOf(password, "payroll"));
		expect(await at().database.accepts({ role: "stranger", password })).toBe(false);
	});

	test("a library that is not there keeps a mere login out, by name, and is not tried again", async () => {
		await using _ = await ownerSets("local_preload_libraries = 'nothing'");
		await expect(at().database.accepts(as("app"))).rejects.toMatchObject({
			code: "server-misconfigured",
			transient: false,
			names: { detail: expect.stringContaining("local_preload_libraries") },
		});
	});

	test("a database that takes no connections is named", async () => {
		await ownerRuns("ALTER DATABASE titanic ALLOW_CONNECTIONS false", "postgres");
		await expect(at().open()).rejects.toMatchObject({
			code: "server-misconfigured",
			names: { detail: expect.stringContaining("ALLOW_CONNECTIONS") },
		});
		await postgres.query("ALTER DATABASE titanic ALLOW_CONNECTIONS true");
	});
});

describe("what the rotator sets for its session", () => {
	test.each([
		["search_path", "pg_catalog, pg_temp", "public"],
		["statement_timeout", "15s", "'1h'"],
		["lock_timeout", "10s", "'1h'"],
		["idle_session_timeout", "10min", "'1h'"],
		["transaction_timeout", "0", "'1h'"],
		["tcp_user_timeout", "0", "60000"],
		["role", "none", "app"],
		["default_transaction_isolation", "read committed", "serializable"],
		["exit_on_error", "off", "on"],
		["standard_conforming_strings", "on", "off"],
		["synchronous_commit", "on", "off"],
	])("%s is %s, although the database's owner wants %s", async (name, value, wish) => {
		await using _made = await ownerSets(`${name} = ${wish}`);
		await using wire = await proxyTo(postgres);
		await using _ = await at(wire.port).open();
		const before = await logged();
		await wire.inject(`DO $$BEGIN RAISE LOG 'found:%', pg_catalog.current_setting('${name}'); END$$`);
		expect(/found:([a-z0-9_, ]+)$/m.exec(await postgres.log(before))?.[1]).toBe(value);
	});

	test("a server older than one of the settings gets the others", async () => {
		const asked: string[] = [];
		await using wire = await proxyTo(postgres, (startup) => {
			asked.push(startup.get("options") ?? "");
			return asked.at(-1)?.includes("transaction_timeout") ? "42704" : undefined;
		});
		await using session = await at(wire.port).open();
		await allOf(session, at());
		expect(asked.length).toBe(2);
		expect(asked[1]).toContain("idle_session_timeout=600000");
	});
});

describe("a server that is read-only", () => {
	test("by its own configuration, is left so: nothing is changed, and it is said before a rotation begins", async () => {
		await postgres.query("ALTER SYSTEM SET default_transaction_read_only = on");
		await postgres.query("SELECT pg_reload_conf()");
		await eventually(() => expect(at().open()).rejects.toMatchObject({ code: "server-read-only", transient: true }));
		const client = new pg.Client(postgres.url());
		await client.connect();
		await client.query("SET default_transaction_read_only = off");
		await client.query("ALTER SYSTEM RESET default_transaction_read_only");
		await client.query("SELECT pg_reload_conf()");
		await client.end();
		await eventually(async () => (await at().open())[Symbol.asyncDispose]());
	});

	test("because it is a standby, is told before a rotation begins, whatever its database says", async () => {
		await postgres.query(
			"DO $$ BEGIN EXECUTE format('COPY (SELECT 1) TO %L', current_setting('data_directory') || '/standby.signal'); END $$",
		);
		await postgres.restart();
		expect(await postgres.query("SELECT pg_is_in_recovery() AS standby")).toEqual([{ standby: true }]);
		await expect(at().open()).rejects.toMatchObject({ code: "server-read-only", names: { server: "main" } });
		const left = "SELECT pid FROM pg_stat_activity WHERE application_name = 'titanic-secret-rotator'";
		await eventually(async () => expect(await postgres.query(left)).toEqual([]));
		expect(await at().database.accepts(as("app"))).toBe(true);
		await postgres.query("SELECT pg_promote()");
		await using _ = await at().open();
	}, 60_000);
});

describe("a login that may only connect", () => {
	test("cannot hold up a rotation by locks: neither all those of one number, nor one that has no session any more", async () => {
		await using session = await at().open();
		await session.lock("payroll");
		const [mine] = await postgres.query("SELECT classid::bigint AS space FROM pg_locks WHERE locktype = 'advisory'");
		await session[Symbol.asyncDispose]();
		const space = Number(mine?.space) | 0;
		await ownerRuns(
			`BEGIN; SELECT pg_advisory_xact_lock(${space}, number) FROM generate_series(1, 50) AS number; PREPARE TRANSACTION 'held'`,
			"titanic",
			"stranger",
		);
		await using stranger = await at(postgres.port, "stranger").open();
		await stranger.lock("payroll");
		expect(
			await postgres.query("SELECT DISTINCT pid IS NULL AS orphan FROM pg_locks WHERE locktype = 'advisory'"),
		).toEqual(expect.arrayContaining([{ orphan: true }, { orphan: false }]));
		await using next = await at().open();
		await next.lock("payroll");
		expect(await next.holdsLock("payroll")).toBe(true);
		// It sees who keeps it out, too.
		await expect(stranger.lock("payroll")).rejects.toMatchObject({ code: "role-busy" });
		await postgres.query("ROLLBACK PREPARED 'held'", [], "titanic");
	});

	test("counts where nobody can tell any more what it may do: its role is gone, and its session is not", async () => {
		await postgres.query("CREATE ROLE passing LOGIN PASSWORD 'passing'");
		const client = new pg.Client({
			host: "127.0.0.1",
			port: postgres.port,
			database: "titanic",
			user: "passing",
			password: "passing",
		});
		await client.connect();
		const session = await at().open();
		await session.lock("payroll");
		const { rows } = await client.query("SELECT classid::bigint AS space FROM pg_locks WHERE locktype = 'advisory'");
		await session[Symbol.asyncDispose]();
		await client.query("SELECT pg_advisory_lock($1, 7)", [Number(rows[0].space) | 0]);
		await postgres.query("DROP ROLE passing");
		await using waiting = await at().open();
		expect(await waiting.lockHolder("payroll")).toContain("role unknown");
		await client.end();
	});

	test("counts neither while it is only waited for nor in another database", async () => {
		const client = async (user: "stranger" | "rotator", database: string) => {
			const made = new pg.Client({ host: "127.0.0.1", port: postgres.port, database, user, password: passwords[user] });
			await made.connect();
			return made;
		};
		const session = await at().open();
		await session.lock("payroll");
		const [mine] = await postgres.query("SELECT classid::bigint AS space FROM pg_locks WHERE locktype = 'advisory'");
		await session[Symbol.asyncDispose]();
		const taken = (nth: number) => [Number(mine?.space) | 0, nth];
		const [stranger, waiter, elsewhere] = [
			await client("stranger", "titanic"),
			await client("rotator", "titanic"),
			await client("rotator", "postgres"),
		];
		await stranger.query("SELECT pg_advisory_lock($1, $2)", taken(7));
		await elsewhere.query("SELECT pg_advisory_lock($1, $2)", taken(8));
		const granted = waiter.query("SELECT pg_advisory_lock($1, $2)", taken(7));
		await eventually(async () =>
			expect(await postgres.query("SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")).toHaveLength(
				1,
			),
		);
		await using looking = await at().open();
		expect(await looking.lockHolder("payroll")).toBe(undefined);
		await stranger.end();
		await granted;
		expect(await looking.lockHolder("payroll")).toContain('role "rotator"');
		await Promise.all([waiter.end(), elsewhere.end()]);
	});

	test("that may set the password is named by what it says of itself, without what could mislead", async () => {
		const name = `x", role "postgres\n\u202e;`;
		const client = new pg.Client({
			host: "127.0.0.1",
			port: postgres.port,
			database: "titanic",
			user: "rotator",
			password: passwords.rotator,
			application_name: name,
		});
		await client.connect();
		await using session = await at().open();
		await session.lock("payroll");
		const { rows } = await client.query("SELECT classid::bigint AS space FROM pg_locks WHERE locktype = 'advisory'");
		await session[Symbol.asyncDispose]();
		await client.query("SELECT pg_advisory_lock($1, 7)", [Number(rows[0].space) | 0]);
		await using waiting = await at().open();
		const holder = await waiting.lockHolder("payroll");
		expect(holder).toMatch(
			/^pid \d+, role "rotator", application "x\?\?[^"\n\u202e;]*", since 20\d\d-[\d-]+T[\d:.]+Z$/,
		);
		await client.end();
	});
});
