// An order is stored, to be approved by another person, and its run ends: nothing waits in durable storage meanwhile.
// ASK1. On the audit log before it is stored, so that what is stored without being there is recognized. Kept by: approvals.test.ts.
// ASK2. The same order with the same plan is asked for once, however often it is triggered. Otherwise: a herd of them waits in the
//       morning, and somebody approves each. Kept by: approvals.test.ts.

import {
	type Approval,
	type ApprovalRequest,
	approvedRunOf,
	changedBetween,
	sealOf,
	stateAt,
} from "../domain/approval.ts";
import type { Reason } from "../domain/codes.ts";
import { Fault, problemOf } from "../domain/fault.ts";
import type { RotationExposure } from "../domain/rotation.ts";
import type { RecordStore } from "../ports/record-store.ts";
import { type Asks, onLog } from "./approval.ts";
import type { Activity, Ids } from "./boundary.ts";

export interface AskApproval extends Ids {
	readonly requestedAt: string;
	readonly reason?: string;
	readonly code: Reason;
	readonly asks: Asks;
	readonly exposure?: RotationExposure;
}

const hour = 3_600_000;

export const askApproval: Activity<AskApproval, { code: "awaiting-approval"; id: string }> = async (
	ports,
	input,
	run,
) => {
	const { secret, rotationId: id, actor, asks, requestedAt, reason, code, exposure } = input;
	const records = await ports.records();
	const now = ports.clock.now();
	for (const waiting of await waitingOf(records, secret, now)) {
		const { isGenuine, decision } = await onLog(ports, waiting);
		if (!isGenuine || decision) continue;
		if (waiting.request.planDigest === asks.planDigest) return { code: "awaiting-approval", id: waiting.request.id };
		if (waiting.request.parts.order === asks.parts.order) await voided(records, waiting, asks);
	}
	const { config } = await ports.configuration();
	const { shown: plan, ...digests } = asks;
	const request: ApprovalRequest = {
		...{ id, rotationId: approvedRunOf(id), secret, requestedBy: actor, requestedAt, code, plan, ...digests },
		...(reason !== undefined && { reason }),
		...(exposure && { exposure }),
		askedAt: now.toISOString(),
		expiresAt: new Date(now.getTime() + config.approvals.expireHours * hour).toISOString(),
	};
	const log = await ports.audit();
	const place = await log.end();
	await log.append({
		...{ rotationId: id, step: "approval", phase: "note", attempt: run.attempt, secretName: secret, actor },
		...{ code: "approval-requested", digest: sealOf(request), message: `Until ${request.expiresAt}.` },
	});
	await records.addApproval({ request, place, state: "awaiting-approval" });
	return { code: "awaiting-approval", id };
};

/** As the records have them. */
async function waitingOf(records: RecordStore, secret: string, now: Date): Promise<Approval[]> {
	const lines = await records.approvalsOf(secret);
	const waiting = lines.filter(({ state, expiresAt }) => stateAt(state, expiresAt, now) === "awaiting-approval");
	const found = await Promise.all(waiting.map(({ id }) => records.approval(id)));
	return found.filter((one) => one !== undefined);
}

/** Anyone who looks at it later sees why it cannot be approved any more. */
async function voided(records: RecordStore, { request }: Approval, { parts }: Asks): Promise<void> {
	const changed = changedBetween(request.parts, parts);
	const problem = problemOf(new Fault("approval-void", { id: request.id, changed }));
	await records.changeApproval(request.id, (found) =>
		found.state === "awaiting-approval" ? { ...found, state: "void", problem } : undefined,
	);
}
