// What another process takes, as the system counts it.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus } from "node:os";

const ps = (pid: number, what: string): string =>
	execFileSync("ps", ["-o", `${what}=`, "-p", `${pid}`], { encoding: "utf8" }).trim();

/** What all cores have done since the machine's start, in milliseconds. */
export function coresTime(): { readonly busy: number; readonly all: number } {
	let [busy, all] = [0, 0];
	for (const { times } of cpus()) {
		const sum = Object.values(times).reduce((total, ms) => total + ms, 0);
		[busy, all] = [busy + sum - times.idle, all + sum];
	}
	return { busy, all };
}

/** Its memory that is in use, in megabytes. */
export const residentMB = (pid: number): number => (Number(ps(pid, "rss")) * 1024) / 1e6;

/** Of all cores together, since its start. Linux's ps has whole seconds only. */
export const cpuSeconds = (pid: number): number =>
	process.platform === "linux" ? ticksIn(readFileSync(`/proc/${pid}/stat`, "utf8")) / 100 : secondsIn(ps(pid, "time"));

/** User and system, the 14th and 15th of the fields; the second one is a name in parentheses, which may have blanks. */
export function ticksIn(stat: string): number {
	const [user = Number.NaN, system = Number.NaN] = stat
		.slice(stat.lastIndexOf(")") + 2)
		.split(" ")
		.slice(11, 13)
		.map(Number);
	return user + system;
}

/** `[[days-]hours:]minutes:seconds[.hundredths]`, as systems differ. */
export function secondsIn(time: string): number {
	const [, days = "0", hours = "0", minutes = "0", seconds = "0"] =
		/^(?:(\d+)-)?(?:(\d+):)?(\d+):(\d+)(?:\.\d+)?$/.exec(time) ?? [];
	return ((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(seconds);
}
