import { describe, expect, test } from "@jest/globals";
import { spreadOf, spreadOut } from "../../../src/lib/domain/spread.ts";

const day = 86_400_000;
const imported = Date.parse("2026-01-01T09:30:00Z");
const names = Array.from({ length: 1000 }, (_, at) => `secret-${at}`);
const dayOf = (ms: number) => Math.floor(ms / day);

describe.each([
	[90, 30],
	[90, 14],
	[30, 29],
	[90, 60],
	[7, 1],
])("with a period of %d days that is spread over %d", (period, days) => {
	const dueAfter = (name: string, created: number) => spreadOut(created + period * day, period, spreadOf(name, days));

	test("no secret is due later than without it, nor as much earlier", () => {
		for (const name of names) {
			const earlier = imported + period * day - dueAfter(name, imported);
			expect(earlier).toBeGreaterThanOrEqual(0);
			expect(earlier).toBeLessThan(days * day);
		}
	});

	test("each is due from the beginning of its day, always on the same one", () => {
		const due = names.map((name) => dueAfter(name, imported));
		expect(due.filter((ms) => ms % day !== 0)).toEqual([]);
		expect(names.map((name) => dueAfter(name, imported))).toEqual(due);
	});

	test("those which were imported on one day are due on all these days, and never many on one", () => {
		const many = new Map<number, number>();
		for (const name of names) {
			const on = dayOf(dueAfter(name, imported));
			many.set(on, (many.get(on) ?? 0) + 1);
		}
		expect(many.size).toBe(days);
		// Where the period is no multiple of the spread, some days have one secret of theirs more often.
		const share = (Math.ceil(period / days) / period) * names.length;
		expect(Math.max(...many.values())).toBeLessThan(share * 1.5 + 20);
	});

	test("its next periods are whole, whenever on its day it was rotated", () => {
		for (const name of names.slice(0, 50)) {
			let due = dueAfter(name, imported);
			for (const after of [1, 6 * 3_600_000, day - 1]) {
				const next = dueAfter(name, due + after);
				expect(next).toBe(due + period * day);
				due = next;
			}
		}
	});

	test("one that was rotated late, before the next of its own days, comes back to its day", () => {
		const apart = period % days || days;
		for (const name of names.slice(0, 50)) {
			const due = dueAfter(name, imported);
			const late = due + (apart - 0.5) * day;
			expect(dueAfter(name, late)).toBe(due + period * day);
		}
	});
});

test("where nothing is spread, a secret is due to the millisecond", () => {
	expect(spreadOut(imported + 17, 90, spreadOf("db-password", 0))).toBe(imported + 17);
});
