// Does a key of the target have a secret's value, as External Secrets would have written it? No I/O.
// XV1. A template cannot be computed here: what it made has to hold the value, as it is or as a URL, JSON or base64 has it. Where
//      it does not, the copy counts as old. Kept by: value.test.ts.

import type { Password } from "../../domain/password.ts";
import type { Brought } from "./resource.ts";

export function valueFor(published: Password, { form, property }: Brought): (held: Buffer) => boolean {
	const value = property === undefined ? published.reveal() : memberOf(published.reveal(), property);
	if (value === undefined) return () => false;
	const exact = Buffer.from(value);
	if (form === "exact") return (held) => held.equals(exact);
	const forms = [value, encodeURIComponent(value), JSON.stringify(value).slice(1, -1), exact.toString("base64")];
	// A short value is in many texts by chance.
	return (held) => exact.length >= 8 && forms.some((one) => held.includes(one));
}

/** As the provider's gjson path takes it: a text as it is, anything else as JSON. */
function memberOf(text: string, property: string): string | undefined {
	try {
		const held: unknown = JSON.parse(text);
		if (typeof held !== "object" || held === null || !Object.hasOwn(held, property)) return undefined;
		const member = (held as Record<string, unknown>)[property];
		return typeof member === "string" ? member : JSON.stringify(member);
	} catch {
		return undefined;
	}
}
