// The sample's way to PostgreSQL.
//
// D1. A running pod survives a rotation without a restart: a rejected password is read again from where it came from,
//     and tried once more only if there is another one. Otherwise: it is wrong until its next start, or it hammers
//     the server with a password that is known to be wrong.
// D2. Sessions that are open stay open (PostgreSQL keeps them over a change of password), and all of them are opened
//     at the start, so that no request needs a login in the moment between the change and the new file.

import pg from "pg";
import type { Login, Secrets } from "./secrets.ts";

export interface Database {
	query(sql: string, values: unknown[]): Promise<unknown[]>;
	/** Logs in anew and leaves again; opens the pool's sessions the first time. */
	login(): Promise<void>;
	end(): Promise<void>;
}

const sessions = 4;

function poolOf(settings: pg.PoolConfig): pg.Pool {
	const pool = new pg.Pool({ ...settings, max: sessions, idleTimeoutMillis: 0 });
	// An idle session that the server cuts must not end the process: the pool opens another one when it is needed.
	pool.on("error", () => {});
	return pool;
}

/** `databaseUrl` is postgresql://user@host:port/database; `sslmode=require` or stricter verifies the server's certificate. */
export function openDatabase({ databaseUrl, login, freshLogin }: Secrets): Database {
	const url = new URL(databaseUrl);
	let current = login;
	let warm = false;
	const { sslmode = "disable" } = Object.fromEntries(url.searchParams);
	const settings = (): pg.PoolConfig => ({
		host: url.hostname,
		port: Number(url.port || 5432),
		user: current.user ?? decodeURIComponent(url.username),
		database: url.pathname.slice(1),
		ssl: sslmode === "disable" ? false : { rejectUnauthorized: true },
		password: () => current.password,
		application_name: process.env.POD_NAME ?? "titanic-api",
		connectionTimeoutMillis: 5_000,
	});
	let pool = poolOf(settings());

	async function withFreshLogin<T>(attempt: () => Promise<T>): Promise<T> {
		const tried = current;
		try {
			return await attempt();
		} catch (error) {
			const { code = "" } = error as { code?: string };
			// A wrong password, or a user that may not log in any more.
			if (!["28P01", "28000"].includes(code)) throw error;
			if (current === tried) take((await freshLogin()) ?? tried);
			if (current === tried) throw error;
			return attempt();
		}
	}

	/** Sessions of another user go on in a pool of their own until they are over. */
	function take(fresh: Login): void {
		if (fresh.user === current.user && fresh.password === current.password) return;
		const old = fresh.user === current.user ? undefined : pool;
		current = fresh;
		if (!old) return;
		pool = poolOf(settings());
		old.end().catch(() => {});
	}

	async function newLogin(): Promise<void> {
		const client = new pg.Client(settings());
		client.on("error", () => {});
		try {
			await client.connect();
			await client.query("SELECT 1");
		} finally {
			await client.end().catch(() => {});
		}
	}

	async function openSessions(): Promise<void> {
		const opened = await Promise.allSettled(Array.from({ length: sessions }, () => pool.connect()));
		for (const one of opened) if (one.status === "fulfilled") one.value.release();
		warm = opened.every((one) => one.status === "fulfilled");
	}

	return {
		query: async (sql, values) => (await withFreshLogin(() => pool.query(sql, values))).rows,
		async login() {
			await withFreshLogin(newLogin);
			if (!warm) await openSessions();
		},
		end: () => pool.end(),
	};
}
