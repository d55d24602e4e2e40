// A PostgreSQL server through pg.
// D3. What is sent as a verifier is one. Otherwise: the server hashes it as if it were the password, without a word.
//     Kept by: `isVerifier`, database.test.ts.
// D4. A committed password is on the disk. Otherwise: a crash of the server takes back a password that the vault has
//     published. Kept by: `prepared`, database.test.ts.

import { createHash } from "node:crypto";
import pg from "pg";
import { Fault } from "../../domain/fault.ts";
import type { Database, DatabaseSession, RoleFacts } from "../../ports/database.ts";
import { type At, type Connection, logIn } from "./connection.ts";
import { lackingFor, type RightFacts } from "./rights.ts";

const limits = { statement_timeout: 15_000, lock_timeout: 10_000, query_timeout: 20_000 };

/**
 * The session's user must be itself (a role may have `SET role` as its setting, and is then not "self" any more), and a
 * session whose owner has lost power must not keep the lock for the two hours of TCP's patience.
 */
const prepared = `
	SET ROLE NONE;
	SET idle_session_timeout = '10min';
	SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'`;

const isVerifier = (text: string) =>
	/^SCRAM-SHA-256\$\d{4,6}:[A-Za-z0-9+/]{22}==\$[A-Za-z0-9+/]{43}=:[A-Za-z0-9+/]{43}=$/.test(text);

/** Stable over versions of the rotator: two that compute another key do not exclude each other. */
const lockKey = (role: string): string => lockHash(role).readBigInt64BE().toString();

/** The same key as pg_locks shows it: two halves, without a sign. */
const shownKey = (role: string): [number, number] => [lockHash(role).readUInt32BE(0), lockHash(role).readUInt32BE(4)];

const lockHash = (role: string) => createHash("sha256").update(`titanic-secret-rotator role ${role}`).digest();

const ownLock = `
	SELECT held.pid FROM pg_catalog.pg_locks AS held, pg_catalog.pg_database AS here
	WHERE held.locktype OPERATOR(pg_catalog.=) 'advisory'
		AND held.granted
		AND held.pid OPERATOR(pg_catalog.=) pg_catalog.pg_backend_pid()
		AND here.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()
		AND held.database OPERATOR(pg_catalog.=) here.oid
		AND held.classid OPERATOR(pg_catalog.=) $1::pg_catalog.oid
		AND held.objid OPERATOR(pg_catalog.=) $2::pg_catalog.oid
		AND held.objsubid OPERATOR(pg_catalog.=) 1`;

/**
 * @param options.name the server's key in the configuration, for faults
 * @param options.ca PEM; default: the system's CAs, and plaintext to loopback
 */
export function postgresDatabase(options: At): Database {
	return {
		async accepts(credential) {
			try {
				await using _ = await logIn(options, credential);
				return true;
			} catch (error) {
				if (error instanceof Fault && error.code === "password-rejected") return false;
				throw error;
			}
		},
		async open(credential) {
			const connection = await logIn(options, credential, limits);
			try {
				await connection.ask("prepare session", prepared);
			} catch (error) {
				await connection[Symbol.asyncDispose]();
				throw error;
			}
			return session(connection);
		},
	};
}

function session(connection: Connection): DatabaseSession {
	const { server, role: self } = connection.where;

	async function role(name: string): Promise<RoleFacts> {
		const [facts] = await connection.ask<RightFacts & { canLogin: boolean }>(
			`SELECT facts of ${name}`,
			`SELECT current_setting('server_version_num')::int AS "version",
				target.rolcanlogin AS "canLogin",
				target.oid = me.oid AS "isSelf",
				me.rolsuper AS "isSuperuser",
				me.rolcreaterole AS "hasCreateRole",
				pg_has_role(me.oid, target.oid, 'MEMBER WITH ADMIN OPTION') AS "hasAdminOption",
				target.rolsuper AS "targetIsSuperuser",
				target.rolreplication AS "targetIsReplication"
			FROM pg_catalog.pg_roles AS target, pg_catalog.pg_roles AS me
			WHERE target.rolname = $1 AND me.rolname = session_user`,
			[name],
		);
		if (!facts) return { state: "missing" };
		const needs = lackingFor(name, facts);
		return { state: "present", canLogin: facts.canLogin, maySetPassword: needs === "", needs };
	}

	return {
		role,
		async lock(name) {
			const sql = `SELECT pg_try_advisory_lock($1::bigint) AS taken`;
			const [row] = await connection.ask<{ taken: boolean }>(`lock ${name}`, sql, [lockKey(name)]);
			if (!row?.taken) throw new Fault("role-busy", { server, role: name });
		},
		async holdsLock(name) {
			const held = await connection.ask(`SELECT lock of ${name}`, ownLock, shownKey(name));
			return held.length > 0;
		},
		async setPassword(_intent, name, verifier) {
			if (!isVerifier(verifier)) throw new Fault("internal-error", { step: "setSecret", kind: "malformed verifier" });
			const sql = `ALTER ROLE ${pg.escapeIdentifier(name)} PASSWORD ${pg.escapeLiteral(verifier)}`;
			try {
				await connection.ask(`ALTER ROLE ${name}`, sql, [], { target: name });
			} catch (error) {
				if (!(error instanceof Fault) || error.code !== "role-not-permitted") throw error;
				const facts = await role(name);
				if (facts.state !== "present" || facts.maySetPassword) throw error;
				throw new Fault("role-not-permitted", { server, role: self, needs: facts.needs }, error.foreign());
			}
		},
		[Symbol.asyncDispose]: async () => connection[Symbol.asyncDispose](),
	};
}
