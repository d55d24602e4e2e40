import { spawn } from "node:child_process";
import { once } from "node:events";
import { createConnection } from "node:net";
import { expect, test } from "@jest/globals";
import pg from "pg";
import { watchActivity } from "../../../local/postgres/activity.ts";
import { startPostgres } from "../../../local/postgres/postgres.ts";
import { seedTitanic } from "../../../local/postgres/seed.ts";
import { selfSigned } from "../../../packages/loopback/index.ts";
import { eventually } from "./eventually.ts";

test("the seeded role logs in, a wrong password is refused, and the log never has the password", async () => {
	await using postgres = await startPostgres();
	const { url } = await seedTitanic(postgres, { password: "correct-horse" });
	const client = new pg.Client(url);
	await client.connect();
	const { rows } = await client.query("SELECT count(*)::int AS count FROM passengers");
	await client.end();
	expect(rows[0].count).toBeGreaterThan(20);
	for (const wrong of ["wrong", ""]) {
		const refused = new pg.Client({ ...pgOptions(url), password: wrong });
		await expect(refused.connect()).rejects.toThrow();
	}
	await expect(new pg.Client(url.replace("correct-horse", "wrong")).connect()).rejects.toMatchObject({ code: "28P01" });
	expect(await postgres.log()).toContain("CREATE TABLE passengers");
	expect(await postgres.log()).not.toContain("correct-horse");
});

test("what monitoring sees is kept: statements that are over, those of a role, and every verifier", async () => {
	await using postgres = await startPostgres();
	const { url } = await seedTitanic(postgres, { password: "correct-horse" });
	await using activity = await watchActivity(postgres);
	const first = await activity.verifiers();
	await postgres.query("ALTER ROLE titanic_admin PASSWORD 'battery-staple'");
	const client = new pg.Client(url.replace("correct-horse", "battery-staple"));
	await client.connect();
	await client.query("SELECT 'open and idle'");
	const { activity: running, statements } = await activity.statements();
	await client.end();
	// Of its own session and of the seed's, which had a password in clear, nothing.
	expect(running).toContain("SELECT 'open and idle'");
	expect(statements).toContain("ALTER ROLE titanic_admin PASSWORD 'battery-staple'");
	for (const text of [running, statements, await postgres.log()]) expect(text).not.toContain("correct-horse");
	expect((await activity.verifiers()).length).toBe(first.length + 1);
});

test("after a restart of the server the watch goes on; while it is down, asking is an error", async () => {
	const postgres = await startPostgres();
	await using activity = await watchActivity(postgres);
	await postgres.restart();
	await postgres.query("COMMENT ON DATABASE postgres IS 'after the restart'");
	expect((await activity.statements()).statements).toContain("after the restart");
	await postgres.stop();
	await expect(activity.statements()).rejects.toThrow();
	await expect(activity.verifiers()).rejects.toThrow();
});

test("two servers run side by side, and one keeps its data and its port over a restart", async () => {
	await using first = await startPostgres();
	await using second = await startPostgres({ settings: { max_connections: "7" } });
	await first.query("CREATE TABLE kept AS SELECT 42 AS answer");
	await first.restart();
	expect(await first.query("SELECT answer FROM kept")).toEqual([{ answer: 42 }]);
	expect(await second.query("SHOW max_connections")).toEqual([{ max_connections: "7" }]);
});

test("with a certificate the server takes a connection that verifies its name", async () => {
	const tls = await selfSigned();
	await using postgres = await startPostgres({ tls });
	const client = new pg.Client({
		...pgOptions(postgres.url()),
		host: "localhost",
		ssl: { ca: tls.cert, rejectUnauthorized: true },
	});
	await client.connect();
	const { rows } = await client.query("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()");
	await client.end();
	expect(rows).toEqual([{ ssl: true }]);
});

test("a killed parent leaves no server behind", async () => {
	const module = new URL("../../../local/postgres/postgres.ts", import.meta.url).href;
	const script = `const { startPostgres } = await import(${JSON.stringify(module)}); console.log((await startPostgres()).port);`;
	const parent = spawn(process.execPath, ["--input-type=module", "-e", script], {
		stdio: ["ignore", "pipe", "inherit"],
	});
	const [port] = await once(parent.stdout, "data");
	expect(await listens(Number(port))).toBe(true);
	parent.kill("SIGKILL");
	await eventually(async () => expect(await listens(Number(port))).toBe(false));
});

function pgOptions(url: string): pg.ClientConfig {
	const { hostname, port, username, password, pathname } = new URL(url);
	return { host: hostname, port: Number(port), user: username, password, database: pathname.slice(1) };
}

async function listens(port: number): Promise<boolean> {
	const socket = createConnection(port, "127.0.0.1");
	return once(socket, "connect").then(
		() => {
			socket.destroy();
			return true;
		},
		() => false,
	);
}
