// Pages through the audit log, as it is stored: `audit:verify` says whether it is what was written.
// AU1. One request reads a bounded part of the log, however far apart the records are that it asks for. Otherwise: a filter
//      that nothing passes reads years of blobs, until the host gives up. So a page may be empty and have a next one.
// AU2. A continuation belongs to its filter. Otherwise: another one skips records without a word. Kept by: audit.test.ts.
// AU3. Only the log's order ends a search by time: a blob of a later month. One record's time says nothing of the next one's.
//      Otherwise: whoever appends a record of next year hides all that follow. Kept by: audit.test.ts, audit-intruder.test.ts.
// AU4. Who reads the log is on the log, once for each first page: a record per page would fill it with its own readers.

import { createHash } from "node:crypto";
import type { HttpRequest } from "@azure/functions";
import type { AuditRecord } from "../domain/audit-entry.ts";
import { canonical } from "../domain/audit-record.ts";
import { Fault } from "../domain/fault.ts";
import { secretOfRotation } from "../domain/ids.ts";
import { hasCome, isLogName } from "../domain/log-blobs.ts";
import type { AuditLog, Place } from "../ports/audit-log.ts";
import { asFault } from "../steps/boundary.ts";
import { noteOf, recordRefusal, type Trigger, unnamed } from "../triggers/request.ts";
import { authenticated, type Handler, json, onlyQuery } from "./answer.ts";
import { authorize } from "./authorization.ts";

const parameters = ["rotation", "secret", "from", "to", "limit", "continuation"] as const;
type Parameter = (typeof parameters)[number];

interface Filter {
	readonly rotation?: string;
	readonly secret?: string;
	/** ISO 8601; records of that time on. */
	readonly from?: string;
	/** Records before that time. */
	readonly to?: string;
}

/** Each is at most 1 MB. */
const mostStretches = 4;
const mostRecords = 1000;

/** `GET /api/audit` */
export const showAudit: Handler = authenticated(
	async (request, { ports, rotations, attempt, log, warn, tell }, operator) => {
		const actor = { kind: "operator", id: operator.id, appId: operator.appId } as const;
		const trigger: Trigger = { ports, rotations, actor, attempt, log, warn, tell };
		const accept = async () => {
			authorize(operator, "Audit.Read");
			return askedIn(request);
		};
		const asked = await accept().catch((error) => asFault(error, "trigger"));
		if (asked instanceof Fault) {
			await recordRefusal(trigger, unnamed, asked.code, asked.sentence);
			throw asked;
		}
		const { filter, limit, place } = asked;
		const audit = await ports.audit();
		if (!place) {
			const note = noteOf(trigger, filter.secret ?? unnamed);
			await audit.append({ ...note, code: "audit-read", message: readingOf(filter) });
		}
		const page = await pageOf(audit, filter, limit, place);
		return json(200, { records: page.records, ...(page.next && { next: linkTo(filter, limit, page.next) }) });
	},
);

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
		if (!stretch) throw notValid("continuation", "is none of this log");
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

/** @throws Fault `query-not-valid`, `parameter-not-valid` */
function askedIn(request: HttpRequest): { filter: Filter; limit: number; place?: Place } {
	onlyQuery(request, parameters);
	const values = new Map<Parameter, string>();
	for (const name of parameters) {
		const [value, ...more] = request.query.getAll(name);
		if (more.length > 0) throw notValid(name, "is given twice");
		if (value !== undefined) values.set(name, value);
	}
	const checked = (name: Parameter, allowed: string, isGood: (value: string) => boolean) => {
		const value = values.get(name);
		if (value !== undefined && !isGood(value)) throw notValid(name, `is not ${allowed}`);
		return value;
	};
	const time = (name: "from" | "to") => {
		const value = checked(name, "a date or a UTC time: 2026-11-01 or 2026-11-01T10:00:00Z", isTime);
		return value === undefined ? undefined : new Date(value).toISOString();
	};
	const rotation = checked("rotation", "a secret's name, a dot and a UUID", (id) => secretOfRotation(id) !== undefined);
	const secret = checked("secret", "1 to 119 letters, digits and hyphens", (name) =>
		/^[0-9a-zA-Z-]{1,119}$/.test(name),
	);
	const [from, to] = [time("from"), time("to")];
	if (from !== undefined && to !== undefined && from >= to) throw notValid("to", "is not later than from");
	const isLimit = (value: string) => /^[1-9]\d{0,3}$/.test(value) && Number(value) <= mostRecords;
	const limit = Number(checked("limit", `a number from 1 to ${mostRecords}`, isLimit) ?? "100");
	const filter = { rotation, secret, from, to };
	const token = values.get("continuation");
	return { filter, limit, ...(token !== undefined && { place: placeIn(token, filter) }) };
}

const isTime = (value: string): boolean =>
	/^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}(\.\d{1,3})?Z)?$/.test(value) && !Number.isNaN(Date.parse(value));

const notValid = (parameter: string, detail: string) => new Fault("parameter-not-valid", { parameter, detail });

/** Opaque: a place, and what it was asked with. */
function continuationOf(filter: Filter, { blob, offset }: Place): string {
	return Buffer.from(JSON.stringify([blob, offset, digestOf(filter)])).toString("base64url");
}

const digestOf = (filter: Filter): string =>
	createHash("sha256")
		.update(canonical(given(filter)))
		.digest("base64url");

const given = (filter: Filter) => Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined));

/** @throws Fault `parameter-not-valid` */
function placeIn(token: string, filter: Filter): Place {
	let parts: unknown;
	try {
		parts = JSON.parse(Buffer.from(token, "base64url").toString());
	} catch {
		parts = undefined;
	}
	const [blob, offset, digest] = Array.isArray(parts) ? parts : [];
	if (typeof blob !== "string" || !Number.isSafeInteger(offset) || offset < 0)
		throw notValid("continuation", "is none");
	if (digest !== digestOf(filter)) throw notValid("continuation", "belongs to another filter");
	return { blob, offset };
}

function linkTo(filter: Filter, limit: number, next: Place): string {
	const query = new URLSearchParams({
		...given(filter),
		limit: `${limit}`,
		continuation: continuationOf(filter, next),
	});
	return `/api/audit?${query}`;
}

/** Only what was checked gets into the record. */
const readingOf = (filter: Filter): string => {
	const parts = Object.entries(given(filter)).map(([name, value]) => `${name} ${value}`);
	return parts.length === 0 ? "The log was read from its start." : `The log was read with ${parts.join(", ")}.`;
};
