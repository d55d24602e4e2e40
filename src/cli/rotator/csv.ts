// Tables as CSV (RFC 4180).
// RCC1. A cell that a spreadsheet would take for a formula is a text. Otherwise: anyone who names a secret or writes a message runs a
//      formula on an auditor's machine. Kept by: rendering.test.ts.

import { noFormula, quoted } from "../../lib/domain/csv-cell.ts";
import type { Column } from "./table.ts";
import { plain } from "./terminal.ts";

export function csv<T>(columns: readonly Column<T>[], rows: readonly T[]): string {
	const line = (cells: readonly string[]) => `${cells.map(cell).join(",")}\r\n`;
	const head = columns.map(({ title }) => title.toLowerCase());
	return [head, ...rows.map((row) => columns.map((column) => column.of(row) ?? ""))].map(line).join("");
}

const cell = (text: string): string => quoted(plain(noFormula(text)));
