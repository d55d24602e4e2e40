// docs/capacity.md has what the command prints.

import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
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

describe("its table of one import day", () => {
	const [head, , ...written] = cellsOf(between("herd"));
	const optionsOf = (cell: string) => {
		const [, text = ""] = /`([^`]+)`/.exec(cell) ?? [];
		return [...text.matchAll(/"([^"]+)"|\S+/g)].map(([all, quoted]) => quoted ?? all);
	};
	const herd = optionsOf(head![1]!);
	/** Where the page has pictures of a column. */
	const pictures = ["herd", "spread", undefined];
	const columns = head!.slice(2, -1).map((says, at) => ({ says, at: at + 2, folder: pictures[at] }));

	test("has options in its first line, and figures below", () => {
		expect(herd).toEqual(["--secrets", "10000", "--import-days", "0.02"]);
		const window = ["--window", "0 2 * * 2,4 240 Europe/Berlin"];
		expect(columns.map(({ says }) => optionsOf(says))).toEqual([[], ["--spread-days", "30"], window]);
		expect(written.length).toBeGreaterThan(10);
	});

	test.each(columns)(
		"is what the command prints, and draws, for: $says",
		async ({ says, at, folder }) => {
			const drawn = await mkdtemp(join(tmpdir(), "capacity-"));
			const printed = cellsOf(await simulate(...herd, ...optionsOf(says), "--markdown", "--svg", drawn));
			const values = new Map(printed.map(([, row, value]) => [row, value]));
			expect(written.map((cells) => [cells[1], cells[at]])).toEqual(written.map(([, row]) => [row, values.get(row)]));
			const shown = folder === undefined ? undefined : join(root, "docs", "capacity", folder);
			for (const file of shown === undefined ? [] : readdirSync(shown))
				expect(readFileSync(join(drawn, file), "utf8")).toBe(readFileSync(join(shown!, file), "utf8"));
			await rm(drawn, { recursive: true });
		},
		120_000,
	);
});

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
