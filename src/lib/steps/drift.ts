// Gathers the facts that drift is judged on: vault, database and pods as they are, compared with each other.
// DF1. Reads only, and values stay here: what is returned are names, versions and the results of comparisons.

import type { Ports } from "../app.ts";
import type { DriftFacts } from "../domain/drift.ts";
import { type Problem, problemOf } from "../domain/fault.ts";
import type { Password } from "../domain/password.ts";
import type { Latest, SecretVersion } from "../domain/secret-version.ts";
import { type Claimed, isCutShort, liveLogsIn } from "../domain/standing.ts";
import { tag } from "../domain/tags.ts";
import type { SecretStore } from "../ports/secret-store.ts";
import { whyAbsent } from "./absent.ts";
import { behind } from "./behind.ts";
import { asFault } from "./boundary.ts";
import { gather } from "./gather.ts";
import type { Accepts } from "./in-force.ts";
import { isRotationOf, type Managed, namesOf } from "./managed.ts";
import { rendered } from "./switch/derive.ts";
import { isOnRecord, isTakingBack, type Maker, makerOf } from "./version.ts";

export interface DriftSeen {
	readonly facts: DriftFacts;
	/** A consumer that could not be looked at; the rest was. */
	readonly problem?: Problem;
	/** What may get in as the role: the password that the database accepts, where it was found. */
	readonly ways: readonly Password[];
	/** Tag `rotation-id` of the live version. */
	readonly liveCredential?: string;
	/** What the newest version of the pending secret claims. */
	readonly pending?: Claimed;
}

/** @throws Fault what vault, records and database throw; `secret-nowhere`: what it is will be known in a minute */
export async function gatherDrift(ports: Ports, target: Managed, accepts?: Accepts): Promise<DriftSeen> {
	const { secret, name, pendingName, content } = target;
	const { vault } = secret;
	const store = await ports.store(vault);
	const { live, standing, accepted, versions, facts: gathered } = await gather(ports, target, "earlier", accepts);
	const more = { pending: gathered.claim, ways: accepted ? [accepted] : [] };
	const facts = {
		vault,
		secret: name,
		...namesOf(content, live.state === "present" ? live.value : undefined),
		standing,
		pendingName,
		derived: [],
		pods: [],
	};
	if (live.state !== "present") {
		const why = live.state === "absent" ? await whyAbsent(ports, target) : undefined;
		if (why?.code === "secret-nowhere") throw why;
		return { ...more, facts: { ...facts, live: { state: why?.code === "secret-deleted" ? "deleted" : live.state } } };
	}
	const { version, tags } = live.secret;
	// What does not have the form of one goes nowhere: anyone who may write the secret can have written it.
	const liveCredential = isRotationOf(target, tags[tag.rotationId] ?? "") ? tags[tag.rotationId] : undefined;
	const origin = await originOf(ports, target, live.secret, liveLogsIn(standing), versions);
	const present = { ...facts, live: { state: "present", version, origin } } as const;
	if (isCutShort(standing)) return { ...more, liveCredential, facts: present };
	const isFirst =
		origin === "first" || (origin === "hand" && (await wasNeverRotated(ports, target, live.secret, versions)));
	const derived = isFirst ? [] : await changedDerived(store, target, live.value);
	// Where the database has another password, pods on another version are no wonder, and may be the ones that work.
	const seen = liveLogsIn(standing) ? await stalePods(ports, target, live) : { pods: [] };
	return { ...more, liveCredential, facts: { ...present, derived, pods: seen.pods }, problem: seen.problem };
}

type Present = Extract<Latest, { state: "present" }>;

/**
 * Who made the live version. Where the database does not accept it, a tag alone does not make it a rotation's: anyone who plants
 * a version would have an operator set its password.
 */
async function originOf(
	ports: Ports,
	target: Managed,
	live: SecretVersion,
	isAccepted: boolean,
	versions: () => Promise<readonly SecretVersion[]>,
): Promise<Maker> {
	if (isAccepted && live.tags[tag.rotationId] !== undefined) return "rotation";
	const isPlain = !isTakingBack(live);
	if (isPlain && (await isOnRecord(await ports.records(), target, live))) return "rotation";
	const all = await versions();
	// The only one there ever was has replaced nothing.
	return isAccepted || all.length === 1 ? makerOf(live, all) : "hand";
}

async function wasNeverRotated(
	ports: Ports,
	{ id }: Managed,
	live: SecretVersion,
	versions: () => Promise<readonly SecretVersion[]>,
): Promise<boolean> {
	if (makerOf(live, await versions()) !== "first") return false;
	return (await (await ports.records()).lastDelivery(id)) === undefined;
}

async function changedDerived(store: SecretStore, target: Managed, live: Password): Promise<DriftFacts["derived"]> {
	const changed: DriftFacts["derived"][number][] = [];
	for (const [derived, value] of rendered(target, live)) {
		const found = await store.latest(derived);
		if (found.state === "present") {
			if (!found.value.equals(value)) changed.push({ secret: derived, state: "differs" });
			continue;
		}
		const isDeleted = found.state === "absent" && (await store.deleted(derived)) !== undefined;
		changed.push({ secret: derived, state: isDeleted ? "deleted" : found.state });
	}
	return changed;
}

/** A consumer that cannot be looked at hides no other one. */
async function stalePods(
	ports: Ports,
	target: Managed,
	live: Present,
): Promise<{ pods: DriftFacts["pods"]; problem?: Problem }> {
	const stale: DriftFacts["pods"][number][] = [];
	let problem: Problem | undefined;
	for (const consumer of target.secret.consumers) {
		try {
			stale.push(...(await behind(ports, target, consumer, live)));
		} catch (error) {
			problem ??= problemOf(asFault(error, "sweep"));
		}
	}
	return { pods: stale, problem };
}
