// Lines that may have colours in them, made to fit.
// RDR2. A command is one line, however long. Otherwise: what is pasted is cut where the terminal was narrow. Kept by: doctor.test.ts,
//       discover.test.ts.

import { stripVTControlCharacters } from "node:util";
import { widthOf } from "./terminal.ts";

const shownWidth = (text: string): number => widthOf(stripVTControlCharacters(text));

/** As many lines as it takes, broken at blanks where there are any; those after the first stand further in. */
export function folded(line: string, columns = Number.POSITIVE_INFINITY): string[] {
	if (shownWidth(line) <= columns) return [line];
	const [lead = ""] = /^ */.exec(line) ?? [];
	const indent = `${lead}    `;
	const lines: string[] = [];
	let current = lead;
	for (const word of line.trimStart().split(" ")) {
		const isFirst = current.trim() === "";
		const longer = isFirst ? `${current}${word}` : `${current} ${word}`;
		if (isFirst || shownWidth(longer) <= columns) current = longer;
		else {
			lines.push(current);
			current = `${indent}${word}`;
		}
	}
	return [...lines, current];
}

/** One that stands by itself, further in than what it belongs to. */
const isCommand = (line: string): boolean =>
	/^ {4,}(az|kubectl|npm|node|rotator|PGUSER=\S*|GRANT|ALTER|CREATE|DO) /.test(line);

/** Commands as they are, everything else folded. */
export const foldedAround = (lines: readonly string[], columns?: number): string[] =>
	lines.flatMap((line) => (isCommand(line) ? [line] : folded(line, columns)));

/** Parts below each other, none of them wider than this. */
export const foldedText = (parts: readonly string[], columns?: number): string =>
	parts
		.join("\n")
		.split("\n")
		.flatMap((line) => folded(line, columns))
		.join("\n")
		.concat("\n");

/** Its first line: what is drawn over has one line each. */
export const clipped = (line: string, columns: number, ellipsis: string): string =>
	shownWidth(line) <= columns ? line : `${folded(line, columns - ellipsis.length - 1)[0]} ${ellipsis}`;
