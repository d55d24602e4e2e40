// An operator takes back what was ordered: written down, then waited for until the rotation has seen it.
// CNL1. The rotation itself finds out whether it is in time (steps/cancelled.ts). Here it is only asked: a status may be older than
//      what has been done since. Kept by: cancel.test.ts.
// CNL2. On the audit log before it counts, as an order is.

import { setTimeout as pause } from "node:timers/promises";
import { Fault } from "../domain/fault.ts";
import type { RotationStatus } from "../domain/rotation.ts";
import { noteOf, recordRefusal, type Trigger } from "./request.ts";
import { statusOf } from "./status.ts";

/** So long the answer waits for the end, at most: 10 s. */
const patience = { ms: 250, looks: 40 };

/**
 * @param secret the id that the rotation's own names
 * @returns `cancelled`, or how it stands where it has not come to see it yet
 * @throws Fault `rotation-unknown`, `not-cancellable`, what the audit log, the records and durable storage throw
 */
export async function cancel(
	trigger: Trigger,
	configHash: string,
	{ rotationId, secret, reason }: { rotationId: string; secret: string; reason?: string },
): Promise<RotationStatus> {
	const { ports, rotations } = trigger;
	const log = await ports.audit();
	const asked = {
		...noteOf(trigger, secret),
		rotationId,
		configHash,
		code: "cancel-requested",
		message: reason,
	} as const;
	let hastened: string | undefined;
	for (let look = 0; ; look++) {
		const status = await statusOf(trigger, rotationId, secret);
		if (status === undefined) throw new Fault("rotation-unknown", { rotationId });
		if (status.outcome === "cancelled") return status;
		const why = whyNot(status);
		if (why !== undefined) {
			const fault = new Fault("not-cancellable", { rotationId, why });
			await recordRefusal(trigger, secret, fault.code, fault.sentence);
			throw fault;
		}
		if (look === 0) {
			await log.append(asked);
			await (await ports.records()).cancel(rotationId);
		}
		if (look === patience.looks) return status;
		// Once for each pause: the next try sees it.
		const { step, attempt } = status.retrying ?? {};
		const waitsFor = step && `${step} ${attempt}`;
		if (waitsFor !== undefined && waitsFor !== hastened) await rotations.tryNow(secret).catch(() => {});
		hastened = waitsFor;
		await pause(patience.ms);
	}
}

function whyNot({ kind, dryRun, outcome, version }: RotationStatus): string | undefined {
	if (outcome !== undefined) return `it is over, as ${outcome}`;
	if (dryRun) return "it is a dry run, which changes nothing and is over soon";
	if (kind !== "rotate" && kind !== "rollback")
		return `it is a ${kind}, which has no point at which nothing was changed`;
	return version === undefined ? undefined : `version ${version} is published`;
}
