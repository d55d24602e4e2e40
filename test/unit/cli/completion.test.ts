// Completion, by the shells themselves where they are here; else by what the script holds.

import { execFileSync, spawnSync } from "node:child_process";
import { appendFile, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { isWhole } from "../../../src/cli/rotator/command.ts";
import { commands } from "../../../src/cli/rotator/commands/index.ts";
import { keepNames, namesFile } from "../../../src/cli/rotator/names.ts";
import { ran } from "./support/terminal.ts";

const scriptOf = async (shell: string) => (await ran(["completion", shell])).stdout;

test.each(["bash", "zsh", "fish", "powershell"])("%s's script has every command, option and choice", async (shell) => {
	const text = await scriptOf(shell);
	for (const [name, command] of Object.entries(commands)) {
		for (const word of name.split(" ")) expect(text).toContain(word);
		if (isWhole(command)) continue;
		for (const [option, { choices = [] }] of Object.entries(command.options))
			for (const word of [option, ...choices]) expect(text).toContain(word);
	}
});

const hasBash = spawnSync("bash", ["-c", ":"]).status === 0;
if (!hasBash) console.info("Not run: completion in bash, which is not here.");

(hasBash ? describe : describe.skip)("in bash", () => {
	async function completed(...words: string[]): Promise<string[]> {
		const quoted = ["rotator", ...words].map((word) => `'${word}'`).join(" ");
		const ask = `COMP_WORDS=(${quoted}); COMP_CWORD=${words.length}; _rotator; printf '%s\\n' "\${COMPREPLY[@]}"`;
		const text = execFileSync("bash", ["-c", `${await scriptOf("bash")}\n${ask}`], { encoding: "utf8" });
		return text.trimEnd().split("\n");
	}

	test.each<[string[], string[]]>([
		[["ro"], ["rotate", "rollback"]],
		[
			["rotate", "--co"],
			["--compromised", "--confirm"],
		],
		[
			["rotate", "db-password", "--until", "p"],
			["published", "proved"],
		],
		[
			["secrets", "-o", "n"],
			["ndjson", "name"],
		],
		[["audit", "v"], ["verify"]],
		[["config", ""], ["check"]],
		[["completion", "f"], ["fish"]],
	])("%j", async (typed, offered) => {
		expect((await completed(...typed)).sort()).toEqual([...offered].sort());
	});
});

(hasBash ? test : test.skip)(
	"in bash the secrets that were listed last are completed, and nothing in them is run",
	async () => {
		const cache = await mkdtemp(join(tmpdir(), "rotator-names-"));
		const around = { env: { XDG_CACHE_HOME: cache }, platform: "linux" as const };
		await keepNames(["db-password", "$(touch x)", "api-key"], around);
		expect(await readFile(namesFile(around)!, "utf8")).toBe("db-password\napi-key\n");
		await appendFile(namesFile(around)!, "db-$(id)\n");
		const ask = `COMP_WORDS=(rotator show db); COMP_CWORD=2; _rotator; printf '%s\\n' "\${COMPREPLY[@]}"`;
		const env = { PATH: process.env.PATH, XDG_CACHE_HOME: cache };
		const text = execFileSync("bash", ["-c", `${await scriptOf("bash")}\n${ask}`], { encoding: "utf8", env });
		await rm(cache, { recursive: true });
		expect(text.trimEnd().split("\n")).toEqual(["db-password"]);
	},
);

const others = [
	["fish", "fish", ["-n"]],
	["zsh", "zsh", ["-n"]],
	["powershell", "pwsh", ["-NoProfile", "-Command", "-"]],
] as const;

for (const [shell, program, args] of others) {
	const isHere = spawnSync(program, ["-c", "exit"]).status === 0;
	if (!isHere) console.info(`Not run: whether ${shell} can read its script. It is not here.`);
	(isHere ? test : test.skip)(`${shell} can read its script`, async () => {
		const { status, stderr } = spawnSync(program, [...args], { input: await scriptOf(shell), encoding: "utf8" });
		expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
	});
}
