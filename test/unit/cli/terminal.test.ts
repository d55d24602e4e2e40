import { expect, test } from "@jest/globals";
import { lookOf } from "../../../src/cli/rotator/terminal.ts";

const screen = (isTTY: boolean) => ({ isTTY, columns: 80, write: () => {} });
const coloured = (isTTY: boolean, env: Record<string, string>) =>
	lookOf(screen(isTTY), { TERM: "xterm", ...env }, "linux").good("ok") !== "ok";

test.each<[string, boolean, Record<string, string>, boolean]>([
	["a terminal has colours", true, {}, true],
	["a pipe has none", false, {}, false],
	["NO_COLOR takes them away", true, { NO_COLOR: "1" }, false],
	["an empty NO_COLOR does not", true, { NO_COLOR: "" }, true],
	["CLICOLOR=0 takes them away", true, { CLICOLOR: "0" }, false],
	["CLICOLOR_FORCE brings them into a pipe", false, { CLICOLOR_FORCE: "1" }, true],
	["CLICOLOR_FORCE=0 does not", false, { CLICOLOR_FORCE: "0" }, false],
	["NO_COLOR is stronger than CLICOLOR_FORCE", true, { NO_COLOR: "1", CLICOLOR_FORCE: "1" }, false],
	["a dumb terminal has none", true, { TERM: "dumb" }, false],
	["a CI job has none", true, { CI: "true" }, false],
])("%s", (_, isTTY, env, colours) => {
	expect(coloured(isTTY, env)).toBe(colours);
});

test.each<[string, boolean, Record<string, string>, boolean]>([
	["a terminal is drawn over", true, {}, true],
	["a pipe is not", false, {}, false],
	["nor is a dumb terminal", true, { TERM: "dumb" }, false],
	["nor a CI job's", true, { CI: "1" }, false],
	["NO_COLOR says nothing of that", true, { NO_COLOR: "1" }, true],
])("%s", (_, isTTY, env, live) => {
	expect(lookOf(screen(isTTY), { TERM: "xterm", ...env }, "linux").live).toBe(live);
});
