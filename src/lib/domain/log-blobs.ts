// The names of the audit log's blobs: `audit/YYYY-MM.ndjson`, and `audit/YYYY-MM_02.ndjson` to `_99` where a month has more.
// LB1. The log is the chain of blobs that records lead to. A name is taken from a record only, and only if it has this form
//      and comes next: a month's next part, or the first part of a later month that has come. Otherwise: anyone who may append
//      one record sends all that follow where nobody looks, or, with a blob of a far month, keeps the log from going on.
//      Kept by: audit-intruder.test.ts.

/** Between two records. */
export interface Place {
	readonly blob: string;
	/** In bytes. */
	readonly offset: number;
}

export const logFolder = "audit/";

const form = /^audit\/(\d{4}-(?:0[1-9]|1[0-2]))(?:_(0[2-9]|[1-9]\d))?\.ndjson$/;

/** So far the clocks of two writers may differ. */
export const skewMs = 3_600_000;

export const blobOfMonth = (time: Date): string => `${logFolder}${time.toISOString().slice(0, 7)}.ndjson`;

export const isLogName = (name: string): boolean => form.test(name);

/** @returns the month's next part; `undefined` after the last one that a name has room for */
export function nextPart(name: string): string | undefined {
	const [, month, part = "1"] = form.exec(name) ?? [];
	const next = Number(part) + 1;
	return month === undefined || next > 99 ? undefined : `${logFolder}${month}_${String(next).padStart(2, "0")}.ndjson`;
}

/** Is it a blob of a month that has come, as far as clocks agree? */
export const hasCome = (name: string, now: Date): boolean =>
	name.slice(0, logFolder.length + 7) <= blobOfMonth(new Date(now.getTime() + skewMs)).slice(0, logFolder.length + 7);

/**
 * @param now absent: only form and order count
 * @returns why the log may not go on from the one blob in the other, as a sentence's end; `undefined` if it may
 */
export function linkFlaw(from: string, to: string, now?: Date): string | undefined {
	if (!isLogName(to)) return "is not the name of a blob of the log";
	if (to === nextPart(from)) return undefined;
	if (to <= from || /_\d\d\.ndjson$/.test(to)) return `is not what comes after ${from}`;
	return !now || hasCome(to, now) ? undefined : "is of a month that had not come";
}

/** Is the one blob a later part of the other one's month? */
export const isLaterPart = (name: string, of: string): boolean =>
	isLogName(name) && name > of && name.slice(0, logFolder.length + 7) === of.slice(0, logFolder.length + 7);
