// Somebody who may create blobs in the audit container and append to them, and nothing else, does so on a real Azurite. The
// log is neither diverted nor forked, and only a line that is no record can stop it.

import { randomUUID } from "node:crypto";
import type { ContainerClient } from "@azure/storage-blob";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { until } from "../../local/until.ts";
import { auditLines, blobAuditLog } from "../../src/lib/adapters/blob/audit-log.ts";
import { verifyChain } from "../../src/lib/domain/audit-chain.ts";
import type { AuditRecord, Entry } from "../../src/lib/domain/audit-entry.ts";
import { hashOf, idOf, type Link, lineOf, recordOf, start } from "../../src/lib/domain/audit-record.ts";
import type { AuditLog, Place } from "../../src/lib/ports/audit-log.ts";
import type { Perform } from "../../src/lib/ports/effect.ts";
import { type Storage, startStorage } from "../support/storage.ts";

const [november, december] = ["audit/2026-11.ndjson", "audit/2026-12.ndjson"];

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

/** A record whose hash is right, whatever is in it. */
function forged(previous: Link, data: object = {}, record: object = {}): AuditRecord {
	const made = recordOf(entry(), { previous, time: new Date("2026-11-23T10:00:00Z") });
	const changed = { ...made, ...record, data: { ...made.data, ...data, hash: "" } } as AuditRecord;
	return { ...changed, data: { ...changed.data, hash: hashOf(changed) } };
}

async function open() {
	const { url: containerUrl, client } = await storage.container();
	let time = new Date("2026-11-23T10:00:00Z");
	const { credential } = storage;
	const writer = (perform?: Perform): AuditLog =>
		blobAuditLog({ containerUrl, credential, clock: { now: () => time }, ...(perform && { perform }) });
	return {
		client,
		writer,
		/** All that the intruder may do. */
		async add(name: string, content: string | Buffer) {
			const blob = client.getAppendBlobClient(name);
			await blob.createIfNotExists();
			const bytes = Buffer.from(content);
			for (let at = 0; at < bytes.length; at += 4_000_000) {
				const block = bytes.subarray(at, at + 4_000_000);
				await blob.appendBlock(block, block.length);
			}
		},
		setTime: (text: string) => {
			time = new Date(text);
		},
		head: async () => (await writer().head())!,
		async attempts(): Promise<string[]> {
			const lines = await Array.fromAsync(auditLines({ containerUrl, credential }));
			return lines.map(({ text }) => JSON.parse(text).data.attempt);
		},
		async verdict() {
			const beside: string[] = [];
			const reading = { strays: true, onForeign: (names: readonly string[]) => void beside.push(...names) };
			const verdict = await verifyChain(auditLines({ containerUrl, credential }, reading), { blobs: true });
			return { ...verdict, beside };
		},
	};
}

type Opened = Awaited<ReturnType<typeof open>>;

const namesIn = async (client: ContainerClient): Promise<string[]> =>
	(await Array.fromAsync(client.listBlobsFlat())).map(({ name }) => name);

/** Entries by a process that knows the log, one that does not, and both again. */
async function written(opened: Opened, known: AuditLog): Promise<string[]> {
	const attempts = [];
	for (const log of [known, opened.writer(), known, opened.writer()]) {
		const one = entry();
		expect(await log.append(one)).toBe(1);
		attempts.push(one.attempt);
	}
	return attempts;
}

describe("a record that sends the log elsewhere", () => {
	test.each([
		["hidden/x.ndjson", "is not the name of a blob of the log"],
		["audit/x.ndjson", "is not the name of a blob of the log"],
		["audit/../hidden.ndjson", "is not the name of a blob of the log"],
		["audit/2026-13.ndjson", "is not the name of a blob of the log"],
		["audit/2026-11_00.ndjson", "is not the name of a blob of the log"],
		["audit/2026-11_2.ndjson", "is not the name of a blob of the log"],
		["", "is not the name of a blob of the log"],
		[november, "is not what comes after"],
		["audit/2026-10.ndjson", "is not what comes after"],
		["audit/2026-11_05.ndjson", "is not what comes after"],
		["audit/2026-12_02.ndjson", "is not what comes after"],
		[december, "is of a month that had not come"],
		["audit/9999-12.ndjson", "is of a month that had not come"],
	])("to %s is refused by name, by every process, and nothing is written there", async (continuedIn, why) => {
		const opened = await open();
		const known = opened.writer();
		await known.append(entry());
		await opened.add(november, lineOf(forged(await opened.head(), { continuedIn })));
		for (const log of [known, opened.writer()]) {
			const refused = log.append(entry());
			await expect(refused).rejects.toMatchObject({ code: "audit-broken", transient: false });
			await expect(refused).rejects.toThrow(`goes on in "${continuedIn}", which ${why}`);
		}
		expect(await namesIn(opened.client)).toEqual([november]);
		const { bad, foreign = [] } = await opened.verdict();
		expect([bad, ...foreign]).toContainEqual(expect.objectContaining({ flaw: "misdirected", seq: 2, line: 2 }));
	});

	test("to a month that has not come is refused by every process, also where it goes on there", async () => {
		const opened = await open();
		const known = opened.writer();
		await known.append(entry());
		const sending = forged(await opened.head(), { continuedIn: december });
		await opened.add(november, lineOf(sending));
		await opened.add(december, lineOf(forged(sending.data)));
		for (const log of [known, opened.writer()]) {
			await expect(log.append(entry())).rejects.toMatchObject({ code: "audit-broken", transient: false });
		}
	});

	test("to the month's next part is followed: the log goes on there, for all", async () => {
		const opened = await open();
		const known = opened.writer();
		await known.append(entry());
		await opened.add(november, lineOf(forged(await opened.head(), { continuedIn: "audit/2026-11_02.ndjson" })));
		const attempts = await written(opened, known);
		expect((await opened.attempts()).slice(2)).toEqual(attempts);
		expect(await opened.verdict()).toMatchObject({ events: 6, bad: undefined, beside: [] });
	});
});

describe("a blob that no record leads to", () => {
	const planted: Record<string, (head: Link) => string> = {
		"audit/9999-12.ndjson": (head) => lineOf(forged(head)),
		"audit/2026-12.ndjson": (head) => lineOf(forged(head)),
		"audit/2026-11_02.ndjson": (head) => lineOf(forged(head)),
		"audit/0001-01.ndjson": () => lineOf(forged(start)),
		"audit/2026-10.ndjson": () => lineOf(forged(start, { continuedIn: "audit/2026-12.ndjson" })),
		"audit/9999-11.ndjson": () => "x",
		"audit/x": () => "x",
		"audit/2026-11.ndjson.bak": () => "x\n",
		"audit/zzz/2026-11.ndjson": () => "",
	};
	test.each(Object.entries(planted))("%s is passed over by every process, and told of", async (name, content) => {
		const opened = await open();
		const known = opened.writer();
		await known.append(entry({ attempt: "first" }));
		await opened.add(name, content(await opened.head()));
		const attempts = await written(opened, known);
		expect(await opened.attempts()).toEqual(["first", ...attempts]);
		expect(await opened.verdict()).toMatchObject({ events: 5, bad: undefined, beside: [name] });
		expect(await opened.writer().beside()).toEqual([name]);
		expect((await known.recent()).map(({ data }) => data.attempt)).toEqual(["first", ...attempts]);
		expect((await known.stretch(undefined))?.records).toHaveLength(5);
	});

	test("and that lay there, of a month to come, before the log began keeps it from beginning", async () => {
		const opened = await open();
		await opened.add("audit/2027-05.ndjson", "");
		await expect(opened.writer().append(entry())).rejects.toThrow("audit/2027-05.ndjson was there before");
	});

	test("and that lay there empty before the log began cannot become its beginning later", async () => {
		const opened = await open();
		await opened.add("audit/2026-10.ndjson", "");
		const known = opened.writer();
		await known.append(entry({ attempt: "first" }));
		// In the older one itself: nothing is left that could be filled and be older than the log.
		expect(await namesIn(opened.client)).toEqual(["audit/2026-10.ndjson"]);
		// The storage tells which is the older one by seconds.
		const second = Math.floor(Date.now() / 1000);
		await until("the next second", 5, async () => Math.floor(Date.now() / 1000) > second || undefined);
		await opened.add("audit/2026-09.ndjson", lineOf(forged(start)));
		expect(await opened.attempts()).toEqual(["first"]);
		await written(opened, known);
		expect(await opened.verdict()).toMatchObject({ events: 5, bad: undefined });
	});
});

describe("a blob of the next month, created beforehand,", () => {
	const contents: Record<string, (head: Link) => string> = {
		"with a line of something": () => "x\n",
		"with a line that has no end": () => "x",
		"with the beginning of a record": () => '{"data":{"activity_id":3,',
		"with a record of another log": () => lineOf(forged(start)),
		"with a record that follows the log as it was": (head) => lineOf(forged(head)),
	};
	test.each(Object.entries(contents))("%s does not end the log, which goes on in the next part", async (_, content) => {
		const opened = await open();
		const known = opened.writer();
		await known.append(entry());
		await opened.add(december, content(await opened.head()));
		opened.setTime("2026-12-01T00:00:01Z");
		await written(opened, known);
		expect(await namesIn(opened.client)).toEqual([november, december, "audit/2026-12_02.ndjson"]);
		expect(await opened.verdict()).toMatchObject({ events: 5, bad: undefined, beside: [december] });
		opened.setTime("2027-01-01T00:00:01Z");
		await written(opened, opened.writer());
		expect(await opened.verdict()).toMatchObject({ events: 9, bad: undefined, beside: [december] });
	});

	test("and filled between the record that closes a month and the next one does not end it either", async () => {
		const opened = await open();
		const known = opened.writer();
		await known.append(entry());
		opened.setTime("2026-12-01T00:00:01Z");
		await known.append(entry());
		await opened.add(december, "x\n");
		await written(opened, known);
		expect(await opened.verdict()).toMatchObject({ events: 6, bad: undefined, beside: [december] });
	});

	test("cannot be made the log's once the log has passed over it", async () => {
		const opened = await open();
		const known = opened.writer();
		await known.append(entry());
		opened.setTime("2026-12-01T00:00:01Z");
		await known.append(entry());
		const record = lineOf(forged(await opened.head()));
		await opened.add(december, record.slice(0, 40));
		await known.append(entry());
		await opened.add(december, record.slice(40));
		await written(opened, known);
		expect(await opened.verdict()).toMatchObject({ events: 7, bad: undefined, beside: [december] });
	});

	test("in all its parts ends the log, and it says where", async () => {
		const opened = await open();
		await opened.writer().append(entry());
		const parts = Array.from({ length: 98 }, (_, at) => `audit/2026-12_${String(at + 2).padStart(2, "0")}.ndjson`);
		for (const name of [december, ...parts]) await opened.add(name, "x\n");
		opened.setTime("2026-12-01T00:00:01Z");
		await opened.writer().append(entry());
		await expect(opened.writer().append(entry())).rejects.toThrow("audit/2026-12_99.ndjson does not follow record 2");
	});
});

describe("a record after the one that closed a blob", () => {
	async function closed() {
		const opened = await open();
		const known = opened.writer();
		await known.append(entry());
		opened.setTime("2026-12-01T00:00:01Z");
		await known.append(entry());
		return { ...opened, known, closing: await opened.head() };
	}

	test("is refused while the log has not gone on", async () => {
		const opened = await closed();
		await opened.add(november, lineOf(forged(opened.closing)));
		await expect(opened.writer().append(entry())).rejects.toThrow("stands after the blob was closed");
		expect((await opened.verdict()).bad).toMatchObject({ flaw: "misplaced", file: november, line: 3 });
	});

	test.each([
		["one", 1],
		["so many that the end of the blob shows no other", 100],
	])("(%s) forks no process from the others, and is named", async (_, count) => {
		const opened = await closed();
		await opened.known.append(entry({ attempt: "december" }));
		let previous: Link = opened.closing;
		for (let at = 1; at <= count; at++) {
			const last = at === count ? { continuedIn: "audit/2026-11_02.ndjson" } : {};
			const record = forged(previous, last);
			previous = record.data;
			await opened.add(november, lineOf(record));
		}
		await opened.add("audit/2026-11_02.ndjson", lineOf(forged(previous)));
		const attempts = await written(opened, opened.known);
		const content = (await opened.client.getBlobClient(december).downloadToBuffer()).toString();
		const found = content.trimEnd().split("\n");
		expect(found.map((line) => JSON.parse(line).data.attempt)).toEqual(["december", ...attempts]);
		expect((await opened.verdict()).bad).toMatchObject({ file: november, line: 3 });
		// Who reads the log reads what is of it.
		const recent = (await opened.writer().recent()).map(({ data }) => data.seq);
		expect(recent).toEqual([1, 2, 3, 4, 5, 6, 7]);
		const seqs: number[] = [];
		let place: Place | Date | undefined = new Date("2026-12-01T00:00:00Z");
		for (let pages = 0; place && pages < 9; pages++) {
			const stretch = await opened.known.stretch(place);
			seqs.push(...stretch!.records.map(({ record }) => record.data.seq));
			place = stretch!.next;
		}
		expect(seqs).toEqual(expect.arrayContaining([2, 3, 4, 5, 6, 7]));
		expect(new Set(seqs).size).toBe(seqs.length);
	});
});

describe("a record of somebody else's that continues the chain", () => {
	test("with the id of an entry that is to come does not pass for it", async () => {
		const opened = await open();
		const known = opened.writer();
		await known.append(entry());
		const ours = entry({ role: "titanic_app" });
		await opened.add(november, lineOf(forged(await opened.head(), {}, { id: idOf(ours) })));
		expect(await known.append(ours)).toBe(1);
		expect(await opened.writer().append(ours)).toBe(0);
		expect((await opened.attempts()).filter((attempt) => attempt === ours.attempt)).toHaveLength(1);
		const { bad, foreign } = await opened.verdict();
		expect({ bad, foreign }).toMatchObject({ bad: undefined, foreign: [{ flaw: "foreign-record", seq: 2, line: 2 }] });
	});

	test("ten thousand times does not make an entry that is there be written again", async () => {
		const opened = await open();
		const known = opened.writer();
		await known.append(entry());
		const ours = entry();
		await opened.writer().append(ours);
		let previous: Link = await opened.head();
		const lines = Array.from({ length: 10_050 }, () => {
			const record = forged(previous);
			previous = record.data;
			return lineOf(record);
		});
		await opened.add(november, lines.join(""));
		expect(await known.append(ours)).toBe(0);
	});

	test.each([
		["years ahead", "2031-01-01T00:00:00Z"],
		["years ago", "2001-01-01T00:00:00Z"],
	])("with a time %s changes nothing of where the log goes on or what is read by time", async (_, time) => {
		const opened = await open();
		const known = opened.writer();
		await known.append(entry({ attempt: "before" }));
		const at = new Date(time);
		const record = forged(await opened.head(), { time: at.getTime() }, { time: at.toISOString() });
		await opened.add(november, lineOf(record));
		await written(opened, known);
		expect(await namesIn(opened.client)).toEqual([november]);
		const stretch = await opened.writer().stretch(new Date("2026-11-23T00:00:00Z"));
		expect(stretch?.records).toHaveLength(6);
	});

	test("of 2 MB keeps nobody from writing, from reading the latest records, or from paging past it", async () => {
		const opened = await open();
		const known = opened.writer();
		await known.append(entry({ attempt: "before" }));
		const record = forged(await opened.head(), { message: "x".repeat(2_000_000) });
		await opened.add(november, lineOf(record));
		expect((await opened.writer().recent()).at(-1)?.data.seq).toBe(2);
		const attempts = await written(opened, known);
		expect((await opened.writer().recent()).map(({ data }) => data.attempt).slice(-4)).toEqual(attempts);
		const seqs: number[] = [];
		let place: Place | undefined;
		do {
			const stretch = await opened.writer().stretch(place);
			seqs.push(...stretch!.records.map(({ record: each }) => each.data.seq));
			place = stretch!.next;
		} while (place);
		expect(seqs).toEqual([1, 2, 3, 4, 5, 6]);
		// A month later it is the last record of its blob but one.
		opened.setTime("2026-12-02T00:00:00Z");
		await opened.writer().append(entry());
		const later = await opened.writer().stretch(new Date("2026-12-01T00:00:00Z"));
		expect(later?.records.at(-1)?.record.data.seq).toBe(7);
		expect(await opened.verdict()).toMatchObject({ events: 7, bad: undefined });
	});
});

test("a record without its line's end stops every writer, and is told as that", async () => {
	const opened = await open();
	const known = opened.writer();
	await known.append(entry());
	await opened.add(november, lineOf(forged(await opened.head())).trimEnd());
	for (const log of [known, opened.writer()]) {
		await expect(log.append(entry())).rejects.toThrow("ends within a record");
	}
});

describe("a line that is no record", () => {
	const nested = (depth: number) => `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`;
	const lines: Record<string, (head: Link) => string | Buffer> = {
		"of something": () => "x\n",
		"that is empty": () => "\n",
		"that ends as in Windows": (head) => lineOf(forged(head)).replace("\n", "\r\n"),
		"with a byte order mark": (head) => `\ufeff${lineOf(forged(head))}`,
		"with a NUL after it": (head) => lineOf(forged(head)).replace("\n", "\0\n"),
		"with bytes that are no UTF-8": (head) => {
			const bytes = Buffer.from(lineOf(forged(head, { message: "\ufffd" })));
			const at = bytes.indexOf("\ufffd");
			return Buffer.concat([bytes.subarray(0, at), Buffer.from([0xff]), bytes.subarray(at + 3)]);
		},
		"with a time that is a text": (head) => lineOf(forged(head, { time: "2026" })),
		"with a time that no date has": (head) => lineOf(forged(head, { time: 1e300 })),
		"without an actor": (head) => lineOf(forged(head, { actor: null })),
		"with an actor that is a list": (head) => lineOf(forged(head, { actor: [] })),
		"with a message that is a number": (head) => lineOf(forged(head, { message: 7 })),
		"with a link that is a number": (head) => lineOf(forged(head, { continuedIn: 7 })),
		"with a number that is none": (head) => lineOf(forged(head)).replace('"seq":2', '"seq":2.5'),
		"with a phase that there is not": (head) => lineOf(forged(head, { phase: "after" })),
		"nested deeply": (head) => lineOf(forged(head)).replace('{"data"', `{"a":${nested(100_000)},"data"`),
		"with another prototype": (head) =>
			lineOf(forged(head)).replace('{"data"', '{"__proto__":{"data":{"seq":1}},"data"'),
		"longer than any record": () => `"${"x".repeat(9_000_000)}"\n`,
		"with a key twice": (head) => lineOf(forged(head)).replace('"seq":2', '"seq":1,"seq":2'),
	};
	test.each(Object.entries(lines))(
		"%s stops every process, which says where",
		async (_, line) => {
			const opened = await open();
			const known = opened.writer();
			await known.append(entry({ attempt: "before" }));
			const position = (await opened.client.getBlobClient(november).getProperties()).contentLength;
			await opened.add(november, line(await opened.head()));
			for (const log of [known, opened.writer()]) {
				const refused = log.append(entry());
				await expect(refused).rejects.toMatchObject({ code: "audit-broken" });
				await expect(refused).rejects.toThrow(`what follows record 1 in ${november}, at byte ${position}, is`);
			}
			expect((await opened.verdict()).bad).toMatchObject({ file: november, line: 2 });
			// What stands before it is read all the same.
			const stretch = await opened.writer().stretch(undefined);
			expect(stretch?.records[0]?.record.data.attempt).toBe("before");
		},
		60_000,
	);
});

test("a process that knows nothing of a long log reads the ends of its blobs, not what is between", async () => {
	const opened = await open();
	const long = () => entry({ message: "x".repeat(1900) });
	for (const month of ["2026-11", "2026-12", "2027-01", "2027-02"]) {
		opened.setTime(`${month}-10T00:00:00Z`);
		const log = opened.writer();
		for (let call = 0; call < 20; call++) await log.append(...Array.from({ length: 50 }, long));
	}
	let bytes = 0;
	const counting: Perform = async (_, call) => {
		const answer = await call();
		bytes += Number((answer as { headers?: Headers }).headers?.get("content-length") ?? 0);
		return answer;
	};
	await opened.writer(counting).append(entry());
	expect(bytes).toBeGreaterThan(1_000_000);
	expect(bytes).toBeLessThan(1_500_000);
});
