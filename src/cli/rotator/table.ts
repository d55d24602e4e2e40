// Tables for people.
// RCB1. On a terminal nothing is wider than it: columns that matter least go first, then the widest are cut. Otherwise: rows wrap, and
//      nobody can read down a column. Into a pipe nothing is cut. Kept by: rendering.test.ts.
// RCB2. What somebody needs to go on with, an id above all, is never left out or cut: without room it stands below its row.
//      Otherwise: the list names what failed, and no command can be given about it. Kept by: rendering.test.ts.

import { folded } from "./fold.ts";
import { cutEnd, cutMiddle, type Look, plain, widthOf } from "./terminal.ts";

export interface Column<T> {
	readonly title: string;
	of(row: T): string | undefined;
	/** How narrow it may get; absent: it is never cut. */
	readonly least?: number;
	/** `end`: a sentence, whose beginning says most. Else a name, which is cut in the middle. */
	readonly cut?: "end";
	/** Columns with the highest number are left out first where there is no room; absent: it always stays. */
	readonly spare?: number;
	/** Without room it stands below its row, whole. */
	readonly below?: true;
	paint?(row: T, look: Look): (text: string) => string;
}

const gap = 2;

export function table<T>(columns: readonly Column<T>[], rows: readonly T[], look: Look): string {
	const texts = new Map(columns.map((column) => [column, rows.map((row) => plain(column.of(row) ?? ""))]));
	const natural = (column: Column<T>) => Math.max(...[column.title, ...texts.get(column)!].map(widthOf));
	const shown = withRoom(columns, natural, look.columns);
	const widths = shown.map(natural);
	if (look.columns !== undefined) narrow(shown, widths, look.columns);
	const line = (cells: readonly (readonly [string, (text: string) => string])[]) =>
		`${cells
			.map(([cell, paint], at) => {
				const { cut } = shown[at]!;
				const text = (cut === "end" ? cutEnd : cutMiddle)(cell, widths[at]!, look.ellipsis);
				return `${paint(text)}${at === cells.length - 1 ? "" : " ".repeat(widths[at]! - widthOf(text) + gap)}`;
			})
			.join("")
			.trimEnd()}\n`;
	const below = columns.filter((column) => column.below && !shown.includes(column));
	const furtherLines = (at: number) =>
		below.flatMap((column) => {
			const text = texts.get(column)![at]!;
			return text === "" ? [] : folded(`    ${column.title.toLowerCase()} ${text}`, look.columns);
		});
	const bodies = rows.map((row, at) =>
		[
			line(shown.map((column) => [texts.get(column)![at]!, column.paint?.(row, look) ?? same])),
			...furtherLines(at).map((further) => `${look.dim(further)}\n`),
		].join(""),
	);
	return `${line(shown.map(({ title }) => [title, look.bold]))}${bodies.join("")}`;
}

const same = (text: string): string => text;
const total = (widths: readonly number[]): number => widths.reduce((sum, width) => sum + width + gap, -gap);

function withRoom<T>(
	columns: readonly Column<T>[],
	natural: (column: Column<T>) => number,
	room = Number.POSITIVE_INFINITY,
) {
	const shown = [...columns];
	// A name of which much is left says more than one more column.
	const least = (column: Column<T>) => Math.min(natural(column), 2 * (column.least ?? Number.POSITIVE_INFINITY));
	while (total(shown.map(least)) > room) {
		const [next] = shown.filter(({ spare }) => spare !== undefined).sort((a, b) => b.spare! - a.spare!);
		if (!next) break;
		shown.splice(shown.indexOf(next), 1);
	}
	return shown;
}

/** The widest one that may be cut gives way, a column at a time. */
function narrow<T>(columns: readonly Column<T>[], widths: number[], room: number): void {
	while (total(widths) > room) {
		let widest = -1;
		columns.forEach(({ least }, at) => {
			if (least !== undefined && widths[at]! > least && (widest < 0 || widths[at]! > widths[widest]!)) widest = at;
		});
		if (widest < 0) return;
		widths[widest]!--;
	}
}

/** A name, what it has, and how that is painted. */
type Fact = readonly [name: string, value: string | undefined, paint?: (text: string) => string];

/** Below each other; empty ones are left out. */
export function facts(rows: readonly Fact[], look: Look): string {
	const known = rows.filter(([, value]) => value !== undefined && value !== "");
	const width = Math.max(0, ...known.map(([name]) => name.length));
	return known
		.map(([name, value, paint = same]) => `${look.dim(name.padEnd(width))}  ${paint(plain(value))}\n`)
		.join("");
}
