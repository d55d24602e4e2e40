// One event, once it has been delivered.
// N1. Thrown = deliver it again, with its whole batch; returned = acknowledged. So only what may pass by itself is thrown.
//     Otherwise: one malformed event brings its neighbours back for 24 hours.
// N2. What a rotation has just written makes no record: it is its own, and on the log already. Otherwise: at each publishing the
//     critical section and its own event compete for the end of the log, and the section waits.

import { Fault, problemOf } from "../domain/fault.ts";
import { asFault } from "../steps/boundary.ts";
import { managed } from "../steps/managed.ts";
import { isOnRecord, whoMade } from "../steps/version.ts";
import { decideEvent } from "./event.ts";
import { recordDrift, recordRefusal, requestRotation, type Trigger, unnamed } from "./request.ts";

/**
 * @param event as Event Grid delivered it, in either schema
 * @param call the actor is made here, from the event's id
 * @throws Fault a transient one, or one of the audit log: nothing was started, or it is not known
 */
export async function onEvent(event: unknown, call: Omit<Trigger, "actor">): Promise<void> {
	const actor = { kind: "event-grid" } as const;
	const loaded = await call.ports.configuration().catch((error) => asFault(error, "trigger"));
	if (loaded instanceof Error) {
		if (loaded.transient) throw loaded;
		return recordRefusal({ ...call, actor }, unnamed, loaded.code, loaded.sentence);
	}
	const decision = decideEvent(event, loaded.config);
	const { eventId } = decision;
	const trigger = {
		...call,
		actor: { ...actor, id: eventId },
		attempt: eventId ?? call.attempt,
		delivery: call.attempt,
	};
	if (decision.act === "ignore") {
		return recordRefusal(trigger, decision.secret ?? unnamed, decision.code, decision.sentence);
	}
	if (decision.act === "look") return lookAtVersion(trigger, decision);
	const { secret, seenVersion } = decision;
	const wish = { secret, seenVersion, kind: "rotate", force: false, dryRun: false } as const;
	await requestRotation(trigger, loaded.hash, wish);
}

/** A version that no rotation made is reported, and rotates nothing: the person who made it may have meant it. */
async function lookAtVersion(trigger: Trigger, seen: { secret: string; seenVersion: string }): Promise<void> {
	const { secret, seenVersion: version } = seen;
	const ignored = (sentence: string) => recordRefusal(trigger, secret, "event-kind", sentence);
	const maker = await makerOf(trigger, seen).catch((error) => asFault(error, "trigger"));
	if (maker instanceof Fault) {
		if (maker.transient) throw maker;
		return recordRefusal(trigger, secret, maker.code, maker.sentence);
	}
	if (maker.who === "rotation") return trigger.log(`${secret}: a new version of the rotator's own rotates nothing`);
	if (maker.who === "first") return ignored("A new version of a secret that was never rotated rotates nothing.");
	if (maker.who === "gone") return ignored("The new version has a newer one, or is gone.");
	const { vault, name } = maker;
	const drift = new Fault("live-changed-by-hand", { vault, secret: name, version });
	return recordDrift(trigger, "trigger", secret, problemOf(drift));
}

/**
 * A tag of ours is believed where the records have that version, or a rotation that runs does; and while one runs that has not
 * reported its version yet, and looks itself.
 */
async function makerOf(
	{ ports, rotations }: Trigger,
	{ secret: id, seenVersion }: { secret: string; seenVersion: string },
) {
	const target = await managed(ports, id);
	const { name, secret } = target;
	const { vault } = secret;
	const versions = await (await ports.store(vault)).versions(name);
	const who = whoMade(versions, seenVersion);
	const seen = versions.find(({ version }) => version === seenVersion);
	if (who !== "rotation" || !seen) return { vault, name, who };
	const running = await rotations.running(id);
	const isRunnings = running !== undefined && (running.version === undefined || running.version === seenVersion);
	const isKnown = isRunnings || (await isOnRecord(await ports.records(), target, seen));
	return { vault, name, who: isKnown ? who : "hand" };
}
