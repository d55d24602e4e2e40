// The processes of this machine that belong to a test: other people's run at the same time.

import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { promisify } from "node:util";

/** Those whose arguments, or (on Linux and macOS) environment, name this folder. */
export async function processesNaming(folder: string): Promise<string[]> {
	const all = await (lists[process.platform] ?? macOs)();
	return all
		.filter((line) => line.includes(folder) && !line.startsWith(`${process.pid} `))
		.map((line) => line.slice(0, 300));
}

const run = async (file: string, ...args: string[]): Promise<string[]> =>
	(await promisify(execFile)(file, args, { maxBuffer: 50_000_000 })).stdout.split("\n").map((line) => line.trim());

const macOs = () => run("ps", "-A", "-ww", "-E", "-o", "pid=,command=");

const lists: { readonly [platform: string]: () => Promise<string[]> } = {
	async linux() {
		const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
		const read = (path: string) => readFile(path, "latin1").catch(() => "");
		return Promise.all(
			pids.map(async (pid) => {
				const texts = [await read(`/proc/${pid}/cmdline`), await read(`/proc/${pid}/environ`)];
				return `${pid} ${texts.join(" ").replaceAll("\0", " ")}`;
			}),
		);
	},
	win32: () =>
		run(
			"powershell",
			"-NoProfile",
			"-Command",
			'Get-CimInstance Win32_Process | Where-Object Name -ne powershell.exe | ForEach-Object { "$($_.ProcessId) $($_.CommandLine)" }',
		),
};
