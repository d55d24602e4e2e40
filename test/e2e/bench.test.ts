// The benchmark as a command: it works, its object has the form that scripts read, and its numbers are numbers. What they are is
// nobody's business here.

import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "@jest/globals";

const command = fileURLToPath(new URL("../../bench/main.ts", import.meta.url));
const bench = (...args: string[]) => promisify(execFile)(process.execPath, [command, ...args]);

/** They bring up no more than Azurite. */
const cheapest = ["package", "appends", "verify"];

test("the cheapest benches print one object as the last line: each row with its points, and finite numbers in them", async () => {
	const { stdout, stderr } = await bench("--only", cheapest.join(","), "--quick", "--json");
	expect(stdout.trimEnd().split("\n")).toHaveLength(1);
	const measured = JSON.parse(stdout);
	expect(Object.keys(measured).sort()).toEqual(["benches", "quick", "rounds", "run"]);
	expect(Object.keys(measured.benches)).toEqual(cheapest);
	for (const { rows } of Object.values(measured.benches as Record<string, { rows: Record<string, Measured> }>)) {
		expect(Object.keys(rows).length).toBeGreaterThan(0);
		for (const { says, points } of Object.values(rows)) {
			expect(points.length).toBeGreaterThan(0);
			expect(stderr).toContain(says);
			for (const { product, floor } of points) {
				const numbers = [...Object.values(product), ...Object.values(floor ?? {})];
				expect(numbers.filter((value) => !Number.isFinite(value))).toEqual([]);
				expect(numbers.length).toBe(floor ? 10 : 5);
			}
		}
	}
	const sizes = (row: Measured) => row.points.map(({ size }) => size);
	expect(sizes(measured.benches.verify.rows.time)).toEqual([1_000, 10_000, 100_000]);
	expect(sizes(measured.benches.appends.rows.perSecond)).toEqual([1, 4, 16]);
});

interface Measured {
	readonly says: string;
	readonly points: readonly { size?: number; product: object; floor?: object }[];
}

test("a name that there is not ends it with code 2, and a sentence that lists those that there are", async () => {
	const failed = await bench("--only", "sweeep").catch((error) => error);
	expect(failed).toMatchObject({ code: 2, stdout: "" });
	expect(failed.stderr).toMatch(/^--only names "sweeep"; there are .*\bpackage\b.*\bverify\b/);
});
