// docs/performance.md: what a run writes there. The rest of the page is written by people.
// PG1. A bench that has no place on the page is an error. Otherwise: it is measured, and nobody ever reads it. Kept by: performance-page.test.ts
//      (test/unit/bench).

import { markdown, type Results } from "./report.ts";

const end = "<!-- end -->";
const mostRuns = 20;

/**
 * @param page its text
 * @returns the page with a table in place of each bench's own that was measured, and with a line about the run
 * @throws Error naming the place that the page lacks
 */
export function withResults(page: string, results: Results): string {
	const measured = Object.entries(results.outcomes).filter(([, outcome]) => !("failed" in outcome));
	const filled = measured.reduce((text, [name, outcome]) => put(text, `bench: ${name}`, () => markdown(outcome)), page);
	const names = measured.map(([name]) => name);
	return put(filled, "runs", (before) => runsWith(before, results, names));
}

function put(page: string, place: string, content: (before: string) => string): string {
	const begin = `<!-- ${place} -->\n`;
	const from = page.indexOf(begin);
	const to = page.indexOf(end, from);
	if (from < 0 || to < 0) throw new Error(`The page has no place for it: ${begin.trim()} ... ${end}`);
	const start = from + begin.length;
	return page.slice(0, start) + content(page.slice(start, to)) + page.slice(to);
}

const head = "| when | commit | machine | Node.js | what |\n| --- | --- | --- | --- | --- |\n";

/** The latest first. */
function runsWith(before: string, { run, rounds, quick }: Results, names: readonly string[]): string {
	const kept = before.split("\n").filter((line) => /^\| \d{4}-/.test(line));
	const machine = `${run.cpu}, ${run.cores} cores, ${run.memoryGB} GB, load before ${run.loadBefore}`;
	const what = `${names.join(", ")}; rounds: ${rounds}${quick ? ", quick" : ""}`;
	const line = `| ${run.at.slice(0, 16)}Z | ${run.commit} | ${machine} | ${run.node} | ${what} |`;
	return `${head}${[line, ...kept].slice(0, mostRuns).join("\n")}\n`;
}
