// The names of secrets that were listed last, for the shell's completion: a file of the user's, a name a line.
// RNM1. Completion asks nobody: it reads this file. Otherwise: a Tab signs somebody in, or waits for an app that is down.
// RNM2. Only what has the form of a name is written. Otherwise: the shell expands what an app has answered. Kept by:
//       completion.test.ts.

import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Around } from "./around.ts";

export function namesFile({ env, platform }: Pick<Around, "env" | "platform">): string | undefined {
	const home = platform === "win32" ? env.LOCALAPPDATA : env.XDG_CACHE_HOME || (env.HOME && join(env.HOME, ".cache"));
	return home ? join(home, "rotator", "names") : undefined;
}

/** Where it cannot be written, nothing is completed. */
export async function keepNames(names: readonly string[], around: Pick<Around, "env" | "platform">): Promise<void> {
	const file = namesFile(around);
	const whole = names.filter((name) => /^[0-9a-zA-Z-]{1,119}$/.test(name));
	if (file === undefined || whole.length === 0) return;
	try {
		await mkdir(dirname(file), { recursive: true, mode: 0o700 });
		await writeFile(file, `${whole.join("\n")}\n`, { mode: 0o600 });
	} catch {}
}
