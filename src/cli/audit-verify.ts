// `npm run audit:verify`: is the audit log what was written?

import { createReadStream } from "node:fs";
import { parseArgs, styleText } from "node:util";
import { Settings } from "../lib/config/settings.ts";
import { type Line, linesIn, type Verdict, verifyChain } from "../lib/domain/audit-chain.ts";
import { Fault } from "../lib/domain/fault.ts";

const help = `Walks the audit log from its first record to its last and names the first one that was edited,
removed, put in, repeated or moved. Nothing is written.

  npm run audit:verify                        the container of the setting AUDIT_CONTAINER_URL
  npm run audit:verify -- --container URL     another container, with the same identity
  npm run audit:verify -- FILE...             exported blobs, the oldest first; nothing is contacted
  npm run -s audit:verify -- --json ...       the same as one JSON object

Examples:
  npm run audit:verify -- --container https://titanicaudit.blob.core.windows.net/audit
  npm run audit:verify -- export/2026-10.ndjson export/2026-11.ndjson

It signs in as the app's managed identity in Azure, and elsewhere as whoever is signed in (az login); that
needs the role Storage Blob Data Reader on the container.

Exit code: 0 the chain is whole, 1 it is not, 2 the log cannot be read or wrong arguments.
`;
const limit =
	"Records that were cut off at the end cannot be noticed yet: compare the head with one you noted earlier.";

const options = {
	container: { type: "string" },
	json: { type: "boolean" },
	help: { type: "boolean", short: "h" },
} as const;

type Source = { readonly files: readonly string[] } | { readonly containerUrl: string };

/** @returns the exit code */
async function main(args: readonly string[]): Promise<0 | 1 | 2> {
	let values: { container?: string; json?: boolean; help?: boolean };
	let positionals: string[];
	try {
		({ values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true }));
	} catch (error) {
		return complain(`${(error as Error).message}\n\n${help}`);
	}
	if (values.help) return say(help, 0);
	const source = sourceOf(positionals, values.container);
	if (typeof source === "string") return complain(`${source}\n\n${help}`);
	let verdict: Verdict;
	try {
		verdict = await verifyChain("files" in source ? linesOfFiles(source.files) : await linesOfLog(source.containerUrl));
	} catch (error) {
		const problem = problemOf(error);
		if (values.json) say(`${JSON.stringify({ whole: null, problem })}\n`, 2);
		return complain(`${problem.message} ${problem.next}\n`);
	}
	const code = verdict.bad ? 1 : 0;
	if (values.json) return say(`${JSON.stringify({ whole: code === 0, ...verdict })}\n`, code);
	return say(report(verdict), code);
}

function sourceOf(files: readonly string[], container: string | undefined): Source | string {
	if (files.length > 0) return container === undefined ? { files } : "Give files or a container, not both.";
	const given = container ?? process.env.AUDIT_CONTAINER_URL;
	if (given === undefined) return "Give files, --container URL, or the setting AUDIT_CONTAINER_URL.";
	const checked = Settings.shape.AUDIT_CONTAINER_URL.safeParse(given);
	return checked.success ? { containerUrl: checked.data } : `The container's URL ${checked.error.issues[0]?.message}.`;
}

async function* linesOfFiles(files: readonly string[]): AsyncGenerator<Line> {
	for (const file of files) {
		// An export may have got the line ends of Windows on its way; a record has none within it.
		for await (const line of linesIn(file, createReadStream(file)))
			yield { ...line, text: line.text.replace(/\r$/, "") };
	}
}

/** The SDK is loaded only here: checking files needs none. */
async function linesOfLog(containerUrl: string): Promise<AsyncIterable<Line>> {
	const { auditLines } = await import("../lib/adapters/blob/audit-log.ts");
	const { azureCredential } = await import("../lib/adapters/identity/credential.ts");
	const { AZURE_CLIENT_ID } = process.env;
	return auditLines({ containerUrl, credential: azureCredential({ AZURE_CLIENT_ID }, process.env) });
}

function problemOf(error: unknown): { code: string; message: string; next: string } {
	if (error instanceof Fault) return { code: error.code, message: error.sentence, next: error.next };
	const { code, path } = error as NodeJS.ErrnoException;
	if (code === undefined || path === undefined) throw error;
	return { code, message: `${path} cannot be read (${code}).`, next: "Give the exported blobs, the oldest first." };
}

function report({ events, rotations, openIntents, first, last, head, bad }: Verdict): string {
	const rows = [
		["Events", `${events}${bad ? " before the bad record" : ""}`],
		["Rotations", `${rotations}`],
		["Intents without outcome", `${openIntents.length}`],
		["First", first ?? "-"],
		["Last", last ?? "-"],
		["Head", `${head.seq} ${head.hash}`],
	];
	const table = rows.map(([name, value]) => `${name?.padEnd(25)}${value}\n`).join("");
	const open = openIntents.map(({ rotationId, step, time }) => `  ${time}  ${step} of ${rotationId}: no outcome\n`);
	if (!bad && events === 0) return `${table}${coloured("yellow", "the log has no record")}\n${limit}\n`;
	if (!bad) return `${table}${open.join("")}${coloured("green", "the chain is whole")}\n${limit}\n`;
	const name = bad.seq === undefined ? "A line" : `Record ${bad.seq}`;
	const where = `${bad.file}, line ${bad.line}`;
	const id = bad.id === undefined ? "" : `, id ${bad.id}`;
	const found = coloured("red", `the chain is broken: ${bad.flaw}`);
	return `${table}${open.join("")}${found}\n${name} (${where}${id}): ${bad.detail}.\nKeep the log as it is.\n`;
}

/** Plain where the output is no terminal, or NO_COLOR is set. */
const coloured = (colour: "green" | "yellow" | "red", text: string): string =>
	styleText(colour, text, { stream: process.stdout, validateStream: true });

function say<Code extends 0 | 1 | 2>(text: string, code: Code): Code {
	process.stdout.write(text);
	return code;
}

function complain(text: string): 2 {
	process.stderr.write(text);
	return 2;
}

process.exitCode = await main(process.argv.slice(2));
