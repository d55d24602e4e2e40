// One record of the audit log, made of an entry and of the record before it.
//
// AR1. A record holds the fields of `Entry` and no others, all of them texts. Otherwise: an object that somebody passed on
//      whole puts a password on a log that nobody can ever correct. Kept by: `checked`, audit-chain.test.ts.
// AR2. The same entry has the same id, whenever and by whomever it is written. Otherwise: a write that is repeated because
//      its answer was lost is there twice. Kept by: audit-log.test.ts.

import { createHash } from "node:crypto";
import canonicalize from "canonicalize";
import type { Actor, AuditData, AuditRecord, Entry } from "./audit-entry.ts";
import { faultCodes } from "./fault.ts";
import { oneLine } from "./line.ts";

/** A record as its successor sees it. */
export interface Link {
	readonly seq: number;
	readonly hash: string;
}

/** What the first record of a log follows. */
export const start: Link = { seq: 0, hash: "0".repeat(64) };

const entryFields = {
	rotationId: true,
	step: true,
	phase: true,
	attempt: true,
	secretName: true,
	code: true,
	message: true,
	actor: true,
	oldVersion: true,
	newVersion: true,
	vault: true,
	server: true,
	role: true,
	cluster: true,
	workload: true,
	correlationId: true,
	configHash: true,
	due: true,
	digest: true,
} as const satisfies Record<keyof Entry, true>;
const actorFields = { kind: true, id: true, appId: true } as const satisfies Record<keyof Actor, true>;
const longest = 2000;

/**
 * @returns the entry with its absent fields left out and each text on one line and cut to 2,000 well-formed characters (RFC
 * 8785 has no form for a lone surrogate)
 * @throws TypeError that names the field which is unknown or no text, never its value
 */
export function checked(entry: Entry): Entry {
	const { actor, ...texts } = entry;
	return { ...textsOf(texts, entryFields, ""), actor: textsOf(actor, actorFields, "actor.") } as unknown as Entry;
}

function textsOf(given: object, known: Readonly<Record<string, true>>, at: string): Record<string, string> {
	const texts: Record<string, string> = {};
	for (const [name, value] of Object.entries(given)) {
		if (!Object.hasOwn(known, name)) throw new TypeError(`An audit entry has no field ${at}${name}.`);
		if (value === undefined) continue;
		if (typeof value !== "string") throw new TypeError(`Field ${at}${name} of an audit entry is no text.`);
		texts[name] = oneLine(value).slice(0, longest).toWellFormed();
	}
	return texts;
}

/** @returns 64 hexadecimal characters */
export const idOf = (entry: Entry): string => sha256(canonical(checked(entry)));

/**
 * @param at.previous the record it follows
 * @param at.continuedIn closes the blob: the next record is in that one
 */
export function recordOf(entry: Entry, at: { previous: Link; time: Date; continuedIn?: string }): AuditRecord {
	const known = checked(entry);
	const { actor, ...own } = known;
	const record: AuditRecord = {
		specversion: "1.0",
		id: sha256(canonical(known)),
		source: "titanic-secret-rotator",
		type: `com.titanic-secret-rotator.rotation.${own.step}.${own.phase}`,
		subject: own.secretName,
		time: at.time.toISOString(),
		datacontenttype: "application/json",
		data: {
			...own,
			...accountChange(own, actor, at.time),
			seq: at.previous.seq + 1,
			prevHash: at.previous.hash,
			hash: "",
			...(at.continuedIn !== undefined && { continuedIn: at.continuedIn }),
		},
	};
	return { ...record, data: { ...record.data, hash: hashOf(record) } };
}

type Ocsf = Omit<AuditData, keyof Omit<Entry, "actor"> | "seq" | "prevHash" | "hash" | "continuedIn">;

/** @see https://schema.ocsf.io/1.3.0/classes/account_change */
function accountChange(own: Omit<Entry, "actor">, actor: Actor, time: Date): Ocsf {
	const { status, status_id } = statusOf(own);
	const failed = status_id === 2;
	return {
		category_uid: 3,
		class_uid: 3001,
		activity_id: 3,
		type_uid: 300103,
		// 1 Informational, 3 Medium
		severity_id: failed ? 3 : 1,
		time: time.getTime(),
		status_id,
		status,
		...(own.code !== undefined && { status_code: own.code }),
		metadata: {
			version: "1.3.0",
			product: { name: "titanic-secret-rotator", vendor_name: "titanic-secret-rotator" },
		},
		actor: {
			user: {
				...(actor.id !== undefined && { uid: actor.id }),
				// 1 User, 3 System
				type_id: actor.kind === "operator" ? 1 : 3,
				type: actor.kind,
			},
			...(actor.appId !== undefined && { app_uid: actor.appId }),
		},
		user: { name: own.role ?? own.secretName, ...(own.server !== undefined && { domain: own.server }) },
	};
}

/**
 * Success is said only of what happened: an intent has not, nor has a step that an earlier one's failure kept from it, and
 * of one whose process died nobody knows.
 */
function statusOf({ phase, code }: Omit<Entry, "actor">): Pick<Ocsf, "status" | "status_id"> {
	if (phase === "intent") return { status_id: 99, status: "Intent" };
	if (code === "not-begun") return { status_id: 99, status: "Not begun" };
	if (code === "unknown") return { status_id: 99, status: "Unknown" };
	const failed = code !== undefined && (faultCodes as readonly string[]).includes(code);
	return failed ? { status_id: 2, status: "Failure" } : { status_id: 1, status: "Success" };
}

/** The entry that a record was made of: by its content, whatever its id says. */
export function entryOf({ actor, ...data }: AuditData): Entry {
	const { actor: _, ...known } = entryFields;
	const own = Object.fromEntries(Object.keys(known).map((name) => [name, data[name as keyof typeof data]]));
	return { ...own, actor: { kind: actor.user.type, id: actor.user.uid, appId: actor.app_uid } } as unknown as Entry;
}

const phases: readonly unknown[] = ["intent", "outcome", "note"] satisfies Entry["phase"][];
const needed = ["rotationId", "step", "attempt", "secretName", "status"];
const isText = (value: unknown): boolean => typeof value === "string";
const isTextOrNone = (value: unknown): boolean => value === undefined || isText(value);
const isHash = (value: unknown): boolean => isText(value) && /^[0-9a-f]{64}$/.test(value as string);

/**
 * Has it the fields that a record has, each of its type? Another field may be there, if it is no deeper than ours: a newer
 * rotator may have written it, while both are at work.
 */
export function isRecord(value: unknown): value is AuditRecord {
	if (!isFlat(value, 4)) return false;
	const { id, time, data } = (value ?? {}) as Partial<AuditRecord>;
	if (typeof data !== "object" || data === null || !isHash(id) || !isText(time)) return false;
	const { seq, time: at, actor, phase, status_id } = data;
	const texts: Readonly<Record<string, unknown>> = { ...data };
	return (
		Number.isSafeInteger(seq) &&
		seq > 0 &&
		isHash(data.hash) &&
		isHash(data.prevHash) &&
		needed.every((name) => isText(texts[name])) &&
		Object.keys(entryFields).every((name) => name === "actor" || isTextOrNone(texts[name])) &&
		isTextOrNone(texts.continuedIn) &&
		phases.includes(phase) &&
		Number.isSafeInteger(status_id) &&
		isText(actor?.user?.type) &&
		isTextOrNone(actor.user.uid) &&
		isTextOrNone(actor.app_uid) &&
		Math.abs(at) <= 8.64e15 &&
		new Date(at).toISOString() === time
	);
}

/** Objects of scalars, so many deep at most. */
function isFlat(value: unknown, depth: number): boolean {
	if (typeof value !== "object" || value === null) return true;
	return depth > 0 && !Array.isArray(value) && Object.values(value).every((each) => isFlat(each, depth - 1));
}

/** @returns SHA-256 of the record without its own `hash`, hex */
export function hashOf(record: AuditRecord): string {
	const { hash: _, ...data } = record.data;
	return sha256(canonical({ ...record, data }));
}

/**
 * The same of its RFC 8785 form, without making that form again. No text of JSON has a bare quotation mark in it, so that what is
 * found once is the record's own field.
 */
export function hashOfText(text: string, record: AuditRecord): string {
	const own = `"hash":"${record.data.hash}",`;
	const at = text.indexOf(own);
	if (at < 0 || text.includes(own, at + 1)) return hashOf(record);
	return sha256(text.slice(0, at) + text.slice(at + own.length));
}

/** The record as it is stored, with its line end. */
export const lineOf = (record: AuditRecord): string => `${canonical(record)}\n`;

/** RFC 8785: one text for one value, so that equal records have equal bytes. */
export const canonical = (value: object): string => canonicalize(value) as string;

/**
 * Is this text the RFC 8785 form of the value that was read from it? `JSON.stringify` writes numbers and texts as that does, lone
 * surrogates apart, and only the order of keys is left to be looked at: three times as fast as making the form.
 */
export function isCanonical(text: string, value: object): boolean {
	const isPlain = !text.includes("\\ud") && isInOrder(value) && JSON.stringify(value) === text;
	return isPlain || canonical(value) === text;
}

function isInOrder(value: unknown): boolean {
	if (typeof value !== "object" || value === null) return true;
	if (Array.isArray(value)) return value.every(isInOrder);
	const keys = Object.keys(value);
	return keys.every((key, at) => at === 0 || keys[at - 1]! < key) && Object.values(value).every(isInOrder);
}

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
