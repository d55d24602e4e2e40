// The app's start, beside a hello-world durable app that is bundled alike, on the same host with the same settings.

import { randomUUID } from "node:crypto";
import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";
import { common } from "../../build.ts";
import { temporaryFolder } from "../../local/scope.ts";
import { type Stack, startStack } from "../../local/stack.ts";
import { startHost } from "../../packages/functions-host/index.ts";
import { type Bench, inTurns, row } from "../bench.ts";
import { residentMB } from "../process.ts";

interface Start {
	readonly registeredMs: number;
	readonly answeredMs: number;
	readonly startedMB: number;
	readonly answeredMB: number;
}

export const start: Bench = {
	name: "start",
	says: "start-up, the first event answered, and memory, beside a hello-world durable app on the same host",
	async run({ appDir, rounds, signal, say }) {
		await using folder = await temporaryFolder("titanic-bench-");
		const helloDir = join(folder.path, "hello");
		await buildHello(helloDir);
		say("bringing up the local stack");
		await using stack = await startStack({ signal });
		const startOf = (dir: string) => () => started(dir, stack, join(folder.path, randomUUID()), signal);
		const [hello, product] = [startOf(helloDir), startOf(appDir)];
		say(`${Math.max(3, rounds)} starts of each`);
		// The first of each compiles; in Azure the package is as cold as that only once.
		await hello();
		await product();
		const taken = await inTurns(Math.max(3, rounds), signal, hello, product);
		const sides = (key: keyof Start) => ({
			product: taken.product.map((one) => one[key]),
			floor: taken.floor.map((one) => one[key]),
		});
		const goal = { ratio: 1.3 };
		return {
			rows: [
				row(
					"registered",
					"from the host's start until the functions are registered",
					"ms",
					sides("registeredMs"),
					goal,
				),
				row("answered", "the first event, until it is answered", "ms", sides("answeredMs"), goal),
				row("startedMemory", "memory of host and app, registered", "MB", sides("startedMB"), goal),
				row("answeredMemory", "the same, after the first event", "MB", sides("answeredMB"), goal),
			],
		};
	},
};

async function buildHello(folder: string): Promise<void> {
	const root = join(import.meta.dirname, "..", "..");
	await mkdir(folder, { recursive: true });
	await build({ ...common, entryPoints: { main: "bench/hello-app/main.ts" }, outdir: folder });
	await copyFile(join(root, "host.json"), join(folder, "host.json"));
	await writeFile(join(folder, "package.json"), JSON.stringify({ type: "module", main: "main.mjs" }));
}

async function started(
	appDir: string,
	{ settings, keys }: Stack,
	stateDir: string,
	signal: AbortSignal,
): Promise<Start> {
	const begun = performance.now();
	await using host = await startHost({ appDir, stateDir, keys, env: settings, signal });
	const registeredMs = performance.now() - begun;
	const startedMB = residentMB(host.pid);
	const sent = performance.now();
	const answer = await fetch(`${host.url}/runtime/webhooks/eventgrid?functionName=events&code=${keys.eventGrid}`, {
		method: "POST",
		headers: { "content-type": "application/cloudevents+json; charset=utf-8", "aeg-event-type": "Notification" },
		body: JSON.stringify(event()),
	});
	if (!answer.ok) throw new Error(`The first event was answered with HTTP ${answer.status}.`);
	return { registeredMs, answeredMs: performance.now() - sent, startedMB, answeredMB: residentMB(host.pid) };
}

/** Of a secret that the configuration does not have: the app records that on its audit log, and rotates nothing. */
const event = () => ({
	...{ id: randomUUID(), specversion: "1.0", type: "Microsoft.KeyVault.SecretNearExpiry", subject: "somebody-else-s" },
	source:
		"/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/local/providers/Microsoft.KeyVault/vaults/other",
	time: new Date().toISOString(),
	data: {
		...{ Id: "https://other.vault.azure.net/secrets/somebody-else-s/0123456789abcdef0123456789abcdef" },
		...{ VaultName: "other", ObjectType: "Secret", ObjectName: "somebody-else-s" },
		Version: "0123456789abcdef0123456789abcdef",
	},
});
