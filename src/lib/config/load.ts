// Reads the configuration file and what it names. A broken one is a fault, never a partial configuration: a rotator that manages half of
// what it should looks healthy.

import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import type * as z from "zod";
import { Fault } from "../domain/fault.ts";
import { wrongFiles } from "./authorities.ts";
import { Configuration, wrongTogether } from "./configuration.ts";
import { textIn } from "./encoding.ts";
import { shownKey } from "./fields.ts";
import { placeholders } from "./placeholders.ts";
import { unknownNames } from "./references.ts";
import { warningsOf } from "./warnings.ts";
import { type Mistake, type Place, type Read, readYaml } from "./yaml-text.ts";

/** One thing wrong in the file. */
export interface ConfigurationProblem {
	/** `secrets["db-password"].rotateEveryDays` */
	readonly path: string;
	readonly line?: number;
	readonly column?: number;
	/** What is wrong and what is allowed. */
	readonly message: string;
}

export interface LoadedConfiguration {
	readonly config: Configuration;
	/** The file as it was read. */
	readonly text: string;
	/** SHA-256 of it, hex. */
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
		.join("") || wholeFile;

const wholeFile = "(the whole file)";

/** As much as could be understood: what is wrong, and all or the sound part of what is right. */
interface Understood {
	readonly problems: readonly ConfigurationProblem[];
	/** Without the entries that are wrong. */
	readonly sound?: { readonly config: Configuration; placeOf(path: readonly PropertyKey[]): Place | undefined };
}

/**
 * Checks the text of a configuration file, and the files that it names.
 * @param now where it is given, what has expired is a problem too
 */
export async function checkConfiguration(
	text: string,
	folder: string,
	now?: Date,
): Promise<{ config: Configuration; warnings: ConfigurationProblem[] } | { problems: ConfigurationProblem[] }> {
	const { problems, sound } = understood(text);
	const wrong = sound ? await wrongFiles(sound.config, folder, now) : [];
	const told = ({ path, message }: { path: readonly PropertyKey[]; message: string }) => ({
		path: pathText(path),
		...sound?.placeOf(path),
		message,
	});
	if (problems.length > 0 || wrong.length > 0 || !sound)
		return { problems: inOrder([...problems, ...wrong.map(told)]) };
	return { config: sound.config, warnings: now ? inOrder(warningsOf(sound.config, now).map(told)) : [] };
}

/**
 * Checks the text of a configuration file.
 * @returns the configuration, or every problem found
 */
export function parseConfiguration(text: string): { config: Configuration } | { problems: ConfigurationProblem[] } {
	const { problems, sound } = understood(text);
	return problems.length > 0 || !sound ? { problems: inOrder(problems) } : { config: sound.config };
}

function understood(text: string): Understood {
	if (Buffer.byteLength(text) > maxBytes)
		return { problems: [{ path: wholeFile, message: `is larger than ${maxBytes} bytes` }] };
	const read = readYaml(text);
	if (!("data" in read)) return { problems: read.mistakes.map(asProblem) };
	const { data, mistakes, placeOf } = read;
	const unfilled = placeholders(data);
	// Of a part that is given twice, one half is not in the data.
	const isPartTwice = mistakes.some(({ path }) => path.length === 0);
	const taken = new Set(unfilled.map(({ path }) => pathText(path)));
	const at = ({ path, message }: { path: readonly PropertyKey[]; message: string }): Mistake => ({
		path,
		place: placeOf(path),
		message,
	});
	const found = [
		...mistakes,
		...[...unfilled, ...(isPartTwice ? [] : unknownNames(data)).filter(({ path }) => !taken.has(pathText(path)))].map(
			at,
		),
	];
	const form = Configuration.safeParse(data);
	const issues = form.error?.issues ?? [];
	const ofForm = issues.filter(({ path }) => !taken.has(pathText(path))).map((issue) => problemOfForm(issue, read));
	// What the entries that are right are to each other shows once those that are wrong are out of the way.
	const sound = form.success ? form : Configuration.safeParse(without(data, issues));
	const together = sound.success ? wrongTogether(sound.data).map((wrong) => asProblem(at(wrong))) : [];
	return {
		problems: [...found.map(asProblem), ...ofForm, ...together],
		...(sound.success && { sound: { config: sound.data, placeOf } }),
	};
}

function problemOfForm(issue: z.core.$ZodIssue, { placeOf, placeOfKey }: Read): ConfigurationProblem {
	const { code, path, message } = issue;
	if (code === "unrecognized_keys") return { path: pathText(path), ...placeOfKey([...path, issue.keys[0]!]), message };
	if (code !== "invalid_key") return { path: pathText(path), ...placeOf(path), message };
	return { path: keyPathText(path), ...placeOfKey(path), message: `cannot be a name here; ${allowedIn(issue)}` };
}

const asProblem = ({ path, place, message }: Mistake): ConfigurationProblem => ({
	path: pathText(path),
	...place,
	message,
});

/** In the file's order, nothing twice. Two keys that are not shown can be told apart by their places only. */
function inOrder(problems: readonly ConfigurationProblem[]): ConfigurationProblem[] {
	const told = new Map(problems.map((problem) => [JSON.stringify(problem), problem]));
	return [...told.values()].sort(
		(one, other) => (one.line ?? 0) - (other.line ?? 0) || (one.column ?? 0) - (other.column ?? 0),
	);
}

const isMapping = (value: unknown): value is Record<string, unknown> =>
	typeof value === "object" && value !== null && !Array.isArray(value);

/** The file without its entries that are wrong; of a part that is wrong itself nothing. */
function without(data: unknown, issues: readonly z.core.$ZodIssue[]): unknown {
	const rest: Record<string, unknown> = {
		vaults: {},
		servers: {},
		secrets: {},
		...(isMapping(data) && structuredClone(data)),
	};
	for (const issue of issues) {
		const [part, entry] = issue.path;
		if (part === undefined) {
			if (issue.code === "unrecognized_keys") for (const key of issue.keys) delete rest[key];
			continue;
		}
		const things = rest[String(part)];
		if (entry !== undefined && isMapping(things)) delete things[String(entry)];
		else rest[String(part)] = Array.isArray(things) ? [] : {};
	}
	return rest;
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
	let bytes: Buffer;
	try {
		bytes = await readFile(file);
	} catch (error) {
		throw new Fault("configuration-invalid", { file: basename(file), problems: "the file cannot be read." }, error);
	}
	const folder = dirname(resolve(file));
	const read = textIn(bytes);
	if ("wrong" in read)
		throw new Fault("configuration-invalid", { file: basename(file), problems: `the file ${read.wrong}.` });
	const { text } = read;
	const parsed = await checkConfiguration(text, folder);
	if ("problems" in parsed) {
		const shown = parsed.problems.slice(0, 5).map(({ path, message }) => `${path}: ${message}`);
		const more = parsed.problems.length - shown.length;
		throw new Fault("configuration-invalid", {
			file: basename(file),
			problems: `${shown.join("; ")}${more > 0 ? `; and ${more} more` : ""}.`.replace(/\?\.$/, "?"),
		});
	}
	return {
		config: parsed.config,
		text,
		hash: createHash("sha256").update(text).digest("hex"),
		folder,
	};
}
