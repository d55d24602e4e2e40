// One login to a PostgreSQL server.
// CN1. verify-full TLS, decided by the host alone, with no fallback: pg asks for TLS and stops at a "no". Otherwise:
//      anybody on the way reads the login. Kept by: database.test.ts.
// CN2. No password is sent as it is, and no login counts that asked for none. Otherwise: a server that is set up so
//      (`password` in pg_hba.conf), or that is another one, learns it; one that lets everybody in (`trust`) proves every
//      password. A token is sent as it is, and is given to nothing that asks for a password in another way. Kept by:
//      database.test.ts, entra-token.test.ts.
// CN3. An idle session that the server or the network ends is no uncaught error. Otherwise: a restart of the database
//      ends the app. Kept by: database.test.ts.

import type { EventEmitter } from "node:events";
import { Socket } from "node:net";
import { type ConnectionOptions, createSecureContext, type SecureContext } from "node:tls";
import pg from "pg";
import { isLoopback } from "../../config/fields.ts";
import { Fault } from "../../domain/fault.ts";
import type { Credential } from "../../ports/database.ts";
import { directly, type Perform } from "../../ports/effect.ts";
import type { Server } from "./schema.ts";
import { asFault, type Seen, type Where } from "./sql-states.ts";

export interface At {
	/** The server's key in the configuration, for faults. */
	readonly name: string;
	readonly server: Omit<Server, "sessionsAtOnce">;
	/** PEM */
	readonly ca?: string;
	readonly perform?: Perform;
	/** Of the app's own identity, for servers. `anew`: the one before was refused. */
	readonly token?: (options?: { readonly anew: boolean }) => Promise<string>;
}

/** @see CN2 */
export interface TokenCredential extends Credential {
	readonly isToken: true;
}

export interface Connection extends AsyncDisposable {
	readonly where: Where;
	/**
	 * @param effect what the statement does, as ports/effect.ts names it, without the system
	 * @returns the rows
	 */
	ask<Row extends pg.QueryResultRow>(
		effect: string,
		sql: string,
		values?: unknown[],
		where?: Partial<Where>,
	): Promise<Row[]>;
}

const farewellMs = 2_000;
const noToken = "it asks for a password of that role, which is not an Entra role there";

/** @returns `false`: plaintext, to loopback without a CA only. The name is verified too, because nothing here turns that off. */
export const tlsFor = (host: string, ca?: string): false | ConnectionOptions =>
	ca === undefined && isLoopback(host)
		? false
		: { rejectUnauthorized: true, minVersion: "TLSv1.2", ...(ca !== undefined && { ca }) };

/** Made once for the same authorities: a login lies in the gap, and each one would parse their certificates anew. */
function secureContext(options: ConnectionOptions): SecureContext {
	const key = String(options.ca ?? "");
	const found = contexts.get(key) ?? createSecureContext(options);
	contexts.set(key, found);
	return found;
}
const contexts = new Map<string, SecureContext>();

/**
 * @param settings of a session; none for a mere login, which a pooler would refuse with them
 * @param loginMs from the first packet to the server's "ready"
 * @throws Fault, as ports/database.ts says
 */
export async function logIn(
	at: At,
	credential: Credential | TokenCredential,
	settings: pg.ClientConfig = {},
	loginMs = 10_000,
): Promise<Connection> {
	const { name, server, ca, perform = directly } = at;
	const { role, password } = credential;
	const isToken = "isToken" in credential;
	const where: Where = { server: name, role, database: server.database };
	// The server would say the same, but pg would take PGPASSWORD of the environment instead.
	if (password.isEmpty) throw new Fault("password-rejected", { server: name, role });

	const socket = new Socket();
	const ssl = tlsFor(server.host, ca);
	const seen: Seen = { closed: false };
	if (ssl)
		socket.once("data", (first: Buffer) => {
			seen.tlsAnswer = first.toString("latin1");
		});
	socket.once("close", () => {
		seen.closed = true;
	});

	/** What the server asked for. pg would answer any of them; `password` below is asked after the server's message. */
	let way: "scram" | "md5" | "as-it-is" | undefined;
	const unproved = (detail: string) => new Fault("server-misconfigured", { server: name, detail });
	const client = new pg.Client({
		host: server.host,
		port: server.port,
		database: server.database,
		user: role,
		password: () => {
			if (!isToken && way === "as-it-is") throw unproved("it asks for the password as it is (password in pg_hba.conf)");
			if (isToken && way !== "as-it-is") throw new Fault("identity-rejected", { server: name, role, detail: noToken });
			return password.reveal();
		},
		ssl: ssl && { ...ssl, secureContext: secureContext(ssl) },
		sslnegotiation: "postgres",
		stream: () => socket,
		application_name: "titanic-secret-rotator",
		keepAlive: true,
		keepAliveInitialDelayMillis: 10_000,
		...settings,
	});
	client.on("error", () => {});
	const { connection } = client as unknown as { connection: EventEmitter };
	connection.once("authenticationSASL", () => {
		way = "scram";
	});
	connection.once("authenticationCleartextPassword", () => {
		way = "as-it-is";
	});
	// Of a password that was stored long ago; the one that a rotation sets is a SCRAM verifier.
	connection.once("authenticationMD5Password", () => {
		way = "md5";
	});
	// Not pg's own limit: its error has no code.
	const late = setTimeout(() => socket.destroy(Object.assign(new Error(), { code: "ETIMEDOUT" })), loginMs);
	try {
		await perform(`postgres login ${role}`, () => client.connect());
		if (way === undefined) throw unproved("it lets the role in without asking for a password (trust in pg_hba.conf)");
	} catch (error) {
		socket.destroy();
		throw asFault(error, where, seen);
	} finally {
		clearTimeout(late);
	}

	return {
		where,
		async ask<Row extends pg.QueryResultRow>(
			effect: string,
			sql: string,
			values: unknown[] = [],
			about: Partial<Where> = {},
		) {
			try {
				return (await perform(`postgres ${effect}`, () => client.query<Row>(sql, values))).rows;
			} catch (error) {
				const fault = asFault(error, { ...where, statement: effect, ...about });
				// Nobody knows what this session still does: it must not keep the lock.
				if (fault.code === "server-unreachable") socket.destroy();
				throw fault;
			}
		},
		async [Symbol.asyncDispose]() {
			// On a dead network the server's goodbye never comes.
			const hangUp = setTimeout(() => socket.destroy(), farewellMs);
			await client.end().catch(() => {});
			clearTimeout(hangUp);
			socket.destroy();
		},
	};
}
