// Plays the suite that was recorded on the real Functions host against this one.
//   node packages/functions-host/conformance.ts SUITE_DIR [--only TEXT].. [--jobs N]
// With CONFORMANCE_HTTP=stream in the environment in the streaming mode of HTTP. Exits with the suite's own status. No scenario
// is left out; those of the other mode skip themselves.
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync, realpathSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { startHost } from "./start.ts";

const [suite, ...options] = process.argv.slice(2);
const runner = join(resolve(suite ?? ""), "run.mjs");
if (!suite || suite.startsWith("-") || !existsSync(runner)) {
	console.error(
		"Usage: node packages/functions-host/conformance.ts SUITE_DIR [--only TEXT] (SUITE_DIR is the folder with run.mjs)",
	);
	process.exit(2);
}
process.exitCode = await play(options);

async function play(args: string[]): Promise<number> {
	const interrupted = new AbortController();
	for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => interrupted.abort());

	await using stack = new AsyncDisposableStack();
	// The app finds its packages in the node_modules above it: it must lie within the project.
	const appDir = fileURLToPath(new URL("../../.conformance-app", import.meta.url));
	const stateDir = await mkdtemp(join(tmpdir(), "functions-host-"));
	const remove = async (folder: string) => rm(folder, { recursive: true, force: true, maxRetries: 5 });
	stack.defer(() => remove(stateDir));
	stack.defer(() => remove(appDir));
	await remove(appDir);
	// By its real path: the suite runs only when it is the file that was started.
	const file = realpathSync(runner);
	const prepared = await run([file, "--prepare", appDir], interrupted.signal);
	if (prepared !== 0) return prepared;

	const keys = { function: randomUUID(), master: randomUUID(), eventGrid: randomUUID(), durable: randomUUID() };
	const env = { CONFORMANCE_JOURNAL: join(stateDir, "journal.jsonl") };
	const host = stack.use(await startHost({ appDir, stateDir, keys, env }));

	// The suite restarts the host by a command: one that asks us, as the host is our child.
	const restarter = createServer((_, response) => {
		host.restart().then(
			() => response.end(),
			(error) => response.writeHead(500).end(String(error)),
		);
	}).listen(0, "127.0.0.1");
	await new Promise((done) => restarter.once("listening", done));
	stack.defer(() => {
		restarter.close();
	});
	const { port } = restarter.address() as AddressInfo;
	const restart = `"${process.execPath}" -e "fetch('http://127.0.0.1:${port}').then((r) => process.exit(r.ok ? 0 : 1))"`;

	const given = ["--function-key", keys.function, "--master-key", keys.master];
	const more = ["--eventgrid-key", keys.eventGrid, "--durable-key", keys.durable, "--restart-command", restart];
	return await run([file, "--base", host.url, ...given, ...more, ...args], interrupted.signal);
}

function run(args: string[], signal: AbortSignal): Promise<number> {
	const child = spawn(process.execPath, args, { stdio: "inherit" });
	const stop = () => child.kill();
	signal.addEventListener("abort", stop);
	if (signal.aborted) stop();
	return new Promise((done) => child.once("exit", (code) => done(code ?? 130)));
}
