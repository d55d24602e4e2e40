// What is written down when something is over: a step's end that only the orchestrator sees, and the whole rotation's.
// RC1. The pending secret is retired last, when the record is saved: it is by the pending secret that a rotation which was
//      cut short is found. Otherwise: a rotation that dies in between is over for everybody, and that its consumers have
//      not got the new version is written nowhere. Kept by: steps/rotation.test.ts.
// RC2. A run that finishes records the outcome of each step that an earlier execution began and did not live to record.
// RC3. The end is reported before it is recorded. Otherwise: nobody hears of what a broken audit log brought to an end.
// RC4. No pending secret is put away unless its value is live or a login proves the live one, whatever the outcome's name.
//      Otherwise: it is the only place that has what the database has, and nobody gets in. Kept by: planted.test.ts.

import type { Ports } from "../app.ts";
import type { Entry, Step } from "../domain/audit-entry.ts";
import { Fault, type FaultCode } from "../domain/fault.ts";
import { endedOf } from "../domain/notice.ts";
import { newPassword } from "../domain/password.ts";
import { mayComeAgain, type RotationStatus } from "../domain/rotation.ts";
import type { VersionId } from "../domain/secret-version.ts";
import { tag } from "../domain/tags.ts";
import type { Intent } from "../ports/audit-log.ts";
import type { RecordStore } from "../ports/record-store.ts";
import { type Activity, audited, type Ids } from "./boundary.ts";
import { accepting } from "./in-force.ts";
import { managed } from "./managed.ts";
import { leavePlaces } from "./places.ts";
import { credentialOf } from "./version.ts";

export interface Note extends Ids {
	readonly step: Step;
	readonly code: FaultCode | "copy-current" | "delivering" | "notified";
	readonly phase: Entry["phase"];
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
	/** Versions of the pending secret from before, which the one that is live now makes needless. */
	readonly covered?: readonly VersionId[];
}

/** Saves the rotation's record, and retires the pending secret once its password is live or given up. */
export const finish: Activity<Finish, { code: "recorded" }> = (ports, input, run) => {
	run.tell(endedOf(input.status));
	return audited(ports, run, input, ["finish"], {}, async (journal) => {
		const { status, credentialId } = input;
		const records = await ports.records();
		await records.saveRotation(status);
		await leavePlaces(ports, input);
		await closeApproval(records, status);
		const isOwn = ({ rotationId, attempt }: Entry) => rotationId === input.rotationId && attempt === run.attempt;
		await (await ports.audit()).closeIntents((outcome) => outcome.secretName === input.secret && !isOwn(outcome));
		const unretired =
			status.outcome === "interrupted" || credentialId === undefined
				? undefined
				: await retire(ports, { ...input, credentialId }, journal.intent("finish")).catch(whenFinal);
		journal.done("finish", status.code ?? "ended", {
			message: status.problem?.message ?? unretired?.sentence,
			oldVersion: status.previousVersion,
			newVersion: status.version,
		});
		return { code: "recorded" };
	});
};

/** It is for one run; one that had not begun may come again. */
async function closeApproval(records: RecordStore, status: RotationStatus): Promise<void> {
	const { rotationId, approval, problem } = status;
	if (approval?.id === undefined || mayComeAgain(status)) return;
	const isVoid = problem?.code === "approval-void" || problem?.code === "approval-expired";
	await records.changeApproval(approval.id, (found) => {
		if (found.request.rotationId !== rotationId) return undefined;
		return isVoid ? { ...found, state: "void", problem } : { ...found, state: "used" };
	});
}

const whenFinal = (error: unknown): Fault => {
	if (error instanceof Fault && !error.transient) return error;
	throw error;
};

/** What is not known is not proved. */
const notKnown = (): boolean => false;

/**
 * Disables the pending secret where nothing is lost by it: the live secret has the same value, or a login proves the live one.
 * Unproved, the next trigger finds it. Without the right to, it is covered by a version that nobody goes on with: an enabled one
 * of a finished rotation would be taken up by every sweep, and roll the pods each time.
 */
async function retire(
	ports: Ports,
	{ secret: id, credentialId, covered = [] }: Finish & { readonly credentialId: string },
	intent: Intent,
): Promise<undefined> {
	const target = await managed(ports, id);
	const { name, pendingName, secret } = target;
	const store = await ports.store(secret.vault);
	const found = await store.latest(pendingName);
	const own = found.state === "present" && credentialOf(found) === credentialId ? found : undefined;
	if (!own && covered.length === 0) return;
	const live = await store.latest(name);
	if (live.state !== "present") return;
	const isKept = own?.value.equals(live.value) ?? true;
	const proved = (isKept && covered.length === 0) || (await accepting(ports, target)(live.value).catch(notKnown));
	if (own && (isKept || proved)) {
		await store.disable(intent, pendingName, own.secret.version).catch(async (error) => {
			const fault = whenFinal(error);
			await store.write(intent, pendingName, { value: newPassword(), tags: { [tag.target]: id } });
			throw fault;
		});
	}
	if (proved) for (const version of covered) await store.disable(intent, pendingName, version);
}
