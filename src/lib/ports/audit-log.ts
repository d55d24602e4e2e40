// The log that must be written before anything is changed.
// A1. A port method that changes something asks for an `Intent`; the only function that makes one is
//     activities/boundary.ts, after the log has taken it. Otherwise: a change without a record.

/** The steps of a rotation, and what else is recorded. */
export type Step =
	| "trigger"
	| "plan"
	| "createSecret"
	| "setSecret"
	| "testSecret"
	| "finishSecret"
	| "compensate"
	| "deliver"
	| "roll"
	| "verify"
	| "finish"
	| "sweep";

/** What is recorded: names, ids and versions; never a value, a verifier or a hash of one. */
export interface Entry {
	readonly rotationId: string;
	readonly step: Step;
	/** `intent` before, `outcome` after; `note` for what changes nothing (a refused trigger, a sweep's finding). */
	readonly phase: "intent" | "outcome" | "note";
	/** Tells the executions of one step apart: the Functions invocation id, or a trigger's own id. */
	readonly attempt: string;
	readonly secretName: string;
	/** Outcome or reason; absent with `intent`. */
	readonly code?: string;
	readonly message?: string;
	readonly actor: Actor;
	readonly oldVersion?: string;
	readonly newVersion?: string;
	readonly vault?: string;
	readonly server?: string;
	readonly role?: string;
	readonly cluster?: string;
	/** `Deployment titanic-api/titanic-api` */
	readonly workload?: string;
	/** The rotation that generated the credential, where it is another one than this. */
	readonly correlationId?: string;
	/** SHA-256 of the configuration file, hex. */
	readonly configHash?: string;
}

/** Who caused it: an operator, an event, the timer, or the app itself. */
export interface Actor {
	readonly kind: "operator" | "event-grid" | "timer" | "app";
	/** The operator's object id (claim `oid`), or the event's id. */
	readonly id?: string;
	/** The operator's client application (claim `azp` or `appid`). */
	readonly appId?: string;
}

declare const written: unique symbol;
/** An entry that is on the log: the permission to act. Cast in activities/boundary.ts only. */
export type Intent = Entry & { readonly [written]: true };

/**
 * Append-only, hash-chained, several writers at once.
 * Throws Fault `audit-unavailable` (transient: not written, or not known to be), `audit-forbidden`, `audit-broken` (final).
 */
export interface AuditLog {
	/**
	 * Appends all entries as one block, in order; resolves when they are durable. An entry already there (same
	 * rotationId, step, attempt and phase) is not written twice, so a repeated append after a lost answer is harmless.
	 */
	append(...entries: Entry[]): Promise<void>;
	/** All records, oldest first, as they are stored (not verified). */
	read(): AsyncIterable<AuditRecord>;
}

/** A stored record: CloudEvents 1.0; `data` aligned with OCSF 3001 Account Change. */
export interface AuditRecord {
	readonly specversion: "1.0";
	readonly id: string;
	readonly source: string;
	readonly type: string;
	readonly subject: string;
	readonly time: string;
	readonly datacontenttype: "application/json";
	readonly data: Entry & {
		readonly seq: number;
		readonly prevHash: string;
		readonly hash: string;
	} & Readonly<Record<string, unknown>>;
}
