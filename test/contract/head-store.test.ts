// The stores of signed heads: append blobs on Azurite.

import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { blobHeadStore, headLines } from "../../src/lib/adapters/blob/heads.ts";
import { parseHead } from "../../src/lib/domain/signed-head.ts";
import type { HeadStore, SignedHead } from "../../src/lib/ports/audit-head.ts";
import { type Storage, startStorage } from "../support/storage.ts";

const headOf = (seq: number, time = "2026-11-23T10:00:00.000Z"): SignedHead => ({
	head: { log: "https://titanicaudit.blob.core.windows.net/audit", seq, hash: "a".repeat(64), time },
	key: `https://titanic-kv.vault.azure.net/keys/audit-head/${"0".repeat(32)}`,
	jws: `eyJhbGciOiJFUzI1NiJ9..${"x".repeat(86)}`,
});
const bySeq = (a: SignedHead, b: SignedHead) => a.head.seq - b.head.seq;

let storage: Storage;
beforeAll(async () => {
	storage = await startStorage();
});
afterAll(async () => storage[Symbol.asyncDispose]());

interface World extends AsyncDisposable {
	/** As another process has it. */
	open(): HeadStore;
	kept(): Promise<SignedHead[]>;
	/** No call gets through. @returns a function that mends it */
	cut(): () => void;
}

async function blobs(): Promise<World> {
	const { url, client } = await storage.container();
	const options = { containerUrl: url, credential: storage.credential };
	return {
		open: () => blobHeadStore(options),
		async kept() {
			const lines = await Array.fromAsync(headLines({ ...options, containerUrl: client.url }));
			return lines.map(({ text }) => parseHead(text)!);
		},
		cut: () => storage.relay.cut(),
		async [Symbol.asyncDispose]() {},
	};
}

describe.each([{ title: "append blobs on Azurite", open: blobs }])("HeadStore, $title", ({ open }) => {
	test("what was kept is there as it was signed, out of order and repeated too", async () => {
		await using world = await open();
		const store = world.open();
		for (const seq of [2, 1, 2]) await store.append(headOf(seq));
		expect(await world.kept()).toEqual([headOf(2), headOf(1), headOf(2)]);
	});

	test("twenty writers at once lose nothing", async () => {
		await using world = await open();
		const all = Array.from({ length: 20 }, (_, at) => headOf(at + 1));
		await Promise.all(all.map((head) => world.open().append(head)));
		expect((await world.kept()).sort(bySeq)).toEqual(all);
	});

	test("a cut connection is an outage that may pass", async () => {
		await using world = await open();
		const store = world.open();
		await store.append(headOf(1));
		const mend = world.cut();
		await expect(store.append(headOf(2))).rejects.toMatchObject({ code: "heads-unavailable", transient: true });
		mend();
		await store.append(headOf(3));
		expect((await world.kept()).map(({ head }) => head.seq)).toContain(3);
	});
});

test("a month's heads lie in a blob of their own", async () => {
	const { url, client } = await storage.container();
	const store = blobHeadStore({ containerUrl: url, credential: storage.credential });
	await store.append(headOf(1, "2026-11-30T23:59:59.000Z"));
	await store.append(headOf(2, "2026-12-01T00:00:00.000Z"));
	const names = (await Array.fromAsync(client.listBlobsFlat())).map(({ name }) => name);
	expect(names).toEqual(["heads/2026-11.ndjson", "heads/2026-12.ndjson"]);
});
