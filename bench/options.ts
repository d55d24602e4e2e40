// The suite's options: read, checked, explained.

import { parseArgs } from "node:util";
import type { Bench } from "./bench.ts";

export interface Options {
	readonly help: boolean;
	readonly json: boolean;
	readonly quick: boolean;
	readonly writeTable: boolean;
	readonly rounds: number;
	/** In the registry's order. */
	readonly benches: readonly Bench[];
}

type Known = readonly Pick<Bench, "name" | "says">[];

export const helpFor = (
	known: Known,
): string => `Measures the product against its floor, in turns on the same machine: the same calls written straight-line with the plain
SDKs, or the smallest durable app on the same host. One table for people, one object for scripts (docs/performance.md).

Usage: npm run -s bench -- [options]

  --only NAME[,NAME]   these benches only (default: all)
  --quick              small sizes and one round: all of it in less than three minutes
  --rounds N           how often each is measured (1 to 100; default 3, with --quick 1)
  --json               print one JSON object as the last line (the table goes to standard error)
  --write-table        write the tables, and a line about this run, to docs/performance.md
  --help

Benches:
${known.map(({ name, says }) => `  ${name.padEnd(9)}  ${says}`).join("\n")}

Examples:
  npm run -s bench -- --quick
  npm run -s bench -- --only package,verify --json
  npm run -s bench -- --only rotation --rounds 5
  npm run -s bench -- --write-table

Exit code: 0 measured, 1 something failed, 2 wrong options, 130 interrupted.
A goal that is not met is no failure: the table says so.
`;

/** @throws Error a sentence that names the option, what was given and what is allowed */
export function optionsIn(args: readonly string[], known: readonly Bench[]): Options {
	const { values } = parseArgs({
		args: [...args],
		options: {
			only: { type: "string" },
			quick: { type: "boolean", default: false },
			rounds: { type: "string" },
			json: { type: "boolean", default: false },
			"write-table": { type: "boolean", default: false },
			help: { type: "boolean", default: false },
		},
	});
	const { help, json, quick } = values;
	const rounds = values.rounds === undefined ? (quick ? 1 : 3) : Number(values.rounds);
	if (!Number.isInteger(rounds) || rounds < 1 || rounds > 100)
		throw new Error(`--rounds is "${values.rounds}"; give a whole number from 1 to 100`);
	return { help, json, quick, rounds, writeTable: values["write-table"], benches: chosen(values.only, known) };
}

function chosen(only: string | undefined, known: readonly Bench[]): readonly Bench[] {
	if (only === undefined) return known;
	const wanted = only.split(",").map((name) => name.trim());
	const unknown = wanted.find((name) => !known.some((bench) => bench.name === name));
	if (unknown !== undefined)
		throw new Error(`--only names "${unknown}"; there are ${known.map(({ name }) => name).join(", ")}`);
	return known.filter(({ name }) => wanted.includes(name));
}
