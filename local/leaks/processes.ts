// The processes of this machine: what each was started with, and what is in its environment.
// PR1. A process of ours whose arguments or environment cannot be read is an error. Other people's may keep theirs to
//      themselves.

import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { promisify } from "node:util";

export interface Process {
	readonly pid: number;
	/** Who started it; where that one has ended, somebody else. */
	readonly parent: number;
	/** Its process group, by its leader; 0: Windows has none. */
	readonly group: number;
	readonly arguments: string;
	/** `undefined`: this system does not show it. */
	readonly environment?: string;
}

/** Why the environment of a process cannot be looked at on this system; `undefined` where it can. */
export const hiddenEnvironment: string | undefined =
	process.platform === "win32" ? "Windows shows nobody the environment of another process" : undefined;

/** Every process that can be seen, this one too. */
export const processes = (): Promise<Process[]> => (lists[process.platform] ?? macOs)();

const run = async (file: string, ...args: string[]): Promise<string[]> =>
	(await promisify(execFile)(file, args, { maxBuffer: 50_000_000 })).stdout.split("\n").map((line) => line.trim());

const asProcess = (line: string): Process[] => {
	const [, pid, parent, group, text = ""] = /^(\d+) +(\d+) +(\d+) (.*)$/.exec(line) ?? [];
	return pid === undefined ? [] : [{ pid: Number(pid), parent: Number(parent), group: Number(group), arguments: text }];
};

/** A process with all that it has started, also where what stood between has ended since: a group stays one. */
export function treeOf(root: number, all: readonly Process[]): Process[] {
	const parents = new Map(all.map(({ pid, parent }) => [pid, parent]));
	const descends = (pid: number) => {
		const seen = new Set<number>();
		for (let at: number | undefined = pid; at !== undefined && !seen.has(at); at = parents.get(at)) {
			if (at === root) return true;
			seen.add(at);
		}
		return false;
	};
	return all.filter(({ pid, group }) => group === root || descends(pid));
}

/** `-E` puts the environment behind the arguments. */
async function macOs(): Promise<Process[]> {
	const list = (...more: string[]) => run("ps", "-A", "-ww", ...more, "-o", "pid=,ppid=,pgid=,command=");
	const [plain, both] = await Promise.all([list(), list("-E")]);
	const whole = new Map(both.flatMap(asProcess).map((one) => [one.pid, one.arguments]));
	return plain.flatMap(asProcess).map((one) => {
		const text = whole.get(one.pid) ?? "";
		return { ...one, environment: text.startsWith(one.arguments) ? text.slice(one.arguments.length) : text };
	});
}

const lists: Readonly<Record<string, () => Promise<Process[]>>> = {
	async linux() {
		const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
		const found = await Promise.all(
			pids.map(async (pid) => {
				const [args, environment, stat] = await Promise.all(
					(["cmdline", "environ", "stat"] as const).map((file) => textOf(pid, file)),
				);
				if (args === undefined || stat === undefined) return undefined;
				// The name, which is in parentheses, may hold anything.
				const [, parent, group] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
				return {
					pid,
					parent: Number(parent),
					group: Number(group),
					arguments: args,
					environment: environment ?? "",
				};
			}),
		);
		return found.filter((one) => one !== undefined);
	},
	win32: async () =>
		(
			await run(
				"powershell",
				"-NoProfile",
				"-Command",
				'Get-CimInstance Win32_Process | Where-Object Name -ne powershell.exe | ForEach-Object { "$($_.ProcessId) $($_.ParentProcessId) 0 $($_.CommandLine)" }',
			)
		).flatMap(asProcess),
};

/** @returns `undefined`: it is gone, or it is another user's */
async function textOf(pid: number, file: "cmdline" | "environ" | "stat"): Promise<string | undefined> {
	try {
		return (await readFile(`/proc/${pid}/${file}`, "utf8")).replaceAll("\0", "\n");
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		if (code === "ENOENT" || code === "ESRCH") return undefined;
		if ((code === "EACCES" || code === "EPERM") && !(await isDescendant(pid))) return undefined;
		throw new Error(`/proc/${pid}/${file} cannot be read (${code}): what it holds is not known.`);
	}
}

/** Was it started by this process, or by one that this process started? */
async function isDescendant(pid: number): Promise<boolean> {
	for (let at = pid; at > 1; ) {
		if (at === process.pid) return true;
		const status = await readFile(`/proc/${at}/status`, "utf8").catch(() => "");
		at = Number(/^PPid:\s+(\d+)$/m.exec(status)?.[1] ?? 0);
	}
	return false;
}
