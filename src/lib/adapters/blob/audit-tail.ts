// Where the audit log ends: what the next record must follow, and the blob and the byte at which it must stand.
//
// T1. The log goes on in another blob only where a record says so (`continuedIn`): that record and all that competes with
//     it want the same place in one blob, and one of them gets it. Otherwise: of two writers whose clocks differ at the
//     end of a month, each goes on in a blob of its own, and the chain forks. So a month's last record is the first one
//     that was written after the month's end.
// T2. A tail that is not a whole chain is refused, never repaired and never begun anew. Otherwise: whoever spoils the log
//     gets a fresh one. Kept by: audit-log.test.ts.

import { buffer } from "node:stream/consumers";
import type { ContainerClient } from "@azure/storage-blob";
import { follows, type Line, linesIn, linkOf, parseLine } from "../../domain/audit-chain.ts";
import { type Link, start } from "../../domain/audit-record.ts";
import { Fault } from "../../domain/fault.ts";
import type { AuditRecord } from "../../ports/audit-log.ts";
import { contentOf, listed, patience } from "./container.ts";
import { codeOf } from "./faults.ts";

export interface Tail {
	/** The blob to append to; it does not exist yet while `position` is 0. */
	readonly blob: string;
	/** Its length in bytes. */
	readonly position: number;
	/** Appends it has had: Azure takes 50,000. */
	readonly blocks: number;
	readonly head: Link;
	/** The latest records' ids. */
	readonly ids: ReadonlySet<string>;
}

export interface LogBlobs {
	readonly container: ContainerClient;
	/** The log's name in faults. */
	readonly log: string;
}

const folder = "audit/";
/** About a thousand records: more than are written between an append and its repetition. */
const window = 1024 * 1024;
const idsKept = 10_000;
const lineEnd = 0x0a;

export const blobOfMonth = (time: Date): string => `${folder}${time.toISOString().slice(0, 7)}.ndjson`;

/**
 * @param mostBlocks that a blob is to have
 * @returns the blob to go on in after the next record: that of a new month, or a further part of a full one's
 */
export function continuation({ blob, position, blocks }: Tail, time: Date, mostBlocks: number): string | undefined {
	if (position > 0 && blobOfMonth(time) > blob) return blobOfMonth(time);
	if (blocks < mostBlocks) return undefined;
	const [, month, part = "1"] = /^(.*\/\d{4}-\d{2})(?:_(\d+))?\.ndjson$/.exec(blob) ?? [];
	return `${month}_${String(Number(part) + 1).padStart(2, "0")}.ndjson`;
}

/** The lines of the last megabyte, of the blob before too where the newest is shorter than that. */
export async function latestLines(blobs: LogBlobs): Promise<Line[]> {
	const lines: Line[] = [];
	let left = window;
	for (const { name, size } of (await listedLog(blobs)).reverse()) {
		if (left <= 0) break;
		if (size === 0) continue;
		const from = Math.max(0, size - left);
		const { content } = await download(blobs, name, from);
		// A window begins somewhere within a record, whose line is not known: what is numbered here is the window's own.
		const texts = content.toString("utf8", from === 0 ? 0 : content.indexOf("\n") + 1).split("\n");
		lines.unshift(...texts.slice(0, -1).map((text, index) => ({ file: name, line: index + 1, text })));
		left -= size;
	}
	return lines;
}

/** The tail of a log that this process knows nothing of yet. */
export async function firstLook(blobs: LogBlobs, now: Date): Promise<Tail> {
	const filled = (await listedLog(blobs)).filter(({ size }) => size > 0);
	const newest = filled.at(-1);
	const nothing = { position: 0, blocks: 0, ids: new Set<string>() };
	if (!newest) return { ...nothing, blob: blobOfMonth(now), head: start };
	const from = Math.max(0, newest.size - window);
	const whole = from === 0 && filled.length === 1;
	const { content, blocks } = await download(blobs, newest.name, from);
	// The window begins somewhere within a record: that one is not needed.
	const skipped = from === 0 ? 0 : content.indexOf("\n") + 1;
	const tail = { ...nothing, blob: newest.name, position: from, blocks, head: start };
	return extended(blobs, tail, content, { skipped, linked: whole });
}

/** The tail that a known one has grown to. */
export async function catchUp(blobs: LogBlobs, tail: Tail): Promise<Tail> {
	// From the line end before it: so that something is there to be read, or else the blob was cut.
	const from = Math.max(0, tail.position - 1);
	let found: { content: Buffer; blocks: number };
	try {
		found = await download(blobs, tail.blob, from);
	} catch (error) {
		const code = codeOf(error);
		if (code === "BlobNotFound" && tail.position === 0) return tail;
		if (code === "BlobNotFound") throw broken(blobs, `${tail.blob} is gone`);
		if (code === "InvalidRange") throw broken(blobs, `${tail.blob} is shorter than it was`);
		throw error;
	}
	const skipped = tail.position - from;
	if (skipped === 1 && found.content[0] !== lineEnd) throw broken(blobs, `${tail.blob} was rewritten`);
	const grown = extended(blobs, { ...tail, position: from, blocks: found.blocks }, found.content, { skipped });
	return grown.blob === tail.blob ? grown : catchUp(blobs, grown);
}

/**
 * @param tail as it was at the beginning of `content`
 * @param how.skipped bytes at the beginning that are no part of a whole record
 * @param how.linked false: what comes before is not known, so the first record follows anything
 */
function extended(blobs: LogBlobs, tail: Tail, content: Buffer, how: { skipped: number; linked?: boolean }): Tail {
	const { blob } = tail;
	const records: AuditRecord[] = [];
	let { head } = tail;
	let linked = how.linked ?? true;
	const text = content.toString("utf8", how.skipped);
	if (text !== "" && !text.endsWith("\n")) throw broken(blobs, `${blob} ends within a record`);
	for (const line of text.split("\n").slice(0, -1)) {
		const record = parseLine(line);
		const after = linked ? `what follows record ${head.seq} in ${blob}` : `a record in ${blob}`;
		if ("flaw" in record) throw broken(blobs, `${after} is ${record.flaw}: ${record.detail}`);
		if (linked && !follows(record, head)) throw broken(blobs, `${after} does not continue the chain`);
		if (records.at(-1)?.data.continuedIn) throw broken(blobs, `${after} stands after the blob was closed`);
		records.push(record);
		head = linkOf(record);
		linked = true;
	}
	if (!linked) throw broken(blobs, `${blob} does not end with a record`);
	const ids = new Set([...tail.ids, ...records.map(({ id }) => id)].slice(-idsKept));
	const next = records.at(-1)?.data.continuedIn;
	if (next !== undefined) return { blob: next, position: 0, blocks: 0, head, ids };
	return { ...tail, position: tail.position + content.length, head, ids };
}

/** The tail after an append of its own. */
export const grownBy = (blobs: LogBlobs, tail: Tail, block: string, blocks: number): Tail =>
	extended(blobs, { ...tail, blocks }, Buffer.from(block), { skipped: 0 });

/** Every line of the log in order, read as it comes. */
export async function* linesOf(blobs: LogBlobs): AsyncGenerator<Line> {
	for (const { name, size } of await listedLog(blobs)) yield* linesIn(name, contentOf(blobs.container, name, size));
}

/** The log's blobs, the oldest first. */
export const listedLog = ({ container }: LogBlobs) => listed(container, folder);

export async function download({ container }: LogBlobs, name: string, from: number, count?: number) {
	const answer = await container.getBlobClient(name).download(from, count, { abortSignal: patience() });
	const content = answer.readableStreamBody ? await buffer(answer.readableStreamBody) : Buffer.alloc(0);
	return { content, blocks: answer.blobCommittedBlockCount ?? 0 };
}

const broken = ({ log }: LogBlobs, detail: string) => new Fault("audit-broken", { log, detail });
