// The report as a file.
// EXP1. A cell that a spreadsheet would take for a formula is a text. Otherwise: anyone who names a secret runs a formula on an auditor's
//       machine. Kept by: test/unit/page/export.test.ts.

import { noFormula, quoted } from "../lib/domain/csv-cell.ts";
import type { Report } from "./answers.ts";

type Entry = Report["secrets"][number];

const columns: readonly (readonly [string, (entry: Entry) => string | number | undefined])[] = [
	["secret", ({ secret }) => secret],
	["state", ({ state }) => state],
	["health", ({ health }) => health?.state],
	["due_in_days", ({ dueInDays }) => dueInDays],
	["expires", ({ expires }) => expires],
	["action", ({ action }) => action],
	["waits", ({ waits }) => waits?.code],
	["problem", ({ problem, unretired }) => (problem ?? unretired)?.code],
	["drift", ({ drift = [] }) => drift.map(({ code }) => code).join(" ")],
	["version", ({ version }) => version],
	["rotation", ({ rotationId }) => rotationId],
];

/** RFC 4180. */
export function csvOf(report: Pick<Report, "secrets">): string {
	const rows = report.secrets.map((entry) => columns.map(([, of]) => `${of(entry) ?? ""}`));
	return [columns.map(([name]) => name), ...rows].map((row) => `${row.map(cell).join(",")}\r\n`).join("");
}

const cell = (text: string): string => quoted(noFormula(text));

export function save(name: string, type: string, content: string): void {
	const url = URL.createObjectURL(new Blob([content], { type }));
	const link = document.createElement("a");
	link.href = url;
	link.download = name;
	link.click();
	setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
