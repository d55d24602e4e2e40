// What one durable hop costs on the local host: an activity that does nothing, asked for and answered through the task hub.

import { randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
import { temporaryFolder } from "../../local/scope.ts";
import { until } from "../../local/until.ts";
import { startHost } from "../../packages/functions-host/index.ts";

const appDir = fileURLToPath(new URL("./hop-app", import.meta.url));
const hops = 50;

/** @returns milliseconds per hop, one value per run */
export async function hopMs(runs: number, signal: AbortSignal): Promise<number[]> {
	await using folder = await temporaryFolder("titanic-bench-");
	const [key, master, eventGrid, durable] = Array.from({ length: 4 }, () => randomUUID()) as [
		string,
		string,
		string,
		string,
	];
	await using host = await startHost({
		appDir,
		stateDir: folder.path,
		keys: { function: key, master, eventGrid, durable },
		env: { FUNCTIONS_WORKER_RUNTIME: "node" },
		signal,
	});
	const ask = async (path: string, body?: string) => {
		const url = `${host.url}/runtime/webhooks/durabletask/${path}`;
		const method = body === undefined ? "GET" : "POST";
		const headers = { "x-functions-key": durable, "content-type": "application/json" };
		return (await (await fetch(url, { method, headers, body })).json()) as { id: string; runtimeStatus: string };
	};
	const run = async (count: number) => {
		const begun = performance.now();
		const { id } = await ask("orchestrators/hops", JSON.stringify(count));
		const ended = async () =>
			(await ask(`instances/${id}`)).runtimeStatus === "Completed" ? performance.now() : undefined;
		return (await until("the hops", 60, ended, signal, 5)) - begun;
	};
	const values: number[] = [];
	await run(hops);
	// Start and end cost the same whatever the count: they cancel out.
	for (let round = 0; round < runs; round++) values.push(((await run(hops + 1)) - (await run(1))) / hops);
	return values;
}
