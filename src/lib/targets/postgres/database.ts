// A PostgreSQL server through pg.
// D3. What is sent as a verifier is one. Otherwise: the server hashes it as if it were the password, without a word.
//     Kept by: `isVerifier`, database.test.ts.
// D4. A committed password is on the disk. Otherwise: a crash of the server takes back a password that the vault has
//     published. Kept by: settings.ts, database.test.ts.
// D5. Nobody logs in as a role, or counts its sessions, before an earlier login of the rotator's own is gone. Otherwise: it has
//     itself taken the last connection that the role's CONNECTION LIMIT leaves. Kept by: database.test.ts.

import { Fault } from "../../domain/fault.ts";
import type { Password } from "../../domain/password.ts";
import type { Budget } from "../../ports/budget.ts";
import type { Credential, Database, DatabaseSession } from "../../ports/database.ts";
import { type At, type Connection, logIn } from "./connection.ts";
import { holdsLock, lockHolder, takeLock } from "./lock.ts";
import { pairRefusal } from "./pair.ts";
import { identifier, literal } from "./quoted.ts";
import { lackingHere, refusal } from "./refusal.ts";
import { givenOn, needsOf } from "./requirements.ts";
import { endSessions, ownSessions, sessionsOf } from "./sessions.ts";
import { openConnection } from "./settings.ts";
import { asIdentity } from "./token.ts";

const newest = 18;

const isVerifier = (text: string) =>
	/^SCRAM-SHA-256\$\d{4,6}:[A-Za-z0-9+/]{22}==\$[A-Za-z0-9+/]{43}=:[A-Za-z0-9+/]{43}=$/.test(text);

/**
 * @param options.name the server's key in the configuration, for faults
 * @param options.ca PEM; default: the system's CAs, and plaintext to loopback
 * @param options.sessions how many this process has at once; default: any number. Mere logins are not counted: one of them is
 * the proof in the gap
 */
export function postgresDatabase(options: At & { readonly sessions?: Budget }): Database {
	const { name: server, sessions } = options;
	const refuse = () => new Fault("server-queued", { server });
	const leaving = goodbyes();
	const accepts = async (credential: Credential) => {
		const { role } = credential;
		await leaving.of(role);
		try {
			leaving.add(role, await logIn(options, credential));
			return true;
		} catch (error) {
			if (error instanceof Fault && error.code === "password-rejected") return false;
			throw error;
		}
	};
	return {
		accepts,
		needs: (accounts) => needsOf(accounts, { version: newest, database: options.server.database }),
		async actsAs(credential) {
			await leaving.of(credential.role);
			await using connection = await logIn(options, credential);
			// A keyword: nobody puts a function of theirs in its place.
			const [row] = await connection.ask<{ acts: string }>("SELECT current_user", 'SELECT current_user AS "acts"');
			return row?.acts ?? "";
		},
		async sessionsAs(credential) {
			await leaving.of(credential.role);
			await using connection = await openConnection(options, credential);
			return await ownSessions(connection);
		},
		async open(login, { roleMayRotateItself = false, outOfTurn = false, atOnce } = {}) {
			const place = outOfTurn ? undefined : await sessions?.room(1, login.role, refuse, { atOnce });
			const own = "password" in login ? login : undefined;
			try {
				await leaving.of(login.role);
				const connection = await (own ? openConnection(options, own) : asIdentity(options, login.role));
				const opened = {
					async [Symbol.asyncDispose]() {
						using _ = place;
						await connection[Symbol.asyncDispose]();
					},
				};
				return session(connection, opened, own, { accepts, leaving, roleMayRotateItself });
			} catch (error) {
				place?.[Symbol.dispose]();
				throw error;
			}
		},
	};
}

/** Mere logins that say goodbye, by role. */
interface Goodbyes {
	add(role: string, connection: AsyncDisposable): void;
	of(role: string): Promise<unknown>;
}

/** That a password was accepted is known before the connection is closed, and one such login lies in the gap. */
function goodbyes(): Goodbyes {
	const leaving = new Map<string, Promise<unknown>>();
	return {
		add(role, connection) {
			const gone = Promise.all([leaving.get(role), connection[Symbol.asyncDispose]()]).finally(() => {
				if (leaving.get(role) === gone) leaving.delete(role);
			});
			leaving.set(role, gone);
		},
		of: async (role) => leaving.get(role),
	};
}

function session(
	connection: Connection,
	opened: AsyncDisposable,
	own: Credential | undefined,
	{
		accepts,
		leaving,
		roleMayRotateItself,
	}: Pick<Database, "accepts"> & { leaving: Goodbyes; roleMayRotateItself: boolean },
): DatabaseSession {
	const { server, role: self } = connection.where;
	return {
		async refusal(role, candidates) {
			await leaving.of(role);
			// The password that this session was opened with is the role's own: no other one is tried in vain.
			const inForce = own && role === self ? [own.password] : candidates;
			return refusal(connection, role, inForce, (password: Password) => accepts({ role, password }));
		},
		lockHolder: (name) => lockHolder(connection, name, roleMayRotateItself),
		lock: (name) => takeLock(connection, name, roleMayRotateItself),
		holdsLock: (name) => holdsLock(connection, name),
		pairRefusal: (roles, owner) => pairRefusal(connection, roles, owner),
		given: (accounts) => givenOn(connection, accounts),
		async sessions(name) {
			await leaving.of(name);
			return sessionsOf(connection, name);
		},
		async endSessions(_intent, name, before) {
			await leaving.of(name);
			return endSessions(connection, name, before);
		},
		async setPassword(_intent, name, verifier) {
			if (!isVerifier(verifier)) throw new Fault("internal-error", { step: "setSecret", kind: "malformed verifier" });
			const sql = `ALTER ROLE ${identifier(name)} PASSWORD ${literal(verifier)}`;
			try {
				await connection.ask(`ALTER ROLE ${name}`, sql, [], { target: name });
			} catch (error) {
				if (!(error instanceof Fault) || error.code !== "role-not-permitted") throw error;
				const needs = await lackingHere(connection, name);
				if (needs === "") throw error;
				throw new Fault("role-not-permitted", { server, role: self, needs }, error.foreign());
			}
		},
		[Symbol.asyncDispose]: async () => opened[Symbol.asyncDispose](),
	};
}
