// What a PostgreSQL server needs for one managed secret, and no more: each requirement with the statement that meets it and the
// question that tells whether it is met.
// PSQ1. Running a statement again changes nothing. Otherwise: nobody dares to run them on a server that is in use.
// PSQ2. What a statement gives is what the plan demands. Otherwise: a server that was set up is refused, or has more rights than it
//      needs. Both kept by: postgres-setup.test.ts, which has the product look at the server afterwards.

import type { ManagedSecret } from "../../lib/config/configuration.ts";
import { identifier as name, literal as text } from "../../lib/targets/postgres/quoted.ts";

export interface Requirement {
	/** A sentence. */
	readonly says: string;
	readonly sql: string;
	/** One row with the column `met`. */
	readonly asks: { readonly sql: string; readonly values: readonly string[] };
}

export interface ServerFacts {
	/** PostgreSQL's major version. */
	readonly version: number;
	readonly database: string;
	/** Of the app's managed identity, for `entra-token`. */
	readonly objectId?: string;
}

export type DatabaseSecret = Extract<ManagedSecret, { server: string }>;

/** Before it, CREATEROLE alone may set the password of every role that is no superuser, and a grant has no options. */
const grantsHaveOptions = ({ version }: ServerFacts) => version >= 16;

export function requirementsOf(secret: DatabaseSecret, server: ServerFacts): Requirement[] {
	const roles = "roles" in secret ? secret.roles : [secret.role];
	const needed = [
		...roles.map(mayLogIn),
		...("roles" in secret ? takingTurns(secret.roles, secret.owner, server) : []),
		...roles.map((role) => mayConnect(role, server)),
	];
	const { login } = secret;
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

const roleAsks = (role: string, met: string) => ({
	sql: `SELECT ${met} AS met FROM pg_catalog.pg_roles WHERE rolname = $1`,
	values: [role],
});

const mayLogIn = (role: string): Requirement => ({
	says: `Role ${role} exists and may log in.`,
	sql: `${unlessThere(role, `CREATE ROLE ${name(role)} LOGIN;`)}\nALTER ROLE ${name(role)} LOGIN;`,
	asks: roleAsks(role, "rolcanlogin"),
});

function takingTurns(roles: readonly string[], owner: string, server: ServerFacts): Requirement[] {
	const options = grantsHaveOptions(server) ? " WITH INHERIT TRUE, SET TRUE" : "";
	const right = grantsHaveOptions(server) ? "SET" : "MEMBER";
	return [
		{
			says: `Role ${owner}, which is to own every object, exists and may not log in.`,
			sql: `${unlessThere(owner, `CREATE ROLE ${name(owner)} NOLOGIN;`)}\nALTER ROLE ${name(owner)} NOLOGIN;`,
			asks: roleAsks(owner, "NOT rolcanlogin"),
		},
		...roles.flatMap((role): Requirement[] => [
			{
				says: `Role ${role} may act as ${owner}.`,
				sql: `GRANT ${name(owner)} TO ${name(role)}${options};`,
				asks: betweenAsks(role, owner, right),
			},
			{
				says: `Role ${role} acts as ${owner} from its login on.`,
				sql: `ALTER ROLE ${name(role)} SET role = ${name(owner)};`,
				asks: {
					sql: `SELECT count(*) > 0 AS met FROM pg_catalog.pg_db_role_setting AS setting
						JOIN pg_catalog.pg_roles AS role ON role.oid = setting.setrole
						WHERE role.rolname = $1 AND setting.setdatabase = 0 AND setting.setconfig @> ARRAY[concat('role=', $2::text)]`,
					values: [role, owner],
				},
			},
		]),
	];
}

const betweenAsks = (role: string, other: string, right: string) => ({
	sql: `SELECT pg_catalog.pg_has_role(role.oid, other.oid, '${right}') AS met
		FROM pg_catalog.pg_roles AS role, pg_catalog.pg_roles AS other WHERE role.rolname = $1 AND other.rolname = $2`,
	values: [role, other],
});

/** What Azure has of the identity, only its administrator may see. */
function standsForIdentity(
	role: string,
	{ objectId = "<object id of the app's managed identity>" }: ServerFacts,
): Requirement {
	const made = `PERFORM pg_catalog.pgaadauth_create_principal_with_oid(${text(role)}, ${text(objectId)}, 'service', false, false);`;
	return {
		says: `Role ${role} stands for the app's managed identity. (Run this one in the database postgres, as the server's Entra administrator.)`,
		sql: unlessThere(role, made),
		asks: roleAsks(role, "rolcanlogin"),
	};
}

const mayCreateRoles = (role: string): Requirement => ({
	says: `Role ${role} may set passwords.`,
	sql: `ALTER ROLE ${name(role)} CREATEROLE;`,
	asks: roleAsks(role, "rolcreaterole"),
});

const mayAlter = (role: string, managed: string): Requirement => ({
	says: `Role ${role} may set that of ${managed}, and is not ${managed}.`,
	sql: `GRANT ${name(managed)} TO ${name(role)} WITH ADMIN TRUE, INHERIT FALSE, SET FALSE;`,
	asks: betweenAsks(role, managed, "MEMBER WITH ADMIN OPTION"),
});

const mayConnect = (role: string, { database }: ServerFacts): Requirement => ({
	says: `Role ${role} may connect to the database ${database}.`,
	sql: `GRANT CONNECT ON DATABASE ${name(database)} TO ${name(role)};`,
	asks: {
		sql: `SELECT pg_catalog.has_database_privilege(role.oid, base.oid, 'CONNECT') AS met
			FROM pg_catalog.pg_roles AS role, pg_catalog.pg_database AS base WHERE role.rolname = $1 AND base.datname = $2`,
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
