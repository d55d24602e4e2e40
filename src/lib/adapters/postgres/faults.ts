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
	/** The role that is being altered. */
	readonly target?: string;
}

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
function ofServer(error: pg.DatabaseError, { server, role, database, target }: Where): Fault {
	const state = /^[0-9A-Z]{5}$/.test(error.code ?? "") ? (error.code as string) : "unknown";
	switch (state) {
		case "28P01":
			return new Fault("password-rejected", { server, role }, error);
		case "28000":
			// pg_hba.conf's refusal has the same SQLSTATE, but comes from another function of the server.
			if (error.routine === "InitializeSessionUserId" || error.routine === undefined)
				return new Fault("role-cannot-login", { server, role }, error);
			return misconfigured(`pg_hba.conf does not let role ${role} into database ${database} from here`);
		case "3D000":
			return new Fault("database-missing", { server, database }, error);
		case "42501": {
			const needs = target ? `CREATEROLE and ADMIN OPTION on role ${target}` : `CONNECT on database ${database}`;
			return new Fault("role-not-permitted", { server, role, needs }, error);
		}
		case "42704":
			if (target) return new Fault("role-missing", { server, role: target }, error);
			break;
		case "22023":
			if (target) return misconfigured("a password rule there refuses SCRAM verifiers");
			break;
		case "25006":
			return new Fault("server-read-only", { server }, error);
		case "53300":
			return new Fault("server-full", { server }, error);
		case "57P01":
		case "57P02":
		case "57P03":
			return new Fault("server-starting", { server }, error);
		case "55000":
			if (target) break;
			return misconfigured(`database ${database} takes no connections (ALLOW_CONNECTIONS)`);
		case "58P01":
			return misconfigured(
				`a library to be loaded at login is missing (local_preload_libraries of ${database} or ${role})`,
			);
		case "57P05":
		case "08000":
		case "08001":
		case "08003":
		case "08004":
		case "08006":
			return new Fault("server-unreachable", { server }, error);
	}
	return new Fault("database-unknown", { server, sqlState: state }, error);

	function misconfigured(detail: string) {
		return new Fault("server-misconfigured", { server, detail }, error);
	}
}
