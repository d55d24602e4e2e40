// Intents of which the log has no outcome: a process died, or could not write it. Nobody who died writes it any more, so
// whoever goes on does.
// OI1. `recovered` is said only where the log itself shows that the step was done later; else it is `unknown`. Otherwise:
//      the log claims what nobody saw. Kept by: open-intents.test.ts.

import type { AuditData, AuditRecord, Entry } from "./audit-entry.ts";
import { canonical, entryOf } from "./audit-record.ts";

const keyOf = ({ rotationId, step, attempt, secretName }: AuditData): string =>
	canonical([rotationId, step, attempt, secretName]);

const whatOf = ({ step, secretName, cluster, workload }: AuditData): string =>
	canonical([step, secretName, cluster ?? "", workload ?? ""]);

/**
 * @param records the end of the log, oldest first; an intent further back than these is not seen
 * @returns the outcome that each open intent lacks, oldest first
 */
export function missingOutcomes(records: readonly AuditRecord[]): Entry[] {
	const open = new Map<string, AuditData[]>();
	const done = new Map<string, number>();
	for (const { data } of records) {
		const intents = open.get(keyOf(data)) ?? [];
		if (data.phase === "intent") open.set(keyOf(data), [...intents, data]);
		if (data.phase !== "outcome") continue;
		if (intents.length > 1) open.set(keyOf(data), intents.slice(1));
		else open.delete(keyOf(data));
		if (data.status_id === 1) done.set(whatOf(data), data.seq);
	}
	return [...open.values()].flat().map((intent) => ({
		...entryOf(intent),
		message: undefined,
		phase: "outcome",
		code: (done.get(whatOf(intent)) ?? 0) > intent.seq ? "recovered" : "unknown",
	}));
}
