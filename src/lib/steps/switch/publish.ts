// The live secret: its new version, and whether the database still has what it says.

import { Fault } from "../../domain/fault.ts";
import { expiryOf } from "../../domain/policy.ts";
import type { Latest, SecretVersion } from "../../domain/secret-version.ts";
import { keptTags, tag } from "../../domain/tags.ts";
import { namesOf } from "../managed.ts";
import { credentialOf } from "../version.ts";
import { provesLock, type Section, type Switch } from "./at.ts";
import { publishDerived, readDerived } from "./derive.ts";
import { wayBack, wayBackOfOvertaken } from "./way-back.ts";

/**
 * Writes the live version. When the vault does not take it, and says so or a read shows it, the old password is set again:
 * a final fault then ends the rotation as compensated, a transient one makes the whole section come again.
 */
export async function publish(at: Section, { baseVersion, accepts }: Switch): Promise<SecretVersion> {
	const { ports, target, credentialId, journal, store, latest, wanted: value } = at;
	const { name, secret } = target;
	const kept = latest.state === "present" ? latest.secret : undefined;
	const content = {
		value,
		tags: { ...keptTags(kept), [tag.rotationId]: credentialId, [tag.previousVersion]: baseVersion },
		// Until the new key signs, the rotation stays due: should nobody go on with it, the next one begins.
		expires: accepts ? kept?.expires : expiryOf(ports.clock.now(), secret.rotateEveryDays, secret.expiryMarginDays),
		contentType: kept?.contentType,
	};
	await provesLock(at).catch(async (error) => {
		// Nobody can tell, perhaps for long. A session that lives has its lock, and one that is dead sets nothing.
		if (error instanceof Fault && error.code !== "role-lock-lost") await wayBack(at, "altered").catch(() => {});
		throw error;
	});
	const { clock, gap } = at;
	try {
		const written = await store.write(journal.intent("finishSecret"), name, content, { atOnce: true });
		gap.close(clock.now());
		return written;
	} catch (error) {
		if (!(error instanceof Fault)) throw error;
		// It has taken nothing. Setting the old password again takes less time than it wants to be left alone for.
		const isThrottled = error.code === "vault-throttled";
		const seen = isThrottled ? undefined : await store.latest(name).catch(() => undefined);
		const isOurs = seen?.state === "present" && credentialOf(seen) === credentialId && seen.value.equals(value);
		if (isOurs) {
			gap.close(clock.now());
			return seen.secret;
		}
		// A final fault is the vault's own no. After a transient one only a read can tell; where that fails too, the
		// write may still be on its way, and the section comes again instead.
		if (!error.transient || isThrottled || seen !== undefined) {
			if (!(await wayBack(at, "altered")))
				throw new Fault("server-unreachable", { server: namesOf(target.content).server ?? "" });
		}
		throw error;
	}
}

const unlessTransient = (error: unknown): true => {
	if (error instanceof Fault && !error.transient) return true;
	throw error;
};

/** Longer than a vault takes for a write. */
const soonMs = 1_000;

/** Others respect the lock, and within a second none has come and gone. */
async function heldAllAlong({ session, clock }: Section, provedAt: Date | undefined): Promise<boolean> {
	const holdsLock = await session.holdsLock().catch(() => false);
	const passedMs = provedAt ? clock.now().getTime() - provedAt.getTime() : Number.NaN;
	return holdsLock && passedMs >= 0 && passedMs <= soonMs;
}

/**
 * A write that was on its way for minutes may have come after another rotation's.
 * @param provedAt when the new password was seen to log in, before the write
 * @returns whether the lock was proved
 */
export async function provesPublished(
	at: Section,
	current: SecretVersion,
	provedAt: Date | undefined,
): Promise<boolean> {
	if (!at.target.content.account || (await heldAllAlong(at, provedAt))) return true;
	if (await at.accepts(at.wanted).catch(unlessTransient)) return false;
	throw await wayBackOfOvertaken(at, current);
}

/** Somebody's version is live. Is it the one that the database has, another rotation's, the derived secrets follow it. */
export async function overwritten(at: Section, after: Latest): Promise<Fault> {
	const { target, store, accepts } = at;
	const names = { vault: target.secret.vault, secret: target.name };
	const fault = new Fault("live-overwritten", names);
	if (after.state !== "present" || !(await accepts(after.value))) return fault;
	const credentialId = credentialOf(after) ?? at.credentialId;
	const before = await readDerived(store, target);
	const live = { value: after.value, version: after.secret };
	await publishDerived({ ...at, credentialId, before }, live, {
		mayWrite: async () => {},
		enables: false,
		atOnce: false,
	});
	return new Fault("live-overtaken", { ...names, version: after.secret.version });
}
