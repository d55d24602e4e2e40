// Somebody approves an order, or rejects it; what is approved is started.
// DEC1. A person, and another one than asked, whatever roles they have. Otherwise: one person, or a pipeline, has four eyes.
// DEC2. The first decision on the audit log is the one that counts. A decision that is there already is the answer, and nothing is
//       written again. Otherwise: two who decide at once both believe that it went their way.
// DEC3. What was decided stands, whether the start succeeds now or not: the timer starts what is approved (compliance/openings.ts).
// All kept by: approvals.test.ts.

import { type Approval, type Decision, isSamePerson, sealOf } from "../domain/approval.ts";
import { Fault } from "../domain/fault.ts";
import type { Wish } from "../domain/requests/index.ts";
import { mayComeAgain } from "../domain/rotation.ts";
import { type OnLog, onLog } from "../steps/approval.ts";
import { asFault } from "../steps/boundary.ts";
import { requestRotation, type Trigger } from "./request.ts";

export interface Deciding {
	readonly id: string;
	readonly isGranted: boolean;
	readonly reason: string;
	/** By their token: no application. */
	readonly isPerson: boolean;
}

/** @throws Fault `approval-...`, what the audit log and the records throw */
export async function decide(trigger: Trigger, deciding: Deciding): Promise<Approval> {
	const { ports, actor } = trigger;
	const { id, isGranted, isPerson } = deciding;
	const records = await ports.records();
	const approval = await records.approval(id);
	if (!approval) throw new Fault("approval-unknown", { id });
	const { requestedBy, expiresAt } = approval.request;
	const operator = actor.id ?? "";
	if (!isPerson) throw new Fault("approval-by-app", { operator });
	if (isGranted && isSamePerson(requestedBy, actor)) throw new Fault("approval-own", { id, operator });
	const before = await onLog(ports, approval);
	if (!before.isGenuine) throw new Fault("approval-not-genuine", { id });
	if (before.decision) return settled(trigger, approval, before.decision, isGranted);
	if (approval.state === "void") throw new Fault("approval-void", { id, changed: "the same was asked for again" });
	if (ports.clock.now().getTime() >= Date.parse(expiresAt)) throw new Fault("approval-expired", { id, at: expiresAt });
	await record(trigger, approval, deciding);
	const { decision } = await onLog(ports, approval);
	if (!decision) throw new Fault("approval-not-genuine", { id });
	return settled(trigger, approval, decision, isGranted);
}

async function record({ ports, actor }: Trigger, { request }: Approval, { id, isGranted, reason }: Deciding) {
	const log = await ports.audit();
	await log.append({
		...{ rotationId: id, step: "approval", phase: "note", secretName: request.secret, actor, message: reason },
		// The same decision once more is the same entry.
		...{ attempt: id, code: isGranted ? "approved" : "approval-rejected", digest: sealOf(request) },
	});
}

async function settled(
	{ ports, actor }: Trigger,
	{ request }: Approval,
	{ isGranted, ...decision }: NonNullable<OnLog["decision"]>,
	wanted: boolean,
): Promise<Approval> {
	const { id } = request;
	const saved = await (await ports.records()).changeApproval(id, (found) => withDecision(found, decision, isGranted));
	if (!saved) throw new Fault("approval-unknown", { id });
	if (isGranted === wanted && isSamePerson(decision.by, actor)) return saved;
	throw new Fault("approval-decided", { id, how: isGranted ? "approved" : "rejected", by: decision.by.id ?? "" });
}

/** @returns `undefined` where it is there already */
export function withDecision(found: Approval, decision: Decision, isGranted: boolean): Approval | undefined {
	if (found.decision?.at === decision.at && found.state !== "awaiting-approval") return undefined;
	const isOpen = found.state === "awaiting-approval";
	return { ...found, decision, state: isOpen ? (isGranted ? "approved" : "rejected") : found.state };
}

/**
 * Starts the run of an order that was approved, as the requester's, unless it is over.
 * @returns whether it has started, or runs already
 * @throws Fault of the audit log
 */
export async function startApproved(trigger: Trigger, configHash: string, { request }: Approval): Promise<boolean> {
	const { ports, log } = trigger;
	const { id, rotationId, secret, order, requestedBy, reason } = request;
	const { kind, to, force = false, compromised = false } = order;
	const shared = { secret, dryRun: false, approval: id, ...(reason !== undefined && { reason }) };
	const wish: Wish =
		kind === "rollback"
			? { ...shared, kind, ...(to !== undefined && { to }) }
			: { ...shared, kind, force, ...(compromised && { compromised }) };
	try {
		const records = await ports.records();
		const before = await records.rotation(rotationId);
		if (before?.outcome !== undefined && !mayComeAgain(before)) return false;
		const { served } = await requestRotation({ ...trigger, actor: requestedBy }, configHash, wish, { rotationId });
		return served === undefined;
	} catch (error) {
		const fault = asFault(error, "trigger");
		if (fault.code.startsWith("audit-")) throw fault;
		log(`${id} is approved, and waits on: ${fault.message}`);
		return false;
	}
}
