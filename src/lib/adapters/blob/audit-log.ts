// The audit log on append blobs: one line a record, one block for all calls that come while the one before is written.
//
// L1. A block is taken only at the place that its first record was chained for (`appendPosition`), so writers need no lock:
//     the second writer is refused, reads what the first wrote, and chains its own after that. Kept by: audit-log.test.ts,
//     with twenty writers at once.
// L2. After an append whose answer is unknown, the log is read before it is written again. Otherwise: a record whose answer
//     was lost is there twice.

import { setTimeout as delay } from "node:timers/promises";
import type { Line } from "../../domain/audit-chain.ts";
import type { AuditRecord, Entry } from "../../domain/audit-entry.ts";
import { checked, idOf, type Link, lineOf, recordOf } from "../../domain/audit-record.ts";
import { Fault } from "../../domain/fault.ts";
import { missingOutcomes } from "../../domain/open-intents.ts";
import type { AuditLog } from "../../ports/audit-log.ts";
import type { Clock } from "../../ports/clock.ts";
import { type Chain, chainOf, type LogBlobs, linesOf, type Reading } from "./audit-blobs.ts";
import { latestRecords, shownIn, stretchFrom } from "./audit-stretch.ts";
import { catchUp, continuation, firstLook, grownBy, type Tail } from "./audit-tail.ts";
import { type ContainerOptions, nameOfContainer, openContainer, patience } from "./container.ts";
import { codeOf, troubleOf } from "./faults.ts";

export interface BlobAuditLogOptions extends ContainerOptions {
	readonly clock: Clock;
	/** Appends to one blob before the log goes on in another; Azure takes 50,000. */
	readonly mostBlocks?: number;
}

/** So often another writer may be quicker before the log counts as unavailable. */
const mostLosses = 60;

/** So many calls share one block: a block has at most 4 MiB, a record a few hundred bytes. */
const mostAtOnce = 64;

/**
 * The log line by line, oldest first, as it lies there: for anyone who checks it.
 * Throws what `AuditLog` throws.
 */
export async function* auditLines(options: ContainerOptions, reading?: Reading): AsyncGenerator<Line> {
	const blobs = logBlobs(options, { now: () => new Date() });
	try {
		yield* linesOf(blobs, reading);
	} catch (error) {
		throw auditFault(error, blobs.log, "read");
	}
}

const logBlobs = (options: ContainerOptions, clock: Clock): LogBlobs => ({
	container: openContainer(options),
	log: nameOfContainer(options.containerUrl),
	clock,
});

export function blobAuditLog({ clock, mostBlocks = 49_000, ...options }: BlobAuditLogOptions): AuditLog {
	const blobs = logBlobs(options, clock);
	let tail: Tail | undefined;
	/** False after an append whose end is not known. */
	let certain = false;
	/** One at a time: calls of one process need not compete with each other. */
	let turn: Promise<unknown> = Promise.resolve();
	const waiting: Call[] = [];
	/** The log's blobs as they were last. */
	let known: Chain | undefined;
	const chain = async () => {
		known = await chainOf(blobs, known?.blobs);
		return known;
	};

	/** The tail as it is now: known, or looked at. */
	async function current(): Promise<Tail> {
		if (!tail) tail = await firstLook(blobs, await chain());
		else if (!certain) tail = await catchUp(blobs, tail);
		certain = true;
		return tail;
	}

	/** All calls that came while it was not their turn. */
	async function writeWaiting(): Promise<void> {
		const calls = waiting.splice(0, mostAtOnce);
		try {
			await write(calls);
		} catch (error) {
			for (const { failed } of calls) failed(auditFault(error, blobs.log, "append to"));
		}
	}

	async function write(calls: readonly Call[]): Promise<void> {
		for (let lost = 0; lost < mostLosses; lost++) {
			if (lost > 0) await delay(Math.random() * Math.min(500, 20 * lost));
			const at = await current();
			const entries = calls.map(({ entriesAt }) => entriesAt(at));
			const records = chained(entries.flat(), at, clock.now(), mostBlocks);
			if (records.length > 0) {
				const block = Buffer.from(records.map(lineOf).join(""));
				certain = false;
				const blocks = await appended(blobs, at, block);
				if (blocks === undefined) continue;
				tail = grownBy(at, records, block.length, blocks);
				certain = true;
			}
			// An entry that two of them have is the first one's.
			const written = new Set(records.map(({ id }) => id));
			for (const [index, { done }] of calls.entries()) {
				done(entries[index]!.filter((entry) => written.delete(idOf(entry))).length);
			}
			return;
		}
		throw new Fault("audit-unavailable", { log: blobs.log });
	}

	function enqueue(entriesAt: Call["entriesAt"]): Promise<number> {
		const { promise, resolve: done, reject: failed } = Promise.withResolvers<number>();
		waiting.push({ entriesAt, done, failed });
		void inTurn("append to", writeWaiting);
		return promise;
	}

	/** Others write too: what was certain a moment ago is looked at again. */
	const asItIsNow = (): Promise<Tail> =>
		inTurn("read", async () => {
			certain = false;
			return current();
		});

	const reading = <T>(work: () => Promise<T>): Promise<T> =>
		work().catch((error) => {
			throw auditFault(error, blobs.log, "read");
		});

	/** One after the other. */
	async function inTurn<T>(right: string, work: () => Promise<T>): Promise<T> {
		const mine = turn.then(work);
		turn = mine.catch(() => {});
		return mine.catch((error) => {
			throw auditFault(error, blobs.log, right);
		});
	}

	return {
		async append(...entries) {
			const own = entries.map(checked);
			return enqueue(() => own);
		},
		missingOutcomes: async () => missingOutcomes((await asItIsNow()).open),
		async closeIntents(isOver) {
			await enqueue(({ open }) => missingOutcomes(open).filter(isOver));
		},
		recent: () => reading(async () => latestRecords(blobs, (await chain()).blobs)),
		stretch: (from) => reading(async () => stretchFrom(blobs, (await chain()).blobs, from)),
		beside: () => reading(async () => (await chain()).beside.map(({ name }) => name)),
		async head() {
			const { seq, hash } = (await asItIsNow()).head;
			return seq === 0 ? undefined : { log: blobs.log, seq, hash };
		},
		asStored: () => auditLines(options),
		async end() {
			const { blob, position } = await asItIsNow();
			return { blob, offset: position };
		},
		async *read() {
			for await (const line of auditLines(options)) yield shownIn(line, blobs.log);
		},
	};
}

/** One call that appends, until its entries are written. */
interface Call {
	/** What it writes, where the log ends like this. */
	readonly entriesAt: (tail: Tail) => readonly Entry[];
	readonly done: (written: number) => void;
	readonly failed: (error: unknown) => void;
}

/** @returns the records of those entries that are not there yet */
function chained(entries: readonly Entry[], tail: Tail, time: Date, mostBlocks: number): AuditRecord[] {
	const fresh = new Map(entries.map((entry) => [idOf(entry), entry]));
	for (const id of fresh.keys()) if (tail.ids.has(id)) fresh.delete(id);
	const last = [...fresh.keys()].at(-1);
	let previous: Link = tail.head;
	const records: AuditRecord[] = [];
	for (const [id, entry] of fresh) {
		const record = recordOf(entry, {
			previous,
			time,
			continuedIn: id === last ? continuation(tail, time, mostBlocks) : undefined,
		});
		previous = record.data;
		records.push(record);
	}
	return records;
}

/** @returns how many blocks the blob has now, or `undefined` when another writer was quicker */
async function appended({ container }: LogBlobs, tail: Tail, block: Buffer): Promise<number | undefined> {
	const blob = container.getAppendBlobClient(tail.blob);
	const send = async () => {
		const conditions = { appendPosition: tail.position };
		const answer = await blob.appendBlock(block, block.length, { conditions, abortSignal: patience() });
		return answer.blobCommittedBlockCount ?? tail.blocks + 1;
	};
	try {
		try {
			return await send();
		} catch (error) {
			if (codeOf(error) !== "BlobNotFound" || tail.position > 0) throw error;
			// Two that create it at once: the condition lets one of them, and nobody empties what is there.
			await blob.create({ conditions: { ifNoneMatch: "*" }, abortSignal: patience() }).catch((refused) => {
				if (codeOf(refused) !== "BlobAlreadyExists") throw refused;
			});
			return await send();
		}
	} catch (error) {
		const code = codeOf(error);
		if (code === "AppendPositionConditionNotMet") return undefined;
		// A blob that was there and is gone: to be found out by the next look at it.
		if (code === "BlobNotFound") return undefined;
		throw error;
	}
}

/** The fault of an error of Blob Storage or of the app's identity; a fault stays what it is. */
function auditFault(error: unknown, log: string, right: string): Fault {
	if (error instanceof Fault) return error;
	if (troubleOf(error) === "forbidden") return new Fault("audit-forbidden", { log, right }, error);
	return new Fault("audit-unavailable", { log }, error);
}
