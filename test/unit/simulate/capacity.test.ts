// docs/capacity.md has what the command prints.

import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "@jest/globals";
import { deliveryOf } from "../../../simulate/delivery.ts";
import { around } from "../../../simulate/measured.ts";
import { optionsIn } from "../../../simulate/options.ts";
import { pricesAsMarkdown } from "../../../simulate/report.ts";

const root = join(import.meta.dirname, "..", "..", "..");
const page = readFileSync(join(root, "docs", "capacity.md"), "utf8");
const simulate = async (...args: string[]) =>
	(await promisify(execFile)(process.execPath, [join(root, "simulate", "main.ts"), ...args])).stdout;

const between = (name: string) => page.split(`<!-- ${name} -->\n`)[1]?.split(`<!-- /${name} -->`)[0] ?? "";
const cellsOf = (table: string) =>
	table
		.trim()
		.split("\n")
		.map((line) => line.split("|").map((cell) => cell.trim()));

test("its table of sizes is what the command prints, to the last digit", async () => {
	const printed = cellsOf(await simulate("--secrets", "100,10000", "--markdown"));
	const written = cellsOf(between("sizes"));
	expect(written.map(([, says, small, large]) => [says, small, large])).toEqual(
		printed.map(([, says, small, large]) => [says, small, large]),
	);
	expect(written[0]).toEqual(["", "365 days", "100 secrets", "10,000 secrets", "100,000 secrets", ""]);
}, 120_000);

test("its prices are those that the command takes", () => {
	expect(between("prices")).toBe(pricesAsMarkdown());
});

describe("its comparison with the bench", () => {
	const [consumer] = optionsIn([]).runs[0]!.secret.consumers;

	test.each([
		[12, 2, 5, 51],
		[18, 4, 10, 67],
	])(
		"says for %d looks (a copy after %d s, a rollout of %d s) that there are %d messages",
		(looks, copy, rollout, messages) => {
			const { looks: made, actions } = deliveryOf(consumer!, copy, rollout);
			const steps = made.flatMap(({ steps }) => steps);
			expect(steps.filter((step) => ["checkCopy", "checkRollout", "verify"].includes(step))).toHaveLength(looks);
			// The run's own start, and two a step of it.
			expect(actions + 1 + 2 * around.length).toBe(messages);
		},
	);
});

test("the command draws its pictures, and prints one object and nothing else", async () => {
	const { runs } = JSON.parse(await simulate("--secrets", "5", "--days", "30", "--json"));
	expect(runs).toHaveLength(1);
	expect(runs[0]).toMatchObject({ apps: 1, forgotten: 0, options: { secrets: 5, days: 30 } });
});

test("a wrong option is exit code 2, and says so before the help", async () => {
	await expect(simulate("--days", "none")).rejects.toMatchObject({
		code: 2,
		stdout: "",
		stderr: expect.stringMatching(/^--days is "none"; give a whole number from 1 to 1000\n\nA year of rotations/),
	});
});
