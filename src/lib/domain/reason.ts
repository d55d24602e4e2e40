// Why an operator wants something: a sentence or a ticket's address, read later by people on the audit log.
// RE1. It reads as it was written: nothing that cannot be seen, no markup. Otherwise: what an auditor reads is not what is there.
// RE2. It has no credential, nor what looks like one to the Functions host. Otherwise: the host replaces everything behind
//      `Password=` or `key=` in its log by its own words, and a password is on a log that nobody can ever correct.

import { firstUnseen } from "./line.ts";

export const longestReason = 200;

/** The words of the host's Sanitizer and a few more, wherever they stand before a `=`. */
const credentialWord =
	/(token|key|secret|credential|pass(?:word|wd)|pwd|server|data source|defaultendpointsprotocol|(?<=[?&;/])(?:code|sig))\s*=/i;
const credentialUrl = /\w:\/\/[^/\s:@]*:[^/\s@]*@/;

/** @returns what is wrong with it, to be said after "Field reason", or `undefined` */
export function wrongWithReason(reason: string): string | undefined {
	const length = [...reason].length;
	if (length < 1 || length > longestReason) return `has ${length} characters; give 1 to ${longestReason}`;
	const unseen = firstUnseen(reason);
	if (unseen !== undefined)
		return `has ${codePoint(unseen)} (${kindOf(unseen)}); give visible characters and blanks only`;
	if (reason.trim() === "") return "is blank; give a sentence or a ticket's address";
	if (reason.includes("<")) return "has <, which begins markup; write it in words";
	const word = credentialWord.exec(reason)?.[1];
	if (word !== undefined) return `has "${word.toLowerCase()}=", behind which a credential would stand; leave that out`;
	if (credentialUrl.test(reason)) return "has a URL with a user and a password in it; leave these out";
	return undefined;
}

const codePoint = (character: string): string =>
	`U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0")}`;

const kinds: readonly [RegExp, string][] = [
	[/\p{Cs}/u, "half a surrogate pair"],
	[/[\n\v\f\r\u0085\p{Zl}\p{Zp}]/u, "a line break"],
	[/\p{Cc}/u, "a control character"],
	[/\p{Bidi_Control}/u, "which turns the reading direction"],
	[/\p{Co}/u, "a private-use character"],
	[/[\u{e0000}-\u{e007f}]/u, "a tag character"],
	[/[\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]/u, "an invisible character"],
	[/\p{M}/u, "one more mark than a letter can have"],
];
const kindOf = (character: string): string =>
	kinds.find(([pattern]) => pattern.test(character))?.[1] ?? "an unassigned character";
