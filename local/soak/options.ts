// The soak's options: read, checked, explained.

import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";

export const help = `Rotates passwords on the local stack while it is broken on purpose: the host is killed, PostgreSQL restarted, every
connection cut, the vault throttled, rights are taken away, events come twice and late, other bundles are deployed.
Logins and requests go on all the while, and what must hold is checked after every rotation.

Usage: npm run soak -- [options]

  --rotations N   how many (1 to 100000, default 50); every fifth has a workload to deliver to
  --seed S        whole number that decides what happens when (default: a new one, which is printed)
  --lanes L       secrets that rotate side by side (1 to 8, default 4)
  --mix           a secret of each strategy instead, delivered by two paths to one workload
  --json          print one JSON object as the last line (everything else goes to standard error)
  --help

Examples:
  npm run soak -- --rotations 12 --seed 1
  npm run -s soak -- --rotations 500 --seed 1912 --json
  npm run soak -- --rotations 100 --mix

Exit code: 0 everything held, 1 something was broken, 2 wrong options, 130 interrupted.
`;

export interface Options {
	readonly help: boolean;
	readonly json: boolean;
	readonly rotations: number;
	readonly seed: number;
	readonly lanes: number;
	readonly mix: boolean;
}

/** @throws Error a sentence that names the option, what was given and what is allowed */
export function optionsIn(args: readonly string[]): Options {
	const { values } = parseArgs({
		args: [...args],
		options: {
			rotations: { type: "string", default: "50" },
			seed: { type: "string" },
			lanes: { type: "string" },
			mix: { type: "boolean", default: false },
			json: { type: "boolean", default: false },
			help: { type: "boolean", default: false },
		},
	});
	const whole = (name: string, text: string, least: number, most: number) => {
		const value = Number(text);
		if (text.trim() === "" || !Number.isInteger(value) || value < least || value > most)
			throw new Error(`--${name} is "${text}"; give a whole number from ${least} to ${most}`);
		return value;
	};
	if (values.mix && values.lanes !== undefined)
		throw new Error("--lanes is for a run without --mix, which has a lane for each strategy; leave one of them out");
	return {
		help: values.help,
		json: values.json,
		rotations: whole("rotations", values.rotations, 1, 100_000),
		seed: values.seed === undefined ? randomInt(2 ** 31) : whole("seed", values.seed, 0, 2 ** 31 - 1),
		lanes: whole("lanes", values.lanes ?? "4", 1, 8),
		mix: values.mix,
	};
}
