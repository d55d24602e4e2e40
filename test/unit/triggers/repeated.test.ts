// Orders with a key of their caller's, over the API in memory.

import { expect, test } from "@jest/globals";
import { startDelivery, startRotation } from "../../../src/lib/http/rotations.ts";
import { type Ask, api } from "../http/asking.ts";

const key = "5f0e7a52-6f0b-4a1e-9d0b-0f5d9a1c7b3e";
const keyed = (value = key): Ask => ({ name: "db-password", headers: { "idempotency-key": value } });

test("an order that is sent again with its key is not a second one, running or over", async () => {
	await using made = await api();
	const order = { ...keyed(), body: '{"force":true,"reason":"it leaked"}' };
	const first = await made.ask(startRotation, order);
	expect(first).toMatchObject({ status: 202, body: { status: "NotStarted" } });
	const id = first.body.rotationId;
	const second = await made.ask(startRotation, order);
	expect(second).toMatchObject({ status: 202, body: { rotationId: id } });
	expect(second.headers.get("location")).toBe(`/api/rotations/${id}`);
	made.durable.instance("db-password")!.runtimeStatus = "Completed";
	await made.records.saveRotation({
		...first.body,
		steps: [],
		outcome: "completed",
		endedAt: "2026-06-01T06:01:00.000Z",
	});
	expect((await made.ask(startRotation, order)).body).toMatchObject({ rotationId: id, outcome: "completed" });
	expect(made.durable.started()).toHaveLength(1);
	expect(made.audited().slice(-1)).toEqual(["trigger note redelivered db-password"]);
});

test("the same key with another order is refused, recorded, and starts nothing", async () => {
	await using made = await api();
	await made.ask(startRotation, { ...keyed(), body: '{"dryRun":true}' });
	for (const [handler, body] of [
		[startRotation, '{"dryRun":false}'],
		[startDelivery, '{"dryRun":true}'],
	] as const)
		expect(await made.ask(handler, { ...keyed(), body })).toMatchObject({
			status: 409,
			body: { code: "idempotency-key-reused" },
		});
	expect(made.durable.started()).toHaveLength(1);
	expect(made.audited().at(-1)).toBe("trigger note idempotency-key-reused db-password");
});

test("a key is its caller's own, and one secret's", async () => {
	await using made = await api();
	const ids = [
		await made.ask(startRotation, keyed()),
		await made.ask(startRotation, { ...keyed(), name: "side-password" }),
	].map(({ body }) => body.rotationId);
	made.durable.instance("db-password")!.runtimeStatus = "Completed";
	const other = { ...keyed(), claims: { oid: "00000000-0000-4000-8000-00000000beef" } };
	ids.push((await made.ask(startRotation, other)).body.rotationId);
	expect(new Set(ids).size).toBe(3);
	expect(
		made.durable
			.started()
			.map(({ rotationId }) => rotationId)
			.sort(),
	).toEqual([ids[2], ids[1]].sort());
});

test("two calls with one key at one instant start one rotation", async () => {
	await using made = await api();
	const answers = await Promise.all([made.ask(startRotation, keyed()), made.ask(startRotation, keyed())]);
	expect(answers.map(({ status }) => status)).toEqual([202, 202]);
	expect(new Set(answers.map(({ body }) => body.rotationId)).size).toBe(1);
});

test("two different orders with one key at one instant: one starts, and the other is refused, not told that it has", async () => {
	await using made = await api();
	const bodies = ['{"dryRun":true}', '{"force":true}'];
	const answers = await Promise.all(bodies.map((body) => made.ask(startRotation, { ...keyed(), body })));
	expect(answers.map(({ status }) => status).sort()).toEqual([202, 409]);
	const [begun] = made.durable.started() as { dryRun?: boolean }[];
	expect(begun!.dryRun).toBe(answers[0]!.status === 202);
	expect(made.audited().at(-1)).toBe("trigger note idempotency-key-reused db-password");
});

test.each([["two words"], ["x".repeat(129)], ["ünïcode"]])("%j is no key: the order is refused", async (value) => {
	await using made = await api();
	expect(await made.ask(startRotation, keyed(value))).toMatchObject({
		status: 400,
		body: { code: "idempotency-key-not-valid" },
	});
	expect(made.durable.started()).toEqual([]);
});

test("without a key each order is a new one", async () => {
	await using made = await api();
	const first = await made.ask(startRotation, { name: "db-password" });
	made.durable.instance("db-password")!.runtimeStatus = "Completed";
	const second = await made.ask(startRotation, { name: "db-password" });
	expect(second.body.rotationId).not.toBe(first.body.rotationId);
});
