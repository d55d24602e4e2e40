import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { type Code, changes, outcomes, reasons, steps, triggers } from "../../../src/lib/domain/codes.ts";
import { faultCodes } from "../../../src/lib/domain/fault.ts";

const lists = { outcomes, reasons, changes, steps, triggers };
const entries = Object.entries(lists).flatMap(([list, codes]) =>
	Object.entries(codes).map(([code, meaning]) => ({ list, code, meaning: [...meaning] as string[] })),
);

test.each(entries)("$code of $list is a word, and is explained in sentences", ({ code, meaning }) => {
	expect(code).toMatch(/^[a-z]+(-[a-z]+)*$/);
	for (const sentence of meaning) expect(sentence).toMatch(/^[A-Z`].*\.$/);
});

test("in the audit log a code means one thing", () => {
	const all = [...faultCodes, ...Object.keys(reasons), ...Object.keys(steps), ...Object.keys(triggers)];
	expect(all.filter((code, index) => all.indexOf(code) !== index)).toEqual([]);
});

test("a code that is in no list does not compile", () => {
	// @ts-expect-error: it is nobody's
	const unknown: Code = "nobodys-code";
	const known: Code = "not-due";
	expect(Object.hasOwn(reasons, unknown)).toBe(false);
	expect(Object.hasOwn(reasons, known)).toBe(true);
});

test("no code is listed that nothing says", () => {
	const lib = join(import.meta.dirname, "../../../src/lib");
	const files = readdirSync(lib, { recursive: true, encoding: "utf8" }).filter((file) => /(?<!codes)\.ts$/.test(file));
	const source = files.map((file) => readFileSync(join(lib, file), "utf8")).join("\n");
	const said = (code: string) =>
		source.includes(`"${code}"`) || /^(rotate|deliver|reconcile|retire|rollback)-requested$/.test(code);
	expect(entries.filter(({ code }) => !said(code)).map(({ code }) => code)).toEqual([]);
});
