// What benches count by: notices in the log, windows of time, the processor's time, and a log that is whole.

import { expect, test } from "@jest/globals";
import { chainOf } from "../../../bench/entries.ts";
import { mostWithin, noticesIn } from "../../../bench/notices.ts";
import { secondsIn, ticksIn } from "../../../bench/process.ts";
import { type Line, verifyChain } from "../../../src/lib/domain/audit-chain.ts";

test("notices are found behind what the host puts before them, and nothing else is taken for one", () => {
	const lines = [
		'[12:00:00 info] {"event":"rotation-ended","outcome":"completed","ms":1200}',
		'{"event":"step-failed","code":"server-queued"}',
		'{"event":"cut off',
		'Executed {"outcome":"completed"}',
	];
	expect(noticesIn(lines)).toEqual([
		{ event: "rotation-ended", outcome: "completed", ms: 1200 },
		{ event: "step-failed", code: "server-queued" },
	]);
});

test.each([
	[[], 0],
	[[0, 9_999], 2],
	[[0, 10_000], 1],
	[[0, 1, 2, 10_001, 10_002, 10_003, 10_004], 4],
])("of what came at %j, at most %d came within ten seconds", (times, most) => {
	expect(
		mostWithin(
			10_000,
			times.map((time) => new Date(time)),
		),
	).toBe(most);
});

test.each([
	["00:00:07", 7],
	["1-02:03:04", 93_784],
	["3:04.56", 184],
])("a process that had %s of the processor had %d seconds", (time, seconds) => {
	expect(secondsIn(time)).toBe(seconds);
});

test("user and system time are found behind a name that has blanks and parentheses", () => {
	const stat = "42 (node (a b)) S 1 42 42 0 -1 4194304 100 0 0 0 250 50 0 0 20 0 11 0 99 1000 20";
	expect(ticksIn(stat)).toBe(300);
});

test("the records that are verified are a whole chain of rotations that have ended", async () => {
	async function* lines(): AsyncGenerator<Line> {
		let line = 0;
		for (const text of chainOf(40, new Date("2026-11-30T12:00:00Z")))
			yield { file: "log", line: ++line, text: text.trimEnd() };
	}
	expect(await verifyChain(lines())).toMatchObject({ events: 40, rotations: 3, openIntents: [], bad: undefined });
});
