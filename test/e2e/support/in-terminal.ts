// The operators' command as a person has it: built, in a terminal of its own, 80 columns wide.

import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { until } from "../../../local/until.ts";

/** As it is installed: `npm run build` makes it. */
export const program = fileURLToPath(new URL("../../../dist/cli/rotator.mjs", import.meta.url));

/** util-linux's `script` gives a terminal; others of that name take other options. */
export const hasTerminal =
	process.platform === "linux" && /util-linux/.test(spawnSync("script", ["--version"], { encoding: "utf8" }).stdout);

export interface InTerminal {
	/** Everything that the terminal got, with what steers it. */
	raw(): string;
	/** Its text alone. */
	text(): string;
	/** Resolves once it has been shown; throws when the command ends before. */
	shows(pattern: RegExp): Promise<void>;
	/** Exit code. */
	readonly ended: Promise<number | null>;
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

export function inTerminal(args: readonly string[], env: NodeJS.ProcessEnv): InTerminal {
	const command = ["stty cols 80 rows 40;", "exec", ...[process.execPath, program, ...args].map(quoted)].join(" ");
	const surroundings = { PATH: process.env.PATH, TERM: "xterm-256color", LANG: "C.UTF-8", ...env };
	const child = spawn("script", ["-qefc", command, "/dev/null"], {
		env: { ...surroundings, SHELL: "/bin/sh" },
		stdio: ["pipe", "pipe", "inherit"],
	});
	let raw = "";
	child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
		raw += chunk;
	});
	const shown = () => stripVTControlCharacters(raw);
	return {
		raw: () => raw,
		text: shown,
		shows: (pattern) =>
			until(`${pattern} in the terminal`, 120, async () => {
				if (pattern.test(shown())) return true;
				if (child.exitCode !== null) throw new Error(`It ended:\n${shown()}`);
				return undefined;
			}).then(() => {}),
		ended: once(child, "close").then(([code]) => code as number | null),
	};
}

/** The same where nobody looks: as a script has it. */
export async function rotator(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
	const child = spawn(process.execPath, [program, ...args], {
		env: { LANG: "C.UTF-8", ...env },
		stdio: ["ignore", "pipe", "pipe"],
	});
	const ended = once(child, "close");
	const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
	const [code] = await ended;
	return { code: code as number | null, stdout, stderr };
}
