// Gathers the facts that drift is judged on: vault, database and pods as they are, compared with each other.
// DF1. Reads only, and values stay here: what is returned are names, versions and the results of comparisons.
// DF2. No password is tried twice, and of earlier versions the newest few only. Otherwise: a sweep locks the role on a server
//      that counts failures. One login, the live one, where nothing is wrong.

import type { Ports } from "../app.ts";
import type { DriftFacts } from "../domain/drift.ts";
import { type Problem, problemOf } from "../domain/fault.ts";
import type { Password } from "../domain/password.ts";
import { render } from "../domain/render.ts";
import type { Latest, SecretVersion } from "../domain/secret-version.ts";
import { workloadText } from "../domain/workload.ts";
import type { Published } from "../ports/delivery-path.ts";
import type { SecretStore } from "../ports/secret-store.ts";
import { whyAbsent } from "./absent.ts";
import { asFault } from "./boundary.ts";
import { isRotationOf, type Managed, tag } from "./managed.ts";
import { type Claimed, claimedVersions, latestClaim, publishedBefore } from "./pending.ts";
import { goesOnFrom, isOnRecord, isTakingBack, type Maker, makerOf } from "./version.ts";

/** A backup that is older than so many rotations is told as a change by hand. */
const mostEarlierVersions = 5;

export interface Gathered {
	readonly facts: DriftFacts;
	/** A consumer that could not be looked at; the rest was. */
	readonly problem?: Problem;
	/** What may get in as the role: the password that the database accepts, or, where it was not asked, those it may have. */
	readonly ways: readonly Password[];
	/** Tag `rotation-id` of the live version. */
	readonly liveCredential?: string;
	/** What the newest version of the pending secret claims. */
	readonly pending?: Claimed;
}

/** @throws Fault what vault, records and database throw; `secret-nowhere`: what it is will be known in a minute */
export async function gatherDrift(ports: Ports, target: Managed): Promise<Gathered> {
	const { secret, name, pendingName } = target;
	const { vault, server, role } = secret;
	const store = await ports.store(vault);
	const [live, pending] = await Promise.all([store.latest(name), store.latest(pendingName)]);
	const state = await stateOfPending(store, target, live, pending);
	const facts = { vault, secret: name, server, role, pending: { state, name: pendingName }, derived: [], pods: [] };
	const more = { pending: latestClaim(pending, target) };
	if (live.state !== "present") {
		const why = live.state === "absent" ? await whyAbsent(ports, target) : undefined;
		if (why?.code === "secret-nowhere") throw why;
		const { database, accepted } = await databaseAccepts(ports, target, live, pending, async () => []);
		const ways = accepted ? [accepted] : [];
		const seen = why?.code === "secret-deleted" ? "deleted" : live.state;
		return { ...more, ways, facts: { ...facts, live: { state: seen }, database } };
	}
	const { version, tags } = live.secret;
	// What has not the form of one goes nowhere: whoever may write the secret wrote it.
	const liveCredential = isRotationOf(target, tags[tag.rotationId] ?? "") ? tags[tag.rotationId] : undefined;
	let asked: Promise<readonly SecretVersion[]> | undefined;
	const versions = () => {
		asked ??= store.versions(name);
		return asked;
	};
	const { database, accepted } = await databaseAccepts(ports, target, live, pending, versions);
	const origin = await originOf(ports, target, live.secret, database.accepts === "live", versions);
	const present = { ...facts, live: { state: "present", version, origin } } as const;
	if (state === "resumable") {
		const ways = accepted ? [accepted] : [];
		return { ...more, liveCredential, ways, facts: { ...present, database } };
	}
	const isFirst =
		origin === "first" || (origin === "hand" && (await wasNeverRotated(ports, target, live.secret, versions)));
	const derived = isFirst ? [] : await changedDerived(store, target, live.value);
	// Where the database has another password, pods on another version are no wonder, and may be the ones that work.
	const seen = database.accepts === "live" ? await stalePods(ports, target, live) : { pods: [] };
	const all = { ...present, database, derived, pods: seen.pods };
	return { ...more, liveCredential, ways: accepted ? [accepted] : [], facts: all, problem: seen.problem };
}

type Present = Extract<Latest, { state: "present" }>;

async function stateOfPending(
	store: SecretStore,
	target: Managed,
	live: Latest,
	pending: Latest,
): Promise<DriftFacts["pending"]["state"]> {
	const { pendingName } = target;
	const present = live.state === "present" ? live.secret : undefined;
	if (pending.state === "present") {
		const ours = latestClaim(pending, target);
		if (!ours || !present) return "none";
		return goesOnFrom(present, ours) ? "resumable" : "none";
	}
	if (pending.state === "disabled") return "none";
	const deleted = await store.deleted(pendingName);
	const credential = deleted?.enabled ? deleted.tags[tag.rotationId] : undefined;
	return credential === undefined || credential === present?.tags[tag.rotationId] ? "none" : "deleted";
}

/** Asked in this order, and no further than the first that is right; without a live password, of the pending one only. */
async function databaseAccepts(
	ports: Ports,
	target: Managed,
	live: Latest,
	pending: Latest,
	versions: () => Promise<readonly SecretVersion[]>,
): Promise<{ database: DriftFacts["database"]; accepted?: Password }> {
	const { secret, name } = target;
	const database = await ports.database(secret.server);
	const tried: Password[] = [];
	const accepts = async (password: Password): Promise<boolean> => {
		if (password.isEmpty || tried.some((other) => other.equals(password))) return false;
		tried.push(password);
		return database.accepts({ role: secret.role, password });
	};
	if (live.state === "present" && (await accepts(live.value)))
		return { database: { accepts: "live" }, accepted: live.value };
	const claim = latestClaim(pending, target);
	const told = async (one: Claimed, accepted: Password) => {
		const earlier = await publishedBefore(ports, target, live, one, accepted);
		return earlier === undefined
			? { database: { accepts: "pending", version: one.version } as const, accepted }
			: { database: { accepts: "earlier", version: earlier } as const, accepted };
	};
	if (claim && pending.state === "present" && (await accepts(pending.value))) return told(claim, pending.value);
	const store = await ports.store(secret.vault);
	for (const one of await claimedVersions(ports, target)) {
		const accepted = await store.version(target.pendingName, one.version);
		if (await accepts(accepted)) return told(one, accepted);
	}
	if (live.state !== "present") return { database: { accepts: "not-asked" } };
	const earlier = (await versions()).filter(({ version, enabled }) => enabled && version !== live.secret.version);
	for (const { version } of earlier.slice(-mostEarlierVersions).reverse()) {
		const accepted = await store.version(name, version);
		if (await accepts(accepted)) return { database: { accepts: "earlier", version }, accepted };
	}
	return { database: { accepts: "none" } };
}

/**
 * Who made the live version. Where the database does not accept it, a tag alone does not make it a rotation's: whoever plants
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
	const { secret, server } = target;
	const changed: DriftFacts["derived"][number][] = [];
	for (const { secret: derived, template } of secret.derived) {
		const found = await store.latest(derived);
		if (found.state === "present") {
			const value = render(template, { role: secret.role, password: live, ...server });
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
	{ secret, name }: Managed,
	{ secret: live, value }: Present,
): Promise<{ pods: DriftFacts["pods"]; problem?: Problem }> {
	const store = await ports.store(secret.vault);
	const published: Published[] = [{ vault: secret.vault, secret: name, version: live.version, value }];
	/** An older version with the same value, as there is one after a publishing that was taken back, is as good. */
	const isAsGood = async (version: string) =>
		version !== live.version && (await store.version(name, version).catch(() => undefined))?.equals(value);
	// What started before this version was made has an older one in its environment, whatever it mounts now.
	const since = (isTakingBack(live) ? new Date(0) : live.created).toISOString();
	const stale: { workload: string; pod: string; detail: string }[] = [];
	let problem: Problem | undefined;
	for (const consumer of secret.consumers) {
		try {
			const pods = await (await ports.workloads(consumer.cluster)).pods(consumer);
			const path = await ports.deliveryPath(consumer.delivery.path, consumer.cluster);
			for (const { pod, proved, version, detail = "" } of await path.prove(consumer, pods, published, since)) {
				// A pod that has mounted nothing yet is on its way up.
				if (proved || version === undefined || (await isAsGood(version))) continue;
				stale.push({ workload: workloadText(consumer), pod, detail });
			}
		} catch (error) {
			problem ??= problemOf(asFault(error, "sweep"));
		}
	}
	return { pods: stale, problem };
}
