// `npm run config:check -- FILE`: is a configuration valid, and what does it manage?

import { dirname } from "node:path";
import { parseArgs } from "node:util";
import type { Configuration } from "../lib/config/configuration.ts";
import { checkConfiguration } from "../lib/config/load.ts";
import { textIn } from "./support/files.ts";
import { type Output, run, Unusable } from "./support/run.ts";

/** Far more than any configuration has. */
const mostBytes = 4 * 1024 * 1024;

const help = `Checks a rotation configuration, and the CA files that it names. Nothing is contacted.

  npm run config:check -- FILE           every problem with its path, or what is managed
  npm run -s config:check -- FILE --json the same as one JSON object

Example: npm run config:check -- rotation.config.example.yaml

Exit code: 0 valid, 1 not valid, 2 no such file or wrong arguments.
`;

/** @param args as after `config-check.ts` on the command line */
export async function configCheck(args: readonly string[]): Promise<Output> {
	const options = { json: { type: "boolean" }, help: { type: "boolean", short: "h" } } as const;
	let parsed: ReturnType<typeof parseArgs<{ options: typeof options; allowPositionals: true }>>;
	try {
		parsed = parseArgs({ args: [...args], options, allowPositionals: true });
	} catch (error) {
		return { code: 2, stderr: `${(error as Error).message}\n\n${help}` };
	}
	const { values, positionals } = parsed;
	if (values.help) return { code: 0, stdout: help };
	const [file, ...more] = positionals;
	if (file === undefined || more.length > 0) return { code: 2, stderr: `Give one file.\n\n${help}` };

	let text: string;
	try {
		text = await textIn(file, "Give a rotation configuration: one YAML file.", mostBytes);
	} catch (error) {
		if (!(error instanceof Unusable)) throw error;
		return { code: 2, stderr: `${error.message} ${error.next}\n` };
	}
	const result = await checkConfiguration(text, dirname(file), new Date());
	const problems = "problems" in result ? result.problems : [];
	const code = problems.length === 0 ? 0 : 1;
	if (values.json) {
		const managed = "config" in result ? managedIn(result.config) : [];
		return { code, stdout: `${JSON.stringify({ valid: code === 0, problems, managed })}\n` };
	}
	if ("problems" in result) {
		const lines = problems.map(({ path, line, message }) => `${file}:${line ?? 1}: ${path}: ${message}\n`);
		return {
			code,
			stderr: `${lines.join("")}${count(problems.length, "problem")}; no secret is rotated with this file.\n`,
		};
	}
	return {
		code,
		stdout: `${table(managedIn(result.config))}${file} is valid: ${count(Object.keys(result.config.secrets).length, "managed secret")}.\n`,
	};
}

const managedIn = (config: Configuration) =>
	Object.entries(config.secrets).map(([secret, entry]) => ({
		secret,
		vault: entry.vault,
		name: entry.name,
		...("login" in entry
			? { role: `${rolesIn(entry)} on ${entry.server}`, login: entry.login.mode }
			: { role: "-", login: "-" }),
		every: `${entry.rotateEveryDays} days`,
		derived: entry.derived.map((derived) => derived.secret).join(", ") || "-",
		consumers:
			entry.consumers
				.map(({ namespace, kind, name, cluster }) => `${kind} ${namespace}/${name} in ${cluster}`)
				.join(", ") || "-",
	}));

const rolesIn = (entry: { readonly role: string } | { readonly roles: readonly string[] }): string =>
	"role" in entry ? entry.role : entry.roles.join(" and ");

function table(rows: ReturnType<typeof managedIn>): string {
	const [first] = rows;
	if (first === undefined) return "";
	const columns = Object.keys(first) as (keyof typeof first)[];
	const widths = columns.map((column) => Math.max(column.length, ...rows.map((row) => row[column].length)));
	const line = (cells: readonly string[]) =>
		`${cells
			.map((cell, at) => cell.padEnd(widths[at]!))
			.join("  ")
			.trimEnd()}\n`;
	return `${line(columns)}${rows.map((row) => line(columns.map((column) => row[column]))).join("")}\n`;
}

const count = (number: number, noun: string) => `${number} ${noun}${number === 1 ? "" : "s"}`;

if (import.meta.main) await run(configCheck);
