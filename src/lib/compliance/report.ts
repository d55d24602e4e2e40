// What is known of all secrets: the last sweep's report, and what the one since has judged so far.

import type { ComplianceReport, SweepId, Swept } from "../domain/compliance.ts";
import type { RecordStore } from "../ports/record-store.ts";

/** All pages of one sweep as one. */
const joined = (pages: readonly Swept[]): Swept => ({
	secrets: pages.flatMap(({ secrets }) => secrets),
	unmanaged: pages.flatMap(({ unmanaged }) => unmanaged),
	vaults: pages.flatMap(({ vaults = [] }) => vaults),
	problems: pages.flatMap(({ problems }) => problems),
});

/** What this sweep has stored; nothing where another one has begun since. */
export async function sweptBy(records: RecordStore, { id }: SweepId): Promise<Swept> {
	const last = await records.lastSweep();
	return joined(last?.sweep.id === id ? last.pages : []);
}

/** `since`: a sweep began then and is not over, or was cut short; what it has judged replaces the report's. */
export type Compliance = Swept &
	(
		| { readonly complete: true; readonly at: string; readonly sweep?: SweepId }
		| { readonly complete: false; readonly at?: string; readonly since: string; readonly judged: number }
	);

/** @returns `undefined` before the first sweep has judged anything */
export async function complianceNow(records: RecordStore): Promise<Compliance | undefined> {
	const report = await records.lastReport();
	// Its own pages are all in it: to read them again would take a call for each 25 secrets, at each list that is shown.
	const last = await records.lastSweep(report?.sweep?.id);
	const isOver = report !== undefined && (last === undefined || last.sweep.id === report.sweep?.id);
	if (isOver) return { ...report, complete: true };
	if (last === undefined) return undefined;
	const { secrets, unmanaged, vaults = [], problems } = joined(last.pages);
	const judged = new Set(secrets.map(({ secret }) => secret));
	return {
		complete: false,
		since: last.sweep.startedAt,
		judged: secrets.length,
		...(report && { at: report.at }),
		secrets: [...secrets, ...othersOf(report, judged)].sort((a, b) => (a.secret < b.secret ? -1 : 1)),
		unmanaged: unmanaged.length > 0 ? unmanaged : (report?.unmanaged ?? []),
		vaults: vaults.length > 0 ? vaults : (report?.vaults ?? []),
		problems,
	};
}

const othersOf = (report: ComplianceReport | undefined, judged: ReadonlySet<string>) =>
	(report?.secrets ?? []).filter(({ secret }) => !judged.has(secret));
