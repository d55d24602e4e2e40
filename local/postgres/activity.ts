// What monitoring sees of a server: the statements in pg_stat_activity and pg_stat_statements, and the verifiers that
// pg_authid had meanwhile.
// AC1. What could not be looked at is an error when it is asked for, not an empty text. Otherwise: a search of nothing
//      finds nothing. Kept by: postgres.test.ts.

import { setTimeout as pause } from "node:timers/promises";
import pg from "pg";
import type { Postgres } from "./postgres.ts";

export interface Activity extends AsyncDisposable {
	/** Every statement that pg_stat_activity showed so far, and every one in pg_stat_statements. */
	statements(): Promise<{ readonly activity: string; readonly statements: string }>;
	/** Every SCRAM verifier that a role had so far. */
	verifiers(): Promise<readonly string[]>;
}

const everyMs = 50;

/** With names: the server plans each of them once a session, not twenty times a second. */
const often = {
	name: "often",
	text: `SELECT 'activity' AS what, query AS found FROM pg_stat_activity WHERE pid <> pg_backend_pid()
		UNION ALL SELECT 'verifiers', rolpassword FROM pg_authid`,
};
const all = { name: "all", text: "SELECT 'statements' AS what, query AS found FROM pg_stat_statements" };

/**
 * For a session that nobody is to see: its own statements would drown the others, or have a clear password in them.
 * The superuser's right.
 */
export const unseen = `
	SET log_statement = 'none';
	SET log_min_duration_statement = -1;
	SET pg_stat_statements.track = 'none';`;

/**
 * Looks every 50 ms, on one session of the superuser; after a restart of the server, on another one.
 * @throws Error when the server has no pg_stat_statements
 */
export async function watchActivity(postgres: Postgres): Promise<Activity> {
	const seen = { activity: new Set<string>(), statements: new Set<string>(), verifiers: new Set<string>() };
	let session: pg.Client | undefined;

	async function connected(): Promise<pg.Client> {
		if (session) return session;
		const client = new pg.Client({ connectionString: postgres.url(), application_name: "activity" });
		client
			.on("error", () => {})
			.once("end", () => {
				if (session === client) session = undefined;
			});
		await client.connect();
		await client.query(`${unseen} CREATE EXTENSION IF NOT EXISTS pg_stat_statements;`);
		session = client;
		return client;
	}

	async function look(what: "often" | "all"): Promise<void> {
		const client = await connected();
		const keep = async (asked: { name: string; text: string }) => {
			const { rows } = await client.query<{ what: keyof typeof seen; found: string | null }>(asked);
			for (const { what, found } of rows) if (found) seen[what].add(found);
		};
		await keep(often);
		if (what === "all") await keep(all);
	}

	// One after the other: a session takes one statement at a time.
	let turn = look("all");
	await turn;
	const next = (what: "often" | "all") => {
		turn = turn.catch(() => {}).then(() => look(what));
		return turn;
	};
	const stopped = new AbortController();
	const watching = (async () => {
		while (!stopped.signal.aborted) {
			// A server that is down shows nothing; who asks for the result finds out whether it is still down.
			await next("often").catch(() => {});
			await pause(everyMs, undefined, { signal: stopped.signal }).catch(() => {});
		}
	})();

	return {
		async statements() {
			await next("all");
			return { activity: [...seen.activity].join("\n"), statements: [...seen.statements].join("\n") };
		},
		async verifiers() {
			await next("often");
			return [...seen.verifiers];
		},
		async [Symbol.asyncDispose]() {
			stopped.abort();
			await watching;
			await session?.end().catch(() => {});
		},
	};
}
