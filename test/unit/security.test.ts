// The table "What one right is worth to an attacker" is held to the tests: each row names those that tried it, or says that none did.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";

const root = join(import.meta.dirname, "..", "..");

/** The cells of each row below that heading. Fails on a cell that has a border in it: the row is then too long. */
function rowsOf(text: string, heading: string): string[][] {
	const section = text.split(`\n## ${heading}\n`)[1]?.split("\n## ")[0] ?? "";
	const lines = section.split("\n").filter((line) => line.startsWith("|"));
	return lines.map((line) =>
		line
			.split("|")
			.slice(1, -1)
			.map((cell) => cell.trim()),
	);
}

const [head = [], , ...rows] = rowsOf(
	readFileSync(join(root, "docs", "security.md"), "utf8"),
	"What one right is worth to an attacker",
);
const named = (cell: string) => [...cell.matchAll(/`(test\/[\w./-]+\.test\.ts)`/g)].map(([, file]) => file!);

describe("what one right is worth", () => {
	test("has a column for the tests, and rows", () => {
		expect(head).toEqual(["who has", "can", "cannot, because", "seen", "tried by"]);
		expect(rows.length).toBeGreaterThan(30);
	});

	test.each(rows.map((row) => [row[0] ?? "", row] as const))(
		"to who has %s: tests that exist, or none in words",
		(_, row) => {
			expect(row).toHaveLength(head.length);
			const triedBy = row.at(-1) ?? "";
			const files = named(triedBy);
			expect(files.filter((file) => !existsSync(join(root, file)))).toEqual([]);
			// A row without a test gives its reason; one with a test is not also without.
			expect(files.length > 0 ? !triedBy.startsWith("no test") : /^no test: \S/.test(triedBy)).toBe(true);
		},
	);
});
