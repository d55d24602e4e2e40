// Can a role's password be set, proved and set back? Asked of the session that would set it.
// RFU1. The proof is rehearsed: the role logs in while this session is open. Otherwise: the login that proves the change is the
//      first to hear that no connection is left beside this one, of pg_hba.conf, or of a trigger that raises at each login.
//      Kept by: database.test.ts.
// RFU2. What a login may hide is asked of the catalogs: the server says of an expired password that it is wrong, and where nobody
//      knows the right one, nothing can be rehearsed. Kept by: database.test.ts.

import { Fault } from "../../domain/fault.ts";
import type { Password } from "../../domain/password.ts";
import type { Connection } from "./connection.ts";
import { lackingFor, type RightFacts, rightFacts } from "./rights.ts";

interface RoleFacts extends RightFacts {
	readonly canLogin: boolean;
	readonly hasExpired: boolean;
	readonly mayConnect: boolean;
	readonly isFull: boolean;
}

/** A superuser passes every limit. */
const roleFacts = `
	SELECT target.rolcanlogin AS "canLogin",
		COALESCE(target.rolvaliduntil OPERATOR(pg_catalog.<) pg_catalog.now(), false) AS "hasExpired",
		pg_catalog.has_database_privilege(target.oid, pg_catalog.current_database()::pg_catalog.text, 'CONNECT') AS "mayConnect",
		NOT target.rolsuper AND target.rolconnlimit OPERATOR(pg_catalog.>=) 0 AND target.rolconnlimit OPERATOR(pg_catalog.<=) (
			SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_activity AS activity
			WHERE activity.usesysid OPERATOR(pg_catalog.=) target.oid
		) AS "isFull",
		${rightFacts}
	FROM pg_catalog.pg_roles AS target, pg_catalog.pg_roles AS me
	WHERE target.rolname OPERATOR(pg_catalog.=) $1::pg_catalog.name
		AND me.rolname OPERATOR(pg_catalog.=) session_user`;

const factsOf = async (connection: Connection, role: string): Promise<RoleFacts | undefined> =>
	(await connection.ask<RoleFacts & Record<string, unknown>>(`SELECT facts of ${role}`, roleFacts, [role]))[0];

/** @returns what GRANT would have to give this session's role; empty when nothing is lacking, or there is no such role */
export async function lackingHere(connection: Connection, role: string): Promise<string> {
	const facts = await factsOf(connection, role);
	return facts ? lackingFor(role, facts) : "";
}

/**
 * @param inForce likeliest first: what the role's password may be
 * @param logsIn one login of the role: `false` for a wrong password, a Fault for whatever else keeps it out
 */
export async function refusal(
	connection: Connection,
	role: string,
	inForce: readonly Password[],
	logsIn: (password: Password) => Promise<boolean>,
): Promise<Fault | undefined> {
	const { server, role: self, database } = connection.where;
	const facts = await factsOf(connection, role);
	const at = { server, role };
	if (!facts) return new Fault("role-missing", at);
	if (!facts.canLogin) return new Fault("role-cannot-login", at);
	const needs = lackingFor(role, facts);
	if (needs !== "") return new Fault("role-not-permitted", { server, role: self, needs });
	if (facts.hasExpired) return new Fault("role-expired", at);
	if (!facts.mayConnect) return new Fault("role-not-permitted", { ...at, needs: `CONNECT on database ${database}` });
	if (facts.isFull) return new Fault("connection-limit", { server, of: `role ${role}` });
	for (const password of inForce) if (await logsIn(password)) return undefined;
	return undefined;
}
