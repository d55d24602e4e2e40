// What a stream can show.
// RCT1. Only a terminal gets colours and cursor moves, and none where somebody has switched them off. Otherwise: a log file, a CI
//      job and a pipe are full of escape sequences. Kept by: terminal.test.ts.
// RCT2. Whatever comes from outside goes through `plain`. Otherwise: a name or a reason with an escape sequence in it paints the
//      operator's screen, or hides a line. Kept by: rendering.test.ts.

import { styleText } from "node:util";
import { oneLine } from "../../lib/domain/line.ts";
import type { Environment, Screen } from "./around.ts";

type Paint = (text: string) => string;

export interface Look {
	/** It can be drawn over. */
	readonly live: boolean;
	/** Absent where nothing has to fit. */
	readonly columns?: number;
	readonly rows?: number;
	readonly bold: Paint;
	readonly dim: Paint;
	readonly good: Paint;
	readonly bad: Paint;
	readonly busy: Paint;
	readonly signs: { readonly good: string; readonly bad: string; readonly busy: string; readonly open: string };
	readonly ellipsis: string;
}

const isSet = (value: string | undefined): boolean => value !== undefined && value !== "" && value !== "0";

/** Somebody sits before it: it may be drawn over, and asked. */
export const isLive = (stream: Pick<Screen, "isTTY">, env: Environment): boolean =>
	stream.isTTY === true && env.TERM !== "dumb" && !isSet(env.CI);

export function lookOf(stream: Screen, env: Environment, platform: NodeJS.Platform): Look {
	const live = isLive(stream, env);
	const coloured = env.NO_COLOR ? false : isSet(env.CLICOLOR_FORCE) || (live && env.CLICOLOR !== "0");
	const paint = (format: Parameters<typeof styleText>[0]): Paint =>
		coloured ? (text) => styleText(format, text, { validateStream: false }) : (text) => text;
	const locale = env.LC_ALL || env.LC_CTYPE || env.LANG || "";
	const unicode = platform === "win32" || /utf-?8/i.test(locale);
	return {
		live,
		...(stream.isTTY && { columns: stream.columns || 80, rows: stream.rows || 24 }),
		bold: paint("bold"),
		dim: paint("dim"),
		good: paint("green"),
		bad: paint("red"),
		busy: paint("yellow"),
		signs: unicode ? { good: "✓", bad: "✗", busy: "●", open: "○" } : { good: "+", bad: "x", busy: "*", open: "-" },
		ellipsis: unicode ? "…" : "..",
	};
}

/** One line, without anything that steers a terminal. */
export const plain = (value: unknown): string => (value === undefined ? "" : oneLine(String(value)));

const wide =
	/\p{RGI_Emoji}|[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\u3000-\u303f\uff01-\uff60]/gv;
const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });
const partsOf = (text: string): string[] => [...graphemes.segment(text)].map(({ segment }) => segment);
const widthOfPart = (part: string): number => (part.search(wide) >= 0 ? 2 : 1);

/** In columns of a terminal. */
export const widthOf = (text: string): number =>
	/^[\x20-\x7e]*$/.test(text) ? text.length : partsOf(text).reduce((sum, part) => sum + widthOfPart(part), 0);

/** Names differ at their ends as often as at their beginnings. */
export function cutMiddle(text: string, width: number, ellipsis: string): string {
	if (widthOf(text) <= width) return text;
	const room = Math.max(0, width - ellipsis.length);
	const tail = Math.floor(room / 2);
	return `${headOf(text, room - tail)}${ellipsis}${tailOf(text, tail)}`;
}

export function cutEnd(text: string, width: number, ellipsis: string): string {
	return widthOf(text) <= width ? text : `${headOf(text, Math.max(0, width - ellipsis.length))}${ellipsis}`;
}

const headOf = (text: string, width: number): string => fitting(partsOf(text), width).join("");
const tailOf = (text: string, width: number): string => fitting(partsOf(text).reverse(), width).reverse().join("");

function fitting(parts: readonly string[], width: number): string[] {
	let used = 0;
	const end = parts.findIndex((part) => {
		used += widthOfPart(part);
		return used > width;
	});
	return parts.slice(0, end < 0 ? parts.length : end);
}
