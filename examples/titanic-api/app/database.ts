// The sample's way to PostgreSQL.
//
// D1. A running pod survives a rotation without a restart: a rejected password is read again from where it came from,
//     and tried once more only if there is another one. Otherwise: it is wrong until its next start, or it hammers
//     the server with a password that is known to be wrong.
// D2. Sessions that are open stay open (PostgreSQL keeps them over a change of password), and all of them are opened
//     at the start, so that no request needs a login in the moment between the change and the new file.

import pg from "pg";
import type { Secrets } from "./secrets.ts";

export interface Database {
	query(sql: string, values: unknown[]): Promise<unknown[]>;
	/** Logs in anew and leaves again; opens the pool's sessions the first time. */
	login(): Promise<void>;
	end(): Promise<void>;
}

const sessions = 4;

/** `databaseUrl` is postgresql://user@host:port/database; `sslmode=require` or stricter verifies the server's certificate. */
export function openDatabase({ databaseUrl, password, freshPassword }: Secrets): Database {
	const url = new URL(databaseUrl);
	let current = password;
	let warm = false;
	const { sslmode = "disable" } = Object.fromEntries(url.searchParams);
	const settings: pg.PoolConfig = {
		host: url.hostname,
		port: Number(url.port || 5432),
		user: decodeURIComponent(url.username),
		database: url.pathname.slice(1),
		ssl: sslmode === "disable" ? false : { rejectUnauthorized: true },
		password: () => current,
		application_name: process.env.POD_NAME ?? "titanic-api",
		connectionTimeoutMillis: 5_000,
	};
	const pool = new pg.Pool({ ...settings, max: sessions, idleTimeoutMillis: 0 });
	// An idle session that the server cuts must not end the process: the pool opens another one when it is needed.
	pool.on("error", () => {});

	async function withFreshPassword<T>(attempt: () => Promise<T>): Promise<T> {
		const tried = current;
		try {
			return await attempt();
		} catch (error) {
			if ((error as { code?: string }).code !== "28P01") throw error;
			if (current === tried) current = (await freshPassword()) ?? tried;
			if (current === tried) throw error;
			return attempt();
		}
	}

	async function newLogin(): Promise<void> {
		const client = new pg.Client(settings);
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
		query: async (sql, values) => (await withFreshPassword(() => pool.query(sql, values))).rows,
		async login() {
			await withFreshPassword(newLogin);
			if (!warm) await openSessions();
		},
		end: () => pool.end(),
	};
}
