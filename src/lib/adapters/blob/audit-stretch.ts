// A stretch of the log, for whoever pages through it: a bounded read, whatever the log has grown to.
// AS1. A place lies between two records. Otherwise: a place that somebody made up shows half a record as one.
//      Kept by: audit-log.test.ts.

import { type Line, parseLine } from "../../domain/audit-chain.ts";
import { Fault } from "../../domain/fault.ts";
import type { AuditRecord, Place, Stretch } from "../../ports/audit-log.ts";
import { blobOfMonth, download, type LogBlobs, listedLog } from "./audit-tail.ts";

const most = 1024 * 1024;
/** Longer than any record: a month's first record may be the last one in the blob before (T1 of audit-tail.ts). */
const lastRecord = 256 * 1024;
const lineEnd = 0x0a;

/** @returns `undefined` when there is no such place */
export async function stretchFrom(blobs: LogBlobs, from: Place | Date | undefined): Promise<Stretch | undefined> {
	const filled = (await listedLog(blobs)).filter(({ size }) => size > 0);
	const isTime = from instanceof Date;
	const before = isTime ? filled.findLast(({ name }) => name < blobOfMonth(from)) : undefined;
	const wanted = from && !isTime ? filled.find(({ name }) => name === from.blob) : (before ?? filled[0]);
	if (!wanted) return from && !isTime ? undefined : { records: [] };
	const { name, size } = wanted;
	const offset = from && !isTime ? from.offset : before ? Math.max(0, size - lastRecord) : 0;
	if (offset > size) return undefined;
	const next = filled[filled.indexOf(wanted) + 1];
	const following = next && { next: { blob: next.name, offset: 0 } };
	if (offset === size) return { records: [], ...following };

	// With the byte before it: the end of a record, or else this is no place.
	const start = Math.max(0, offset - 1);
	const { content } = await download(blobs, name, start, Math.min(most, size - start));
	let at = offset - start;
	if (at === 1 && content[0] !== lineEnd) {
		if (!isTime) return undefined;
		at = content.indexOf(lineEnd) + 1;
	}
	const records: { record: AuditRecord; after: Place }[] = [];
	for (let end = content.indexOf(lineEnd, at); end >= 0; end = content.indexOf(lineEnd, at)) {
		const line = { file: name, line: records.length + 1, text: content.toString("utf8", at, end) };
		at = end + 1;
		records.push({ record: recordIn(line, blobs.log), after: { blob: name, offset: start + at } });
	}
	if (records.length === 0) {
		throw new Fault("audit-broken", { log: blobs.log, detail: `${name} has no whole record at byte ${offset}` });
	}
	if (start + at < size) return { records, next: { blob: name, offset: start + at } };
	return { records, ...following };
}

/** A record as it is stored, not verified. */
export function recordIn({ file, line, text }: Line, log: string): AuditRecord {
	const record = parseLine(text);
	if ("flaw" in record && record.flaw === "unreadable") {
		throw new Fault("audit-broken", { log, detail: `line ${line} of ${file}: ${record.detail}` });
	}
	return JSON.parse(text);
}
