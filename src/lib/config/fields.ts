// The kinds of field that a configuration has, each with a message that says what is there and what is allowed.
// FI1. A message repeats no text that the file holds: whatever it is, somebody has pasted a password there. Numbers of few
//      digits, words of letters alone, and what is nearly the name of something known are repeated. Otherwise: a password in the
//      wrong line is in the audit log and in every answer. Kept by: configuration.test.ts.

import * as z from "zod";
import { firstUnseen, unprintable } from "../domain/line.ts";
import { nearest } from "../domain/nearest.ts";
import { wrongWithReason } from "../domain/reason.ts";

/** A value in a message. */
function shown(input: unknown): string {
	if (input === undefined) return "missing";
	if (input === null) return "empty";
	if (Array.isArray(input)) return "a list";
	if (typeof input === "object" && input !== null) return "a mapping";
	if (typeof input === "string")
		return isWord(input) || /^-?\d{1,6}$/.test(input) ? JSON.stringify(input) : `a text of ${input.length} characters`;
	return typeof input === "number" && Math.abs(input) >= 1_000_000 ? "a long number" : String(input);
}

/** It can be shown: no password is of letters and hyphens alone, or it is none worth hiding. */
export const isWord = (text: string): boolean => /^[a-zA-Z]+([-_.][a-zA-Z]+)*$/.test(text) && text.length <= 40;

/** A key in a message: one of letters and hyphens is some option's or secret's name, misspelt. */
export const shownKey = (key: string): string =>
	isWord(key) ? JSON.stringify(key) : `a key of ${key.length} characters`;

/** The error of a schema: what is there, and what is allowed. */
export const wanted = (what: string, known: readonly string[] = []) => ({
	error: ({ input }: { input?: unknown }) => {
		const meant = typeof input === "string" ? nearest(input, known) : undefined;
		return meant === undefined
			? `is ${shown(input)}; give ${what}`
			: `is ${JSON.stringify(input)}; did you mean ${meant}?`;
	},
});

/** The same of a mapping's field that decides which other fields there are. */
export const wantedIn = (field: string, what: string, known: readonly string[] = []) => ({
	error: ({ input }: { input?: unknown }) => {
		const held = typeof input === "object" && input !== null && !Array.isArray(input);
		if (!held) return wanted("a mapping of its fields").error({ input });
		return wanted(what, known).error({ input: (input as Record<string, unknown>)[field] });
	},
});

/** One sentence for type and range; the JSON Schema still gets minimum and maximum. */
export function whole(unit: string, min: number, max: number) {
	const error = wanted(`${unit.startsWith("a ") ? unit : `whole ${unit}`}, ${min} to ${max}`);
	return z
		.int(asText(error, min, max))
		.min(min, error)
		.max(max, error);
}

/** A number that YAML takes for a text. */
const asText = ({ error }: ReturnType<typeof wanted>, min: number, max: number) => ({
	error: ({ input }: { input?: unknown }) => {
		const [, digits, unit] = (typeof input === "string" && /^(\d{1,6})( ?[a-z]{1,7})?$/.exec(input)) || [];
		if (digits === undefined) return error({ input });
		if (unit !== undefined) return `is ${JSON.stringify(input)}; give the number alone, ${min} to ${max}`;
		return `is ${JSON.stringify(input)} in quotation marks; give the number without them, ${min} to ${max}`;
	},
});

/** `patternErrorMessage` is what editors show for a pattern, and the documents for what is allowed. */
export const text = (what: string, pattern: RegExp, wrong: ReturnType<typeof wanted> = wanted(what)) =>
	z.string(wanted(what)).regex(pattern, wrong).meta({ patternErrorMessage: what });

/**
 * A name of PostgreSQL's. Of a longer one the server takes the first 63 bytes, and so another role.
 * @param what `database name`
 */
export function identifier(what: string) {
	const allowed = `a ${what} of 1 to 63 bytes without control and invisible characters`;
	return text(allowed, new RegExp(`^[^${unprintable}]{1,63}$`, "u")).refine(
		(value) => Buffer.byteLength(value) <= 63 && firstUnseen(value) === undefined,
		wanted(allowed),
	);
}

/** A mapping with these keys and no others. */
export function mapping<S extends z.ZodRawShape>(shape: S) {
	const known = Object.keys(shape);
	const keys = known.join(", ");
	return z.strictObject(shape, {
		error: (issue) =>
			issue.code === "unrecognized_keys"
				? unknownKeys(issue.keys as string[], known)
				: wanted(`a mapping of ${keys}`).error(issue),
	});
}

function unknownKeys(keys: readonly string[], known: readonly string[]): string {
	const each = keys.map((key) => {
		const meant = nearest(key, known);
		return meant === undefined ? shownKey(key) : `${JSON.stringify(key)} (did you mean ${meant}?)`;
	});
	const isEachMeant = keys.every((key) => nearest(key, known) !== undefined);
	return `has the unknown key${keys.length === 1 ? "" : "s"} ${each.join(", ")}${isEachMeant ? "" : `; give ${known.join(", ")}`}`;
}

/** An operator's words. */
export const reasonIn = () =>
	z.string(wanted("a sentence")).superRefine((value, context) => {
		const message = wrongWithReason(value);
		if (message !== undefined) context.addIssue({ code: "custom", message });
	});

export const list = <T extends z.ZodType>(item: T, max: number) =>
	z
		.array(item, wanted("a list, each item of which begins with -"))
		.max(max, { error: `has more than ${max} items` })
		.default([]);

export const record = <T extends z.ZodType>(key: z.ZodString, value: T, max: number) =>
	z
		.record(key, value, wanted("a mapping of names"))
		.refine((entries) => Object.keys(entries).length <= max, { error: `has more than ${max} entries` });

export const kubernetesName = text(
	"a Kubernetes name: lower-case letters, digits, hyphens and dots, at most 253",
	/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/,
);

/** A field with one of these values; the message lists them all. */
export const oneOf = <T extends string>(values: readonly [T, ...T[]]) => {
	const what = values.map((value) => JSON.stringify(value)).join(" or ");
	return values.length === 1 ? z.literal(values[0], wanted(what, values)) : z.enum(values, wanted(what, values));
};

/** The key of an entry. */
export const Key = text("a name of letters, digits and hyphens, at most 64", /^[0-9a-zA-Z-]{1,64}$/);
/** An entry's key too. `-pending` (8 characters) is appended to it, and Key Vault allows 127. */
export const SecretName = text(
	"a Key Vault secret name: letters, digits and hyphens, at most 119, not ending in -pending",
	/^(?!.*-[pP][eE][nN][dD][iI][nN][gG]$)[0-9a-zA-Z-]{1,119}$/,
);
export const PemFile = z
	.string(wanted("a path"))
	.min(1, wanted("a path"))
	.optional()
	.describe("A PEM file with one certificate or several; by default the system's CAs.")
	.meta({ patternErrorMessage: "a path, relative to the configuration" });

export const isLoopback = (host: string): boolean =>
	host === "localhost" || host === "[::1]" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
