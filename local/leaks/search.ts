// The search: every secret, in every form, in everything that anybody wrote.
// LK1. A place that cannot be read is an error, not a pass. Otherwise: the search finds nothing where it did not look.
// LK2. What is compressed is searched as it was before that, and a database page by page and row by row. Otherwise: a
//      secret hides in a gzip member, or lies across two pages of an SQLite file.

import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { constants, inflateRawSync } from "node:zlib";
import { formsOf } from "./forms.ts";

/** What kind of secret it is decides where it may be: allowed.ts. */
export interface Secret<Kind extends string = string> {
	readonly kind: Kind;
	readonly value: string;
}

/** A place to search: all files below a folder, or a text; or why it cannot be searched on this machine. */
export type Place<Name extends string = string> =
	| { readonly name: Name; readonly folder: string }
	| { readonly name: Name; readonly text: string }
	| { readonly name: Name; readonly hidden: string };

/** Never the secret itself. */
export interface Leak {
	readonly place: string;
	/** Where the place is a folder. */
	readonly file?: string;
	readonly kind: string;
	readonly form: string;
}

/** Shorter ones would be found by chance. */
const shortest = 8;
/** A needle is looked for by so many bytes of its middle, since tokens begin alike. */
const anchorBytes = 4;

interface Needle {
	readonly kind: string;
	readonly form: string;
	readonly bytes: Buffer;
	/** Where its anchor begins. */
	readonly at: number;
}

/**
 * Searches every place for every secret in every form.
 * @throws Error a place that cannot be read; a secret too short to be distinguished from anything else
 */
export async function findLeaks(secrets: readonly Secret[], places: readonly Place[]): Promise<Leak[]> {
	const search = searchFor(secrets);
	const leaks: Leak[] = [];
	const look = (where: { place: string; file?: string }, content: Buffer) => {
		for (const found of search(content)) leaks.push({ ...where, ...found });
	};
	for (const place of places) {
		if ("text" in place) look({ place: place.name }, Buffer.from(place.text));
		if (!("folder" in place)) continue;
		for (const path of await filesBelow(place.folder)) {
			const where = { place: place.name, file: path.slice(place.folder.length + 1) };
			const content = await contentOf(path);
			if (content === undefined) continue;
			for (const bytes of isSqlite(content) ? [content, rowsOf(path)] : [content]) {
				look(where, bytes);
				for (const inflated of inflatedIn(bytes)) look(where, inflated);
			}
		}
	}
	return leaks;
}

/**
 * All at once: a stack has hundreds of secrets with dozens of forms, and megabytes of logs.
 * @throws Error a secret too short to be distinguished from anything else
 */
export function searchFor(secrets: readonly Secret[]): (content: Buffer) => Pick<Leak, "kind" | "form">[] {
	const byAnchor = new Map<number, Needle[]>();
	const maybe = new Uint8Array(1 << 20);
	const known = new Set<string>();
	for (const { kind, value } of secrets) {
		if (value.length < shortest) throw new Error(`A ${kind} of ${value.length} characters cannot be searched for.`);
		if (known.has(`${kind} ${value}`)) continue;
		known.add(`${kind} ${value}`);
		for (const [form, bytes] of formsOf(value)) {
			const at = (bytes.length - anchorBytes) >> 1;
			const anchor = bytes.readInt32LE(at);
			maybe[slot(anchor)] = 1;
			byAnchor.set(anchor, [...(byAnchor.get(anchor) ?? []), { kind, form, bytes, at }]);
		}
	}
	return (content) => {
		const found = needlesIn(content, maybe, byAnchor);
		return [...new Map([...found].map(({ kind, form }) => [`${kind} ${form}`, { kind, form }])).values()];
	};
}

/** Looked up once: under Jest a global is asked for through its sandbox, which takes fifty times as long as a byte. */
const { imul } = Math;
const slot = (anchor: number): number => imul(anchor, 0x9e3779b1) >>> 12;

/**
 * Megabytes go through this, byte by byte. No closure of a search: each new one would begin as slow as an interpreter is.
 * @param maybe at the slot of each anchor: 1
 */
function needlesIn(
	content: Buffer,
	maybe: Uint8Array,
	byAnchor: ReadonlyMap<number, readonly Needle[]>,
): ReadonlySet<Needle> {
	const found = new Set<Needle>();
	let anchor = content.length < anchorBytes ? 0 : content.readInt32LE(0);
	for (let at = 0; at + anchorBytes <= content.length; at++) {
		if (maybe[slot(anchor)] === 1) {
			for (const needle of byAnchor.get(anchor) ?? []) {
				const start = at - needle.at;
				if (start < 0 || found.has(needle)) continue;
				if (content.subarray(start, start + needle.bytes.length).equals(needle.bytes)) found.add(needle);
			}
		}
		anchor = (anchor >>> 8) | ((content[at + anchorBytes] ?? 0) << 24);
	}
	return found;
}

async function filesBelow(folder: string): Promise<string[]> {
	const entries = await readdir(folder, { withFileTypes: true, recursive: true });
	const link = entries.find((entry) => entry.isSymbolicLink());
	if (link) throw new Error(`${join(link.parentPath, link.name)} is a link: what it names is not searched.`);
	return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

/** `undefined`: it was removed since the folder was read, as journals are. */
const contentOf = (path: string): Promise<Buffer | undefined> =>
	readFile(path).catch((error: NodeJS.ErrnoException) => {
		if (error.code === "ENOENT") return undefined;
		throw error;
	});

/** Each gzip member in it, wherever it begins: Azurite keeps many blobs in one file. */
function* inflatedIn(content: Buffer): Generator<Buffer> {
	const begin = Buffer.from([0x1f, 0x8b, 0x08]);
	for (let at = content.indexOf(begin); at >= 0; at = content.indexOf(begin, at + 1)) {
		try {
			// Without the header: what follows a member is garbage to gunzip, and nothing to this.
			const deflated = content.subarray(at + gzipHeaderLength(content.subarray(at)));
			yield inflateRawSync(deflated, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: 100_000_000 });
		} catch {
			// These three bytes by chance.
		}
	}
}

/** @see RFC 1952, section 2.3 */
function gzipHeaderLength(member: Buffer): number {
	const flags = member[3] ?? 0;
	let at = 10;
	if (flags & 4) at += 2 + member.readUInt16LE(at);
	// File name, comment: each ends with a zero.
	for (const flag of [8, 16]) if (flags & flag) at = member.indexOf(0, at) + 1;
	return flags & 2 ? at + 2 : at;
}

const isSqlite = (content: Buffer): boolean => content.subarray(0, 16).toString("latin1") === "SQLite format 3\0";

/** Every value of every row, those of the write-ahead log too. */
function rowsOf(path: string): Buffer {
	using database = new DatabaseSync(path, { readOnly: true });
	const tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all() as { name: string }[];
	const values = tables.flatMap(({ name }) =>
		database
			.prepare(`SELECT * FROM "${name.replaceAll('"', '""')}"`)
			.all()
			.flatMap((row) => Object.values(row))
			.map((value) => (value instanceof Uint8Array ? Buffer.from(value) : Buffer.from(String(value)))),
	);
	return Buffer.concat(values.flatMap((value) => [value, Buffer.from("\n")]));
}
