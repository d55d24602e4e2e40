// Intents whose outcome the log lacks: a process died, or could not write it. A process that died will not write it, so
// the one that continues does.
// OI1. `recovered` is said only where the log itself shows that the step was done later; else it is `unknown`. Otherwise:
//      the log claims what nobody saw. Kept by: open-intents.test.ts.

import type { AuditData, Entry } from "./audit-entry.ts";
import { canonical, entryOf } from "./audit-record.ts";

export interface OpenIntent {
	readonly data: AuditData;
	/** The log shows that the step was done since. */
	readonly isDone: boolean;
}

/** By what an intent and its outcome share, oldest first. */
export type OpenIntents = Map<string, readonly OpenIntent[]>;

const keyOf = ({ rotationId, step, attempt, secretName }: AuditData): string =>
	canonical([rotationId, step, attempt, secretName]);

const isSameWork = (a: AuditData, b: AuditData): boolean =>
	a.step === b.step && a.secretName === b.secretName && a.cluster === b.cluster && a.workload === b.workload;

/** Takes the next record of the log. */
export function follow(open: OpenIntents, data: AuditData): void {
	const key = keyOf(data);
	const own = open.get(key) ?? [];
	if (data.phase === "intent") open.set(key, [...own, { data, isDone: false }]);
	if (data.phase !== "outcome") return;
	if (own.length > 1) open.set(key, own.slice(1));
	else open.delete(key);
	if (data.status_id !== 1) return;
	for (const [other, intents] of open) {
		if (!intents.some((intent) => isSameWork(intent.data, data))) continue;
		const seen = intents.map((intent) => (isSameWork(intent.data, data) ? { ...intent, isDone: true } : intent));
		open.set(other, seen);
	}
}

/** @returns the outcome that each open intent lacks, oldest first */
export const missingOutcomes = (open: OpenIntents): Entry[] =>
	[...open.values()].flat().map(({ data, isDone }) => ({
		...entryOf(data),
		message: undefined,
		phase: "outcome",
		code: isDone ? "recovered" : "unknown",
	}));
