import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { newRandomValue, type RandomForm } from "../../../src/lib/domain/random-value.ts";

const form = (changes: Partial<RandomForm>): RandomForm => ({
	format: "hex",
	bits: 256,
	prefix: "",
	classes: [],
	...changes,
});
const made = (changes: Partial<RandomForm>) => newRandomValue(form(changes)).reveal();

test.each<[RandomForm["format"], RegExp]>([
	["hex", /^[0-9a-f]{64}$/],
	["base64", /^[A-Za-z0-9+/]{43}=$/],
	["base64url", /^[A-Za-z0-9_-]{43}$/],
	["alphanumeric", /^[A-Za-z0-9]{43}$/],
	["uuid", /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/],
])("256 bits as %s", (format, pattern) => {
	expect(made({ format })).toMatch(pattern);
});

test("its length follows from the entropy, and the prefix counts for nothing", () => {
	fc.assert(
		fc.property(fc.integer({ min: 128, max: 4096 }), (bits) => {
			expect(made({ bits }).length * 4).toBeGreaterThanOrEqual(bits);
			expect(made({ bits, format: "alphanumeric", prefix: "key_" }).length).toBe(4 + Math.ceil(bits / Math.log2(62)));
		}),
	);
});

test("a thousand of them are a thousand different ones, with the prefix in front", () => {
	const values = Array.from({ length: 1000 }, () => made({ format: "base64url", prefix: "s." }));
	expect(new Set(values).size).toBe(1000);
	expect(values.every((value) => value.startsWith("s."))).toBe(true);
});

test("of each class there are as many as there must be, and nothing else is in it", () => {
	const classes = [
		{ characters: "abcdefghij", atLeast: 0 },
		{ characters: "!", atLeast: 3 },
		{ characters: "0123456789", atLeast: 8 },
	];
	for (let round = 0; round < 200; round++) {
		const value = made({ format: "characters", bits: 128, classes });
		expect(value).toMatch(/^[a-j!0-9]+$/);
		expect(value.match(/!/g)!.length).toBeGreaterThanOrEqual(3);
		expect(value.match(/[0-9]/g)!.length).toBeGreaterThanOrEqual(8);
		// What is lost because others are drawn anew is made up for.
		expect(value.length).toBeGreaterThanOrEqual(Math.ceil(129 / Math.log2(21)));
	}
});

test("each symbol is as likely as any other", () => {
	const counts = new Map<string, number>();
	const text = Array.from({ length: 4000 }, () => made({ format: "alphanumeric" })).join("");
	for (const symbol of text) counts.set(symbol, (counts.get(symbol) ?? 0) + 1);
	expect(counts.size).toBe(62);
	// 2,774 of each on average: this far off by chance once in millions of runs. A byte modulo 62 makes the first eight 21 % likelier.
	for (const count of counts.values()) expect(Math.abs(count - text.length / 62)).toBeLessThan(330);
});
