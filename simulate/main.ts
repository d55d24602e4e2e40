// `npm run simulate`: a year of rotations on a virtual clock, and what it asks of everybody.

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { help, optionsIn } from "./options.ts";
import { markdown, object, table } from "./report.ts";
import { type Results, simulated } from "./simulate.ts";
import { lateness, peaks } from "./svg.ts";

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
	let given: ReturnType<typeof optionsIn>;
	try {
		given = optionsIn(args);
	} catch (error) {
		process.stderr.write(`${(error as Error).message}\n\n${help}`);
		return 2;
	}
	const { help: isAsked, json, markdown: isMarkdown, svg, runs } = given;
	if (isAsked) {
		process.stdout.write(help);
		return 0;
	}
	try {
		const all: Results[] = [];
		for (const run of runs) all.push(await simulated(run));
		if (svg !== undefined) await drawn(svg, all[0]!);
		const text = isMarkdown ? markdown(all) : table(all);
		process.stdout.write(json ? `${JSON.stringify(object(all))}\n` : text);
		return 0;
	} catch (error) {
		process.stderr.write(`${(error as Error).message}\n`);
		return 1;
	}
}

async function drawn(folder: string, results: Results): Promise<void> {
	await mkdir(folder, { recursive: true });
	await writeFile(join(folder, "peaks.svg"), peaks(results));
	await writeFile(join(folder, "lateness.svg"), lateness(results));
}
