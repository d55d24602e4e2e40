// What a session runs under, whatever the server, the database and the role have as their settings.
// SE1. It is in the startup packet: that wins over ALTER DATABASE and ALTER ROLE ... SET, and nothing runs before it.
//      Otherwise: the owner of the database replaces PostgreSQL's functions with other ones, and the rotator's role runs
//      them. Kept by: hostile-database.test.ts, which sets everything that an owner may set.
// SE2. It is looked at before anything else is asked. Otherwise: a pooler that ignores the packet's settings undoes SE1.
// SE3. Every name in a statement says its schema, those of operators and types too: so SE2's own question is PostgreSQL's.
//      Not IN, USING, NULLIF or CASE x WHEN: their operators cannot say it. Kept by: hostile-database.test.ts.

import type pg from "pg";
import { Fault } from "../../domain/fault.ts";
import type { Credential } from "../../ports/database.ts";
import { type At, type Connection, logIn, type TokenCredential } from "./connection.ts";

/** In the units of pg_settings. */
const pinned: Record<string, string> = {
	// Where pg_temp is not named, it is searched first.
	search_path: "pg_catalog, pg_temp",
	// A role may have another one as its setting, and is then not "self" any more.
	role: "none",
	statement_timeout: "15000",
	lock_timeout: "10000",
	// A session whose owner has lost power must not keep the lock for the two hours of TCP's patience.
	idle_session_timeout: "600000",
	tcp_user_timeout: "0",
	default_transaction_isolation: "read committed",
	// A statement that is refused must leave a session that can be asked why.
	exit_on_error: "off",
	local_preload_libraries: "",
	standard_conforming_strings: "on",
};
const since17 = { transaction_timeout: "0" };

const withSettings = (settings: Record<string, string>): pg.ClientConfig => ({
	options: Object.entries(settings)
		.map(([name, value]) => `-c ${name}=${value.replaceAll(" ", "\\ ")}`)
		.join(" "),
	query_timeout: 20_000,
});

/** @throws Fault, as ports/database.ts says */
export async function openConnection(at: At, credential: Credential | TokenCredential): Promise<Connection> {
	const connection = await logIn(at, credential, withSettings({ ...pinned, ...since17 })).catch((error: unknown) => {
		// Undefined object: before anybody could ask the server for its version, it did not know a setting.
		const state = error instanceof Fault ? (error.foreign() as { code?: unknown } | undefined)?.code : undefined;
		if (state !== "42704") throw error;
		return logIn(at, credential, withSettings(pinned));
	});
	try {
		await settle(connection);
	} catch (error) {
		await connection[Symbol.asyncDispose]();
		throw error;
	}
	return connection;
}

async function settle(connection: Connection): Promise<void> {
	const { server } = connection.where;
	const wanted: Record<string, string> = { ...pinned, ...since17 };
	const found = await connection.ask<{ name: string; setting: string; source: string; isStandby: boolean }>(
		"SELECT settings",
		`SELECT name, setting, source, pg_catalog.pg_is_in_recovery() AS "isStandby"
		FROM pg_catalog.pg_settings WHERE name OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.text[])`,
		[[...Object.keys(wanted), "default_transaction_read_only", "synchronous_commit"]],
	);
	const dropped = found.filter(({ name, setting }) => wanted[name] !== undefined && wanted[name] !== setting);
	if (dropped.length > 0) {
		const names = dropped.map(({ name }) => name).join(", ");
		const detail = `what is between, perhaps a pooler, drops the session's settings (${names})`;
		throw new Fault("server-misconfigured", { server, detail });
	}
	if (found.some(({ isStandby }) => isStandby)) throw new Fault("server-read-only", { server });

	const byName = new Map(found.map((each) => [each.name, each]));
	const readOnly = byName.get("default_transaction_read_only");
	if (readOnly?.setting === "on") {
		// The whole server's is its administrator's, or says that its disk is full. Of a database, it belongs to its owner.
		const isNarrow = /^(database|user|database user)$/.test(readOnly.source);
		if (!isNarrow) throw new Fault("server-read-only", { server });
		await connection.ask("SET default_transaction_read_only", "SET default_transaction_read_only = off");
	}
	// A committed password is on the disk; more than that, e.g. remote_apply, is the server's affair.
	if (byName.get("synchronous_commit")?.setting === "off")
		await connection.ask("SET synchronous_commit", "SET synchronous_commit = on");
}
