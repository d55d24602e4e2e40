// What every trigger does with what it wants: record it, then start it.
// T1. A request is on the audit log before it is started; the log down = nothing starts. Otherwise: a rotation that
//     nobody can be asked about.
// T2. What is refused or ignored is recorded too, with the names that we know and no text of the sender's.

import { randomUUID } from "node:crypto";
import type { Problem } from "../domain/fault.ts";
import { type RotationRequest, rotationIdOf } from "../domain/rotation.ts";
import type { Actor, Entry } from "../ports/audit-log.ts";
import type { Rotations, Started } from "../ports/orchestration.ts";
import type { Ports } from "../ports/ports.ts";

/** One call of a trigger function. */
export interface Trigger {
	readonly ports: Ports;
	readonly rotations: Rotations;
	readonly actor: Actor;
	/** The event's id or the Functions invocation's: a delivery that comes again is not recorded twice. */
	readonly attempt: string;
	/** A line in the app's log; ours, so never a value or a foreign text. */
	readonly log: (line: string) => void;
	/** The same, for what a person has to look at. */
	readonly warn: (line: string) => void;
}

export type Wish = Pick<
	RotationRequest,
	"secret" | "kind" | "direction" | "seenVersion" | "force" | "dryRun" | "reason"
>;
export type Requested = { readonly request: RotationRequest; readonly started: Started };

/** Stands for a name that the audit log asks for and that is not known, or not fit to be written. */
export const unnamed = "(none)";

/**
 * @param configHash of the configuration that has the secret
 * @throws Fault what the audit log throws, `durable-unavailable`
 */
export async function requestRotation(trigger: Trigger, configHash: string, wish: Wish): Promise<Requested> {
	const { ports, rotations, actor } = trigger;
	const rotationId = rotationIdOf(wish.secret, randomUUID());
	const request: RotationRequest = { ...wish, rotationId, actor, requestedAt: ports.clock.now().toISOString() };
	const entry = { ...noteOf(trigger, wish.secret), rotationId, configHash, oldVersion: wish.seenVersion };
	const log = await ports.audit();
	await log.append({ ...entry, code: `${wish.kind}-requested`, message: messageOf(wish) });
	const started = await rotations.start(request);
	if (started.state === "already-running") {
		await log.append({ ...entry, phase: "outcome", code: "already-running", correlationId: started.rotationId });
	}
	trigger.log(`${wish.kind} of ${wish.secret}: ${started.state} (${rotationId})`);
	return { request, started };
}

/** A reconciliation's says which way, and whether it may act. */
function messageOf({ kind, direction, dryRun, reason }: Wish): string | undefined {
	if (kind !== "reconcile") return reason;
	return [`${direction}${dryRun ? ", dry run" : ""}`, ...(reason === undefined ? [] : [reason])].join(": ");
}

/** Records that a trigger was refused or ignored. */
export async function recordRefusal(trigger: Trigger, secret: string, code: string, message: string): Promise<void> {
	const log = await trigger.ports.audit();
	await log.append({ ...noteOf(trigger, secret), code, message });
	trigger.log(`${secret}: ${code}: ${message}`);
}

/** Records what a person has to decide about: nothing is changed. */
export async function recordDrift(trigger: Trigger, step: "trigger" | "sweep", secret: string, found: Problem) {
	const { code, message } = found;
	const log = await trigger.ports.audit();
	await log.append({ ...noteOf(trigger, secret), step, code, message });
	trigger.warn(`${secret}: drift: ${code}: ${message} ${found.next}`);
}

const noteOf = ({ actor, attempt }: Trigger, secretName: string): Entry => ({
	rotationId: unnamed,
	step: "trigger",
	phase: "note",
	attempt,
	secretName,
	actor,
});
