// What a record may hold, in which order and blob records stand, and what a log tells that is read from its middle.

import { describe, expect, test } from "@jest/globals";
import { type Line, verifyChain } from "../../../src/lib/domain/audit-chain.ts";
import type { Entry } from "../../../src/lib/domain/audit-entry.ts";
import { type Link, lineOf, recordOf, start } from "../../../src/lib/domain/audit-record.ts";

const time = new Date("2026-11-23T12:00:00Z");
const entry = (changes: Partial<Entry> = {}): Entry => ({
	rotationId: "db-password.00000000-0000-4000-8000-000000000001",
	step: "setSecret",
	phase: "outcome",
	attempt: "run-1",
	secretName: "db-password",
	actor: { kind: "timer" },
	...changes,
});
const dataOf = (changes: Partial<Entry>) => recordOf(entry(changes), { previous: start, time }).data;

describe("a record", () => {
	test("has no more of a long text than its beginning", () => {
		const { message } = dataOf({ message: "x".repeat(5_000) });
		expect(message).toHaveLength(2_000);
	});

	test("has no half of a character where a long text was cut", () => {
		const { message } = dataOf({ message: `${"x".repeat(1_999)}\u{1f511}` });
		expect(message).toBe(`${"x".repeat(1_999)}\ufffd`);
	});

	test("has a text with line breaks on one line", () => {
		expect(dataOf({ message: "one\ntwo\u2028three" }).message).toBe("one\\u000atwo\\u2028three");
	});

	test.each(["unknown", "not-begun"] as const)("of a step that is %s is no success", (code) => {
		expect(dataOf({ code }).status).not.toBe("Success");
	});
});

async function* of(given: readonly Line[]): AsyncGenerator<Line> {
	yield* given;
}

describe("a log", () => {
	test("has no record with another number than the next one, though it follows by its hash", async () => {
		const first = recordOf(entry(), { previous: start, time });
		const eighth = recordOf(entry({ attempt: "run-2" }), { previous: { seq: 7, hash: first.data.hash }, time });
		const lines = [first, eighth].map((record, at) => ({ file: "log", line: at + 1, text: lineOf(record).trimEnd() }));
		expect((await verifyChain(of(lines))).bad).toMatchObject({ line: 2 });
	});

	test.each([
		{ title: "where a record says so", continuedIn: "audit/2026-12.ndjson", flaw: undefined },
		{ title: "not by itself", continuedIn: undefined, flaw: "misplaced" },
		{ title: "not in another one than a record says", continuedIn: "audit/2026-11_02.ndjson", flaw: "misplaced" },
	])("goes on in another blob $title", async ({ continuedIn, flaw }) => {
		const first = recordOf(entry(), { previous: start, time, continuedIn });
		const second = recordOf(entry({ attempt: "run-2" }), { previous: first.data, time });
		const lines = [
			{ file: "audit/2026-11.ndjson", line: 1, text: lineOf(first).trimEnd() },
			{ file: "audit/2026-12.ndjson", line: 1, text: lineOf(second).trimEnd() },
		];
		expect((await verifyChain(of(lines), { blobs: true })).bad?.flaw).toBe(flaw);
	});
});

describe("a log that is read from its middle", () => {
	const lines = (): Line[] => {
		let previous: Link = start;
		return [1, 2, 3, 4, 5].map((attempt) => {
			const record = recordOf(entry({ attempt: `${attempt}` }), { previous, time });
			previous = record.data;
			return { file: "log", line: attempt, text: lineOf(record).trimEnd() };
		});
	};
	test("is whole from there on", async () => {
		const verdict = await verifyChain(of(lines().slice(2)), { partial: true });
		expect(verdict).toMatchObject({ begins: 3, events: 3, head: { seq: 5 }, bad: undefined });
	});

	test("may begin anywhere, but has no gap after that", async () => {
		const [, second, , fourth, fifth] = lines();
		const verdict = await verifyChain(of([second!, fourth!, fifth!]), { partial: true });
		expect(verdict.bad).toMatchObject({ line: 4, flaw: "missing" });
	});
});
