// The critical section: the database gets the new password, it is proved by a login, and the vault publishes it.
// SW1. One activity, no queue hop: the gap between ALTER committed and the new version readable is one login and one write.
// SW2. Idempotent: whatever an earlier run left behind, this one ends with vault and database in agreement, or throws to
//      come again. Kept by: crash.test.ts, where the process dies before and after each effect.
// SW3. The old password is set again only when the vault certainly did not take the new one. Otherwise: a write whose
//      answer was lost is live while the database has the old password, and nobody gets in.
// SW4. The session proves its lock right before the vault is written, and the new password logs in once more after that.
//      Otherwise: a run that was stopped in between publishes a password that two later rotations have replaced.
//      Kept by: zombie.test.ts.

import type { Ports } from "../app.ts";
import { Fault } from "../domain/fault.ts";
import type { Password } from "../domain/password.ts";
import { expiryOf } from "../domain/policy.ts";
import type { StepTime } from "../domain/rotation.ts";
import type { Latest, SecretVersion } from "../domain/secret-version.ts";
import type { Source } from "../domain/standing.ts";
import { keptTags, tag } from "../domain/tags.ts";
import { verifierOf } from "../domain/verifier.ts";
import type { Database, DatabaseSession } from "../ports/database.ts";
import type { SecretStore } from "../ports/secret-store.ts";
import { type Activity, asFault, audited, type Ids, type Journal } from "./boundary.ts";
import { coveredPasswords, type Found, findStanding, whenGone } from "./found.ts";
import { openSession } from "./login.ts";
import { type Managed, managed } from "./managed.ts";
import { overtaken, publishDerived, readDerived, takeBack } from "./published.ts";
import { settled } from "./settled.ts";
import { credentialOf } from "./version.ts";

export interface Switch extends Ids {
	readonly credentialId: string;
	readonly baseVersion: string;
	/** Where the password is that is to be in force. */
	readonly source: Source;
	/** A reconciliation's: what the database has is not what it should have, so more than the usual is tried to get in. */
	readonly reconciles?: { readonly loginWith?: Source };
}

export interface Switched {
	readonly version: string;
	readonly previousVersion: string;
	readonly derived: readonly { readonly secret: string; readonly version: string }[];
	/** The secret's name in its vault; absent in histories of the version before, where it was its id. */
	readonly name?: string;
	/** From ALTER ROLE committed to the new version readable; absent when an earlier run had published. */
	readonly gapMs?: number;
	readonly steps: readonly StepTime[];
}

export const switchCredential: Activity<Switch, Switched> = async (ports, input, run) => {
	const target = await managed(ports, input.secret);
	const { secret } = target;
	const facts = { vault: secret.vault, server: secret.server, role: secret.role, oldVersion: input.baseVersion };
	const steps = ["setSecret", "testSecret", "finishSecret"] as const;
	return audited(ports, run, input, steps, facts, (journal) => section(ports, target, input, journal)).catch(
		async (error) => {
			throw await settled(ports, target, input, asFault(error, "switch"));
		},
	);
};

/** What every part of the section works with. */
interface Section extends Found {
	readonly ports: Ports;
	readonly target: Managed;
	readonly input: Switch;
	readonly journal: Journal;
	readonly store: SecretStore;
	readonly database: Database;
	readonly session: DatabaseSession;
	readonly times: ReturnType<typeof stopwatch>;
}

async function section(ports: Ports, target: Managed, input: Switch, journal: Journal): Promise<Switched> {
	const { secret, name } = target;
	const { vault, role } = secret;
	const store = await ports.store(vault);
	const database = await ports.database(secret.server);
	// These reads also warm the vault's client up (token, connection), which keeps the gap short.
	const [live, derivedBefore] = await Promise.all([store.latest(name), readDerived(store, target)]);
	const found = await findStanding(ports, target, live, input).catch(async (error) => {
		throw await leftBehind(ports, target, input, journal, live, error);
	});
	const times = stopwatch(ports);
	await using session = await sessionFor(ports, target, input, found);
	await session.lock(role);
	const at: Section = { ...found, ports, target, input, journal, store, database, session, times };
	await provesLock(at);
	// A run that hung until another one had ended must not set an older password now.
	if (versionOf(await store.latest(name)) !== versionOf(live)) {
		throw new Fault("live-overwritten", { vault, secret: name });
	}

	const alteredAt = await setAndTest(at);
	const current = found.isPublished && live.state === "present" ? live.secret : await publish(at);
	const gapMs = alteredAt && !found.isPublished ? ports.clock.now().getTime() - alteredAt.getTime() : undefined;
	if (!found.isPublished) await provesPublished(at, current);
	const derived = await publishRest(at, current, derivedBefore);
	const after = await store.latest(name);
	if (versionOf(after) !== current.version) throw await overwritten(at, after);
	times.lap("finishSecret");

	const code = found.isPublished ? "already-published" : "published";
	journal.done("finishSecret", code, { newVersion: current.version });
	return {
		version: current.version,
		previousVersion: input.baseVersion,
		derived,
		name,
		...(gapMs !== undefined && { gapMs }),
		steps: times.laps,
	};
}

const versionOf = (latest: Latest): string | undefined =>
	latest.state === "present" ? latest.secret.version : undefined;

/** The password that was found to get in, before those that were found not to. */
async function sessionFor(ports: Ports, target: Managed, { reconciles }: Switch, { live, wanted, old }: Found) {
	const store = await ports.store(target.secret.vault);
	const candidates = [...(live.state === "present" ? [live.value] : []), wanted, ...(old ? [old] : [])];
	const further = () => coveredPasswords(ports, target);
	if (!reconciles) return openSession(ports, target, candidates, "without-recovery", further);
	const { loginWith } = reconciles;
	const name = loginWith?.secret === "pending" ? target.pendingName : target.name;
	const first = loginWith && (await store.version(name, loginWith.version).catch(whenGone));
	return openSession(ports, target, [...(first ? [first] : []), ...candidates], "with-recovery", further);
}

/** @throws Fault `role-lock-lost`, and what a dead session throws */
async function provesLock({ session, target: { secret } }: Section): Promise<void> {
	const { server, role } = secret;
	if (!(await session.holdsLock(role))) throw new Fault("role-lock-lost", { server, role });
}

const unlessTransient = (error: unknown): true => {
	if (error instanceof Fault && !error.transient) return true;
	throw error;
};

/** @returns when ALTER ROLE was committed, if it was */
async function setAndTest(at: Section): Promise<Date | undefined> {
	const { ports, target, journal, database, session, times, wanted, isPublished } = at;
	const { name, secret } = target;
	const { server, role } = secret;
	if (isPublished && (await database.accepts({ role, password: wanted }))) {
		journal.done("setSecret", "already-set");
		journal.done("testSecret", "login-accepted");
		return undefined;
	}
	await session.setPassword(journal.intent("setSecret"), role, verifierOf(wanted, name));
	const alteredAt = ports.clock.now();
	journal.done("setSecret", "password-set");
	times.lap("setSecret");
	const accepted = await database.accepts({ role, password: wanted }).catch(async (error) => {
		// Nobody can tell, perhaps for long, and everybody else has the old one. This session needs no login.
		if (!isPublished) await putBack(at).catch(() => {});
		throw error;
	});
	if (!accepted) {
		const safe = !isPublished && (await setAgain(at));
		throw safe
			? new Fault("new-password-rejected", { server, role })
			: new Fault("database-unknown", { server, sqlState: "28P01" });
	}
	times.lap("testSecret");
	journal.done("testSecret", "login-accepted");
	return alteredAt;
}

/** The old password in the database again, unproved. @returns it, where it is known */
async function putBack({ old, session, journal, target: { name, secret } }: Section): Promise<Password | undefined> {
	if (!old) return undefined;
	await session.setPassword(journal.intent("setSecret"), secret.role, verifierOf(old, name));
	journal.done("setSecret", "set-again");
	return old;
}

/** @returns whether the database accepts the old password again */
async function setAgain(at: Section): Promise<boolean> {
	const password = await putBack(at);
	return password !== undefined && at.database.accepts({ role: at.target.secret.role, password });
}

/**
 * Writes the live version. When the vault does not take it, and says so or a read shows it, the old password is set again:
 * a final fault then ends the rotation as compensated, a transient one makes the whole section come again.
 */
async function publish(at: Section): Promise<SecretVersion> {
	const { ports, target, input, journal, store, live, wanted: value } = at;
	const { name, secret } = target;
	const kept = live.state === "present" ? live.secret : undefined;
	const content = {
		value,
		tags: { ...keptTags(kept), [tag.rotationId]: input.credentialId, [tag.previousVersion]: input.baseVersion },
		expires: expiryOf(ports.clock.now(), secret.rotateEveryDays, secret.expiryMarginDays),
		contentType: kept?.contentType,
	};
	await provesLock(at).catch(async (error) => {
		// Nobody can tell, perhaps for long. A session that lives has its lock, and one that is dead sets nothing.
		if (error instanceof Fault && error.code !== "role-lock-lost") await putBack(at).catch(() => {});
		throw error;
	});
	try {
		return await store.write(journal.intent("finishSecret"), name, content);
	} catch (error) {
		if (!(error instanceof Fault)) throw error;
		const seen = await store.latest(name).catch(() => undefined);
		const isOurs = seen?.state === "present" && credentialOf(seen) === input.credentialId && seen.value.equals(value);
		if (isOurs) return seen.secret;
		// A final fault is the vault's own no. After a transient one only a read can tell; where that fails too, the
		// write may still be on its way, and the section comes again instead.
		if (!error.transient || seen !== undefined) {
			if (!(await setAgain(at))) throw new Fault("server-unreachable", { server: secret.server });
		}
		throw error;
	}
}

/** A write that was on its way for minutes may have come after another rotation's. */
async function provesPublished(at: Section, current: SecretVersion): Promise<void> {
	const { target, input, journal, store, database, wanted } = at;
	const { role } = target.secret;
	const accepts = (password: Password) => database.accepts({ role, password });
	if (await accepts(wanted).catch(unlessTransient)) return;
	const write = { credentialId: input.credentialId, intent: journal.intent("finishSecret") };
	throw await overtaken(store, target, write, current, accepts);
}

/**
 * A version of ours is live although this run's password is given up and the database has another one: it took effect when
 * others had been there.
 */
async function leftBehind(
	ports: Ports,
	target: Managed,
	{ credentialId }: Switch,
	journal: Journal,
	live: Latest,
	error: unknown,
): Promise<unknown> {
	if (!(error instanceof Fault) || error.code !== "pending-lost" || live.state !== "present") return error;
	if (credentialOf(live) !== credentialId && live.secret.tags[tag.takenBack] !== credentialId) return error;
	const store = await ports.store(target.secret.vault);
	const database = await ports.database(target.secret.server);
	const accepts = (password: Password) => database.accepts({ role: target.secret.role, password });
	if (await accepts(live.value)) return error;
	return overtaken(store, target, { credentialId, intent: journal.intent("finishSecret") }, live.secret, accepts);
}

/** Somebody's version is live. Is it the one that the database has, another rotation's, the derived secrets follow it. */
async function overwritten(at: Section, after: Latest): Promise<Fault> {
	const { target, input, journal, store, database } = at;
	const { vault, role } = target.secret;
	const fault = new Fault("live-overwritten", { vault, secret: target.name });
	if (after.state !== "present" || !(await database.accepts({ role, password: after.value }))) return fault;
	const credentialId = credentialOf(after) ?? input.credentialId;
	const write = { credentialId, intent: journal.intent("finishSecret"), mayWrite: async () => {} };
	const live = { password: after.value, live: after.secret };
	await publishDerived(store, target, write, live, await readDerived(store, target));
	return new Fault("live-overtaken", { vault, secret: target.name, version: after.secret.version });
}

/** The derived secrets, or the way back where one of them is refused for good. */
async function publishRest(
	at: Section,
	current: SecretVersion,
	before: ReadonlyMap<string, Latest>,
): Promise<Switched["derived"]> {
	const { ports, target, input, journal, store, live, isPublished, wanted, old } = at;
	const intent = journal.intent("finishSecret");
	const mayWrite = () =>
		provesLock(at).catch((error) => {
			// The live version is there, and what follows it must not stay behind. Had others been there, the end of the
			// section sees that, and puts it right.
			if (error instanceof Fault && error.code === "role-lock-lost") throw error;
		});
	const write = { credentialId: input.credentialId, intent, mayWrite };
	try {
		return await publishDerived(store, target, write, { password: wanted, live: current }, before);
	} catch (error) {
		// A reconciliation whose live version is right has nothing older to go back to.
		if (!(error instanceof Fault) || error.transient || !old || old.equals(wanted)) throw error;
		const expires = live.state === "present" && !isPublished ? live.secret.expires : undefined;
		const from = { value: old, inPlaceOf: wanted, expires, now: ports.clock.now() };
		if (await takeBack(store, target, write, from, () => setAgain(at))) throw error;
		throw new Fault("server-unreachable", { server: target.secret.server });
	}
}

function stopwatch({ clock }: Ports) {
	const laps: StepTime[] = [];
	let from = clock.now().getTime();
	return {
		laps,
		lap(name: string) {
			const now = clock.now().getTime();
			laps.push({ name, ms: now - from });
			from = now;
		},
	};
}
