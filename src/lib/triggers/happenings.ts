// What the audit log and the records report, as notifications.
// HAP1. How a run ended is taken from its record, which is there before the log says that it is over.

import type { AuditRecord } from "../domain/audit-entry.ts";
import type { ComplianceEntry, ComplianceReport } from "../domain/compliance.ts";
import { driftFaults } from "../domain/faults/drift.ts";
import { secretOfRotation } from "../domain/ids.ts";
import { mostNames, type Notification, type NotificationKind, notificationOf } from "../domain/notification.ts";
import type { RequestKind } from "../domain/requests/index.ts";
import type { RotationStatus } from "../domain/rotation.ts";
import type { RecordStore } from "../ports/record-store.ts";

/** Where people see a rotation, or all. */
export type LinkTo = (rotationId?: string) => { readonly link?: string };

/** A sweep that is over: what it says depends on whose secrets a channel hears about. */
export interface SweptHappening {
	readonly id: string;
	readonly at: string;
	readonly report: ComplianceReport;
}

export interface Happenings {
	readonly found: readonly Notification[];
	readonly swept: readonly SweptHappening[];
}

/** What is announced of an approval, by its code. */
const deciding: Readonly<Record<string, NotificationKind>> = {
	"approval-requested": "approval",
	"break-glass": "break-glass",
};

/** Its intent changes nothing. */
const looks: ReadonlySet<string> = new Set(["trigger", "plan", "verify", "finish", "sweep", "signHead", "notify"]);

export async function happeningsIn(
	log: readonly AuditRecord[],
	records: Pick<RecordStore, "rotation" | "lastReport">,
	linkTo: LinkTo,
): Promise<Happenings> {
	const found: Notification[] = [];
	const swept: SweptHappening[] = [];
	const asked = new Map<string, RequestKind>();
	for (const { id, time: at, data } of log) {
		const { step, phase, code = "", rotationId, secretName: secret, actor } = data;
		const by = { kind: actor.user.type, ...(actor.user.uid !== undefined && { id: actor.user.uid }) };
		const isRotation = secretOfRotation(rotationId) !== undefined;
		const [, kind] = /^(rotate|deliver|reconcile|retire|rollback)-requested$/.exec(code) ?? [];
		if (kind !== undefined) asked.set(rotationId, kind as RequestKind);
		if (phase === "intent" && isRotation && !looks.has(step)) {
			const request = asked.get(rotationId);
			const started = {
				kind: "started",
				about: [rotationId],
				at,
				secret,
				rotationId,
				by,
				...linkTo(rotationId),
			} as const;
			found.push(notificationOf({ ...started, ...(request && { request }) }));
		}
		if (phase === "outcome" && step === "finish" && isRotation) {
			const status = await records.rotation(rotationId);
			if (status) found.push(...endOf(status, at, linkTo));
		}
		const decided = step === "approval" && isRotation ? deciding[code] : undefined;
		if (decided) {
			const asks = { kind: decided, about: [rotationId], at, secret, rotationId, by, ...linkTo(rotationId) };
			found.push(notificationOf(asks));
		}
		if (phase === "note" && Object.hasOwn(driftFaults, code)) {
			const drift = { kind: "drift", about: [id], at, secret, code: code as keyof typeof driftFaults } as const;
			found.push(notificationOf({ ...drift, ...linkTo() }));
		}
		if (phase === "note" && step === "sweep" && code === "swept") {
			const report = await records.lastReport();
			if (report) swept.push({ id, at, report });
		}
	}
	return { found, swept };
}

const failures: ReadonlySet<string> = new Set(["refused", "compensated", "interrupted", "published-not-delivered"]);

/** Nothing of a plan, and of a run that did nothing. */
function endOf(status: RotationStatus, at: string, linkTo: LinkTo): Notification[] {
	const { outcome, code, rotationId, secret, kind: request, requestedBy: by, dryRun } = status;
	if (outcome === undefined || dryRun || outcome === "skipped" || outcome === "planned") return [];
	const kind: NotificationKind = failures.has(outcome) ? "failed" : outcome === "cancelled" ? "cancelled" : "completed";
	const { appId: _, ...whom } = by;
	const about = { kind, about: [rotationId], at, secret, rotationId, request, outcome, by: whom };
	return [notificationOf({ ...about, ...(code !== undefined && { code }), ...linkTo(rotationId) })];
}

/** What a channel that hears about these secrets gets of a sweep. */
export function sweepOf(
	{ id, at, report }: SweptHappening,
	channel: string,
	passes: (secret: string) => boolean,
	linkTo: LinkTo,
) {
	const entries = report.secrets.filter(({ secret }) => passes(secret));
	const late = entries.filter(isOverdue);
	const about = [id, channel];
	const counts: Record<string, number> = {};
	for (const { state } of entries) counts[state] = (counts[state] ?? 0) + 1;
	const drifted = entries.filter(({ drift = [] }) => drift.length > 0).length;
	const problems = report.problems.length;
	const told = { ...counts, ...(drifted > 0 && { drifted }), ...(problems > 0 && { problems }) };
	const sweep = notificationOf({ kind: "sweep", about, at, counts: told, ...linkTo() });
	if (late.length === 0) return [sweep];
	const secrets = late.map(({ secret }) => secret).slice(0, mostNames);
	return [sweep, notificationOf({ kind: "overdue", about, at, secrets, counts: statesOf(late), ...linkTo() })];
}

function statesOf(entries: readonly ComplianceEntry[]): Record<string, number> {
	const counts: Record<string, number> = {};
	for (const { state } of entries) counts[state] = (counts[state] ?? 0) + 1;
	return counts;
}

/** As the alert `secret-overdue` has it. */
const isOverdue = ({ state, dueInDays = 0, action }: ComplianceEntry): boolean =>
	state === "expired" || state === "unreadable" || (dueInDays < -1 && action !== "waiting");

/** What it has been trying for so long. */
export function retryingOf(status: RotationStatus, linkTo: LinkTo, now: Date): Notification | undefined {
	const retrying = status.retrying ?? status.consumers?.find((one) => one.retrying)?.retrying;
	if (!retrying) return undefined;
	const { rotationId, secret, kind: request, requestedBy: by } = status;
	const { step, code } = retrying;
	const { appId: _, ...whom } = by;
	return notificationOf({
		...{ kind: "retrying", about: [rotationId, step], at: now.toISOString(), secret, rotationId, request, step, code },
		...{ by: whom, ...linkTo(rotationId) },
	});
}
