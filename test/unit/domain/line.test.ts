import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { Fault } from "../../../src/lib/domain/fault.ts";
import { oneLine } from "../../../src/lib/domain/line.ts";

/** What ends a line somewhere, drives a terminal, or makes a text read as another one. */
const breaking = [..."\r\n\v\f\t\0\u001b\u007f\u0085\u009b\u2028\u2029\u202e\u2066\u200f"];
const chunk = fc.oneof(fc.constantFrom(...breaking), fc.string({ unit: "binary" }));

test("whatever it is given becomes one line for every reader of lines, and well-formed", () => {
	fc.assert(
		fc.property(fc.array(chunk), (chunks) => {
			const line = oneLine(chunks.join(""));
			expect(breaking.filter((one) => line.includes(one))).toEqual([]);
			expect(line.isWellFormed()).toBe(true);
		}),
	);
});

test("what is no such character stays as it is, and what is one can still be told", () => {
	expect(oneLine('it\'s "quoted"; Größe 👨‍👩‍👧 %s $1 {} \\n')).toBe('it\'s "quoted"; Größe 👨‍👩‍👧 %s $1 {} \\n');
	expect(oneLine("a\r\n2026-11-27 [error] forged\u2028")).toBe("a\\u000d\\u000a2026-11-27 [error] forged\\u2028");
});

test("a fault that names such a thing has it on its one line, in its message as in its sentence", () => {
	const fault = new Fault("role-missing", { server: "main", role: "x\n[error] forged\u001b[2J" });
	for (const text of [fault.message, fault.sentence]) expect(text).toBe(oneLine(text));
	expect(fault.sentence).toContain("x\\u000a[error] forged\\u001b[2J");
});
