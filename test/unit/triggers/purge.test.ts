// What the sweep lets durable storage forget, and what it must not.

import { expect, test } from "@jest/globals";
import { deliveryIdOf, instanceIdOf, rotationIdOf } from "../../../src/lib/domain/ids.ts";
import type { RotationStatus } from "../../../src/lib/domain/rotation.ts";
import { showRotation } from "../../../src/lib/http/rotations.ts";
import { requestOf } from "../../support/requests.ts";
import { sweep } from "../../support/sweep.ts";
import { inDays, world } from "./world.ts";

const secret = "db-password";
const instance = instanceIdOf(secret);
const idOf = (nth: number, of = secret) => rotationIdOf(of, `00000000-0000-4000-8000-${String(nth).padStart(12, "0")}`);

const statusOf = (rotationId: string, changes: Partial<RotationStatus> = {}): RotationStatus => ({
	rotationId,
	secret,
	kind: "rotate",
	requestedBy: { kind: "timer" },
	requestedAt: inDays(-1).toISOString(),
	endedAt: inDays(-1).toISOString(),
	steps: [],
	outcome: "completed",
	code: "near-expiry",
	...changes,
});

/** A rotation with two deliveries, all of them ended in this way. */
async function rotatedOnce(
	runtimeStatus = "Completed",
	{ kind = "rotate" as RotationStatus["kind"], isRecorded = true } = {},
) {
	const made = world();
	made.vaults.main.seed(secret, "iceberg", { expires: inDays(90) });
	made.vaults.side.seed("side-password", "lifeboat", { expires: inDays(90) });
	const { durable, records, call } = made;
	const rotationId = idOf(1);
	const request = requestOf({ rotationId, secret, kind, requestedAt: inDays(-1).toISOString() });
	await call.rotations.start(request);
	const children = [0, 1].map((index) => deliveryIdOf(rotationId, index));
	for (const child of children) durable.deliver(child, { workload: "Deployment a/b", delivered: true, pods: [] });
	for (const id of [instance, ...children]) durable.becomes(id, runtimeStatus);
	if (isRecorded) await records.saveRotation(statusOf(rotationId, { kind }));
	const shown = async () => {
		const given = {
			url: `https://x/api/rotations/${rotationId}`,
			params: { id: rotationId },
			query: new URLSearchParams(),
		};
		const operator = { id: "o", roles: ["Rotation.Read"] };
		const answer = await showRotation(given as never, { ...call, operators: async () => operator } as never);
		return { status: answer.status, body: answer.body };
	};
	return { ...made, rotationId, children, shown };
}

test.each(["rotate", "deliver", "reconcile"] as const)(
	"of a recorded %s nothing is left after the sweep, and the API says the same of it as before",
	async (kind) => {
		const { call, durable, shown } = await rotatedOnce("Completed", { kind });
		const before = await shown();
		expect(before.status).toBe(200);
		expect((await sweep(call)).problems).toEqual([]);
		expect(durable.ids()).toEqual([]);
		expect(await shown()).toEqual(before);
	},
);

test.each(["Running", "Pending", "Suspended"])("what is %s stays, whatever the records say", async (state) => {
	const { call, durable, children } = await rotatedOnce(state);
	await sweep(call);
	expect(durable.ids()).toEqual([instance, ...children]);
});

test.each(["Completed", "Failed", "Terminated"])(
	"what ended as %s without a record stays, and the API says the same of it",
	async (state) => {
		const { call, durable, children, shown } = await rotatedOnce(state, { isRecorded: false });
		const before = await shown();
		await sweep(call);
		expect(durable.ids()).toEqual([instance, ...children]);
		expect(await shown()).toEqual(before);
	},
);

test("what has a record without an end stays: the instance tells how it ended", async () => {
	const { call, durable, records, rotationId, children } = await rotatedOnce("Terminated", { isRecorded: false });
	const { outcome: _, endedAt: __, ...open } = statusOf(rotationId);
	await records.saveRotation(open);
	await sweep(call);
	expect(durable.ids()).toEqual([instance, ...children]);
});

test("deliveries of a rotation that was terminated go after a week; the rotation itself stays", async () => {
	const { call, durable, children, shown } = await rotatedOnce("Terminated", { isRecorded: false });
	const before = await shown();
	for (const child of children) durable.becomes(child, "Completed", inDays(-7));
	await sweep(call);
	expect(durable.ids()).toHaveLength(3);
	for (const child of children) durable.becomes(child, "Completed", inDays(-8));
	await sweep(call);
	expect(durable.ids()).toEqual([instance]);
	expect(await shown()).toEqual(before);
});

test("deliveries of an earlier rotation, whose instance was started again since, go too", async () => {
	const { call, durable, records } = await rotatedOnce();
	const earlier = deliveryIdOf(idOf(2), 0);
	durable.deliver(earlier, {});
	durable.becomes(earlier, "Completed");
	await records.saveRotation(statusOf(idOf(2)));
	durable.becomes(instance, "Running");
	await sweep(call);
	expect(durable.ids()).toEqual([instance]);
});

test("what a secret left that is not in the configuration any more goes as well", async () => {
	const { call, durable, records } = await rotatedOnce();
	const rotationId = idOf(3, "removed");
	await call.rotations.start({ ...durable.instance(secret)!.input, rotationId, secret: "removed" });
	durable.becomes(instanceIdOf("removed"), "Completed");
	await records.saveRotation(statusOf(rotationId, { secret: "removed" }));
	await sweep(call);
	expect(durable.ids()).toEqual([]);
});

test("a hub that was never purged takes several sweeps, so that each comes to its end", async () => {
	const { call, durable, records } = await rotatedOnce();
	await records.saveRotation(statusOf(idOf(2)));
	for (let nth = 0; nth < 1_500; nth++) {
		durable.deliver(deliveryIdOf(idOf(2), nth), {});
		durable.becomes(deliveryIdOf(idOf(2), nth), "Completed");
	}
	await sweep(call);
	expect(durable.ids()).toHaveLength(503);
	await sweep(call);
	expect(durable.ids()).toEqual([]);
});

test("deliveries whose ids were shortened go as soon as their rotation is recorded, or after a week", async () => {
	const { call, durable, records } = await rotatedOnce();
	const long = "x".repeat(119);
	const [recorded, other] = [idOf(4, long), idOf(5, long)];
	await records.saveRotation(statusOf(recorded, { secret: long }));
	durable.deliver(deliveryIdOf(recorded, 0), {}, { rotationId: recorded });
	durable.deliver(deliveryIdOf(other, 0), {}, { rotationId: recorded });
	durable.deliver(deliveryIdOf(other, 1), {});
	for (const id of durable.ids().slice(-3)) durable.becomes(id, "Completed");
	await sweep(call);
	expect(durable.ids()).toEqual([deliveryIdOf(other, 0), deliveryIdOf(other, 1)]);
	for (const id of durable.ids()) durable.becomes(id, "Completed", inDays(-8));
	await sweep(call);
	expect(durable.ids()).toEqual([]);
});

test("instances that are not ours stay", async () => {
	const { call, durable } = await rotatedOnce();
	for (const id of ["somebody-elses", "deliver-x-0", `deliver-${idOf(1)}`]) {
		durable.deliver(id, {});
		durable.becomes(id, "Completed", inDays(-100));
	}
	await sweep(call);
	expect(durable.ids()).toEqual(["somebody-elses", "deliver-x-0", `deliver-${idOf(1)}`]);
});

test("a rotation that starts again between the list and the purge runs on", async () => {
	const { call, durable } = await rotatedOnce();
	durable.onPurge((id) => {
		if (id === instance) durable.becomes(id, "Running");
	});
	expect((await sweep(call)).problems).toEqual([]);
	expect(durable.ids()).toEqual([instance]);
});

test("where durable storage or the records fail the report says so, and the sweep goes on", async () => {
	const { call, durable } = await rotatedOnce();
	durable.onPurge(() => {
		throw new Error("connect ECONNREFUSED");
	});
	const { secrets, problems } = await sweep(call);
	expect(secrets).toHaveLength(2);
	expect(problems).toMatchObject([{ code: "history-unpurged" }]);
	expect(durable.ids()).toHaveLength(3);
});
