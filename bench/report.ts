// The measurements as a table with plain words, and as one object.

import type { Summary } from "./statistics.ts";

export interface Comparison {
	readonly says: string;
	readonly product: Summary;
	readonly floor: Summary;
}

export interface Results {
	readonly rounds: number;
	readonly comparisons: Readonly<Record<"criticalSection" | "gap" | "published" | "delivered", Comparison>>;
	readonly hop: Summary;
	/** Of one whole rotation. */
	readonly taskHub: Readonly<Record<"messages" | "rows" | "bytes" | "looks", Summary>>;
}

export const ratio = (product: number, floor: number): number => Number((product / floor).toFixed(2));

const ms = (value: number): string => (value < 10 ? value.toFixed(1) : Math.round(value).toLocaleString("en-GB"));
const count = ({ median, min, max }: Summary): string => `${whole(median)} (${whole(min)} to ${whole(max)})`;
const whole = (value: number): string => Math.round(value).toLocaleString("en-GB");
const spread = ({ median, min, max }: Summary): string => `${ms(median)} (${ms(min)} to ${ms(max)})`;

export function table({ comparisons, hop, taskHub }: Results): string {
	const { criticalSection, gap, published, delivered } = comparisons;
	const compared = ({ says, product, floor }: Comparison) => [
		says,
		spread(product),
		spread(floor),
		`${ratio(product.median, floor.median)}`,
	];
	const rows = [
		["milliseconds: median (least to most)", "product", "floor", "ratio"],
		compared(criticalSection),
		compared(gap),
		[`${gap.says}, p95`, ms(gap.product.p95), ms(gap.floor.p95), `${ratio(gap.product.p95, gap.floor.p95)}`],
		compared(published),
		compared(delivered),
		["one durable hop of the local host", spread(hop), "", ""],
		["in the task hub, until it is purged: numbers a rotation", "", "", ""],
		["queue messages", count(taskHub.messages), "", ""],
		["rows of history and instances", count(taskHub.rows), "", ""],
		["bytes in them", count(taskHub.bytes), "", ""],
		["steps that only look whether something is there yet", count(taskHub.looks), "", ""],
	];
	const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column]!.length)));
	const line = (row: readonly string[]) =>
		row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!))).join("   ");
	return `${rows.map(line).join("\n")}\n`;
}

const rounded = (summary: Summary): Summary =>
	Object.fromEntries(
		Object.entries(summary).map(([key, value]) => [key, Number(value.toFixed(2))]),
	) as unknown as Summary;

/** The machine's form: milliseconds, and ratios of medians. */
export const object = ({ rounds, comparisons, hop, taskHub }: Results) => ({
	rounds,
	...Object.fromEntries(
		Object.entries(comparisons).map(([name, { product, floor }]) => [
			`${name}Ms`,
			{ product: rounded(product), floor: rounded(floor), ratio: ratio(product.median, floor.median) },
		]),
	),
	hopMs: rounded(hop),
	taskHub: Object.fromEntries(Object.entries(taskHub).map(([name, summary]) => [name, rounded(summary)])),
});
