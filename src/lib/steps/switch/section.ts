// The critical section itself, from the session that is opened to the live secret that is read once more: index.ts has its states.

import type { Ports } from "../../app.ts";
import { Fault } from "../../domain/fault.ts";
import { gapAfter } from "../../domain/gap.ts";
import { roomOfSwitch } from "../../domain/room.ts";
import type { Latest, SecretVersion } from "../../domain/secret-version.ts";
import { tag } from "../../domain/tags.ts";
import { takesTurns } from "../../strategies/index.ts";
import type { Journal } from "../boundary.ts";
import { cancelled } from "../cancelled.ts";
import { accepting } from "../in-force.ts";
import { type Allowed, openSession } from "../login.ts";
import { type Managed, namesOf } from "../managed.ts";
import { takePlaces } from "../places.ts";
import type { Ahead } from "./ahead.ts";
import { provesLock, type Section, type Switch, type Switched, type SwitchOptions, stopwatch, type Way } from "./at.ts";
import { publishDerived } from "./derive.ts";
import { coveredPasswords, type Found, findState, whenGone } from "./found.ts";
import { overwritten, provesPublished, publish } from "./publish.ts";
import { bringsTurnBack, mayBeInForce, rehearse, setAndTest } from "./set-and-test.ts";
import { wayBack, wayBackOfOvertaken } from "./way-back.ts";

type Turn = Pick<Allowed, "outOfTurn" | "atOnce">;

export async function section(
	ports: Ports,
	target: Managed,
	input: Switch,
	journal: Journal,
	looking: Promise<Ahead>,
	{ gap: given = gapAfter(), atOnce, marking }: SwitchOptions,
): Promise<Switched> {
	const { name } = target;
	const store = await ports.store(target.secret.vault);
	const [ahead, gap] = await Promise.all([looking, given]);
	const { live, before } = ahead;
	const accepts = accepting(ports, target);
	const { clock } = ports;
	const way: Way = { store, target, journal, credentialId: input.credentialId, accepts, before, clock, gap };
	const found = await findState(ports, target, ahead, input).catch(async (error) => {
		throw await leftBehind(way, live, error);
	});
	// It waits for no turn: nothing is to be done but to see that nothing was.
	const isTakenBack = canBeCancelled(input, found) && ahead.isCancelled;
	await openGap(way, found);
	if (!isTakenBack) await inTurn(way, live, (outOfTurn) => placesFor(ports, target, input, outOfTurn));
	const times = stopwatch(ports);
	await using session = await inTurn(way, live, (outOfTurn) =>
		sessionFor(ports, target, input, found, { atOnce, outOfTurn: outOfTurn || isTakenBack }),
	);
	using _ = await inTurn(way, live, (outOfTurn) => roomFor(way, { atOnce, outOfTurn: outOfTurn || isTakenBack }));
	await marking;
	const at: Section = { ...found, ...way, ports, session, times };
	// Of a session with the role's own password it is known which one is in force: none is tried in vain while others have the lock.
	const rehearsing = session.isOwn && !isTakenBack && !mayBeInForce(at, input) ? rehearse(at) : undefined;
	const locking = locked(at, input, isTakenBack);
	await Promise.allSettled([locking, rehearsing]);
	await locking;

	const isPublished = found.state === "published";
	const { alteredAt, provedAt } = await setAndTest(at, input, rehearsing);
	const current = found.state === "published" ? found.live : await publish(at, input);
	const isProved = !isPublished && (await provesPublished(at, current, provedAt));
	const derived = await publishRest(at, current, input, isProved);
	const after = await store.latest(name);
	if (versionOf(after) !== current.version) throw await overwritten(at, after);
	times.lap("finishSecret");

	const code = isPublished ? "already-published" : "published";
	journal.done("finishSecret", code, { newVersion: current.version });
	return {
		version: current.version,
		previousVersion: input.baseVersion,
		...(current.expires && { expires: current.expires.toISOString() }),
		derived,
		name,
		...(gap.ms !== undefined && { gapMs: gap.ms }),
		...(alteredAt && { alteredAt: alteredAt.toISOString() }),
		steps: times.laps,
	};
}

/**
 * The role is this run's, and what it has seen ahead is as it was.
 * @throws Fault `role-busy`, `cancelled`, `live-overwritten`, and what `provesLock` throws
 */
async function locked(at: Section, input: Switch, isTakenBack: boolean): Promise<void> {
	const { session, store, latest, target } = at;
	await session.lock();
	if (isTakenBack && (await isUnchanged(at, input))) throw cancelled(input);
	const [, now] = await Promise.all([provesLock(at), store.latest(target.name)]);
	// A run that hung until another one had ended must not set an older password now.
	if (versionOf(now) !== versionOf(latest))
		throw new Fault("live-overwritten", { vault: target.secret.vault, secret: target.name });
}

/** The second of two steps goes on with what the first one has published; a reconciliation has begun before its switch. */
const canBeCancelled = ({ acceptedBy, reconciles }: Switch, { state }: Found): boolean =>
	state === "base" && acceptedBy === undefined && reconciles === undefined;

/** By logins: an earlier try may have set the password and died. */
async function isUnchanged({ accepts, target, latest, wanted }: Section, input: Switch): Promise<boolean> {
	if (latest.state !== "present" || !(await accepts(latest.value))) return false;
	return bringsTurnBack(target, input) || !(await accepts(wanted));
}

/** Where an earlier try died, or could not close its gap: it is open if the database has the new password. */
async function openGap({ gap, accepts, target }: Way, found: Found): Promise<void> {
	const { perhapsSince } = gap;
	const { account } = target.content;
	if (!perhapsSince || !account || takesTurns(account)) return;
	if (found.state !== "published" && !(await accepts(found.wanted))) return;
	gap.open(perhapsSince);
	if (found.state === "published") gap.close(found.live.created);
}

const versionOf = (latest: Latest): string | undefined =>
	latest.state === "present" ? latest.secret.version : undefined;

/**
 * A version of ours is live although this run's password is given up and the database has another one: it took effect when
 * others had been there.
 */
async function leftBehind(way: Way, live: Latest, error: unknown): Promise<unknown> {
	if (!(error instanceof Fault) || error.code !== "pending-lost" || live.state !== "present") return error;
	const { [tag.rotationId]: publishedBy, [tag.takenBack]: takenBackFrom } = live.secret.tags;
	if (publishedBy !== way.credentialId && takenBackFrom !== way.credentialId) return error;
	if (await way.accepts(live.value)) return error;
	return wayBackOfOvertaken(way, live.secret);
}

/** `records-unavailable`: of its places in namespaces. */
const full: readonly string[] = [
	"server-queued",
	"vault-queued",
	"vault-throttled",
	"namespace-queued",
	"records-unavailable",
];

/** Where the password in the vault is rejected already, everybody who reads it is locked out: to wait for a turn would be worse. */
async function inTurn<T>({ gap, accepts }: Way, live: Latest, work: (outOfTurn: boolean) => Promise<T>): Promise<T> {
	if (gap.openSince) return work(true);
	return work(false).catch(async (error) => {
		const isFull = error instanceof Fault && full.includes(error.code);
		if (isFull && live.state === "present" && !(await accepts(live.value))) return work(true);
		throw error;
	});
}

/** For the live secret and each derived one, and as much for the way back: nothing waits for the vault's limit in the gap. */
async function roomFor({ store, target }: Way, { outOfTurn, atOnce }: Turn): Promise<Disposable | undefined> {
	return outOfTurn ? undefined : store.room(roomOfSwitch(target.secret), target.id, { atOnce });
}

/** Where nobody gets in, it waits for no place, nor for the records. */
async function placesFor(ports: Ports, target: Managed, { rotationId }: Switch, outOfTurn: boolean): Promise<void> {
	const taken = takePlaces(ports, target, rotationId, !outOfTurn);
	await (outOfTurn ? taken.catch(() => {}) : taken);
}

/** The password that was found to get in, before those that were found not to. */
async function sessionFor(ports: Ports, target: Managed, { reconciles }: Switch, found: Found, turn: Turn) {
	const store = await ports.store(target.secret.vault);
	const { latest, wanted, old } = found;
	const candidates = [...(latest.state === "present" ? [latest.value] : []), wanted, ...(old ? [old.value] : [])];
	const further = () => coveredPasswords(ports, target);
	if (!reconciles) return openSession(ports, target, candidates, { itself: true, ...turn }, further);
	const { loginWith } = reconciles;
	const name = loginWith?.secret === "pending" ? target.pendingName : target.name;
	const first = loginWith && (await store.version(name, loginWith.version).catch(whenGone));
	return openSession(
		ports,
		target,
		[...(first ? [first] : []), ...candidates],
		{ recovery: true, itself: true, ...turn },
		further,
	);
}

/**
 * The derived secrets, or the way back where one of them is refused for good.
 * @param isProved the lock, right before
 */
async function publishRest(
	at: Section,
	current: SecretVersion,
	{ reconciles }: Switch,
	isProved: boolean,
): Promise<Switched["derived"]> {
	const { wanted, old, target } = at;
	let isFirst = isProved;
	const mayWrite = async () => {
		const isKnown = isFirst;
		isFirst = false;
		if (isKnown) return;
		await provesLock(at).catch((error) => {
			// The live version is there, and what follows it must not stay behind. Had others been there, the end of the
			// section sees that, and corrects it.
			if (error instanceof Fault && error.code === "role-lock-lost") throw error;
		});
	};
	const live = { value: wanted, version: current };
	try {
		return await publishDerived(at, live, { mayWrite, enables: reconciles !== undefined, atOnce: true });
	} catch (error) {
		// A reconciliation whose live version is right has nothing older to go back to.
		if (!(error instanceof Fault) || error.transient || !old || old.value.equals(wanted)) throw error;
		if (await wayBack({ ...at, mayWrite }, "published")) throw error;
		throw new Fault("server-unreachable", { server: namesOf(target.content).server ?? "" });
	}
}
