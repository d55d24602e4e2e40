// The stores of signed heads: append blobs on Azurite, and Log Analytics by the strict stand-in of its ingestion API.

import { randomUUID } from "node:crypto";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type LogsIngestion, startLogsIngestion } from "../../local/logs-ingestion/index.ts";
import { selfSigned } from "../../packages/loopback/index.ts";
import { blobHeadStore, headLines } from "../../src/lib/adapters/blob/heads.ts";
import { logsHeadStore } from "../../src/lib/adapters/monitor/heads.ts";
import type { SignedHead } from "../../src/lib/domain/head.ts";
import { headOfRow, parseHead } from "../../src/lib/domain/signed-head.ts";
import type { HeadStore } from "../../src/lib/ports/audit-head.ts";
import { type Storage, startStorage } from "../support/storage.ts";

const headOf = (seq: number, time = "2026-11-23T10:00:00.000Z"): SignedHead => ({
	head: { log: "https://titanicaudit.blob.core.windows.net/audit", seq, hash: "a".repeat(64), time },
	key: `https://titanic-kv.vault.azure.net/keys/audit-head/${"0".repeat(32)}`,
	jws: `eyJhbGciOiJFUzI1NiJ9..${"x".repeat(86)}`,
});
const bySeq = (a: SignedHead, b: SignedHead) => a.head.seq - b.head.seq;

let storage: Storage;
let tls: { cert: string; key: string };
beforeAll(async () => {
	storage = await startStorage();
	tls = await selfSigned();
	// Storage puts back what was trusted before.
	setDefaultCACertificates([...getCACertificates("default"), tls.cert]);
});
afterAll(async () => storage[Symbol.asyncDispose]());

interface World extends AsyncDisposable {
	/** As another process has it. */
	open(): HeadStore;
	kept(): Promise<SignedHead[]>;
	/** No call gets through. @returns a function that restores it */
	cut(): () => void;
	/** As a fault names it. */
	readonly name: string;
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
		name: url,
		async [Symbol.asyncDispose]() {},
	};
}

async function logs(): Promise<World & { ingestion: LogsIngestion; revoke: () => void; to: typeof logsHeadStore }> {
	const app = { objectId: randomUUID(), clientId: randomUUID(), name: "app" };
	const ingestion = await startLogsIngestion({ identity: storage.identity, tls });
	const revoke = ingestion.grant(app.objectId);
	const credential = storage.identity.managedIdentity(app).credential();
	const to: typeof logsHeadStore = (options) => logsHeadStore({ ...options, credential });
	return {
		ingestion,
		revoke,
		to,
		open: () => to({ ...ingestion.target, credential }),
		kept: async () => ingestion.rows.map((row) => headOfRow(row)!),
		cut: () => ingestion.faults.inject({ cut: "before", times: Number.POSITIVE_INFINITY }),
		name: `${ingestion.target.endpoint} ${ingestion.target.stream}`,
		[Symbol.asyncDispose]: () => ingestion[Symbol.asyncDispose]() as Promise<void>,
	};
}

describe.each([
	{ title: "append blobs on Azurite", open: blobs },
	{ title: "Log Analytics, by the strict stand-in", open: logs as () => Promise<World> },
])("HeadStore, $title", ({ open }) => {
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
		const outage = { code: "heads-unavailable", transient: true, names: { store: world.name } };
		await expect(store.append(headOf(2))).rejects.toMatchObject(outage);
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

test("a month whose blob is full goes on in the next one", async () => {
	const { url, client } = await storage.container();
	const full = Object.assign(new Error(), { statusCode: 409, code: "BlockCountExceedsLimit" });
	const store = blobHeadStore({
		containerUrl: url,
		credential: storage.credential,
		// Azurite has no such limit.
		perform: (effect, act) => (effect === "blob PUT heads/2026-11.ndjson" ? Promise.reject(full) : act()),
	});
	await store.append(headOf(1));
	const names = (await Array.fromAsync(client.listBlobsFlat())).map(({ name }) => name);
	expect(names).toEqual(["heads/2026-11_02.ndjson"]);
});

describe("a head on its way to Log Analytics", () => {
	test("is a row of a table, with the time of its signature, and gets out of it as it was signed", async () => {
		await using world = await logs();
		await world.open().append(headOf(7));
		const { head, key, jws } = headOf(7);
		expect(world.ingestion.rows).toEqual([
			{ TimeGenerated: head.time, Log: head.log, Seq: 7, Hash: head.hash, Key: key, Jws: jws },
		]);
		// A query gives texts, and times without fractions where there are none.
		const queried = { ...world.ingestion.rows[0], Seq: "7", TimeGenerated: "2026-11-23T10:00:00Z" };
		expect(headOfRow(queried)).toEqual(headOf(7));
	});

	type Logs = Awaited<ReturnType<typeof logs>>;
	const refusals: Record<string, { send: (world: Logs) => Promise<void>; code: string; says: string }> = {
		"without the role on the rule": {
			async send(world) {
				world.revoke();
				await world.open().append(headOf(1));
			},
			code: "heads-forbidden",
			says: "may not send to the signed heads in",
		},
		"for a rule that is not there": {
			send: ({ ingestion, to }) =>
				to({ ...ingestion.target, ruleId: `dcr-${"f".repeat(32)}`, credential: storage.credential }).append(headOf(1)),
			code: "heads-rejected",
			says: "it answers 404 NotFound",
		},
		"for a stream that the rule has not": {
			send: ({ ingestion, to }) =>
				to({ ...ingestion.target, stream: "Custom-Other_CL", credential: storage.credential }).append(headOf(1)),
			code: "heads-rejected",
			says: "it answers 400 InvalidStream",
		},
		"larger than a call may be": {
			send: (world) => world.open().append({ ...headOf(1), jws: "x".repeat(1_048_577) }),
			code: "heads-rejected",
			says: "it answers 413",
		},
	};
	test.each(Object.entries(refusals))(
		"%s is refused for good, and nothing is kept",
		async (_, { send, code, says }) => {
			await using world = await logs();
			const sent = send(world);
			await expect(sent).rejects.toMatchObject({ code, transient: false });
			await expect(sent).rejects.toThrow(says);
			expect(world.ingestion.rows).toEqual([]);
		},
	);

	test("is sent again when the service fails for a moment, and arrives whole", async () => {
		await using world = await logs();
		world.ingestion.faults.inject({ status: 503 });
		await world.open().append(headOf(1));
		expect(await world.kept()).toEqual([headOf(1)]);
	});

	test("that is throttled may be sent again, by the orchestration", async () => {
		await using world = await logs();
		const store = world.open();
		world.ingestion.faults.inject({ status: 429 });
		await expect(store.append(headOf(1))).rejects.toMatchObject({ code: "heads-unavailable", transient: true });
		await store.append(headOf(1));
		expect(await world.kept()).toEqual([headOf(1)]);
	});

	test("with a token for something else is refused", async () => {
		await using world = await logs();
		const foreign = { getToken: () => storage.credential.getToken("https://vault.azure.net/.default") };
		const store = logsHeadStore({ ...world.ingestion.target, credential: foreign });
		await expect(store.append(headOf(1))).rejects.toMatchObject({ code: "heads-forbidden" });
	});
});
