// Reads runs off the audit log, record by record.
// ER1. A run is known by its request on the log, and what became of it by its own records. Otherwise: evidence repeats what somebody
//      may have changed since. Kept by: judge.test.ts.
// ER2. A new value counts from the record that says it is live. A rollback makes an old value live again: that is no new one.
//      Otherwise: a password of last year passes for one of today. Kept by: judge.test.ts.
// ER3. Who approved follows from the first decision on the log about the very order that the log has, by another person than asked.
//      Otherwise: anyone who may write records names an approver. Kept by: approvers.test.ts.

import { approvedRunOf, isSameId } from "../approval.ts";
import type { Actor, AuditData, AuditRecord } from "../audit-entry.ts";

/** What one run has on the log. */
export interface LoggedRun {
	readonly rotationId: string;
	readonly secret: string;
	kind: string;
	requestedAt: string;
	by: Actor["kind"];
	who?: string;
	reason?: string;
	configHash?: string;
	due?: string;
	/** The run whose value it went on with. */
	continues?: string;
	done?: string;
	version?: string;
	retired?: string;
	endedAt?: string;
	code?: string;
	/** It changed something, or failed. */
	isReal: boolean;
	readonly proof: { workload: string; at: string; record: number }[];
	first: number;
	last: number;
	count: number;
}

const requested = /^(rotate|deliver|reconcile|retire|rollback)-requested$/;
const changing: ReadonlySet<string> = new Set([
	"createSecret",
	"setSecret",
	"finishSecret",
	"refresh",
	"roll",
	"retire",
]);
const isLive: ReadonlySet<string> = new Set(["published", "already-published"]);

export interface Reading {
	take(record: AuditRecord): void;
	readonly runs: ReadonlyMap<string, LoggedRun>;
	/** Rotations that were ordered past an approval. */
	readonly breakGlass: ReadonlySet<string>;
	/** Object ids of those who approved, by the rotation that it started. */
	readonly approvers: ReadonlyMap<string, string>;
	/** The last configuration that a record names. */
	readonly configHash: string | undefined;
	/** Digests of sweeps' reports, as their notes have them. */
	readonly reports: ReadonlySet<string>;
}

export function reading(): Reading {
	const runs = new Map<string, LoggedRun>();
	const reports = new Set<string>();
	const breakGlass = new Set<string>();
	const approving = approvals();
	let configHash: string | undefined;
	return {
		runs,
		reports,
		breakGlass,
		approvers: approving.approvers,
		get configHash() {
			return configHash;
		},
		take({ time, data }) {
			configHash = data.configHash ?? configHash;
			const digest = data.code === "swept" ? /Report ([0-9a-f]{64})\.$/.exec(data.message ?? "")?.[1] : undefined;
			if (digest !== undefined) reports.add(digest);
			const { code }: { readonly code?: string } = data;
			if (code === "break-glass") breakGlass.add(data.rotationId);
			approving.take(data);
			const kind = data.phase === "note" ? requested.exec(code ?? "")?.[1] : undefined;
			const run = runs.get(data.rotationId) ?? (kind === undefined ? undefined : begun(data, time, kind));
			if (!run || run.secret !== data.secretName) return;
			runs.set(data.rotationId, run);
			told(run, data, time);
		},
	};
}

function approvals() {
	/** Who asked, by the order's id and digest: one whose storing failed is recorded once more, as another text. */
	const asked = new Map<string, string | undefined>();
	const decided = new Set<string>();
	const approvers = new Map<string, string>();
	return {
		approvers,
		take({ rotationId: id, code, digest, actor }: AuditData): void {
			const by = actor.user.uid;
			if (digest === undefined) return;
			const order = `${id} ${digest}`;
			if (code === "approval-requested" && !asked.has(order)) asked.set(order, by);
			if (code !== "approved" && code !== "approval-rejected") return;
			// What was decided first counts.
			if (!asked.has(order) || decided.has(order)) return;
			decided.add(order);
			const isByAnother = by !== undefined && !isSameId(by, asked.get(order));
			if (code === "approved" && isByAnother) approvers.set(approvedRunOf(id), by);
		},
	};
}

const begun = (data: AuditData, time: string, kind: string): LoggedRun => ({
	rotationId: data.rotationId,
	secret: data.secretName,
	kind,
	requestedAt: time,
	by: data.actor.user.type,
	...(data.actor.user.uid !== undefined && { who: data.actor.user.uid }),
	...(data.message !== undefined && { reason: data.message }),
	isReal: false,
	proof: [],
	first: data.seq,
	last: data.seq,
	count: 0,
});

function told(run: LoggedRun, data: AuditData, time: string): void {
	const { step, phase, code, seq } = data;
	run.last = seq;
	run.count++;
	run.configHash = data.configHash ?? run.configHash;
	run.continues ??= data.correlationId;
	if (phase === "intent" && changing.has(step)) run.isReal = true;
	if (phase !== "outcome") return;
	if (step === "plan") run.due ??= data.due;
	if (data.status_id === 2 && step !== "trigger") run.isReal = true;
	if (step === "finishSecret" && code !== undefined && isLive.has(code)) {
		run.done = time;
		run.version = data.newVersion ?? run.version;
	}
	if (step === "retire" && code === "retired") run.retired = time;
	if (step === "verify" && code === "proved") run.proof.push({ workload: data.workload ?? "", at: time, record: seq });
	if (step === "finish") {
		run.endedAt = time;
		run.code = code;
	}
}

/** Does it make a value live that is new? */
export const makesNew = ({ kind }: Pick<LoggedRun, "kind">): boolean => kind === "rotate" || kind === "reconcile";
