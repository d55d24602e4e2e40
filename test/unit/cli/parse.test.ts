import { readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { operations } from "../../../src/api/operations.ts";
import { isWhole } from "../../../src/cli/rotator/command.ts";
import { commands } from "../../../src/cli/rotator/commands/index.ts";
import { named, parse } from "../../../src/cli/rotator/parse.ts";
import { ran } from "./support/terminal.ts";

const id = "db-password.2b6f0cc9-04d1-4d6f-93a0-0ac1c9a6b5f3";
const given = (...args: string[]) => {
	const { name, rest } = named(args, commands)!;
	const command = commands[name]!;
	if (isWhole(command)) throw new Error("It parses for itself.");
	return { name, ...parse(name, rest, command) };
};

/** What a shell makes of it, up to a pipe. */
const wordsOf = (line: string): string[] => {
	const [, words = ""] = /rotator ([^|>)]*)/.exec(line) ?? [];
	const args = [...words.matchAll(/"([^"]*)"|'([^']*)'|([^\s"']+)/g)].map(([, a, b, c]) => a ?? b ?? c!);
	return args.map((word) => (word === "$ID" ? id : word));
};

test("options may stand before and after the arguments, in both forms", () => {
	expect(given("rotate", "--reason=INC-1", "db-password", "--dry-run", "-o", "json")).toMatchObject({
		name: "rotate",
		takes: { NAME: "db-password" },
		options: { reason: "INC-1", "dry-run": true, output: "json" },
	});
});

test("a command of two words is found before one of its first word", () => {
	expect(named(["audit", "verify", "--json"], commands)).toEqual({ name: "audit verify", rest: ["--json"] });
	expect(named(["audit", "--secret", "x"], commands)).toEqual({ name: "audit", rest: ["--secret", "x"] });
});

/** Each is exit code 2, and nothing is asked: there is no app. */
const mistakes: Record<string, readonly [args: readonly string[], says: string]> = {
	"a misspelt dry run is refused": [["rotate", "db-password", "--dryrun"], "Did you mean --dry-run?"],
	"a misspelt command is refused": [["rotat", "db-password"], "Did you mean rotate?"],
	"half a command names the others": [["config"], "config check"],
	"an unknown command that is like nothing is refused plainly": [
		["frobnicate"],
		'There is no command "frobnicate". See',
	],
	"an option before the command is refused": [["--yes", "rotate", "db-password"], "The command comes first"],
	"a value that is none of the choices is refused": [["secrets", "-o", "jsno"], "Did you mean json?"],
	"a flag with a value is refused": [["rotate", "db-password", "--yes=false"], "--yes takes no value."],
	"an option without its value is refused": [["rotate", "db-password", "--reason"], "--reason needs a value."],
	"an empty value is refused": [["secrets", "--url", ""], "--url is empty."],
	"an option that is given twice is refused": [
		["rollback", "db-password", "--confirm", "a", "--confirm", "db-password"],
		"--confirm is given twice.",
	],
	"an argument too many is refused": [["watch", id, "false"], 'watch does not take the argument "false".'],
	"an argument too few is refused": [["rotate"], "rotate needs a secret's name."],
	"a rotation's id is not a secret's name": [["rotate", id], "its secret is db-password"],
	"a secret's name is no rotation's id": [["watch", "db-password"], "a dot and a UUID"],
	"a name that would steer the terminal is written as escapes": [["rotate", "\u001b[2J"], "\\u001b[2J"],
	"a reason that the API refuses is not sent": [["rotate", "db-password", "--reason", "a\nb"], "a line break"],
	"a time that is none is refused": [["watch", id, "--timeout", "soon"], "Give 90s, 15m or 2h."],
	"a shell that is none is refused": [["completion", "tcsh"], "bash, zsh, fish, powershell"],
	"a version that is none is refused": [["rollback", "db-password", "--to", "latest"], "32 hex digits"],
	"a reconciliation wants its side": [["reconcile", "db-password"], "database-from-vault, new-password"],
	"nothing at all shows the help": [[], "Commands"],
};

test.each(Object.entries(mistakes))("%s", async (_, [args, says]) => {
	const { code, stdout, stderr } = await ran(args, { env: { ROTATOR_URL: "http://127.0.0.1:9" } });
	expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
	expect(stderr).toContain(says);
	expect(stderr).not.toContain("\u001b");
});

describe.each(Object.entries(commands))("%s", (name, command) => {
	test("has a help with its summary, its options and examples that it accepts itself", async () => {
		if (isWhole(command)) return;
		const { code, stdout, stderr } = await ran([...name.split(" "), "--help"]);
		expect([code, stderr]).toEqual([0, ""]);
		expect(stdout).toContain(command.summary);
		for (const option of Object.keys(command.options)) expect(stdout).toContain(`--${option}`);
		expect(await ran(["help", ...name.split(" ")])).toMatchObject({ code: 0, stdout });
		for (const [line] of command.examples) expect(given(...wordsOf(line))).toMatchObject({ name });
	});

	test("fits into 80 columns but for its examples", async () => {
		const { stdout } = await ran(["help", ...name.split(" ")]);
		const [described] = stdout.split("\nExamples\n");
		expect(described!.split("\n").filter((line) => line.length > 80)).toEqual([]);
	});

	test("makes only calls that the API has", () => {
		if (!isWhole(command)) for (const one of command.operations) expect(operations).toHaveProperty(one);
	});
});

test("the help of the whole names every command and every exit code, in 80 columns", async () => {
	const { code, stdout } = await ran(["help"]);
	expect(code).toBe(0);
	for (const name of Object.keys(commands)) expect(stdout).toMatch(new RegExp(`^ {2}${name} `, "m"));
	for (const exit of [0, 1, 2, 3, 4, 5]) expect(stdout).toMatch(new RegExp(`^ {2}${exit} `, "m"));
	expect(stdout.split("\n").filter((line) => line.length > 80)).toEqual([]);
});

test("what the runbook tells to run is accepted", () => {
	const text = readFileSync(new URL("../../../docs/runbook.md", import.meta.url), "utf8");
	const lines = [...text.matchAll(/^rotator .*$|`rotator [^`]+`/gm)].map(([line]) =>
		line.replaceAll("`", "").replace(/\s+# .*$/, ""),
	);
	expect(lines.length).toBeGreaterThan(6);
	for (const line of lines) {
		const words = wordsOf(line);
		const { name } = named(words, commands)!;
		// One that is a command by itself has its own tests for what it is given.
		if (!isWhole(commands[name]!)) expect(() => given(...words)).not.toThrow();
	}
});
