// `npm run soak`: rotations while everything is broken on purpose, and a table of what held.
// SO1. Exit 0 only when every invariant held and every planned rotation was done.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { codeOf, interruption, leave } from "../interruption.ts";
import { help, type Options, optionsIn } from "./options.ts";
import { brokenIn, painter, table } from "./report.ts";
import { soak } from "./run.ts";

const appDir = fileURLToPath(new URL("../../dist/app", import.meta.url));

const signal = interruption();
await leave(await main(process.argv.slice(2)));

async function main(args: readonly string[]): Promise<number> {
	let options: Options;
	try {
		options = optionsIn(args);
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
	const out = options.json ? process.stderr : process.stdout;
	try {
		const results = await soak(options, { appDir, signal, say: (line) => out.write(`${line}\n`) });
		out.write(table(results, painter(out)));
		if (options.json) process.stdout.write(`${JSON.stringify(results)}\n`);
		if (signal.aborted) return codeOf(signal);
		const { cutShort, rotations } = results;
		return brokenIn(results) === 0 && cutShort === undefined && rotations.done === rotations.planned ? 0 : 1;
	} catch (error) {
		if (signal.aborted) return codeOf(signal);
		process.stderr.write(`\n${(error as Error).message}\n`);
		return 1;
	}
}
