// The quick way to tell the one form of a text must never say yes where the slow one says no.

import { expect, test } from "@jest/globals";
import fc from "fast-check";
import type { AuditRecord } from "../../../src/lib/domain/audit-entry.ts";
import { canonical, hashOf, hashOfText, isCanonical, recordOf, start } from "../../../src/lib/domain/audit-record.ts";

const isSlowly = (text: string, value: object): boolean => {
	try {
		return canonical(value) === text;
	} catch {
		return false;
	}
};
const isQuickly = (text: string): boolean => {
	try {
		return isCanonical(text, JSON.parse(text));
	} catch {
		return false;
	}
};

/** Keys and texts that trip over order, escapes and numbers. */
const key = fc.oneof(
	fc.constantFrom("9", "10", "a", "B", "\u{1f600}", "\ufb33", "__proto__", "toJSON", ""),
	fc.string(),
);
const leaf = fc.oneof(
	fc.constantFrom<unknown>(-0, 1e21, 1e-7, 0.1, null, "\ud800", "\\ud800", "\u2028", "é", '"'),
	fc.string({ unit: "binary" }),
	fc.double({ noNaN: true, noDefaultInfinity: true }),
);
const anyJson = fc.letrec((tie) => ({
	value: fc.oneof({ depthSize: "small" }, leaf, fc.array(tie("value"), { maxLength: 3 }), tie("object")),
	object: fc.array(fc.tuple(key, tie("value")), { maxLength: 4 }),
})).object;
/** By text, so that a key can be there twice. */
const written = (value: unknown): string =>
	Array.isArray(value) && value.every((each) => Array.isArray(each) && each.length === 2 && typeof each[0] === "string")
		? `{${value.map(([name, each]) => `${JSON.stringify(name)}:${written(each)}`).join(",")}}`
		: JSON.stringify(value);

test("a text is called canonical where making the form anew says so, and nowhere else", () => {
	const seen = { yes: 0, no: 0 };
	fc.assert(
		fc.property(anyJson, (value) => {
			const text = written(value);
			const expected = isSlowly(text, JSON.parse(text));
			seen[expected ? "yes" : "no"]++;
			expect([text, isQuickly(text)]).toEqual([text, expected]);
			const form = JSON.stringify(JSON.parse(text));
			expect([form, isQuickly(form)]).toEqual([form, isSlowly(form, JSON.parse(form))]);
		}),
		{ numRuns: 3000 },
	);
	expect(seen).toEqual({ yes: expect.any(Number), no: expect.any(Number) });
	expect(Math.min(seen.yes, seen.no)).toBeGreaterThan(50);
});

test("the hash of a text is that of its record, also where another field looks like its hash", () => {
	const entry = { step: "plan", phase: "note", attempt: "1", secretName: "db", actor: { kind: "timer" } } as const;
	const record = recordOf({ ...entry, rotationId: "r" }, { previous: start, time: new Date(0) });
	const { hash } = record.data;
	const looksLike = [{}, { 'a"hash': hash }, { aa: { hash, z: 1 } }, { message: `"hash":"${hash}",` }];
	for (const more of looksLike) {
		const one = { ...record, data: { ...record.data, ...more } } as AuditRecord;
		expect(hashOfText(canonical(one), one)).toBe(hashOf(one));
	}
	const outside = { ...record, hash, z: 1 } as unknown as AuditRecord;
	expect(hashOfText(canonical(outside), outside)).toBe(hashOf(outside));
});
