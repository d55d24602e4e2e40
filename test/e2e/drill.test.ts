// `npm run drill` as a process of its own: the quickest drill. The others have the same ways out; their list is held by
// test/unit/local/drill.test.ts.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "@jest/globals";
import type { Drilled } from "../../local/drill/drill.ts";
import { processesNaming } from "./support/processes.ts";

const minute = 60_000;
const program = fileURLToPath(new URL("../../local/drill/main.ts", import.meta.url));

/** With a temporary folder of its own. @returns how it ended, and what it left */
async function drill(...options: readonly string[]) {
	const folder = await mkdtemp(join(tmpdir(), "drill-test-"));
	// The database server is another user's where the tests are root's.
	await chmod(folder, 0o755);
	const { NODE_OPTIONS: _, ...environment } = process.env;
	const path = `${dirname(process.execPath)}${delimiter}${process.env.PATH}`;
	const child = spawn(process.execPath, [program, ...options], {
		env: { ...environment, PATH: path, TMPDIR: folder, TEMP: folder, TMP: folder },
		stdio: ["ignore", "pipe", "pipe"],
	});
	const said = { stdout: "", stderr: "" };
	for (const name of ["stdout", "stderr"] as const)
		child[name].setEncoding("utf8").on("data", (text: string) => {
			said[name] += text;
		});
	const [code] = await once(child, "close");
	const left = [...(await processesNaming(folder)), ...(await readdir(folder))];
	await rm(folder, { recursive: true, force: true });
	return { code, left, ...said };
}

test(
	"a purged secret is restored by the command, proved by logins, timed, and nothing is left behind",
	async () => {
		const { code, left, stdout, stderr } = await drill("--only", "lost-secret", "--json");
		const lines = stdout.trimEnd().split("\n");
		const { proved, drilled } = JSON.parse(lines.at(-1) || "{}") as { proved: boolean; drilled: Drilled[] };
		expect({ code, proved, left, stderr: code === 0 ? "" : stderr }).toEqual({
			...{ code: 0, proved: true, left: [], stderr: "" },
		});
		expect(lines).toHaveLength(1);
		expect(drilled.map(({ drill: name }) => name)).toEqual(["lost-secret"]);
		const [{ steps, verdicts, seconds }] = drilled as [Drilled];
		expect(steps.map(({ by }) => by)).toEqual(["rotator", "person", "person"]);
		expect(steps.every((step) => step.seconds > 0 && step.seconds < seconds)).toBe(true);
		expect(verdicts.map(({ says }) => says)).toEqual(
			expect.arrayContaining(["the live password logs in", "titanic-api answers"]),
		);
	},
	5 * minute,
);
