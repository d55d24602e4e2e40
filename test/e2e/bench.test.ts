// The benchmark as a command: it works and its numbers are numbers. What they are is nobody's business here.

import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "@jest/globals";

const command = fileURLToPath(new URL("../../bench/main.ts", import.meta.url));

test("the benchmark prints one object of finite positive numbers as its last line", async () => {
	const { stdout } = await promisify(execFile)(process.execPath, [command, "--rounds", "1", "--json"]);
	const measured = JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "");
	expect(Object.keys(measured).sort()).toEqual(
		["criticalSectionMs", "deliveredMs", "gapMs", "hopMs", "publishedMs", "rounds", "taskHub"].sort(),
	);
	const numbers = numbersIn(measured);
	expect(numbers.length).toBeGreaterThan(40);
	expect(numbers.filter((value) => !(Number.isFinite(value) && Number(value) > 0))).toEqual([]);
});

const numbersIn = (value: unknown): unknown[] =>
	typeof value === "object" && value !== null ? Object.values(value).flatMap(numbersIn) : [value];
