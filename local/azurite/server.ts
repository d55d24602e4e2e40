// The process that is one Azurite blob service: it is started by azurite.ts, with Azurite's own arguments, and speaks with
// it over IPC.
//
// Z1. The service and its temporary folder are gone when the parent is, however the parent ended. Otherwise: a killed
//     test run or demo leaves a server and its data behind. Kept by: `disconnect`, and azurite.test.ts.
//
// Azurite's own entry point is not used: it hears a request to stop only some time after it says that it listens, and it
// stops at a terminal's Ctrl-C, before the parent has stopped the rest. Nor is the telemetry that only that one switches on:
// to load it takes two thirds of the start.

import { rmSync } from "node:fs";
import { createRequire, Module } from "node:module";

/** `failed` is Azurite's own message. */
export type Answer = { readonly running: { readonly url: string } } | { readonly failed: string };
export type Order = "stop";

interface BlobServer {
	start(): Promise<void>;
	/** Writes its index to disk, which it otherwise does every few seconds only. */
	close(): Promise<void>;
	getHttpServerAddress(): string;
	/** Removes every ten minutes what no blob refers to. */
	readonly gcManager: { close(): Promise<void> };
}

const removed = process.env.AZURITE_REMOVE_FOLDER;
const answer = (what: Answer) => process.send?.(what);

process.on("disconnect", () => {
	if (removed) rmSync(removed, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
	process.exit(0);
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => {});

try {
	const here = createRequire(import.meta.url);
	const azurite = createRequire(here.resolve("azurite/package.json"));
	const telemetry = azurite.resolve("applicationinsights");
	azurite.cache[telemetry] = Object.assign(new Module(telemetry), { loaded: true });
	const { BlobServerFactory } = here("azurite/dist/src/blob/BlobServerFactory.js");
	const server: BlobServer = await new BlobServerFactory().createServer();
	await server.start();
	// In memory it does so in one go: with some thousand blocks nobody gets an answer for half a minute, and waits in vain.
	if (process.argv.includes("--inMemoryPersistence")) await server.gcManager.close();
	process.on("message", async (order: Order) => {
		if (order !== "stop") return;
		// The data stays: the parent removes it, or starts the service again with it.
		await server.close().finally(() => process.exit(0));
	});
	answer({ running: { url: server.getHttpServerAddress() } });
} catch (error) {
	answer({ failed: (error as Error).message });
}
