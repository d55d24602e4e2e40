// Texts as cells of a CSV file.
// CSV1. A cell that a spreadsheet would take for a formula is a text: with blanks, a tab or full-width signs before it, and behind a
//       semicolon, which ends a cell where the comma is in numbers. Otherwise: anyone who gives a reason, or tags a secret, runs a
//       formula on an auditor's machine. Kept by: rendering.test.ts, export.test.ts.

/** Numbers stay what they are. */
export const noFormula = (text: string): string =>
	/^-?\d+(\.\d+)?$/.test(text) ? text : text.replace(/(^|;)(?=[\t\r]|\s*[=+\-@\uff1d\uff0b\uff0d\uff20])/g, "$1'");

/** RFC 4180. */
export const quoted = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
