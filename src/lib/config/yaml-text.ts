// From YAML to data, and from a path in the data back to its place in the file.
// YT1. What YAML would pass over or take for something else is a mistake here: a key that is given twice, a merge key, a placeholder
//      that nothing has filled in. Otherwise: the last of two keys wins without a word. Kept by: wrong-files.test.ts.
// YT2. Nothing of the library's messages is repeated: they hold the file's text (FI1).

import {
	type Document,
	isAlias,
	isMap,
	isScalar,
	LineCounter,
	type Node,
	type Pair,
	parseDocument,
	visit,
	type YAMLError,
	type YAMLMap,
} from "yaml";
import { shownKey } from "./fields.ts";

export interface Place {
	readonly line: number;
	readonly column: number;
}

export interface Mistake {
	readonly path: readonly PropertyKey[];
	readonly place?: Place | undefined;
	/** The end of a sentence that begins with the path. */
	readonly message: string;
}

export interface Read {
	readonly data: unknown;
	readonly mistakes: readonly Mistake[];
	/** Where a value is, or its nearest parent that there is. */
	placeOf(path: readonly PropertyKey[]): Place | undefined;
	/** Where a key is. */
	placeOfKey(path: readonly PropertyKey[]): Place | undefined;
}

/** By the library's codes. */
const sentences: Readonly<Record<string, string>> = {
	TAB_AS_INDENT: "a tab where YAML takes spaces only",
	BAD_INDENT: "a line that is not indented as its neighbours are, or a bracket before it that is not closed",
	MISSING_CHAR: "a quotation mark, a bracket, a colon or a comma that is missing",
	UNEXPECTED_TOKEN: "something that cannot stand here: put a value with special characters into quotes",
	BLOCK_AS_IMPLICIT_KEY: "a second colon in one line: put the value into quotes, or begin a new line",
	BLOCK_IN_FLOW: "indented lines within { } or [ ]",
	MULTILINE_IMPLICIT_KEY: "a key over several lines: a colon or a quotation mark is missing",
	BAD_SCALAR_START: "a value that begins with a character YAML keeps for itself, as @, % or `: put it into quotes",
	BAD_DQ_ESCAPE: "a backslash that begins no escape: use single quotes, or write \\\\",
	BAD_ALIAS: "a reference (*) to an anchor (&) that is not defined before it",
	BAD_DIRECTIVE: "a line that begins with %, which is for YAML's own directives",
	DUPLICATE_KEY: "a key that is given twice",
	MULTIPLE_DOCS: "a second document (---): a configuration is one",
	TAG_RESOLVE_FAILED: "a tag (!), which would be passed over: take it out",
	MULTIPLE_ANCHORS: "two anchors (&) at one place",
	MULTIPLE_TAGS: "two tags (!) at one place",
	COMMENT_SPACE: "a comment without a space before its #",
	KEY_OVER_1024_CHARS: "a key of more than 1024 characters: a quotation mark is missing",
};

export const isMapping = (value: unknown): value is Record<string, unknown> =>
	typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * @param isIncluded it is no first file
 * @returns what is wrong with the form; or the data, with what is wrong all the same
 */
export function readYaml(text: string, isIncluded = false): Read | { readonly mistakes: readonly Mistake[] } {
	const lines = new LineCounter();
	// Keys that are given twice are reported below, each with its first place.
	const document = parseDocument(text, { lineCounter: lines, uniqueKeys: false, logLevel: "error", merge: true });
	const place = (offset: number | undefined): Place | undefined => {
		if (offset === undefined) return undefined;
		const { line, col } = lines.linePos(offset);
		return { line, column: col };
	};
	const wrong: YAMLError[] = [...document.errors, ...document.warnings];
	if (wrong.length > 0) return { mistakes: [firstOf(wrong, document, place)] };
	if (document.contents === null)
		return {
			mistakes: [
				{
					path: [],
					message: isIncluded
						? "is empty; it needs secrets, vaults, servers, clusters or repositories"
						: "is empty; it needs vaults, servers and secrets, as rotation.config.example.yaml shows them",
				},
			],
		};
	const unknown = unknownAnchors(document, place);
	if (unknown.length > 0) return { mistakes: unknown };
	const mistakes = [...twiceGiven(document, place), ...merged(document, place)];
	try {
		const data: unknown = document.toJS({ maxAliasCount: 100 });
		// A reference to what contains it has no end.
		JSON.stringify(data);
		const placeOf: Read["placeOf"] = (path) => placeIn(document, path, place);
		return { data, mistakes, placeOf, placeOfKey: (path) => keyIn(document, path, place) ?? placeOf(path) };
	} catch {
		return { mistakes: [{ path: [], message: "has references (*) that go on without end, or that are far too many" }] };
	}
}

/** The first one: nobody can say which of the later ones are mistakes by themselves. */
function firstOf([first, ...more]: readonly YAMLError[], document: Document, place: PlaceOf): Mistake {
	const { code, pos } = first!;
	const line = place(pos[0])?.line;
	const others = new Set(more.map((one) => place(one.pos[0])?.line).filter((one) => one !== line)).size;
	const also =
		others === 0
			? ""
			: `. What is wrong with ${others === 1 ? "another line" : `${others} more lines`} may follow from it`;
	const opened = code === "MISSING_CHAR" ? openedAt(document, pos[0]) : undefined;
	const what =
		opened === undefined
			? (sentences[code] ?? code.toLowerCase().replaceAll("_", " "))
			: "a quotation mark that is never closed";
	return { path: [], place: place(opened ?? pos[0]), message: `is not valid YAML here: ${what}${also}` };
}

/** Where the text in quotation marks begins that goes on to there. */
function openedAt(document: Document, end: number): number | undefined {
	let found: number | undefined;
	visit(document, {
		Scalar(_, { type, range }) {
			if (type?.startsWith("QUOTE") && range && range[0] < end && range[1] >= end - 1) found = range[0];
		},
	});
	return found;
}

function unknownAnchors(document: Document, place: PlaceOf): Mistake[] {
	const found: Mistake[] = [];
	visit(document, {
		Alias(_, alias, parents) {
			if (alias.resolve(document) === undefined)
				found.push({
					path: pathOf(parents),
					place: place(startOf(alias)),
					message: "refers (*) to an anchor (&) that is not defined before it; a value that begins with * needs quotes",
				});
		},
	});
	return found;
}

type PlaceOf = (offset: number | undefined) => Place | undefined;

const startOf = (node: unknown): number | undefined => (node as Node | null)?.range?.[0];
/** A merge key's value is a symbol. */
const keyText = ({ key }: Pair): string =>
	String(isScalar(key) ? (typeof key.value === "symbol" ? key.source : key.value) : key);

/** The path of a node, by the parents that a visit names. */
function pathOf(parents: readonly unknown[]): PropertyKey[] {
	return parents.flatMap((parent, at): PropertyKey[] => {
		if (parent !== null && typeof parent === "object" && "key" in parent) return [keyText(parent as Pair)];
		const items = (parent as { items?: unknown[] }).items;
		if (!items || isMap(parent)) return [];
		const index = items.indexOf(parents[at + 1]);
		return index < 0 ? [] : [index];
	});
}

function twiceGiven(document: Document, place: PlaceOf): Mistake[] {
	const found: Mistake[] = [];
	visit(document, {
		Map(_, map: YAMLMap, parents) {
			const first = new Map<string, Pair>();
			for (const pair of map.items) {
				const text = keyText(pair);
				const before = first.get(text);
				if (!before) first.set(text, pair);
				else if (text !== "<<") {
					const line = place(startOf(before.key))?.line;
					const message = `has the key ${shownKey(text)} twice; it is in line ${line} already. Keep one`;
					found.push({ path: pathOf(parents), place: place(startOf(pair.key)), message });
				}
			}
		},
	});
	return found;
}

const mergeMessage = "has a merge key (<<), which this file cannot have; write out the keys that it stands for";

function merged(document: Document, place: PlaceOf): Mistake[] {
	const found: Mistake[] = [];
	visit(document, {
		Pair(_, pair, parents) {
			if (isScalar(pair.key) && keyText(pair) === "<<")
				found.push({ path: pathOf(parents), place: place(startOf(pair.key)), message: mergeMessage });
		},
	});
	return found;
}

function placeIn(document: Document, path: readonly PropertyKey[], place: PlaceOf): Place | undefined {
	for (let depth = path.length; depth >= 0; depth--) {
		const node = document.getIn(path.slice(0, depth), true);
		// What an alias stands for is elsewhere; it is the alias that somebody has to correct.
		const start = isAlias(node) ? node.range?.[0] : startOf(node);
		// A missing field is reported at the key of what should have it.
		if (start !== undefined)
			return depth < path.length && depth > 0
				? (keyIn(document, path.slice(0, depth), place) ?? place(start))
				: place(start);
	}
	return undefined;
}

function keyIn(document: Document, path: readonly PropertyKey[], place: PlaceOf): Place | undefined {
	const parent = document.getIn(path.slice(0, -1), true);
	if (!isMap(parent)) return undefined;
	const pair = parent.items.findLast((item) => keyText(item) === String(path.at(-1)));
	return pair && place(startOf(pair.key));
}
