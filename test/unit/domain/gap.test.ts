import { expect, test } from "@jest/globals";
import { gapAfter } from "../../../src/lib/domain/gap.ts";

const at = (ms: number) => new Date(Date.parse("2026-11-23T12:00:00Z") + ms);

test("the gap is the sum of all that was open, and of earlier tries", () => {
	const gap = gapAfter({ gapMs: 100 });
	gap.open(at(0));
	gap.open(at(5));
	gap.close(at(20));
	gap.close(at(30));
	gap.open(at(40));
	expect([gap.ms, gap.openSince]).toEqual([120, at(40)]);
	gap.close(at(43));
	expect([gap.ms, gap.openSince]).toEqual([123, undefined]);
});

test("where nothing was open there is none, and a clock that was set back makes none", () => {
	const gap = gapAfter();
	gap.close(at(10));
	expect(gap.ms).toBeUndefined();
	gap.open(at(10));
	gap.close(at(0));
	expect(gap.ms).toBe(0);
});
