// The SQL that Terraform renders for an admin role, on a real server: it gives the right on the managed roles and on no other.

import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import pg from "pg";
import { type Postgres, startPostgres } from "../../local/postgres/postgres.ts";
import { whyNoTerraform } from "../support/terraform/binary.ts";
import { valuesOf, variables } from "../support/terraform/values.ts";

const missing = whyNoTerraform();
if (missing !== undefined) console.warn(`admin-role.test.ts did not run: ${missing}.`);
const ifTerraform = missing === undefined ? describe : describe.skip;

ifTerraform("the SQL of an admin role", () => {
	const admin = 'the "rotator"\'s';
	let postgres: Postgres;
	let asAdmin: (sql: string) => Promise<unknown>;

	beforeAll(async () => {
		postgres = await startPostgres();
		await postgres.query("CREATE ROLE managed LOGIN; CREATE ROLE unmanaged LOGIN");
		const login = { mode: "admin-secret", secret: "admin-password", role: admin };
		const secret = { ...variables.secrets["db-password"], role: "managed", login };
		const { role_sql: scripts } = await valuesOf({ ...variables, secrets: { "db-password": secret } });
		expect(Object.keys(scripts)).toEqual([`titanic-postgres-${admin}.sql`]);
		for (const sql of Object.values(scripts)) {
			await postgres.query(sql);
			await postgres.query(sql); // the second time changes nothing, and must not fail
		}
		await postgres.query(`ALTER ROLE ${pg.escapeIdentifier(admin)} PASSWORD 'local'`);
		asAdmin = async (sql) => {
			const client = new pg.Client({
				host: postgres.host,
				port: postgres.port,
				user: admin,
				password: "local",
				database: "postgres",
			});
			await client.connect();
			try {
				return await client.query(sql);
			} finally {
				await client.end();
			}
		};
	});
	afterAll(async () => postgres?.stop());

	test("lets it set a managed role's password", async () => {
		await expect(asAdmin("ALTER ROLE managed PASSWORD 'x'")).resolves.toBeDefined();
	});

	test.each([
		["set another role's password", "ALTER ROLE unmanaged PASSWORD 'x'"],
		["be the managed role", "SET ROLE managed"],
		["set the superuser's password", "ALTER ROLE postgres PASSWORD 'x'"],
	])("does not let it %s", async (_, sql) => {
		await expect(asAdmin(sql)).rejects.toMatchObject({ code: "42501" });
	});
});
