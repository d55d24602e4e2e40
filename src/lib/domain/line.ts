// What is written as one line stays one line, and reads as it was written.
// LN1. No character that ends a line, steers a terminal, turns the reading direction or cannot be seen is written as it is.
//      Otherwise: a name with a line break adds a line of its maker's to the log, under our name, and two names that look
//      alike are two. Kept by: every fault, every line of the app's log and every text of an audit record go through
//      `oneLine`, and so does every answer that the page shows (src/page/seen.ts); line.test.ts, hostile-input.test.ts.
// LN2. An emoji is one thing to see, however many characters it has, joiners and selectors among them. Otherwise: families and
//      flags are written as escapes.
// LN3. No more than six marks stand on one letter, as many as a script has. Otherwise: a pile of them covers the lines above.

/**
 * Controls, format characters, lone surrogates, private use, unassigned; ends of lines; what a font leaves out (fillers,
 * selectors, tags); the one blank that counts as a symbol.
 */
const unseen = "\\p{C}\\p{Zl}\\p{Zp}\\p{Default_Ignorable_Code_Point}\\u2800";
const anyUnseen = new RegExp(`[${unseen}]|\\p{M}{7}`, "u");
const emojiOrUnseen = new RegExp(`(\\p{RGI_Emoji})|[${unseen}]|(?<=\\p{M}{6})\\p{M}`, "gv");

/** Such characters as escapes (`\u000a`), lone surrogates as U+FFFD; everything else as it is. */
export function oneLine(text: string): string {
	const wellFormed = text.toWellFormed();
	if (!anyUnseen.test(wellFormed)) return wellFormed;
	return wellFormed.replace(emojiOrUnseen, (found: string, emoji?: string) => emoji ?? escaped(found));
}

/** By UTF-16 units, as in JSON. */
const escaped = (character: string): string =>
	character.split("").reduce((text, unit) => `${text}\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`, "");

/** @returns the first character of a text that `oneLine` would not leave as it is */
export function firstUnseen(text: string): string | undefined {
	for (const [found, emoji] of text.matchAll(emojiOrUnseen)) if (emoji === undefined) return found;
	return undefined;
}

/** The first few, and how many there are besides: a workload may have hundreds of pods. */
export function someOf(names: readonly (string | undefined)[]): string {
	const shown = names.slice(0, 3).join(", ");
	return names.length <= 3 ? shown : `${shown} and ${names.length - 3} more`;
}

/** Of these, what a pattern in the JSON Schema can say: editors know neither emoji nor newer classes. */
export const unprintable = "\\p{Cc}\\p{Cs}\\p{Zl}\\p{Zp}\\p{Bidi_Control}";
