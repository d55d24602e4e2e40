// The critical section itself, from the session that is opened to the live secret that is read once more: index.ts has its states.

import type { Ports } from "../../app.ts";
import { Fault } from "../../domain/fault.ts";
import { gapAfter } from "../../domain/gap.ts";
import { roomOfSwitch } from "../../domain/room.ts";
import type { Latest, SecretVersion } from "../../domain/secret-version.ts";
import { tag } from "../../domain/tags.ts";
import { type Account, takesTurns } from "../../strategies/index.ts";
import type { Journal } from "../boundary.ts";
import { cancelled, isCancelled } from "../cancelled.ts";
import { accepting } from "../in-force.ts";
import { type Allowed, openSession } from "../login.ts";
import { type Managed, namesOf, roleIn } from "../managed.ts";
import { takePlaces } from "../places.ts";
import { notApplied } from "../turns.ts";
import { provesLock, type Section, type Switch, type Switched, type SwitchOptions, stopwatch, type Way } from "./at.ts";
import { publishDerived, readDerived } from "./derive.ts";
import { coveredPasswords, type Found, findState, whenGone } from "./found.ts";
import { overwritten, provesPublished, publish } from "./publish.ts";
import { wayBack, wayBackOfOvertaken } from "./way-back.ts";

type Turn = Pick<Allowed, "outOfTurn" | "atOnce">;

export async function section(
	ports: Ports,
	target: Managed,
	input: Switch,
	journal: Journal,
	{ gap = gapAfter(), atOnce }: SwitchOptions,
): Promise<Switched> {
	const { secret, name } = target;
	const { vault } = secret;
	const store = await ports.store(vault);
	// These reads also warm the vault's client up (token, connection), which keeps the gap short.
	const [live, before] = await Promise.all([store.latest(name), readDerived(store, target)]);
	const accepts = accepting(ports, target);
	const { clock } = ports;
	const way: Way = { store, target, journal, credentialId: input.credentialId, accepts, before, clock, gap };
	const found = await findState(ports, target, live, input).catch(async (error) => {
		throw await leftBehind(way, live, error);
	});
	// It waits for no turn: nothing is to be done but to see that nothing was.
	const isTakenBack = canBeCancelled(input, found) && (await isCancelled(ports, input));
	await openGap(way, found);
	if (!isTakenBack) await inTurn(way, live, (outOfTurn) => placesFor(ports, target, input, outOfTurn));
	const times = stopwatch(ports);
	await using session = await inTurn(way, live, (outOfTurn) =>
		sessionFor(ports, target, input, found, { atOnce, outOfTurn: outOfTurn || isTakenBack }),
	);
	using _ = await inTurn(way, live, (outOfTurn) => roomFor(way, { atOnce, outOfTurn: outOfTurn || isTakenBack }));
	await session.lock();
	if (isTakenBack && (await isUnchanged(way, found, input))) throw cancelled(input);
	const at: Section = { ...found, ...way, ports, session, times };
	await provesLock(at);
	// A run that hung until another one had ended must not set an older password now.
	if (versionOf(await store.latest(name)) !== versionOf(live)) {
		throw new Fault("live-overwritten", { vault, secret: name });
	}

	const isPublished = found.state === "published";
	const alteredAt = await setAndTest(at, input);
	const current = found.state === "published" ? found.live : await publish(at, input);
	if (!isPublished) await provesPublished(at, current);
	const derived = await publishRest(at, current, input);
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

/** The second of two steps goes on with what the first one has published; a reconciliation has begun before its switch. */
const canBeCancelled = ({ acceptedBy, reconciles }: Switch, { state }: Found): boolean =>
	state === "base" && acceptedBy === undefined && reconciles === undefined;

/** By logins: an earlier try may have set the password and died. What a rollback brings back of two roles may be in force all along. */
async function isUnchanged(
	{ accepts, target }: Way,
	{ latest, wanted }: Found,
	{ bringsBack }: Switch,
): Promise<boolean> {
	const { account } = target.content;
	if (latest.state !== "present" || !(await accepts(latest.value))) return false;
	return (account !== undefined && takesTurns(account) && bringsBack !== undefined) || !(await accepts(wanted));
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

/** @returns since when the password before it is not in force any more, if that came of this run's ALTER ROLE */
async function setAndTest(at: Section, { bringsBack }: Switch): Promise<Date | undefined> {
	const { ports, target, journal, session, times, wanted, state, accepts, gap } = at;
	const { account } = target.content;
	if (!account) return undefined;
	const displaces = !takesTurns(account);
	const { server = "", role = "" } = namesOf(target.content, wanted);
	const isPublished = state === "published";
	const mayBeInForce = isPublished || (!displaces && bringsBack !== undefined);
	if (mayBeInForce && (await accepts(wanted))) {
		journal.done("setSecret", "already-set", { role });
		journal.done("testSecret", "login-accepted", { role });
		return undefined;
	}
	await rehearse(at, account, role);
	await session.set(journal.intent("setSecret"), wanted);
	const alteredAt = ports.clock.now();
	if (!isPublished && displaces) gap.open(alteredAt);
	journal.done("setSecret", "password-set", { role });
	times.lap("setSecret");
	const accepted = await accepts(wanted).catch(async (error) => {
		// Nobody can tell, perhaps for long, and everybody else has the old one. This session needs no login.
		if (!isPublished) await wayBack(at, "altered").catch(() => {});
		throw error;
	});
	if (!accepted) {
		const safe = !isPublished && (await wayBack(at, "altered"));
		throw safe
			? new Fault("new-password-rejected", { server, role })
			: new Fault("database-unknown", { server, role, statement: "a login with the new password", sqlState: "28P01" });
	}
	const fault = await notApplied(ports, target, wanted);
	if (fault) throw fault;
	times.lap("testSecret");
	journal.done("testSecret", "login-accepted", { role });
	return displaces ? alteredAt : undefined;
}

/**
 * A proof that failed for a reason that stays, such as a database that nobody may connect to any more, is not met by another
 * change: what is in force has to get in first.
 */
async function rehearse(
	{ session, latest, wanted, state, target, accepts }: Section,
	account: Account,
	role: string,
): Promise<void> {
	const live = state !== "published" && latest.state === "present" ? latest.value : undefined;
	const alternates = takesTurns(account);
	// ALU1 of strategies/alternating-users, once more: by what is live now.
	if (alternates && live && roleIn(target.content, live) === role && (await accepts(live)))
		throw new Fault("role-in-turn", { server: account.server, role, secret: target.name });
	// Where ours is live already, it was just found not to be what is in force. Nobody knows the password of a role whose turn it is.
	const inForce = state === "published" || alternates ? [] : live ? [live, wanted] : [wanted];
	const refusal = await session.refusal(role, inForce);
	if (refusal) throw refusal;
}

/** The derived secrets, or the way back where one of them is refused for good. */
async function publishRest(at: Section, current: SecretVersion, { reconciles }: Switch): Promise<Switched["derived"]> {
	const { wanted, old, target } = at;
	const mayWrite = () =>
		provesLock(at).catch((error) => {
			// The live version is there, and what follows it must not stay behind. Had others been there, the end of the
			// section sees that, and corrects it.
			if (error instanceof Fault && error.code === "role-lock-lost") throw error;
		});
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
