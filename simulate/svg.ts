// The year as two pictures: how much was under way, and how late it was done.

import { time } from "./report.ts";
import type { Results } from "./simulate.ts";

const size = { width: 860, height: 340, left: 86, right: 24, top: 62, bottom: 48 };
const plot = { width: size.width - size.left - size.right, height: size.height - size.top - size.bottom };
const ink = { text: "#1f2328", dim: "#57606a", grid: "#d0d7de", first: "#0969da", second: "#bc4c00" };
const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const day = 86_400_000;
const firstDay = Date.UTC(2026, 0, 1);

interface Series {
	readonly says: string;
	readonly color: string;
	readonly values: readonly number[];
}

/** Each day's rotations, and how many were under way at once. */
export const peaks = ({ options, days }: Results): string =>
	chart({
		title: titleOf("Rotations", options),
		unit: "rotations",
		label: (value) => value.toLocaleString("en-GB"),
		series: [
			{ says: "ended on the day", color: ink.first, values: days.map(({ rotations }) => rotations) },
			{ says: "most under way at once", color: ink.second, values: days.map(({ mostUnderWay }) => mostUnderWay) },
		],
	});

/** Each day's longest time from due to done. */
export const lateness = ({ options, days }: Results): string => {
	const longest = days.map(({ longestLateMs }) => longestLateMs);
	const unit = Math.max(...longest) < 7_200_000 ? { ms: 60_000, says: "minutes" } : { ms: 3_600_000, says: "hours" };
	return chart({
		title: titleOf("From due to done", options),
		unit: unit.says,
		label: (value) => value.toLocaleString("en-GB"),
		series: [
			{
				says: `the longest of each day (of the year: ${time(Math.max(...longest))})`,
				color: ink.second,
				values: longest.map((ms) => ms / unit.ms),
			},
		],
	});
};

const titleOf = (
	of: string,
	{ secrets, secret: { rotateEveryDays, spreadDays }, importDays }: Results["options"],
): string => {
	const created = `created within ${importDays} ${importDays === 1 ? "day" : "days"}`;
	return `${of}: ${secrets.toLocaleString("en-GB")} secrets ${created}, every ${rotateEveryDays} days, spread over ${spreadDays}`;
};

function chart(of: {
	title: string;
	unit: string;
	label: (value: number) => string;
	series: readonly Series[];
}): string {
	const count = of.series[0]!.values.length;
	const step = niceStep(Math.max(1, ...of.series.flatMap(({ values }) => values)));
	const top = step * Math.ceil(Math.max(step, ...of.series.flatMap(({ values }) => values)) / step);
	const x = (index: number) => (size.left + (plot.width * index) / count).toFixed(1);
	const y = (value: number) => (size.top + plot.height * (1 - value / top)).toFixed(1);
	const text = (
		at: { x: string | number; y: string | number; anchor?: string; color?: string; bold?: boolean },
		says: string,
	) =>
		`<text x="${at.x}" y="${at.y}" font-size="13" fill="${at.color ?? ink.dim}" text-anchor="${at.anchor ?? "start"}"${at.bold ? ' font-weight="600"' : ""}>${says}</text>`;
	const line = (one: [string | number, string | number], other: [string | number, string | number]) =>
		`<path d="M${one[0]} ${one[1]}L${other[0]} ${other[1]}" stroke="${ink.grid}"/>`;
	const right = size.width - size.right;
	const marks = Array.from({ length: Math.round(top / step) + 1 }, (_, index) => index * step);
	const parts = [
		text({ x: size.left, y: 22, color: ink.text, bold: true }, of.title),
		text({ x: 12, y: size.top - 14 }, of.unit),
		...of.series.flatMap(({ says, color }, index) => {
			const at = size.left + index * 190;
			return [
				`<rect x="${at}" y="34" width="12" height="12" fill="${color}"/>`,
				text({ x: at + 18, y: 45, color: ink.text }, says),
			];
		}),
		...marks.flatMap((value) => [
			line([size.left, y(value)], [right, y(value)]),
			text({ x: size.left - 8, y: Number(y(value)) + 4, anchor: "end" }, of.label(value)),
		]),
		...monthsIn(count).flatMap(({ index, says }) => [
			line([x(index), size.top + plot.height], [x(index), size.top + plot.height + 6]),
			text({ x: Number(x(index)) + 3, y: size.top + plot.height + 20 }, says),
		]),
		text({ x: right, y: size.height - 8, anchor: "end" }, "day (2026-01-01 is the first)"),
		...of.series.map(
			({ color, values }) => `<path d="${stairs(values, x, y)}" fill="none" stroke="${color}" stroke-width="1.5"/>`,
		),
	];
	const { width, height } = size;
	return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="system-ui, Segoe UI, Helvetica, Arial, sans-serif" role="img" aria-label="${of.title}">
<rect width="${width}" height="${height}" fill="#ffffff"/>
${parts.join("\n")}
</svg>
`;
}

/** A day is as wide as a day: what happens on one of them is seen. */
function stairs(values: readonly number[], x: (index: number) => string, y: (value: number) => string): string {
	const steps = values.flatMap((value, index) =>
		value === values[index - 1]
			? []
			: [`${index === 0 ? "M" : "H"}${x(index)}${index === 0 ? ` ${y(value)}` : `V${y(value)}`}`],
	);
	return `${steps.join("")}H${x(values.length)}`;
}

function monthsIn(days: number): { index: number; says: string }[] {
	return Array.from({ length: days }, (_, index) => ({ index, date: new Date(firstDay + index * day) }))
		.filter(({ date }) => date.getUTCDate() === 1)
		.map(({ index, date }) => ({ index, says: months[date.getUTCMonth()]! }));
}

/** About five marks: 1, 2 or 5 times a power of ten. */
function niceStep(most: number): number {
	const rough = most / 5;
	const power = 10 ** Math.floor(Math.log10(rough));
	const factor = [1, 2, 5, 10].find((one) => one * power >= rough) ?? 10;
	return factor * power;
}
