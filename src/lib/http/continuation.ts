// Where the next page begins, as an opaque text that callers hand back.
// CTN1. It belongs to its filter. Otherwise: with another one, it skips what should be shown without a word. Kept by: audit.test.ts.

import { createHash } from "node:crypto";
import { canonical } from "../domain/audit-record.ts";
import { Fault } from "../domain/fault.ts";

type Filter = Readonly<Record<string, unknown>>;
type Place = readonly (string | number)[];

/** @param place what the next page begins with, as `isPlace` of `placeIn` knows it */
export function continuationOf(filter: Filter, place: Place): string {
	return Buffer.from(JSON.stringify([...place, digestOf(filter)])).toString("base64url");
}

const digestOf = (filter: Filter): string =>
	createHash("sha256")
		.update(canonical(given(filter)))
		.digest("base64url");

/** Without what was not asked for. */
export const given = (filter: Filter) =>
	Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined));

/** @throws Fault `parameter-not-valid` */
export function placeIn<P extends Place>(token: string, filter: Filter, isPlace: (place: Place) => place is P): P {
	let parts: unknown;
	try {
		parts = JSON.parse(Buffer.from(token, "base64url").toString());
	} catch {
		parts = undefined;
	}
	const place = Array.isArray(parts) ? parts.slice(0, -1) : [];
	if (!Array.isArray(parts) || !isPlace(place)) throw notValid("is none");
	if (parts.at(-1) !== digestOf(filter)) throw notValid("belongs to another filter");
	return place;
}

const notValid = (detail: string) => new Fault("parameter-not-valid", { parameter: "continuation", detail });

/** The next page as a path. */
export function linkTo(path: string, filter: Filter, limit: number, continuation: string): string {
	const texts = Object.entries(given(filter)).map(([name, value]) => [name, String(value)]);
	const query = new URLSearchParams({ ...Object.fromEntries(texts), limit: `${limit}`, continuation });
	return `${path}?${query}`;
}
