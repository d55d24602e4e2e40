// Exactly once: two instances of the app share one task hub and one audit log, and are triggered in every way at the same
// instant. One rotation, one new version, no answer that is a failure, and every trigger on the audit log as what it was.

import { randomUUID } from "node:crypto";
import { beforeAll, expect, test } from "@jest/globals";
import { notification, type Schema } from "../../local/event-grid/schemas.ts";
import { prove } from "../../local/proof.ts";
import { isSweeping } from "../../local/sweep-watch.ts";
import { until } from "../../local/until.ts";
import type { VaultEvent } from "../../packages/key-vault/index.ts";
import {
	administrator,
	allAtWork,
	auditLog,
	configure,
	enabledPending,
	idle,
	loginWithLive,
	type Recorded,
	rotated,
	stackFor,
	standing,
	withoutConsumers,
} from "./support/scene.ts";

const minutes = 60_000;
const day = 86_400_000;
const stack = stackFor({ instances: 2 });
const kubernetes = administrator(stack);
beforeAll(async () => {
	await configure(stack(), withoutConsumers);
	await allAtWork(stack());
}, 2 * minutes);

const schemas: readonly Schema[] = ["CloudEventSchemaV1_0", "EventGridSchema"];
const versions = (name = "db-password") => stack().vault.owner.versions(name);
const liveVersion = () => stack().vault.owner.get("db-password")!.version;

/** The live version expires in five days; a rotation gives it its own term again. */
function makeDue(): void {
	stack().vault.owner.update("db-password", liveVersion(), { expires: new Date(Date.now() + 5 * day) });
}

function eventAbout(version: string, kind: "NearExpiry" | "Expired" = "NearExpiry"): VaultEvent {
	const { url, name, resourceId } = stack().vault;
	return {
		id: randomUUID(),
		type: `Microsoft.KeyVault.Secret${kind}`,
		topic: resourceId,
		subject: "db-password",
		time: new Date().toISOString(),
		data: {
			Id: `${url}/secrets/db-password/${version}`,
			VaultName: name,
			ObjectType: "Secret",
			ObjectName: "db-password",
			Version: version,
			NBF: null,
			EXP: null,
		},
	};
}

/** One delivery as Event Grid makes it; the front end gives it to either instance. @returns the status */
async function deliver(event: VaultEvent, schema: Schema): Promise<number> {
	const { appUrl, keys } = stack();
	const { headers, body } = notification(schema, [event], false);
	const url = `${appUrl}/runtime/webhooks/eventgrid?functionName=events&code=${keys.eventGrid}`;
	const answer = await fetch(url, { method: "POST", headers, body });
	await answer.body?.cancel();
	return answer.status;
}

async function post(): Promise<{ status: number; alreadyRunning: boolean }> {
	const answer = await stack().api("secrets/db-password/rotations", { method: "POST", body: {} });
	const { alreadyRunning = false } = (await answer.json()) as { alreadyRunning?: boolean };
	return { status: answer.status, alreadyRunning };
}

/** The sweep's timer by hand, on one instance. @returns the status; the sweep itself goes on */
async function sweepOn(instance: number): Promise<number> {
	const answer = await fetch(`${stack().hosts[instance]!.url}/admin/functions/sweep`, {
		method: "POST",
		headers: { "x-functions-key": stack().keys.master, "content-type": "application/json" },
		body: JSON.stringify({ input: "" }),
	});
	return answer.status;
}

const times = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));

const sweepsIn = (records: readonly Recorded[]) => records.filter(({ data }) => data.code === "swept").length;

/** What was recorded while something was done, all of it over. Sweeps that are asked for while one is under way are that one. */
async function recordedDuring<T>(
	mostSweeps: number,
	act: () => Promise<T>,
): Promise<{ result: T; records: Recorded[] }> {
	const before = (await auditLog(stack())).length;
	const since = async () => (await auditLog(stack())).slice(before);
	const result = await act();
	const isOver = async () => mostSweeps === 0 || (sweepsIn(await since()) > 0 && !(await isSweeping(stack())));
	await until("the end of the last sweep", 180, async () => (await isOver()) || undefined);
	await idle(stack());
	const records = await since();
	expect(sweepsIn(records)).toBeLessThanOrEqual(mostSweeps);
	return { result, records };
}

/**
 * What became of each request on the log: `already-running`, or what its own plan decided. A request with no fate, or with two,
 * fails the test.
 */
function fatesIn(records: readonly Recorded[]): { actor: string; uid?: string; as: string; fate: string }[] {
	const requests = records.filter(
		({ data }) => data.step === "trigger" && data.phase === "note" && data.rotationId !== "(none)",
	);
	return requests.map(({ data: { rotationId, code, actor } }) => {
		const ends = records
			.map(({ data }) => data)
			.filter((data) => data.rotationId === rotationId && data.phase === "outcome")
			.filter(({ step }) => step === "trigger" || step === "plan")
			.map((data) => data.code!);
		expect(ends).toHaveLength(1);
		return { actor: actor.user.type, uid: actor.user.uid, as: code!, fate: ends[0]! };
	});
}

const countOf = (texts: readonly string[]) =>
	Object.fromEntries([...Map.groupBy(texts, (text) => text)].map(([text, all]) => [text, all.length]));

async function expectWhole(): Promise<void> {
	expect(await loginWithLive(stack())).toBe("in");
	expect(enabledPending(stack())).toBe(0);
	const values = versions().map(({ value }) => value);
	expect(new Set(values).size).toBe(values.length);
	const { audit, publishedLogsIn, derivedLogsIn } = await prove(stack());
	expect({ audit, publishedLogsIn, derivedLogsIn }).toMatchObject({
		audit: { verified: true, openIntents: 0 },
		publishedLogsIn: true,
		derivedLogsIn: true,
	});
}

test(
	"64 triggers of every kind at the same instant on two instances are one rotation, and each is recorded as what it was",
	async () => {
		const older = liveVersion();
		expect(await rotated(stack(), { force: true })).toMatchObject({ outcome: "completed" });
		makeDue();
		const live = liveVersion();
		const before = { live: versions().length, pending: versions("db-password-pending").length };
		const repeated = eventAbout(live);
		const late = times(6, () => eventAbout(older));
		const once = [...times(20, () => eventAbout(live)), ...times(12, () => eventAbout(live, "Expired")), ...late];
		const bySchema = (event: VaultEvent, index: number) => () => deliver(event, schemas[index % 2]!);
		const deliveries = [...late, ...once.slice(0, 32), ...times(12, () => repeated)].map(bySchema);

		const { result, records } = await recordedDuring(6, () =>
			Promise.all([
				Promise.all(deliveries.map((send) => send())),
				Promise.all(times(8, post)),
				Promise.all(times(6, (index) => sweepOn(index % 2))),
			]),
		);

		const [events, answers, sweeps] = result;
		expect(events.length + answers.length + sweeps.length).toBe(64);
		expect(countOf([...events, ...answers.map(({ status }) => status), ...sweeps].map(String))).toEqual({ 202: 64 });

		expect(versions().length).toBe(before.live + 1);
		expect(versions("db-password-pending").length).toBe(before.pending + 1);
		await expectWhole();

		const fates = fatesIn(records);
		const about = (id: string) => fates.filter(({ uid }) => uid === id);
		// Each event once as requested; each further delivery of it as that.
		for (const { id } of once) expect(about(id).map(({ as }) => as)).toEqual(["rotate-requested"]);
		expect(countOf(about(repeated.id).map(({ as }) => as))).toEqual({ "rotate-requested": 1, redelivered: 11 });
		const received = records.filter(({ data }) => data.code === "event-received");
		expect(received).toHaveLength(once.length + 1);
		// One of all these rotated; the others found it running, or came when it was over.
		const codes = countOf(fates.map(({ fate }) => fate));
		expect(codes["near-expiry"]).toBe(1);
		for (const { id } of late) expect(about(id)[0]?.fate).toMatch(/^(superseded|already-running)$/);
		const operators = fates.filter(({ actor }) => actor === "operator");
		expect(operators).toHaveLength(answers.length);
		expect(operators.filter(({ fate }) => fate === "already-running")).toHaveLength(
			answers.filter(({ alreadyRunning }) => alreadyRunning).length,
		);
		const byEvent = fates.filter(({ actor }) => actor === "event-grid");
		expect(byEvent).toHaveLength(events.length);
		expect(Object.keys(codes).filter((code) => !["already-running", "superseded", "not-due"].includes(code))).toEqual([
			"near-expiry",
		]);
	},
	8 * minutes,
);

test(
	"requests of every kind for one secret at the same instant are each found or told of what runs, and one rotates",
	async () => {
		makeDue();
		const live = liveVersion();
		const before = versions().length;
		const order = async (what: string, body: object) => {
			const answer = await stack().api(`secrets/db-password/${what}`, { method: "POST", body });
			const { rotationId = "", code } = (await answer.json()) as { rotationId?: string; code?: string };
			if (code !== undefined) return { what, rotationId, asked: answer.status, code };
			const seen = await stack().api(`rotations/${rotationId}`, { roles: ["Rotation.Read"] });
			await seen.body?.cancel();
			return { what, rotationId, asked: answer.status, seen: seen.status };
		};
		const orders = times(24, (index) => {
			const kinds = [
				["rotations", {}],
				["deliveries", {}],
				["rotations", { dryRun: true }],
				["reconciliations", { direction: "database-from-vault" }],
			] as const;
			return kinds[index % kinds.length]!;
		});
		const { result, records } = await recordedDuring(0, () =>
			Promise.all([
				Promise.all(orders.map(([what, body]) => order(what, body))),
				Promise.all(times(12, (index) => deliver(eventAbout(live), schemas[index % 2]!))),
			]),
		);
		const [answers, events] = result;
		const refused = answers.filter(({ code }) => code !== undefined);
		expect(answers.filter((one) => !refused.includes(one) && (one.asked !== 202 || one.seen !== 200))).toEqual([]);
		expect(refused.filter(({ asked, code }) => asked !== 409 || code !== "rotation-running")).toEqual([]);
		expect(countOf(events.map(String))).toEqual({ 202: 12 });
		expect(versions().length).toBe(before + 1);

		const all = records.map(({ data }) => data);
		const requests = all.filter(
			({ step, phase, rotationId }) => step === "trigger" && phase === "note" && rotationId !== "(none)",
		);
		expect(requests).toHaveLength(answers.length + events.length);
		const endsOf = (id: string) => all.filter(({ rotationId, phase }) => rotationId === id && phase === "outcome");
		const lost = (id: string) =>
			endsOf(id).filter(({ code = "" }) => ["already-running", "rotation-running"].includes(code));
		for (const { rotationId } of requests) {
			expect(endsOf(rotationId).length).toBeGreaterThan(0);
			// Told that another one runs, or run: never both.
			if (lost(rotationId).length > 0) expect(endsOf(rotationId)).toHaveLength(1);
		}
		const ids = new Set(requests.map(({ rotationId }) => rotationId));
		const winners = requests
			.flatMap(({ rotationId }) => lost(rotationId))
			.map(({ correlationId = "" }) => correlationId);
		expect(winners.filter((id) => !ids.has(id) || lost(id).length > 0)).toEqual([]);
		await expectWhole();
	},
	8 * minutes,
);

test(
	"an event that is delivered again after its rotation, in either schema, is a recorded redelivery that changes nothing",
	async () => {
		makeDue();
		const event = eventAbout(liveVersion());
		const first = await recordedDuring(0, () => deliver(event, "CloudEventSchemaV1_0"));
		expect(fatesIn(first.records)).toMatchObject([{ as: "rotate-requested", fate: "near-expiry" }]);
		const before = await standing(stack(), kubernetes());
		for (const schema of schemas) {
			const again = await recordedDuring(0, () => deliver(event, schema));
			expect(again.result).toBe(202);
			expect(fatesIn(again.records)).toMatchObject([{ uid: event.id, as: "redelivered", fate: "superseded" }]);
		}
		expect(await standing(stack(), kubernetes())).toEqual(before);
		await expectWhole();
	},
	6 * minutes,
);

test(
	"events out of order are one rotation: what is about an older version changes nothing, whenever it comes",
	async () => {
		const older = liveVersion();
		await rotated(stack(), { force: true });
		makeDue();
		const live = liveVersion();
		const before = versions().length;
		const order = [
			[eventAbout(older, "Expired"), "superseded"],
			[eventAbout(live, "Expired"), "near-expiry"],
			[eventAbout(live), "superseded"],
			[eventAbout(older), "superseded"],
		] as const;
		for (const [index, [event, fate]] of order.entries()) {
			const { result, records } = await recordedDuring(0, () => deliver(event, schemas[index % 2]!));
			expect([result, fatesIn(records)]).toMatchObject([202, [{ uid: event.id, as: "rotate-requested", fate }]]);
		}
		expect(versions().length).toBe(before + 1);
		const newest = await recordedDuring(0, () => deliver(eventAbout(liveVersion()), "EventGridSchema"));
		expect(fatesIn(newest.records)).toMatchObject([{ fate: "not-due" }]);
		expect(versions().length).toBe(before + 1);
		await expectWhole();
	},
	6 * minutes,
);

test(
	"triggers that come without a pause until the rotation is over, and while it ends, start no second one",
	async () => {
		makeDue();
		const live = liveVersion();
		const before = versions().length;
		const { result, records } = await recordedDuring(2, async () => {
			const statuses = [await deliver(eventAbout(live), "CloudEventSchemaV1_0")];
			let over = false;
			const operators = async () => {
				while (!over) {
					const published = versions().length > before;
					const { status, alreadyRunning } = await post();
					statuses.push(status);
					// Another one could begin: the rotation is over.
					over = published && !alreadyRunning;
				}
			};
			const events = async () => {
				for (let n = 0; !over; n++) statuses.push(await deliver(eventAbout(live), schemas[n % 2]!));
			};
			const sweeps = async () => {
				await until("the new version", 180, async () => versions().length > before || undefined, undefined, 5);
				statuses.push(...(await Promise.all([sweepOn(0), sweepOn(1)])));
			};
			await Promise.all([operators(), events(), sweeps()]);
			return statuses;
		});
		expect(countOf(result.map(String))).toEqual({ 202: result.length });
		expect(versions().length).toBe(before + 1);
		const codes = countOf(fatesIn(records).map(({ fate }) => fate));
		expect(codes["near-expiry"]).toBe(1);
		expect(Object.keys(codes)).toEqual(expect.not.arrayContaining(["forced", "expired", "overdue", "pending-found"]));
		await expectWhole();
	},
	6 * minutes,
);
