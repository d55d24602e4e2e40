// Reads the configuration's files and what they name. A broken one is a fault, never a partial configuration: a rotator that manages
// half of what it should looks healthy.

import { createHash } from "node:crypto";
import { basename, dirname, resolve } from "node:path";
import type * as z from "zod";
import { Fault } from "../domain/fault.ts";
import { wrongFiles } from "./authorities.ts";
import { Configuration, wrongTogether } from "./configuration.ts";
import { textIn } from "./encoding.ts";
import { shownKey } from "./fields.ts";
import { bundleOf, type ConfigurationFile, type FileMistake, type Gathered, gathered, unbundled } from "./include.ts";
import { type Joined, joined } from "./join.ts";
import { placeholders } from "./placeholders.ts";
import { unknownNames } from "./references.ts";
import { folderSource, type Source } from "./source.ts";
import { warningsOf } from "./warnings.ts";
import { isMapping } from "./yaml-text.ts";

/** One thing wrong in a file. */
export interface ConfigurationProblem {
	/** The file that was included; absent in the first one. */
	readonly file?: string;
	/** `secrets["db-password"].rotateEveryDays` */
	readonly path: string;
	readonly line?: number;
	readonly column?: number;
	/** What is wrong and what is allowed. */
	readonly message: string;
}

export interface LoadedConfiguration {
	readonly config: Configuration;
	/** The file as it was read; of several, all of them as one text (include.ts). */
	readonly text: string;
	/** SHA-256 of it, hex. */
	readonly hash: string;
	/** Paths of CAs in the configuration are relative to this folder. */
	readonly folder: string;
	/** What would be in force if it could be: the source's newest one is broken, or the source cannot be read. */
	readonly passedOver?: { readonly since: string; readonly fault: Fault };
}

export type Checked =
	| { readonly config: Configuration; readonly text: string; readonly warnings: ConfigurationProblem[] }
	| { readonly problems: ConfigurationProblem[] };

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
	readonly problems: readonly Problem[];
	/** Without the entries that are wrong. */
	readonly sound?: { readonly config: Configuration; told(wrong: Wrong): Problem };
}

type Path = readonly PropertyKey[];
interface Wrong {
	readonly path: Path;
	readonly message: string;
}

/** With what puts it in order and folds it with others. */
interface Problem extends ConfigurationProblem {
	/** In the order of the files. */
	readonly at: number;
	/** The entry that took the default which is wrong. */
	readonly takenBy?: string;
}

/**
 * Checks a configuration file, and the files that it includes and names.
 * @param folder of the CAs' files
 * @param now where it is given, what has expired is a problem too
 */
export async function checkConfiguration(
	first: ConfigurationFile,
	source: Source,
	folder: string,
	now?: Date,
): Promise<Checked> {
	const found = await gathered(first, source);
	const { problems, sound } = understood(found);
	const wrong = sound ? await wrongFiles(sound.config, folder, now) : [];
	if (!sound || problems.length > 0 || wrong.length > 0)
		return { problems: inOrder([...problems, ...wrong.map((one) => sound!.told(one))]) };
	const warnings = now ? inOrder(warningsOf(sound.config, now).map(sound.told)) : [];
	return { config: sound.config, text: bundleOf(filesOf(found)), warnings };
}

/** The same of a file in its folder, whose text is known. */
export const checkFile = (file: string, text: string, now: Date): Promise<Checked> => {
	const folder = dirname(resolve(file));
	return checkConfiguration({ name: basename(file), text }, folderSource(folder), folder, now);
};

const filesOf = (found: Gathered) => found.files as readonly [ConfigurationFile, ...ConfigurationFile[]];

/**
 * Checks the text of a configuration: a file's, or the one that all files were put into.
 * @returns the configuration, or every problem found
 */
export function parseConfiguration(text: string): { config: Configuration } | { problems: ConfigurationProblem[] } {
	const { problems, sound } = understood(unbundled(text, "rotation.config.yaml"));
	return problems.length > 0 || !sound ? { problems: inOrder(problems) } : { config: sound.config };
}

function understood(found: Gathered): Understood {
	const order = new Map(found.files.map(({ name }, index) => [name, index]));
	const [first] = found.files;
	const problemIn = (file: string, { path, place, message }: Omit<FileMistake, "file">, takenBy?: string): Problem => ({
		...(file !== first?.name && { file }),
		path: pathText(path),
		...place,
		message,
		at: order.get(file) ?? order.size,
		...(takenBy !== undefined && { takenBy }),
	});
	if ("mistakes" in found) return { problems: found.mistakes.map(({ file, ...mistake }) => problemIn(file, mistake)) };
	const { files } = found;
	const { data, mistakes, originOf } = joined(files);
	const told = ({ path, message }: Wrong): Problem => {
		const { file, path: there, takenBy } = originOf(path);
		return problemIn(file.name, { path: there, place: file.read.placeOf(there), message }, takenBy);
	};
	const own = [...files.flatMap(({ name, read }) => read.mistakes.map((one) => ({ ...one, file: name }))), ...mistakes];
	const unfilled = placeholders(data);
	// Where a part is given twice, one half is not in the data.
	const isPartTwice = own.some(({ path }) => path.length === 0);
	const taken = new Set(unfilled.map(({ path }) => pathText(path)));
	const unknown = isPartTwice ? [] : unknownNames(data).filter(({ path }) => !taken.has(pathText(path)));
	const form = Configuration.safeParse(data);
	const issues = form.error?.issues ?? [];
	const ofForm = issues
		.filter(({ path }) => !taken.has(pathText(path)))
		.map((issue) => problemOfForm(issue, { originOf, problemIn, told }));
	// What the entries that are right are to each other shows once those that are wrong are out of the way.
	const sound = form.success ? form : Configuration.safeParse(without(data, issues));
	const together = sound.success ? wrongTogether(sound.data).map(told) : [];
	return {
		problems: [
			...own.map(({ file, ...mistake }) => problemIn(file, mistake)),
			...[...unfilled, ...unknown].map(told),
			...ofForm,
			...together,
		],
		...(sound.success && { sound: { config: sound.data, told } }),
	};
}

interface Telling {
	readonly originOf: Joined["originOf"];
	problemIn(file: string, mistake: Omit<FileMistake, "file">, takenBy?: string): Problem;
	told(wrong: Wrong): Problem;
}

function problemOfForm(issue: z.core.$ZodIssue, { originOf, problemIn, told }: Telling): Problem {
	const { code, path, message } = issue;
	if (code === "unrecognized_keys") {
		const { file, path: there, takenBy } = originOf([...path, issue.keys[0]!]);
		const place = file.read.placeOfKey(there);
		return problemIn(file.name, { path: there.slice(0, -1), place, message }, takenBy);
	}
	if (code !== "invalid_key") return told({ path, message });
	const { file, path: there } = originOf(path);
	const problem = problemIn(file.name, {
		path: there,
		place: file.read.placeOfKey(there),
		message: `cannot be a name here; ${allowedIn(issue)}`,
	});
	return { ...problem, path: keyPathText(there) };
}

/** In the files' order, nothing twice. Two keys that are not shown can be told apart by their places only. */
function inOrder(problems: readonly Problem[]): ConfigurationProblem[] {
	const told = new Map<string, { readonly problem: Problem; readonly takers: Set<string> }>();
	for (const problem of problems) {
		const { takenBy, ...rest } = problem;
		const key = JSON.stringify(rest);
		const same = told.get(key) ?? { problem, takers: new Set() };
		told.set(key, same);
		if (takenBy !== undefined) same.takers.add(takenBy);
	}
	return [...told.values()]
		.sort(
			({ problem: one }, { problem: other }) =>
				one.at - other.at || (one.line ?? 0) - (other.line ?? 0) || (one.column ?? 0) - (other.column ?? 0),
		)
		.map(({ problem: { at: _, takenBy: __, message, ...rest }, takers }) => ({
			...rest,
			message: `${message}${takenIn([...takers])}`,
		}));
}

/** Which entries a default was put into. */
function takenIn([first, ...more]: readonly string[]): string {
	if (first === undefined) return "";
	return ` (taken by ${pathText(["secrets", first])}${more.length > 0 ? ` and ${more.length} more` : ""})`;
}

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
export async function loadConfiguration(
	file: string,
	source: Source = folderSource(dirname(resolve(file))),
): Promise<LoadedConfiguration> {
	return loadedFrom(source, basename(file), dirname(resolve(file)));
}

/**
 * @param name of the first file, in its source
 * @throws Fault `configuration-invalid`, or what the source throws
 */
export async function loadedFrom(source: Source, name: string, folder: string): Promise<LoadedConfiguration> {
	const wrong = (problems: string, cause?: unknown) =>
		new Fault("configuration-invalid", { file: name, problems }, cause);
	const bytes = await source.read(name).catch((error) => {
		throw error instanceof Fault ? error : wrong("the file cannot be read.", error);
	});
	if (bytes === undefined) throw wrong("the file cannot be read.");
	const read = textIn(bytes);
	if ("wrong" in read) throw wrong(`the file ${read.wrong}.`);
	const checked = await checkConfiguration({ name, text: read.text }, source, folder);
	if ("problems" in checked) throw wrong(sentenceOf(name, checked.problems));
	return loadedOf(checked.config, checked.text, folder);
}

export const loadedOf = (config: Configuration, text: string, folder: string): LoadedConfiguration => ({
	...{ config, text, folder },
	hash: createHash("sha256").update(text).digest("hex"),
});

function sentenceOf(name: string, problems: readonly ConfigurationProblem[]): string {
	const shown = problems
		.slice(0, 5)
		.map(({ file = name, path, line = 1, column = 1, message }) => `${path}: ${message} (${file}:${line}:${column})`);
	const more = problems.length - shown.length;
	return `${shown.join("; ")}${more > 0 ? `; and ${more} more` : ""}.`;
}
