// The rotation lock of a role.
// LK1. Each rotator takes a number of its own among the role's advisory locks, and then looks who else has one: of two at
//      once each may give way, but never neither. Otherwise, with one number for all: anyone who may connect to the database
//      takes it first, and holds up every rotation. Kept by: database.test.ts, where many try at once.
// LK2. A lock counts only if its holder may set the role's password itself, so that anybody else's holds up nothing; one
//      whose holder is not known counts. Kept by: database.test.ts.
// LK3. A role's locks are found by the same number in every version of the rotator. Otherwise: two do not see each other.

import { createHash, randomInt } from "node:crypto";
import { Fault } from "../../domain/fault.ts";
import type { Connection } from "./connection.ts";
import { lackingFor, type RightFacts, rightFacts } from "./rights.ts";
import { told, toldTime } from "./told.ts";

type Unknown<T> = { readonly [K in keyof T]: T[K] | null };

/** `null`: a session that has just begun or ended. */
interface Holder extends Unknown<RightFacts> {
	readonly pid: number;
	readonly name: string | null;
	readonly application: string | null;
	/** Seconds; of another role's session, only some may see it. */
	readonly since: string | null;
}

const space = (role: string) => createHash("sha256").update(`titanic-secret-rotator role ${role}`).digest();

/** pg_locks shows a pair of numbers as classid and objid, without a sign, and shows by objsubid that it is a pair. */
const ofRole = `held.locktype OPERATOR(pg_catalog.=) 'advisory'
	AND held.granted
	AND held.classid OPERATOR(pg_catalog.=) $1::pg_catalog.oid
	AND held.objsubid OPERATOR(pg_catalog.=) 2
	AND held.database OPERATOR(pg_catalog.=) here.oid
	AND here.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()`;

// Not those of a prepared transaction, which has no pid: a rotator prepares none.
const others = `
	SELECT held.pid, activity.usename AS "name", activity.application_name AS "application",
		EXTRACT(epoch FROM activity.backend_start)::pg_catalog.int8 AS "since",
		${rightFacts}
	FROM pg_catalog.pg_database AS here, pg_catalog.pg_locks AS held
	LEFT JOIN pg_catalog.pg_stat_activity AS activity ON activity.pid OPERATOR(pg_catalog.=) held.pid
	LEFT JOIN pg_catalog.pg_roles AS me ON me.oid OPERATOR(pg_catalog.=) activity.usesysid
	LEFT JOIN pg_catalog.pg_roles AS target ON target.rolname OPERATOR(pg_catalog.=) $2::pg_catalog.name
	WHERE ${ofRole} AND held.pid OPERATOR(pg_catalog.<>) pg_catalog.pg_backend_pid()`;

const own = `
	SELECT held.pid FROM pg_catalog.pg_database AS here, pg_catalog.pg_locks AS held
	WHERE ${ofRole} AND held.pid OPERATOR(pg_catalog.=) pg_catalog.pg_backend_pid()`;

/**
 * @param roleMayRotateItself whether a lock that a session of the role itself holds counts in a session of another role
 * @returns a description, for people, of the session that holds the lock; `undefined`: none that counts
 */
export async function lockHolder(
	connection: Connection,
	role: string,
	roleMayRotateItself: boolean,
): Promise<string | undefined> {
	const held = await connection.ask<Holder>(`SELECT locks of ${role}`, others, [space(role).readUInt32BE(), role]);
	const ownCounts = roleMayRotateItself || connection.where.role === role;
	const found = held.find((holder) => {
		if (!isKnown(holder)) return true;
		return lackingFor(role, holder) === "" && (ownCounts || !holder.isSelf);
	});
	return found && described(found);
}

/** @throws Fault `role-busy` */
export async function takeLock(connection: Connection, role: string, roleMayRotateItself: boolean): Promise<void> {
	const lock = [space(role).readInt32BE(), randomInt(2 ** 31)];
	await connection.ask(
		`lock ${role}`,
		"SELECT pg_catalog.pg_advisory_lock($1::pg_catalog.int4, $2::pg_catalog.int4)",
		lock,
	);
	const holder = await lockHolder(connection, role, roleMayRotateItself);
	if (holder === undefined) return;
	const sql = "SELECT pg_catalog.pg_advisory_unlock($1::pg_catalog.int4, $2::pg_catalog.int4)";
	await connection.ask(`unlock ${role}`, sql, lock);
	throw new Fault("role-busy", { server: connection.where.server, role, holder });
}

export async function holdsLock(connection: Connection, role: string): Promise<boolean> {
	const held = await connection.ask(`SELECT own lock of ${role}`, own, [space(role).readUInt32BE()]);
	return held.length > 0;
}

const isKnown = (holder: Unknown<RightFacts>): holder is RightFacts => holder.isSelf !== null;

const described = ({ pid, name, application, since }: Holder): string =>
	[`pid ${pid}`, `role ${told(name)}`, `application ${told(application)}`, `since ${toldTime(since)}`].join(", ");
