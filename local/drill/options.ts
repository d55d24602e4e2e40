// The drills' options: read, checked, explained.

import { parseArgs } from "node:util";
import { type DrillName, drillNames } from "./drill.ts";

export const help = `Practises disasters on the local stack: each is made, repaired as the runbook says, proved by logins, and timed.

Usage: npm run drill -- [options]

  --only NAMES     with commas between: ${drillNames.join(", ")} (default: all)
  --write-table    write the times into docs/runbook.md, if all drills were run and proved
  --json           print one JSON object as the last line (progress goes to standard error)
  --help

Examples:
  npm run drill
  npm run drill -- --only lost-secret

Exit code: 0 proved, 1 not proved, 2 wrong options, 130 interrupted.
`;

export interface Options {
	readonly only: readonly DrillName[];
	readonly "write-table": boolean;
	readonly json: boolean;
	readonly help: boolean;
}

/** @throws Error that says what is wrong */
export function optionsIn(args: readonly string[]): Options {
	const { values } = parseArgs({
		args: [...args],
		options: {
			only: { type: "string" },
			"write-table": { type: "boolean", default: false },
			json: { type: "boolean", default: false },
			help: { type: "boolean", default: false },
		},
	});
	const only = values.only?.split(",") ?? drillNames;
	const isDrill = (name: string): name is DrillName => (drillNames as readonly string[]).includes(name);
	const wrong = only.find((name) => !isDrill(name));
	if (wrong !== undefined) throw new Error(`--only is "${wrong}"; give of ${drillNames.join(", ")}`);
	if (values["write-table"] && values.only !== undefined)
		throw new Error("--write-table is for all drills; leave --only out");
	return { ...values, only: only.filter(isDrill) };
}
