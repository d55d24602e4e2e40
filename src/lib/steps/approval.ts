// May this plan be carried out? Asked by `plan` each time, of the audit log: what lies in the records only says where to look.
// APV1. An approval counts where the log has the very request and, as the first decision about it, that of another person than asked.
//      Otherwise: anyone who may write records, or start durable instances, approves what they like. Kept by: approvals.test.ts.
// APV2. It is for one plan and one run: another plan voids it, and so does the end of its run. Otherwise: what was approved for one
//      version is done to the next one. Kept by: approvals.test.ts.
// APV4. Anyone who goes without an approval does what the log says that they ordered, once. Otherwise: anyone who may start durable
//      instances gives another order in the place of one that was for an emergency, or has it done again. Kept by: approvals.test.ts.
// APV3. What was cut short after a password had been changed goes on by itself, and so does what its approved run had begun. Otherwise:
//      vault and database disagree until somebody comes who may approve. Kept by: approvals.test.ts.

import type { Ports } from "../app.ts";
import { type Configuration, needsApproval } from "../config/configuration.ts";
import {
	type Approval,
	approvedRunOf,
	changedBetween,
	type Decision,
	isSamePerson,
	type Order,
	type PlanParts,
	partsOf,
	planDigestOf,
	sealOf,
} from "../domain/approval.ts";
import { type AuditData, actorOf } from "../domain/audit-entry.ts";
import { Fault } from "../domain/fault.ts";
import { type Place, skewMs } from "../domain/log-blobs.ts";
import type { Asked } from "../domain/requests/asked.ts";
import {
	messageOf,
	type ReconcileRequest,
	type RollbackRequest,
	type RotateRequest,
} from "../domain/requests/index.ts";
import type { ApprovalNote, PlanShown } from "../domain/rotation.ts";
import type { Managed } from "./managed.ts";

type Request = RotateRequest | RollbackRequest;

/** What is to be approved. */
export interface Asks {
	readonly order: Order;
	readonly shown: PlanShown;
	readonly parts: PlanParts;
	readonly planDigest: string;
}

export interface OnLog {
	/** The log has this very request. */
	readonly isGenuine: boolean;
	/** The first one about it. */
	readonly decision?: Decision & { readonly isGranted: boolean };
	/** The run that it starts has made a password; and is over. */
	readonly hasBegun: boolean;
	readonly isOver: boolean;
}

/** @throws Fault what the audit log throws */
export async function onLog(ports: Ports, { request, place }: Approval): Promise<OnLog> {
	const { id, secret, rotationId, requestedBy } = request;
	const seal = sealOf(request);
	const seen = { isGenuine: false, hasBegun: false, isOver: false, decision: undefined as OnLog["decision"] };
	if (rotationId !== approvedRunOf(id)) return seen;
	for await (const data of recordsFrom(ports, place, secret, request.askedAt)) {
		const isAbout = data.rotationId === id && data.digest === seal;
		if (isAbout && data.code === "approval-requested") seen.isGenuine ||= isSame(actorOf(data), requestedBy);
		else if (isAbout && seen.isGenuine) seen.decision ??= decisionIn(data);
		if (data.rotationId !== rotationId) continue;
		seen.hasBegun ||= data.step === "createSecret";
		seen.isOver ||= data.step === "finish" && data.phase === "outcome";
	}
	return seen;
}

function decisionIn(data: AuditData): OnLog["decision"] {
	const { code, message = "", time } = data;
	if (code !== "approved" && code !== "approval-rejected") return undefined;
	const at = new Date(time).toISOString();
	return { isGranted: code === "approved", by: actorOf(data), at, reason: message };
}

/**
 * The log's records about a secret, from a place on that somebody else may have written: so that it is not the whole log that is
 * read, the first of them has to be of that time.
 */
async function* recordsFrom(ports: Ports, place: Place, secret: string, time: string): AsyncGenerator<AuditData> {
	const log = await ports.audit();
	let isFirst = true;
	for (let from: Place | undefined = place; from; ) {
		const stretch = await log.stretch(from);
		for (const { record } of stretch?.records ?? []) {
			if (isFirst && Math.abs(record.data.time - Date.parse(time)) > skewMs) return;
			isFirst = false;
			if (record.data.secretName === secret) yield record.data;
		}
		from = stretch?.next;
	}
}

const isSame = (one: object, other: object): boolean => {
	const { kind, id, appId } = one as Asked["actor"];
	const by = other as Asked["actor"];
	return kind === by.kind && id === by.id && appId === by.appId;
};

/** What the log has of this run, from its order on. */
async function* ownRecords(ports: Ports, request: Asked): AsyncGenerator<AuditData> {
	const { loggedAfter, rotationId, secret, requestedAt } = request;
	if (!loggedAfter) return;
	for await (const data of recordsFrom(ports, loggedAfter, secret, requestedAt))
		if (data.rotationId === rotationId) yield data;
}

/** The app's own API or one of its triggers has recorded this order before it was started. */
async function isOrdered(ports: Ports, request: Asked, codes: readonly string[]): Promise<boolean> {
	for await (const data of ownRecords(ports, request))
		if (codes.includes(data.code ?? "") && isSame(actorOf(data), request.actor)) return true;
	return false;
}

/** This very order was given, and its run is not over. @throws Fault `break-glass-not-recorded` */
export async function expectBreakGlass(ports: Ports, request: Request | ReconcileRequest): Promise<void> {
	let [isGiven, isAllowed, isOver] = [false, false, false];
	for await (const data of ownRecords(ports, request)) {
		const { code, message, step, phase } = data;
		const isTheirs = isSame(actorOf(data), request.actor);
		isGiven ||= isTheirs && code === `${request.kind}-requested` && message === messageOf(request);
		isAllowed ||= isTheirs && code === "break-glass";
		isOver ||= step === "finish" && phase === "outcome";
	}
	if (!isGiven || !isAllowed || isOver) throw new Fault("break-glass-not-recorded", { rotationId: request.rotationId });
}

export const orderOf = (request: Request): Order =>
	request.kind === "rollback"
		? { kind: "rollback", ...(request.to !== undefined && { to: request.to }) }
		: { kind: "rotate", force: request.force, compromised: request.compromised ?? false };

/** What of a plan an approval is for, beside what a dry run shows. */
export interface Doing {
	readonly bringsBack?: string;
	readonly accepts: boolean;
	readonly revokes: boolean;
	/** The run continues a rotation that was cut short before it had changed anything. */
	readonly goesOnWith?: string;
}

/**
 * @param show what the plan shows; asked for only where an approval has to do with it
 * @returns what the run has to do with an approval, or what is to be approved first
 * @throws Fault `approval-...`, `break-glass-not-recorded`: final, and nothing was changed
 */
export async function permission(
	ports: Ports,
	target: Managed,
	request: Request,
	doing: Doing,
	show: () => Promise<PlanShown>,
): Promise<ApprovalNote | Asks | undefined> {
	const { config } = await ports.configuration();
	if (request.approval === undefined && !needsApproval(config, target.secret)) return undefined;
	if (request.approval === undefined && request.breakGlass) {
		await expectBreakGlass(ports, request);
		return { breakGlass: true };
	}
	const asks = await asksOf(config, target, request, doing, show);
	const { approval: id, secret } = request;
	if (id !== undefined) return given(ports, await approvalOf(ports, id, secret), request.rotationId, asks.parts);
	const before = await begunBefore(ports, target, doing.goesOnWith);
	if (
		before &&
		changedBetween(before.approval.request.parts, { ...asks.parts, order: before.approval.request.parts.order }) === ""
	)
		return noteOf(before.approval, before.decision);
	if (await isOrdered(ports, request, [`${request.kind}-requested`, "redelivered"])) return asks;
	throw new Fault("approval-not-given", { id: request.rotationId });
}

export const isAsking = (found: ApprovalNote | Asks | undefined): found is Asks =>
	found !== undefined && "planDigest" in found;

async function asksOf(
	config: Configuration,
	{ id: _, name, secret }: Managed,
	request: Request,
	{ bringsBack, accepts, revokes }: Doing,
	show: () => Promise<PlanShown>,
): Promise<Asks> {
	const shown = await show();
	const order = orderOf(request);
	const { vault, strategy, consumers, derived } = secret;
	const addresses = addressesOf(config, secret);
	const parts = partsOf({
		...{ order, vault, name, strategy, shown, consumers, addresses, derived, accepts, revokes },
		...(bringsBack !== undefined && { bringsBack }),
	});
	return { order, shown, parts, planDigest: planDigestOf(parts) };
}

/** Where a plan's names lead: a name that leads elsewhere is another plan. */
function addressesOf({ vaults, servers, clusters, repositories }: Configuration, secret: Managed["secret"]): object {
	const server = "server" in secret ? servers[secret.server] : undefined;
	return {
		vault: vaults[secret.vault]?.url,
		server: server && `${server.host}:${server.port}`,
		clusters: secret.consumers.map(({ cluster }) => clusters[cluster]?.server),
		repositories: secret.consumers.map(
			({ delivery }) => "repository" in delivery && repositories[delivery.repository]?.url,
		),
	};
}

/** @throws Fault `approval-not-given` */
async function approvalOf(ports: Ports, id: string, secret: string): Promise<Approval> {
	const approval = await (await ports.records()).approval(id);
	if (approval?.request.secret === secret) return approval;
	throw new Fault("approval-not-given", { id });
}

async function given(ports: Ports, approval: Approval, rotationId: string, now: PlanParts): Promise<ApprovalNote> {
	const { id, parts, expiresAt, requestedBy } = approval.request;
	const { isGenuine, decision, hasBegun, isOver } = await onLog(ports, approval);
	if (!isGenuine) throw new Fault("approval-not-genuine", { id });
	const isByAnother = decision?.isGranted === true && !isSamePerson(requestedBy, decision.by);
	if (!isByAnother || rotationId !== approval.request.rotationId) throw new Fault("approval-not-given", { id });
	if (isOver && hasBegun) throw new Fault("approval-used", { id, rotationId });
	if (!hasBegun && ports.clock.now().getTime() >= Date.parse(expiresAt))
		throw new Fault("approval-expired", { id, at: expiresAt });
	const changed = changedBetween(parts, now);
	if (changed !== "") throw new Fault("approval-void", { id, changed });
	return noteOf(approval, decision);
}

const noteOf = ({ request }: Approval, { by, at, reason }: Decision): ApprovalNote => ({
	id: request.id,
	approvedBy: by,
	approvedAt: at,
	reason,
});

/** The approval of the run that was cut short, where it had one and had begun. */
async function begunBefore(ports: Ports, { id: secret }: Managed, rotationId: string | undefined) {
	if (rotationId === undefined) return undefined;
	const records = await ports.records();
	const line = (await records.approvalsOf(secret)).find((one) => one.rotationId === rotationId);
	const approval = line && (await records.approval(line.id));
	if (approval?.request.rotationId !== rotationId || approval.request.secret !== secret) return undefined;
	const { isGenuine, decision, hasBegun } = await onLog(ports, approval);
	const isByAnother = decision?.isGranted === true && !isSamePerson(approval.request.requestedBy, decision.by);
	return isGenuine && isByAnother && hasBegun ? { approval, decision } : undefined;
}
