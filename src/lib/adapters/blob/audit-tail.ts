// Where the audit log ends: what the next record must follow, and the blob and the byte at which it must stand.
//
// TA1. The log goes on in another blob only where a record says so (`continuedIn`): that record and all that competes with
//      it want the same place in one blob, and one of them gets it. Otherwise: of two writers whose clocks differ at the
//      end of a month, each goes on in a blob of its own, and the chain forks. So a month's last record is the first one
//      that was written after the month's end.
// TA2. A tail that is not a whole chain is refused, never repaired and never started from scratch. Otherwise: anyone who
//      spoils the log gets a fresh one. The price: anyone who may append one line of anything stops the log, and is seen.
//      Kept by: audit-log.test.ts, audit-intruder.test.ts.
// TA3. An entry is there already if a record has its content, whatever that record's id says. Otherwise: anyone who knows what
//      will be written puts its id on a record of theirs, and ours is left out as a repetition. Kept by: audit-intruder.test.ts.

import { contentId, follows, type Line, linesIn, linkOf, linkSays, recordIn } from "../../domain/audit-chain.ts";
import type { AuditRecord } from "../../domain/audit-entry.ts";
import { type Link, start } from "../../domain/audit-record.ts";
import { blobOfMonth, hasCome, isLogName, linkFlaw, nextPart } from "../../domain/log-blobs.ts";
import { follow, type OpenIntents } from "../../domain/open-intents.ts";
import {
	broken,
	byCreation,
	type Chain,
	download,
	firstIn,
	type LogBlobs,
	lineEnd,
	linesAtEnd,
} from "./audit-blobs.ts";
import { type Listed, patience } from "./container.ts";
import { codeOf } from "./faults.ts";

export interface Tail {
	/** The blob to append to; it does not exist yet while `position` is 0. */
	readonly blob: string;
	/** Its length in bytes. */
	readonly position: number;
	/** Appends it has had: Azure takes 50,000. */
	readonly blocks: number;
	readonly head: Link;
	/**
	 * The latest records' ids, by their content. Grown in place, as all tails of one log share it: copying ten thousand at each
	 * append takes longer than the append.
	 */
	readonly ids: Set<string>;
	/** Of the records that were read. */
	readonly open: Readonly<OpenIntents>;
}

/** About a thousand records: more than are written between an append and its repetition. */
const window = 1024 * 1024;
const idsKept = 10_000;
/** What is read at once of what others have appended. */
const piece = 4 * 1024 * 1024;

/**
 * @param mostBlocks that a blob is to have
 * @returns the blob to continue in after the next record: that of a new month, or a further part of a full one
 */
export function continuation({ blob, position, blocks }: Tail, time: Date, mostBlocks: number): string | undefined {
	if (position > 0 && blobOfMonth(time) > blob) return blobOfMonth(time);
	return blocks < mostBlocks ? undefined : nextPart(blob);
}

/** The tail of a log that this process knows nothing of yet. */
export async function firstLook(blobs: LogBlobs, { blobs: chain, beside }: Chain): Promise<Tail> {
	const newest = chain.at(-1);
	const nothing = { position: 0, blocks: 0, head: start, ids: new Set<string>(), open: new Map() };
	if (!newest) return { ...nothing, blob: firstBlob(blobs, beside) };
	const { from, content, lines, blocks } = await linesAtEnd(blobs, newest, window);
	const grown = growing(blobs, { ...nothing, blob: newest.name, position: from }, from === 0 && chain.length === 1);
	for (const line of lines) grown.take(line);
	return landed(blobs, grown.tail(content, blocks));
}

/** Where a log begins that has no record: in the oldest blob that lies there, so that none is older than its first one. */
function firstBlob(blobs: LogBlobs, there: readonly Listed[]): string {
	const now = blobs.clock.now();
	const [oldest] = there.filter(({ name }) => isLogName(name)).sort(byCreation);
	if (oldest && !hasCome(oldest.name, now)) {
		throw broken(blobs, `${oldest.name} was there before its first record, and is of a month that has not come`);
	}
	return oldest?.name ?? blobOfMonth(now);
}

/** The tail that a known one has grown to. */
export async function catchUp(blobs: LogBlobs, tail: Tail): Promise<Tail> {
	if (tail.position === 0) return landed(blobs, tail);
	const grown = growing(blobs, tail);
	const pieces = piecesFrom(blobs, tail);
	for await (const line of linesIn(tail.blob, pieces.read())) grown.take(line);
	return landed(blobs, grown.tail(pieces.last(), pieces.blocks()));
}

/** What a blob has grown by, piece by piece. */
function piecesFrom(blobs: LogBlobs, { blob, position }: Tail) {
	let [last, blocks]: [Buffer, number] = [Buffer.alloc(0), 0];
	async function* read(): AsyncGenerator<Buffer> {
		// From the line end before it: so that something is there to be read, or else the blob was cut.
		for (let from = Math.max(0, position - 1), size = from + 1; from < size; from += piece) {
			const found = await download(blobs, blob, from, piece).catch((error) => {
				const code = codeOf(error);
				if (code === "BlobNotFound") throw broken(blobs, `${blob} is gone`);
				if (code === "InvalidRange") throw broken(blobs, `${blob} is shorter than it was`);
				throw error;
			});
			({ size, blocks } = found);
			const skipped = from < position ? 1 : 0;
			if (skipped === 1 && found.content[0] !== lineEnd) throw broken(blobs, `${blob} was rewritten`);
			const content = found.content.subarray(skipped);
			if (content.length > 0) last = content;
			yield content;
		}
	}
	return { read, last: () => last, blocks: () => blocks };
}

/** A tail whose blob may hold something already: what another writer has put there, or a stranger. */
async function landed(blobs: LogBlobs, tail: Tail): Promise<Tail> {
	if (tail.position > 0) return tail;
	for (let tries = 0; tries < 20; tries++) {
		const size = await sizeOf(blobs, tail.blob);
		if (size === 0) return tail;
		const first = await firstIn(blobs, { name: tail.blob, size });
		if (tail.head.seq === 0 || (typeof first === "object" && follows(first, tail.head))) {
			const grown = growing(blobs, tail);
			const pieces = piecesFrom(blobs, tail);
			for await (const line of linesIn(tail.blob, pieces.read())) grown.take(line);
			return landed(blobs, grown.tail(pieces.last(), pieces.blocks()));
		}
		if (first === "unfinished") {
			await endLine(blobs, tail.blob, size);
			continue;
		}
		const next = nextPart(tail.blob);
		if (next === undefined) throw broken(blobs, `what lies in ${tail.blob} does not follow record ${tail.head.seq}`);
		return landed(blobs, { ...tail, blob: next });
	}
	throw broken(blobs, `what lies in ${tail.blob} has no first line, and grows`);
}

/** 0 also where there is none. */
async function sizeOf({ container }: LogBlobs, name: string): Promise<number> {
	try {
		return (await container.getBlobClient(name).getProperties({ abortSignal: patience() })).contentLength ?? 0;
	} catch (error) {
		// An answer without a body: its code is in a header.
		if (codeOf(error) === "BlobNotFound") return 0;
		throw error;
	}
}

/** Ends a stranger's line, so that nobody can make a record of it once the log has passed over it. */
async function endLine({ container }: LogBlobs, name: string, size: number): Promise<void> {
	const conditions = { appendPosition: size };
	await container
		.getAppendBlobClient(name)
		.appendBlock("\n", 1, { conditions, abortSignal: patience() })
		.catch((error) => {
			if (codeOf(error) !== "AppendPositionConditionNotMet") throw error;
		});
}

/**
 * Takes line after line of what a tail grows by.
 * @param linked false: what comes before is not known, so the first record follows anything
 */
function growing(blobs: LogBlobs, tail: Tail, linked = true) {
	const { blob } = tail;
	const ids: string[] = [];
	const open = new Map(tail.open);
	let { head, position } = tail;
	let next: string | undefined;
	let known = linked;
	const wrong = (detail: string) => {
		const place = known ? `what follows record ${head.seq}` : "a line";
		return broken(blobs, `${place} in ${blob}, at byte ${position}, ${detail}`);
	};
	return {
		/** @throws Fault `audit-broken` */
		take(line: Pick<Line, "text" | "wrong">): void {
			const record = recordIn(line);
			if ("flaw" in record) throw wrong(`is ${record.flaw}: ${record.detail}`);
			if (known && !follows(record, head)) throw wrong("does not continue the chain");
			if (next !== undefined) throw wrong("stands after the blob was closed");
			const { continuedIn } = record.data;
			const flaw = continuedIn === undefined ? undefined : linkFlaw(blob, continuedIn, blobs.clock.now());
			if (flaw !== undefined) throw wrong(`is not a record of the rotator: ${linkSays(`${continuedIn}`, flaw)}`);
			next = continuedIn;
			head = linkOf(record);
			known = true;
			ids.push(contentId(record));
			follow(open, record.data);
			position += Buffer.byteLength(line.text) + 1;
		},
		/**
		 * @param last bytes that were read
		 * @param blocks of the blob
		 */
		tail(last: Uint8Array, blocks: number): Tail {
			if (!known) throw broken(blobs, `${blob} does not end with a record`);
			if (last.length > 0 && last.at(-1) !== lineEnd) throw broken(blobs, `${blob} ends within a record`);
			return next === undefined
				? { blob, position, blocks, head, ids: joined(tail.ids, ids), open }
				: { ...beginning(next), head, ids: joined(tail.ids, ids), open };
		},
	};
}

const beginning = (blob: string) => ({ blob, position: 0, blocks: 0 });

/** All that is new: an entry whose answer was lost is among them, however many others were added meanwhile. */
function joined(known: Set<string>, ids: readonly string[]): Set<string> {
	for (const id of ids) known.add(id);
	for (const oldest of known) {
		if (known.size <= idsKept + ids.length) break;
		known.delete(oldest);
	}
	return known;
}

/**
 * The tail after an append of this process's own: what it has just made needs no check.
 * @param bytes that the records are long
 * @param blocks of the blob
 */
export function grownBy(tail: Tail, records: readonly AuditRecord[], bytes: number, blocks: number): Tail {
	const ids = joined(
		tail.ids,
		records.map(({ id }) => id),
	);
	const open = new Map(tail.open);
	let { head } = tail;
	let at = { blob: tail.blob, position: tail.position + bytes, blocks };
	for (const record of records) {
		follow(open, record.data);
		head = linkOf(record);
		if (record.data.continuedIn !== undefined) at = beginning(record.data.continuedIn);
	}
	return { ...at, head, ids, open };
}
