// `npm run bench`: every bench that was asked for, one after the other; one table, one object.
// BE1. A bench that fails keeps no other from being measured, and the exit code says so. Otherwise: an hour is lost with the last row.

import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { codeOf, interruption, leave } from "../local/interruption.ts";
import type { Outcome } from "./bench.ts";
import { benches } from "./benches/index.ts";
import { thisRun } from "./machine.ts";
import { helpFor, type Options, optionsIn } from "./options.ts";
import { withResults } from "./performance-page.ts";
import { object, type Results, table } from "./report.ts";

const appDir = fileURLToPath(new URL("../dist/app", import.meta.url));
const page = fileURLToPath(new URL("../docs/performance.md", import.meta.url));
const help = helpFor(benches);
const signal = interruption();
await leave(await main(process.argv.slice(2)));

async function main(args: readonly string[]): Promise<number> {
	let options: Options;
	try {
		options = optionsIn(args, benches);
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
	const results = await measured(options);
	if (signal.aborted) return codeOf(signal);
	(options.json ? process.stderr : process.stdout).write(`\n${table(results)}`);
	if (options.writeTable) await writeFile(page, withResults(await readFile(page, "utf8"), results));
	if (options.json) process.stdout.write(`${JSON.stringify(object(results))}\n`);
	return Object.values(results.outcomes).some((outcome) => "failed" in outcome) ? 1 : 0;
}

async function measured({ benches: chosen, rounds, quick }: Options): Promise<Results> {
	const run = thisRun(new Date());
	const outcomes: Record<string, Outcome> = {};
	for (const bench of chosen) {
		if (signal.aborted) break;
		const say = (text: string) => process.stderr.write(`${bench.name}: ${text}\n`);
		try {
			outcomes[bench.name] = await bench.run({ appDir, rounds, quick, signal, say });
		} catch (error) {
			outcomes[bench.name] = { failed: (error as Error).message };
			if (!signal.aborted) say(`failed: ${(error as Error).stack}`);
		}
	}
	return { run, rounds, quick, outcomes };
}
