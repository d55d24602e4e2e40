// What was measured, as cells of one table for the terminal and for the page, and as one object.

import type { Goal, Outcome, Point, Row, Unit } from "./bench.ts";
import type { Run } from "./machine.ts";
import type { Summary } from "./statistics.ts";

export interface Results {
	readonly run: Run;
	readonly rounds: number;
	readonly quick: boolean;
	/** By name, in the registry's order. */
	readonly outcomes: Readonly<Record<string, Outcome>>;
}

const head = ["", "product", "floor", "ratio", "grows", "goal", "met"];

/** For the terminal: one table of all benches, and what was seen beside it. */
export function table({ outcomes }: Results): string {
	const all = Object.values(outcomes).flatMap((outcome) => ("rows" in outcome ? cellsOf(outcome.rows) : []));
	const rows = [head, ...all];
	const widths = head.map((_, column) => Math.max(...rows.map((cells) => cells[column]!.length)));
	const line = (cells: readonly string[]) =>
		cells
			.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)))
			.join("  ")
			.trimEnd();
	const said = Object.entries(outcomes).flatMap(([name, outcome]) => saidOf(outcome).map((one) => `${name}: ${one}`));
	return [...rows.map(line), "", ...said, ""].join("\n");
}

/** For the page: one bench. */
export function markdown(outcome: Outcome): string {
	const rows = "rows" in outcome ? cellsOf(outcome.rows) : [];
	const lines = [head, head.map((_, column) => (column === 0 ? "---" : "---:")), ...rows];
	const tableText = rows.length > 0 ? lines.map((cells) => `| ${cells.join(" | ")} |\n`).join("") : "";
	const said = saidOf(outcome).map((one) => `- ${one}\n`);
	return [tableText, said.join("")].filter((part) => part !== "").join("\n");
}

function saidOf(outcome: Outcome): readonly string[] {
	if ("skipped" in outcome) return [`not run: ${outcome.skipped}`];
	if ("failed" in outcome) return [`failed: ${outcome.failed}`];
	return outcome.notes ?? [];
}

const cellsOf = (rows: readonly Row[]): string[][] =>
	rows.flatMap(({ says, unit, of, points, goal }) =>
		points.map((point, index) => [
			`${says}${point.size === undefined ? "" : `: ${whole(point.size)} ${point.size === 1 ? of?.replace(/s$/, "") : of}`}`,
			text(point.product, unit),
			point.floor ? text(point.floor, unit) : "",
			point.floor ? `${threeDigits(ratioOf(point))}` : "",
			growthText(points[index - 1], point),
			goal ? goalText(goal, unit) : "",
			goal ? (isMet(goal, points, point) ? "yes" : "no") : "",
		]),
	);

const whole = (value: number): string => Math.round(value).toLocaleString("en-GB");
const short = (value: number): string =>
	Math.abs(value) < 10 && !Number.isInteger(value) ? value.toFixed(1) : whole(value);
const units: Readonly<Record<Unit, string>> = { ms: " ms", MB: " MB", "1": "", "1/s": "/s" };

/** The median; where they differ, the least and the most too. */
const text = ({ median, min, max }: Summary, unit: Unit): string =>
	`${short(median)}${units[unit]}${short(min) === short(max) ? "" : ` (${short(min)} to ${short(max)})`}`;

const twoDigits = (value: number): number => Number(value.toFixed(2));
const ratioOf = ({ product, floor }: Point): number => product.median / floor!.median;
const threeDigits = (value: number): number => Number(value.toPrecision(3));

/** What becomes of the product where there is ten times as much of the rest: "x9.8 for x10". */
function growthText(before: Point | undefined, point: Point): string {
	if (before?.size === undefined || point.size === undefined) return "";
	const times = (to: number, from: number) => `x${Number((to / from).toPrecision(2))}`;
	if (before.product.median <= 0) return "";
	return `${times(point.product.median, before.product.median)} for ${times(point.size, before.size)}`;
}

const goalText = (goal: Goal, unit: Unit): string => {
	if ("ratio" in goal) return `<= ${goal.ratio}x`;
	if ("most" in goal) return `<= ${short(goal.most)}${units[unit]}`;
	return `grows <= ${goal.growth}x`;
};

/** At one point of a row. */
export function isMet(goal: Goal, points: readonly Point[], at: Point): boolean {
	if ("ratio" in goal) return at.floor !== undefined && ratioOf(at) <= goal.ratio;
	if ("most" in goal) return at.product.median <= goal.most;
	return at.product.median <= goal.growth * points[0]!.product.median;
}

const rounded = (summary: Summary): Summary =>
	Object.fromEntries(Object.entries(summary).map(([key, value]) => [key, twoDigits(value)])) as unknown as Summary;

/** The machine's form. */
export const object = ({ run, rounds, quick, outcomes }: Results) => ({
	run,
	rounds,
	quick,
	benches: Object.fromEntries(
		Object.entries(outcomes).map(([name, outcome]) => [
			name,
			"rows" in outcome
				? { rows: Object.fromEntries(outcome.rows.map(objectOf)), notes: outcome.notes ?? [] }
				: outcome,
		]),
	),
});

const objectOf = ({ key, says, unit, of, points, goal }: Row) => [
	key,
	{
		...{ says, unit, of, goal },
		points: points.map((point) => ({
			size: point.size,
			product: rounded(point.product),
			...(point.floor && { floor: rounded(point.floor), ratio: threeDigits(ratioOf(point)) }),
			...(goal && { met: isMet(goal, points, point) }),
		})),
	},
];
