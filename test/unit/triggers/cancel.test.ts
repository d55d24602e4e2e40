// An order is taken back over HTTP: what is asked of the rotation, and what the operator is told.

import { expect, test } from "@jest/globals";
import type { RotationStatus } from "../../../src/lib/domain/rotation.ts";
import { cancel } from "../../../src/lib/triggers/cancel.ts";
import { world } from "./world.ts";

const secret = "db-password";
const rotationId = `${secret}.2b6f0cc9-04d1-4d6f-93a0-0ac1c9a6b5f3`;
const actor = { kind: "operator", id: "me" } as const;
const order = { rotationId, secret, reason: "the wrong vault" };

const status = (facts: Partial<RotationStatus> = {}): RotationStatus => ({
	rotationId,
	secret,
	kind: "rotate",
	requestedBy: actor,
	requestedAt: "2026-06-01T05:59:00.000Z",
	steps: [],
	...facts,
});

const retrying = {
	step: "switch",
	code: "server-queued",
	message: "It waits for its turn.",
	next: "Nothing.",
	attempt: 3,
	nextTryAt: "2026-06-01T06:00:10.000Z",
} as const;

/** @param shows what the rotation reports, look by look; the last one for ever */
function running(...shows: readonly RotationStatus[]) {
	const made = world();
	let looks = 0;
	const rotations = {
		...made.call.rotations,
		running: async () => shows[Math.min(looks++, shows.length - 1)],
		tryNow: async (name: string) => void hastened.push(name),
	};
	const hastened: string[] = [];
	return { ...made, hastened, ask: () => cancel({ ...made.call, actor, rotations }, "c0ffee", order) };
}

test("the order is on the audit log before it counts, with who gave it and why", async () => {
	const made = running(status(), status({ outcome: "cancelled", code: "cancelled" }));
	expect(await made.ask()).toMatchObject({ outcome: "cancelled" });
	expect(await made.records.isCancelled(rotationId)).toBe(true);
	expect(made.audit.records.map(({ data }) => data)).toEqual([
		expect.objectContaining({ code: "cancel-requested", rotationId, secretName: secret, message: "the wrong vault" }),
	]);
	expect(made.audit.records[0]?.data.actor).toMatchObject({ user: { uid: "me" } });
});

test("without an audit log nothing is cancelled", async () => {
	const made = running(status());
	made.audit.cut();
	await expect(made.ask()).rejects.toMatchObject({ code: "audit-unavailable" });
	expect(await made.records.isCancelled(rotationId)).toBe(false);
});

test("a pause is ended once, so that the rotation sees it now", async () => {
	const waiting = status({ retrying });
	const made = running(waiting, waiting, waiting, status({ outcome: "cancelled", code: "cancelled" }));
	await made.ask();
	expect(made.hastened).toEqual([secret]);
});

test.each<[string, Partial<RotationStatus>, string]>([
	["is over", { outcome: "completed", code: "near-expiry" }, "it is over, as completed"],
	["has published", { version: "a".repeat(32) }, `version ${"a".repeat(32)} is published`],
	["only plans", { dryRun: true }, "dry run"],
	["delivers", { kind: "deliver" }, "deliver"],
	["reconciles", { kind: "reconcile" }, "reconcile"],
])("one that %s is not cancelled, and that is recorded", async (_, facts, why) => {
	const made = running(status(facts));
	await expect(made.ask()).rejects.toMatchObject({
		code: "not-cancellable",
		status: 409,
		sentence: expect.stringContaining(why),
	});
	expect(await made.records.isCancelled(rotationId)).toBe(false);
	expect(made.audited()).toEqual([`trigger note not-cancellable ${secret}`]);
});

test("one that publishes meanwhile was faster, and the operator is told", async () => {
	const made = running(status(), status(), status({ version: "a".repeat(32) }));
	await expect(made.ask()).rejects.toMatchObject({ code: "not-cancellable" });
	expect(made.audited()).toEqual([`trigger note cancel-requested ${secret}`, `trigger note not-cancellable ${secret}`]);
});

test("one that is over is known by its record, and a repeated order gets the same answer", async () => {
	const made = running();
	await made.records.saveRotation(status({ outcome: "cancelled", code: "cancelled" }));
	const ask = () => cancel({ ...made.call, actor }, "c0ffee", order);
	expect(await ask()).toMatchObject({ outcome: "cancelled" });
	expect(made.audited()).toEqual([]);
});

test("one that nobody knows is told so", async () => {
	const made = world();
	await expect(cancel({ ...made.call, actor }, "c0ffee", order)).rejects.toMatchObject({ code: "rotation-unknown" });
	expect(made.audited()).toEqual([]);
});

test("one that was cut short is not unknown: it is over, and that is told", async () => {
	const made = world();
	const rotations = {
		...made.call.rotations,
		running: async () => undefined,
		latest: async () => status({ now: "x" }),
	};
	const asking = cancel({ ...made.call, actor, rotations }, "c0ffee", order);
	await expect(asking).rejects.toMatchObject({
		code: "not-cancellable",
		sentence: expect.stringContaining("it is over, as interrupted"),
	});
});
