// Commands to be copied into a shell.
// SHL1. Each value is one word of the command, and is what is shown. Otherwise: who chooses a name chooses what an operator runs. Kept by:
//       shell.test.ts.

/** The tag of a template: the values quoted as a POSIX shell wants it, where that is needed. */
export const command = ({ raw }: TemplateStringsArray, ...values: readonly string[]): string =>
	raw.map((part, index) => (index === 0 ? part : wordOf(values[index - 1]!) + part)).join("");

const wordOf = (value: string): string => (/^[\w.:@/=-]+$/.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`);
