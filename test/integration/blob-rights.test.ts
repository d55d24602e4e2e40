// Which data actions the app's calls to Blob Storage need. Azurite has no roles, so the calls themselves are looked at: each
// request that the adapters send to a real Azurite is held against what Azure asks for it.
// @see https://learn.microsoft.com/rest/api/storageservices/authorize-with-azure-active-directory#permissions-for-blob-service-operations

import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { ClientRequest } from "node:http";
import { afterAll, beforeAll, beforeEach, expect, test } from "@jest/globals";
import { rightsByKind } from "../../local/rights.ts";
import { blobAuditLog } from "../../src/lib/adapters/blob/audit-log.ts";
import { blobBackupStore } from "../../src/lib/adapters/blob/backups.ts";
import { blobHeadStore } from "../../src/lib/adapters/blob/heads.ts";
import { blobInstances } from "../../src/lib/adapters/blob/instances.ts";
import { blobRecordStore } from "../../src/lib/adapters/blob/record-store.ts";
import type { Entry } from "../../src/lib/domain/audit-entry.ts";
import type { RotationStatus } from "../../src/lib/domain/rotation.ts";
import type { Intent } from "../../src/lib/ports/audit-log.ts";
import { type Storage, startStorage } from "../support/storage.ts";

interface Call {
	readonly what: string;
	readonly right: string;
}

/** By the container's path. */
const calls = new Map<string, Call[]>();

const onRequest = (message: unknown): void => {
	const { request } = message as { request: ClientRequest };
	const { pathname, searchParams } = new URL(request.path, "https://127.0.0.1");
	const [, account, container, ...blob] = pathname.split("/");
	if (account !== "devstoreaccount1") return;
	const comp = searchParams.get("comp") ?? "";
	const header = (name: string) => request.getHeader(name) as string | undefined;
	const what = `${request.method} ${blob.length > 0 ? "blob" : "container"} ${comp}`.trim();
	const list = calls.get(`${container}`) ?? [];
	list.push({ what, right: rightFor(what, header("x-ms-blob-type"), header("if-none-match")) });
	calls.set(`${container}`, list);
};

/** A call that is not here has a right that nobody grants. */
function rightFor(what: string, type: string | undefined, ifNoneMatch: string | undefined): string {
	if (["GET blob", "HEAD blob", "GET container list"].includes(what)) return "blobs/read";
	if (what === "PUT blob appendblock") return "blobs/add/action";
	// Creating what is not there is `add`; without the condition it might be written over, which is `write`.
	const isNew = ifNoneMatch === "*" && (type === "AppendBlob" || type === "BlockBlob");
	if (what === "PUT blob") return isNew ? "blobs/add/action" : "blobs/write";
	return `unknown: ${what}`;
}

let storage: Storage;
beforeAll(async () => {
	storage = await startStorage();
	subscribe("http.client.request.start", onRequest);
}, 60_000);
afterAll(async () => {
	unsubscribe("http.client.request.start", onRequest);
	await storage?.[Symbol.asyncDispose]();
});
beforeEach(() => calls.clear());

/** The rights that were needed since the container was made. */
const needed = (container: string) => [...new Set(calls.get(container)?.map(({ right }) => right))].sort();
const nameIn = (url: string) => new URL(url).pathname.split("/").at(-1)!;

async function fresh() {
	const { url } = await storage.container();
	calls.clear();
	return { containerUrl: url, credential: storage.credential, container: nameIn(url) };
}

const entry = (attempt: string): Entry => ({
	rotationId: "db-password.00000000-0000-4000-8000-000000000001",
	step: "plan",
	phase: "note",
	attempt,
	secretName: "db-password",
	actor: { kind: "timer" },
	code: "not-due",
});

const head = { log: "https://titanicaudit.blob.core.windows.net/audit", seq: 1, hash: "a".repeat(64) };
const signed = (time: string) => ({ head: { ...head, time }, key: "https://v/keys/k/1", jws: "a.b.c" });

test("the audit log and the heads beside it need what the audit container grants, all of it and no more", async () => {
	const { container, ...options } = await fresh();
	let now = new Date("2026-10-31T23:00:00Z");
	const log = blobAuditLog({ ...options, clock: { now: () => now } });
	await log.append(entry("1"));
	await log.append(entry("2"));
	// A further blob: the next month's.
	now = new Date("2026-11-01T01:00:00Z");
	await log.append(entry("3"));
	await log.append(entry("4"));
	await log.head();
	await log.recent();
	await log.stretch(undefined);
	expect(await Array.fromAsync(log.read())).toHaveLength(4);
	const again = blobAuditLog({ ...options, clock: { now: () => now } });
	await again.append(entry("5"));
	const heads = blobHeadStore(options);
	await heads.append(signed("2026-11-01T01:00:00.000Z"));
	await heads.append(signed("2026-11-01T02:00:00.000Z"));
	expect(needed(container)).toEqual([...rightsByKind.audit].sort());
});

test("a second store of signed heads needs to be added to, not to be read", async () => {
	const { container, ...options } = await fresh();
	const heads = blobHeadStore(options);
	await heads.append(signed("2026-11-01T01:00:00.000Z"));
	await heads.append(signed("2026-11-01T02:00:00.000Z"));
	expect(needed(container)).toEqual(["blobs/add/action"]);
});

test("the records need what the records container grants, all of it and no more", async () => {
	const { container, ...options } = await fresh();
	const records = blobRecordStore(options);
	const status: RotationStatus = {
		rotationId: "db-password.00000000-0000-4000-8000-000000000001",
		secret: "db-password",
		kind: "rotate",
		requestedBy: { kind: "timer" },
		requestedAt: "2026-11-01T00:00:00.000Z",
		endedAt: "2026-11-01T00:00:01.000Z",
		steps: [],
		outcome: "completed",
	};
	await records.saveRotation(status);
	await records.saveRotation({ ...status, rotationId: status.rotationId.replace(/1$/, "2") });
	expect(await records.rotation(status.rotationId)).toBeDefined();
	expect(await records.lastRotation("db-password")).toBeDefined();
	expect(await records.lastDelivery("db-password")).toBeDefined();
	for (const at of ["2026-11-01T06:00:00.000Z", "2026-11-02T06:00:00.000Z"]) {
		await records.saveReport({ at, secrets: [], unmanaged: [], problems: [] });
	}
	expect(await records.lastReport()).toBeDefined();
	const mark = await records.markSwitch("db-password");
	expect(await records.openSwitches()).toHaveLength(1);
	await records.unmarkSwitch("db-password", mark);
	expect(await records.openSwitches()).toEqual([]);
	const instance = blobInstances({ ...options, machine: "one" });
	await instance.renew();
	await instance.renew();
	// The right to write makes new blobs as well.
	const others = needed(container).filter((right) => right !== "blobs/add/action");
	expect(others).toEqual([...rightsByKind.records].sort());
});

test("backups: adding one takes the right to add and no more, also where there is one already", async () => {
	const { container, ...options } = await fresh();
	const store = blobBackupStore(options);
	const name = {
		vault: "titanic-kv.vault.azure.net",
		secret: "db-password",
		version: "a".repeat(32),
		day: "2026-11-30",
	};
	expect(await store.add({} as Intent, name, Buffer.from("one"))).toBe("added");
	expect(await store.add({} as Intent, name, Buffer.from("two"))).toBe("kept");
	expect(needed(container)).toEqual([...rightsByKind.backups].sort());
});
