// The files that a configuration is made of: the first one, and what it and they include.
// INC1. A file is read once. Otherwise: a circle of files has no end, or an entry is reported as its own double. Kept
//       by: include.test.ts, wrong-files.test.ts.
// INC2. All files that there are make one text, with one hash. Otherwise: a record's hash says nothing of what was included.
//       Kept by: include.test.ts.

import { posix } from "node:path";
import { textIn } from "./encoding.ts";
import type { Source } from "./source.ts";
import { isMapping, type Mistake, type Read, readYaml } from "./yaml-text.ts";

export interface ConfigurationFile {
	/** Relative to the first file's folder, with `/`. */
	readonly name: string;
	readonly text: string;
}

/** A mistake, and the file that it is in. */
export interface FileMistake extends Mistake {
	readonly file: string;
}

/** A file, understood as YAML. */
export interface ReadFile extends ConfigurationFile {
	readonly read: Read;
}

export type Gathered =
	| { readonly files: readonly [ReadFile, ...ReadFile[]] }
	| { readonly files: readonly ConfigurationFile[]; readonly mistakes: readonly FileMistake[] };

const most = { files: 500, bytes: 10_000_000 };

/** @returns all files, the first one first; or what keeps them from being read */
export async function gathered(first: ConfigurationFile, source: Source): Promise<Gathered> {
	const files: ReadFile[] = [];
	const mistakes: FileMistake[] = [];
	let bytes = 0;

	/** @param chain the files that led here, the last one first */
	async function take({ name, text }: ConfigurationFile, chain: readonly string[]): Promise<void> {
		bytes += Buffer.byteLength(text);
		if (bytes > most.bytes) {
			const whole = chain.length > 0 || files.length > 0 ? "makes all files together" : "is";
			mistakes.push({ file: name, path: [], message: `${whole} larger than ${most.bytes} bytes` });
			return;
		}
		const read = readYaml(text, chain.length > 0);
		if (!("data" in read)) {
			mistakes.push(...read.mistakes.map((one) => ({ ...one, file: name })));
			return;
		}
		files.push({ name, text, read });
		const wanted = isMapping(read.data) && Array.isArray(read.data.include) ? read.data.include : [];
		for (const [index, pattern] of wanted.entries()) {
			// The schema reports anything that is not text.
			if (typeof pattern !== "string") continue;
			const path = ["include", index];
			const wrong = (message: string) => void mistakes.push({ file: name, path, place: read.placeOf(path), message });
			await include(pattern, [name, ...chain], wrong);
		}
	}

	async function include(pattern: string, chain: readonly [string, ...string[]], wrong: (message: string) => void) {
		const meant = within(chain[0], pattern);
		if (typeof meant !== "string") return wrong(meant.wrong);
		const isPattern = /[*?]/.test(meant);
		const names = isPattern ? (await namesLike(meant, source)).filter((one) => !chain.includes(one)) : [meant];
		if (names.length === 0) return wrong("matches no file; patterns are relative to the file that they are in");
		for (const one of names) {
			if (chain.includes(one))
				return wrong(`goes round in a circle: ${[...chain].reverse().join(" includes ")} includes ${one}`);
			if (files.some(({ name }) => name === one)) return wrong(`names ${one}, which is included already; name it once`);
			if (files.length >= most.files) return wrong(`makes it more than ${most.files} files`);
			const bytes = await source.read(one);
			if (bytes === undefined)
				return wrong(
					"is not there; paths are relative to the file that they are in, and may not be links that lead out",
				);
			const found = textIn(bytes);
			if ("text" in found) await take({ name: one, text: found.text }, chain);
			else {
				const place = found.line === undefined ? undefined : { line: found.line, column: 1 };
				mistakes.push({ file: one, path: [], place, message: found.wrong });
			}
		}
	}

	await take(first, []);
	const [head, ...more] = files;
	return head === undefined || mistakes.length > 0 ? { files, mistakes } : { files: [head, ...more] };
}

/** @returns the name that is meant, or the end of a sentence that begins with the item */
function within(from: string, pattern: string): string | { readonly wrong: string } {
	if (/^[/\\]|^[A-Za-z]:|:\/\/|\\|\0/.test(pattern))
		return { wrong: "is not a relative path; give one such as teams/web.yaml" };
	const meant = posix.join(posix.dirname(from), pattern);
	if (meant === ".." || meant.startsWith("../"))
		return { wrong: "leads out of the first file's folder; put the file into it" };
	if (!/\.ya?ml$/.test(meant)) return { wrong: "does not end in .yaml or .yml" };
	return meant;
}

async function namesLike(pattern: string, source: Source): Promise<readonly string[]> {
	const fixed = pattern.slice(0, pattern.search(/[*?]/));
	const names = await source.names(posix.dirname(`${fixed}x`));
	return names.filter((name) => posix.matchesGlob(name, pattern));
}

const label = "configurationFiles";

/** What the hash is made of: the first file's text, as long as it is the only one. */
export function bundleOf(files: readonly [ConfigurationFile, ...ConfigurationFile[]]): string {
	const [first, ...more] = files;
	if (more.length === 0) return first.text;
	return JSON.stringify({ [label]: files.map(({ name, text }) => ({ name, text })) });
}

/** The files of which `bundleOf` made this text, understood; or what is wrong with one. */
export function unbundled(text: string, name: string): Gathered {
	const given = filesIn(text) ?? [{ name, text }];
	const read = given.map((one, at) => ({ ...one, read: readYaml(one.text, at > 0) }));
	const mistakes = read.flatMap((one) =>
		"data" in one.read ? [] : one.read.mistakes.map((mistake) => ({ ...mistake, file: one.name })),
	);
	if (mistakes.length > 0) return { files: given, mistakes };
	return { files: read as unknown as readonly [ReadFile, ...ReadFile[]] };
}

function filesIn(text: string): readonly ConfigurationFile[] | undefined {
	if (!text.startsWith(`{"${label}":`)) return undefined;
	try {
		const files: unknown = JSON.parse(text)[label];
		const isFile = (one: unknown): one is ConfigurationFile =>
			isMapping(one) && typeof one.name === "string" && typeof one.text === "string";
		return Array.isArray(files) && files.length > 0 && files.every(isFile) ? files : undefined;
	} catch {
		return undefined;
	}
}
