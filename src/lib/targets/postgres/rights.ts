// Who may set whose password: PostgreSQL's own rules (AlterRole in src/backend/commands/user.c), asked beforehand.

export interface RightFacts {
	/** server_version_num, e.g. 160004 */
	readonly version: number;
	readonly isSelf: boolean;
	/** Of the role that is to set it. */
	readonly isSuperuser: boolean;
	readonly hasCreateRole: boolean;
	/** on the role to be altered, also through a membership */
	readonly hasAdminOption: boolean;
	/** of the role to be altered */
	readonly targetIsSuperuser: boolean;
	readonly targetIsReplication: boolean;
}

/** As columns of a SELECT that has pg_roles as `me`, whose right it is, and as `target`. */
export const rightFacts = `
	pg_catalog.current_setting('server_version_num')::pg_catalog.int4 AS "version",
	target.oid OPERATOR(pg_catalog.=) me.oid AS "isSelf",
	me.rolsuper AS "isSuperuser",
	me.rolcreaterole AS "hasCreateRole",
	pg_catalog.pg_has_role(me.oid, target.oid, 'MEMBER WITH ADMIN OPTION') AS "hasAdminOption",
	target.rolsuper AS "targetIsSuperuser",
	target.rolreplication AS "targetIsReplication"`;

/**
 * @param target the role's name
 * @returns what is lacking, as GRANT and ALTER ROLE would say it; empty when nothing is
 * @see https://www.postgresql.org/docs/current/sql-alterrole.html
 */
export function lackingFor(target: string, facts: RightFacts): string {
	const { version, isSelf, isSuperuser, hasCreateRole, hasAdminOption, targetIsSuperuser, targetIsReplication } = facts;
	if (isSuperuser) return "";
	if (targetIsSuperuser) return "SUPERUSER";
	// Since 16 a replication role is like any other here.
	if (version < 160_000 && targetIsReplication) return "SUPERUSER";
	if (isSelf) return "";
	const lacking = [
		...(hasCreateRole ? [] : ["CREATEROLE"]),
		...(hasAdminOption || version < 160_000 ? [] : [`ADMIN OPTION on role ${target}`]),
	];
	return lacking.join(" and ");
}
