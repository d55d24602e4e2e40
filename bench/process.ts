// What another process takes, as the system counts it.

import { execFileSync } from "node:child_process";

const ps = (pid: number, what: string): string =>
	execFileSync("ps", ["-o", `${what}=`, "-p", `${pid}`], { encoding: "utf8" }).trim();

/** Its memory that is in use, in megabytes. */
export const residentMB = (pid: number): number => (Number(ps(pid, "rss")) * 1024) / 1e6;

/** Of all cores together, since its start; in whole seconds. */
export const cpuSeconds = (pid: number): number => secondsIn(ps(pid, "time"));

/** `[[days-]hours:]minutes:seconds[.hundredths]`, as systems differ. */
export function secondsIn(time: string): number {
	const [, days = "0", hours = "0", minutes = "0", seconds = "0"] =
		/^(?:(\d+)-)?(?:(\d+):)?(\d+):(\d+)(?:\.\d+)?$/.exec(time) ?? [];
	return ((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(seconds);
}
