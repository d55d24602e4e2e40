// A PostgreSQL server in memory, as far as the rotation sees one: roles, their verifiers, sessions and their locks.
// It passes the contract suite that the real adapter passes (test/contract/database.test.ts). Nobody opts out.

import { createHash } from "node:crypto";
import { budget } from "../../src/lib/adapters/process/budget.ts";
import { Fault } from "../../src/lib/domain/fault.ts";
import { Password } from "../../src/lib/domain/password.ts";
import { unsuited, type Verifier, verifierOf } from "../../src/lib/domain/verifier.ts";
import type { Credential, Database, DatabaseSession, SessionOptions } from "../../src/lib/ports/database.ts";
import { lackingFor } from "../../src/lib/targets/postgres/rights.ts";
import type { Hooks } from "./hooks.ts";

export interface RoleTraits {
	readonly password: string;
	/** default: true */
	readonly canLogin?: boolean;
	/** From then on its password is rejected, whatever it is. */
	readonly validUntil?: Date;
	readonly hasCreateRole?: boolean;
	readonly isSuperuser?: boolean;
	/** roles that it has ADMIN OPTION on */
	readonly adminOn?: readonly string[];
	/** CONNECTION LIMIT; default: none */
	readonly connectionLimit?: number;
	/** default: true */
	readonly mayConnect?: boolean;
	/** Roles that it may do SET ROLE to. */
	readonly memberOf?: readonly string[];
	/** Its setting `role`, as far as it is applied; default: none. */
	readonly actsAs?: string;
	/** It may end the sessions of others. */
	readonly maySignal?: boolean;
	/** It sees when the sessions of others began. */
	readonly seesAll?: boolean;
	/** Whatever else keeps it out once its password was right, e.g. a trigger that raises at each login. */
	readonly keptOut?: string;
}

/** One failure of the next `setPassword`, before it takes effect or (the answer is lost) after. */
export interface DatabaseFailure {
	readonly code: "server-unreachable" | "server-starting" | "server-full" | "server-read-only";
	/** default: before */
	readonly when?: "before" | "after";
	/** default: 1 */
	readonly times?: number;
}

export interface FakeDatabase {
	readonly database: Database;
	createRole(name: string, traits: RoleTraits): void;
	/** Replaces what is given. */
	alterRole(name: string, traits: Partial<RoleTraits>): void;
	dropRole(name: string): void;
	/** How often the role's password was set by `setPassword`. */
	changes(name: string): number;
	/** @returns a function that takes the failure away */
	fail(failure: DatabaseFailure): () => void;
	/** No call gets through, and every session ends. @returns a function that restores it */
	cut(): () => void;
	/** Takes every lock away, and the sessions do not notice. */
	releaseLocks(): void;
	/** What the server sees when the rotator dies: its sessions end, and with them their locks. */
	endSessions(): void;
}

interface Role {
	traits: Omit<RoleTraits, "password">;
	verifier: Verifier;
	changes: number;
}

/**
 * @param options.name the server's key in the configuration, for faults
 * @param options.sessionsAtOnce default: any number
 * @param options.hooks see hooks.ts; the effect is `setPassword <role>`
 */
export function fakeDatabase(
	options: { name?: string; hooks?: Hooks; now?: () => Date; sessionsAtOnce?: number } = {},
): FakeDatabase {
	const { name: server = "main", hooks = {}, now = () => new Date() } = options;
	const { sessionsAtOnce: most = Number.POSITIVE_INFINITY } = options;
	const places = budget({ most });
	const refuse = () => new Fault("server-queued", { server });
	const roles = new Map<string, Role>();
	/** Each with the name of its role. */
	const sessions = new Map<object, string>();
	const began = new WeakMap<object, Date>();
	/** Who holds a role's lock: each session with the name of its own role. */
	const locks = new Map<string, Map<object, string>>();
	const failures = new Map<DatabaseFailure, { times: number }>();
	let cuts = 0;

	const reachable = () => {
		if (cuts > 0) throw new Fault("server-unreachable", { server });
	};

	function logIn({ role: name, password }: Credential): Role {
		reachable();
		const role = roles.get(name);
		// As PostgreSQL with SCRAM: a missing role looks like a wrong password.
		if (!role || hasExpired(role) || password.isEmpty || !matches(password, role.verifier))
			throw new Fault("password-rejected", { server, role: name });
		const { canLogin = true, mayConnect = true, keptOut } = role.traits;
		if (!canLogin) throw new Fault("role-cannot-login", { server, role: name });
		if (isFull(name, role)) throw new Fault("connection-limit", { server, of: `role ${name}` });
		if (!mayConnect) throw new Fault("role-not-permitted", { server, role: name, needs: connect });
		if (keptOut !== undefined) throw new Fault("server-misconfigured", { server, detail: keptOut });
		return role;
	}

	const hasExpired = ({ traits: { validUntil } }: Role) => validUntil !== undefined && now() >= validUntil;
	const isFull = (name: string, { traits: { isSuperuser, connectionLimit = Number.POSITIVE_INFINITY } }: Role) =>
		!isSuperuser && [...sessions.values()].filter((role) => role === name).length >= connectionLimit;

	function accepts(credential: Credential): boolean {
		try {
			logIn(credential);
			return true;
		} catch (error) {
			if (error instanceof Fault && error.code === "password-rejected") return false;
			throw error;
		}
	}

	function nextFailure(): DatabaseFailure | undefined {
		for (const [failure, left] of failures) {
			if (--left.times <= 0) failures.delete(failure);
			return failure;
		}
		return undefined;
	}

	/** The one place that every effect goes through. */
	function perform(effect: string, act: () => void): void {
		hooks.before?.(effect);
		const failure = nextFailure();
		const fault = failure && new Fault(failure.code, { server });
		if (fault && failure?.when !== "after") throw fault;
		act();
		hooks.after?.(effect);
		if (fault) throw fault;
	}

	const end = (session: object) => {
		sessions.delete(session);
		for (const holders of locks.values()) holders.delete(session);
	};
	const endSessions = () => [...sessions.keys()].forEach(end);

	function open(own: Credential, place: Disposable, options: SessionOptions = {}): DatabaseSession {
		const { roleMayRotateItself = false } = options;
		const self = own.role;
		const alive = () => {
			reachable();
			if (!sessions.has(session)) throw new Fault("server-unreachable", { server });
		};
		const lacking = (target: string, by = self): string => {
			const { traits } = roles.get(target)!;
			const mine = roles.get(by)?.traits ?? {};
			return lackingFor(target, {
				version: 180_000,
				isSelf: by === target,
				isSuperuser: mine.isSuperuser ?? false,
				hasCreateRole: mine.hasCreateRole ?? false,
				hasAdminOption: mine.adminOn?.includes(target) ?? false,
				targetIsSuperuser: traits.isSuperuser ?? false,
				targetIsReplication: false,
			});
		};
		const otherHolder = (name: string): string | undefined => {
			for (const [holder, role] of locks.get(name) ?? []) {
				const ownCounts = roleMayRotateItself || self === name || role !== name;
				const counts = !roles.has(name) || (lacking(name, role) === "" && ownCounts);
				if (holder !== session && counts)
					return `pid 1, role "${role}", application "titanic-secret-rotator", since unknown`;
			}
			return undefined;
		};
		const session: DatabaseSession = {
			async refusal(name, inForce) {
				alive();
				const role = roles.get(name);
				const at = { server, role: name };
				if (!role) return new Fault("role-missing", at);
				const { canLogin = true, mayConnect = true } = role.traits;
				if (!canLogin) return new Fault("role-cannot-login", at);
				const needs = lacking(name);
				if (needs !== "") return new Fault("role-not-permitted", { server, role: self, needs });
				if (hasExpired(role)) return new Fault("role-expired", at);
				if (!mayConnect) return new Fault("role-not-permitted", { ...at, needs: connect });
				if (isFull(name, role)) return new Fault("connection-limit", { server, of: `role ${name}` });
				for (const password of name === self ? [own.password] : inForce)
					if (accepts({ role: name, password })) return undefined;
				return undefined;
			},
			async lock(name) {
				alive();
				const holder = otherHolder(name);
				if (holder !== undefined) throw new Fault("role-busy", { server, role: name, holder });
				locks.set(name, (locks.get(name) ?? new Map()).set(session, self));
			},
			async lockHolder(name) {
				alive();
				return otherHolder(name);
			},
			async holdsLock(name) {
				alive();
				return locks.get(name)?.has(session) ?? false;
			},
			async sessions(name) {
				alive();
				const count = [...sessions.values()].filter((role) => role === name).length;
				const one = 'pid 1, application "titanic-secret-rotator", address unknown, since unknown';
				return { count, some: Array.from({ length: Math.min(count, 3) }, () => one) };
			},
			async endSessions(_intent, name, before) {
				alive();
				const mine = roles.get(self)?.traits;
				const knows = self === name || mine?.isSuperuser || mine?.seesAll;
				const isMeant = ([one, role]: [object, string]) =>
					one !== session && role === name && (before === undefined || !knows || began.get(one)! < before);
				const meant = [...sessions].filter(isMeant);
				const may = self === name || mine?.isSuperuser || mine?.maySignal;
				if (may) perform(`endSessions ${name}`, () => meant.forEach(([one]) => void end(one)));
				const ended = may ? meant.length : 0;
				const count = meant.length - ended;
				return { ended, left: { count, some: Array.from({ length: Math.min(count, 3) }, () => "pid 1") } };
			},
			given: async () => ({ version: 18, needs: [] }),
			async pairRefusal(names, owner) {
				alive();
				for (const name of [...names, owner])
					if (!roles.has(name)) return new Fault("role-missing", { server, role: name });
				const [one, other] = names.map((name) => roles.get(name)!.traits);
				const limits = new Set([one?.connectionLimit, other?.connectionLimit]);
				const why = [
					...((roles.get(owner)?.traits.canLogin ?? true) ? [`${owner} may log in`] : []),
					...names
						.filter((name) => !roles.get(name)?.traits.memberOf?.includes(owner))
						.map((name) => `${name} may not SET ROLE ${owner}`),
					...(limits.size > 1 ? ["CONNECTION LIMIT differs"] : []),
					...(one?.actsAs === other?.actsAs ? [] : ["setting role differs"]),
				];
				if (why.length === 0) return undefined;
				return new Fault("roles-unfit", { server, roles: names.join(" and "), why: why.join("; ") });
			},
			async setPassword(_intent, name, verifier) {
				alive();
				if (!parsed(verifier)) throw new Fault("internal-error", { step: "setSecret", kind: "malformed verifier" });
				perform(`setPassword ${name}`, () => {
					const role = roles.get(name);
					if (!role) throw new Fault("role-missing", { server, role: name });
					const needs = lacking(name);
					if (needs) throw new Fault("role-not-permitted", { server, role: self, needs });
					role.verifier = verifier;
					role.changes++;
				});
			},
			async [Symbol.asyncDispose]() {
				end(session);
				place[Symbol.dispose]();
			},
		};
		sessions.set(session, self);
		began.set(session, now());
		return session;
	}

	const verifierFor = (name: string, password: string) =>
		made(new Password(password), createHash("sha256").update(name).digest().subarray(0, 16), name);
	return {
		database: {
			accepts: async (credential) => accepts(credential),
			needs: () => [],
			actsAs: async (credential) => logIn(credential).traits.actsAs ?? credential.role,
			async sessionsAs(credential) {
				logIn(credential);
				const own = [...sessions.values()].filter((role) => role === credential.role);
				return own.map(() => ({ application: "titanic-secret-rotator", ageMs: 0 }));
			},
			async open(login, options) {
				using opened = new DisposableStack();
				if (!options?.outOfTurn) opened.use(await places.room(1, login.role, refuse, options));
				const credential = "password" in login ? login : { role: login.role, password: new Password(token) };
				try {
					logIn(credential);
				} catch (error) {
					const isRejected = error instanceof Fault && error.code === "password-rejected";
					if (!isRejected || "password" in login) throw error;
					throw new Fault("identity-rejected", { server, role: login.role, detail: "it rejects the token" });
				}
				return open(credential, opened.move(), options);
			},
		},
		createRole: (name, { password, ...traits }) =>
			void roles.set(name, { traits, verifier: verifierFor(name, password), changes: 0 }),
		alterRole(name, { password, ...traits }) {
			const role = roles.get(name)!;
			role.traits = { ...role.traits, ...traits };
			if (password !== undefined) role.verifier = verifierFor(name, password);
		},
		dropRole: (name) => void roles.delete(name),
		changes: (name) => roles.get(name)?.changes ?? 0,
		fail(given) {
			const failure = { ...given };
			failures.set(failure, { times: failure.times ?? 1 });
			return () => void failures.delete(failure);
		},
		cut() {
			cuts++;
			endSessions();
			return () => void cuts--;
		},
		releaseLocks: () => locks.clear(),
		endSessions,
	};
}

const connect = "CONNECT on database postgres";

/** A role with this password is that of the app's identity. */
export const token = "token-of-the-app";

const parsed = (verifier: string) =>
	/^SCRAM-SHA-256\$4096:(?<salt>[A-Za-z0-9+/]{22}==)\$[A-Za-z0-9+/]{43}=:[A-Za-z0-9+/]{43}=$/.exec(verifier);

/** Made once: 4,096 rounds of hashing at each login would make the tests of the rotation slow. */
const known = new Map<string, Verifier>();

/** The same salt and password make the same verifier, also one that the product makes none of: what SASLprep makes of it. */
function made(given: Password, salt: Buffer, secret = ""): Verifier {
	const password = unsuited(given, secret) ? new Password(given.reveal().normalize("NFKC")) : given;
	const key = `${salt.toString("base64")} ${password.reveal()}`;
	const verifier = known.get(key) ?? verifierOf(password, secret, salt);
	known.set(key, verifier);
	return verifier;
}

function matches(password: Password, verifier: Verifier): boolean {
	const salt = parsed(verifier)?.groups?.salt;
	return salt !== undefined && made(password, Buffer.from(salt, "base64")) === verifier;
}
