// One event, once it has been delivered.
// N1. Thrown = deliver it again, with its whole batch; returned = acknowledged. So only what may pass by itself is thrown.
//     Otherwise: one malformed event brings its neighbours back for 24 hours.

import { asFault } from "../activities/boundary.ts";
import { decideEvent } from "./event.ts";
import { recordRefusal, requestRotation, type Trigger, unnamed } from "./request.ts";

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
	const trigger = { ...call, actor: { ...actor, id: eventId }, attempt: eventId ?? call.attempt };
	if (decision.act === "ignore") {
		return recordRefusal(trigger, decision.secret ?? unnamed, decision.code, decision.sentence);
	}
	const { secret, seenVersion } = decision;
	const wish = { secret, seenVersion, kind: "rotate", force: false, dryRun: false } as const;
	await requestRotation(trigger, loaded.hash, wish);
}
