// `npm run drill`: what the runbook says of disasters, done on the local stack, proved and timed.
// DR1. Exit 0 only when every drill that was asked for was run to its end, and every proof holds. Kept by: drill.test.ts.

import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { codeOf, interruption, leave } from "../interruption.ts";
import { startStack } from "../stack.ts";
import { type Drilled, type DrillName, drillNames, type Step } from "./drill.ts";
import { drills } from "./index.ts";
import { wantBackups } from "./operator.ts";
import { isProved, narrator, type Say, withDrills } from "./report.ts";

const help = `Practises disasters on the local stack: each is made, put right as the runbook says, proved by logins, and timed.

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

const appDir = fileURLToPath(new URL("../../dist/app", import.meta.url));
const runbook = fileURLToPath(new URL("../../docs/runbook.md", import.meta.url));

const signal = interruption();
await leave(await main());

async function main(): Promise<number> {
	const options = given();
	if (options === undefined) return 2;
	if (options.help) {
		process.stdout.write(help);
		return 0;
	}
	if (!existsSync(join(appDir, "host.json"))) {
		process.stderr.write(`The app is not built: there is no ${appDir}. Run: npm run build\n`);
		return 1;
	}
	signal.addEventListener("abort", () => process.stderr.write("\nStopping everything…\n"));
	const say = narrator(options.json ? process.stderr : process.stdout);
	try {
		const drilled = await run(options.only, say);
		const isDone = drilled.length === options.only.length && drilled.every(isProved);
		if (isDone && options["write-table"]) {
			const day = new Date().toISOString().slice(0, 10);
			await writeFile(runbook, withDrills(await readFile(runbook, "utf8"), drilled, day));
		}
		if (options.json) process.stdout.write(`${JSON.stringify({ proved: isDone, drilled })}\n`);
		return isDone ? 0 : 1;
	} catch (error) {
		if (signal.aborted) return codeOf(signal);
		process.stderr.write(`\n${(error as Error).message}\n`);
		return 1;
	}
}

function given() {
	try {
		const { values } = parseArgs({
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
	} catch (error) {
		process.stderr.write(`${(error as Error).message}\n\n${help}`);
		return undefined;
	}
}

async function run(only: readonly DrillName[], say: Say): Promise<Drilled[]> {
	say.title("Bringing up the local stack");
	await using stack = await startStack({ appDir, signal, onUp: (part, address) => say.note(`${part}: ${address}`) });
	await wantBackups(stack);
	const drilled: Drilled[] = [];
	for (const drill of only) {
		const steps: Step[] = [];
		const step = async <T>(by: Step["by"], says: string, work: () => Promise<T>): Promise<T> => {
			const from = performance.now();
			const done = await work();
			const taken = { by, says, seconds: (performance.now() - from) / 1000 };
			steps.push(taken);
			say.step(taken);
			return done;
		};
		const { disaster, prepare } = drills[drill];
		say.title(`${drill}: ${disaster}`);
		const happens = await prepare({ stack, signal, step });
		const from = performance.now();
		const verdicts = await happens();
		signal.throwIfAborted();
		const seconds = (performance.now() - from) / 1000;
		for (const verdict of verdicts) say.verdict(verdict);
		drilled.push({ drill, disaster, steps, seconds, verdicts });
	}
	return drilled;
}
