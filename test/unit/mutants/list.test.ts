// The list is held to the code: what is to be broken is there, can be broken, and is counted in docs/reliability.md.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { parseSync } from "@swc/core";
import { mutants } from "../../mutants/list/index.ts";
import { brokenBy } from "../../mutants/mutant.ts";
import { tableOf, withTable } from "../../mutants/report.ts";

const root = join(import.meta.dirname, "..", "..", "..");
const textOf = (file: string) => readFileSync(join(root, file), "utf8").replaceAll("\r\n", "\n");

test("what each mutant breaks is there once, and is a program when it is broken", () => {
	const wrong = mutants.flatMap((mutant) => {
		try {
			const broken = brokenBy(mutant, textOf(mutant.file));
			// A query has its own parser, in the tests that run it.
			if (!mutant.file.endsWith(".kql")) parseSync(broken, { syntax: "typescript" });
			return [];
		} catch (error) {
			return [`${mutant.name}: ${(error as Error).message}`];
		}
	});
	expect(wrong).toEqual([]);
});

test("no two mutants of a file are called the same", () => {
	const names = mutants.map(({ file, name }) => `${file}: ${name}`);
	expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});

test("the tests that should notice are there", () => {
	const files = mutants.flatMap(({ tests }) => tests.map((one) => (typeof one === "string" ? one : one.file)));
	expect([...new Set(files)].filter((file) => !existsSync(join(root, file)))).toEqual([]);
});

test("the table of docs/reliability.md is the list's (else: npm run mutants -- --write-table)", () => {
	const page = textOf("docs/reliability.md");
	expect(withTable(page, tableOf(mutants))).toBe(page);
});
