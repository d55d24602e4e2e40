// Derived connection strings, whatever role and database are called: read back by what reads them. libpq is the server's own,
// in its extension dblink, and logs in with them; `pg` reads the URLs.

import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import pg from "pg";
import { type Postgres, startPostgres } from "../../local/postgres/postgres.ts";
import { selfSigned } from "../../packages/loopback/index.ts";
import { Password } from "../../src/lib/domain/password.ts";
import { type Format, render } from "../../src/lib/domain/render.ts";

let postgres: Postgres;
beforeAll(async () => {
	postgres = await startPostgres({ tls: await selfSigned() });
	await postgres.query("CREATE EXTENSION dblink");
}, 60_000);
afterAll(async () => {
	await postgres?.[Symbol.asyncDispose]();
});

const names = [
	"plain",
	"two words",
	" blanks around ",
	"it's",
	"back\\slash",
	"\\' OR host='",
	'"quoted"',
	"a=b;c=d",
	"user@host:1/x?y=z#%41&{role}",
	"Überfahrt – 北大西洋",
];

const ask = "SELECT current_user::text AS role, current_database()::text AS database";

async function byLibpq(text: string) {
	const sql = "SELECT * FROM dblink($1, $2) AS seen(role text, database text)";
	const [row] = await postgres.query(sql, [text, ask]);
	return row;
}

async function byPg(connectionString: string) {
	const client = new pg.Client({ connectionString, ssl: { rejectUnauthorized: false } });
	await client.connect();
	try {
		return (await client.query(ask)).rows[0];
	} finally {
		await client.end();
	}
}

const url = "postgresql://{role}:{password}@{host}:{port}/{database}";
const cases: [Format, string, typeof byPg][] = [
	["libpq", "host={host} port={port} user={role} password={password} dbname={database}", byLibpq],
	["libpq", "host='{host}' port = '{port}' user='{role}' password = '{password}' dbname='{database}'", byLibpq],
	["url", url, byLibpq],
	// It decodes all but the database's name, of which it leaves reserved characters as they are.
	["url", url.replace("{database}", "postgres"), byPg],
];

test.each(cases.flatMap(([format, template, reader]) => names.map((name) => ({ format, template, name, reader }))))(
	"$format: $template logs in as $name",
	async ({ format, template, name, reader }) => {
		const [role, database] = [`${name}r`, template.includes("{database}") ? `${name}d` : "postgres"];
		const secret = `p'"\\ ;=%${randomUUID()}`;
		const { escapeIdentifier: identifier, escapeLiteral: literal } = pg;
		await postgres.query(`CREATE ROLE ${identifier(role)} LOGIN PASSWORD ${literal(secret)}`);
		if (database !== "postgres") await postgres.query(`CREATE DATABASE ${identifier(database)}`);
		try {
			const { host, port } = postgres;
			const text = render({ template, format }, { role, password: new Password(secret), host, port, database });
			expect(await reader(text.reveal())).toEqual({ role, database });
		} finally {
			if (database !== "postgres") await postgres.query(`DROP DATABASE ${identifier(database)} WITH (FORCE)`);
			await postgres.query(`DROP ROLE ${identifier(role)}`);
		}
	},
	20_000,
);
