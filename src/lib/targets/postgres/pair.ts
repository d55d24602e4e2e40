// Two roles that take turns: whether clients are as well off with one as with the other.
// PR1. What a membership brings does not count, and all else has to be the same: attributes, settings, memberships, privileges on
//      objects. Otherwise: every other rotation is an incident. Kept by: pair.test.ts, difference by difference.
// PR2. Neither owns anything. Otherwise: the other one may not touch it once it is its turn. Kept by: pair.test.ts.
// PR3. Names only: what a setting is set to may be a secret. Kept by: pair.test.ts.

import { Fault } from "../../domain/fault.ts";
import type { Connection } from "./connection.ts";

/** Of pg_roles, as CREATE ROLE calls them. */
const attributes = {
	rolsuper: "SUPERUSER",
	rolinherit: "INHERIT",
	rolcreaterole: "CREATEROLE",
	rolcreatedb: "CREATEDB",
	rolreplication: "REPLICATION",
	rolbypassrls: "BYPASSRLS",
	rolconnlimit: "CONNECTION LIMIT",
	rolvaliduntil: "VALID UNTIL",
};

interface RoleRow extends Record<string, unknown> {
	readonly rolname: string;
	readonly rolcanlogin: boolean;
	/** May do SET ROLE to the owner. */
	readonly mayBeOwner: boolean;
}

const rolesSql = `
	SELECT role.rolname, role.rolcanlogin,
		${Object.keys(attributes)
			.map((name) => `role.${name}::pg_catalog.text AS ${name}`)
			.join(", ")},
		COALESCE(pg_catalog.pg_has_role(role.oid, owner.oid,
			CASE WHEN pg_catalog.current_setting('server_version_num')::pg_catalog.int4 OPERATOR(pg_catalog.>=) 160000
			THEN 'SET' ELSE 'MEMBER' END), false) AS "mayBeOwner"
	FROM pg_catalog.pg_roles AS role
	LEFT JOIN pg_catalog.pg_roles AS owner ON owner.rolname OPERATOR(pg_catalog.=) $2::pg_catalog.name
	WHERE role.rolname OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.name[])`;

const settingsSql = `
	SELECT role.rolname, database.datname, setting.setconfig
	FROM pg_catalog.pg_db_role_setting AS setting
	JOIN pg_catalog.pg_roles AS role ON role.oid OPERATOR(pg_catalog.=) setting.setrole
	LEFT JOIN pg_catalog.pg_database AS database ON database.oid OPERATOR(pg_catalog.=) setting.setdatabase
	WHERE role.rolname OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.name[])`;

/** As JSON: what can be granted with a membership differs by version. */
const membershipsSql = `
	SELECT role.rolname, granted.rolname AS "granted", pg_catalog.to_jsonb(membership) AS "options"
	FROM pg_catalog.pg_auth_members AS membership
	JOIN pg_catalog.pg_roles AS role ON role.oid OPERATOR(pg_catalog.=) membership.member
	JOIN pg_catalog.pg_roles AS granted ON granted.oid OPERATOR(pg_catalog.=) membership.roleid
	WHERE role.rolname OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.name[])`;

/** Whatever one of them owns; and what is granted to one of them, or a policy is for, and not to the other. In every database. */
const objectsSql = `
	SELECT role.rolname, database.datname, dependency.deptype::pg_catalog.text AS "type", pg_catalog.count(*) AS "count"
	FROM pg_catalog.pg_shdepend AS dependency
	JOIN pg_catalog.pg_roles AS role ON role.oid OPERATOR(pg_catalog.=) dependency.refobjid
	LEFT JOIN pg_catalog.pg_database AS database ON database.oid OPERATOR(pg_catalog.=) dependency.dbid
	WHERE role.rolname OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.name[])
		AND dependency.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_authid'::pg_catalog.regclass
		AND dependency.classid OPERATOR(pg_catalog.<>) 'pg_catalog.pg_auth_members'::pg_catalog.regclass
		AND (dependency.deptype OPERATOR(pg_catalog.=) 'o'
			OR (dependency.deptype OPERATOR(pg_catalog.=) 'a' OR dependency.deptype OPERATOR(pg_catalog.=) 'r')
			AND NOT EXISTS (
				SELECT FROM pg_catalog.pg_shdepend AS twin
				JOIN pg_catalog.pg_roles AS other ON other.oid OPERATOR(pg_catalog.=) twin.refobjid
				WHERE other.rolname OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.name[])
					AND other.oid OPERATOR(pg_catalog.<>) role.oid
					AND twin.refclassid OPERATOR(pg_catalog.=) dependency.refclassid
					AND twin.deptype OPERATOR(pg_catalog.=) dependency.deptype
					AND twin.dbid OPERATOR(pg_catalog.=) dependency.dbid
					AND twin.classid OPERATOR(pg_catalog.=) dependency.classid
					AND twin.objid OPERATOR(pg_catalog.=) dependency.objid
					AND twin.objsubid OPERATOR(pg_catalog.=) dependency.objsubid))
	GROUP BY role.rolname, database.datname, dependency.deptype
	ORDER BY role.rolname, database.datname, dependency.deptype`;

const ofObjects: Readonly<Record<string, string>> = {
	o: "owns",
	a: "alone has privileges on",
	r: "alone has row policies on",
};

export async function pairRefusal(
	connection: Connection,
	roles: readonly [string, string],
	owner: string,
): Promise<Fault | undefined> {
	const { server } = connection.where;
	const ask = <Row extends object>(what: string, sql: string, more: unknown[] = []) =>
		connection.ask<Row & Record<string, unknown>>(`SELECT ${what} of ${roles.join(" and ")}`, sql, [roles, ...more]);
	const found = await ask<RoleRow>("attributes", rolesSql, [owner]);
	for (const role of roles)
		if (!found.some(({ rolname }) => rolname === role)) return new Fault("role-missing", { server, role });
	const [ownerRow] = await connection.ask<RoleRow>(`SELECT attributes of ${owner}`, rolesSql, [[owner], owner]);
	if (!ownerRow) return new Fault("role-missing", { server, role: owner });
	const settings = await ask<{ rolname: string; datname: string | null; setconfig: string[] }>("settings", settingsSql);
	const memberships = await ask<{ rolname: string; granted: string; options: object }>("memberships", membershipsSql);
	const objects = await ask<{ rolname: string; datname: string | null; type: string; count: string }>(
		"objects",
		objectsSql,
	);
	const why = [
		...(ownerRow.rolcanlogin ? [`${owner} may log in`] : []),
		...found.filter(({ mayBeOwner }) => !mayBeOwner).map(({ rolname }) => `${rolname} may not SET ROLE ${owner}`),
		...Object.entries(attributes).flatMap(([column, name]) =>
			found[0]?.[column] === found[1]?.[column] ? [] : [`${name} differs`],
		),
		...differing(roles, settings, ({ datname, setconfig }) =>
			setconfig.map((setting) => {
				const where = datname === null ? "" : ` in database ${datname}`;
				return { key: setting, says: `setting ${setting.split("=")[0]}${where} differs`, of: where };
			}),
		),
		...differing(roles, memberships, ({ granted, options }) => [
			{ key: optionsOf(options), says: `membership in ${granted} differs`, of: granted },
		]),
		...objects.map(
			({ rolname, datname, type, count }) =>
				`${rolname} ${ofObjects[type]} ${count} object(s) ${datname === null ? "of the server" : `in database ${datname}`}`,
		),
	];
	if (why.length === 0) return undefined;
	const more = why.length > mostTold ? [`and ${why.length - mostTold} more`] : [];
	const names = { server, roles: roles.join(" and "), why: [...why.slice(0, mostTold), ...more].join("; ") };
	return new Fault("roles-unfit", names);
}

const mostTold = 8;

/** `key`, with `of`: what has to be the same; `says`: what is reported where it is not. */
interface Said {
	readonly key: string;
	readonly of: string;
	readonly says: string;
}

/** What only one of two has. */
function differing<Row extends { readonly rolname: string }>(
	[first, second]: readonly [string, string],
	rows: readonly Row[],
	saysOf: (row: Row) => readonly Said[],
): string[] {
	const has = (role: string) => rows.filter(({ rolname }) => rolname === role).flatMap(saysOf);
	const [one, other] = [has(first), has(second)];
	const lacks = (some: readonly Said[]) => (said: Said) =>
		!some.some(({ key, of }) => key === said.key && of === said.of);
	return [...new Set([...one.filter(lacks(other)), ...other.filter(lacks(one))].map(({ says }) => says))].sort();
}

/** ADMIN, and from 16 on INHERIT and SET: no matter who granted it, and by which row. */
const optionsOf = (membership: object): string =>
	Object.entries(membership)
		.filter(([name]) => name.endsWith("_option"))
		.map(([name, given]) => `${name} ${given}`)
		.sort()
		.join(", ");
