// What a run writes to docs/performance.md, and that the page has a place for every bench.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { row } from "../../../bench/bench.ts";
import { benches } from "../../../bench/benches/index.ts";
import { withResults } from "../../../bench/performance-page.ts";
import type { Results } from "../../../bench/report.ts";

const before = `# A page
Said by people.
<!-- bench: one -->
| old |
<!-- end -->
Between.
<!-- bench: two -->
| kept |
<!-- end -->
<!-- runs -->
| when | commit | machine | Node.js | what |
| --- | --- | --- | --- | --- |
| 2026-11-01T00:00Z | aaaa | a machine | v24 | one |
<!-- end -->
The end.
`;
const results: Results = {
	run: {
		...{ at: "2026-11-30T12:34:56.000Z", commit: "bbbb", cpu: "Some CPU", cores: 2, memoryGB: 8 },
		...{ node: "v24.0.0", loadBefore: 0.1 },
	},
	...{ rounds: 3, quick: true },
	outcomes: { one: { rows: [row("files", "files", "1", { product: [3] })] } },
};

describe("a run", () => {
	const lines = withResults(before, results).split("\n");

	test("puts the new table in place of the old one, and leaves everything else", () => {
		expect(lines.slice(0, 11)).toEqual([
			...["# A page", "Said by people.", "<!-- bench: one -->"],
			"|  | product | floor | ratio | grows | goal | met |",
			"| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
			"| files | 3 |  |  |  |  |  |",
			...["<!-- end -->", "Between.", "<!-- bench: two -->", "| kept |", "<!-- end -->"],
		]);
		expect(lines.slice(-2)).toEqual(["The end.", ""]);
	});

	test("adds a line above the earlier ones: when, of which commit, on which machine, and what", () => {
		expect(lines.filter((line) => line.startsWith("| 2026-"))).toEqual([
			"| 2026-11-30T12:34Z | bbbb | Some CPU, 2 cores, 8 GB, load before 0.1 | v24.0.0 | one; rounds: 3, quick |",
			"| 2026-11-01T00:00Z | aaaa | a machine | v24 | one |",
		]);
	});

	test("keeps the last twenty of those lines", () => {
		const again = Array.from({ length: 25 }).reduce<string>((page) => withResults(page, results), before);
		expect(again.match(/^\| 2026-/gm)).toHaveLength(20);
		expect(again).not.toContain("aaaa");
	});
});

test("what failed leaves the table that was there", () => {
	const failed = { ...results, outcomes: { one: { failed: "the server is gone" } } };
	expect(withResults(before, failed)).toContain("<!-- bench: one -->\n| old |\n<!-- end -->");
});

test("a bench that the page has no place for is an error that names the place", () => {
	const unknown = { ...results, outcomes: { three: { rows: [] } } };
	expect(() => withResults(before, unknown)).toThrow("<!-- bench: three --> ... <!-- end -->");
});

test("docs/performance.md has a place for every bench, and no other", () => {
	const page = readFileSync(join(import.meta.dirname, "..", "..", "..", "docs", "performance.md"), "utf8");
	const places = [...page.matchAll(/^<!-- bench: (\S+) -->$/gm)].map(([, name]) => name);
	expect(places).toEqual(benches.map(({ name }) => name));
});

test("no two benches have one name", () => {
	expect(new Set(benches.map(({ name }) => name)).size).toBe(benches.length);
});
