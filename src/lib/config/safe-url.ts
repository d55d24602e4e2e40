// The address of something that gets a token or a password.

import * as z from "zod";
import { isLoopback, wanted } from "./fields.ts";
import { addressOf, hostIn } from "./spelling.ts";

/** TLS everywhere; plain http only to loopback, where the local stack lives. */
const isSafeUrl = (value: string): boolean => {
	const url = URL.parse(value);
	// By the text: of an empty query, user or fragment the parsed URL knows nothing.
	if (url === null || /[?#@]/.test(value) || hostIn(url) === undefined) return false;
	return url.protocol === "https:" || (url.protocol === "http:" && isLoopback(url.hostname));
};

export const SafeUrl = z
	.string(wanted("an https URL"))
	.refine(isSafeUrl, { error: "is not an https URL without user, query or fragment (http only for loopback)" })
	.transform((value) => addressOf(new URL(value)))
	.meta({ patternErrorMessage: "an https URL" });
