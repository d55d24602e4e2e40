// Reads the configuration file and what it names. A broken one is a fault, never a partial configuration: a rotator that manages half of
// what it should looks healthy.

import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import { LineCounter, parseDocument } from "yaml";
import { Fault } from "../domain/fault.ts";
import { wrongFiles } from "./authorities.ts";
import { Configuration } from "./configuration.ts";
import { shownKey } from "./fields.ts";

/** One thing wrong in the file. */
export interface ConfigurationProblem {
	/** `secrets["db-password"].rotateEveryDays` */
	readonly path: string;
	readonly line?: number;
	/** What is wrong and what is allowed. */
	readonly message: string;
}

export interface LoadedConfiguration {
	readonly config: Configuration;
	/** SHA-256 of the file, hex. */
	readonly hash: string;
	/** Paths in the configuration are relative to this folder. */
	readonly folder: string;
}

const maxBytes = 1_000_000;

const pathText = (path: readonly PropertyKey[]): string =>
	path
		.map((part, index) =>
			typeof part === "number"
				? `[${part}]`
				: /^[a-zA-Z_]\w*$/.test(String(part))
					? (index === 0 ? "" : ".") + String(part)
					: `[${JSON.stringify(String(part).slice(0, 128))}]`,
		)
		.join("") || "(the whole file)";

type LineOf = (path: readonly PropertyKey[]) => number | undefined;
type Parsed = { config: Configuration; lineOf: LineOf } | { problems: ConfigurationProblem[] };

/**
 * Checks the text of a configuration file, and the files that it names.
 * @param now where it is given, what has expired is a problem too
 */
export async function checkConfiguration(
	text: string,
	folder: string,
	now?: Date,
): Promise<{ config: Configuration } | { problems: ConfigurationProblem[] }> {
	const parsed = parseConfiguration(text);
	if ("problems" in parsed) return parsed;
	const { config, lineOf } = parsed;
	const wrong = await wrongFiles(config, folder, now);
	if (wrong.length === 0) return { config };
	return { problems: wrong.map(({ path, message }) => ({ path: pathText(path), line: lineOf(path), message })) };
}

/**
 * Checks the text of a configuration file.
 * @returns the configuration, or every problem found
 */
export function parseConfiguration(text: string): Parsed {
	if (Buffer.byteLength(text) > maxBytes) {
		return { problems: [{ path: "(the whole file)", message: `is larger than ${maxBytes} bytes` }] };
	}
	const lines = new LineCounter();
	const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, logLevel: "error" });
	// A warning is an unknown tag, whose value would be taken as if it had none.
	const mistakes = [...document.errors, ...document.warnings];
	if (mistakes.length > 0) {
		return {
			problems: mistakes.map(({ code, linePos }) => ({
				path: "(the whole file)",
				line: linePos?.[0].line,
				message: `is not valid YAML: ${code.toLowerCase().replaceAll("_", " ")}`,
			})),
		};
	}
	let data: unknown;
	try {
		data = document.toJS({ maxAliasCount: 100 });
	} catch {
		return { problems: [{ path: "(the whole file)", message: "has too many or unresolved aliases" }] };
	}
	const lineOf: LineOf = (path) => {
		for (let depth = path.length; depth >= 0; depth--) {
			const node = document.getIn(path.slice(0, depth), true) as { range?: [number, number, number] } | undefined;
			if (node?.range) return lines.linePos(node.range[0]).line;
		}
		return undefined;
	};
	const parsed = Configuration.safeParse(data);
	if (parsed.success) return { config: parsed.data, lineOf };
	const problems = parsed.error.issues.map((issue) => ({
		path: issue.code === "invalid_key" ? keyPathText(issue.path) : pathText(issue.path),
		line: lineOf(issue.code === "unrecognized_keys" ? [...issue.path, issue.keys[0]!] : issue.path),
		message: issue.code === "invalid_key" ? `is no key here; ${allowedIn(issue)}` : issue.message,
	}));
	// Two keys that are not shown can be told apart by their lines only.
	const told = new Map(problems.map((problem) => [JSON.stringify(problem), problem]));
	return { problems: [...told.values()].sort((a, b) => (a.line ?? 0) - (b.line ?? 0)) };
}

/** The last part is what somebody wrote in a name's place. */
const keyPathText = (path: readonly PropertyKey[]): string =>
	`${pathText(path.slice(0, -1))}[${shownKey(String(path.at(-1)))}]`;

/** What a key may be: the second half of its own message. */
const allowedIn = ({ issues: [issue] }: { issues: readonly { message: string }[] }) =>
	issue?.message.replace(/^.*?; /, "");

/**
 * @param file path of the YAML file
 * @throws Fault `configuration-invalid`, naming the first problems by path
 */
export async function loadConfiguration(file: string): Promise<LoadedConfiguration> {
	let text: string;
	try {
		text = await readFile(file, "utf8");
	} catch (error) {
		throw new Fault("configuration-invalid", { file: basename(file), problems: "the file cannot be read." }, error);
	}
	const folder = dirname(resolve(file));
	const parsed = await checkConfiguration(text, folder);
	if ("problems" in parsed) {
		const shown = parsed.problems.slice(0, 5).map(({ path, message }) => `${path}: ${message}`);
		const more = parsed.problems.length - shown.length;
		throw new Fault("configuration-invalid", {
			file: basename(file),
			problems: `${shown.join("; ")}${more > 0 ? `; and ${more} more` : ""}.`,
		});
	}
	return {
		config: parsed.config,
		hash: createHash("sha256").update(text).digest("hex"),
		folder,
	};
}
