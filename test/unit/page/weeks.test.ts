import { expect, test } from "@jest/globals";
import type { EndedRun } from "../../../src/page/answers.ts";
import { firstOf, sweepsOf, weeksOf } from "../../../src/page/weeks.ts";

const run = (endedAt: string, outcome: EndedRun["outcome"], more: Partial<EndedRun> = {}): EndedRun => ({
	...{ rotationId: `a.${endedAt}`, secret: "a", kind: "rotate", by: "timer", outcome, endedAt },
	...more,
});
/** A Wednesday. */
const now = Date.parse("2026-12-02T10:00:00Z");

test("runs are counted in the week in which they ended, which begins on Monday, UTC", () => {
	const runs = [
		run("2026-11-29T23:59:59Z", "completed"),
		run("2026-11-30T00:00:00Z", "completed"),
		run("2026-12-02T09:00:00Z", "interrupted"),
	];
	expect(weeksOf(runs, 2, now)).toEqual([
		{ from: "2026-11-23", good: 1, bad: 0 },
		{ from: "2026-11-30", good: 1, bad: 1 },
	]);
	expect(new Date(firstOf(2, now)).toISOString()).toBe("2026-11-23T00:00:00.000Z");
});

test("a dry run, a skip and a run that was cancelled are neither good nor bad", () => {
	const at = "2026-12-01T00:00:00Z";
	const runs = [
		run(at, "planned", { dryRun: true }),
		run(at, "skipped"),
		run(at, "cancelled"),
		run(at, "refused", { dryRun: true }),
	];
	expect(weeksOf(runs, 1, now)).toEqual([{ from: "2026-11-30", good: 0, bad: 0 }]);
});

test("of each week's sweeps the last one counts", () => {
	const swept = (at: string, compliant: number) => ({
		...{ at, compliant, due: 1, expired: 1, unreadable: 1 },
		...{ overdue: 0, drift: 0, unmanaged: 0 },
	});
	const trend = [swept("2026-11-24T06:00:00Z", 1), swept("2026-11-25T06:00:00Z", 2), swept("2026-12-01T06:00:00Z", 3)];
	expect(sweepsOf(trend, 12)).toEqual([
		{ from: "2026-11-25", good: 2, bad: 3 },
		{ from: "2026-12-01", good: 3, bad: 3 },
	]);
	expect(sweepsOf(trend, 1)).toHaveLength(1);
});
