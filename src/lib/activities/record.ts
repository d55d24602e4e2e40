// What is written down when something is over: a step's end that only the orchestrator sees, and the whole rotation's.
// RC1. The rotation record is the last thing written: a rotation without one is running, or was cut short.

import type { FaultCode } from "../domain/fault.ts";
import type { RotationStatus } from "../domain/rotation.ts";
import type { Step } from "../ports/audit-log.ts";
import { type Activity, audited, type Ids } from "./boundary.ts";
import { managed, tag } from "./managed.ts";

export interface Note extends Ids {
	readonly step: Step;
	readonly code: FaultCode | "copy-current" | "delivering";
	readonly phase: "intent" | "outcome";
	readonly cluster?: string;
	readonly workload?: string;
	readonly message?: string;
	/** Names what is noted once: a repeated note with the same one adds no record. */
	readonly attempt: string;
}

/** An audit entry of the orchestrator's own: it waited for a copy, and how that ended. */
export const note: Activity<Note, { code: "noted" }> = async (ports, { secret, credentialId, ...entry }) => {
	const log = await ports.audit();
	await log.append({
		...entry,
		secretName: secret,
		...(credentialId !== undefined && credentialId !== entry.rotationId && { correlationId: credentialId }),
	});
	return { code: "noted" };
};

export interface Finish extends Ids {
	readonly status: RotationStatus;
}

/** Retires the pending secret once its password is live or given up, and saves the rotation's record. */
export const finish: Activity<Finish, { code: "recorded" }> = (ports, input, run) =>
	audited(ports, run, input, ["finish"], {}, async (journal) => {
		const { status } = input;
		// Whatever the end, the database has not got the pending password alone; only after "interrupted" nobody knows.
		if (status.outcome !== "interrupted" && input.credentialId !== undefined) {
			const { pendingName, secret } = await managed(ports, input.secret);
			const store = await ports.store(secret.vault);
			const found = await store.latest(pendingName);
			if (found.state === "present" && found.secret.tags[tag.rotationId] === input.credentialId) {
				await store.disable(journal.intent("finish"), pendingName, found.secret.version);
			}
		}
		await (await ports.records()).saveRotation(status);
		journal.done("finish", status.code ?? "ended", {
			message: status.problem?.message,
			oldVersion: status.previousVersion,
			newVersion: status.version,
		});
		return { code: "recorded" };
	});
