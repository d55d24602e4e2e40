// The kinds of field that a configuration has, each with a message that says what is there and what is allowed.
// FI1. A message repeats no value that may hold a credential. Otherwise: a connection string pasted into the wrong line is
//      in the audit log and in every answer. Kept by: configuration.test.ts.

import * as z from "zod";
import { unprintable } from "../domain/line.ts";

/** A value in a message: short and harmless ones as they are, since a pasted connection string must not be repeated. */
function shown(input: unknown): string {
	if (input === undefined) return "missing";
	if (Array.isArray(input)) return "a list";
	if (typeof input === "object" && input !== null) return "a mapping";
	if (typeof input !== "string") return String(input);
	return /^[\w .:/-]{0,64}$/.test(input) ? JSON.stringify(input) : `a text of ${input.length} characters`;
}

/** The error of a schema: what is there, and what is allowed. */
export const wanted = (what: string) => ({
	error: ({ input }: { input?: unknown }) => `is ${shown(input)}; give ${what}`,
});

/** The same of a mapping's field that decides which other fields there are. */
export const wantedIn = (field: string, what: string) => ({
	error: ({ input }: { input?: unknown }) => {
		const held = typeof input === "object" && input !== null && !Array.isArray(input);
		return wanted(what).error({ input: held ? (input as Record<string, unknown>)[field] : input });
	},
});

/** One sentence for type and range; the JSON Schema still gets minimum and maximum. */
export function whole(unit: string, min: number, max: number) {
	const error = wanted(`whole ${unit}, ${min} to ${max}`);
	return z.int(error).min(min, error).max(max, error);
}

/** `patternErrorMessage` is what editors show for a pattern, and the documents for what is allowed. */
export const text = (what: string, pattern: RegExp) =>
	z.string(wanted(what)).regex(pattern, wanted(what)).meta({ patternErrorMessage: what });

/**
 * A name of PostgreSQL's. Of a longer one the server takes the first 63 bytes, and so another role.
 * @param what `database name`
 */
export function identifier(what: string) {
	const allowed = `a ${what} of 1 to 63 bytes without control characters`;
	return text(allowed, new RegExp(`^[^${unprintable}]{1,63}$`, "u")).refine(
		(value) => Buffer.byteLength(value) <= 63,
		wanted(allowed),
	);
}

/** A mapping with these keys and no others. */
export function mapping<S extends z.ZodRawShape>(shape: S) {
	const keys = Object.keys(shape).join(", ");
	return z.strictObject(shape, {
		error: (issue) =>
			issue.code === "unrecognized_keys"
				? `has the unknown key ${(issue.keys as string[]).map(shown).join(", ")}; give ${keys}`
				: wanted(`a mapping of ${keys}`).error(issue),
	});
}

export const list = <T extends z.ZodType>(item: T, max: number) =>
	z
		.array(item, wanted("a list"))
		.max(max, { error: `has more than ${max} items` })
		.default([]);

export const record = <T extends z.ZodType>(key: z.ZodString, value: T, max: number) =>
	z
		.record(key, value, wanted("a mapping of names"))
		.refine((entries) => Object.keys(entries).length <= max, { error: `has more than ${max} entries` });
