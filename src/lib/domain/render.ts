// What secrets are rendered with, and what is read back from them: the value of a secret is a text, the password in it another.
// RVL1. Reading is the inverse of rendering. Otherwise: a password that is live is not what is tried, and a rotation sets back
//      another one than there was. Kept by: render.test.ts.
// RVL2. A text is read by its parts, not compared with the template: anyone who adds an option to a connection string has
//       changed no password. But it must be the same role's.

import { type Fill, type Format, formats, forms } from "./forms.ts";
import { Password } from "./password.ts";

export { type Format, formats } from "./forms.ts";

/** How a value is written. */
export interface Shape {
	readonly template: string;
	readonly format: Format;
}

/** Stand for values when a template is looked at: such that what is not quoted as it must be does not have the form. */
const samples: Readonly<Record<string, string>> = {
	role: "a role",
	password: "x",
	host: "a.b",
	port: "1",
	database: "d",
	value: "x",
};
const sample: Fill = (name) => samples[name]!;

/** Does the template have this form? */
export const hasForm = (template: string, format: Format): boolean =>
	forms[format].write(template, sample) !== undefined;

/** The format of a template that names none, where its form leaves no doubt. */
export function formatOf(template: string): Format | undefined {
	if (template === "{password}") return "raw";
	const [url, jdbc] = /^(jdbc:)?[a-z][a-z0-9+.-]*:\/\/[^\s;]*$/i.exec(template) ?? [];
	return url === undefined ? undefined : jdbc !== undefined && hasForm(template, "jdbc") ? "jdbc" : "url";
}

/** What a template that is no URL looks like. */
export function likelyFormat(template: string): Format | undefined {
	const looks: Partial<Record<Format, RegExp>> = {
		json: /^\s*[[{]/,
		"ado-net": /;/,
		libpq: /\s\w+\s*=/,
		env: /^[A-Z_]\w*=/,
	};
	return formats.find((format) => looks[format]?.test(template) && hasForm(template, format));
}

/** Of a value that lets somebody in. */
export interface Values {
	readonly role: string;
	readonly password: Password;
	readonly host: string;
	readonly port: number;
	readonly database: string;
}
/** Of one that is nothing but itself. */
export interface Itself {
	readonly value: Password;
}

/** @param shape its template has the form: the configuration was checked */
export function render({ template, format }: Shape, values: Values | Itself): Password {
	const text = forms[format].write(template, (name) => {
		const value = (values as Partial<Values & Itself>)[name as keyof (Values & Itself)];
		return value instanceof Password ? value.reveal() : String(value);
	});
	if (text === undefined) throw new TypeError(`The template is none of format ${format}.`);
	return new Password(text);
}

/** Occur in no other text: Unicode assigns nothing to these characters, and each form writes them as they are. */
const marks: Readonly<Record<string, string>> = { password: "\u{F0000}", role: "\u{F0001}" };

/**
 * @param of for whom it must be
 * @returns the password in a value, or `undefined` where it does not have the form, has none, or is another role's
 */
export function passwordIn(
	{ template, format }: Shape,
	value: Password,
	of: Omit<Values, "password">,
): Password | undefined {
	const form = forms[format];
	const wanted = form.write(template, (name) => marks[name] ?? String(of[name as keyof typeof of]));
	const parts = form.read(value.reveal());
	let password: string | undefined;
	for (const [key, part] of (wanted !== undefined && form.read(wanted)) || []) {
		if (!Object.values(marks).some((mark) => part.includes(mark))) continue;
		const text = parts?.get(key);
		const found = text === undefined ? null : matching(part, of.role).exec(text);
		if (!found) return undefined;
		const [, here = password] = found;
		if (password !== undefined && here !== password) return undefined;
		password = here;
	}
	return password === undefined || password === "" ? undefined : new Password(password);
}

/** What a part must be, with the password in it. */
function matching(part: string, role: string): RegExp {
	const [first = "", ...others] = part
		.split(marks.password!)
		.map((text) => text.replaceAll(marks.role!, () => role).replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
	const again = others.slice(1).map((text) => `\\1${text}`);
	return new RegExp(`^${first}${others.length > 0 ? `([^]*)${others[0]}` : ""}${again.join("")}$`);
}

/** Can the password be read back from what such a template makes? */
export const canBeRead = ({ template, format }: Shape): boolean => {
	if (!hasForm(template, format)) return false;
	const of = { role: "a role", host: "a.b", port: 1, database: "d" };
	const secret = new Password("p-1");
	return (
		passwordIn({ template, format }, render({ template, format }, { ...of, password: secret }), of)?.equals(secret) ??
		false
	);
};
