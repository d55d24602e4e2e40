import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { Fault } from "../../../src/lib/domain/fault.ts";
import { firstUnseen, oneLine, someOf } from "../../../src/lib/domain/line.ts";

/** What ends a line somewhere, drives a terminal, or makes a text read as another one. */
const breaking = [..."\r\n\v\f\t\0\u001b\u007f\u0085\u009b\u2028\u2029\u202e\u2066\u200f"];
/** What nobody sees: zero-width, byte order mark, soft hyphen, joiner, filler, selector, tag, private use, unassigned, blank. */
const unseen = [..."\u200b\u200c\ufeff\u00ad\u2060\u034f\u115f\u3164\ufe00\ue000\u0378\uffff\u2800\u{e0041}\u{f0000}"];
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

test.each(unseen.map((one) => [one.codePointAt(0)!.toString(16), one]))(
	"U+%s, which nobody sees, is an escape, and is found",
	(_, one) => {
		const written = one
			.split("")
			.map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
			.join("");
		expect(oneLine(`db${one}-password`)).toBe(`db${written}-password`);
		expect(firstUnseen(`db${one}-password`)).toBe(one);
		// Within JSON it is still the same value.
		expect(JSON.parse(oneLine(JSON.stringify(one)))).toBe(one);
	},
);

test("a joiner, a selector and tags belong to an emoji, and nowhere else", () => {
	for (const emoji of ["👨‍👩‍👧", "❤️", "1️⃣", "👍🏽", "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}"]) {
		expect(oneLine(emoji)).toBe(emoji);
		expect(firstUnseen(`a ${emoji} b`)).toBeUndefined();
	}
	expect(oneLine("a\u200db👨\u200d")).toBe("a\\u200db👨\\u200d");
	expect(firstUnseen("❤️\ufe0f")).toBe("\ufe0f");
});

test("six marks stand on a letter; each one more is an escape, and is found", () => {
	const six = "e\u0301\u0323\u0302\u0304\u0308\u0306";
	expect(oneLine(`${six}, ${six}`)).toBe(`${six}, ${six}`);
	expect(firstUnseen(six)).toBeUndefined();
	expect(oneLine(`${six}\u0336\u0337x`)).toBe(`${six}\\u0336\\u0337x`);
	expect(firstUnseen(`${six}\u0336`)).toBe("\u0336");
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

test("of many names the first three are told, and how many there are besides", () => {
	expect(someOf(["a", "b", "c"])).toBe("a, b, c");
	expect(someOf(["a", "b", "c", "d", "e"])).toBe("a, b, c and 2 more");
	expect(someOf([])).toBe("");
});
