// What is written down when something is over: a step's end that only the orchestrator sees, and the whole rotation's.
// RC1. The rotation record is the last thing written: a rotation without one is running, or was cut short.

import { Fault, type FaultCode } from "../domain/fault.ts";
import { newPassword } from "../domain/password.ts";
import type { RotationStatus } from "../domain/rotation.ts";
import type { Intent, Step } from "../ports/audit-log.ts";
import type { Ports } from "../ports/ports.ts";
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
		const { status, credentialId } = input;
		// Whatever the end, the database has not got the pending password alone; only after "interrupted" nobody knows.
		const unretired =
			status.outcome === "interrupted" || credentialId === undefined
				? undefined
				: await retire(ports, input.secret, credentialId, journal.intent("finish")).catch(whenFinal);
		await (await ports.records()).saveRotation(status);
		journal.done("finish", status.code ?? "ended", {
			message: status.problem?.message ?? unretired?.sentence,
			oldVersion: status.previousVersion,
			newVersion: status.version,
		});
		return { code: "recorded" };
	});

const whenFinal = (error: unknown): Fault => {
	if (error instanceof Fault && !error.transient) return error;
	throw error;
};

/**
 * Disables the pending secret. Without the right to, it is covered by a version that nobody goes on with: an enabled one of
 * a finished rotation would be taken up by every sweep, and roll the pods each time.
 */
async function retire(ports: Ports, name: string, credentialId: string, intent: Intent): Promise<undefined> {
	const { pendingName, secret } = await managed(ports, name);
	const store = await ports.store(secret.vault);
	const found = await store.latest(pendingName);
	if (found.state !== "present" || found.secret.tags[tag.rotationId] !== credentialId) return;
	await store.disable(intent, pendingName, found.secret.version).catch(async (error) => {
		const fault = whenFinal(error);
		await store.write(intent, pendingName, { value: newPassword(), tags: { [tag.target]: name } });
		throw fault;
	});
}
