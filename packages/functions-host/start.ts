// A host in a process of its own, for the demo and the tests: started, killed, started again, stopped. Invariant: it
// never outlives its starter's `await using`; this host does not even outlive a starter that was killed.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { createServer } from "node:net";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Keys } from "./keys.ts";

export interface Host extends AsyncDisposable {
	/** `http://127.0.0.1:PORT` */
	readonly url: string;
	/** Of the process that runs now; with `command`, of that command. */
	readonly pid: number;
	/** SIGKILL; resolves when the process is gone. */
	kill(): Promise<void>;
	/** Kills it if it runs, then starts it on the same state and port; resolves when it answers. */
	restart(): Promise<void>;
	/** The exit code of the process that runs now; null if a signal ended it. */
	readonly exited: Promise<number | null>;
}

export interface StartOptions {
	/** Folder of the built app. */
	appDir: string;
	stateDir: string;
	/** Default: any free one. */
	port?: number;
	keys: Keys;
	/** The app's settings, beside what this process has. */
	env?: Record<string, string>;
	onLine?: (stream: "stdout" | "stderr", line: string) => void;
	/** Another host instead, run in appDir, as `func start --port $PORT`; a word with blanks in it stands in quotes. */
	command?: string;
	/** Gives up waiting for its first answer. */
	signal?: AbortSignal;
}

const patience = { start: 60_000, command: 180_000, stop: 10_000 };

/**
 * @returns when `/admin/host/status` says Running (with `command`: or answers without a word about its state)
 * @throws Error with the last lines of the host if it ends or does not answer in time
 */
export async function startHost(options: StartOptions): Promise<Host> {
	const port = options.port || (await freePort());
	const url = `http://127.0.0.1:${port}`;
	let running = launch(options, port);
	const signal = (name: NodeJS.Signals) =>
		options.command ? signalTree(running.child, name) : running.child.kill(name);
	const abandon = () => signal("SIGKILL");
	process.once("exit", abandon);
	const host: Host = {
		url,
		get pid() {
			return running.child.pid!;
		},
		get exited() {
			return running.exited;
		},
		async kill() {
			signal("SIGKILL");
			await running.exited;
		},
		async restart() {
			await host.kill();
			running = launch(options, port);
			await ready(running, options, url);
		},
		async [Symbol.asyncDispose]() {
			signal("SIGTERM");
			const late = setTimeout(() => signal("SIGKILL"), patience.stop);
			await running.exited;
			clearTimeout(late);
			// Another host may be gone before its workers are.
			if (options.command) signal("SIGKILL");
			process.off("exit", abandon);
		},
	};
	try {
		await ready(running, options, url);
	} catch (error) {
		await host[Symbol.asyncDispose]();
		throw error;
	}
	return host;
}

interface Running {
	child: ChildProcess;
	exited: Promise<number | null>;
	lines: string[];
}

function launch({ appDir, stateDir, keys, env, onLine, command }: StartOptions, port: number): Running {
	const main = fileURLToPath(new URL("./main.ts", import.meta.url));
	const own = [main, resolve(appDir), "--port", `${port}`, "--state", resolve(stateDir)];
	// With "=": a key may begin with a hyphen.
	const secrets = [
		`--function-key=${keys.function}`,
		`--master-key=${keys.master}`,
		`--eventgrid-key=${keys.eventGrid}`,
		`--durable-key=${keys.durable}`,
	];
	const [file, ...args] = command
		? wordsOf(command.replaceAll("$PORT", `${port}`))
		: [process.execPath, ...own, ...secrets];
	const child = spawn(file!, args, {
		cwd: command ? appDir : undefined,
		env: { ...process.env, ...env, PORT: `${port}` },
		// The channel shows this host that we are gone.
		stdio: command ? ["ignore", "pipe", "pipe"] : ["ignore", "pipe", "pipe", "ipc"],
		// A group of its own: another host has processes of its own, which must go with it.
		detached: command !== undefined && process.platform !== "win32",
		// On Windows `func` is a script, which only a shell can run; what we put into it are our own words.
		shell: command !== undefined && process.platform === "win32",
	});
	const lines: string[] = [];
	for (const stream of ["stdout", "stderr"] as const) {
		createInterface({ input: child[stream]! }).on("line", (line) => {
			lines.push(line);
			if (lines.length > 20) lines.shift();
			onLine?.(stream, line);
		});
	}
	const exited = new Promise<number | null>((done) => {
		child.once("error", (error) => {
			lines.push(error.message);
			done(127);
		});
		child.once("exit", (code) => done(code));
	});
	return { child, exited, lines };
}

/** On Windows the command goes to the shell as it is. */
const wordsOf = (command: string): string[] =>
	process.platform === "win32"
		? [command]
		: Array.from(command.matchAll(/"([^"]*)"|'([^']*)'|\S+/g), ([word, double, single]) => double ?? single ?? word);

function signalTree({ pid }: ChildProcess, name: NodeJS.Signals): void {
	if (pid === undefined) return;
	if (process.platform === "win32") {
		spawnSync("taskkill", ["/pid", `${pid}`, "/T", "/F"]);
		return;
	}
	try {
		process.kill(-pid, name);
	} catch {
		// The whole group is gone already.
	}
}

async function ready(running: Running, { keys, command, signal }: StartOptions, url: string): Promise<void> {
	const end = Date.now() + (command ? patience.command : patience.start);
	let ended = false;
	void running.exited.then(() => {
		ended = true;
	});
	while (!(await answers(url, keys.master, command !== undefined))) {
		signal?.throwIfAborted();
		const failed = ended ? "ended before it answered" : Date.now() > end ? "did not answer in time" : undefined;
		if (failed) throw new Error(`The Functions host ${failed} on ${url}. Its last lines:\n${running.lines.join("\n")}`);
		await new Promise((done) => setTimeout(done, 50));
	}
	if (ended) throw new Error(`The Functions host ended; something else answers on ${url}. Give another port.`);
}

async function answers(url: string, masterKey: string, anything: boolean): Promise<boolean> {
	try {
		const response = await fetch(`${url}/admin/host/status`, {
			headers: { "x-functions-key": masterKey, connection: "close" },
			signal: AbortSignal.timeout(5000),
		});
		// Another host may keep its state to itself: then its answer alone must do.
		const { state } = (await response.json().catch(() => ({}))) as { state?: string };
		return state === "Running" || (anything && state === undefined);
	} catch {
		return false;
	}
}

function freePort(): Promise<number> {
	return new Promise((done, reject) => {
		const probe = createServer().once("error", reject);
		probe.listen(0, "127.0.0.1", () => {
			const address = probe.address();
			probe.close(() => done(typeof address === "object" && address ? address.port : 0));
		});
	});
}
