// What can be wrong with a PostgreSQL server, or with the role whose password is changed there.

import { denied, final, queued, transient, unreachable } from "../../domain/faults/kind.ts";

/** `role`: whose session; `statement`: what it does, as the log of the server would have it, never the statement itself. */
interface Statement {
	readonly server: string;
	readonly role: string;
	readonly statement: string;
	readonly sqlState: string;
}

export const postgresFaults = {
	"server-unreachable": unreachable<{ server: string }>(
		({ server }) => `PostgreSQL server ${server} cannot be reached.`,
		"Check the server's state, firewall and private endpoint, and host and port in the configuration.",
	),
	"server-starting": transient<{ server: string }>(
		({ server }) => `PostgreSQL server ${server} is starting up or shutting down.`,
		"It is tried again by itself.",
	),
	"server-full": transient<{ server: string }>(
		({ server }) => `PostgreSQL server ${server} has no connection slot left.`,
		"It is tried again by itself; look for a client that leaks connections (pg_stat_activity).",
	),
	"server-queued": queued<{ server: string }>(
		({ server }) => `So many rotations have a session on PostgreSQL server ${server} that this one waits for its turn.`,
		"It comes again by itself. servers.<name>.sessionsAtOnce says how many all instances of the app may have (docs/configuration.md).",
	),
	"connection-limit": transient<{ server: string; of: string }>(
		({ server, of }) => `The CONNECTION LIMIT of ${of} on PostgreSQL server ${server} is used up.`,
		"It is tried again by itself; the rotator needs a connection beside the clients', and one more where the role changes its own password. Raise the limit.",
	),
	"server-read-only": transient<{ server: string }>(
		({ server }) =>
			`PostgreSQL server ${server} is read-only: a replica, or a primary that is failing over or is set so.`,
		"If it stays, give the primary as servers.<name>.host, or see why default_transaction_read_only is on (a full disk?).",
	),
	"server-misconfigured": denied<{ server: string; detail: string }>(
		({ server, detail }) => `PostgreSQL server ${server} is not set up for the rotator: ${detail}.`,
		"Check what it names; the rotator logs in to the server itself, not to a pooler.",
	),
	"tls-untrusted": denied<{ server: string }>(
		({ server }) => `The certificate of PostgreSQL server ${server} is not trusted.`,
		"Give its CA in servers.<name>.tls.ca; there is no fallback to plaintext.",
	),
	"tls-wrong-name": denied<{ server: string }>(
		({ server }) => `The certificate of PostgreSQL server ${server} is for another name.`,
		"Use the name in the certificate as servers.<name>.host.",
	),
	"tls-missing": final<{ server: string }>(
		({ server }) => `PostgreSQL server ${server} does not offer TLS.`,
		"Switch TLS on at the server; there is no fallback to plaintext.",
	),
	"tls-failed": final<{ server: string; detail: string }>(
		({ server, detail }) => `The TLS handshake with PostgreSQL server ${server} failed: ${detail}.`,
		"Check that the server speaks TLS 1.2 or later (ssl_min_protocol_version, ssl_ciphers).",
	),
	/** Of the managed role itself. `secret`: whose value it is, where that is known. */
	"password-rejected": final<{ server: string; role: string; secret?: string }>(
		({ server, role, secret }) =>
			`PostgreSQL server ${server} rejects the password of role ${role}${secret === undefined ? "" : `, whose secret is ${secret}`}.`,
		"The vault and the database disagree, or the role's VALID UNTIL has passed: see that first, then rotator reconcile NAME (drift in docs/runbook.md).",
		{ leaves: "theirs" },
	),
	/** Of the role that sets the passwords of others. */
	"admin-rejected": final<{ server: string; role: string; vault: string; secret: string }>(
		({ server, role, vault, secret }) =>
			`PostgreSQL server ${server} rejects the password of role ${role}, secret ${secret} in vault ${vault}, by which other roles' passwords are set.`,
		"Store that role's current password as the secret, or set it for the role; see whether its VALID UNTIL has passed. Nothing else has to be repaired.",
		{ leaves: "theirs" },
	),
	/** Of the role that sets the passwords of others, which is the app itself. */
	"identity-rejected": final<{ server: string; role: string; detail: string }>(
		({ server, role, detail }) =>
			`PostgreSQL server ${server} does not take a token of the app's own identity as role ${role}: ${detail}.`,
		"See that the server allows Microsoft Entra authentication and that this role was made for this identity's object id (pgaadauth_create_principal_with_oid; the SQL is in docs/deploy.md). Nothing else has to be repaired.",
		{ leaves: "theirs" },
	),
	"role-missing": final<{ server: string; role: string }>(
		({ server, role }) => `PostgreSQL server ${server} has no role ${role}.`,
		"Create the role, or correct its name in the configuration.",
	),
	"role-cannot-login": denied<{ server: string; role: string }>(
		({ server, role }) => `Role ${role} on PostgreSQL server ${server} may not log in.`,
		"ALTER ROLE ... LOGIN, or correct the role's name in the configuration.",
	),
	/** To a login the server says the same as of a wrong password: only another role's session can show it. */
	"role-expired": denied<{ server: string; role: string }>(
		({ server, role }) => `The password of role ${role} on PostgreSQL server ${server} has expired (VALID UNTIL).`,
		"ALTER ROLE ... VALID UNTIL 'infinity', or a later time: a new password expires then too.",
	),
	"role-not-permitted": final<{ server: string; role: string; needs: string }>(
		({ server, role, needs }) => `Role ${role} on PostgreSQL server ${server} needs ${needs}.`,
		"Grant it as docs/security.md says, and no more.",
	),
	/** Of two that take turns. */
	"roles-unfit": denied<{ server: string; roles: string; why: string }>(
		({ server, roles, why }) => `Roles ${roles} on PostgreSQL server ${server} cannot take turns: ${why}.`,
		"Make them alike, and let the owner own what they own (REASSIGN OWNED): src/lib/strategies/alternating-users/README.md.",
	),
	"role-not-applied": denied<{ server: string; role: string; owner: string; acts: string }>(
		({ server, role, owner, acts }) =>
			`Role ${role} on PostgreSQL server ${server} logs in and acts as ${acts}, not as ${owner}.`,
		"ALTER ROLE ... SET role = the owner, GRANT the owner WITH SET TRUE; PostgreSQL 17.1, 16.5, 15.9 and 14.14 do not apply it.",
	),
	"role-in-use": denied<{ server: string; role: string; count: number; some: string }>(
		({ server, role, count, some }) =>
			`Role ${role} on PostgreSQL server ${server}, whose turn it is, still has ${count} session(s): ${some}.`,
		"Restart what has them, or wait until its pool ends them. A forced rotation goes on: they stay, and their new logins fail.",
	),
	/** The live version names it. */
	"role-in-turn": final<{ server: string; role: string; secret: string }>(
		({ server, role, secret }) =>
			`The new value of secret ${secret} is of role ${role} on PostgreSQL server ${server}, which the live version names.`,
		"Rotate again: the next value is made for the other role. If it stays, ask who writes the pending secret.",
		{ leaves: "untouched" },
	),
	"role-busy": transient<{ server: string; role: string; holder: string }>(
		({ server, role, holder }) =>
			`Another session holds the rotation lock of role ${role} on PostgreSQL server ${server}: ${holder}.`,
		"It is tried again by itself. If it stays, and is not a rotation's: pg_terminate_backend, and ask who logged in as that role.",
	),
	"role-lock-lost": transient<{ server: string; role: string }>(
		({ server, role }) =>
			`The session that changes role ${role} on PostgreSQL server ${server} lost its rotation lock.`,
		"It is tried again by itself; if it stays, log in to the server itself, not through a pooler that shares sessions.",
	),
	"database-missing": final<{ server: string; database: string }>(
		({ server, database }) => `PostgreSQL server ${server} has no database ${database}.`,
		"Correct servers.<name>.database in the configuration.",
	),
	"database-unknown": transient<Statement>(
		({ server, role, statement, sqlState }) =>
			`PostgreSQL server ${server} answered role ${role} with SQLSTATE ${sqlState} to: ${statement}.`,
		"Look SQLSTATE up in PostgreSQL's appendix A, and read the server's log.",
	),
	"statement-held-up": transient<Statement>(
		({ server, role, statement, sqlState }) =>
			`PostgreSQL server ${server} did not get to the end of what role ${role} asked for in time (SQLSTATE ${sqlState}): ${statement}.`,
		"It is tried again by itself; if it stays, look in pg_locks for what holds it up.",
	),
	"statement-refused": denied<Statement>(
		({ server, role, statement, sqlState }) =>
			`PostgreSQL server ${server} refuses role ${role} with SQLSTATE ${sqlState}: ${statement}.`,
		"Read the server's log, which has the message: an extension of the server, such as a check of passwords, may refuse it.",
	),
	"new-password-rejected": final<{ server: string; role: string }>(
		({ server, role }) =>
			`PostgreSQL server ${server} rejects the new password of role ${role}; what is live in the vault gets in as before.`,
		"Check whether the server or a pooler authenticates elsewhere than in pg_authid (LDAP, auth_query).",
	),
	"sessions-left": final<{ server: string; role: string; count: number; some: string }>(
		({ server, role, count, some }) =>
			`Role ${role} on PostgreSQL server ${server} still has ${count} session(s) that began with the password that leaked: ${some}.`,
		"End them as the server's administrator (pg_terminate_backend). The rotator ends them itself where its role is a member of pg_signal_backend.",
		{ leaves: "open" },
	),
	/** After it was replaced. */
	"old-password-accepted": final<{ server: string; role: string }>(
		({ server, role }) => `PostgreSQL server ${server} still accepts the password of role ${role} that was replaced.`,
		"Check whether the server or a pooler authenticates elsewhere than in pg_authid (LDAP, auth_query); the next sweep tries again.",
		{ leaves: "open" },
	),
	"switch-unsettled": transient<{ secret: string; code: string }>(
		({ secret, code }) => `The rotation of ${secret} stopped at ${code}, and vault and database may disagree.`,
		"Fix what that code names; the rotation goes on by itself with the same password. Do not delete the pending secret.",
	),
	"password-ambiguous": final<{ secret: string }>(
		({ secret }) =>
			`The value of ${secret} is empty, or has characters that the clients of PostgreSQL do not all send alike (SASLprep), so it could not be set again.`,
		"Set a password of printable ASCII in the database, store it as the secret's new version, then rotate.",
		{ leaves: "untouched" },
	),
};
