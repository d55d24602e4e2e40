// What people read says it in plain words: the command's messages, the faults, a configuration's mistakes, the runbook.

import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@jest/globals";

const textOf = (file: string) => readFileSync(join(import.meta.dirname, "..", "..", file), "utf8");

/** What no English-speaking engineer writes. */
const odd =
	/\bwhoever\b|\b(?:has|have) not (?:a|the|its|got)\b|\bmend(?:s|ed|ing)?\b|\b(?:is|are) told by\b|(?<!\bthere )\bis no (?!longer\b|other\b)[a-z]+(?: |$)/i;

test.each(["docs/messages.md", "docs/codes.md", "docs/runbook.md", "test/unit/config/wrong-files.json"])(
	"the words of %s are plain",
	(file) => {
		const lines = textOf(file).split("\n");
		expect(lines.length).toBeGreaterThan(60);
		expect(lines.filter((line) => odd.test(line))).toEqual([]);
	},
);

test("so are the comments of the product's code", () => {
	const files = globSync("src/**/*.{ts,tsx}", { cwd: join(import.meta.dirname, "..", "..") });
	expect(files.length).toBeGreaterThan(300);
	const comments = files.flatMap((file) =>
		textOf(file)
			.split("\n")
			.filter((line) => /^\s*(?:\/\/|\/?\*)/.test(line))
			.map((line) => `${file}: ${line.trim()}`),
	);
	const oddest = /\bwhoever\b|\b(?:has|have) not (?:a|the|its|got)\b|\bmend(?:s|ed|ing)?\b|\b(?:is|are) told by\b/i;
	expect(comments.filter((line) => oddest.test(line))).toEqual([]);
});
