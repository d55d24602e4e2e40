import { execFileSync } from "node:child_process";
import { expect, test } from "@jest/globals";
import { command } from "../../../src/page/shell.ts";

/** @returns the words that a shell makes of it */
const wordsOf = (line: string): string[] =>
	execFileSync("sh", ["-c", `printf '%s\\n' ${line}`], { encoding: "utf8" })
		.split("\n")
		.slice(0, -1);

test("what is a plain word stays one", () => {
	expect(command`rotator watch ${"db-password.2b6f0cc9-04d1-4d6f-93a0-0ac1c9a6b5f3"} --json`).toBe(
		"rotator watch db-password.2b6f0cc9-04d1-4d6f-93a0-0ac1c9a6b5f3 --json",
	);
});

test.each(
	[
		[
			"",
			"a b",
			"it's",
			"';touch x;'",
			"$(touch x)",
			"`touch x`",
			"#",
			"~",
			"*",
			"\\",
			'"',
			"a\u202eb",
			"👨‍👩‍👧",
			"--x=1 y",
		],
	].flat(),
)("whatever it is, %j is one word for the shell, and unchanged", (value) => {
	expect(wordsOf(command`show ${value} --wait`)).toEqual(["show", value, "--wait"]);
});
