// Where mutants are tried: a copy of the project in a temporary folder, so that nobody's files are ever the broken ones.
// WP1. The copy's files are copies, not links: writing into a hard link writes into the project's own file.
// WP2. Whatever a run of tests started ends with it, however it ends. Otherwise: the servers of a mutant that hangs stay.

import { type ChildProcess, spawn } from "node:child_process";
import { chmod, cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Ended } from "./first-failure.ts";
import { brokenBy, type Mutant, type Tests } from "./mutant.ts";

const notCopied = new Set(["node_modules", "dist", "coverage", ".git", ".terraform"]);
const reporter = fileURLToPath(new URL("./first-failure.ts", import.meta.url));

/** `hung`: it took longer than its time limit. */
export type Result = Ended | { readonly hung: number };

export interface Workplace extends AsyncDisposable {
	/** Runs these tests on the project as it is, or with one line broken. */
	run(tests: Tests, limitMs: number, mutant?: Mutant): Promise<Result>;
}

export async function workplace(root: string, signal?: AbortSignal): Promise<Workplace> {
	const folder = await mkdtemp(join(tmpdir(), "mutants-"));
	await cp(root, folder, { recursive: true, filter: (path) => path === root || !notCopied.has(basename(path)) });
	// PostgreSQL, which does not run as root, must get into what lies in it.
	await chmod(folder, 0o711);
	const temporary = join(folder, ".tmp");
	const resultFile = join(folder, ".result.json");
	await mkdir(temporary);
	await symlink(join(root, "node_modules"), join(folder, "node_modules"), "junction");

	async function jest(tests: Tests, limitMs: number): Promise<Result> {
		const { file, names } = typeof tests === "string" ? { file: tests, names: undefined } : tests;
		await rm(resultFile, { force: true });
		const child = spawn(
			process.execPath,
			[
				...["--experimental-vm-modules", "--disable-warning=ExperimentalWarning"],
				...[join("node_modules", "jest", "bin", "jest.js"), "--ci", "--runInBand", "--reporters", reporter],
				...["--cacheDirectory", join(folder, ".jest"), "--runTestsByPath", file],
				...(names ? ["--testNamePattern", names.source] : []),
			],
			// A group of its own, which is ended as a whole.
			{
				cwd: folder,
				env: { ...process.env, TMPDIR: temporary, TEMP: temporary, RESULT_FILE: resultFile },
				detached: process.platform !== "win32",
				stdio: ["ignore", "ignore", "pipe"],
			},
		);
		const { promise: ended, resolve: end } = Promise.withResolvers<"exit" | "late" | "interrupted">();
		const interrupt = () => end("interrupted");
		const late = setTimeout(() => end("late"), limitMs);
		signal?.addEventListener("abort", interrupt);
		child.once("exit", () => end("exit"));
		let complained = "";
		child.stderr.setEncoding("utf8").on("data", (text) => {
			complained += text;
		});
		const how = await ended;
		clearTimeout(late);
		signal?.removeEventListener("abort", interrupt);
		endGroup(child);
		signal?.throwIfAborted();
		if (how === "late") return { hung: limitMs };
		return (await endIn(resultFile)) ?? { failed: `jest ended without a result: ${complained.trim().slice(-2000)}` };
	}

	return {
		async run(tests, limitMs, mutant) {
			if (!mutant) return jest(tests, limitMs);
			const path = join(folder, mutant.file);
			const source = await readFile(path, "utf8");
			await writeFile(path, brokenBy(mutant, source));
			try {
				return await jest(tests, limitMs);
			} finally {
				await writeFile(path, source);
			}
		},
		[Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true, maxRetries: 5 }),
	};
}

function endGroup({ pid, exitCode }: ChildProcess): void {
	if (pid === undefined) return;
	try {
		if (process.platform !== "win32") process.kill(-pid, "SIGKILL");
		else if (exitCode === null) process.kill(pid);
	} catch {
		// Nothing of it is left.
	}
}

async function endIn(resultFile: string): Promise<Ended | undefined> {
	return JSON.parse(await readFile(resultFile, "utf8").catch(() => "null")) ?? undefined;
}
