import { describe, expect, test } from "@jest/globals";
import { type Goal, once, type Point, type Row, row } from "../../../bench/bench.ts";
import { isMet, markdown, object, type Results, table } from "../../../bench/report.ts";
import { summary } from "../../../bench/statistics.ts";

const run = {
	...{ at: "2026-11-30T12:00:00.000Z", commit: "0123abcd", cpu: "Some CPU", cores: 2, memoryGB: 8 },
	...{ node: "v24.0.0", loadBefore: 0.1 },
};
const slow: Row = row("slow", "something slow", "ms", { product: [150, 140, 160], floor: [100] }, { ratio: 1.3 });
const grown: Row = {
	...{ key: "grown", says: "something large", unit: "MB", of: "records", goal: { most: 20 } },
	points: [
		{ size: 1_000, product: once(2.5), floor: once(2) },
		{ size: 10_000, product: once(25), floor: once(5) },
	],
};
const results: Results = {
	...{ run, rounds: 3, quick: false },
	outcomes: {
		one: { rows: [slow, grown], notes: ["it was seen"] },
		two: { skipped: "there is no browser" },
		three: { failed: "the server is gone" },
	},
};

test("the median counts: of an even number of values it is between the two in the middle", () => {
	expect(summary([4, 1, 3, 2])).toEqual({ median: 2.5, p95: 4, min: 1, max: 4, count: 4 });
});

describe("the table", () => {
	const lines = table(results).split("\n");

	test("has a line for each point, with its ratio, how it grows, its goal and whether that is met", () => {
		const cells = lines.map((line) => line.split(/ {2,}/));
		expect(cells.slice(0, 4)).toEqual([
			["", "product", "floor", "ratio", "grows", "goal", "met"],
			["something slow", "150 ms (140 to 160)", "100 ms", "1.5", "<= 1.3x", "no"],
			["something large: 1,000 records", "2.5 MB", "2 MB", "1.25", "<= 20 MB", "yes"],
			["something large: 10,000 records", "25 MB", "5 MB", "5", "x10 for x10", "<= 20 MB", "no"],
		]);
	});

	test("says below what was seen, what was not run and what failed", () => {
		expect(lines.slice(5)).toEqual([
			"one: it was seen",
			"two: not run: there is no browser",
			"three: failed: the server is gone",
			"",
		]);
	});
});

test("for the page it is a table of one bench, and a list of what was seen", () => {
	expect(markdown({ rows: [slow], notes: ["it was seen"] })).toBe(
		[
			"|  | product | floor | ratio | grows | goal | met |",
			"| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
			"| something slow | 150 ms (140 to 160) | 100 ms | 1.5 |  | <= 1.3x | no |",
			"",
			"- it was seen\n",
		].join("\n"),
	);
	expect(markdown({ skipped: "there is no browser" })).toBe("- not run: there is no browser\n");
});

test("the object has the same numbers by keys", () => {
	const { benches } = JSON.parse(JSON.stringify(object(results)));
	expect(benches.one.rows.slow.points).toEqual([
		{
			product: { median: 150, p95: 160, min: 140, max: 160, count: 3 },
			floor: { median: 100, p95: 100, min: 100, max: 100, count: 1 },
			...{ ratio: 1.5, met: false },
		},
	]);
	expect(benches.one.rows.grown).toMatchObject({
		of: "records",
		unit: "MB",
		points: [{ size: 1_000 }, { met: false }],
	});
	expect(benches).toMatchObject({ two: { skipped: "there is no browser" }, three: { failed: "the server is gone" } });
});

const at = (product: number, floor?: number): Point => ({
	product: once(product),
	...(floor !== undefined && { floor: once(floor) }),
});

test.each<[string, Goal, Point, boolean]>([
	["at its ratio", { ratio: 1.3 }, at(13, 10), true],
	["above its ratio", { ratio: 1.3 }, at(13.2, 10), false],
	["without the floor that it is a ratio of", { ratio: 1.3 }, at(1), false],
	["at its most", { most: 5 }, at(5), true],
	["above its most", { most: 5 }, at(5.1), false],
	["grown as far as it may", { growth: 1.5 }, at(3), true],
	["grown further", { growth: 1.5 }, at(3.1), false],
])("%s: whether a goal is met", (_, goal, point, met) => {
	expect(isMet(goal, [at(2), point], point)).toBe(met);
});
