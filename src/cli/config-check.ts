// `npm run config:check -- FILE`: is a configuration valid, and what does it manage?

import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import type { Configuration, ManagedSecret } from "../lib/config/configuration.ts";
import { textIn } from "../lib/config/encoding.ts";
import { type ConfigurationProblem, checkFile } from "../lib/config/load.ts";
import { bytesIn } from "./support/files.ts";
import { type Output, run, Unusable } from "./support/run.ts";

/** Far more than any configuration has. */
const mostBytes = 4 * 1024 * 1024;

const help = `Checks a rotation configuration, the files that it includes and the CA files that it names. Nothing is contacted.

  npm run config:check -- FILE           every problem and warning with its place, or what is managed and when
  npm run -s config:check -- FILE --json the same as one JSON object

Example: npm run config:check -- rotation.config.example.yaml

Exit code: 0 valid (warnings or not), 1 not valid, 2 no such file or wrong arguments.
`;

/** @param args as after `config-check.ts` on the command line */
export async function configCheck(args: readonly string[], now = new Date()): Promise<Output> {
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

	const read = await textOf(file);
	if (typeof read === "string") return { code: 2, stderr: `${read}\n` };
	const result =
		"wrong" in read
			? { problems: [{ path: "(the whole file)", line: read.line, message: read.wrong }] }
			: await checkFile(file, read.text, now);
	if (values.json) return { code: "config" in result ? 0 : 1, stdout: `${JSON.stringify(asJson(result))}\n` };
	if ("problems" in result) {
		const { problems } = result;
		const told = problems.map((problem) => lineOf(file, problem)).join("");
		return { code: 1, stderr: `${told}${count(problems.length, "problem")}; no secret is rotated with this file.\n` };
	}
	const { config, warnings } = result;
	const head = `${file} is valid: ${count(Object.keys(config.secrets).length, "managed secret")}`;
	const tail = warnings.length === 0 ? "." : `, ${count(warnings.length, "warning")}.`;
	return {
		code: 0,
		stdout: `${table(managedIn(config))}${freezesIn(config)}${head}${tail}\n`,
		...(warnings.length > 0 && { stderr: warnings.map((one) => lineOf(file, one, "warning: ")).join("") }),
	};
}

/** @returns what is wrong with the command where there is no such file */
async function textOf(file: string): Promise<ReturnType<typeof textIn> | string> {
	try {
		return textIn(await bytesIn(file, "Give a rotation configuration: one YAML file.", mostBytes));
	} catch (error) {
		if (!(error instanceof Unusable)) throw error;
		return `${error.message} ${error.next}`;
	}
}

type Result = Awaited<ReturnType<typeof checkFile>>;

const asJson = (result: Result) =>
	"problems" in result
		? { valid: false, problems: result.problems, warnings: [], managed: [], freezes: [] }
		: {
				...{ valid: true, problems: [], warnings: result.warnings },
				...{ managed: managedIn(result.config), freezes: result.config.freezes },
			};

const lineOf = (first: string, { file, path, line = 1, column = 1, message }: ConfigurationProblem, kind = "") =>
	`${file === undefined ? first : join(dirname(first), file)}:${line}:${column}: ${kind}${path}: ${message}\n`;

const managedIn = (config: Configuration) =>
	Object.entries(config.secrets).map(([secret, entry]) => ({
		secret,
		vault: entry.vault,
		name: entry.name,
		...("login" in entry
			? { role: `${rolesIn(entry)} on ${entry.server}`, login: entry.login.mode }
			: { role: "-", login: "-" }),
		every: `${entry.rotateEveryDays} days`,
		starts: startsIn(entry),
		derived: entry.derived.map((derived) => derived.secret).join(", ") || "-",
		consumers:
			entry.consumers
				.map(({ namespace, kind, name, cluster }) => `${kind} ${namespace}/${name} in ${cluster}`)
				.join(", ") || "-",
	}));

/** When its rotations may start by themselves. */
function startsIn({ automatic, windows, expiryBeatsWindowDays }: ManagedSecret): string {
	if (!automatic) return "when a person orders it";
	if (windows.length === 0) return "at any time";
	const each = windows.map(({ cron, minutes, zone }) => `${cron} ${zone} for ${minutes} min`);
	return `${each.join(", ")}; or ${expiryBeatsWindowDays} days before expiry`;
}

const freezesIn = ({ freezes }: Configuration): string =>
	freezes
		.map(
			({ from, to, reason, secrets }) => `Freeze of ${secrets?.join(", ") ?? "all"} from ${from} to ${to}: ${reason}\n`,
		)
		.join("");

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

if (import.meta.main) await run((args) => configCheck(args));
