// The search for secrets on another Functions host: a command of any name with processes of its own, and a task hub in a
// storage account that it was given.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TableClient } from "@azure/data-tables";
import { BlobServiceClient } from "@azure/storage-blob";
import { QueueServiceClient } from "@azure/storage-queue";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { startHostStorage } from "../../local/azurite/host-storage.ts";
import { leaksIn } from "../../local/leaks/index.ts";
import { type Stack, startStack } from "../../local/stack.ts";
import { appDir, configure, rotated, withoutConsumers } from "./support/scene.ts";

const minutes = 60_000;
const parts = new AsyncDisposableStack();
let stack: Stack;
let account: string;

beforeAll(async () => {
	const folder = await mkdtemp(join(tmpdir(), "other-host-"));
	parts.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }));
	account = parts.use(await startHostStorage(join(folder, "account"))).connectionString;
	stack = parts.use(
		await startStack({
			appDir,
			hostCommand: await command(folder),
			keys: { eventGrid: "event-grid-key", master: "master-key" },
			settings: { AzureWebJobsStorage: account },
		}),
	);
	await configure(stack, withoutConsumers);
}, 8 * minutes);
afterAll(() => parts.disposeAsync(), minutes);

/** As `func` does: a program that starts another one, which runs the app. Neither has a name that anybody knows. */
async function command(folder: string): Promise<string> {
	const main = new URL("../../packages/functions-host/main.ts", import.meta.url).href;
	const files = { worker: join(folder, "worker.mjs"), starter: join(folder, "starter.mjs") };
	await writeFile(files.worker, `await import(${JSON.stringify(main)});`);
	const given = ["--state", join(folder, "state"), "--function-key", "f", "--master-key", "master-key"];
	const keys = ["--eventgrid-key", "event-grid-key", "--durable-key", "d"];
	const args = JSON.stringify([files.worker, ".", ...given, ...keys]);
	await writeFile(
		files.starter,
		`import { spawn } from "node:child_process";
		const child = spawn(process.execPath, [...${args}, "--port", process.argv[2]], { stdio: "inherit" });
		child.once("exit", (code) => process.exit(code ?? 1));
		process.once("SIGTERM", () => child.kill());`,
	);
	return `"${process.execPath}" "${files.starter}" $PORT`;
}

test(
	"after a rotation no secret is anywhere but where it belongs: the host's processes are known by who started them",
	async () => {
		expect(await rotated(stack, { force: true })).toMatchObject({ outcome: "completed" });
		expect(await leaksIn(stack)).toEqual([]);
	},
	6 * minutes,
);

test(
	"a secret in a blob, a queue or a table of the account that the host was given is a leak",
	async () => {
		const planted = stack.firstPassword;
		const container = BlobServiceClient.fromConnectionString(account).getContainerClient("hub-largemessages");
		await container.create();
		await container.uploadBlockBlob("planted", planted, Buffer.byteLength(planted));
		const queue = QueueServiceClient.fromConnectionString(account).getQueueClient("hub-control-00");
		await queue.create();
		await queue.sendMessage(planted);
		const table = TableClient.fromConnectionString(account, "HubInstances", { allowInsecureConnection: true });
		await table.createTable();
		await table.createEntity({ partitionKey: "planted", rowKey: "planted", CustomStatus: planted });

		const found = (await leaksIn(stack)).map(({ place, kind, file = "" }) => [place, kind, file.replace(/^\d+ /, "")]);
		expect(found.sort()).toEqual(
			["blob_hub-largemessages_planted", "message_of_hub-control-00", "table_HubInstances"].map((file) => [
				"task hub",
				"password",
				file,
			]),
		);
	},
	6 * minutes,
);
