// Derived secrets: the same credential in another form.
// R1. Every value is written as its form's readers read it back. Otherwise: a role name with `@` or `/` in it points the client
//     to another host, and one with `%` or `;` keeps it from logging in. Kept by: render.test.ts, connection-strings.test.ts.
// R2. What needs no quotation marks gets none, and all but values stays as it is written. Otherwise: a new version of the app
//     renders another text than the one that is live, and calls that drift.

import { Password } from "./password.ts";

const placeholder = /\{(role|password|host|port|database)\}/g;

type Fill = (name: string) => string;
/** @returns the text, or `undefined` where the template does not have the form */
type Form = (template: string, fill: Fill) => string | undefined;

const filled = (text: string, fill: Fill): string => text.replace(placeholder, (_, name: string) => fill(name));

/**
 * A form that is a list of pairs.
 * @param pair sticky: what stands before a value, the value with its quotation marks, and what stands behind it
 */
const pairs =
	(pair: RegExp, rendered: (value: string, fill: Fill) => string): Form =>
	(template, fill) => {
		const found = [...template.matchAll(pair)];
		if (found.map(([whole]) => whole).join("") !== template) return undefined;
		const parts = found.map(([, before = "", value = "", behind = ""]) => {
			if (before.search(placeholder) !== -1) return undefined;
			return before + (value.search(placeholder) === -1 ? value : rendered(value, fill)) + behind;
		});
		return parts.includes(undefined) ? undefined : parts.join("");
	};

/** @see https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-KEYWORD-VALUE */
const libpq = pairs(/(\s*\w+\s*=\s*)('(?:[^'\\]|\\.)*'|(?:[^\s'\\]|\\.)(?:[^\s\\]|\\.)*|)(\s+|$)/gsy, (value, fill) => {
	const escaped = filled(value, (name) => fill(name).replace(/['\\]/g, "\\$&"));
	const isPlain =
		value.startsWith("'") || [...value.matchAll(placeholder)].every(([, name]) => /^[^\s'\\]+$/.test(fill(name!)));
	return isPlain ? escaped : `'${escaped}'`;
});

/**
 * Braces get quotation marks too: some readers, like ODBC, take them for such.
 * @see https://learn.microsoft.com/dotnet/framework/data/adonet/connection-string-syntax
 */
const adoNet = pairs(
	/(\s*[^=;\s][^=;]*=\s*)("(?:[^"]|"")*"|'(?:[^']|'')*'|[^;"'\s][^;]*?|)(\s*(?:;\s*|$))/gy,
	(value, fill) => {
		const [mark] = /^["']/.exec(value) ?? [];
		if (mark !== undefined) return filled(value, (name) => fill(name).replaceAll(mark, mark + mark));
		const isPlain = [...value.matchAll(placeholder)].every(([, name]) => /^[^"'=;{}\s\p{Cc}]*$/u.test(fill(name!)));
		const whole = filled(value, fill);
		if (isPlain) return whole;
		return whole.includes('"') && !whole.includes("'") ? `'${whole}'` : `"${whole.replaceAll('"', '""')}"`;
	},
);

const json: Form = (template, fill) => {
	const text = filled(template, (name) => JSON.stringify(fill(name)).slice(1, -1));
	try {
		JSON.parse(text);
		return text;
	} catch {
		return undefined;
	}
};

const forms = {
	/** RFC 3986, section 2.1: PostgreSQL's connection URIs decode each part. */
	url: (template, fill) => filled(template, (name) => encodeURIComponent(fill(name))),
	libpq,
	"ado-net": adoNet,
	json,
	raw: filled,
} as const satisfies Record<string, Form>;

export type Format = keyof typeof forms;
export const formats = Object.keys(forms) as [Format, ...Format[]];

/** Stand for values when a template is looked at: such that what is not quoted as it must be has not the form. */
const samples: Readonly<Record<string, string>> = {
	role: "a role",
	password: "x",
	host: "a.b",
	port: "1",
	database: "d",
};
const sample: Fill = (name) => samples[name]!;

/** Does the template have this form? */
export const hasForm = (template: string, format: Format): boolean => forms[format](template, sample) !== undefined;

/** The format of a template that names none, where its form leaves no doubt. */
export function formatOf(template: string): Format | undefined {
	if (template === "{password}") return "raw";
	return /^(jdbc:)?[a-z][a-z0-9+.-]*:\/\/[^\s;]*$/i.test(template) ? "url" : undefined;
}

/** What a template that is no URL looks like. */
export function likelyFormat(template: string): Format | undefined {
	const looks: Partial<Record<Format, RegExp>> = { json: /^\s*[[{]/, "ado-net": /;/, libpq: /\s\w+\s*=/ };
	return formats.find((format) => looks[format]?.test(template) && hasForm(template, format));
}

export interface Values {
	readonly role: string;
	readonly password: Password;
	readonly host: string;
	readonly port: number;
	readonly database: string;
}

/** @param derived its template has the form: the configuration was checked */
export function render({ template, format }: { template: string; format: Format }, values: Values): Password {
	const text = forms[format](template, (name) => {
		const value = values[name as keyof Values];
		return value instanceof Password ? value.reveal() : String(value);
	});
	if (text === undefined) throw new TypeError(`The template is none of format ${format}.`);
	return new Password(text);
}
