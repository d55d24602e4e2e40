// Signed heads in whatever form somebody has exported them: lines of a container's blobs, rows of Log Analytics as JSON (the
// command line's, or the API's own), a row a line, or CSV.

import type { FoundHead } from "../../lib/domain/audit-heads.ts";
import { headOfRow, parseHead } from "../../lib/domain/signed-head.ts";

type Row = Readonly<Record<string, unknown>>;

const isRow = (value: unknown): value is Row => typeof value === "object" && value !== null && !Array.isArray(value);

export const headOf = (file: string, line: number, row: unknown): FoundHead => ({
	at: { file, line, text: "" },
	signed: isRow(row) ? (parseHead(JSON.stringify(row)) ?? headOfRow(row)) : undefined,
});

/** @param text of a file that is not empty */
export function headsInText(file: string, text: string): FoundHead[] {
	const whole = parsed(text);
	if (Array.isArray(whole)) return whole.map((row, at) => headOf(file, at + 1, row));
	if (isRow(whole) && Array.isArray(whole.tables)) {
		return whole.tables.flatMap(rowsOfTable).map((row, at) => headOf(file, at + 1, row));
	}
	const lines = text.split(/\r?\n/);
	if (/(^|,)"?Jws"?(,|$)/.test(lines[0] ?? "")) {
		const [header = [], ...rows] = csv(text);
		const names = header.map((name) => name.replace(/ \[.*\]$/, ""));
		return rows.map((cells, at) =>
			headOf(file, at + 2, inUtc(Object.fromEntries(names.map((name, column) => [name, cells[column]])))),
		);
	}
	return lines.flatMap((line, at) => (line === "" ? [] : headOf(file, at + 1, parsed(line))));
}

function rowsOfTable(table: unknown): Row[] {
	const { columns, rows } = (isRow(table) ? table : {}) as { columns?: { name?: string }[]; rows?: unknown[][] };
	if (!Array.isArray(columns) || !Array.isArray(rows)) return [{}];
	return rows.map((row) =>
		Array.isArray(row) ? Object.fromEntries(columns.map((column, at) => [String(column?.name), row[at]])) : {},
	);
}

/** The portal writes times without a zone: they are UTC. */
function inUtc(row: Record<string, unknown>): Row {
	const time = String(row.TimeGenerated);
	return { ...row, TimeGenerated: /(Z|[+-]\d\d:?\d\d|UTC)$/.test(time) ? time : `${time} UTC` };
}

function parsed(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}

/** RFC 4180. */
function csv(text: string): string[][] {
	const rows: string[][] = [];
	let row: string[] = [];
	for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/g)) {
		if (row.length === 0 && plain === "" && end !== ",") continue;
		row.push(quoted === undefined ? (plain ?? "") : quoted.replaceAll('""', '"'));
		if (end === ",") continue;
		rows.push(row);
		row = [];
	}
	return rows;
}
