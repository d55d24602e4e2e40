// What a PostgreSQL server needs for one managed secret, and no more: each requirement with the statement that meets it and the
// question that finds out whether it is met.
// PSQ1. Running a statement again changes nothing. Otherwise: nobody dares to run them on a server that is in use.
// PSQ2. What a statement gives is what the plan demands. Otherwise: a server that was set up is refused, or has more rights than it
//      needs. Both kept by: postgres-setup.test.ts, which has the product look at the server afterwards.

import type { Accounts, RoleNeed } from "../../ports/database.ts";
import type { Connection } from "./connection.ts";
import { identifier as name, literal as text } from "./quoted.ts";

export interface Requirement extends RoleNeed {
	/** One row with the column `met`. */
	readonly asks: { readonly sql: string; readonly values: readonly string[] };
}

export interface ServerFacts {
	/** PostgreSQL's major version. */
	readonly version: number;
	readonly database: string;
	/** Of the app's managed identity, for `entra-token`. */
	readonly objectId?: string | undefined;
}

/** Before it, CREATEROLE alone may set the password of every role that is not a superuser, and a grant has no options. */
const grantsHaveOptions = ({ version }: ServerFacts) => version >= 16;

export function requirementsOf({ roles, owner, login }: Accounts, server: ServerFacts): Requirement[] {
	const needed = [
		...roles.map(mayLogIn),
		...(owner === undefined ? [] : takingTurns(roles, owner, server)),
		...roles.map((role) => mayConnect(role, server)),
	];
	const other = login.mode === "self" ? login.recovery : login;
	if (!other) return needed;
	const isIdentity = login.mode === "entra-token";
	const { role } = other;
	return [
		...needed,
		isIdentity ? standsForIdentity(role, server) : mayLogIn(role),
		mayCreateRoles(role),
		...(grantsHaveOptions(server) ? roles.map((managed) => mayAlter(role, managed)) : []),
		mayConnect(role, server),
	];
}

export const needsOf = (accounts: Accounts, server: ServerFacts): Requirement[] => [
	...requirementsOf(accounts, { objectId: accounts.objectId, ...server }),
	...optionalOf(accounts),
];

/** As a session of any role can see it. */
export async function givenOn(connection: Connection, accounts: Accounts) {
	const [row] = await connection.ask<{ version: number }>(
		"SELECT current_setting",
		`SELECT pg_catalog.current_setting('server_version_num')::pg_catalog.int4 OPERATOR(pg_catalog./) 10000 AS version`,
	);
	const version = row?.version ?? 0;
	const needs: (Requirement & { readonly isMet: boolean })[] = [];
	for (const one of needsOf(accounts, { version, database: connection.where.database }))
		needs.push({ ...one, isMet: await isMet(connection, one) });
	return { version, needs };
}

/** No row: a role that the question is about is not there. */
export async function isMet(connection: Connection, { asks }: Requirement): Promise<boolean> {
	const [row] = await connection.ask<{ met: boolean }>("SELECT pg_roles", asks.sql, [...asks.values]);
	return row?.met === true;
}

/** What helps an order about a compromised value; rotations do without it. */
function optionalOf({ login }: Accounts): Requirement[] {
	if (login.mode === "self") return [];
	const { role } = login;
	const member = (of: "pg_signal_backend" | "pg_read_all_stats", says: string): Requirement => ({
		...{ right: of, role, says, optional: true as const },
		sql: `GRANT ${name(of)} TO ${name(role)};`,
		asks: betweenAsks(role, of, "USAGE"),
	});
	return [
		member("pg_signal_backend", `Role ${role} may end the sessions of others.`),
		member("pg_read_all_stats", `Role ${role} sees when the sessions of others began.`),
	];
}

const roleAsks = (role: string, met: string) => ({
	sql: `SELECT ${met} AS met FROM pg_catalog.pg_roles WHERE rolname OPERATOR(pg_catalog.=) $1::pg_catalog.name`,
	values: [role],
});

const mayLogIn = (role: string): Requirement => ({
	...{ right: "LOGIN", role },
	says: `Role ${role} exists and may log in.`,
	sql: `${unlessThere(role, `CREATE ROLE ${name(role)} LOGIN;`)}\nALTER ROLE ${name(role)} LOGIN;`,
	asks: roleAsks(role, "rolcanlogin"),
});

function takingTurns(roles: readonly string[], owner: string, server: ServerFacts): Requirement[] {
	const options = grantsHaveOptions(server) ? " WITH INHERIT TRUE, SET TRUE" : "";
	const right = grantsHaveOptions(server) ? "SET" : "MEMBER";
	return [
		{
			...{ right: "membership", role: owner },
			says: `Role ${owner}, which is to own every object, exists and may not log in.`,
			sql: `${unlessThere(owner, `CREATE ROLE ${name(owner)} NOLOGIN;`)}\nALTER ROLE ${name(owner)} NOLOGIN;`,
			asks: roleAsks(owner, "NOT rolcanlogin"),
		},
		...roles.flatMap((role): Requirement[] => [
			{
				...{ right: "membership", role },
				says: `Role ${role} may act as ${owner}.`,
				sql: `GRANT ${name(owner)} TO ${name(role)}${options};`,
				asks: betweenAsks(role, owner, right),
			},
			{
				...{ right: "membership", role },
				says: `Role ${role} acts as ${owner} from its login on.`,
				sql: `ALTER ROLE ${name(role)} SET role = ${name(owner)};`,
				asks: {
					sql: `SELECT pg_catalog.count(*) OPERATOR(pg_catalog.>) 0 AS met FROM pg_catalog.pg_db_role_setting AS setting
						JOIN pg_catalog.pg_roles AS role ON role.oid OPERATOR(pg_catalog.=) setting.setrole
						WHERE role.rolname OPERATOR(pg_catalog.=) $1::pg_catalog.name
							AND setting.setdatabase OPERATOR(pg_catalog.=) 0::pg_catalog.oid
							AND setting.setconfig OPERATOR(pg_catalog.@>) ARRAY[pg_catalog.concat('role=', $2::pg_catalog.text)]`,
					values: [role, owner],
				},
			},
		]),
	];
}

const betweenAsks = (role: string, other: string, right: string) => ({
	sql: `SELECT pg_catalog.pg_has_role(role.oid, other.oid, '${right}') AS met
		FROM pg_catalog.pg_roles AS role, pg_catalog.pg_roles AS other
		WHERE role.rolname OPERATOR(pg_catalog.=) $1::pg_catalog.name AND other.rolname OPERATOR(pg_catalog.=) $2::pg_catalog.name`,
	values: [role, other],
});

/** Only the administrator may see what Azure has of the identity. */
function standsForIdentity(
	role: string,
	{ objectId = "<object id of the app's managed identity>" }: ServerFacts,
): Requirement {
	const right = "LOGIN" as const;
	const made = `PERFORM pg_catalog.pgaadauth_create_principal_with_oid(${text(role)}, ${text(objectId)}, 'service', false, false);`;
	return {
		...{ right, role },
		says: `Role ${role} stands for the app's managed identity. (Run this one in the database postgres, as the server's Entra administrator.)`,
		sql: `${unlessThere(role, made)}\nALTER ROLE ${name(role)} LOGIN;`,
		asks: roleAsks(role, "rolcanlogin"),
	};
}

const mayCreateRoles = (role: string): Requirement => ({
	...{ right: "CREATEROLE", role },
	says: `Role ${role} may set passwords.`,
	sql: `ALTER ROLE ${name(role)} CREATEROLE;`,
	asks: roleAsks(role, "rolcreaterole"),
});

const mayAlter = (role: string, managed: string): Requirement => ({
	...{ right: "ADMIN OPTION", role },
	says: `Role ${role} may set that of ${managed}, and is not ${managed}.`,
	sql: `GRANT ${name(managed)} TO ${name(role)} WITH ADMIN TRUE, INHERIT FALSE, SET FALSE;`,
	asks: betweenAsks(role, managed, "MEMBER WITH ADMIN OPTION"),
});

const mayConnect = (role: string, { database }: ServerFacts): Requirement => ({
	...{ right: "CONNECT", role },
	says: `Role ${role} may connect to the database ${database}.`,
	sql: `GRANT CONNECT ON DATABASE ${name(database)} TO ${name(role)};`,
	asks: {
		sql: `SELECT pg_catalog.has_database_privilege(role.oid, base.oid, 'CONNECT') AS met
			FROM pg_catalog.pg_roles AS role, pg_catalog.pg_database AS base
			WHERE role.rolname OPERATOR(pg_catalog.=) $1::pg_catalog.name AND base.datname OPERATOR(pg_catalog.=) $2::pg_catalog.name`,
		values: [role, database],
	},
});

/** CREATE ROLE has no IF NOT EXISTS. */
function unlessThere(role: string, made: string): string {
	const body = `BEGIN\n  IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = ${text(role)}) THEN\n    ${made}\n  END IF;\nEND`;
	let tag = "$setup$";
	for (let more = 1; body.includes(tag); more++) tag = `$setup${more}$`;
	return `DO ${tag}\n${body}\n${tag};`;
}
