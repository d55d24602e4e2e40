// Two writers of one blob, of which the one is held up exactly where the other one gets in between.

import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { blobAuditLog } from "../../src/lib/adapters/blob/audit-log.ts";
import { blobHeadStore } from "../../src/lib/adapters/blob/heads.ts";
import { blobRecordStore } from "../../src/lib/adapters/blob/record-store.ts";
import type { Entry } from "../../src/lib/domain/audit-entry.ts";
import type { SignedHead } from "../../src/lib/domain/head.ts";
import { rotationIdOf } from "../../src/lib/domain/ids.ts";
import type { RotationStatus } from "../../src/lib/domain/rotation.ts";
import type { Perform } from "../../src/lib/ports/effect.ts";
import { type Storage, startStorage } from "../support/storage.ts";

let storage: Storage;
beforeAll(async () => {
	storage = await startStorage();
});
afterAll(async () => storage[Symbol.asyncDispose]());

const clock = { now: () => new Date("2026-11-23T10:00:00Z") };
const entry = (attempt: string): Entry => ({
	rotationId: `db-password.${randomUUID()}`,
	step: "setSecret",
	phase: "intent",
	attempt,
	secretName: "db-password",
	actor: { kind: "timer" },
});
const head = (seq: number): SignedHead => ({
	head: { log: "https://account.example.org/audit", seq, hash: "0".repeat(64), time: "2026-11-23T10:00:00.000Z" },
	key: "https://vault.example.org/keys/head/1",
	jws: "a..b",
});

/** The first append finds no blob; before the blob is created, somebody else writes. */
function beforeCreating(write: () => Promise<unknown>): Perform {
	let puts = 0;
	return async (effect, act) => {
		if (effect.startsWith("blob PUT") && ++puts === 2) await write();
		return act();
	};
}

test("a log that two writers begin at once has the records of both", async () => {
	const { url: containerUrl } = await storage.container();
	const options = { containerUrl, credential: storage.credential, clock };
	const quick = blobAuditLog(options);
	const slow = blobAuditLog({ ...options, perform: beforeCreating(() => quick.append(entry("quick"))) });
	await slow.append(entry("slow"));
	const records = await slow.recent();
	expect(records.map(({ data }) => [data.seq, data.attempt])).toEqual([
		[1, "quick"],
		[2, "slow"],
	]);
});

test("a month's heads that two writers begin at once are there both", async () => {
	const { url: containerUrl, client } = await storage.container();
	const options = { containerUrl, credential: storage.credential };
	const quick = blobHeadStore(options);
	const slow = blobHeadStore({ ...options, perform: beforeCreating(() => quick.append(head(1))) });
	await slow.append(head(2));
	const content = await client.getBlobClient("heads/2026-11.ndjson").downloadToBuffer();
	const seqs = content
		.toString()
		.trimEnd()
		.split("\n")
		.map((line) => JSON.parse(line).head.seq);
	expect(seqs).toEqual([1, 2]);
});

const rotationOf = (endedAt: string): RotationStatus => ({
	rotationId: rotationIdOf("db-password", randomUUID()),
	secret: "db-password",
	kind: "rotate",
	requestedBy: { kind: "timer" },
	requestedAt: "2026-11-23T10:00:00Z",
	steps: [],
	outcome: "completed",
	endedAt,
});

test.each([
	["the first two of their secret", []],
	["later than another one", [rotationOf("2026-11-23T11:00:00Z")]],
])("of two rotations that end at once, %s, the one that ended last is the last", async (_, before) => {
	const { url: containerUrl } = await storage.container();
	const options = { containerUrl, credential: storage.credential };
	const quick = blobRecordStore(options);
	for (const each of before) await quick.saveRotation(each);
	const [earlier, later] = [rotationOf("2026-11-23T12:00:00Z"), rotationOf("2026-11-23T12:01:00Z")];
	let isHeld = true;
	const slow = blobRecordStore({
		...options,
		// It has read which one was the last, and is about to write.
		async perform(effect, act) {
			if (isHeld && effect === "blob PUT last/db-password.json") {
				isHeld = false;
				await quick.saveRotation(later);
			}
			return act();
		},
	});
	await slow.saveRotation(earlier);
	expect(isHeld).toBe(false);
	expect(await quick.lastRotation("db-password")).toEqual(later);
});
