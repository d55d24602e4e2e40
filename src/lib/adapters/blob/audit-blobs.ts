// Which blobs are the log, and which only lie beside it: anyone who may create blobs can put any there, under any name.
//
// AB1. The log begins in the blob that was created first, by the storage's clock, and goes on where records lead. Of two that
//      both go on from one blob, the log is the one whose records come first: the other one hangs on a record that was put
//      after the blob was closed. Otherwise: somebody who may only add forks the log. Kept by: audit-intruder.test.ts.
// AB2. A blob that holds something else when the log comes to it is passed over, for the month's next part. What a blob
//      begins with never changes, so everybody passes over the same ones. Otherwise: a blob of the next month, created
//      beforehand, ends the log. Kept by: audit-intruder.test.ts.
// AB3. Anyone who knows nothing of the log yet reads the beginning and the end of each of its blobs, and nothing between. Kept
//      by: audit-intruder.test.ts.

import { buffer } from "node:stream/consumers";
import type { ContainerClient } from "@azure/storage-blob";
import { follows, type Line, linesIn, linkOf, longestLine, recordIn, textOf } from "../../domain/audit-chain.ts";
import type { AuditRecord } from "../../domain/audit-entry.ts";
import { Fault } from "../../domain/fault.ts";
import { blobOfMonth, isLogName, linkFlaw, logFolder, nextPart } from "../../domain/log-blobs.ts";
import type { Clock } from "../../ports/clock.ts";
import { contentOf, type Listed, listed, patience } from "./container.ts";

export interface LogBlobs {
	readonly container: ContainerClient;
	/** The log's name in faults. */
	readonly log: string;
	readonly clock: Clock;
}

export const lineEnd = 0x0a;
/** Longer than most records. */
const glance = 16 * 1024;

/** What there is under the log's folder, by name. */
export const listedLog = ({ container }: LogBlobs): Promise<Listed[]> => listed(container, logFolder);

export const broken = ({ log }: Pick<LogBlobs, "log">, detail: string) => new Fault("audit-broken", { log, detail });

/** A part of a blob; of what is not there yet, what there is. */
export async function download({ container }: LogBlobs, name: string, from: number, count?: number) {
	const answer = await container.getBlobClient(name).download(from, count, { abortSignal: patience() });
	const content = answer.readableStreamBody ? await buffer(answer.readableStreamBody) : Buffer.alloc(0);
	// `bytes 0-9/100`; without a range it is the whole of it.
	const size = Number(answer.contentRange?.split("/")[1] ?? content.length);
	return { content, size, blocks: answer.blobCommittedBlockCount ?? 0 };
}

/** @returns a blob's first record; `unfinished` while its first line has no end; else `undefined` */
export async function firstIn(
	blobs: LogBlobs,
	{ name, size }: Pick<Listed, "name" | "size">,
): Promise<AuditRecord | "unfinished" | undefined> {
	for (let count = glance; ; count *= 8) {
		if (size === 0) return "unfinished";
		const { content, size: now } = await download(blobs, name, 0, count);
		const end = content.indexOf(lineEnd);
		if (end >= 0) {
			const record = recordIn(textOf(content.subarray(0, end)));
			return "flaw" in record ? undefined : record;
		}
		if (content.length > longestLine) return undefined;
		if (content.length >= now) return "unfinished";
	}
}

/** The blobs of the log in their order, as far as they have records. */
export interface Chain {
	readonly blobs: readonly Listed[];
	/** What lies under the log's folder besides. */
	readonly beside: readonly Listed[];
}

/**
 * @param known the log's blobs as they were: it only grows
 * @returns all of them now
 */
export async function chainOf(blobs: LogBlobs, known: readonly Listed[] = []): Promise<Chain> {
	const all = await listedLog(blobs);
	const filled = all.filter(({ name, size }) => size > 0 && isLogName(name));
	const beginning = known.length > 0 ? undefined : await beginningOf(blobs, filled);
	const chain = beginning ? [beginning] : known.map(({ name }) => all.find((each) => each.name === name) ?? gone(name));
	function gone(name: string): never {
		throw broken(blobs, `${name} is gone`);
	}
	const last = chain.at(-1);
	if (last) {
		const later = filled.filter(({ name }) => name > last.name);
		const firsts = new Map<string, AuditRecord | "unfinished" | undefined>();
		// A few at a time: there is one a month, and whatever somebody has put there.
		for (let at = 0; at < later.length; at += 8) {
			const some = later.slice(at, at + 8);
			const found = await Promise.all(some.map((each) => firstIn(blobs, each)));
			for (const [index, { name }] of some.entries()) firsts.set(name, found[index]);
		}
		for (let next = await successor(blobs, last, later, firsts); next; ) {
			chain.push(next);
			next = await successor(blobs, next, later, firsts);
		}
	}
	const members = new Set(chain.map(({ name }) => name));
	return { blobs: chain, beside: all.filter(({ name }) => !members.has(name)) };
}

export const byCreation = (a: Listed, b: Listed): number => a.createdOn - b.createdOn || (a.name < b.name ? -1 : 1);

/** @param filled blobs with names of the log's, and content */
async function beginningOf(blobs: LogBlobs, filled: readonly Listed[]): Promise<Listed | undefined> {
	const found: { blob: Listed; first: AuditRecord }[] = [];
	for (const blob of filled.toSorted(byCreation)) {
		const oldest = found[0]?.blob;
		if (oldest && blob.createdOn > oldest.createdOn) break;
		const first = await firstIn(blobs, blob);
		if (typeof first === "object" && first.data.seq === 1) found.push({ blob, first });
	}
	// Of one second, the one that has the name of its first record's month, written when the blob was created.
	const doubt = ({ blob, first }: (typeof found)[number]): number =>
		(blob.name === blobOfMonth(new Date(first.data.time)) ? 0 : 1e20) + Math.abs(first.data.time - blob.createdOn);
	return found.sort((a, b) => doubt(a) - doubt(b))[0]?.blob ?? filled[0];
}

/** The blob that the log goes on in after this one: of those that follow a record of it, the one that follows the first. */
async function successor(
	blobs: LogBlobs,
	from: Listed,
	later: readonly Listed[],
	firsts: ReadonlyMap<string, AuditRecord | "unfinished" | undefined>,
): Promise<Listed | undefined> {
	const candidates = later
		.filter(({ name }) => name > from.name)
		.flatMap((blob) => {
			const first = firsts.get(blob.name);
			return typeof first === "object" ? { blob, first } : [];
		})
		.sort((a, b) => a.first.data.seq - b.first.data.seq);
	let records: readonly AuditRecord[] | undefined;
	for (const { blob, first } of candidates) {
		records ??= await closersAtEnd(blobs, from);
		const lowest = records[0]?.data.seq;
		// Only if something was added after the blob was closed.
		if (lowest === undefined || lowest >= first.data.seq) records = await closersIn(blobs, from);
		const closing = records.find((each) => follows(first, linkOf(each)));
		if (closing && landsIn(blobs, from, closing, blob, firsts)) return blob;
	}
	return undefined;
}

/** Does this record send the log to that blob, perhaps past others that held something else? */
function landsIn(
	{ clock }: LogBlobs,
	from: Listed,
	closing: AuditRecord,
	to: Listed,
	firsts: ReadonlyMap<string, AuditRecord | "unfinished" | undefined>,
): boolean {
	let name = closing.data.continuedIn;
	if (name === undefined || linkFlaw(from.name, name, clock.now()) !== undefined) return false;
	while (name !== undefined && name !== to.name) {
		if (!firsts.has(name)) return false;
		const first = firsts.get(name);
		if (first === "unfinished" || (first && follows(first, linkOf(closing)))) return false;
		name = nextPart(name);
	}
	return name !== undefined;
}

/** The records at a blob's end. */
async function closersAtEnd(blobs: LogBlobs, blob: Listed): Promise<AuditRecord[]> {
	const { lines } = await linesAtEnd(blobs, blob, glance);
	return recordsIn(lines);
}

const recordsIn = (lines: readonly Line[]): AuditRecord[] =>
	lines.flatMap((line) => {
		const record = recordIn(line);
		return "flaw" in record ? [] : record;
	});

/** All records of a blob that close it. */
async function closersIn({ container }: LogBlobs, { name, size }: Listed): Promise<AuditRecord[]> {
	const lines: Line[] = [];
	for await (const line of linesIn(name, contentOf(container, name, size))) {
		if (line.text.includes('"continuedIn":')) lines.push(line);
	}
	return recordsIn(lines);
}

/**
 * The whole lines at a blob's end: at least `count` bytes of it, and at least one line.
 * @returns where they begin, too; `rest` is what stands after the last line end
 */
export async function linesAtEnd(blobs: LogBlobs, { name, size }: Pick<Listed, "name" | "size">, count: number) {
	for (let wanted = count; ; wanted *= 4) {
		const from = Math.max(0, size - wanted);
		const { content, blocks } = await download(blobs, name, from, size - from);
		// A window begins somewhere within a line.
		const skipped = from === 0 ? 0 : content.indexOf(lineEnd) + 1;
		const last = content.lastIndexOf(lineEnd) + 1;
		if (from > 0 && (skipped === 0 || skipped === last) && wanted <= longestLine) continue;
		const lines: Line[] = [];
		for (let at = skipped, end = content.indexOf(lineEnd, at); end >= 0; end = content.indexOf(lineEnd, at)) {
			lines.push({ file: name, line: lines.length + 1, ...textOf(content.subarray(at, end)) });
			at = end + 1;
		}
		return { from: from + skipped, content: content.subarray(skipped), lines, blocks };
	}
}

export interface Reading {
	/** The lines of blobs that no record leads to come too, after the others and marked: they may be what was torn off. */
	readonly strays?: boolean;
	/** Called at the end, with the blobs that lie beside the log. */
	readonly onForeign?: (names: readonly string[]) => void;
}

/** Every line of the log in order, read as it comes; of a closed blob also what somebody put after its last record. */
export async function* linesOf(blobs: LogBlobs, { strays = false, onForeign }: Reading = {}): AsyncGenerator<Line> {
	const all = await listedLog(blobs);
	const filled = all.filter(({ name, size }) => size > 0 && isLogName(name));
	const read = new Set<string>();
	const beginning = await beginningOf(blobs, filled);
	for (let blob = strays ? await tornOff(blobs, filled, beginning) : beginning; blob; ) {
		read.add(blob.name);
		let closing: AuditRecord | undefined;
		for await (const line of linesIn(blob.name, contentOf(blobs.container, blob.name, blob.size))) {
			yield line;
			if (closing || !line.text.includes('"continuedIn":')) continue;
			const record = recordIn(line);
			if (!("flaw" in record) && record.data.continuedIn !== undefined) closing = record;
		}
		blob = closing && ((await landing(blobs, blob, closing, filled)) ?? (strays ? named(closing, filled) : undefined));
		if (blob && read.has(blob.name)) break;
	}
	const beside = all.filter(({ name }) => !read.has(name));
	onForeign?.(beside.map(({ name }) => name));
	if (!strays) return;
	for (const { name, size } of beside.filter(({ name, size }) => size > 0 && isLogName(name))) {
		for await (const line of linesIn(name, contentOf(blobs.container, name, size))) yield { ...line, stray: true };
	}
}

/** A part of a log that stands before its beginning, and is not younger: blobs changed places. It is to be read first. */
async function tornOff(blobs: LogBlobs, filled: readonly Listed[], beginning: Listed | undefined) {
	for (const blob of filled) {
		if (!beginning || blob.name >= beginning.name || blob.createdOn > beginning.createdOn) continue;
		const first = await firstIn(blobs, blob);
		if (typeof first === "object" && first.data.seq > 1) return blob;
	}
	return beginning;
}

/** The blob that a record names, and that holds something else: anyone who checks the log has to be told of that. */
const named = ({ data }: AuditRecord, filled: readonly Listed[]): Listed | undefined =>
	filled.find(({ name }) => name === data.continuedIn);

async function landing(blobs: LogBlobs, from: Listed, closing: AuditRecord, filled: readonly Listed[]) {
	let name = closing.data.continuedIn;
	if (name === undefined || linkFlaw(from.name, name) !== undefined) return undefined;
	for (; name !== undefined; name = nextPart(name)) {
		const blob = filled.find((each) => each.name === name);
		const first = blob && (await firstIn(blobs, blob));
		if (!blob || first === "unfinished") return undefined;
		if (first && follows(first, linkOf(closing))) return blob;
	}
	return undefined;
}
