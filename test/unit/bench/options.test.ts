import { describe, expect, test } from "@jest/globals";
import type { Bench } from "../../../bench/bench.ts";
import { helpFor, optionsIn } from "../../../bench/options.ts";

const bench = (name: string): Bench => ({ name, says: `what ${name} says`, run: async () => ({ rows: [] }) });
const known = ["first", "second", "third"].map(bench);
const namesOf = (...args: string[]) => optionsIn(args, known).benches.map(({ name }) => name);

test("without options every bench runs, three rounds each", () => {
	expect(namesOf()).toEqual(["first", "second", "third"]);
	expect(optionsIn([], known)).toMatchObject({ rounds: 3, quick: false, json: false, writeTable: false, help: false });
});

test("--quick is one round, unless --rounds says otherwise", () => {
	expect(optionsIn(["--quick"], known).rounds).toBe(1);
	expect(optionsIn(["--quick", "--rounds", "7"], known).rounds).toBe(7);
});

test("--only takes some of them, in the order of the registry", () => {
	expect(namesOf("--only", "third,first")).toEqual(["first", "third"]);
	expect(namesOf("--only", " second , third ")).toEqual(["second", "third"]);
});

describe("refuses, in a sentence that names the option and what is allowed,", () => {
	test.each([
		[["--only", "first,secnod"], '--only names "secnod"; there are first, second, third'],
		[["--only", ""], '--only names ""; there are first, second, third'],
		[["--rounds", "0"], '--rounds is "0"; give a whole number from 1 to 100'],
		[["--rounds", "1.5"], '--rounds is "1.5"; give a whole number from 1 to 100'],
		[["--rounds", "many"], '--rounds is "many"; give a whole number from 1 to 100'],
	])("%j", (args, says) => {
		expect(() => optionsIn(args, known)).toThrow(says);
	});

	test("an option that there is not", () => {
		expect(() => optionsIn(["--fast"], known)).toThrow("--fast");
	});
});

test("the help names every bench with what it measures, and fits into 130 columns", () => {
	const help = helpFor(known);
	for (const { name, says } of known) expect(help).toMatch(new RegExp(`^ {2}${name} +${says}$`, "m"));
	expect(help.split("\n").filter((line) => line.length > 130)).toEqual([]);
});
