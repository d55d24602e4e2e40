// The address of something that gets a token or a password.

import * as z from "zod";
import { isLoopback, wanted } from "./fields.ts";
import { addressOf, hostIn } from "./spelling.ts";

/** TLS everywhere; plain http only to loopback, where the local stack lives. */
function wrongWithUrl(value: string): string | undefined {
	const url = URL.parse(value);
	if (url === null || !["https:", "http:"].includes(url.protocol) || hostIn(url) === undefined)
		return "is not a URL; give https://<host>";
	// By the text: of an empty query, user or fragment the parsed URL knows nothing.
	if (/[?#@]/.test(value))
		return "has more than a host and a path in it: no user (@), query (?) or fragment (#) may be there";
	if (url.protocol === "http:" && !isLoopback(url.hostname))
		return "begins with http://, where anyone on the way could read along; give https://";
	return undefined;
}

export const SafeUrl = z
	.string(wanted("an https URL"))
	.superRefine((value, context) => {
		const message = wrongWithUrl(value);
		if (message !== undefined) context.addIssue({ code: "custom", message });
	})
	.transform((value) => addressOf(new URL(value)))
	.meta({ patternErrorMessage: "an https URL" });
