// Pages through the audit log, as it is stored: `audit:verify` says whether it is what was written.
// AU1. One request reads a bounded part of the log, however far apart the records are that it asks for. Otherwise: a filter
//      that nothing passes reads years of blobs, until the host gives up. So a page may be empty and have a next one.
// AU2. Only the log's order ends a search by time: a blob of a later month. One record's time says nothing of the next one's.
//      Otherwise: anyone who appends a record of next year hides all that follow. Kept by: audit.test.ts, audit-intruder.test.ts.
// AU3. The log records who reads it, once for each first page: a record per page would fill it with its own readers.

import type { AuditQuery } from "../../api/queries.ts";
import type { AuditRecord } from "../domain/audit-entry.ts";
import { Fault } from "../domain/fault.ts";
import { hasCome, isLogName } from "../domain/log-blobs.ts";
import type { AuditLog, Place } from "../ports/audit-log.ts";
import { noteOf, unnamed } from "../triggers/request.ts";
import { continuationOf, given, linkTo, placeIn } from "./continuation.ts";
import { handle, orRecorded, reply } from "./handle.ts";

/** Times are ISO 8601. */
type Filter = Omit<AuditQuery, "limit" | "continuation">;

/** Each is at most 1 MB. */
const mostStretches = 4;

/** `GET /api/audit` */
export const showAudit = handle("showAudit", async ({ query, trigger }, { ports }) => {
	const { limit, continuation, ...filter } = query;
	const place = await orRecorded(
		trigger,
		() => unnamed,
		async () => (continuation === undefined ? undefined : placeIn(continuation, filter, isPlace)),
	);
	const audit = await ports.audit();
	if (!place) {
		const note = noteOf(trigger, filter.secret ?? unnamed);
		await audit.append({ ...note, code: "audit-read", message: readingOf(filter) });
	}
	const { records, next } = await pageOf(audit, filter, limit, place && { blob: place[0], offset: place[1] });
	if (!next) return reply(200, { records });
	const continued = continuationOf(filter, [next.blob, next.offset]);
	return reply(200, { records, next: linkTo("/api/audit", filter, limit, continued) });
});

const isPlace = (place: readonly (string | number)[]): place is readonly [string, number] => {
	const [blob, offset] = place;
	return place.length === 2 && typeof blob === "string" && Number.isSafeInteger(offset) && Number(offset) >= 0;
};

async function pageOf(log: AuditLog, filter: Filter, limit: number, start?: Place) {
	const { from, to, rotation, secret } = filter;
	const [least, most] = [from, to].map((time) => (time === undefined ? undefined : Date.parse(time)));
	const passes = ({ data }: AuditRecord) =>
		(rotation === undefined || data.rotationId === rotation) &&
		(secret === undefined || data.secretName === secret) &&
		(least === undefined || data.time >= least) &&
		(most === undefined || data.time < most);
	const records: AuditRecord[] = [];
	let place: Place | Date | undefined = start ?? (least === undefined ? undefined : new Date(least));
	for (let read = 0; read < mostStretches; read++) {
		const stretch = await log.stretch(place);
		if (!stretch) throw new Fault("parameter-not-valid", { parameter: "continuation", detail: "is none of this log" });
		for (const { record, after } of stretch.records) {
			if (passes(record)) records.push(record);
			if (records.length === limit) return { records, next: after };
		}
		if (!stretch.next || (most !== undefined && isAfter(stretch.next, most))) return { records };
		place = stretch.next;
	}
	return { records, next: place as Place };
}

/** Is all that stands there later than that time? Each blob has a month's records, and the first ones of the next. */
const isAfter = ({ blob }: Place, time: number): boolean => isLogName(blob) && !hasCome(blob, new Date(time));

/** Only what was checked gets into the record. */
const readingOf = (filter: Filter): string => {
	const parts = Object.entries(given(filter)).map(([name, value]) => `${name} ${value}`);
	return parts.length === 0 ? "The log was read from its start." : `The log was read with ${parts.join(", ")}.`;
};
