// What the drills say: a line a step, a verdict a promise, and the table in the runbook.

import { styleText } from "node:util";
import type { Drilled, Step, Verdict } from "./drill.ts";

export interface Say {
	title(text: string): void;
	step(step: Step): void;
	verdict(verdict: Verdict): void;
	note(text: string): void;
}

export function narrator(stream: NodeJS.WriteStream): Say {
	const paint = (style: "red" | "green" | "bold" | "dim", text: string) => styleText(style, text, { stream });
	const line = (text: string) => void stream.write(`${text}\n`);
	return {
		title: (text) => line(`\n${paint("bold", text)}`),
		step: ({ by, says, seconds }) => line(`  ${secondsText(seconds).padStart(8)}  ${by.padEnd(7)}  ${says}`),
		verdict: ({ says, holds }) => line(`  ${paint(holds ? "green" : "red", holds ? "✔" : "✘")} ${says}`),
		note: (text) => line(`  ${paint("dim", text)}`),
	};
}

export const isProved = ({ verdicts }: Drilled): boolean => verdicts.length > 0 && verdicts.every(({ holds }) => holds);

const secondsText = (seconds: number): string => `${seconds.toFixed(1)} s`;

const [begin, end] = [
	"<!-- The drills: written by npm run drill -- --write-table. -->",
	"<!-- The end of the drills. -->",
];

/**
 * @param page the runbook
 * @throws Error where it has no place for the table
 */
export function withDrills(page: string, drilled: readonly Drilled[], day: string): string {
	const [before, rest = ""] = page.split(`${begin}\n`);
	const at = rest.indexOf(`${end}\n`);
	if (at < 0) throw new Error(`The runbook has no place for the table: ${begin} ... ${end}`);
	const rows = drilled.flatMap(({ disaster, steps, seconds }) => [
		...steps.map(
			({ says, by, seconds: took }, index) =>
				`| ${index === 0 ? disaster : ""} | ${by === "person" ? "you" : "the rotator"} | ${says.startsWith("rotator ") ? code(says) : says} | ${secondsText(took)} |`,
		),
		`| | | **whole again, and proved** | **${secondsText(seconds)}** |`,
	]);
	const table = ["| what was lost | who | what is done | took |", "|---|---|---|---|", ...rows];
	const said = `Run on ${day}, on the local stack; all of it was proved.`;
	return `${before}${begin}\n${said}\n\n${table.join("\n")}\n${rest.slice(at)}`;
}

/** What follows a colon is no command. */
const code = (says: string): string => {
	const [command = "", ...more] = says.split(": ");
	return [`\`${command}\``, ...more].join(": ");
};
