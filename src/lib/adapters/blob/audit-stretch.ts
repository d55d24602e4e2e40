// A stretch of the log, for anyone who pages through it: a bounded read, whatever the log has grown to.
// AS1. A place lies between two records. Otherwise: a place that somebody made up shows half a record as one.
//      Kept by: audit-log.test.ts.
// AS2. What is not a record is reported, and does not keep what stands before it from being read. Kept by:
//      audit-intruder.test.ts.

import { follows, type Line, linkOf, longestLine, recordIn, textOf } from "../../domain/audit-chain.ts";
import type { AuditRecord } from "../../domain/audit-entry.ts";
import { blobOfMonth } from "../../domain/log-blobs.ts";
import type { Place, Stretch } from "../../ports/audit-log.ts";
import { broken, download, firstIn, type LogBlobs, lineEnd, linesAtEnd } from "./audit-blobs.ts";
import type { Listed } from "./container.ts";

const most = 1024 * 1024;

/**
 * @param chain the log's blobs
 * @returns `undefined` when there is no such place
 */
export async function stretchFrom(
	blobs: LogBlobs,
	chain: readonly Listed[],
	from: Place | Date | undefined,
): Promise<Stretch | undefined> {
	const place = from instanceof Date ? await placeBefore(blobs, chain, from) : from;
	const at = place ? chain.findIndex(({ name }) => name === place.blob) : 0;
	const wanted = chain[at];
	if (!wanted) return place ? undefined : { records: [] };
	const { name, size } = wanted;
	const offset = place?.offset ?? 0;
	if (offset > size) return undefined;
	const next = chain[at + 1];
	const following = next && { next: { blob: next.name, offset: 0 } };
	if (offset === size && offset > 0) return { records: [], ...following };

	// With the byte before it: the end of a record, or else this is no place.
	const start = Math.max(0, offset - 1);
	const content = await oneLineAtLeast(blobs, wanted, start, offset);
	if (offset > 0 && content[0] !== lineEnd) return undefined;
	const records: { record: AuditRecord; after: Place }[] = [];
	let position = offset;
	for (
		let from = offset - start, end = content.indexOf(lineEnd, from);
		end >= 0;
		end = content.indexOf(lineEnd, from)
	) {
		const record = recordIn(textOf(content.subarray(from, end)));
		const isShown = !("flaw" in record) || record.flaw !== "unreadable";
		if (!isShown && records.length > 0) return { records, next: { blob: name, offset: position } };
		if (!isShown) throw broken(blobs, `at byte ${position} of ${name} there is no record: ${record.detail}`);
		position += end + 1 - from;
		const shown = "flaw" in record ? JSON.parse(content.toString("utf8", from, end)) : record;
		records.push({ record: shown, after: { blob: name, offset: position } });
		from = end + 1;
		// What stands behind it was put there later, and is none of the log.
		if (next && shown.data.continuedIn !== undefined) return { records, ...following };
	}
	if (records.length === 0) throw broken(blobs, `${name} has no whole record at byte ${offset}`);
	return position < size ? { records, next: { blob: name, offset: position } } : { records, ...following };
}

/** From `start` on, with a line's end after `offset` where there is one: a record of somebody else's may be long. */
async function oneLineAtLeast(blobs: LogBlobs, { name, size }: Listed, start: number, offset: number): Promise<Buffer> {
	for (let count = most; ; count *= 4) {
		const { content } = await download(blobs, name, start, Math.min(count, size - start));
		const isWhole = content.indexOf(lineEnd, offset - start) >= 0;
		if (isWhole || start + content.length >= size || count > longestLine) return content;
	}
}

/** Where the records of that time begin at the earliest: a month's first record is the last one in the blob before. */
async function placeBefore(blobs: LogBlobs, chain: readonly Listed[], time: Date): Promise<Place | undefined> {
	const at = chain.findLastIndex(({ name }) => name < blobOfMonth(time));
	const before = chain[at];
	if (!before) return undefined;
	const { from, lines } = await linesAtEnd(blobs, before, 256 * 1024);
	const next = chain[at + 1];
	const first = next && (await firstIn(blobs, next));
	const isThere = lines.some((line) => {
		const record = recordIn(line);
		return !("flaw" in record) && typeof first === "object" && follows(first, linkOf(record));
	});
	// So much was put there after the blob was closed that the closing record is not in sight.
	return { blob: before.name, offset: !next || isThere ? from : 0 };
}

/** The records of the last megabyte, of the blobs before too where the newest is shorter than that. */
export async function latestRecords(blobs: LogBlobs, chain: readonly Listed[]): Promise<AuditRecord[]> {
	const records: AuditRecord[] = [];
	let left = most;
	for (const [at, blob] of [...chain.entries()].reverse()) {
		if (left <= 0) break;
		const { lines, content } = await linesAtEnd(blobs, blob, left);
		const all = lines.map((line) => shownIn(line, blobs.log));
		const closing = at < chain.length - 1 ? all.findIndex(({ data }) => data.continuedIn !== undefined) : -1;
		records.unshift(...(closing < 0 ? all : all.slice(0, closing + 1)));
		left -= content.length;
	}
	return records;
}

/** A record as it is stored, not verified. */
export function shownIn(line: Line, log: string): AuditRecord {
	const record = recordIn(line);
	if (!("flaw" in record)) return record;
	if (record.flaw === "edited") return JSON.parse(line.text);
	throw broken({ log }, `line ${line.line} of ${line.file}: ${record.detail}`);
}
