// What the audit log records: an entry as a step gives it, and the record that is stored of it.

import type { Code } from "./codes.ts";

/** The steps of a rotation, and what else is recorded. */
export type Step =
	| "trigger"
	| "approval"
	| "freeze"
	| "plan"
	| "createSecret"
	| "setSecret"
	| "testSecret"
	| "finishSecret"
	| "deliver"
	| "refresh"
	| "roll"
	| "verify"
	| "finish"
	| "reconcile"
	| "retire"
	| "sweep"
	| "signHead"
	| "notify"
	| "backup";

/** What is recorded: names, ids and versions; never a value, a verifier or a hash of one. */
export interface Entry {
	readonly rotationId: string;
	readonly step: Step;
	/** `intent` before, `outcome` after; `note` for what changes nothing (a refused trigger, a sweep's finding). */
	readonly phase: "intent" | "outcome" | "note";
	/** Distinguishes the executions of one step: the Functions invocation id, or a trigger's own id. */
	readonly attempt: string;
	/** The managed secret's id: its key in the configuration. */
	readonly secretName: string;
	/** Outcome or reason; absent with `intent`. */
	readonly code?: Code;
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
	/** When the live version was due, ISO 8601: a plan's. */
	readonly due?: string;
	/** SHA-256 of what is asked for or decided about (approval.ts), hex. */
	readonly digest?: string;
}

/** Who caused it: an operator, an event, the timer, or the app itself. */
export interface Actor {
	readonly kind: "operator" | "event-grid" | "timer" | "app";
	/** The operator's object id (claim `oid`), or the event's id. */
	readonly id?: string;
	/** The operator's client application (claim `azp` or `appid`). */
	readonly appId?: string;
}

/**
 * A stored record: a CloudEvents 1.0 event whose `data` is an event of OCSF class 3001 (Account Change) and has our own
 * fields besides. One line of the log: its RFC 8785 form.
 */
export interface AuditRecord {
	readonly specversion: "1.0";
	/** SHA-256 of the entry: the same entry has the same id. */
	readonly id: string;
	readonly source: string;
	/** `com.titanic-secret-rotator.rotation.<step>.<phase>` */
	readonly type: string;
	/** The managed secret, as `data.secretName`. */
	readonly subject: string;
	readonly time: string;
	readonly datacontenttype: "application/json";
	readonly data: AuditData;
}

export interface AuditData extends Omit<Entry, "actor"> {
	readonly seq: number;
	/** `hash` of the record before; 64 zeros in the first one. */
	readonly prevHash: string;
	/** SHA-256 of the record's RFC 8785 form without this field, hex. */
	readonly hash: string;
	/** The blob that the chain goes on in: with this record its own blob is closed. */
	readonly continuedIn?: string;
	// OCSF, by its own names
	readonly category_uid: 3;
	readonly class_uid: 3001;
	readonly activity_id: 3;
	readonly type_uid: 300103;
	readonly severity_id: number;
	/** Milliseconds since 1970. */
	readonly time: number;
	/** 1 Success, 2 Failure, 99 Other: an intent, or a step that was not begun. */
	readonly status_id: 1 | 2 | 99;
	readonly status: string;
	readonly status_code?: string;
	readonly metadata: {
		readonly version: string;
		readonly product: { readonly name: string; readonly vendor_name: string };
	};
	/** Who caused it: `Actor.kind` is `user.type`, `Actor.id` is `user.uid`, `Actor.appId` is `app_uid`. */
	readonly actor: {
		readonly user: { readonly uid?: string; readonly type_id: 1 | 3; readonly type: Actor["kind"] };
		readonly app_uid?: string;
	};
	/** The account whose password it is. */
	readonly user: { readonly name: string; readonly domain?: string };
}

/** Who caused what a record reports. */
export const actorOf = ({ actor }: Pick<AuditData, "actor">): Actor => ({
	kind: actor.user.type,
	...(actor.user.uid !== undefined && { id: actor.user.uid }),
	...(actor.app_uid !== undefined && { appId: actor.app_uid }),
});
