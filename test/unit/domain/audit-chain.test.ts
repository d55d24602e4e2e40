import { createHash } from "node:crypto";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { type Flaw, type Line, linesIn, verifyChain } from "../../../src/lib/domain/audit-chain.ts";
import type { AuditRecord, Entry } from "../../../src/lib/domain/audit-entry.ts";
import { idOf, type Link, lineOf, recordOf, start } from "../../../src/lib/domain/audit-record.ts";

const time = new Date("2026-11-23T10:00:00Z");

const entry = (changes: Partial<Entry> = {}): Entry => ({
	rotationId: "db-password.00000000-0000-4000-8000-000000000001",
	step: "setSecret",
	phase: "intent",
	attempt: "1",
	secretName: "db-password",
	actor: { kind: "operator", id: "oid-1", appId: "app-1" },
	...changes,
});

/** The lines of a whole chain. */
function chain(...entries: Entry[]): string[] {
	let previous: Link = start;
	return entries.map((each) => {
		const record = recordOf(each, { previous, time });
		previous = record.data;
		return lineOf(record).trimEnd();
	});
}

const six = (): string[] => chain(...[1, 2, 3, 4, 5, 6].map((attempt) => entry({ attempt: `${attempt}` })));

async function* linesOf(texts: readonly string[]): AsyncGenerator<Line> {
	for (const [at, text] of texts.entries()) yield { file: "log", line: at + 1, text };
}

/** A forged record: anyone who knows the way can give it a hash. */
function forged(line: string, change: (record: { data: Record<string, unknown> }) => void): string {
	const record = JSON.parse(line);
	change(record);
	const { seq, prevHash, code, attempt } = record.data;
	const link = { seq: seq - 1, hash: prevHash };
	return lineOf(recordOf(entry({ code, attempt }), { previous: link, time })).trimEnd();
}

describe("a record", () => {
	const record = recordOf(entry({ phase: "outcome", code: "password-set", role: "titanic_admin", server: "main" }), {
		previous: start,
		time,
	});

	test("is a CloudEvents event that names step and phase", () => {
		expect(record).toMatchObject({
			specversion: "1.0",
			type: "com.titanic-secret-rotator.rotation.setSecret.outcome",
			subject: "db-password",
			time: "2026-11-23T10:00:00.000Z",
		});
	});

	test("is a password change of an account for OCSF, with its actor, target and status", () => {
		expect(record.data).toMatchObject({
			class_uid: 3001,
			activity_id: 3,
			type_uid: 300103,
			time: time.getTime(),
			status_id: 1,
			status_code: "password-set",
			actor: { user: { uid: "oid-1", type_id: 1, type: "operator" }, app_uid: "app-1" },
			user: { name: "titanic_admin", domain: "main" },
		});
	});

	test("has the status Failure with the code of a fault, and none yet as an intent", () => {
		const statusOf = (changes: Partial<Entry>) => recordOf(entry(changes), { previous: start, time }).data.status;
		expect(statusOf({ phase: "outcome", code: "role-missing" })).toBe("Failure");
		expect(statusOf({ phase: "note", code: "superseded" })).toBe("Success");
		expect(statusOf({ phase: "intent" })).toBe("Intent");
		expect(statusOf({ phase: "outcome", code: "not-begun" })).toBe("Not begun");
	});

	test("has the SHA-256 of its sorted JSON without the hash, so that anybody can check it", () => {
		const sorted = (value: unknown): unknown =>
			typeof value === "object" && value !== null
				? Object.fromEntries(
						Object.entries(value)
							.filter(([name]) => name !== "hash")
							.sort(([a], [b]) => (a < b ? -1 : 1))
							.map(([name, each]) => [name, sorted(each)]),
					)
				: value;
		const hash = createHash("sha256")
			.update(JSON.stringify(sorted(record)))
			.digest("hex");
		expect(record.data.hash).toBe(hash);
	});

	test("has the same id for the same entry whatever its fields' order, and another one for any other field", () => {
		const { actor, ...rest } = entry();
		expect(idOf({ actor, ...rest, code: undefined })).toBe(idOf(entry()));
		const others = [
			{ attempt: "2" },
			{ phase: "outcome" },
			{ step: "plan" },
			{ code: "superseded" },
			{ workload: "w" },
		] as const;
		expect(new Set([entry(), ...others.map(entry)].map(idOf)).size).toBe(others.length + 1);
	});

	test.each<[string, object]>([
		["password", { ...entry(), password: "hunter2-hunter2" }],
		["actor.token", { ...entry(), actor: { kind: "app", token: "hunter2-hunter2" } }],
		["message", { ...entry(), message: { value: "hunter2-hunter2" } }],
		["code", { ...entry(), code: ["hunter2-hunter2"] }],
	])("is not made of an entry whose %s is unknown or no text, and the refusal has no value", (field, given) => {
		const make = () => recordOf(given as Entry, { previous: start, time });
		expect(make).toThrow(TypeError);
		expect(make).toThrow(field);
		expect(make).not.toThrow("hunter2");
	});

	test("is whole with any text in it, half a surrogate pair and a very long one included", async () => {
		await fc.assert(
			fc.asyncProperty(fc.string({ unit: "binary" }), async (message) => {
				const texts = chain(entry({ message }), entry({ message: `${message}\ud800`.repeat(3000) }));
				expect(texts.join("")).not.toContain("\n");
				expect((await verifyChain(linesOf(texts))).bad).toBeUndefined();
			}),
			{ numRuns: 100 },
		);
	});
});

describe("a log", () => {
	test("that is as it was written is whole, and counts what is in it", async () => {
		const other = "db-password.00000000-0000-4000-8000-000000000002";
		const texts = chain(
			entry({ attempt: "1" }),
			entry({ attempt: "1", phase: "outcome", code: "password-set" }),
			entry({ attempt: "2", step: "roll" }),
			entry({ attempt: "3", rotationId: other, phase: "note", code: "not-due" }),
		);
		const { data } = JSON.parse(texts[3] ?? "") as AuditRecord;
		expect(await verifyChain(linesOf(texts))).toEqual({
			events: 4,
			begins: 1,
			rotations: 2,
			openIntents: [{ rotationId: entry().rotationId, step: "roll", time: time.toISOString() }],
			first: time.toISOString(),
			last: time.toISOString(),
			head: { seq: 4, hash: data.hash },
			bad: undefined,
		});
	});

	test("without a record is whole and has none", async () => {
		expect(await verifyChain(linesOf([]))).toMatchObject({ events: 0, bad: undefined, head: start });
	});

	// What is done to six lines, and what is found: flaw, line, record, and how many records before it are good.
	const cases: Record<string, [(lines: string[]) => string[], { flaw: Flaw; line: number; seq?: number }]> = {
		"a record whose text was changed": [
			(lines) => lines.with(2, lines[2]!.replace("db-password", "db-passwort")),
			{ flaw: "edited", line: 3, seq: 3 },
		],
		"a record with a second key of the same name before the true one": [
			(lines) => lines.with(2, lines[2]!.replace('{"data"', '{"data":{},"data"')),
			{ flaw: "edited", line: 3, seq: 3 },
		],
		"a record with a space more": [
			(lines) => lines.with(2, lines[2]!.replace('","', '", "')),
			{ flaw: "edited", line: 3, seq: 3 },
		],
		"a record that was replaced together with its hash": [
			(lines) =>
				lines.with(
					2,
					forged(lines[2]!, ({ data }) => Object.assign(data, { code: "superseded" })),
				),
			{ flaw: "unlinked", line: 4, seq: 4 },
		],
		"a record missing in the middle": [(lines) => lines.toSpliced(2, 1), { flaw: "missing", line: 3, seq: 4 }],
		"several records missing": [(lines) => lines.toSpliced(1, 3), { flaw: "missing", line: 2, seq: 5 }],
		"the beginning missing": [(lines) => lines.slice(2), { flaw: "missing", line: 1, seq: 3 }],
		"two records that changed places": [
			(lines) => lines.with(2, lines[3]!).with(3, lines[2]!),
			{ flaw: "reordered", line: 3, seq: 4 },
		],
		"the first record at the end": [(lines) => [...lines.slice(1), lines[0]!], { flaw: "reordered", line: 1, seq: 2 }],
		"a record repeated at once": [(lines) => lines.toSpliced(3, 0, lines[2]!), { flaw: "duplicate", line: 4, seq: 3 }],
		"a record repeated at the end": [(lines) => [...lines, lines[0]!], { flaw: "duplicate", line: 7, seq: 1 }],
		"a forged record put in with the right hashes": [
			(lines) =>
				lines.toSpliced(
					3,
					0,
					forged(lines[3]!, ({ data }) => Object.assign(data, { code: "superseded" })),
				),
			{ flaw: "inserted", line: 5, seq: 4 },
		],
		"a record of another log put in": [
			(lines) => lines.toSpliced(3, 0, chain(...Array.from({ length: 4 }, () => entry({ code: "superseded" })))[3]!),
			{ flaw: "unlinked", line: 4, seq: 4 },
		],
		"an empty line": [(lines) => lines.toSpliced(2, 0, ""), { flaw: "unreadable", line: 3 }],
		"half a record": [(lines) => lines.with(2, lines[2]!.slice(0, 80)), { flaw: "unreadable", line: 3 }],
		"something else": [(lines) => lines.with(2, "null"), { flaw: "unreadable", line: 3 }],
	};
	test.each(Object.entries(cases))("with %s is not whole, and names it", async (_, [spoil, found]) => {
		const verdict = await verifyChain(linesOf(spoil(six())));
		expect(verdict.bad).toMatchObject({ file: "log", ...found });
		expect(verdict.bad?.seq).toBe(found.seq);
	});

	test("with any one byte changed is not whole", async () => {
		const text = `${six().join("\n")}\n`;
		await fc.assert(
			fc.asyncProperty(fc.nat(text.length - 2), fc.constantFrom("x", "0", " ", '"', "\n"), async (at, to) => {
				fc.pre(text[at] !== to);
				const spoilt = text.slice(0, at) + to + text.slice(at + 1);
				const { bad } = await verifyChain(linesIn("log", chunks(spoilt, 100)));
				expect(bad).toBeDefined();
			}),
			{ numRuns: 200 },
		);
	});
});

test("lines are the same however the bytes come in, and a last one without an end is a line", async () => {
	const read = async (size: number) => {
		const lines: Line[] = [];
		for await (const line of linesIn("f", chunks("ü€\n\nlast", size))) lines.push(line);
		return lines;
	};
	for (const size of [1, 2, 3, 100]) {
		expect(await read(size)).toEqual([
			{ file: "f", line: 1, text: "ü€" },
			{ file: "f", line: 2, text: "" },
			{ file: "f", line: 3, text: "last" },
		]);
	}
});

async function* chunks(text: string, size: number): AsyncGenerator<Uint8Array> {
	const bytes = Buffer.from(text);
	for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

test("bytes that are no UTF-8 make no record, even where a reader that puts a sign in their place would see one", async () => {
	const [line = ""] = chain(entry({ message: "a \ufffd b" }));
	const written = Buffer.from(`${line}\n`);
	const at = written.indexOf(Buffer.from("\ufffd"));
	const spoilt = Buffer.concat([written.subarray(0, at), Buffer.from([0xff]), written.subarray(at + 3)]);
	async function* chunks() {
		yield spoilt;
	}
	expect((await verifyChain(linesIn("log", chunks()))).bad).toMatchObject({ flaw: "unreadable", line: 1 });
});

test("a byte order mark before a record is no part of the log", async () => {
	async function* chunks() {
		yield Buffer.from(`\ufeff${chain(entry())[0]}\n`);
	}
	expect((await verifyChain(linesIn("log", chunks()))).bad).toMatchObject({ flaw: "unreadable", line: 1 });
});

test.each(["elsewhere", "audit/2026-13.ndjson", "../audit/2026-12.ndjson"])(
	"a record that says %s is where the log goes on is none of the rotator's, in an exported file too",
	async (continuedIn) => {
		const line = lineOf(recordOf(entry(), { previous: start, time, continuedIn })).trimEnd();
		expect((await verifyChain(linesOf([line]))).bad).toMatchObject({ flaw: "misdirected", seq: 1 });
	},
);
