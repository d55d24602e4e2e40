// The sessions that a role still has.
// SS1. Every row of the role counts, whatever the columns say that only some may see. Otherwise: to a role without
//      pg_read_all_stats every column that distinguishes a client's session from the server's own is NULL, and none is
//      found. Kept by: pair.test.ts, where an ordinary role asks.
// SS2. A role looks at its own sessions as itself: where it acts as its owner (SET role), the server hides them from that one.
//      Kept by: settings.ts, pair.test.ts.
// SS3. A session without a known begin is an old one. Otherwise: of those that began with a leaked password, none is ended.
//      Kept by: sessions.test.ts.
// SS4. What proves a login is a client's. Otherwise: a parallel worker of a session that began with the old password, which has that
//      one's name and began with the query, proves the pod. Kept by: pair.test.ts.

import type { EndedSessions, OwnSession, RoleSessions } from "../../ports/database.ts";
import type { Connection } from "./connection.ts";
import { told, toldTime } from "./told.ts";

interface Row {
	readonly pid: number;
	readonly application: string | null;
	/** Of another role's session, only some may see these two. */
	readonly address: string | null;
	readonly since: string | null;
	readonly count: string;
}

/** Of the role `$1`, but not this one; begun before the second `$2`, or nobody knows when. */
const ofRole = `activity.usename OPERATOR(pg_catalog.=) $1::pg_catalog.name
	AND activity.pid OPERATOR(pg_catalog.<>) pg_catalog.pg_backend_pid()
	AND COALESCE(activity.backend_start OPERATOR(pg_catalog.<) pg_catalog.to_timestamp($2::pg_catalog.float8), true)`;

const sessionsSql = `
	SELECT activity.pid, activity.application_name AS "application",
		pg_catalog.host(activity.client_addr) AS "address",
		EXTRACT(epoch FROM activity.backend_start)::pg_catalog.int8 AS "since",
		pg_catalog.count(*) OVER () AS "count"
	FROM pg_catalog.pg_stat_activity AS activity
	WHERE ${ofRole}
	ORDER BY activity.backend_start NULLS LAST, activity.pid
	LIMIT 3`;

export async function sessionsOf(connection: Connection, role: string, before?: Date): Promise<RoleSessions> {
	const rows = await connection.ask<Row & Record<string, unknown>>(
		`SELECT sessions of ${role}`,
		sessionsSql,
		placeOf(role, before),
	);
	return { count: Number(rows[0]?.count ?? 0), some: rows.map(described) };
}

const placeOf = (role: string, before?: Date) => [role, before === undefined ? null : before.getTime() / 1000];

/** Each is waited for, a second at most. Those that it may not end, PostgreSQL would refuse. */
const endSql = `
	SELECT pg_catalog.pg_terminate_backend(activity.pid, 1000) AS "isEnded"
	FROM pg_catalog.pg_stat_activity AS activity
	WHERE ${ofRole}
		AND (pg_catalog.pg_has_role(activity.usesysid, 'USAGE')
			OR pg_catalog.pg_has_role('pg_signal_backend'::pg_catalog.name, 'USAGE'))`;

export async function endSessions(connection: Connection, role: string, before?: Date): Promise<EndedSessions> {
	const rows = await connection.ask(`end sessions of ${role}`, endSql, placeOf(role, before));
	const left = await sessionsOf(connection, role, before);
	return { ended: rows.filter(({ isEnded }) => isEnded === true).length, left };
}

const described = ({ pid, application, address, since }: Row): string =>
	[
		`pid ${pid}`,
		`application ${told(application)}`,
		`address ${address ?? "unknown"}`,
		`since ${toldTime(since)}`,
	].join(", ");

const ownSql = `
	SELECT own.application_name AS "application",
		(EXTRACT(epoch FROM (pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-) own.backend_start))
			OPERATOR(pg_catalog.*) 1000)::pg_catalog.int8 AS "ageMs"
	FROM pg_catalog.pg_stat_activity AS own
	WHERE own.usename OPERATOR(pg_catalog.=) SESSION_USER
		AND own.backend_type OPERATOR(pg_catalog.=) 'client backend'
		AND own.pid OPERATOR(pg_catalog.<>) pg_catalog.pg_backend_pid()`;

export async function ownSessions(connection: Connection): Promise<readonly OwnSession[]> {
	const { role } = connection.where;
	const rows = await connection.ask<{ application: string | null; ageMs: string | null }>(
		`SELECT own sessions of ${role}`,
		ownSql,
	);
	return rows.map(({ application, ageMs }) => ({
		application: application ?? "",
		...(ageMs !== null && { ageMs: Number(ageMs) }),
	}));
}
