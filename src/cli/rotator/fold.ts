// Lines that may have colours in them, made to fit.

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
