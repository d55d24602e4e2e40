// What goes where: results to stdout, everything else to stderr.
// RCS1. With -o json, ndjson or name, nothing but that is on stdout. Otherwise: scripts break on a friendly sentence. Kept by:
//      test/unit/cli/commands.test.ts.

import type { Around, Environment } from "./around.ts";
import { foldedText } from "./fold.ts";
import { type Look, lookOf, plain } from "./terminal.ts";

export const outputs = ["table", "json", "ndjson", "name"] as const;
export type OutputForm = (typeof outputs)[number];

export const printing = {
	output: {
		type: "string",
		short: "o",
		value: "FORM",
		choices: outputs,
		what: "For people, or for scripts: JSON, a line of JSON for each, or names only.",
	},
} as const;

export const stdoutLook = ({ stdout, env, platform }: Around): Look => lookOf(stdout, env, platform);
export const stderrLook = ({ stderr, env, platform }: Around): Look => lookOf(stderr, env, platform);

/** A sentence for the person, on stderr. */
export const tell = (around: Around, ...sentences: readonly string[]): void =>
	void around.stderr.write(
		foldedText([asStarted(sentences.map(plain).join(" ").trim(), around.env)], stderrLook(around).columns),
	);

/** What may be done next, for the person before a terminal. */
export function hint(around: Around, form: OutputForm = "table", ...sentences: readonly string[]): void {
	if (form === "table" && stdoutLook(around).live)
		around.stderr.write(`${sentences.map((one) => stderrLook(around).dim(asStarted(one, around.env))).join("\n")}\n`);
}

/** Its own name is on the PATH only where the package is installed. */
export function asStarted(text: string, { npm_lifecycle_event: script }: Environment): string {
	return script === "rotator" ? text.replace(/(?<![\w-])rotator (?=[a-z])/g, "npm run -s rotator -- ") : text;
}

/** JSON whose texts steer no terminal: what cannot be seen is an escape, as JSON has it. */
export const jsonText = (value: unknown, indent?: number): string =>
	`${(JSON.stringify(value, undefined, indent) ?? "null").split("\n").map(plain).join("\n")}\n`;

/** @param shown what a person sees; is asked for `table` only */
export function print<T>(
	{ stdout }: Around,
	form: OutputForm = "table",
	whole: unknown,
	items: readonly T[],
	nameOf: (item: T) => string,
	shown: () => string,
): void {
	if (form === "json") stdout.write(jsonText(whole, 2));
	else if (form === "ndjson") stdout.write(items.map((item) => jsonText(item)).join(""));
	else if (form === "name") stdout.write(items.map((item) => `${plain(nameOf(item))}\n`).join(""));
	else stdout.write(shown());
}
