// The log that must be written before anything is changed.
// A1. A port method that changes something asks for an `Intent`; the only function that makes one is
//     steps/boundary.ts, after the log has taken it. Otherwise: a change without a record.

import type { Line } from "../domain/audit-chain.ts";
import type { AuditRecord, Entry } from "../domain/audit-entry.ts";
import type { Head } from "../domain/head.ts";
import type { Place } from "../domain/log-blobs.ts";

declare const written: unique symbol;
/** An entry that is on the log: the permission to act. Cast in steps/boundary.ts only. */
export type Intent = Entry & { readonly [written]: true };

/**
 * Append-only, hash-chained, several writers at once.
 * Throws Fault `audit-unavailable` (transient: not written, or not known to be), `token-unavailable` (transient);
 * `audit-forbidden`, `audit-broken` (final).
 */
export interface AuditLog {
	/**
	 * Appends all entries as one block, in order; resolves when they are durable. An entry already there (the same in
	 * every field, whatever the record's id says) is not written twice, so a repeated append after a lost answer is harmless.
	 * @returns how many it wrote. Of several that append the same entry, at once or not, one gets 1. After a lost answer
	 * perhaps nobody does.
	 * @throws TypeError for a field that `Entry` does not have: nothing is written that nobody thought of
	 */
	append(...entries: Entry[]): Promise<number>;
	/**
	 * The outcome that each intent lacks, as the log is now, oldest first. An intent from before the last megabyte that was there
	 * when this process first looked is not seen.
	 */
	missingOutcomes(): Promise<readonly Entry[]>;
	/**
	 * Appends those of them that nobody will write any more, decided at the very place where they are put: never after an
	 * outcome that somebody else has just written. Reads nothing where this process knows how the log ends.
	 * @param isOver whether nothing runs that may still write this outcome. Otherwise: a step that is under way is called unknown,
	 *   and then ends as something else
	 */
	closeIntents(isOver: (outcome: Entry) => boolean): Promise<void>;
	/** The latest records, oldest first, as they are stored: those of the last megabyte, which are about a thousand. */
	recent(): Promise<readonly AuditRecord[]>;
	/**
	 * A part of the log, at most 1 MB of it, oldest first, as it is stored (not verified).
	 * @param from a place of this log; a time: at latest at its first record; `undefined`: the log's start
	 * @returns `undefined` when there is no such place
	 */
	stretch(from: Place | Date | undefined): Promise<Stretch | undefined>;
	/** Where the log ends now: what is appended after this call begins there, or later. */
	end(): Promise<Place>;
	/** Names of what lies in the log's place and is no part of it: somebody else has put it there. */
	beside(): Promise<readonly string[]>;
	/** Where the log ends now; `undefined` while it has no record. */
	head(): Promise<Head | undefined>;
	/** Every line, oldest first, as it lies there, for anyone who verifies it. */
	asStored(): AsyncIterable<Line>;
	/** All records, oldest first, as they are stored (not verified). */
	read(): AsyncIterable<AuditRecord>;
}

export type { Place };

export interface Stretch {
	readonly records: readonly { readonly record: AuditRecord; readonly after: Place }[];
	/** Where it goes on; absent at the end of the log. */
	readonly next?: Place;
}
