// The way back: what a run has changed is as it was, from as far as it got.
// WB1. Versions are restored, never rendered: value, tags, content type, expiry, and whether it was enabled. Otherwise: what
//      somebody wrote by hand in another form is lost. Kept by: way-back.test.ts.
// WB2. The live secret first, the database right after it, the derived ones last: until the database follows, anyone who reads the
//      live secret is refused, and derived ones may take long. And the database follows what is live, never what is not.
// WB3. Only what has this run's value is taken back. Otherwise: it undoes what somebody has written since.

import { Fault } from "../../domain/fault.ts";
import type { Password } from "../../domain/password.ts";
import type { Latest, SecretVersion } from "../../domain/secret-version.ts";
import { tag } from "../../domain/tags.ts";
import type { SecretStore } from "../../ports/secret-store.ts";
import { takesTurns } from "../../strategies/index.ts";
import type { Session } from "../login.ts";
import type { Way } from "./at.ts";
import { rendered } from "./derive.ts";
import { type Found, whenGone } from "./found.ts";

interface Changed extends Way, Pick<Found, "wanted" | "old"> {
	readonly session: Session;
	/** Asked right before each write. */
	readonly mayWrite?: () => Promise<void>;
}

/**
 * @param from `altered`: only the database has the new password; `published`: the live secret has it too, and perhaps derived ones
 * @returns whether the database accepts the old password again
 */
export async function wayBack(at: Changed, from: "altered" | "published"): Promise<boolean> {
	const { target, old, wanted, session, journal, accepts, clock, gap } = at;
	const { name, secret } = target;
	const { account } = target.content;
	// Of roles that take turns the one that is live was left alone.
	const displaces = account !== undefined && !takesTurns(account);
	if (!displaces && from === "altered") return true;
	if (!old) return false;
	if (from === "published") {
		const live = await restore(at, name, wanted, old);
		if (live.state !== "present" || !live.value.equals(old.value))
			throw new Fault("live-overwritten", { vault: secret.vault, secret: name });
		if (displaces) gap.open(clock.now());
	}
	if (displaces || (account && !(await accepts(old.value)))) {
		await session.set(journal.intent("setSecret"), old.value);
		journal.done("setSecret", "set-again");
		if (!(await accepts(old.value))) return false;
		gap.close(clock.now());
	}
	if (from === "altered") return true;
	for (const [derived, ours] of rendered(target, wanted)) {
		await restore(at, derived, ours).catch((error) => {
			// The others all the same; whether this one is as it was is asked at the end (settled.ts).
			if (!(error instanceof Fault) || error.transient) throw error;
		});
	}
	return true;
}

/** What is there has this run's value: the version before it is written again, or, where nobody can read that, ours disabled. */
async function restore(
	{ store, journal, credentialId, before, mayWrite = async () => {} }: Changed,
	of: string,
	ours: Password,
	known?: Found["old"],
): Promise<Latest> {
	const found = await store.latest(of);
	if (found.state !== "present" || !found.value.equals(ours)) return found;
	const previous = await versionBefore(store, of, found.secret, { credentialId, known, read: before.get(of) });
	const intent = journal.intent("finishSecret");
	await mayWrite();
	if (!previous) {
		await store.disable(intent, of, found.secret.version);
		return { state: "disabled" };
	}
	const { [tag.rotationId]: _, ...tags } = previous.secret.tags;
	await store.write(intent, of, {
		value: previous.value,
		tags: { ...tags, [tag.takenBack]: credentialId, [tag.previousVersion]: found.secret.version },
		expires: previous.secret.expires,
		contentType: previous.secret.contentType,
	});
	return { ...found, value: previous.value };
}

interface Version {
	readonly secret: SecretVersion;
	readonly value: Password;
}

/** By what this run read before it wrote; after a crash, by the tag of ours, or by what is older than ours. */
async function versionBefore(
	store: SecretStore,
	of: string,
	ours: SecretVersion,
	{ credentialId, known, read }: { credentialId: string; known?: Found["old"]; read?: Latest },
): Promise<Version | undefined> {
	const isOurs = ({ tags }: SecretVersion) => tags[tag.rotationId] === credentialId;
	if (read?.state === "present" && !isOurs(read.secret)) return read;
	if (known) {
		// Without the right to list, it is due at once, so that the sweep looks at it again.
		const all = await store.versions(of).catch(() => []);
		const secret = all.find(({ version }) => version === known.version) ?? { ...ours, expires: ours.created };
		return { secret, value: known.value };
	}
	const versions = await store.versions(of);
	const replacedBy = (one: SecretVersion) => {
		const older = versions.filter((other) => other.created <= one.created && !isOurs(other));
		return versions.find(({ version }) => version === one.tags[tag.previousVersion]) ?? older.at(-1);
	};
	// One that was cut short on its way back has written more than one.
	let secret: SecretVersion | undefined = replacedBy(ours);
	for (let step = 0; secret && isOurs(secret) && step < versions.length; step++) secret = replacedBy(secret);
	const value = secret && !isOurs(secret) ? await store.version(of, secret.version).catch(whenGone) : undefined;
	return secret && value && { secret, value };
}

/** So many rotations may have run while one was held up; after more, its next run finds that the database has none of it. */
const mostOvertaking = 5;

/**
 * From `overtaken`: this run's version went live although the database has another password by now. Anyone who changed it published
 * it before, and that value is made live again.
 * @returns what this run ends with: `live-overtaken`; or `live-overwritten`, where no earlier version is what the database has
 */
export async function wayBackOfOvertaken(
	{ store, target: { name, secret }, journal, credentialId, accepts }: Omit<Way, "before">,
	{ version: ours }: SecretVersion,
): Promise<Fault> {
	const names = { vault: secret.vault, secret: name };
	const others = (await store.versions(name)).filter(({ version, enabled }) => enabled && version !== ours);
	for (const found of others.slice(-mostOvertaking).reverse()) {
		const value = await store.version(name, found.version);
		if (!(await accepts(value))) continue;
		const { [tag.rotationId]: _, ...tags } = found.tags;
		await store.write(journal.intent("finishSecret"), name, {
			value,
			tags: { ...tags, [tag.takenBack]: credentialId, [tag.previousVersion]: ours },
			expires: found.expires,
			contentType: found.contentType,
		});
		return new Fault("live-overtaken", { ...names, version: found.version });
	}
	return new Fault("live-overwritten", names);
}
