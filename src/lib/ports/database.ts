// One PostgreSQL server.
// D1. `verify-full` TLS with no fallback, unless the host is loopback. Otherwise: anybody on the way reads the login.
// D2. The lock and the ALTER share one session, so a zombie that lost its session cannot change the password.

import type { Fault } from "../domain/fault.ts";
import type { Password } from "../domain/password.ts";
import type { Verifier } from "../domain/verifier.ts";
import type { Intent } from "./audit-log.ts";

export interface Credential {
	readonly role: string;
	readonly password: Password;
}

/** As the app's own identity: the server takes its access token in place of a password. */
export interface IdentityLogin {
	/** What the server calls that identity. */
	readonly role: string;
	readonly by: "identity";
}

/** What a managed secret says of its database, as far as the server has to give something for it. */
export interface Accounts {
	readonly roles: readonly string[];
	/** Of two roles that take turns. */
	readonly owner?: string | undefined;
	readonly login:
		| { readonly mode: "self"; readonly recovery?: { readonly role: string } | undefined }
		| { readonly mode: "admin-secret" | "entra-token"; readonly role: string };
	/** Of the app's managed identity, for `entra-token`. */
	readonly objectId?: string | undefined;
}

/** Something that a server has to give, and the statement that gives it. */
export interface RoleNeed {
	/** As infra/rights.json calls it; `membership` is of two roles that take turns. */
	readonly right:
		| "LOGIN"
		| "CONNECT"
		| "CREATEROLE"
		| "ADMIN OPTION"
		| "membership"
		| "pg_signal_backend"
		| "pg_read_all_stats";
	/** Whose it is. */
	readonly role: string;
	/** A sentence that is true where it is given. */
	readonly says: string;
	readonly sql: string;
	/** Rotations do without it. */
	readonly optional?: true;
}

/**
 * Throws Fault, by SQLSTATE and never by message: `server-unreachable`, `server-starting`, `server-full`,
 * `connection-limit`, `server-read-only`, `role-busy`, `database-unknown` (transient); `tls-untrusted`, `tls-wrong-name`,
 * `tls-missing`, `tls-failed`, `password-rejected`, `role-missing`, `role-cannot-login`, `role-expired`,
 * `role-not-permitted`, `database-missing`, `server-misconfigured` (final).
 */
export interface Database {
	/**
	 * Logs in once with a fresh connection and leaves. False only if the server rejects this password (28P01), which it
	 * also says of a role that does not exist: `role` of another role's session distinguishes the two.
	 */
	accepts(credential: Credential): Promise<boolean>;
	/** Logs in once, and returns as whom the session acts then (current_user). Throws `password-rejected` besides. */
	actsAs(credential: Credential): Promise<string>;
	/** Logs in once, and returns the other sessions of this role on this server. Throws `password-rejected` besides. */
	sessionsAs(credential: Credential): Promise<readonly OwnSession[]>;
	/**
	 * Opens a session to set passwords in. Its application_name is `titanic-secret-rotator`. This process has so many at once
	 * at most: throws Fault `server-queued` (transient) besides, where others have them for longer than some seconds; of an
	 * identity `identity-rejected` (final) and `token-unavailable`.
	 */
	open(login: Credential | IdentityLogin, options?: SessionOptions): Promise<DatabaseSession>;
	/** What the server has to give, as its newest version calls it. Asks nobody. */
	needs(accounts: Accounts): readonly RoleNeed[];
}

export interface SessionOptions {
	/**
	 * The role's rotations may run as the role itself too: in a session of another role, a lock that a session of its own
	 * holds counts then. Default: it does not, for anyone who has the role's password could keep it from being changed.
	 */
	readonly roleMayRotateItself?: boolean;
	/** It waits for no place among those that this process may have. Default: it does. */
	readonly outOfTurn?: boolean;
	/** It takes a place only where one is free now. Default: it waits for some seconds. */
	readonly atOnce?: boolean;
}

export interface DatabaseSession extends AsyncDisposable {
	/**
	 * Can this session set the role's password, can a login prove it, and can it be set back? Changes nothing. The role logs in
	 * beside this session, as it would to prove the change.
	 * @param inForce what its password may be, likeliest first: a wrong one is no reason, and where none is right only the
	 *   server's catalogs are asked. Not needed in a session of the role itself
	 * @returns the reason why not; transient ones may be thrown as well
	 */
	refusal(role: string, inForce: readonly Password[]): Promise<Fault | undefined>;
	/**
	 * Takes the lock of this role for the session's life; Fault `role-busy`, which names the holder, when another session
	 * has it. Only a lock held by somebody who may set the role's password counts. The lock belongs to one database of the
	 * server: all rotators must log in to the same one. Of two that take it in the same moment, both may be refused.
	 */
	lock(role: string): Promise<void>;
	/** Names, for a person, the other session that would make `lock` fail; `undefined`: none would. Takes nothing. */
	lockHolder(role: string): Promise<string | undefined>;
	/** Whether this session still holds the role's lock. Throws what a dead session throws (`server-unreachable`). */
	holdsLock(role: string): Promise<boolean>;
	/**
	 * What keeps two roles from taking turns: something that one has and the other does not, and that no membership brings;
	 * an object that one of them owns; or an owner that they cannot act as. Reads the catalogs only.
	 */
	pairRefusal(roles: readonly [string, string], owner: string): Promise<Fault | undefined>;
	/** What the server has to give, and whether it has; its major version. Reads the catalogs only. */
	given(accounts: Accounts): Promise<{
		readonly version: number;
		readonly needs: readonly (RoleNeed & { readonly isMet: boolean })[];
	}>;
	/** Open sessions of a role on this server, whatever they are: not those on replicas, or of clients of a pooler. */
	sessions(role: string): Promise<RoleSessions>;
	/**
	 * Ends the sessions of a role, but never this one. Where its own role may not, they are `left`, and nothing is thrown.
	 * @param before only those that began before then, and those whose begin the server does not show; default: all
	 */
	endSessions(intent: Intent, role: string, before?: Date): Promise<EndedSessions>;
	/**
	 * ALTER ROLE ... PASSWORD '<verifier>'; resolves when committed and flushed. Idempotent: after `server-unreachable`
	 * or `database-unknown` it may have happened.
	 */
	setPassword(intent: Intent, role: string, verifier: Verifier): Promise<void>;
}

/** A session as its own role sees it. */
export interface OwnSession {
	/** Its application_name; empty where it has none. */
	readonly application: string;
	/** By the server's clock alone; absent where the server does not show it. */
	readonly ageMs?: number;
}

export interface EndedSessions {
	readonly ended: number;
	readonly left: RoleSessions;
}

export interface RoleSessions {
	readonly count: number;
	/** Whose they are, for people: the oldest few. */
	readonly some: readonly string[];
}
