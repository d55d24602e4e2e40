import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { blobRecordStore } from "../../src/lib/adapters/blob/record-store.ts";
import type { ComplianceReport } from "../../src/lib/domain/compliance.ts";
import { rotationIdOf } from "../../src/lib/domain/ids.ts";
import type { RotationStatus } from "../../src/lib/domain/rotation.ts";
import type { RecordStore } from "../../src/lib/ports/record-store.ts";
import { approval } from "../support/approval.ts";
import { memoryRecords } from "../support/memory-records.ts";
import { type Storage, startStorage } from "../support/storage.ts";

let storage: Storage;
beforeAll(async () => {
	storage = await startStorage();
});
afterAll(async () => storage[Symbol.asyncDispose]());

const secret = "db-password";
const newId = (): string => rotationIdOf(secret, randomUUID());

const status = (changes: Partial<RotationStatus> = {}): RotationStatus => ({
	rotationId: newId(),
	secret,
	kind: "rotate",
	requestedBy: { kind: "timer" },
	requestedAt: "2026-11-23T10:00:00Z",
	steps: [{ name: "plan", ms: 12 }],
	outcome: "completed",
	endedAt: "2026-11-23T10:01:00Z",
	...changes,
});

const report = (at: string): ComplianceReport => ({ at, secrets: [], unmanaged: [], problems: [] });

async function openMemory(): Promise<{ store: RecordStore; cut(): () => void }> {
	const store = memoryRecords();
	return { store, cut: store.cut };
}

async function openBlob() {
	const { url, client } = await storage.container();
	const store = blobRecordStore({ containerUrl: url, credential: storage.credential });
	return { store, cut: storage.relay.cut, client };
}

describe.each([
	{ title: "in memory", open: openMemory },
	{ title: "on block blobs", open: openBlob },
])("RecordStore $title", ({ open }) => {
	test("a rotation is read back as it was saved, and is its secret's last one", async () => {
		const { store } = await open();
		const saved = status({ version: "a".repeat(32), reason: "ünïcode" });
		await store.saveRotation(saved);
		expect(await store.rotation(saved.rotationId)).toEqual(saved);
		expect(await store.lastRotation(secret)).toEqual(saved);
	});

	test("a configuration and signed evidence stay as they were kept first", async () => {
		const { store, cut } = await open();
		const hash = "a".repeat(64);
		expect(await store.configurationOf(hash)).toBeUndefined();
		await store.keepConfiguration(hash, "secrets: {}");
		await store.keepConfiguration(hash, "forged");
		expect(await store.configurationOf(hash)).toBe("secrets: {}");
		expect(await store.evidence(hash)).toBeUndefined();
		expect(await store.keepEvidence(hash, "first")).toBe("first");
		expect(await store.keepEvidence(hash, "second")).toBe("first");
		expect(await store.evidence(hash)).toBe("first");
		const mend = cut();
		for (const asked of [
			() => store.configurationOf(hash),
			() => store.evidence(hash),
			() => store.reportAt(new Date()),
			() => store.reportCounts(new Date(0)),
		])
			await expect(asked()).rejects.toMatchObject({ code: "records-unavailable", transient: true });
		mend();
	});

	test("reports of past days are found by their times, each once, with their numbers", async () => {
		const { store } = await open();
		const [first, second] = ["2026-11-01T06:00:00.000Z", "2026-11-02T06:00:00.000Z"];
		const late = { secret, state: "due", dueInDays: -2, action: "none" } as const;
		const entry = { vault: "main", secret: "old", rotation: "90days" };
		await store.saveReport({ ...report(first), secrets: [late], unmanaged: [entry] });
		await store.saveReport({ ...report(second), problems: [] });
		await store.saveReport({ ...report(second), secrets: [{ ...late, state: "expired" }] });
		expect(await store.reportAt(new Date("2026-11-01T05:59:59.999Z"))).toBeUndefined();
		expect((await store.reportAt(new Date(first)))?.at).toBe(first);
		expect((await store.reportAt(new Date("2026-11-30T00:00:00Z")))?.secrets).toMatchObject([{ state: "expired" }]);
		const counts = await store.reportCounts(new Date(0));
		expect(counts).toMatchObject([
			{ at: first, due: 1, overdue: 1, unmanaged: 1, expired: 0 },
			{ at: second, expired: 1, due: 0 },
		]);
		expect(await store.reportCounts(new Date("2026-11-02T00:00:00Z"))).toHaveLength(1);
	});

	test("a sweep's pages are read back in their order, and the next sweep's take their places", async () => {
		const { store, cut } = await open();
		const page = (name: string) => ({
			secrets: [{ secret: name, state: "compliant", action: "none" } as const],
			unmanaged: [],
			problems: [],
		});
		const [first, second] = ["a", "b"].map((id) => ({ id, startedAt: "2026-11-23T10:00:00Z" }));
		expect(await store.lastSweep()).toBeUndefined();
		for (let at = 0; at < 11; at++) await store.saveSwept(first!, at, page(`s${at}`));
		await store.saveSwept(first!, 10, page("again"));
		const names = Array.from({ length: 10 }, (_, at) => `s${at}`);
		const seen = await store.lastSweep();
		expect(seen?.sweep).toEqual(first);
		expect(seen?.pages).toMatchObject([...names, "again"].map(page));
		expect(await store.lastSweep("a")).toEqual({ sweep: first, pages: [] });
		expect(await store.lastSweep("b")).toEqual(seen);
		await store.saveSwept(second!, 0, page("t0"));
		expect(await store.lastSweep()).toMatchObject({ sweep: second, pages: [page("t0")] });
		const mend = cut();
		await expect(store.lastSweep()).rejects.toMatchObject({ code: "records-unavailable" });
		await expect(store.saveSwept(second!, 1, page("t1"))).rejects.toMatchObject({ code: "records-unavailable" });
		mend();
	});

	test("what was never saved is undefined, and so is an id or a name that cannot be one", async () => {
		const { store } = await open();
		expect(await store.rotation(newId())).toBeUndefined();
		expect(await store.rotation("../last/db-password")).toBeUndefined();
		expect(await store.lastRotation("other")).toBeUndefined();
		expect(await store.lastRotation("../reports/latest")).toBeUndefined();
		expect(await store.lastReport()).toBeUndefined();
	});

	test("what is over is listed with the latest first, in pages, and from a time on", async () => {
		const { store } = await open();
		const at = (minute: number, changes: Partial<RotationStatus> = {}) =>
			status({ endedAt: `2026-11-23T12:0${minute}:00.000Z`, ...changes });
		const other = rotationIdOf("side-password", randomUUID());
		const all = [
			at(1, { outcome: "refused", code: "vault-forbidden" }),
			at(4, { version: "a".repeat(32) }),
			at(2, { rotationId: other, secret: "side-password", dryRun: true, outcome: "planned" }),
			at(3, { kind: "deliver", requestedBy: { kind: "operator", id: "x", appId: "y" } }),
		];
		for (const one of all) await store.saveRotation(one);
		await store.saveRotation(at(5, { outcome: undefined, endedAt: undefined }));
		const [first, , third, second] = all;
		const whole = await store.endedRuns({ most: 10 });
		expect(whole).toEqual({
			runs: [
				{
					rotationId: all[1]!.rotationId,
					secret,
					kind: "rotate",
					outcome: "completed",
					by: "timer",
					version: "a".repeat(32),
					endedAt: "2026-11-23T12:04:00.000Z",
				},
				expect.objectContaining({ rotationId: second!.rotationId, kind: "deliver", by: "operator" }),
				expect.objectContaining({ rotationId: other, secret: "side-password", dryRun: true, outcome: "planned" }),
				expect.objectContaining({ rotationId: first!.rotationId, outcome: "refused", code: "vault-forbidden" }),
			],
		});
		const since = new Date("2026-11-23T12:03:00.000Z");
		expect((await store.endedRuns({ most: 10, since })).runs).toEqual(whole.runs.slice(0, 2));
		const pages: string[][] = [];
		for (let after: string | undefined; ; ) {
			const page = await store.endedRuns({ most: 3, ...(after !== undefined && { after }) });
			pages.push(page.runs.map(({ rotationId }) => rotationId));
			after = page.next;
			if (after === undefined) break;
		}
		expect(pages.flat()).toEqual(whole.runs.map(({ rotationId }) => rotationId));
		expect(pages.every(({ length }) => length <= 3)).toBe(true);
		const passes = ({ outcome }: { outcome: string }) => outcome === "planned";
		expect((await store.endedRuns({ most: 10, passes })).runs).toMatchObject([{ rotationId: third!.rotationId }]);
	});

	test("of one secret all runs are told, the latest first, and of a secret without any none", async () => {
		const { store } = await open();
		const [early, late] = ["11", "12"].map((hour) => status({ endedAt: `2026-11-23T${hour}:00:00.000Z` }));
		await store.saveRotation(late!);
		await store.saveRotation(early!);
		await store.saveRotation(
			status({ secret: "db-password-2", rotationId: rotationIdOf("db-password-2", randomUUID()) }),
		);
		expect((await store.runsOf(secret)).map(({ rotationId }) => rotationId)).toEqual([
			late!.rotationId,
			early!.rotationId,
		]);
		expect(await store.runsOf("other")).toEqual([]);
	});

	test("a run that is recorded again once it has gone on is told as it is now", async () => {
		const { store } = await open();
		const cutShort = status({ outcome: "interrupted" });
		await store.saveRotation(cutShort);
		await store.saveRotation({ ...cutShort, outcome: "completed" });
		expect((await store.runsOf(secret)).map(({ outcome }) => outcome)).toEqual(["completed"]);
		expect((await store.endedRuns({ most: 5 })).runs.map(({ outcome }) => outcome)).toEqual(["completed"]);
	});

	test("a rotation saved again replaces its record", async () => {
		const { store } = await open();
		const saved = status({ outcome: "interrupted" });
		await store.saveRotation(saved);
		await store.saveRotation({ ...saved, outcome: "completed" });
		expect((await store.rotation(saved.rotationId))?.outcome).toBe("completed");
		expect((await store.lastRotation(secret))?.outcome).toBe("completed");
	});

	test("the last rotation is the one that ended last, whichever was saved last", async () => {
		const { store } = await open();
		const newer = status({ endedAt: "2026-11-23T12:00:00Z" });
		const older = status({ endedAt: "2026-11-23T11:00:00Z" });
		await store.saveRotation(newer);
		await store.saveRotation(older);
		expect((await store.lastRotation(secret))?.rotationId).toBe(newer.rotationId);
		expect((await store.rotation(older.rotationId))?.rotationId).toBe(older.rotationId);
	});

	test("of rotations saved at the same moment the one that ended last stays the last", async () => {
		const { store } = await open();
		const all = [1, 2, 3, 4].map((minute) => status({ endedAt: `2026-11-23T12:0${minute}:00Z` }));
		await Promise.all(all.map((each) => store.saveRotation(each)));
		expect((await store.lastRotation(secret))?.endedAt).toBe("2026-11-23T12:04:00Z");
	});

	test("what was skipped or refused since does not hide that a version was not delivered; a delivery does", async () => {
		const { store } = await open();
		const undelivered = status({ outcome: "published-not-delivered", endedAt: "2026-11-23T12:00:00Z" });
		await store.saveRotation(undelivered);
		await store.saveRotation(status({ outcome: "refused", kind: "deliver", endedAt: "2026-11-23T12:01:00Z" }));
		await store.saveRotation(status({ outcome: "skipped", endedAt: "2026-11-23T12:02:00Z" }));
		expect(await store.lastDelivery(secret)).toEqual(undelivered);
		expect((await store.lastRotation(secret))?.outcome).toBe("skipped");
		await store.saveRotation(status({ outcome: "completed", kind: "deliver", endedAt: "2026-11-23T12:03:00Z" }));
		expect((await store.lastDelivery(secret))?.outcome).toBe("completed");
	});

	test("neither a dry run nor a skip becomes the last run, and a late one that ended earlier neither", async () => {
		const { store } = await open();
		const refused = status({ outcome: "refused", endedAt: "2026-11-23T12:00:00Z" });
		await store.saveRotation(refused);
		await store.saveRotation(status({ outcome: "planned", dryRun: true, endedAt: "2026-11-23T12:01:00Z" }));
		await store.saveRotation(status({ outcome: "skipped", endedAt: "2026-11-23T12:02:00Z" }));
		await store.saveRotation(status({ outcome: "completed", endedAt: "2026-11-23T11:00:00Z" }));
		expect(await store.lastRun(secret)).toEqual(refused);
		expect(await store.lastRun("other")).toBeUndefined();
	});

	test("a rotation that still runs does not become the last one", async () => {
		const { store } = await open();
		const running = status({ outcome: undefined, endedAt: undefined, now: "waiting for pods" });
		await store.saveRotation(running);
		expect(await store.lastRotation(secret)).toBeUndefined();
		expect((await store.rotation(running.rotationId))?.now).toBe("waiting for pods");
	});

	test("the last report is the one saved last", async () => {
		const { store } = await open();
		await store.saveReport(report("2026-11-22T06:00:00Z"));
		await store.saveReport(report("2026-11-23T06:00:00Z"));
		expect(await store.lastReport()).toEqual(report("2026-11-23T06:00:00Z"));
	});

	test("a marked switch is open until its mark is taken away", async () => {
		const { store } = await open();
		expect(await store.openSwitches()).toEqual([]);
		const mark = await store.markSwitch(secret);
		await store.markSwitch("other");
		const found = await store.openSwitches();
		expect(found).toContainEqual({ secret, mark, since: expect.any(Date) });
		expect(found.map((one) => one.secret).sort()).toEqual([secret, "other"].sort());
		await store.unmarkSwitch(secret, mark);
		expect((await store.openSwitches()).map((one) => one.secret)).toEqual(["other"]);
		const again = await store.markSwitch(secret);
		expect(await store.openSwitches()).toContainEqual({ secret, mark: again, since: expect.any(Date) });
	});

	test("the last mark tells what the tries before it told, taken away or not", async () => {
		const { store } = await open();
		expect(await store.lastSwitch(secret)).toBeUndefined();
		const since = expect.any(Date);
		await store.markSwitch(secret);
		expect(await store.lastSwitch(secret)).toEqual({ isOpen: true, since });
		const tried = { credentialId: "db-password.a", gapMs: 53, openSince: "2026-11-23T12:00:00.000Z" };
		const mark = await store.markSwitch(secret, tried);
		expect(await store.lastSwitch(secret)).toEqual({ isOpen: true, since, tried });
		expect(await store.openSwitches()).toEqual([{ secret, mark: expect.any(String), since, tried }]);
		const ended = { credentialId: "db-password.a", gapMs: 70 };
		await store.unmarkSwitch(secret, mark, ended);
		expect(await store.lastSwitch(secret)).toEqual({ isOpen: false, since, tried: ended });
		expect(await store.openSwitches()).toEqual([]);
		await store.markSwitch(secret);
		expect(await store.lastSwitch(secret)).toEqual({ isOpen: true, since });
		expect(await store.lastSwitch("other")).toBeUndefined();
	});

	test("a mark that was set anew is not taken away by whoever set the one before, and a listed one may be taken away", async () => {
		const { store } = await open();
		const first = await store.markSwitch(secret);
		const second = await store.markSwitch(secret);
		expect(second).not.toBe(first);
		await store.unmarkSwitch(secret, first);
		const [found] = await store.openSwitches();
		expect(found).toMatchObject({ secret, mark: second });
		await store.unmarkSwitch(secret, found!.mark);
		expect(await store.openSwitches()).toEqual([]);
		await store.unmarkSwitch(secret, found!.mark);
		expect(await store.openSwitches()).toEqual([]);
	});

	test("an order that was taken back is, and no other one", async () => {
		const { store } = await open();
		const [one, other] = [status().rotationId, `${secret}.00000000-0000-4000-8000-0000000000ff`];
		expect(await store.isCancelled(one)).toBe(false);
		await store.cancel(one);
		await store.cancel(one);
		expect(await store.isCancelled(one)).toBe(true);
		expect(await store.isCancelled(other)).toBe(false);
		await expect(store.cancel("../run/db-password")).rejects.toThrow(TypeError);
		expect(await store.isCancelled("../run/db-password")).toBe(false);
	});

	test("a cut connection is an outage, never an absence", async () => {
		const { store, cut } = await open();
		const saved = status();
		await store.saveRotation(saved);
		const mend = cut();
		const outage = { code: "records-unavailable", transient: true };
		await expect(store.rotation(saved.rotationId)).rejects.toMatchObject(outage);
		await expect(store.lastRotation(secret)).rejects.toMatchObject(outage);
		await expect(store.lastReport()).rejects.toMatchObject(outage);
		await expect(store.saveRotation(saved)).rejects.toMatchObject(outage);
		await expect(store.saveReport(report("2026-11-23T06:00:00Z"))).rejects.toMatchObject(outage);
		await expect(store.isCancelled(saved.rotationId)).rejects.toMatchObject(outage);
		await expect(store.cancel(saved.rotationId)).rejects.toMatchObject(outage);
		await expect(store.openSwitches()).rejects.toMatchObject(outage);
		await expect(store.markSwitch(secret)).rejects.toMatchObject(outage);
		await expect(store.lastSwitch(secret)).rejects.toMatchObject(outage);
		await expect(store.unmarkSwitch(secret, "mark-1")).rejects.toMatchObject(outage);
		mend();
		expect(await store.rotation(saved.rotationId)).toEqual(saved);
		expect(await store.lastReport()).toBeUndefined();
	});

	test("a record whose id is not of its secret is refused: it would never be found", async () => {
		const { store } = await open();
		await expect(store.saveRotation(status({ secret: "other" }))).rejects.toThrow(TypeError);
	});

	test("an approval is read back, found by its secret and listed, the latest first", async () => {
		const { store, cut } = await open();
		const [first, second, other] = [
			approval({ askedAt: "2026-11-23T10:00:00.000Z", reason: "\u00fcn\u00efcode" }),
			approval({ askedAt: "2026-11-23T11:00:00.000Z" }),
			approval({ id: rotationIdOf("other", randomUUID()), secret: "other", askedAt: "2026-11-23T12:00:00.000Z" }),
		];
		for (const one of [first, second, other]) await store.addApproval(one);
		await store.addApproval(first);
		expect(await store.approval(first.request.id)).toEqual(first);
		expect(await store.approval(newId())).toBeUndefined();
		expect(await store.approval("../reports/latest")).toBeUndefined();
		expect((await store.approvalsOf(secret)).map(({ id }) => id).sort()).toEqual(
			[first, second].map(({ request }) => request.id).sort(),
		);
		const idsOf = async (wanted: Parameters<typeof store.approvals>[0]) => {
			const { approvals, next } = await store.approvals(wanted);
			return { ids: approvals.map(({ id }) => id), next };
		};
		const [firstId, secondId, otherId] = [first, second, other].map(({ request }) => request.id);
		expect((await idsOf({ most: 9 })).ids).toEqual([otherId, secondId, firstId]);
		expect((await idsOf({ most: 9, since: new Date("2026-11-23T10:30:00Z") })).ids).toEqual([otherId, secondId]);
		const page = await idsOf({ most: 2 });
		expect(page.ids).toEqual([otherId, secondId]);
		expect((await idsOf({ most: 2, after: page.next })).ids).toEqual([firstId]);
		const mend = cut();
		await expect(store.approval(first.request.id)).rejects.toMatchObject({ code: "records-unavailable" });
		await expect(store.approvalsOf(secret)).rejects.toMatchObject({ code: "records-unavailable" });
		await expect(store.approvals({ most: 9 })).rejects.toMatchObject({ code: "records-unavailable" });
		mend();
	});

	test("of several who change an approval at once each is shown what the ones before have made of it", async () => {
		const { store } = await open();
		const made = approval();
		const { id } = made.request;
		await store.addApproval(made);
		const decide = (by: string) =>
			store.changeApproval(id, (found) =>
				found.decision
					? undefined
					: { ...found, state: "approved", decision: { by: { kind: "operator", id: by }, at: "2026", reason: "yes" } },
			);
		const ends = await Promise.all(["a", "b", "c"].map(decide));
		const [decided] = new Set(ends.map((one) => one?.decision?.by.id));
		expect(new Set(ends.map((one) => one?.decision?.by.id))).toEqual(new Set([decided]));
		expect((await store.approvals({ most: 1, passes: (one) => one.id === id })).approvals).toMatchObject([
			{ state: "approved", decidedBy: { id: decided } },
		]);
		expect(await store.changeApproval(newId(), (found) => found)).toBeUndefined();
	});

	test("what was announced is read back as it was saved last, and before the first time there is nothing", async () => {
		const { store } = await open();
		expect(await store.announced()).toBeUndefined();
		const announced = {
			at: "2026-11-23T10:00:00.000Z",
			place: { blob: "audit/2026-11.ndjson", offset: 7 },
			told: { "completed.db-password": "2026-11-23T10:00:00.000Z" },
			folded: { "ops failed db-password": { since: "2026-11-23T09:00:00.000Z", count: 3 } },
		};
		await store.saveAnnounced(announced);
		const later = { ...announced, at: "2026-11-23T10:01:00.000Z", told: {} };
		await store.saveAnnounced(later);
		expect(await store.announced()).toEqual(later);
	});

	test("of several who come for the last place in a namespace one has it, and another namespace is another list", async () => {
		const { store } = await open();
		const here = { cluster: "aks", namespace: "titanic-api" };
		const place = (rotationId: string) => ({ rotationId, since: "2026-11-23T10:00:00.000Z" });
		const took = new Map<string, boolean>();
		const come = (id: string) =>
			store.changePlaces(here, (held) => {
				took.set(id, held.length === 0);
				return held.length === 0 ? [place(id)] : held;
			});
		await Promise.all(["a", "b", "c"].map(come));
		const seen: (readonly { rotationId: string }[])[] = [];
		for (const namespace of [here.namespace, "other"])
			await store.changePlaces({ ...here, namespace }, (held) => {
				seen.push(held);
				return held;
			});
		const winners = [...took].flatMap(([id, isTaken]) => (isTaken ? [id] : []));
		expect(winners).toHaveLength(1);
		expect(seen).toEqual([winners.map(place), []]);
	});

	test("of several freezes that are put on at once none is lost", async () => {
		const { store } = await open();
		expect(await store.freezes()).toEqual([]);
		const freeze = (id: string) => ({
			...{ id, from: "2026-11-23T10:00:00.000Z", until: "2026-11-24T10:00:00.000Z", reason: "release" },
			by: { kind: "operator" as const },
		});
		await Promise.all(["a", "b", "c"].map((id) => store.changeFreezes((all) => [...all, freeze(id)])));
		expect((await store.freezes()).map(({ id }) => id).sort()).toEqual(["a", "b", "c"]);
		await store.changeFreezes((all) => all.filter(({ id }) => id !== "b"));
		expect((await store.freezes()).map(({ id }) => id).sort()).toEqual(["a", "c"]);
	});
});

describe("the records' blobs", () => {
	test("a rotation that looked before a later one was written does not take its place", async () => {
		const { url: containerUrl } = await storage.container();
		const { credential } = storage;
		const [older, newer] = [11, 12].map((hour) => status({ endedAt: `2026-11-23T${hour}:00:00Z` }));
		const quick = blobRecordStore({ containerUrl, credential });
		let isOvertaken = false;
		const slow = blobRecordStore({
			containerUrl,
			credential,
			async perform(effect, act) {
				if (effect === `blob PUT last/${secret}.json` && !isOvertaken) {
					isOvertaken = true;
					await quick.saveRotation(newer!);
				}
				return act();
			},
		});
		await slow.saveRotation(older!);
		expect(await quick.lastRotation(secret)).toEqual(newer);
	});

	test("the last report is not sent again as long as it is that, and is once any instance has saved another one", async () => {
		const { store, client } = await openBlob();
		const other = blobRecordStore({ containerUrl: client.url, credential: storage.credential });
		await other.saveReport(report("2026-11-22T06:00:00Z"));
		const first = await store.lastReport();
		expect(first).toEqual(report("2026-11-22T06:00:00Z"));
		expect(await store.lastReport()).toBe(first);
		await other.saveReport(report("2026-11-23T06:00:00Z"));
		expect(await store.lastReport()).toEqual(report("2026-11-23T06:00:00Z"));
		await client.deleteBlob("reports/latest.json");
		expect(await store.lastReport()).toBeUndefined();
	});

	test("each report is kept by its date", async () => {
		const { store, client } = await openBlob();
		await store.saveReport(report("2026-11-22T06:00:00.000Z"));
		await store.saveReport(report("2026-11-23T06:00:00.000Z"));
		const names: string[] = [];
		for await (const { name } of client.listBlobsFlat()) names.push(name);
		expect(names).toEqual([
			"reports/2026-11-22T06-00-00.000Z.json",
			"reports/2026-11-23T06-00-00.000Z.json",
			"reports/latest.json",
		]);
	});

	test.each(["", "{", "null", "[]", '{"rotationId":1}'])(
		"a blob with %j in it is an outage, not a record",
		async (text) => {
			const { store, client } = await openBlob();
			await client.uploadBlockBlob(`last/${secret}.json`, text, text.length);
			await expect(store.lastRotation(secret)).rejects.toMatchObject({ code: "records-unavailable" });
		},
	);

	test.each([
		"",
		"{",
		"[]",
		'{"credentialId":1,"gapMs":5}',
		'{"credentialId":"a","gapMs":-5}',
		'{"credentialId":"a","gapMs":"5"}',
	])("a mark's metadata with %j in it tells nothing", async (tried) => {
		const { store, client } = await openBlob();
		await client.getBlockBlobClient(`open/${secret}`).upload("open", 4, { metadata: { tried } });
		expect(await store.lastSwitch(secret)).toEqual({ isOpen: true, since: expect.any(Date) });
	});

	test("a missing container is an outage, and no token is token-unavailable", async () => {
		const { url: containerUrl, client } = await storage.container();
		await client.delete();
		const lost = blobRecordStore({ containerUrl, credential: storage.credential });
		await expect(lost.lastReport()).rejects.toMatchObject({ code: "records-unavailable" });
		await expect(lost.lastSwitch(secret)).rejects.toMatchObject({ code: "records-unavailable" });
		const none = {
			getToken: () => Promise.reject(Object.assign(new Error("no"), { name: "CredentialUnavailableError" })),
		};
		const without = blobRecordStore({ containerUrl, credential: none });
		await expect(without.lastReport()).rejects.toMatchObject({ code: "token-unavailable" });
	});
});
