import { randomUUID } from "node:crypto";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { Readable } from "node:stream";
import { type ContainerClient, RestError } from "@azure/storage-blob";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { auditLines, blobAuditLog } from "../../src/lib/adapters/blob/audit-log.ts";
import { type Line, verifyChain } from "../../src/lib/domain/audit-chain.ts";
import type { AuditRecord, Entry } from "../../src/lib/domain/audit-entry.ts";
import { lineOf, recordOf } from "../../src/lib/domain/audit-record.ts";
import type { AuditLog, Place, Stretch } from "../../src/lib/ports/audit-log.ts";
import type { Perform } from "../../src/lib/ports/effect.ts";
import { memoryAudit } from "../support/memory-audit.ts";
import { type Storage, startStorage } from "../support/storage.ts";

/** One log, and what a test may do to it from outside. */
interface Opened {
	/** A process of its own that writes to the same log. */
	writer(): AuditLog;
	/** @returns a function that restores it */
	cut(): () => void;
	/** The next append of a writer that has written before takes effect, but its answer is lost. */
	loseNextAnswer(): void;
	/** Changes the last record's code behind the log's back. */
	tamper(): Promise<void>;
	setTime(time: string): void;
}

const entry = (changes: Partial<Entry> = {}): Entry => ({
	rotationId: `db-password.${randomUUID()}`,
	step: "setSecret",
	phase: "intent",
	attempt: randomUUID(),
	secretName: "db-password",
	actor: { kind: "timer" },
	...changes,
});

let storage: Storage;
beforeAll(async () => {
	storage = await startStorage();
});
afterAll(async () => storage[Symbol.asyncDispose]());

const settableClock = () => {
	let time = new Date("2026-11-23T10:00:00Z");
	return {
		clock: { now: () => time },
		setTime(text: string) {
			time = new Date(text);
		},
	};
};

async function openMemory(): Promise<Opened> {
	const { clock, setTime } = settableClock();
	let lose = false;
	const after = () => {
		if (!lose) return;
		lose = false;
		throw new Error("the answer is lost");
	};
	const log = memoryAudit({ clock, hooks: { after } });
	return {
		writer: () => log,
		cut: log.cut,
		loseNextAnswer() {
			lose = true;
		},
		async tamper() {
			log.lines.push(edited(log.lines.pop() ?? ""));
		},
		setTime,
	};
}

async function openBlob(): Promise<Opened & { client: ContainerClient }> {
	const { clock, setTime } = settableClock();
	const { url, client } = await storage.container();
	return {
		client,
		writer: () => blobAuditLog({ containerUrl: url, credential: storage.credential, clock }),
		cut: storage.relay.cut,
		loseNextAnswer() {
			expect(storage.relay.loseNextAnswer()).toBeGreaterThan(0);
		},
		async tamper() {
			const name = (await blobsOf(client)).at(-1) ?? "";
			const lines = (await contentOf(client, name)).split("\n").slice(0, -1);
			lines.push(edited(lines.pop() ?? ""));
			await replace(client, name, `${lines.join("\n")}\n`);
		},
		setTime,
	};
}

/** Waits of half a minute take `ms` instead. */
function shortTimeLimits(ms: number): Disposable {
	const { timeout } = AbortSignal;
	AbortSignal.timeout = () => timeout.call(AbortSignal, ms);
	return {
		[Symbol.dispose]() {
			AbortSignal.timeout = timeout;
		},
	};
}

const edited = (line: string): string => {
	const record = JSON.parse(line) as AuditRecord;
	return lineOf({ ...record, data: { ...record.data, code: "proved" } }).trimEnd();
};

async function blobsOf(client: ContainerClient): Promise<string[]> {
	const names: string[] = [];
	for await (const { name } of client.listBlobsFlat()) names.push(name);
	return names;
}

const contentOf = async (client: ContainerClient, name: string): Promise<string> =>
	(await client.getBlobClient(name).downloadToBuffer()).toString();

async function replace(client: ContainerClient, name: string, content: string): Promise<void> {
	await client.getAppendBlobClient(name).create();
	await client.getAppendBlobClient(name).appendBlock(content, Buffer.byteLength(content));
}

async function recordsOf(log: AuditLog): Promise<AuditRecord[]> {
	const records: AuditRecord[] = [];
	for await (const record of log.read()) records.push(record);
	return records;
}

async function* linesOf(records: readonly AuditRecord[]): AsyncGenerator<Line> {
	for (const [at, record] of records.entries()) yield { file: "log", line: at + 1, text: lineOf(record).trimEnd() };
}

const attemptsOf = (records: readonly AuditRecord[]) => records.map(({ data }) => data.attempt);

describe.each([
	{ title: "in memory", open: openMemory },
	{ title: "on append blobs", open: openBlob },
])("AuditLog $title", ({ open }) => {
	test("a new log has no record, and then what was appended, as one whole chain", async () => {
		const log = (await open()).writer();
		expect(await recordsOf(log)).toEqual([]);
		const given = entry({ phase: "outcome", code: "password-set", role: "titanic_admin" });
		await log.append(given);
		await log.append(entry());
		const records = await recordsOf(log);
		expect(records[0]?.data).toMatchObject({ rotationId: given.rotationId, code: "password-set", seq: 1 });
		expect(await verifyChain(linesOf(records))).toMatchObject({ events: 2, rotations: 2, bad: undefined });
	});

	test("the latest records are those at the end, also when they are another writer's or of the month before", async () => {
		const opened = await open();
		const log = opened.writer();
		expect(await log.recent()).toEqual([]);
		const entries = [entry({ attempt: "october" }), entry({ attempt: "last" }), entry({ attempt: "november" })];
		opened.setTime("2026-10-31T23:59:59Z");
		await opened.writer().append(entries[0]!);
		opened.setTime("2026-11-01T00:00:01Z");
		for (const one of entries.slice(1)) await opened.writer().append(one);
		expect(await log.recent()).toEqual(await recordsOf(log));
		expect(attemptsOf(await log.recent())).toEqual(["october", "last", "november"]);
	});

	test("intents without an outcome are found whoever wrote them, and those that are nobody's any more get one", async () => {
		const opened = await open();
		const [mine, theirs] = [opened.writer(), opened.writer()];
		const [dead, running, over] = ["dead", "running", "over"].map((attempt) => entry({ attempt }));
		const done = { phase: "outcome", code: "password-set" } as const;
		await theirs.append(dead!, running!, over!);
		await theirs.append({ ...over!, ...done });
		expect((await mine.missingOutcomes()).map(({ attempt }) => attempt)).toEqual(["dead", "running"]);
		await mine.closeIntents(({ attempt }) => attempt === "dead");
		expect((await recordsOf(mine)).at(-1)?.data).toMatchObject({
			attempt: "dead",
			phase: "outcome",
			code: "recovered",
		});
		expect((await theirs.missingOutcomes()).map(({ attempt }) => attempt)).toEqual(["running"]);
		await theirs.append({ ...running!, ...done });
		const { length } = await recordsOf(theirs);
		// What it knows is from before that outcome.
		await mine.closeIntents(() => true);
		await theirs.closeIntents(() => true);
		expect(await recordsOf(theirs)).toHaveLength(length);
		expect(await verifyChain(linesOf(await recordsOf(theirs)))).toMatchObject({ bad: undefined, openIntents: [] });
	});

	test("twenty writers at once lose nothing and leave one whole chain", async () => {
		const opened = await open();
		const entries = Array.from({ length: 20 }, () => entry());
		await Promise.all(entries.map((each) => opened.writer().append(each)));
		const records = await recordsOf(opened.writer());
		expect(attemptsOf(records).toSorted()).toEqual(entries.map(({ attempt }) => attempt).toSorted());
		expect((await verifyChain(linesOf(records))).bad).toBeUndefined();
	});

	test("of many that append the same entry at once, one is told that it was the first", async () => {
		const opened = await open();
		const [same, writers] = [entry(), [opened.writer(), opened.writer()]];
		const calls = Array.from({ length: 10 }, (_, index) => writers[index % 2]!.append(same, entry()));
		const written = await Promise.all(calls);
		expect(written.toSorted()).toEqual([...Array(9).fill(1), 2]);
		expect(await writers[0]!.append(same)).toBe(0);
		expect(await recordsOf(opened.writer())).toHaveLength(11);
	});

	test("the entries of one call stay together and in order beside another writer's", async () => {
		const opened = await open();
		const calls = Array.from({ length: 5 }, () => [entry(), entry(), entry()]);
		await Promise.all(calls.map((call) => opened.writer().append(...call)));
		const found = attemptsOf(await recordsOf(opened.writer()));
		for (const call of calls) {
			const wanted = call.map(({ attempt }) => attempt);
			const at = found.indexOf(wanted[0] ?? "");
			expect(found.slice(at, at + 3)).toEqual(wanted);
		}
	});

	test("an append whose answer was lost is there once, however often it is repeated", async () => {
		const opened = await open();
		const log = opened.writer();
		await log.append(entry());
		const lost = entry();
		opened.loseNextAnswer();
		await log.append(lost).catch(() => {});
		await log.append(lost);
		await opened.writer().append(lost);
		const found = attemptsOf(await recordsOf(log));
		expect(found.filter((attempt) => attempt === lost.attempt)).toHaveLength(1);
		expect(found).toHaveLength(2);
	});

	test("the same attempt with another outcome is no repetition", async () => {
		const log = (await open()).writer();
		const given = entry({ phase: "outcome", code: "server-unreachable" });
		await log.append(given, { ...given, code: "password-set" });
		expect((await recordsOf(log)).map(({ data }) => data.code)).toEqual(["server-unreachable", "password-set"]);
	});

	test("an unreachable store is audit-unavailable, nothing is written, and the log goes on when it is back", async () => {
		const opened = await open();
		const log = opened.writer();
		await log.append(entry());
		const mend = opened.cut();
		await expect(log.append(entry())).rejects.toMatchObject({ code: "audit-unavailable", transient: true });
		await expect(recordsOf(log)).rejects.toMatchObject({ code: "audit-unavailable" });
		await expect(opened.writer().append(entry())).rejects.toMatchObject({ code: "audit-unavailable" });
		mend();
		expect(await recordsOf(log)).toHaveLength(1);
		await log.append(entry());
		const records = await recordsOf(opened.writer());
		expect(await verifyChain(linesOf(records))).toMatchObject({ events: 2, bad: undefined });
	});

	test("a tampered end is refused for good, by a new writer, and nothing is put after it", async () => {
		const opened = await open();
		await opened.writer().append(entry(), entry());
		await opened.tamper();
		for (let call = 1; call <= 2; call++) {
			await expect(opened.writer().append(entry())).rejects.toMatchObject({ code: "audit-broken", transient: false });
		}
		expect(await recordsOf(opened.writer())).toHaveLength(2);
	});

	test("the chain goes on in a new month", async () => {
		const opened = await open();
		const log = opened.writer();
		await log.append(entry());
		opened.setTime("2026-12-01T00:00:01Z");
		await Promise.all([opened.writer().append(entry()), opened.writer().append(entry()), log.append(entry())]);
		opened.setTime("2027-01-05T00:00:00Z");
		await opened.writer().append(entry());
		await log.append(entry());
		const verdict = await verifyChain(linesOf(await recordsOf(opened.writer())));
		expect(verdict).toMatchObject({ events: 6, bad: undefined, last: "2027-01-05T00:00:00.000Z" });
	});

	test("a field that no entry has is refused by name, and its value is nowhere", async () => {
		const log = (await open()).writer();
		const stray = { ...entry(), password: "hunter2-hunter2" } as Entry;
		const refused = await log.append(entry(), stray).catch((error) => error);
		expect(`${refused}`).toContain("password");
		expect(`${refused}`).not.toContain("hunter2");
		expect(await recordsOf(log)).toEqual([]);
	});
});

describe("the log's blobs", () => {
	test("a month's blob is closed by the record that names the next one, also by a writer whose clock is behind", async () => {
		const opened = await openBlob();
		await opened.writer().append(entry());
		opened.setTime("2026-12-01T00:00:01Z");
		await opened.writer().append(entry());
		opened.setTime("2026-11-30T23:59:59Z");
		await opened.writer().append(entry());
		expect(await blobsOf(opened.client)).toEqual(["audit/2026-11.ndjson", "audit/2026-12.ndjson"]);
		const november = (await contentOf(opened.client, "audit/2026-11.ndjson")).trimEnd().split("\n");
		expect(JSON.parse(november[1] ?? "").data.continuedIn).toBe("audit/2026-12.ndjson");
		expect((await verifyChain(linesOf(await recordsOf(opened.writer())))).events).toBe(3);
	});

	test.each([
		["is removed", async (client: ContainerClient, name: string) => void (await client.deleteBlob(name))],
		["is emptied", (client: ContainerClient, name: string) => replace(client, name, "\n")],
		[
			"loses its last record",
			async (client: ContainerClient, name: string) => {
				const lines = (await contentOf(client, name)).split("\n");
				await replace(client, name, `${lines.slice(0, -2).join("\n")}\n`);
			},
		],
		[
			"gets a line from elsewhere",
			async (client: ContainerClient, name: string) =>
				void (await client.getAppendBlobClient(name).appendBlock("{}\n", 3)),
		],
		[
			"gets a record of another chain",
			async (client: ContainerClient, name: string) => {
				const time = new Date("2026-11-23T10:00:00Z");
				const foreign = lineOf(recordOf(entry(), { previous: { seq: 2, hash: "a".repeat(64) }, time }));
				await client.getAppendBlobClient(name).appendBlock(foreign, Buffer.byteLength(foreign));
			},
		],
		[
			"is written over with as many bytes and more",
			async (client: ContainerClient, name: string) => {
				const content = await contentOf(client, name);
				const time = new Date("2026-11-23T10:00:00Z");
				const { seq, hash } = JSON.parse(content.trimEnd().split("\n").at(-1) ?? "").data;
				const next = lineOf(recordOf(entry(), { previous: { seq, hash }, time }));
				await replace(client, name, `${"x".repeat(content.length)}${next}`);
			},
		],
		[
			"ends within a record",
			async (client: ContainerClient, name: string) =>
				void (await client.getAppendBlobClient(name).appendBlock("{", 1)),
		],
	])("a writer that knows the log finds it broken when its blob %s", async (_, spoil) => {
		const opened = await openBlob();
		const log = opened.writer();
		await log.append(entry());
		await log.append(entry());
		await spoil(opened.client, "audit/2026-11.ndjson");
		for (let call = 1; call <= 2; call++) {
			await expect(log.append(entry())).rejects.toMatchObject({ code: "audit-broken" });
		}
	});

	test("a log longer than what a new writer looks at goes on, with letters of several bytes at the edge", async () => {
		const opened = await openBlob();
		const long = () => entry({ message: "ü€𝄞".repeat(400) });
		const log = opened.writer();
		for (let call = 0; call < 6; call++) await log.append(...Array.from({ length: 100 }, long));
		await opened.writer().append(entry());
		await log.append(entry());
		expect(await verifyChain(linesOf(await recordsOf(log)))).toMatchObject({ events: 602, bad: undefined });
	});

	/** Longer than what one request for it brings. */
	async function longBlob() {
		const { url, client } = await storage.container();
		const blob = client.getAppendBlobClient("audit/2026-11.ndjson");
		const texts = Array.from({ length: 3_000 }, (_, at) => `${at} ${"ü€𝄞".repeat(400)}`);
		await blob.create();
		for (let at = 0; at < texts.length; at += 500) {
			const block = `${texts.slice(at, at + 500).join("\n")}\n`;
			await blob.appendBlock(block, Buffer.byteLength(block));
		}
		return { blob, texts, lines: auditLines({ containerUrl: url, credential: storage.credential }) };
	}

	test("a long blob is read line by line, and what it grows by meanwhile is left for the next time", async () => {
		const { blob, texts, lines } = await longBlob();
		const found: string[] = [];
		for await (const { text } of lines) {
			if (found.push(text) === 1) await blob.appendBlock("later\n", 6);
		}
		expect(found).toEqual(texts);
	});

	test("a store that falls silent while the log is read is audit-unavailable, not waited for without end", async () => {
		const { texts, lines } = await longBlob();
		using _ = shortTimeLimits(500);
		const found: string[] = [];
		let mend = () => {};
		const read = async () => {
			for await (const { text } of lines) if (found.push(text) === 1) mend = storage.relay.silence();
		};
		try {
			await expect(read()).rejects.toMatchObject({ code: "audit-unavailable", transient: true });
			expect(texts.slice(0, found.length)).toEqual(found);
			expect(found.length).toBeLessThan(texts.length);
		} finally {
			mend();
		}
	});

	test("twenty writers at once, over full blobs and into a new month, lose nothing and leave one chain", async () => {
		const { clock, setTime } = settableClock();
		const { url, client } = await storage.container();
		const { credential } = storage;
		const writers = Array.from({ length: 20 }, () =>
			blobAuditLog({ containerUrl: url, credential, clock, mostBlocks: 7 }),
		);
		const given: Entry[] = [];
		for (const time of ["2026-11-30T23:59:59Z", "2026-12-01T00:00:00Z"]) {
			setTime(time);
			const entries = writers.map(() => entry());
			given.push(...entries);
			await Promise.all(writers.map((log, at) => log.append(entries[at]!)));
		}
		const lines = await Array.fromAsync(auditLines({ containerUrl: client.url, credential }));
		const verdict = await verifyChain(Readable.from(lines), { blobs: true });
		expect(verdict).toMatchObject({ events: 40, bad: undefined });
		const found = lines.map(({ text }) => JSON.parse(text).data.attempt);
		expect(found.sort()).toEqual(given.map(({ attempt }) => attempt).sort());
		// 8 appends fill a blob: the one after which it is full names the next.
		expect(await blobsOf(client)).toEqual(
			["11", "11_02", "11_03", "12", "12_02", "12_03"].map((part) => `audit/2026-${part}.ndjson`),
		);
	});

	test("a stretch of it is read from any of its places, from a time, and over its blobs, each record once", async () => {
		const opened = await openBlob();
		const log = opened.writer();
		expect(await log.stretch(undefined)).toEqual({ records: [] });
		for (const time of ["2026-11-30T10:00:00Z", "2026-12-01T10:00:00Z", "2027-01-02T10:00:00Z"]) {
			opened.setTime(time);
			await log.append(entry({ message: "ü€𝄞".repeat(100) }), entry());
		}
		const all = await recordsOf(log);
		const walked: AuditRecord[] = [];
		const places: Place[] = [];
		for (let place: Place | undefined, first = true; first || place; first = false) {
			const stretch: Stretch | undefined = await log.stretch(place);
			walked.push(...stretch!.records.map(({ record }) => record));
			places.push(...stretch!.records.map(({ after }) => after));
			place = stretch?.next;
		}
		expect(walked).toEqual(all);
		for (const [at, place] of places.entries()) {
			const [next] = (await log.stretch(place))!.records;
			const isLastOfBlob = all[at]?.data.continuedIn !== undefined || at === all.length - 1;
			expect(next?.record.data.seq).toBe(isLastOfBlob ? undefined : at + 2);
		}
		// The first record of a month is the last one in the blob before.
		const fromDecember = await log.stretch(new Date("2026-12-01T00:00:00Z"));
		expect(fromDecember?.records.map(({ record }) => record.data.seq)).toContain(3);
		expect(await log.stretch({ ...places[0]!, offset: places[0]!.offset - 1 })).toBeUndefined();
		expect(await log.stretch({ ...places[0]!, offset: 1e9 })).toBeUndefined();
		expect(await log.stretch({ blob: "rotations/x.json", offset: 0 })).toBeUndefined();
	});

	test("the usual append is one request", async () => {
		const opened = await openBlob();
		const log = opened.writer();
		await log.append(entry());
		let requests = 0;
		const count = () => {
			requests += 1;
		};
		subscribe("http.client.request.start", count);
		await log.append(entry(), entry());
		await log.append(entry());
		unsubscribe("http.client.request.start", count);
		expect(requests).toBe(2);
	});

	test("what one process appends at once is one request", async () => {
		const log = (await openBlob()).writer();
		await log.append(entry());
		let requests = 0;
		const count = () => {
			requests += 1;
		};
		subscribe("http.client.request.start", count);
		await Promise.all(Array.from({ length: 40 }, () => log.append(entry())));
		unsubscribe("http.client.request.start", count);
		expect(requests).toBe(1);
		expect(await verifyChain(linesOf(await recordsOf(log)))).toMatchObject({ events: 41, bad: undefined });
	});

	test("whoever has just appended asks nothing to know that no intent is open, and one request to close one", async () => {
		const { url } = await storage.container();
		const { clock } = settableClock();
		const log = blobAuditLog({ containerUrl: url, credential: storage.credential, clock });
		await log.append(entry({ attempt: "dead" }));
		let requests = 0;
		const count = () => void requests++;
		subscribe("http.client.request.start", count);
		await log.closeIntents(() => false);
		expect(requests).toBe(0);
		await log.closeIntents(({ attempt }) => attempt === "dead");
		expect(requests).toBe(1);
		await log.closeIntents(() => true);
		unsubscribe("http.client.request.start", count);
		expect(requests).toBe(1);
	});

	test("a blob that is gone is missed by whoever knew it", async () => {
		const { url, client } = await storage.container();
		const { clock } = settableClock();
		const log = blobAuditLog({ containerUrl: url, credential: storage.credential, clock });
		await log.append(entry());
		expect(await log.recent()).toHaveLength(1);
		for await (const { name } of client.listBlobsFlat()) await client.deleteBlob(name);
		await expect(log.recent()).rejects.toMatchObject({ code: "audit-broken", transient: false });
	});

	test("a container that is not there is audit-unavailable and is not made", async () => {
		const { url, client } = await storage.container();
		await client.delete();
		const { clock } = settableClock();
		const log = blobAuditLog({ containerUrl: url, credential: storage.credential, clock });
		await expect(log.append(entry())).rejects.toMatchObject({ code: "audit-unavailable" });
		expect(await client.exists()).toBe(false);
	});

	test.each([
		{
			what: "a network rule",
			status: 403,
			refusal: "AuthorizationFailure",
			code: "audit-unavailable",
		},
		{ what: "a missing right", status: 403, refusal: "AuthorizationPermissionMismatch", code: "audit-forbidden" },
		{ what: "an immutability policy", status: 409, refusal: "BlobImmutableDueToPolicy", code: "audit-forbidden" },
	])("what $what refuses is $code", async ({ status, refusal, code }) => {
		const { url: containerUrl } = await storage.container();
		const { clock } = settableClock();
		const perform: Perform = (effect, act) => {
			if (!effect.startsWith("blob PUT")) return act();
			return Promise.reject(new RestError("refused", { statusCode: status, code: refusal }));
		};
		const refused = blobAuditLog({ containerUrl, credential: storage.credential, clock, perform }).append(entry());
		await expect(refused).rejects.toMatchObject({ code, transient: code === "audit-unavailable" });
	});

	test("a token for something else is audit-forbidden, no token at all is token-unavailable", async () => {
		const { url: containerUrl } = await storage.container();
		const { clock } = settableClock();
		const foreign = { getToken: () => storage.credential.getToken("https://vault.azure.net/.default") };
		const refused = blobAuditLog({ containerUrl, credential: foreign, clock }).append(entry());
		await expect(refused).rejects.toMatchObject({ code: "audit-forbidden", transient: false });
		const none = {
			getToken: () => Promise.reject(Object.assign(new Error("no"), { name: "CredentialUnavailableError" })),
		};
		const without = blobAuditLog({ containerUrl, credential: none, clock }).append(entry());
		await expect(without).rejects.toMatchObject({ code: "token-unavailable", transient: true });
	});
});
