// Is the audit log what was written? Each record names the hash of the one before it, so one look at each line answers that.
//
// CH1. Whatever was edited, removed, put in, repeated or moved is found, and the first such line is named. Two exceptions,
//      which the signed heads are for (audit-heads.ts): a log cut off at its end is a shorter log that is whole, and one
//      that was rewritten with all its hashes is another log that is whole. Kept by: audit-chain.test.ts.
// CH2. A line counts only in the one form it was written in (RFC 8785). Otherwise: a second `"code"` before the true one
//      shows one thing to a reader of the text and another to the check.

import type { AuditRecord } from "./audit-entry.ts";
import {
	canonical,
	entryOf,
	hashOf,
	hashOfText,
	idOf,
	isCanonical,
	isRecord,
	type Link,
	start,
} from "./audit-record.ts";
import { isLaterPart, isLogName, linkFlaw } from "./log-blobs.ts";

/** A line without its end, and where it is. */
export interface Line {
	/** A file, or a blob's name. */
	readonly file: string;
	/** From 1. */
	readonly line: number;
	readonly text: string;
	/** Why no record can be in it, as a sentence's end; its text is not to be used then. */
	readonly wrong?: string;
	/** Of a blob that no record leads to. */
	readonly stray?: true;
}

/** No record is longer: one that somebody else wrote may be much longer than ours. */
export const longestLine = 8 * 1024 * 1024;
const lineEnd = 0x0a;

/**
 * Cuts what a file or a blob holds into its lines, as it comes. The last one may lack its end. A line that is longer than
 * any record is not kept in memory.
 */
export async function* linesIn(file: string, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Line> {
	let line = 0;
	let parts: Uint8Array[] = [];
	let length = 0;
	const add = (part: Uint8Array) => {
		length += part.length;
		if (length > longestLine) parts = [];
		else if (part.length > 0) parts.push(part);
	};
	const cut = (): Line => {
		const bytes = Buffer.concat(parts);
		const tooLong = length > longestLine;
		[parts, length] = [[], 0];
		return { file, line: ++line, ...(tooLong ? { text: "", wrong: "it is longer than any record" } : textOf(bytes)) };
	};
	for await (const chunk of chunks) {
		let from = 0;
		for (let end = chunk.indexOf(lineEnd); end >= 0; end = chunk.indexOf(lineEnd, from)) {
			add(chunk.subarray(from, end));
			from = end + 1;
			yield cut();
		}
		add(chunk.subarray(from));
	}
	if (length > 0) yield cut();
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Bytes that are no UTF-8 are no text: a reader that puts a sign in their place would show what was not written. */
export function textOf(bytes: Uint8Array): { text: string; wrong?: string } {
	try {
		return { text: decoder.decode(bytes) };
	} catch {
		return { text: "", wrong: "it is not UTF-8" };
	}
}

export type Flaw =
	| "unreadable"
	| "edited"
	| "missing"
	| "reordered"
	| "duplicate"
	| "inserted"
	| "unlinked"
	| "misplaced"
	| "misdirected"
	| "foreign-record";

/** The first line that is not as it must be. */
export interface BadRecord {
	readonly file: string;
	readonly line: number;
	readonly seq?: number;
	readonly id?: string;
	readonly flaw: Flaw;
	/** A sentence's end for a person, e.g. `record 7 is missing before it`. */
	readonly detail: string;
}

export interface Verdict {
	/** Records up to the first bad one. */
	readonly events: number;
	/** The first record's number: more than 1 where the walk began in the middle. */
	readonly begins: number;
	readonly rotations: number;
	/** Steps that were begun and of whose end nothing is known: running, or cut short. */
	readonly openIntents: readonly { readonly rotationId: string; readonly step: string; readonly time: string }[];
	/** Times of the first and the last record, ISO 8601. */
	readonly first?: string;
	readonly last?: string;
	/** The last good record. */
	readonly head: Link;
	/** Absent: the chain is whole. */
	readonly bad?: BadRecord;
	/** Records of the chain that somebody else than the rotator has put there. */
	readonly foreign?: readonly BadRecord[];
}

export type NoRecord = { flaw: "unreadable" | "edited"; detail: string; seq?: number; id?: string };

/**
 * Reads one line by itself.
 * @returns the record, or why it is none
 */
export function recordIn({ text, wrong }: Pick<Line, "text" | "wrong">): AuditRecord | NoRecord {
	return wrong === undefined ? parseLine(text) : { flaw: "unreadable", detail: wrong };
}

export function parseLine(text: string): AuditRecord | NoRecord {
	const unreadable = { flaw: "unreadable", detail: "it is not an audit record" } as const;
	let record: unknown;
	try {
		record = JSON.parse(text);
	} catch {
		return { ...unreadable, detail: "it is no JSON" };
	}
	if (!isRecord(record)) return unreadable;
	const edited = { flaw: "edited", seq: record.data.seq, id: record.id } as const;
	try {
		const isAsWritten = isCanonical(text, record);
		const hash = isAsWritten ? hashOfText(text, record) : hashOf(record);
		if (hash !== record.data.hash) return { ...edited, detail: "its content does not have its hash" };
		if (!isAsWritten) return { ...edited, detail: "it is not in the form it was written in" };
	} catch {
		return unreadable;
	}
	return record;
}

/** The id that its content has: anyone who puts another one on a record cannot have it pass for one that is to come. */
export const contentId = ({ data }: AuditRecord): string => idOf(entryOf(data));

/** Does this record stand right after that one? */
export const follows = ({ data }: AuditRecord, head: Link): boolean =>
	data.seq === head.seq + 1 && data.prevHash === head.hash;

export const linkOf = ({ data }: AuditRecord): Link => ({ seq: data.seq, hash: data.hash });

export interface Walk {
	/** The first line may be any record: what came before it is not there, and not verified. */
	readonly partial?: boolean;
	/** Files are blobs by their own names: the log changes from one to the other only where a record says so. */
	readonly blobs?: boolean;
	/** Which records are counted and reported; all are verified. */
	readonly shows?: (record: AuditRecord) => boolean;
	/** Called for each good record. */
	readonly onRecord?: (record: AuditRecord, at: Line) => void;
}

/**
 * Walks the whole log, oldest line first, and stops at the first bad one.
 * @param lines all lines of all blobs, in order; read to the end only where that distinguishes a moved record from a missing one
 */
export async function verifyChain(lines: AsyncIterable<Line>, walk: Walk = {}): Promise<Verdict> {
	const { partial = false, blobs = false, shows = () => true, onRecord } = walk;
	const seen = new Map<string, number>();
	const rotations = new Set<string>();
	const open = new Map<string, { rotationId: string; step: string; time: string; count: number }>();
	let head = start;
	let begins = 1;
	let before: { file: string; continuedIn?: string } | undefined;
	let [first, last, bad]: [string?, string?, BadRecord?] = [];
	const foreign: BadRecord[] = [];
	const passed = new Set<string>();

	const reading = lines[Symbol.asyncIterator]();
	try {
		for (let next = await reading.next(); !next.done; next = await reading.next()) {
			const { file, line, stray } = next.value;
			const record = recordIn(next.value);
			// No part of the log. But one whose first record is further on than the log's end may be what was torn off it.
			if (stray && (passed.has(file) || "flaw" in record || record.data.seq <= head.seq)) {
				if (!("flaw" in record)) passed.add(file);
				continue;
			}
			if ("flaw" in record) {
				bad = { file, line, ...record };
				break;
			}
			const { data, id } = record;
			if (partial && !before) {
				begins = data.seq;
				head = { seq: data.seq - 1, hash: data.prevHash };
			}
			if (!follows(record, head)) {
				bad = { file, line, seq: data.seq, id, ...(await misplaced(record, head, seen, reading)) };
				break;
			}
			const expected = before?.continuedIn ?? before?.file ?? file;
			// A blob that held something else when the log came to it is passed over: then it goes on in a later part.
			if (blobs && file !== expected && (stray || !before?.continuedIn || !isLaterPart(file, expected))) {
				const detail = `it stands in another blob than the record before it says: that is ${expected}`;
				bad = { file, line, seq: data.seq, id, flaw: "misplaced", detail };
				break;
			}
			const { continuedIn } = data;
			const wrongLink = continuedIn === undefined ? undefined : linkOff(file, continuedIn, blobs);
			if (wrongLink !== undefined) {
				bad = { file, line, seq: data.seq, id, flaw: "misdirected", detail: wrongLink };
				break;
			}
			// By its own time: nobody can tell afterwards what the time was. The walk goes on where it leads.
			const early = blobs && continuedIn !== undefined && linkFlaw(file, continuedIn, new Date(data.time));
			if (early) {
				const detail = linkSays(continuedIn, early);
				foreign.push({ file, line, seq: data.seq, id, flaw: "misdirected", detail });
			}
			if (contentId(record) !== id) {
				const detail = "its id is not the one that its content has: the rotator has not written it";
				foreign.push({ file, line, seq: data.seq, id, flaw: "foreign-record", detail });
			}
			before = { file, continuedIn: data.continuedIn };
			head = linkOf(record);
			seen.set(data.hash, data.seq);
			onRecord?.(record, next.value);
			if (!shows(record)) continue;
			first ??= record.time;
			last = record.time;
			rotations.add(data.rotationId);
			const key = canonical([data.rotationId, data.step, data.attempt, data.secretName]);
			const intent = open.get(key) ?? { rotationId: data.rotationId, step: data.step, time: record.time, count: 0 };
			if (data.phase === "intent") open.set(key, { ...intent, count: intent.count + 1 });
			if (data.phase === "outcome") open.set(key, { ...intent, count: intent.count - 1 });
			if (open.get(key)?.count === 0) open.delete(key);
		}
	} finally {
		await reading.return?.();
	}
	const openIntents = [...open.values()].filter(({ count }) => count > 0).map(({ count: _, ...intent }) => intent);
	return {
		events: head.seq - begins + 1,
		begins,
		rotations: rotations.size,
		openIntents,
		first,
		last,
		head,
		bad,
		foreign: foreign.length > 0 ? foreign : undefined,
	};
}

/** @returns what is wrong with where a record sends the log; `undefined` if nothing is */
function linkOff(file: string, to: string, blobs: boolean): string | undefined {
	// An exported file may have any name: then only the form can be looked at.
	const flaw = blobs ? linkFlaw(file, to) : isLogName(to) ? undefined : "is not the name of a blob of the log";
	return flaw === undefined ? undefined : linkSays(to, flaw);
}

export const linkSays = (to: string, flaw: string): string =>
	`it says that the log goes on in ${JSON.stringify(to.slice(0, 100))}, which ${flaw}`;

/** Says what became of the order; a gap is distinguished from a move by looking for the missing record further down. */
async function misplaced(
	{ data }: AuditRecord,
	head: Link,
	seen: ReadonlyMap<string, number>,
	rest: AsyncIterator<Line>,
): Promise<{ flaw: Flaw; detail: string }> {
	const wanted = head.seq + 1;
	if (seen.has(data.hash)) return { flaw: "duplicate", detail: `record ${data.seq} is there a second time` };
	if (data.seq < wanted) {
		return { flaw: "inserted", detail: `another record ${data.seq} stands before it; one of the two was put in` };
	}
	if (data.seq === wanted) {
		const before = head.seq === 0 ? "the log's start" : `record ${head.seq}`;
		return { flaw: "unlinked", detail: `it does not follow ${before}: one of the two was replaced or put in` };
	}
	for (let next = await rest.next(); !next.done; next = await rest.next()) {
		const later = recordIn(next.value);
		if ("data" in later && follows(later, head)) {
			return { flaw: "reordered", detail: `record ${wanted}, which belongs before it, stands further down` };
		}
	}
	const gap = wanted === data.seq - 1 ? `record ${wanted} is` : `records ${wanted} to ${data.seq - 1} are`;
	return { flaw: "missing", detail: `${gap} missing before it` };
}
