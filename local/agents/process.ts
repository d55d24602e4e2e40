// One container as a child process, and the probes that ask it how it is.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { close, openSync } from "node:fs";
import { get } from "node:http";

export interface ContainerProcess {
	/** e.g. `{ exitCode: 137, signal: 9 }` */
	readonly exited: Promise<{ exitCode: number; signal?: number }>;
	/** What the runtime sends first: SIGTERM to the container's first process. */
	terminate(): void;
	/** SIGKILL to all of its processes. */
	kill(): void;
}

const windows = process.platform === "win32";
const numbers: Record<string, number> = { SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 };

/**
 * @param command a leading `node` stands for the agent's own Node; a Node program ends when the agent does
 * @param env all that the process gets, besides what the platform needs to start one
 */
export function startProcess(
	command: string[],
	env: Record<string, string>,
	at: { folder: string; logFile: string },
): ContainerProcess {
	const [program = "", ...rest] = command;
	const [file, args] =
		program === "node" || program === process.execPath
			? [process.execPath, ["--import", new URL("./with-parent.ts", import.meta.url).href, ...rest]]
			: [program, rest];
	const log = openSync(at.logFile, "a");
	const child = spawn(file, args, {
		cwd: at.folder,
		env: { ...platformEnvironment(), ...env },
		stdio: ["pipe", log, log],
		// A group of its own: the terminal's Ctrl-C is for the agent, and `kill` reaches the process's children.
		detached: !windows,
		windowsHide: true,
	});
	close(log, () => {});
	child.stdin?.on("error", () => {});
	const exited = once(child, "exit").then(
		([code, signal]) => {
			const number = signal ? numbers[signal] : undefined;
			return { exitCode: code ?? 128 + (number ?? 0), ...(number && { signal: number }) };
		},
		// The program does not exist or must not be run: what a shell says then.
		() => ({ exitCode: 127 }),
	);
	// One that did not start has no process yet takes a signal, which then ends this process and its whole group.
	const started = child.pid !== undefined;
	return {
		exited,
		terminate() {
			if (windows) child.stdin?.write("SIGTERM\n");
			else if (started) child.kill("SIGTERM");
		},
		kill() {
			if (child.pid === undefined) return;
			if (windows) child.kill("SIGKILL");
			else
				try {
					process.kill(-child.pid, "SIGKILL");
				} catch {
					// it is gone already
				}
		},
	};
}

function platformEnvironment(): Record<string, string> {
	const needed = ["PATH", "Path", "SystemRoot", "TEMP", "TMP", "TMPDIR", "NODE_COMPILE_CACHE"];
	return Object.fromEntries(needed.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
}

/** An httpGet probe: 200 to 399 within the time. Each on a connection of its own. */
export function httpProbe(port: number, path: string, timeoutMs: number): Promise<boolean> {
	const { promise, resolve } = Promise.withResolvers<boolean>();
	const request = get({ host: "127.0.0.1", port, path, agent: false, timeout: timeoutMs }, (response) => {
		response.resume();
		const { statusCode = 500 } = response;
		resolve(statusCode >= 200 && statusCode < 400);
	});
	request.on("error", () => resolve(false));
	request.on("timeout", () => request.destroy(new Error("The probe took too long.")));
	return promise;
}
