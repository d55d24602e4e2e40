// Looks at live secret, pending secret and database, as far as the asker needs; domain/standing.ts says what they are to each
// other.
// GA1. Reads only. Facts hold no value: values lie beside them, and stay in the activity.
// GA2. No password is tried twice, the live one first, and of the others the newest few only. Otherwise: a sweep locks the role
//      on a server that counts failures. One login, the live one, where nothing is wrong. Kept by: drift.test.ts.
// GA3. Of two steps, a write of the first one may take effect when the second one is over. The live version then signs as the one
//      that it replaced, and accepts what another version of its rotation has signed with; or a derived secret has what such a
//      version makes of it. Recognized by values. Otherwise: that waits for a person. Kept by: fallbacks.test.ts.

import type { Ports } from "../app.ts";
import type { Password } from "../domain/password.ts";
import type { Latest, SecretVersion } from "../domain/secret-version.ts";
import { type Claim, type Claimed, type Standing, type StandingFacts, standingOf } from "../domain/standing.ts";
import { tag, tieOf } from "../domain/tags.ts";
import { type Accepts, accepting, passwordOf, readable } from "./in-force.ts";
import { isRotationOf, type Managed, roleIn } from "./managed.ts";
import { claimedVersions, disabledSincePublished, isOver, isStored, latestClaim, publishedBefore } from "./pending.ts";
import { rendered } from "./switch/derive.ts";
import { whenGone } from "./switch/found.ts";

/** A backup that is older than so many rotations is reported as a change by hand. */
const mostEarlierVersions = 5;

/**
 * How far the database is asked, each with all before it: `nobody`: only tags and values are compared; `newest`: with the live
 * password, then the newest pending one; `claimed`: with every pending one; `earlier`: with the live secret's earlier versions.
 */
export type Depth = "nobody" | "newest" | "claimed" | "earlier";

export interface Gathered {
	readonly facts: StandingFacts;
	readonly standing: Standing;
	readonly live: Latest;
	readonly pending: Latest;
	/** What the database accepts, where it was found. */
	readonly accepted?: Password;
	/** All of the live secret, read once. */
	readonly versions: () => Promise<readonly SecretVersion[]>;
}

/** Asks the database; once only for each password. */
export function asking(ports: Ports, target: Managed): Accepts {
	const answers: { readonly password: Password; readonly accepted: boolean }[] = [];
	const accepts = accepting(ports, target);
	return async (value) => {
		const password = passwordOf(target, value);
		if (password === undefined) return false;
		const known = answers.find((one) => one.password.equals(password));
		if (known) return known.accepted;
		const accepted = await accepts(value);
		answers.push({ password, accepted });
		return accepted;
	};
}

/** @throws Fault what vault, records and database throw; `value-unreadable` where the database would have to be asked with it */
export async function gather(
	ports: Ports,
	target: Managed,
	depth: Depth,
	accepts: Accepts = asking(ports, target),
): Promise<Gathered> {
	const store = await ports.store(target.secret.vault);
	const [live, pending] = await Promise.all([store.latest(target.name), store.latest(target.pendingName)]);
	let asked: Promise<readonly SecretVersion[]> | undefined;
	const versions = () => {
		asked ??= store.versions(target.name);
		return asked;
	};
	const at: At = { ports, target, live, pending, versions, depth, accepts };
	const { database, accepted } = depth === "nobody" ? notAsked : await whoGetsIn(at);
	if (database.accepts === "none" && live.state === "present") readable(target, live.value);
	const claim = await claimAt(at, database);
	const facts: StandingFacts = {
		...(live.state === "present" && { live: live.secret.version }),
		...(claim && { claim }),
		covered: await coveredAt(at, claim, database),
		steppedBack: await steppedBackAt(at),
		derivedBack: await derivedBackAt(at),
		database,
		...(database.accepts === "none" &&
			live.state === "present" &&
			depth === "earlier" && { unread: await unreadAt(at) }),
	};
	return { facts, standing: standingOf(facts), live, pending, ...(accepted && { accepted }), versions };
}

interface At {
	readonly ports: Ports;
	readonly target: Managed;
	readonly live: Latest;
	readonly pending: Latest;
	readonly versions: () => Promise<readonly SecretVersion[]>;
	readonly depth: Depth;
	readonly accepts: Accepts;
}

interface Answer {
	readonly database: StandingFacts["database"];
	readonly accepted?: Password;
}
const notAsked: Answer = { database: { accepts: "not-asked" } };
const nothing: Answer = { database: { accepts: "none" } };

/** Asked in this order, and no further than the first that is right; without a live password, of pending ones only. */
async function whoGetsIn({ ports, target, live, pending, versions, depth, accepts }: At): Promise<Answer> {
	const { secret, name, pendingName } = target;
	if (live.state === "present" && (await accepts(live.value)))
		return { database: { accepts: "live" }, accepted: live.value };
	const pendingOne = async (claim: Claimed, accepted: Password): Promise<Answer> => {
		const version = await publishedBefore(ports, target, live, claim, accepted);
		const database = version === undefined ? ({ accepts: "pending", claim } as const) : earlierOne(version);
		return { database, accepted };
	};
	const newest = latestClaim(pending, target);
	if (newest && pending.state === "present" && (await accepts(pending.value))) return pendingOne(newest, pending.value);
	if (depth === "newest") return nothing;
	const store = await ports.store(secret.vault);
	for (const claim of await claimedVersions(ports, target)) {
		const password = await store.version(pendingName, claim.version);
		if (await accepts(password)) return pendingOne(claim, password);
	}
	if (depth === "claimed" || live.state !== "present") return nothing;
	const earlier = (await versions()).filter(({ version, enabled }) => enabled && version !== live.secret.version);
	for (const { version } of earlier.slice(-mostEarlierVersions).reverse()) {
		const password = await store.version(name, version);
		// Of two roles that take turns, the other one's is in force beside the live one, and says nothing of it.
		if (roleIn(target.content, password) !== roleIn(target.content, live.value)) continue;
		if (await accepts(password)) return { database: earlierOne(version), accepted: password };
	}
	return nothing;
}

const earlierOne = (version: string) => ({ accepts: "earlier", version }) as const;

/** Records and audit log are asked only where the answer distinguishes states. */
async function claimAt(
	{ ports, target, live, pending, depth }: At,
	{ accepts }: StandingFacts["database"],
): Promise<Claim | undefined> {
	const claimed = latestClaim(pending, target);
	if (!claimed || pending.state !== "present") return undefined;
	const tie = live.state === "present" ? tieOf(live.secret, claimed) : "none";
	const isLive = live.state === "present" && pending.value.equals(live.value);
	const { keyring } = target.content;
	const isAccepted = live.state === "present" && !isLive && (keyring?.accepts(live.value, pending.value) ?? false);
	const matters = depth !== "nobody" && accepts === "live" && !(tie === "published" && isLive);
	const over = matters && (await isOver(ports, claimed));
	// Nobody has it, so a new one is as good; but where the audit log shows that it is the rotation's own, there is no need to.
	const stored = matters && tie === "replaced" && !over && (await isStored(ports, target, claimed).catch(() => false));
	return { ...claimed, tie, isLive, isAccepted, isOver: over, isStored: stored };
}

/** Something covers the version that was published: is it there? */
async function coveredAt(
	{ ports, target, live, depth }: At,
	claim: Claim | undefined,
	{ accepts }: StandingFacts["database"],
): Promise<Claimed | undefined> {
	if (depth === "nobody" || depth === "newest" || accepts !== "live" || live.state !== "present") return undefined;
	if (claim?.tie !== "published" || claim.isLive) return undefined;
	const store = await ports.store(target.secret.vault);
	for (const one of await claimedVersions(ports, target))
		if ((await store.version(target.pendingName, one.version)).equals(live.value)) return one;
	return undefined;
}

/** GA3. */
async function steppedBackAt(at: At): Promise<Claimed | undefined> {
	const published = inTwoSteps(at);
	const replaced = published?.live.secret.tags[tag.previousVersion];
	if (!published || !replaced) return undefined;
	const { keyring, live, credentialId } = published;
	const { target } = at;
	const store = await at.ports.store(target.secret.vault);
	const before = await store.version(target.name, replaced).catch(whenGone);
	if (!before || !keyring.signsAs(live.value, before)) return undefined;
	for await (const { version, value } of othersOf(at, live.secret, credentialId)) {
		const signedSince = !keyring.signsAs(value, live.value) && keyring.accepts(live.value, value);
		if (signedSince) return { version, credentialId, baseVersion: live.secret.version };
	}
	return undefined;
}

/** GA3, of a derived secret. Versions are read only where one does not have what the live secret makes of it. */
async function derivedBackAt(at: At): Promise<Claimed | undefined> {
	const published = inTwoSteps(at);
	if (!published) return undefined;
	const { keyring, live, credentialId } = published;
	const { target } = at;
	const { version, tags } = live.secret;
	const store = await at.ports.store(target.secret.vault);
	for (const [derived, value] of rendered(target, live.value)) {
		const found = await store.latest(derived);
		if (found.state !== "present" || found.value.equals(value)) continue;
		for await (const { value: other } of othersOf(at, live.secret, credentialId)) {
			const acceptsEachOther = keyring.accepts(other, live.value) && keyring.accepts(live.value, other);
			const isFirst = acceptsEachOther && !keyring.signsAs(other, live.value);
			if (isFirst && rendered(target, other).get(derived)?.equals(found.value))
				return { version, credentialId, baseVersion: tags[tag.previousVersion] ?? "" };
		}
	}
	return undefined;
}

/** What is live, where it has keys and its tags name a rotation of this secret. */
function inTwoSteps({ live, target, depth }: At) {
	const { keyring } = target.content;
	if (!keyring || live.state !== "present" || depth === "nobody" || depth === "newest") return undefined;
	const credentialId = live.secret.tags[tag.rotationId];
	if (credentialId === undefined || !isRotationOf(target, credentialId)) return undefined;
	return { keyring, live, credentialId };
}

/** The other versions that say they are of the same rotation, newest first, with their values. */
async function* othersOf({ ports, target, versions }: At, live: SecretVersion, credentialId: string) {
	const store = await ports.store(target.secret.vault);
	for (const { version, enabled, tags } of [...(await versions())].reverse()) {
		if (!enabled || version === live.version || tags[tag.rotationId] !== credentialId) continue;
		const value = await store.version(target.name, version).catch(whenGone);
		if (value) yield { version, value };
	}
}

async function unreadAt({ ports, target, live, pending, versions }: At): Promise<StandingFacts["unread"]> {
	const store = await ports.store(target.secret.vault);
	if (pending.state !== "absent")
		return { deleted: false, disabled: await disabledSincePublished(ports, target, await versions()) };
	const deleted = await store.deleted(target.pendingName);
	const credential = deleted?.enabled ? deleted.tags[tag.rotationId] : undefined;
	const published = live.state === "present" ? live.secret.tags[tag.rotationId] : undefined;
	return { deleted: credential !== undefined && credential !== published, disabled: [] };
}
