// What came of it: the table of docs/reliability.md, made of the list alone, and what is told of one run.

import { dirname } from "node:path";
import type { Mutant } from "./mutant.ts";
import type { Tried } from "./try.ts";

/** Survivors without a reason, and mutants with one that were noticed all the same. */
export const unexplained = (tried: readonly Tried[]): Tried[] =>
	tried.filter(({ mutant, noticed }) => (noticed === undefined) !== (mutant.survives !== undefined));

export function summaryOf(tried: readonly Tried[]): string {
	const survived = tried.filter(({ noticed }) => noticed === undefined);
	const lines = unexplained(tried).map(({ mutant: { name, file, survives }, noticed }) =>
		noticed === undefined
			? `  SURVIVED ${file}: ${name}`
			: `  NOTICED  ${file}: ${name}, although it is said to survive (${survives}), by: ${noticed.split("\n")[0]}`,
	);
	const explained = survived.length - survived.filter(({ mutant }) => mutant.survives === undefined).length;
	const total = `${tried.length} mutants, ${survived.length} survived, ${explained} of them for a reason that the list gives`;
	return [...lines, total, ""].join("\n");
}

/** The last line of `--json`. */
export const jsonOf = (tried: readonly Tried[]): string =>
	JSON.stringify({
		total: tried.length,
		survived: tried
			.filter(({ noticed }) => noticed === undefined)
			.map(({ mutant: { name, file } }) => ({ name, file })),
	});

export const [begin, end] = ["<!-- mutants: npm run mutants -- --write-table -->", "<!-- /mutants -->"];

/** Each survivor has its reason: one without makes the run fail. */
export function tableOf(mutants: readonly Mutant[]): string {
	const folders = [...new Set(mutants.map(({ file }) => dirname(file)))].sort();
	const rows = folders.map((folder) => {
		const inside = mutants.filter(({ file }) => dirname(file) === folder);
		const survive = inside.filter(({ survives }) => survives !== undefined).length;
		return `| \`${folder}/\` | ${inside.length} | ${inside.length - survive} | ${survive} |`;
	});
	const explained = mutants.filter(({ survives }) => survives !== undefined);
	const survivors = explained.map(({ name, file, survives }) => `| \`${file}\` | ${name} | ${survives} |`);
	return [
		"| folder | broken lines | noticed by a test | survive |",
		"|---|---|---|---|",
		...rows,
		"",
		...(survivors.length === 0
			? ["None survives."]
			: ["| file | what is broken | why it survives |", "|---|---|---|", ...survivors]),
	].join("\n");
}

/** @throws Error when the page has no place for the table */
export function withTable(page: string, table: string): string {
	const [before, rest] = page.split(begin);
	const after = rest?.split(end)[1];
	if (after === undefined) throw new Error(`There is no ${begin} and ${end} around the table.`);
	return `${before}${begin}\n${table}\n${end}${after}`;
}
