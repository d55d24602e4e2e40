// How the app gets into the database to set a password: as another role, or as the role itself.
// LG1. `self` probes by login only where it must: the live password first, which is right unless a rotation was cut short.
//      A rejected password is never tried twice in one run. Otherwise: servers that count failures lock the role.
// LG2. Where the other role's login is refused in the middle, the role itself may set its own password: vault and database must
//      come together before somebody corrects the admin's login. Otherwise: nobody gets in until then. A plan does not begin
//      so. With two roles nobody is shut out meanwhile, and neither may change itself. Kept by: shut-out.test.ts.
// LG3. A rejected password is reported with the role and the secret that it belongs to: the admin's is not the role's own. The
//      app's own identity has no secret: its token is rejected.

import type { Ports } from "../app.ts";
import { Fault } from "../domain/fault.ts";
import { newPassword, type Password } from "../domain/password.ts";
import { verifierOf } from "../domain/verifier.ts";
import type { Intent } from "../ports/audit-log.ts";
import type { Accounts, DatabaseSession, EndedSessions, RoleSessions, SessionOptions } from "../ports/database.ts";
import { type Account, takesTurns } from "../strategies/index.ts";
import { passwordOf, unreadable } from "./in-force.ts";
import { type Managed, roleIn } from "./managed.ts";

export interface Allowed {
	/** A reconciliation may use `login.recovery` where no password of the role is right. */
	readonly recovery?: boolean;
	/** The role itself, where the admin's login is refused. */
	readonly itself?: boolean;
	/** The session waits for no place. */
	readonly outOfTurn?: boolean;
	/** The session takes a place only where one is free now. */
	readonly atOnce?: boolean;
}

/** A session that sets the managed role's password: to what is in a value of its secret. See DatabaseSession. */
export interface Session extends AsyncDisposable {
	/** It was opened with the role's own password, which is therefore in force. */
	readonly isOwn: boolean;
	/** @param role whose password is to be set; values of another one are not tried */
	refusal(role: string, inForce: readonly Password[]): Promise<Fault | undefined>;
	lock(): Promise<void>;
	lockHolder(): Promise<string | undefined>;
	holdsLock(): Promise<boolean>;
	/**
	 * Of the role that the value names.
	 * @throws Fault `value-unreadable`, `password-ambiguous` besides: then nothing was set
	 */
	set(intent: Intent, value: Password): Promise<void>;
	/** The role gets a password that is kept nowhere. */
	setUnknown(intent: Intent, role: string): Promise<void>;
	/** What keeps the two roles from taking turns, if there are two. */
	pairRefusal(): Promise<Fault | undefined>;
	/** What the server has to give, and whether it has. */
	given(accounts: Accounts): ReturnType<DatabaseSession["given"]>;
	/** Sessions that a role still has. */
	sessions(role: string): Promise<RoleSessions>;
	endSessions(intent: Intent, role: string, before?: Date): Promise<EndedSessions>;
}

const ofValues = ({ session, isOwn }: Opened, target: Managed, { roles, owner }: Account): Session => {
	const [first, second] = roles;
	return {
		isOwn,
		refusal: (role, inForce) => session.refusal(role, passwordsIn(target, role, inForce)),
		lock: () => session.lock(first),
		lockHolder: () => session.lockHolder(first),
		holdsLock: () => session.holdsLock(first),
		async set(intent, value) {
			const login = target.content.read(value);
			if (!login || !("role" in login)) unreadable(target);
			await session.setPassword(intent, login.role, verifierOf(login.password, target.name));
		},
		setUnknown: (intent, role) => session.setPassword(intent, role, verifierOf(newPassword(), target.name)),
		pairRefusal: async () =>
			second === undefined || owner === undefined ? undefined : session.pairRefusal([first, second], owner),
		given: (accounts) => session.given(accounts),
		sessions: (role) => session.sessions(role),
		endSessions: (intent, role, before) => session.endSessions(intent, role, before),
		[Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
	};
};

const passwordsIn = (target: Managed, role: string, values: readonly Password[]): Password[] =>
	values.flatMap((value) => (roleIn(target.content, value) === role ? (passwordOf(target, value) ?? []) : []));

const nobody: RoleSessions = { count: 0, some: [] };

/** Where only consumers know the value. */
const noSession: Session = {
	isOwn: false,
	refusal: async () => undefined,
	lock: async () => {},
	lockHolder: async () => undefined,
	holdsLock: async () => true,
	set: async () => {},
	setUnknown: async () => {},
	pairRefusal: async () => undefined,
	given: async () => ({ version: 0, needs: [] }),
	sessions: async () => nobody,
	endSessions: async () => ({ ended: 0, left: nobody }),
	[Symbol.asyncDispose]: async () => {},
};

/**
 * Opens the session that may set the managed role's password.
 * @param candidates values that may hold the role's password, likeliest first
 * @param further what it may be besides, read only where none of them is right
 * @throws Fault `password-rejected` when none is right, `admin-rejected`, `identity-rejected`, and whatever `Database.open` throws
 */
export async function openSession(
	ports: Ports,
	target: Managed,
	candidates: readonly Password[],
	allowed: Allowed = {},
	further: () => Promise<readonly Password[]> = async () => [],
): Promise<Session> {
	const { account } = target.content;
	if (!account) return noSession;
	return ofValues(await opened(ports, target, account, candidates, allowed, further), target, account);
}

interface Opened {
	readonly session: DatabaseSession;
	/** @see Session */
	readonly isOwn: boolean;
}

async function opened(
	ports: Ports,
	target: Managed,
	account: Account,
	candidates: readonly Password[],
	allowed: Allowed,
	further: () => Promise<readonly Password[]>,
): Promise<Opened> {
	const { login, roles, server } = account;
	const [role] = roles;
	const { outOfTurn, atOnce } = allowed;
	const options = { outOfTurn, atOnce };
	const itself = async () => {
		const session = await asItself(ports, target, account, candidates, further, options);
		return session && { session, isOwn: true };
	};
	const ofOther = async (session: Promise<DatabaseSession>) => ({ session: await session, isOwn: false });
	if (login.mode !== "self") {
		const asOther = async () =>
			login.mode === "entra-token"
				? (await ports.database(server)).open({ role: login.role, by: "identity" }, options)
				: asAdmin(ports, target, server, login, options);
		return ofOther(asOther()).catch(async (error) => {
			const isRefused = error instanceof Fault && !error.transient;
			const own = isRefused && allowed.itself && !takesTurns(account) ? await itself() : undefined;
			if (own) return own;
			throw error;
		});
	}
	const own = await itself();
	if (own) return own;
	if (allowed.recovery && login.recovery)
		return ofOther(asAdmin(ports, target, server, login.recovery, { ...options, roleMayRotateItself: true }));
	throw new Fault("password-rejected", { server, role, secret: target.name });
}

/** @returns `undefined` where the database rejects all of them */
async function asItself(
	ports: Ports,
	target: Managed,
	{ roles: [role], server }: Account,
	candidates: readonly Password[],
	further: () => Promise<readonly Password[]>,
	options: SessionOptions,
): Promise<DatabaseSession | undefined> {
	const database = await ports.database(server);
	const tried: Password[] = [];
	for (const more of [async () => candidates, further]) {
		for (const password of passwordsIn(target, role, await more())) {
			if (tried.some((other) => other.equals(password))) continue;
			tried.push(password);
			try {
				return await database.open({ role, password }, options);
			} catch (error) {
				if (!(error instanceof Fault) || error.code !== "password-rejected") throw error;
			}
		}
	}
	return undefined;
}

async function asAdmin(
	ports: Ports,
	{ secret: { vault: own } }: Managed,
	server: string,
	{ vault = own, secret, role }: { readonly vault?: string; readonly secret: string; readonly role: string },
	options?: SessionOptions,
): Promise<DatabaseSession> {
	const store = await ports.store(vault);
	const admin = await store.latest(secret);
	if (admin.state === "absent") {
		const isDeleted = (await store.deleted(secret)) !== undefined;
		throw new Fault(isDeleted ? "secret-deleted" : "secret-missing", { vault, secret });
	}
	if (admin.state === "disabled") throw new Fault("secret-disabled", { vault, secret });
	if (admin.value.isEmpty) throw new Fault("secret-empty", { vault, secret });
	const login = async () => (await ports.database(server)).open({ role, password: admin.value }, options);
	return login().catch((error) => {
		const isRejected = error instanceof Fault && error.code === "password-rejected";
		throw isRejected ? new Fault("admin-rejected", { server, role, vault, secret }) : error;
	});
}
