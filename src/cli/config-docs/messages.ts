// docs/messages.md: everything that the operators' command says, so that it can be read in one place.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { row } from "../support/markdown.ts";

const folder = join(import.meta.dirname, "../rotator");

/** The calls by which something is said to a person. */
const calls = /\b(?:usage|tell|hint|new Unusable|new SignInFailed|confirmed|confirmedByName)\(/g;
const literal = /"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`/g;

/** What stands between a call's parentheses. */
function argumentsAt(text: string, start: number): string {
	let depth = 1;
	let end = start;
	while (depth > 0 && end < text.length) {
		if (text[end] === "(") depth++;
		if (text[end] === ")") depth--;
		end++;
	}
	return text.slice(start, end - 1);
}

const isSentence = (text: string): boolean => /[a-z]{2,} [a-z]/i.test(text);

function messagesIn(text: string): string[] {
	const found = [...text.matchAll(calls)].flatMap((call) =>
		[...argumentsAt(text, call.index + call[0].length).matchAll(literal)].map(
			([, plain, template]) => plain ?? template!,
		),
	);
	return [...new Set(found.filter(isSentence))];
}

export const messagesPage = (): string => `# What the command says

<!-- Written by src/cli/config-docs.ts from src/cli/rotator/: change it there. -->

The operators' command in its own words, by the file that they are in under \`src/cli/rotator/\`. What the app answers is in [codes.md](codes.md). A
new message is read here before it is kept: plain words, whole sentences, and what to do next.

| file | message |
|---|---|
${readdirSync(folder, { recursive: true, encoding: "utf8" })
	.filter((file) => file.endsWith(".ts"))
	.map((file) => file.replaceAll("\\", "/"))
	.sort()
	.flatMap((file) => messagesIn(readFileSync(join(folder, file), "utf8")).map((message) => row(file, message)))
	.join("\n")}
`;
