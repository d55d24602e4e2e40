// `npm run drill`: what the runbook says about disasters, done on the local stack, proved and timed.
// DR1. Exit 0 only when every drill that was asked for was run to its end, and every proof holds. Kept by: drill.test.ts.

import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { codeOf, interruption, leave } from "../interruption.ts";
import { startStack } from "../stack.ts";
import type { Drilled, DrillName, Step } from "./drill.ts";
import { drills } from "./index.ts";
import { wantBackups } from "./operator.ts";
import { help, type Options, optionsIn } from "./options.ts";
import { isProved, narrator, type Say, withDrills } from "./report.ts";

const appDir = fileURLToPath(new URL("../../dist/app", import.meta.url));
const runbook = fileURLToPath(new URL("../../docs/runbook.md", import.meta.url));

const signal = interruption();
await leave(await main());

async function main(): Promise<number> {
	let options: Options;
	try {
		options = optionsIn(process.argv.slice(2));
	} catch (error) {
		process.stderr.write(`${(error as Error).message}\n\n${help}`);
		return 2;
	}
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
