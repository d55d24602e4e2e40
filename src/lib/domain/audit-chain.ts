// Is the audit log what was written? Each record names the hash of the one before it, so one look at each line tells.
//
// C1. Whatever was edited, removed, put in, repeated or moved is found, and the first such line is named. Two exceptions,
//     which the signed heads are for (audit-heads.ts): a log cut off at its end is a shorter log that is whole, and one
//     that was written anew with all its hashes is another log that is whole. Kept by: audit-chain.test.ts.
// C2. A line counts only in the one form it was written in (RFC 8785). Otherwise: a second `"code"` before the true one
//     shows one thing to a reader of the text and another to the check.

import type { AuditRecord } from "../ports/audit-log.ts";
import { canonical, hashOf, type Link, start } from "./audit-record.ts";

/** A line without its end, and where it is. */
export interface Line {
	/** A file, or a blob's name. */
	readonly file: string;
	/** From 1. */
	readonly line: number;
	readonly text: string;
}

/** Cuts what a file or a blob holds into its lines, as it comes. The last one may lack its end. */
export async function* linesIn(file: string, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Line> {
	const decoder = new TextDecoder();
	let [line, rest] = [0, ""];
	for await (const chunk of chunks) {
		const texts = (rest + decoder.decode(chunk, { stream: true })).split("\n");
		rest = texts.pop() ?? "";
		for (const text of texts) yield { file, line: ++line, text };
	}
	if (rest !== "") yield { file, line: ++line, text: rest };
}

export type Flaw =
	| "unreadable"
	| "edited"
	| "missing"
	| "reordered"
	| "duplicate"
	| "inserted"
	| "unlinked"
	| "misplaced";

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
}

/**
 * Reads one line by itself.
 * @returns the record, or why it is none
 */
export function parseLine(
	text: string,
): AuditRecord | { flaw: "unreadable" | "edited"; detail: string; seq?: number; id?: string } {
	const unreadable = { flaw: "unreadable", detail: "it is no audit record" } as const;
	let record: AuditRecord;
	try {
		record = JSON.parse(text);
	} catch {
		return { ...unreadable, detail: "it is no JSON" };
	}
	const { seq, hash, prevHash, rotationId, step } = record?.data ?? {};
	const id = record?.id;
	if (!Number.isSafeInteger(seq) || ![hash, prevHash, rotationId, step, id].every(isText)) return unreadable;
	const edited = { flaw: "edited", seq, id } as const;
	try {
		if (hashOf(record) !== hash) return { ...edited, detail: "its content does not have its hash" };
		if (canonical(record) !== text) return { ...edited, detail: "it is not in the form it was written in" };
	} catch {
		return unreadable;
	}
	return record;
}

const isText = (value: unknown): boolean => typeof value === "string";

/** Does this record stand right after that one? */
export const follows = ({ data }: AuditRecord, head: Link): boolean =>
	data.seq === head.seq + 1 && data.prevHash === head.hash;

export const linkOf = ({ data }: AuditRecord): Link => ({ seq: data.seq, hash: data.hash });

export interface Walk {
	/** The first line may be any record: what came before it is not there, and not verified. */
	readonly partial?: boolean;
	/** Files are blobs by their own names: the log changes from one to the other only where a record says so. */
	readonly blobs?: boolean;
	/** Which records are counted and told of; all are verified. */
	readonly shows?: (record: AuditRecord) => boolean;
	/** Told of each good record. */
	readonly onRecord?: (record: AuditRecord, at: Line) => void;
}

/**
 * Walks the whole log, oldest line first, and stops at the first bad one.
 * @param lines all lines of all blobs, in order; read to the end only where that tells a moved record from a missing one
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

	const reading = lines[Symbol.asyncIterator]();
	try {
		for (let next = await reading.next(); !next.done; next = await reading.next()) {
			const { file, line, text } = next.value;
			const record = parseLine(text);
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
			if (blobs && file !== expected) {
				const detail = `it stands in another blob than the record before it says: that is ${expected}`;
				bad = { file, line, seq: data.seq, id, flaw: "misplaced", detail };
				break;
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
	return { events: head.seq - begins + 1, begins, rotations: rotations.size, openIntents, first, last, head, bad };
}

/** Says what became of the order; a gap is told from a move by looking for the missing record further down. */
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
		const later = parseLine(next.value.text);
		if ("data" in later && follows(later, head)) {
			return { flaw: "reordered", detail: `record ${wanted}, which belongs before it, stands further down` };
		}
	}
	const gap = wanted === data.seq - 1 ? `record ${wanted} is` : `records ${wanted} to ${data.seq - 1} are`;
	return { flaw: "missing", detail: `${gap} missing before it` };
}
