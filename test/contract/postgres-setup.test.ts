// `npm run postgres:setup`: what it prints makes a real server right, and the product agrees.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type Postgres, startPostgres } from "../../local/postgres/postgres.ts";
import { postgresSetup } from "../../src/cli/postgres-setup.ts";
import { Password } from "../../src/lib/domain/password.ts";
import { postgresDatabase } from "../../src/lib/targets/postgres/database.ts";
import { textOf } from "../support/terraform/queries.ts";

const admin = { mode: "admin-secret", secret: "rotator-password", role: 'titanic\'s "rotator"' };
const common = { vault: "main", server: "titanic-db" };
const secrets = {
	single: { ...common, strategy: "single-user", role: "titanic_admin", login: admin },
	turns: {
		...common,
		strategy: "alternating-users",
		roles: ["app $setup$ a", "app_b"],
		owner: "app-owner",
		login: admin,
		value: { template: '{"username": "{role}", "password": "{password}"}', format: "json" },
	},
	itself: { ...common, strategy: "single-user", role: "alone", login: { mode: "self" } },
	identity: { ...common, strategy: "single-user", role: "other", login: { mode: "entra-token", role: "app-identity" } },
};

describe("postgres:setup", () => {
	let postgres: Postgres;
	let folder: string;
	let file: string;
	let login: { PGUSER: string; PGPASSWORD: string };
	beforeAll(async () => {
		postgres = await startPostgres();
		await postgres.query("CREATE DATABASE rotator");
		await postgres.query("REVOKE CONNECT ON DATABASE rotator FROM PUBLIC");
		folder = await mkdtemp(join(tmpdir(), "titanic-setup-"));
		file = join(folder, "rotation.config.yaml");
		const { host, port, superuser } = postgres;
		const servers = { "titanic-db": { host, port, database: "rotator" } };
		const vaults = { main: { url: "https://main.vault.azure.net" } };
		await writeFile(file, JSON.stringify({ vaults, servers, clusters: {}, secrets }));
		login = { PGUSER: superuser.user, PGPASSWORD: superuser.password };
	});
	afterAll(async () => {
		await postgres?.stop();
		if (folder) await rm(folder, { recursive: true });
	});

	const sqlOf = async (...args: string[]) => {
		const printed = await postgresSetup([file, ...args]);
		expect(printed).toMatchObject({ code: 0 });
		return printed.stdout ?? "";
	};
	const check = async (...args: string[]) => postgresSetup([file, "--check", ...args], login);
	const lacking = async (id: string) => {
		const { stdout = "[]" } = await check("--secret", id, "--json");
		const [{ checks }] = JSON.parse(stdout) as [{ checks: { says: string; met: boolean }[] }];
		return checks.filter(({ met }) => !met).map(({ says }) => says);
	};

	test("lists all that a server lacks, with the statements, and changes nothing", async () => {
		const { code, stdout } = await check("--secret", "turns");
		expect(code).toBe(1);
		expect(stdout).toContain("✘ Role app-owner, which is to own every object, exists and may not log in.");
		expect(stdout).toContain('GRANT "app-owner" TO "app_b" WITH INHERIT TRUE, SET TRUE;');
		expect(stdout).toMatch(/\n(\d+) of \1 are missing\.\n$/);
		expect(await postgres.query("SELECT 1 FROM pg_roles WHERE rolname = 'app_b'")).toEqual([]);
	});

	test.each(["single", "turns", "itself"])(
		"what it prints meets all of it, and the plan's own look at the server agrees (%s)",
		async (id) => {
			const sql = await sqlOf("--secret", id);
			await postgres.query(sql, [], "rotator");
			await postgres.query(sql, [], "rotator");
			expect(await lacking(id)).toEqual([]);
			expect(await check("--secret", id)).toMatchObject({ code: 0 });
			if (id === "itself") return;
			await postgres.query(`ALTER ROLE "titanic's ""rotator""" PASSWORD 'local'`);
			const { host, port } = postgres;
			const database = postgresDatabase({ name: "main", server: { host, port, database: "rotator", tls: {} } });
			await using session = await database.open({ role: admin.role, password: new Password("local") });
			const { roles, owner } = secrets.turns;
			if (id === "turns") expect(await session.pairRefusal([roles[0]!, roles[1]!], owner)).toBeUndefined();
			for (const role of id === "turns" ? roles : [secrets.single.role])
				expect(await session.refusal(role, [])).toBeUndefined();
		},
	);

	test("one thing that is taken away is the one thing that is lacking", async () => {
		await postgres.query(await sqlOf("--secret", "turns"), [], "rotator");
		await postgres.query("ALTER ROLE app_b RESET role");
		expect(await lacking("turns")).toEqual(["Role app_b acts as app-owner from its login on."]);
	});

	test("before PostgreSQL 16 no grant has options, and what CREATEROLE reaches is said", async () => {
		const sql = await sqlOf("--secret", "turns", "--for", "15");
		expect(sql).not.toMatch(/WITH (ADMIN|INHERIT)/);
		expect(sql).toContain(
			'CREATEROLE lets titanic\'s "rotator" set the password of every role that is not a superuser',
		);
	});

	test("the app's identity gets a role by its object id, and what Terraform's SQL gives it", async () => {
		const id = "0d3f1d0c-5a1f-4b6e-9a43-7f6b7e1c2d11";
		const sql = await sqlOf("--secret", "identity", "--object-id", id);
		expect(sql).toContain(`pgaadauth_create_principal_with_oid('app-identity', '${id}', 'service', false, false)`);
		const terraform = textOf("sql/identity-role.sql.tftpl");
		for (const line of terraform.match(/^(ALTER|GRANT) .*$/gm) ?? [])
			expect(sql).toContain(line.replace(/\$\{admin\}/, "app-identity").replace(/\$\{role\}/, "other"));
	});

	test.each([
		[["--secret", "nothing"], /No secret of a database is called "nothing"\. Give one of single, turns/],
		[["--for", "9"], /--for takes a major version from 14 to 18/],
		[["--object-id", "me"], /--object-id takes a GUID/],
		[["--check"], /--check needs a login\. Set PGUSER and PGPASSWORD/],
	])("%j is refused with a sentence", async (args, sentence) => {
		const { code, stderr } = await postgresSetup([file, ...args], {});
		expect(code).toBe(2);
		expect(stderr).toMatch(sentence);
	});

	test("a login that is refused is told as such, without the password", async () => {
		const env = { ...login, PGPASSWORD: "not-the-password" };
		const { code, stderr } = await postgresSetup([file, "--check", "--secret", "single"], env);
		expect(code).toBe(2);
		expect(stderr).toContain("PostgreSQL server titanic-db rejects the password of role postgres");
		expect(stderr).not.toContain("not-the-password");
	});
});
