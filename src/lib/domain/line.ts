// What is written as one line stays one line, and reads as it was written.
// LN1. No character that ends a line, steers a terminal or turns the reading direction is written as it is. Otherwise: a
//     name with a line break adds a line of its maker's to the log, under our name. Kept by: every fault, every line of
//     the app's log and every text of an audit record go through `oneLine`; line.test.ts, hostile-input.test.ts.

const breaking = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu;

/** Such characters as escapes (`\u000a`), lone surrogates as U+FFFD; everything else as it is. */
export const oneLine = (text: string): string => text.toWellFormed().replace(breaking, escaped);

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;

/** The same characters, for patterns of what may be given at all: a class in a regular expression with the flag `u`. */
export const unprintable = "\\p{Cc}\\p{Cs}\\p{Zl}\\p{Zp}\\p{Bidi_Control}";
