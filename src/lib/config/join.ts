// Of several files one configuration, with the defaults put into each entry that leaves something out.
// JO1. What an entry says itself, it keeps. Mappings are merged key by key, lists and values are the entry's own; a mapping of another
//      `path` or `mode` takes nothing of the default's. Otherwise: an entry has options of two deliveries. Kept by: defaults.test.ts.
// JO2. Each mistake is reported where somebody wrote it: in the entry, the default or the file that it comes from. Otherwise: one
//      wrong default is reported five thousand times, at places where nothing is wrong. Kept by: defaults.test.ts,
//      wrong-files.test.ts.

import { firstOnly, Included, optionsOf } from "./configuration.ts";
import type { FileMistake, ReadFile } from "./include.ts";
import { isMapping } from "./yaml-text.ts";

type Path = readonly PropertyKey[];

/** Where a part of the whole was written. */
export interface Origin {
	readonly file: ReadFile;
	/** In that file. */
	readonly path: Path;
	/** The entry that took it, where it is a default. */
	readonly takenBy?: string;
}

export interface Joined {
	readonly data: unknown;
	readonly mistakes: readonly FileMistake[];
	originOf(path: Path): Origin;
}

const parts = ["vaults", "servers", "clusters", "repositories", "secrets"] as const;

export function joined(files: readonly [ReadFile, ...ReadFile[]]): Joined {
	const [first, ...more] = files;
	const mistakes: FileMistake[] = [];
	if (!isMapping(first.read.data))
		return { data: first.read.data, mistakes, originOf: (path) => ({ file: first, path }) };
	const given = first.read.data;
	const all = more.length === 0 ? given : withIncluded(given, more, first, mistakes);
	const defaults = isMapping(given.defaults) ? given.defaults : {};
	const data = { ...all, ...(isMapping(all.secrets) && { secrets: withDefaults(all.secrets, defaults) }) };
	const homeOf = homes(files);
	return {
		data,
		mistakes,
		originOf(path) {
			const [part, id, ...rest] = path;
			const file = homeOf(part, id) ?? first;
			if (part !== "secrets" || rest.length === 0 || has(file.read.data, path) || !has(data, path))
				return { file, path };
			const takenBy = String(id);
			if (has(defaults.secrets, rest)) return { file: first, path: ["defaults", "secrets", ...rest], takenBy };
			const [list, , ...inConsumer] = rest;
			if (list === "consumers" && has(defaults.consumers, inConsumer))
				return { file: first, path: ["defaults", "consumers", ...inConsumer], takenBy };
			return { file, path };
		},
	};
}

type Entries = Readonly<Record<string, unknown>>;

/** The parts of all files, each entry once. */
function withIncluded(given: Entries, more: readonly ReadFile[], first: ReadFile, mistakes: FileMistake[]): Entries {
	const whole = new Map<string, Map<string, { readonly value: unknown; readonly file: ReadFile }>>();
	for (const file of [first, ...more]) {
		const { data, placeOf, placeOfKey } = file.read;
		const wrong = (path: Path, message: string, place = placeOf(path)) =>
			void mistakes.push({ file: file.name, path, place, message });
		if (file !== first) for (const { path, message, at } of misplaced(data)) wrong(path, message, placeOfKey(at));
		for (const part of parts) {
			const entries = isMapping(data) ? data[part] : undefined;
			if (!isMapping(entries)) continue;
			const taken = whole.get(part) ?? new Map();
			whole.set(part, taken);
			for (const [key, value] of Object.entries(entries)) {
				const before = taken.get(key);
				if (!before) taken.set(key, { value, file });
				else {
					const line = before.file.read.placeOfKey([part, key])?.line;
					wrong([part, key], `is in ${before.file.name}, line ${line}, already; keep one`, placeOfKey([part, key]));
				}
			}
		}
	}
	const entriesOf = (taken: ReadonlyMap<string, { readonly value: unknown }>) =>
		Object.fromEntries([...taken].map(([key, { value }]) => [key, value]));
	const merged = [...whole].map(([part, taken]) => [part, entriesOf(taken)] as const);
	// A part that is not a mapping in the first file stays as it is, and is reported as such.
	return {
		...given,
		...Object.fromEntries(merged.filter(([part]) => given[part] === undefined || isMapping(given[part]))),
	};
}

/** What a file that is included cannot have, each with its place. */
function misplaced(data: unknown): { readonly path: Path; readonly message: string; readonly at: Path }[] {
	const given = isMapping(data) ? data : {};
	const forAll = Object.keys(given).filter((key) => firstOnly.has(key));
	const rest = isMapping(data)
		? Object.fromEntries(Object.entries(given).filter(([key]) => !firstOnly.has(key)))
		: data;
	const issues = Included.safeParse(rest).error?.issues ?? [];
	return [
		...forAll.map((key) => ({ path: [key], message: "belongs into the first file, since it is for all", at: [key] })),
		...issues.map((issue) => ({
			path: issue.path,
			message: issue.message,
			at: issue.code === "unrecognized_keys" ? [...issue.path, issue.keys[0]!] : issue.path,
		})),
	];
}

/** The file that has an entry. */
function homes(files: readonly ReadFile[]): (part: unknown, id: unknown) => ReadFile | undefined {
	return (part, id) => files.find(({ read }) => has(read.data, [part, id] as PropertyKey[]));
}

function withDefaults(secrets: Entries, { secrets: given, consumers }: Entries): Entries {
	if (!isMapping(given) && !isMapping(consumers)) return secrets;
	return Object.fromEntries(Object.entries(secrets).map(([id, entry]) => [id, completed(entry, given, consumers)]));
}

function completed(entry: unknown, given: unknown, consumers: unknown): unknown {
	if (!isMapping(entry)) return entry;
	const defaults = isMapping(given) ? given : {};
	const options = optionsOf(entry.strategy ?? defaults.strategy);
	const fitting = Object.fromEntries(Object.entries(defaults).filter(([option]) => options.has(option)));
	const whole = over(fitting, entry) as Entries;
	if (!isMapping(consumers) || !Array.isArray(whole.consumers)) return whole;
	return { ...whole, consumers: whole.consumers.map((one) => (isMapping(one) ? over(consumers, one) : one)) };
}

/** What decides which other options a mapping has. */
const kinds = ["path", "mode"];

function over(base: unknown, own: unknown): unknown {
	if (own === undefined) return base;
	if (!isMapping(base) || !isMapping(own)) return own;
	const isOther = kinds.some((kind) => base[kind] !== undefined && own[kind] !== undefined && base[kind] !== own[kind]);
	if (isOther) return own;
	const missing = Object.keys(base).filter((key) => !Object.hasOwn(own, key));
	const merged = Object.entries(own).map(([key, value]) => [
		key,
		Object.hasOwn(base, key) ? over(base[key], value) : value,
	]);
	return Object.fromEntries([...merged, ...missing.map((key) => [key, base[key]])]);
}

/** Is there something at this path? */
function has(data: unknown, path: Path): boolean {
	let at = data;
	for (const key of path) {
		if (typeof at !== "object" || at === null || !Object.hasOwn(at, key)) return false;
		at = (at as Record<PropertyKey, unknown>)[key];
	}
	return at !== undefined;
}
