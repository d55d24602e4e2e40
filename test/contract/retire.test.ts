// What was live before is retired on PostgreSQL itself: the product's steps, its real client, and a client with a session.

import { afterAll, beforeAll, expect, test } from "@jest/globals";
import pg from "pg";
import { type Postgres, startPostgres } from "../../local/postgres/postgres.ts";
import { Password } from "../../src/lib/domain/password.ts";
import { postgresDatabase } from "../../src/lib/targets/postgres/database.ts";
import { ownerRole, rotationWorld, secondRole } from "../support/rotation-world.ts";

const hour = 3_600_000;
const role = "titanic_admin";
const retire = { kind: "retire" } as const;

let postgres: Postgres;
beforeAll(async () => {
	postgres = await startPostgres({ settings: { max_connections: "30" } });
	await postgres.query(`CREATE ROLE ${ownerRole} NOLOGIN;
		CREATE ROLE ${role} LOGIN PASSWORD 'first-password'; CREATE ROLE ${secondRole} LOGIN;
		CREATE ROLE rotator LOGIN CREATEROLE PASSWORD 'admin-password-value';
		GRANT ${ownerRole} TO ${role}, ${secondRole} WITH INHERIT TRUE, SET TRUE;
		GRANT ${role}, ${secondRole} TO rotator WITH ADMIN TRUE, INHERIT FALSE, SET FALSE;
		ALTER ROLE ${role} SET role = ${ownerRole}; ALTER ROLE ${secondRole} SET role = ${ownerRole}`);
}, 60_000);
afterAll(async () => postgres.stop());

test("with a pool's session it waits and says whose that is; without, the value from before is a wrong password", async () => {
	const { host, port } = postgres;
	const database = postgresDatabase({ name: "titanic-db", server: { host, port, database: "postgres", tls: {} } });
	const world = rotationWorld({ value: "turns" });
	Object.assign(world.ports, { database: async () => database });
	expect((await world.run(world.request())).result).toMatchObject({ outcome: "completed" });
	const client = new pg.Client({ host, port, database: "postgres", user: role, password: "first-password" });
	await client.connect();
	await client.query("SET application_name = 'titanic-reports'");
	world.pass(25 * hour);

	const waits = await world.run(world.request(retire));
	expect(waits.result).toMatchObject({ outcome: "skipped", code: "role-in-use" });
	expect(waits.result.problem?.message).toMatch(
		/role titanic_admin .* 1 session\(s\): pid \d+, application "titanic-reports", address unknown, since unknown/i,
	);
	const pid = (await client.query<{ pid: number }>("SELECT pg_backend_pid() AS pid")).rows[0]!.pid;
	await client.end();
	// The server's process ends after the client has gone.
	const left = async () => (await postgres.query(`SELECT FROM pg_stat_activity WHERE pid = ${pid}`)).length;
	while ((await left()) > 0);

	const { result } = await world.run(world.request(retire));
	expect(result).toMatchObject({ outcome: "completed", code: "retired", retired: { role } });
	const before = new pg.Client({ host, port, database: "postgres", user: role, password: "first-password" });
	await expect(before.connect()).rejects.toMatchObject({ code: "28P01" });
	const { username, password } = JSON.parse(world.live().value) as { username: string; password: string };
	expect(username).toBe(secondRole);
	expect(await database.accepts({ role: username, password: new Password(password) })).toBe(true);

	expect((await world.run(world.request({ force: true }))).result).toMatchObject({ outcome: "completed" });
	const next = JSON.parse(world.live().value) as { username: string; password: string };
	expect(next.username).toBe(role);
	expect(await database.accepts({ role, password: new Password(next.password) })).toBe(true);
}, 60_000);

test("an order about a compromised value ends the session of whoever has it, and its next login is refused", async () => {
	const { host, port } = postgres;
	const at = { host, port, database: "postgres", user: "titanic_reports" };
	const database = postgresDatabase({ name: "titanic-db", server: { host, port, database: "postgres", tls: {} } });
	await postgres.query("CREATE ROLE titanic_reports LOGIN PASSWORD 'first-password'");
	const world = rotationWorld();
	Object.assign(world.ports, { database: async () => database });
	Object.assign(world.config.secrets["db-password"], { role: "titanic_reports" });
	const [client, ended] = [new pg.Client({ ...at, password: "first-password" }), Promise.withResolvers<unknown>()];
	client.on("error", (error) => ended.resolve(error));
	await client.connect();
	// The world's clock is its own, and the server's is not: what began before the new version did so by both.
	world.pass(Date.now() - world.now().getTime());
	const { result } = await world.run(world.request({ force: true, compromised: true }));
	expect(result).toMatchObject({ outcome: "completed", compromise: { endedSessions: 1 } });
	expect(result.compromise?.closedAfterSeconds).toBeGreaterThanOrEqual(0);
	expect(await ended.promise).toMatchObject({ code: "57P01" });
	await expect(new pg.Client({ ...at, password: "first-password" }).connect()).rejects.toMatchObject({ code: "28P01" });
	expect(await database.accepts({ role: "titanic_reports", password: new Password(world.live().value) })).toBe(true);
}, 60_000);
