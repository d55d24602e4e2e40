// A storage account, copied to a folder, to be searched there: blobs, queues and tables, no matter who wrote them.
// AC1. What cannot be looked at is an error. Otherwise: a message that its reader holds passes for one that is not there.
// AC2. It only looks. Messages are peeked at: to receive them would take them from the host that works on them.

import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { TableClient, TableServiceClient } from "@azure/data-tables";
import { type BlobItem, BlobServiceClient, type ContainerClient } from "@azure/storage-blob";
import { type QueueClient, QueueServiceClient } from "@azure/storage-queue";
import { until } from "../until.ts";

/** As many as a queue shows at once. */
const mostMessages = 32;

/** Takes what was found; `name` is for a person. */
type Keep = (name: string, content: string | Uint8Array) => Promise<void>;

/**
 * @param account its connection string
 * @param folder is created again
 * @param seconds so long a host may hold the messages that it works on
 * @returns the folder
 * @throws Error when the account, or a part of it, cannot be read
 */
export async function copyOfAccount(account: string, folder: string, seconds = 60): Promise<string> {
	await rm(folder, { recursive: true, force: true });
	await mkdir(folder, { recursive: true });
	let kept = 0;
	const keep: Keep = (name, content) =>
		writeFile(join(folder, `${kept++} ${name.replace(/[^\w.-]+/g, "_").slice(0, 150)}`), content);
	await copyBlobs(account, keep);
	await copyQueues(account, keep, seconds);
	await copyTables(account, keep);
	return folder;
}

async function copyBlobs(account: string, keep: Keep): Promise<void> {
	const service = BlobServiceClient.fromConnectionString(account);
	for await (const { name, metadata } of service.listContainers({ includeMetadata: true })) {
		const container = service.getContainerClient(name);
		await keep(`container ${name}`, JSON.stringify({ name, metadata }));
		for await (const blob of container.listBlobsFlat({ includeMetadata: true, includeSnapshots: true })) {
			await keep(`blob ${name} ${blob.name} as listed`, JSON.stringify(blob));
			const content = await contentOf(container, blob);
			if (content) await keep(`blob ${name} ${blob.name}`, content);
		}
	}
}

/** It was removed since it was listed. */
const isMissing = (error: unknown): boolean => (error as { statusCode?: number }).statusCode === 404;

async function contentOf(container: ContainerClient, { name, snapshot }: BlobItem): Promise<Buffer | undefined> {
	const blob = container.getBlobClient(name);
	try {
		return await (snapshot ? blob.withSnapshot(snapshot) : blob).downloadToBuffer();
	} catch (error) {
		if (isMissing(error)) return undefined;
		throw error;
	}
}

async function copyQueues(account: string, keep: Keep, seconds: number): Promise<void> {
	const service = QueueServiceClient.fromConnectionString(account);
	for await (const { name, metadata } of service.listQueues({ includeMetadata: true })) {
		await keep(`queue ${name}`, JSON.stringify({ name, metadata }));
		for (const text of await messagesOf(service.getQueueClient(name), seconds)) {
			await keep(`message of ${name}`, text);
			// Most writers of messages put them into base64: what is compressed or escaped in there is seen only so.
			await keep(`message of ${name} out of base64`, Buffer.from(text, "base64"));
		}
	}
}

/** All of them: one that is being worked on, or that is to be seen later, is waited for. */
const messagesOf = (queue: QueueClient, seconds: number): Promise<string[]> =>
	until(`A look at each message of the queue ${queue.name}`, seconds, async () => {
		try {
			const { peekedMessageItems: shown } = await queue.peekMessages({ numberOfMessages: mostMessages });
			const { approximateMessagesCount: count = 0 } = await queue.getProperties();
			if (count <= shown.length) return shown.map(({ messageText }) => messageText);
			throw new Error(`it has ${count} and shows ${shown.length}: what the others hold is not known`);
		} catch (error) {
			if (isMissing(error)) return [];
			throw error;
		}
	});

async function copyTables(account: string, keep: Keep): Promise<void> {
	const insecure = { allowInsecureConnection: true };
	const service = TableServiceClient.fromConnectionString(account, insecure);
	for await (const { name } of service.listTables()) {
		if (name === undefined) continue;
		const lines: string[] = [];
		for await (const row of TableClient.fromConnectionString(account, name, insecure).listEntities()) {
			for (const [column, value] of Object.entries(row)) {
				if (value instanceof Uint8Array) await keep(`bytes of ${name} ${column}`, value);
				lines.push(`${column}: ${typeof value === "object" ? JSON.stringify(value) : String(value)}`);
			}
		}
		await keep(`table ${name}`, lines.join("\n"));
	}
}
