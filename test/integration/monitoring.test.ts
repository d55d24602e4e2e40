// What somebody with the right to monitor a server gets of a rotation: the verifier, and no way in by it.

import { afterAll, beforeAll, expect, test } from "@jest/globals";
import pg from "pg";
import { type Postgres, startPostgres } from "../../local/postgres/postgres.ts";
import { newPassword, Password } from "../../src/lib/domain/password.ts";
import { verifierOf } from "../../src/lib/domain/verifier.ts";
import type { Intent } from "../../src/lib/ports/audit-log.ts";
import { postgresDatabase } from "../../src/lib/targets/postgres/database.ts";

const first = newPassword();
const second = newPassword();
const monitor = "monitor-1912";
let postgres: Postgres;
beforeAll(async () => {
	postgres = await startPostgres();
	await postgres.query(`CREATE ROLE managed LOGIN PASSWORD '${verifierOf(first, "managed")}'`);
	await postgres.query(`CREATE ROLE monitor LOGIN PASSWORD '${verifierOf(new Password(monitor), "monitor")}'`);
	await postgres.query("GRANT pg_monitor TO monitor");
});
afterAll(async () => postgres?.stop());

async function asMonitor(sql: string) {
	const { host, port } = postgres;
	const client = new pg.Client({ host, port, user: "monitor", password: monitor, database: "postgres" });
	await client.connect();
	try {
		return (await client.query(sql)).rows as Record<string, unknown>[];
	} finally {
		await client.end();
	}
}

test("pg_monitor sees the verifier in the statement, cannot read pg_authid, and does not log in with what it saw", async () => {
	const server = { host: postgres.host, port: postgres.port, database: "postgres", tls: {} };
	const database = postgresDatabase({ name: "main", server });
	const verifier = verifierOf(second, "managed");
	let seen: string;
	{
		await using session = await database.open({ role: "managed", password: first });
		await session.setPassword({} as Intent, "managed", verifier);
		const rows = await asMonitor("SELECT query FROM pg_stat_activity WHERE usename = 'managed'");
		seen = rows.map(({ query }) => query).join("\n");
	}
	expect(seen).toContain("SCRAM-SHA-256$");
	expect(seen).not.toContain(second.reveal());
	await expect(asMonitor("SELECT rolpassword FROM pg_authid")).rejects.toMatchObject({ code: "42501" });
	expect(await database.accepts({ role: "managed", password: new Password(verifier) })).toBe(false);
	expect(await database.accepts({ role: "managed", password: second })).toBe(true);
});
