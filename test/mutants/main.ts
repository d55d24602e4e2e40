// `npm run mutants`: breaks one line of the product after the other, and says which of them no test notices.

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { codeOf, interruption, leave } from "../../local/interruption.ts";
import { mutants } from "./list/index.ts";
import { jsonOf, summaryOf, tableOf, unexplained, withTable } from "./report.ts";
import { tryAll } from "./try.ts";

const help = `Breaks one line of the product after the other, in a copy, and runs the tests that should notice.
The list is test/mutants/list/: what is broken, where, and who should notice.

Usage: npm run mutants -- [options]

  --only TEXT     those whose name or file has this text in it
  --list          name them and try none
  --write-table   write the table of docs/reliability.md from the list and try none
  --json          print one JSON object as the last line (everything else goes to standard error)
  --help

Exit code: 0 each is noticed or explained, 1 one is not, 2 wrong options, a list that does not fit the code, or tests that
fail on the code as it is, 130 interrupted.
`;

const root = fileURLToPath(new URL("../../", import.meta.url));
const page = join(root, "docs", "reliability.md");

const signal = interruption();
await leave(await main(process.argv.slice(2)));

async function main(args: readonly string[]): Promise<number> {
	try {
		const { values } = parseArgs({
			args: [...args],
			options: {
				only: { type: "string", default: "" },
				list: { type: "boolean", default: false },
				"write-table": { type: "boolean", default: false },
				json: { type: "boolean", default: false },
				help: { type: "boolean", default: false },
			},
		});
		if (values.help) return print(help);
		if (values["write-table"]) {
			await writeFile(page, withTable(await readFile(page, "utf8"), tableOf(mutants)));
			return 0;
		}
		const wanted = mutants.filter(({ name, file }) => `${file} ${name}`.includes(values.only));
		if (wanted.length === 0) throw new Error(`No mutant has "${values.only}" in its name or file.`);
		if (values.list) return print(wanted.map(({ name, file }) => `${file}: ${name}\n`).join(""));

		const out = values.json ? process.stderr : process.stdout;
		const tried = await tryAll(wanted, { root, signal, say: (line) => void out.write(`${line}\n`) });
		out.write(summaryOf(tried));
		if (values.json) print(`${jsonOf(tried)}\n`);
		return unexplained(tried).length === 0 ? 0 : 1;
	} catch (error) {
		if (signal.aborted) return codeOf(signal);
		process.stderr.write(`${(error as Error).message}\n`);
		return 2;
	}
}

function print(text: string): 0 {
	process.stdout.write(text);
	return 0;
}
