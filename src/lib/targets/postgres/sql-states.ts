// What PostgreSQL's and the network's errors mean. By SQLSTATE and error code, never by message: lc_messages translates
// those, and a message may quote the statement.

import pg from "pg";
import { Fault } from "../../domain/fault.ts";

export interface Where {
	/** The server's key in the configuration. */
	readonly server: string;
	/** The role that logs in. */
	readonly role: string;
	readonly database: string;
	/** What the server was asked to do; absent while the role logs in. */
	readonly statement?: string;
	/** The role that is being altered. */
	readonly target?: string;
}

/** For these classes the server says the same the next time: what it was asked for is not allowed, or not known there. */
const lasting = /^(0A|0L|0P|22|23|28|38|39|42|P0)/;

/** What the socket saw of a login that failed. */
export interface Seen {
	/** The server's first bytes, where TLS was asked for: `S` for yes, `N` for no. */
	tlsAnswer?: string;
	closed: boolean;
}

/** @param seen of a login; absent in a session */
export function asFault(error: unknown, where: Where, seen?: Seen): Fault {
	if (error instanceof Fault) return error;
	if (error instanceof pg.DatabaseError) return ofServer(error, where);
	const { server } = where;
	const code = /^[A-Z0-9_]{1,60}$/.exec(String((error as { code?: unknown }).code ?? ""))?.[0] ?? "";
	if (seen?.tlsAnswer === "N") return new Fault("tls-missing", { server }, error);
	if (code === "ERR_TLS_CERT_ALTNAME_INVALID" || code === "HOSTNAME_MISMATCH")
		return new Fault("tls-wrong-name", { server }, error);
	if (/^(ERR_SSL_|ERR_TLS_|ERR_OSSL_|EPROTO$)/.test(code))
		return new Fault("tls-failed", { server, detail: code }, error);
	// The names of OpenSSL's verification errors, e.g. SELF_SIGNED_CERT_IN_CHAIN, UNABLE_TO_VERIFY_LEAF_SIGNATURE.
	if (/CERT|CRL|ISSUER|LEAF_SIGNATURE|^INVALID_(CA|PURPOSE)$|^PATH_LENGTH/.test(code))
		return new Fault("tls-untrusted", { server }, error);
	// No code, and the line is open: pg itself stopped the login.
	if (code === "" && seen?.closed === false && (seen.tlsAnswer ?? "S") === "S") {
		const detail = "it asks for another way to log in than SCRAM, or does not prove that it knows the password";
		return new Fault("server-misconfigured", { server, detail }, error);
	}
	return new Fault("server-unreachable", { server }, error);
}

/** @see https://www.postgresql.org/docs/current/errcodes-appendix.html */
function ofServer(error: pg.DatabaseError, where: Where): Fault {
	const { server } = where;
	const state = /^[0-9A-Z]{5}$/.test(error.code ?? "") ? (error.code as string) : "unknown";
	switch (state) {
		case "25006":
			return new Fault("server-read-only", { server }, error);
		case "57P01":
		case "57P02":
		case "57P03":
			return new Fault("server-starting", { server }, error);
		case "57P05":
		case "08000":
		case "08001":
		case "08003":
		case "08004":
		case "08006":
			return new Fault("server-unreachable", { server }, error);
		case "08P01": {
			// PgBouncer's only one: for a database, a user or a setting that it does not know, and for a wait that was too long.
			const detail =
				"what answers is not a server but a pooler or a proxy, and it refuses with SQLSTATE 08P01 (see its log)";
			return new Fault("server-misconfigured", { server, detail }, error);
		}
	}
	return where.statement === undefined ? ofLogin(error, state, where) : ofStatement(error, state, where);
}

function ofLogin(error: pg.DatabaseError, state: string, { server, role, database }: Where): Fault {
	// Some of PostgreSQL's reasons share an SQLSTATE, but come from different functions of the server.
	const { routine } = error;
	const misconfigured = (detail: string) => new Fault("server-misconfigured", { server, detail }, error);
	switch (state) {
		case "28P01":
			return new Fault("password-rejected", { server, role }, error);
		case "28000":
			if (routine === "InitializeSessionUserId" || routine === undefined)
				return new Fault("role-cannot-login", { server, role }, error);
			return misconfigured(`pg_hba.conf does not let role ${role} into database ${database} from here`);
		case "3D000":
			return new Fault("database-missing", { server, database }, error);
		case "42501":
			if (routine === "CheckMyDatabase" || routine === undefined)
				return new Fault("role-not-permitted", { server, role, needs: `CONNECT on database ${database}` }, error);
			break;
		case "53300":
			if (routine === "InitializeSessionUserId")
				return new Fault("connection-limit", { server, of: `role ${role}` }, error);
			if (routine === "CheckMyDatabase")
				return new Fault("connection-limit", { server, of: `database ${database}` }, error);
			return new Fault("server-full", { server }, error);
		case "55000":
			return misconfigured(`database ${database} takes no connections (ALLOW_CONNECTIONS)`);
		case "58P01":
			return misconfigured(
				`a library to be loaded at login is missing (local_preload_libraries of ${database} or ${role})`,
			);
	}
	if (lasting.test(state)) {
		const what = "a login trigger, or a setting of either,";
		return misconfigured(`${what} keeps role ${role} out of database ${database} with SQLSTATE ${state}`);
	}
	return new Fault("database-unknown", { server, role, statement: "the login", sqlState: state }, error);
}

function ofStatement(error: pg.DatabaseError, state: string, { server, role, statement = "", target }: Where): Fault {
	const refused = { server, role, statement, sqlState: state };
	switch (state) {
		case "42501":
			if (!target) break;
			return new Fault(
				"role-not-permitted",
				{ server, role, needs: `CREATEROLE and ADMIN OPTION on role ${target}` },
				error,
			);
		case "42704":
			if (target) return new Fault("role-missing", { server, role: target }, error);
			break;
		case "22023":
			if (!target) break;
			return new Fault(
				"server-misconfigured",
				{ server, detail: "a password rule there refuses SCRAM verifiers" },
				error,
			);
		case "25P03":
		case "25P04":
		case "40P01":
		case "55P03":
		case "57014":
			return new Fault("statement-held-up", refused, error);
	}
	return new Fault(lasting.test(state) ? "statement-refused" : "database-unknown", refused, error);
}
