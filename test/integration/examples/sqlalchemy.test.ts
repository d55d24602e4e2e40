// docs/workload.md's application for Flask and SQLAlchemy, as it stands there, against a real PostgreSQL. Run where python3 has the
// packages; that it is Python at all, flask.test.ts sees.

import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { type Postgres, startPostgres } from "../../../local/postgres/postgres.ts";
import { until } from "../../../local/until.ts";

const page = readFileSync(new URL("../../../docs/workload.md", import.meta.url), "utf8");
const blocks = [...page.matchAll(/^```python\n([^`]+)^```$/gm)].map(([, code]) => code!);
const application = blocks.find((block) => block.includes("create_engine")) ?? "";

const found = spawnSync("python3", ["-c", "import flask, psycopg2, sqlalchemy"], { encoding: "utf8" });
const lacking =
	found.status === 0 ? undefined : (/No module named '(\w+)'/.exec(found.stderr)?.[1] ?? "python3 itself");
if (lacking) console.info(`Not run: Flask and SQLAlchemy of docs/workload.md. python3 lacks ${lacking}.`);

/** A pod: says how its probe answers whenever it is asked. Of the word \`late\` the file is new only once the login has failed. */
const pod = `
import sys

print("started", flush=True)
client = app.test_client()
for line in sys.stdin:
    if line.startswith("late "):
        there, old = password_file, line.split()[1]
        class Late:
            reads = 0
            def read_text(self):
                self.reads += 1
                return old if self.reads == 1 else there.read_text()
        password_file = Late()
    print(client.get("/health/ready").status_code, flush=True)
`;

const role = "titanic_admin";

(lacking ? describe.skip : describe)("with Flask, SQLAlchemy and psycopg2", () => {
	let postgres: Postgres;
	let folder: string;
	beforeAll(async () => {
		postgres = await startPostgres();
		folder = await mkdtemp(join(tmpdir(), "workload-"));
	});
	afterAll(async () => {
		await postgres.stop();
		await rm(folder, { recursive: true });
	});
	beforeEach(async () => {
		await postgres.query(`DROP ROLE IF EXISTS ${role}`);
		await postgres.query(`CREATE ROLE ${role} LOGIN PASSWORD 'first'`);
		await write("first");
	});

	const write = (password: string) => writeFile(join(folder, "db-password"), password);
	const alter = (password: string) => postgres.query(`ALTER ROLE ${role} PASSWORD '${password}'`);
	const pids = () => postgres.query<{ pid: number }>("SELECT pid FROM pg_stat_activity WHERE usename = $1", [role]);

	async function running() {
		const place = { DB_USER: role, DB_HOST: postgres.host, DB_PORT: `${postgres.port}`, DB_NAME: "postgres" };
		const env = { ...process.env, ...place, DB_PASSWORD_FILE: join(folder, "db-password") };
		const child = spawn("python3", ["-c", application + pod], { env, stdio: ["pipe", "pipe", "ignore"] });
		const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
		expect((await lines.next()).value).toBe("started");
		return {
			/** The probe's status. */
			async probe(order = "now"): Promise<number> {
				child.stdin.write(`${order}\n`);
				return Number((await lines.next()).value);
			},
			async [Symbol.asyncDispose]() {
				child.stdin.end();
				if (child.exitCode === null) await once(child, "exit");
			},
		};
	}

	async function cut(): Promise<void> {
		await postgres.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1", [role]);
		await until("the sessions to be gone", 30, async () => (await pids()).length === 0 || undefined);
	}

	test("all sessions are opened at the start, and go on while the password changes", async () => {
		await using app = await running();
		const before = await pids();
		expect(before).toHaveLength(5);
		await alter("second");
		expect(await app.probe()).toBe(200);
		expect(await pids()).toEqual(expect.arrayContaining(before));
	});

	test("a session that was cut is opened anew with what the file has by then", async () => {
		await using app = await running();
		await alter("second");
		await cut();
		expect(await app.probe()).toBe(500);
		await write("second");
		expect(await app.probe()).toBe(200);
	});

	test("a file that is new by the time the login fails is read again at once", async () => {
		await using app = await running();
		await alter("second");
		await cut();
		await write("second");
		expect(await app.probe("late first")).toBe(200);
	});
});
