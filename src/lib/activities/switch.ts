// The critical section: the database gets the new password, it is proved by a login, and the vault publishes it.
// SW1. One activity, no queue hop: the gap between ALTER committed and the new version readable is one login and one write.
// SW2. Idempotent: whatever an earlier run left behind, this one ends with vault and database in agreement, or throws to
//      come again. Kept by: crash.test.ts, where the process dies before and after each effect.
// SW3. The old password is set again only when the vault certainly did not take the new one. Otherwise: a write whose
//      answer was lost is live while the database has the old password, and nobody gets in.

import { Fault } from "../domain/fault.ts";
import type { Password } from "../domain/password.ts";
import { expiryOf } from "../domain/policy.ts";
import type { StepTime } from "../domain/rotation.ts";
import { verifierOf } from "../domain/verifier.ts";
import type { Ports } from "../ports/ports.ts";
import type { Latest, SecretStore, SecretVersion } from "../ports/secret-store.ts";
import { type Activity, asFault, audited, type Ids, type Journal } from "./boundary.ts";
import { openSession } from "./login.ts";
import { keptTags, type Managed, managed, tag } from "./managed.ts";
import { publishDerived, readDerived, takeBack } from "./published.ts";
import { settled } from "./settled.ts";
import { credentialOf } from "./version.ts";

export interface Switch extends Ids {
	readonly credentialId: string;
	readonly baseVersion: string;
	/** A reconciliation's: what the database has is not what it should have, so more than the usual is tried to get in. */
	readonly reconciles?: { readonly loginWith?: LoginWith };
}

/** What the database was found to accept: the pending password, or an earlier version's of the live secret. */
export type LoginWith = "pending" | { readonly version: string };

export interface Switched {
	readonly version: string;
	readonly previousVersion: string;
	readonly derived: readonly { readonly secret: string; readonly version: string }[];
	/** From ALTER ROLE committed to the new version readable; absent when an earlier run had published. */
	readonly gapMs?: number;
	readonly steps: readonly StepTime[];
}

const versionOf = (latest: Latest): string | undefined =>
	latest.state === "present" ? latest.secret.version : undefined;

type Present = Extract<Latest, { state: "present" }>;

export const switchCredential: Activity<Switch, Switched> = async (ports, input, run) => {
	const target = await managed(ports, input.secret);
	const { secret, name, pendingName } = target;
	const { vault } = secret;
	const facts = { vault, server: secret.server, role: secret.role, oldVersion: input.baseVersion };
	const steps = ["setSecret", "testSecret", "finishSecret"] as const;
	const section = async (journal: Journal): Promise<Switched> => {
		const store = await ports.store(vault);
		const database = await ports.database(secret.server);
		// These reads also warm the vault's client up (token, connection), which keeps the gap short.
		const [live, pending, derivedBefore] = await Promise.all([
			store.latest(name),
			store.latest(pendingName),
			readDerived(store, target),
		]);
		const published = live.state === "present" && credentialOf(live) === input.credentialId;
		if (!published && credentialOf(pending) !== input.credentialId) {
			const deleted = pending.state === "absent" ? await store.deleted(pendingName) : undefined;
			const wasOurs = deleted?.tags[tag.rotationId] === input.credentialId;
			throw new Fault(wasOurs ? "pending-deleted" : "pending-lost", { vault, secret: pendingName });
		}
		const wanted = published ? live.value : (pending as Present).value;
		// Where this rotation was cut short on its way back, it sets out anew: what it went back for is met again, or is gone.
		const isBase =
			live.state === "present" &&
			(live.secret.version === input.baseVersion || live.secret.tags[tag.takenBack] === input.credentialId);
		const foreign = live.state === "present" && !published && !isBase;
		if (foreign && (await refusesToFollow(ports, target, live.value, wanted))) {
			throw new Fault("live-changed", { vault, secret: name });
		}
		const old =
			live.state === "present" && !published && !foreign
				? live.value
				: await store.version(name, input.baseVersion).catch(whenGone);

		const times = stopwatch(ports);
		const candidates = [...(live.state === "present" ? [live.value] : []), wanted, ...(old ? [old] : [])];
		const drifted = input.reconciles && (await driftedCandidates(store, name, pending, input.reconciles.loginWith));
		await using session = drifted
			? await openSession(ports, target, [...drifted.first, ...candidates, ...drifted.last], "with-recovery")
			: await openSession(ports, target, candidates);
		await session.lock(secret.role);
		// A run that hung until another one had ended must not set an older password now.
		const still = await store.latest(name);
		if (versionOf(still) !== versionOf(live)) throw new Fault("live-overwritten", { vault, secret: name });
		const putBack = async (): Promise<Password | undefined> => {
			if (!old) return undefined;
			await session.setPassword(journal.intent("setSecret"), secret.role, verifierOf(old, name));
			journal.done("setSecret", "set-again");
			return old;
		};
		const setAgain = async () => {
			const password = await putBack();
			return password !== undefined && database.accepts({ role: secret.role, password });
		};

		let alteredAt: Date | undefined;
		if (!published || !(await database.accepts({ role: secret.role, password: wanted }))) {
			await session.setPassword(journal.intent("setSecret"), secret.role, verifierOf(wanted, name));
			alteredAt = ports.clock.now();
			journal.done("setSecret", "password-set");
			times.lap("setSecret");
			const accepted = await database.accepts({ role: secret.role, password: wanted }).catch(async (error) => {
				// Nobody can tell, perhaps for long, and everybody else has the old one. This session needs no login.
				if (!published) await putBack().catch(() => {});
				throw error;
			});
			if (!accepted) {
				const safe = !published && (await setAgain());
				throw safe
					? new Fault("new-password-rejected", { server: secret.server, role: secret.role })
					: new Fault("database-unknown", { server: secret.server, sqlState: "28P01" });
			}
			times.lap("testSecret");
		} else {
			journal.done("setSecret", "already-set");
		}
		journal.done("testSecret", "login-accepted");

		const current = published ? live.secret : await publish(ports, target, input, journal, wanted, live, setAgain);
		const gapMs = alteredAt && !published ? ports.clock.now().getTime() - alteredAt.getTime() : undefined;
		const write = { credentialId: input.credentialId, intent: journal.intent("finishSecret") };
		let derived: Switched["derived"];
		try {
			derived = await publishDerived(store, target, write, { password: wanted, live: current }, derivedBefore);
		} catch (error) {
			// A reconciliation whose live version is right has nothing older to go back to.
			if (!(error instanceof Fault) || error.transient || !old || old.equals(wanted)) throw error;
			const before = {
				value: old,
				expires: live.state === "present" && !published ? live.secret.expires : undefined,
				now: ports.clock.now(),
			};
			if (await takeBack(store, target, write, before, setAgain)) throw error;
			throw new Fault("server-unreachable", { server: secret.server });
		}
		const after = await store.latest(name);
		if (after.state !== "present" || after.secret.version !== current.version) {
			throw new Fault("live-overwritten", { vault, secret: name });
		}
		times.lap("finishSecret");

		journal.done("finishSecret", published ? "already-published" : "published", { newVersion: current.version });
		return {
			version: current.version,
			previousVersion: input.baseVersion,
			derived,
			...(gapMs !== undefined && { gapMs }),
			steps: times.laps,
		};
	};
	return audited(ports, run, input, steps, facts, section).catch(async (error) => {
		throw await settled(ports, target, input.credentialId, asFault(error, "switch"));
	});
};

/** Somebody else's version is live. Only where the database has our password already is going on the way out. */
async function refusesToFollow(ports: Ports, { secret }: Managed, theirs: Password, ours: Password): Promise<boolean> {
	const database = await ports.database(secret.server);
	if (await database.accepts({ role: secret.role, password: theirs })) return true;
	return !(await database.accepts({ role: secret.role, password: ours }));
}

/** The password that was found to get in, before those that were found not to; a pending one may be it too. */
async function driftedCandidates(store: SecretStore, name: string, pending: Latest, loginWith?: LoginWith) {
	const last = pending.state === "present" ? [pending.value] : [];
	if (loginWith === undefined) return { first: [], last };
	if (loginWith === "pending") return { first: last, last: [] };
	const earlier = await store.version(name, loginWith.version).catch(whenGone);
	return { first: earlier ? [earlier] : [], last };
}

const whenGone = (error: unknown): undefined => {
	if (error instanceof Fault && (error.code === "secret-missing" || error.code === "secret-disabled")) return undefined;
	throw error;
};

/**
 * Writes the live version. When the vault does not take it, and says so or a read shows it, the old password is set again:
 * a final fault then ends the rotation as compensated, a transient one makes the whole section come again.
 */
async function publish(
	ports: Ports,
	{ name, secret }: Managed,
	input: Switch,
	journal: Journal,
	value: Password,
	live: Latest,
	setAgain: () => Promise<boolean>,
): Promise<SecretVersion> {
	const store = await ports.store(secret.vault);
	const kept = live.state === "present" ? live.secret : undefined;
	const content = {
		value,
		tags: { ...keptTags(kept), [tag.rotationId]: input.credentialId, [tag.previousVersion]: input.baseVersion },
		expires: expiryOf(ports.clock.now(), secret.rotateEveryDays, secret.expiryMarginDays),
		contentType: kept?.contentType,
	};
	try {
		return await store.write(journal.intent("finishSecret"), name, content);
	} catch (error) {
		if (!(error instanceof Fault)) throw error;
		const seen = await store.latest(name).catch(() => undefined);
		if (seen?.state === "present" && credentialOf(seen) === input.credentialId) return seen.secret;
		// A final fault is the vault's own no. After a transient one only a read can tell; where that fails too, the
		// write may still be on its way, and the section comes again instead.
		if (!error.transient || seen !== undefined) {
			if (!(await setAgain())) throw new Fault("server-unreachable", { server: secret.server });
		}
		throw error;
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
