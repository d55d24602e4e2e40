// What a secret looks like after a program has written it in its own way.
// FO1. Each form is what the encoder itself makes of the secret, not what we think it does. Otherwise: a leak passes in
//      an encoding that nobody tried. Kept by: leaks.test.ts, which plants each form by that encoder.

import { inspect } from "node:util";
import pg from "pg";

const json = (text: string) => JSON.stringify(text).slice(1, -1);
/** As .NET's serialiser writes JSON: whatever is not plain ASCII, and what HTML would mind, by its number. */
const jsonOfDotNet = (text: string) =>
	json(text)
		.replaceAll('\\"', "\\u0022")
		.replace(/[<>&'+`\u007f-\uffff]/g, (one) => `\\u${one.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}`);
/** A SQL literal without its outer quotes. */
const sql = (text: string) => pg.escapeLiteral(text).replace(/^ ?E?'|'$/g, "");
/** The server's log begins each line of a statement but the first with a tab. */
const logged = (text: string) => text.replaceAll("\n", "\n\t");
const form = (text: string) => new URLSearchParams([["", text]]).toString().slice(1);
const lowerPercent = (text: string) => text.replace(/%[0-9A-F]{2}/g, (found) => found.toLowerCase());
const html = (text: string, quote: string, apostrophe: string) =>
	text
		.replaceAll("&", "&amp;")
		.replaceAll("<", "&lt;")
		.replaceAll(">", "&gt;")
		.replaceAll('"', quote)
		.replaceAll("'", apostrophe);

const texts: Readonly<Record<string, (secret: string) => string>> = {
	plain: (secret) => secret,
	"URL-encoded": encodeURIComponent,
	"URL-encoded in lower case": (secret) => lowerPercent(encodeURIComponent(secret)),
	"URL-encoded twice": (secret) => encodeURIComponent(encodeURIComponent(secret)),
	"form-encoded": form,
	"form-encoded in lower case": (secret) => lowerPercent(form(secret)),
	JSON: json,
	"JSON in JSON": (secret) => json(json(secret)),
	"JSON in JSON in JSON": (secret) => json(json(json(secret))),
	".NET's JSON": jsonOfDotNet,
	".NET's JSON in JSON": (secret) => json(jsonOfDotNet(secret)),
	SQL: sql,
	"SQL with doubled quotes": (secret) => secret.replaceAll("'", "''"),
	"SQL in the server's log": (secret) => logged(sql(secret)),
	"plain in the server's log": logged,
	HTML: (secret) => html(secret, "&quot;", "&#39;"),
	"HTML with hexadecimal references": (secret) => html(secret, "&quot;", "&#x27;"),
	XML: (secret) => html(secret, "&quot;", "&apos;"),
	"XML as text": (secret) => html(secret, '"', "'"),
	"as Node.js prints a text": (secret) => inspect(secret, { breakLength: Number.POSITIVE_INFINITY }).slice(1, -1),
	hex: (secret) => Buffer.from(secret).toString("hex"),
	"hex in upper case": (secret) => Buffer.from(secret).toString("hex").toUpperCase(),
	"as Node.js prints bytes": (secret) => (Buffer.from(secret).toString("hex").match(/../g) ?? []).join(" "),
};

/**
 * A secret in every form that an encoding gives it, as bytes; base64 at each of its three alignments.
 * @returns by the form's name; a form that is the same as an earlier one is left out
 */
export function formsOf(secret: string): ReadonlyMap<string, Buffer> {
	const found = new Map<string, Buffer>();
	const known = new Set<string>();
	const add = (name: string, bytes: Buffer) => {
		const key = bytes.toString("latin1");
		if (!known.has(key)) found.set(name, bytes);
		known.add(key);
	};
	for (const [name, encode] of Object.entries(texts)) add(name, Buffer.from(encode(secret)));
	for (const shift of [0, 1, 2]) {
		const bytes = Buffer.concat([Buffer.alloc(shift), Buffer.from(secret)]);
		// The first and last characters mix with the neighbours' bits.
		const whole = (encoded: string) => encoded.replace(/=+$/, "").slice(shift === 0 ? 0 : shift + 1, -1);
		add(`base64, shifted by ${shift}`, Buffer.from(whole(bytes.toString("base64"))));
		add(`base64url, shifted by ${shift}`, Buffer.from(whole(bytes.toString("base64url"))));
	}
	add("UTF-16", Buffer.from(secret, "utf16le"));
	add("UTF-16, big-endian", Buffer.from(secret, "utf16le").swap16());
	return found;
}
