// Where and of what a run was: a number without it says little.

import { execFileSync } from "node:child_process";
import { cpus, loadavg, totalmem } from "node:os";

export interface Run {
	/** ISO 8601 */
	readonly at: string;
	/** Shortened; with "+" where files had been changed since. */
	readonly commit: string;
	readonly cpu: string;
	readonly cores: number;
	readonly memoryGB: number;
	readonly node: string;
	/** Processes that wanted a core in the minute before. */
	readonly loadBefore: number;
}

export function thisRun(now: Date): Run {
	const all = cpus();
	return {
		at: now.toISOString(),
		commit: commit(),
		cpu: all[0]?.model.trim() || "unknown",
		cores: all.length,
		memoryGB: Math.round(totalmem() / 1e9),
		node: process.version,
		loadBefore: Number((loadavg()[0] ?? 0).toFixed(1)),
	};
}

function commit(): string {
	const git = (...args: string[]) =>
		execFileSync("git", args, {
			cwd: import.meta.dirname,
			encoding: "utf8",
			stdio: ["ignore", "pipe", "ignore"],
		}).trim();
	try {
		return `${git("rev-parse", "--short", "HEAD")}${git("status", "--porcelain") === "" ? "" : "+"}`;
	} catch {
		// A copy without its history.
		return "unknown";
	}
}
