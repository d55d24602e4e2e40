// Backups on a real Azurite.

import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { blobBackupStore } from "../../src/lib/adapters/blob/backups.ts";
import type { BackupName } from "../../src/lib/domain/backup.ts";
import type { Intent } from "../../src/lib/ports/audit-log.ts";
import { type Storage, startStorage } from "../support/storage.ts";

const intent = {} as Intent;
const name: BackupName = {
	...{ vault: "titanic-kv.vault.azure.net", secret: "db-password", version: "a".repeat(32), day: "2026-11-30" },
};
const blob = `titanic-kv.vault.azure.net/db-password/2026-11-30.${"a".repeat(32)}.keyvaultbackup`;

let storage: Storage;
beforeAll(async () => {
	storage = await startStorage();
}, 60_000);
afterAll(async () => storage[Symbol.asyncDispose]());

test("what is added is there under its name, as it was given, also where it is empty of text", async () => {
	const { url, client } = await storage.container();
	const store = blobBackupStore({ containerUrl: url, credential: storage.credential });
	const bytes = Uint8Array.from({ length: 300_000 }, (_, at) => at % 256);
	expect(await store.add(intent, name, bytes)).toBe("added");
	expect(Buffer.compare(await client.getBlobClient(blob).downloadToBuffer(), bytes)).toBe(0);
});

test("a backup is never written over: of two of one name the first is kept", async () => {
	const { url, client } = await storage.container();
	const store = blobBackupStore({ containerUrl: url, credential: storage.credential });
	const two = await Promise.all(["one", "two"].map((text) => store.add(intent, name, Buffer.from(text))));
	expect(two.sort()).toEqual(["added", "kept"]);
	const first = await client.getBlobClient(blob).downloadToBuffer();
	expect(await store.add(intent, name, Buffer.from("three"))).toBe("kept");
	expect(Buffer.compare(await client.getBlobClient(blob).downloadToBuffer(), first)).toBe(0);
});

test("a container that is missing, or cut off, is unavailable and named", async () => {
	const { url } = await storage.container();
	const missing = blobBackupStore({ containerUrl: `${url}x`, credential: storage.credential });
	const unavailable = (store: string) => ({ code: "backups-unavailable", transient: true, names: { store } });
	await expect(missing.add(intent, name, Buffer.from("one"))).rejects.toMatchObject(unavailable(`${url}x`));
	const store = blobBackupStore({ containerUrl: url, credential: storage.credential });
	storage.relay.cut();
	await expect(store.add(intent, name, Buffer.from("one"))).rejects.toMatchObject(unavailable(url));
});
