import { describe, expect, test } from "@jest/globals";
import { durableRotations } from "../../../src/lib/adapters/durable/rotations.ts";
import { deliveryIdOf, instanceIdOf } from "../../../src/lib/domain/ids.ts";
import type { RotationRequest } from "../../../src/lib/domain/requests/index.ts";
import { type Changes, requestOf } from "../../support/requests.ts";
import { fakeClient } from "./world.ts";

const request = (unique: string, changes: Changes = {}): RotationRequest =>
	requestOf({ rotationId: `db-password.${unique}`, ...changes });

test("a rotation and a delivery of one secret are one instance, so one at a time", async () => {
	const durable = fakeClient();
	const rotations = durableRotations(durable.client);
	expect(await rotations.start(request("a"))).toEqual({ state: "started" });
	expect(await rotations.start(request("b", { kind: "deliver" }))).toEqual({
		state: "already-running",
		rotationId: "db-password.a",
		kind: "rotate",
		covers: false,
	});
	expect(durable.started()).toMatchObject([{ orchestrator: "rotate", rotationId: "db-password.a" }]);
});

test.each([409, 500])("a start refused with %i is a duplicate when one runs", async (status) => {
	const durable = fakeClient(status);
	const rotations = durableRotations(durable.client);
	await rotations.start(request("a"));
	durable.instance("db-password")!.customStatus = { rotationId: "db-password.a", now: "switching", steps: [] };
	durable.instance("db-password")!.runtimeStatus = "Running";
	expect(await rotations.start(request("b"))).toEqual({
		state: "already-running",
		rotationId: "db-password.a",
		kind: "rotate",
		covers: true,
	});
});

test("a start refused by one that has ended when it is looked at is a start", async () => {
	const durable = fakeClient();
	const rotations = durableRotations(durable.client);
	await rotations.start(request("a"));
	durable.onRefusal(() => {
		durable.instance("db-password")!.runtimeStatus = "Completed";
	});
	expect(await rotations.start(request("b"))).toEqual({ state: "started" });
	expect(durable.started()).toMatchObject([{ rotationId: "db-password.b" }]);
});

test("of starts at one instant one is told that it started, the others what runs instead, though all were accepted", async () => {
	const durable = fakeClient();
	const rotations = durableRotations(durable.client);
	const uniques = Array.from({ length: 16 }, (_, index) => `r${index}`);
	const told = await Promise.all(uniques.map((unique) => rotations.start(request(unique))));
	const [winner, ...more] = durable.started();
	expect(more).toEqual([]);
	for (const [index, unique] of uniques.entries()) {
		const { rotationId } = request(unique);
		const lost = { state: "already-running", rotationId: winner?.rotationId, kind: "rotate", covers: true };
		expect(told[index]).toEqual(rotationId === winner?.rotationId ? { state: "started" } : lost);
	}
});

test("a rotation that loses to a delivery at the same instant is told that this does not do what it asked for", async () => {
	const durable = fakeClient();
	const rotations = durableRotations(durable.client);
	const [delivery, rotation] = await Promise.all([
		rotations.start(request("a", { kind: "deliver" })),
		rotations.start(request("b")),
	]);
	expect([delivery, rotation]).toEqual([
		{ state: "started" },
		{ state: "already-running", rotationId: "db-password.a", kind: "deliver", covers: false },
	]);
});

test("one that lost to what is over by now is told so, and that is not taken for the one before", async () => {
	const durable = fakeClient();
	const rotations = durableRotations(durable.client);
	durable.onStart(() => {
		durable.instance("db-password")!.runtimeStatus = "Completed";
	});
	const told = await Promise.all([rotations.start(request("a")), rotations.start(request("b"))]);
	expect(told).toEqual([{ state: "started" }, { state: "overtaken", rotationId: "db-password.a" }]);
});

test("a start that is accepted and seen only later is a start", async () => {
	const durable = fakeClient();
	const rotations = durableRotations(durable.client);
	durable.onStart(() => {
		const late = durable.instance("db-password")!;
		durable.forget("db-password");
		setTimeout(() => durable.put("db-password", late), 150);
	});
	expect(await rotations.start(request("a"))).toEqual({ state: "started" });
});

test("an accepted start of which nothing is ever seen is an outage", async () => {
	const durable = fakeClient();
	durable.onStart(() => durable.forget("db-password"));
	const outage = expect.objectContaining({ code: "durable-unavailable", transient: true });
	await expect(durableRotations(durable.client).start(request("a"))).rejects.toEqual(outage);
});

test("the status that an earlier run left is not taken for that of the one that runs", async () => {
	const durable = fakeClient();
	const rotations = durableRotations(durable.client);
	await rotations.start(request("b"));
	durable.instance("db-password")!.customStatus = { rotationId: "db-password.a", outcome: "completed", steps: [] };
	expect(await rotations.running("db-password")).toMatchObject({
		rotationId: "db-password.b",
		now: "waiting to begin",
	});
});

test.each(["Pending", "Suspended"])(
	"one that is %s runs: it is shown, and no other one starts",
	async (runtimeStatus) => {
		const durable = fakeClient();
		const rotations = durableRotations(durable.client);
		await rotations.start(request("a"));
		durable.instance("db-password")!.runtimeStatus = runtimeStatus;
		expect(await rotations.running("db-password")).toMatchObject({ rotationId: "db-password.a" });
		expect(await rotations.start(request("b"))).toMatchObject({ state: "already-running" });
		expect(durable.started()).toMatchObject([{ rotationId: "db-password.a" }]);
	},
);

test.each(["Completed", "Failed", "Terminated", "Canceled"])(
	"after one that is %s another starts",
	async (runtimeStatus) => {
		const durable = fakeClient();
		const rotations = durableRotations(durable.client);
		await rotations.start(request("a"));
		durable.instance("db-password")!.runtimeStatus = runtimeStatus;
		expect(await rotations.running("db-password")).toBeUndefined();
		expect(await rotations.start(request("b", { kind: "deliver" }))).toEqual({ state: "started" });
		expect(durable.started()).toMatchObject([{ orchestrator: "deliver", rotationId: "db-password.b" }]);
	},
);

test("a start whose answer was lost is a start, not a duplicate of itself", async () => {
	const durable = fakeClient();
	durable.loseAnswers();
	expect(await durableRotations(durable.client).start(request("a"))).toEqual({ state: "started" });
});

test('an outage is a transient fault of ours, never "nothing runs"', async () => {
	const durable = fakeClient();
	durable.cut();
	const rotations = durableRotations(durable.client);
	const outage = expect.objectContaining({ code: "durable-unavailable", transient: true });
	await expect(rotations.start(request("a"))).rejects.toEqual(outage);
	await expect(rotations.running("db-password")).rejects.toEqual(outage);
});

test("before its first turn a rotation's status is made of its request", async () => {
	const durable = fakeClient();
	const rotations = durableRotations(durable.client);
	await rotations.start(request("a", { reason: "leaked", actor: { kind: "operator", id: "o", appId: "p" } }));
	expect(await rotations.running("db-password")).toEqual({
		rotationId: "db-password.a",
		secret: "db-password",
		kind: "rotate",
		requestedBy: { kind: "operator", id: "o", appId: "p" },
		requestedAt: "2026-06-01T06:00:00.000Z",
		reason: "leaked",
		now: "waiting to begin",
		steps: [],
	});
});

test("a delivery adds its steps while it is under way, and none once it is over", async () => {
	const durable = fakeClient();
	const rotations = durableRotations(durable.client);
	const rotation = request("a");
	await rotations.start(rotation);
	const workload = "Deployment titanic-api/titanic-api";
	const delivery = {
		workload,
		delivered: false,
		pods: [],
		steps: [{ name: "deliver", ms: 7 }],
		now: "Watching the rollout",
	};
	const tell = (status: object) => {
		durable.instance("db-password")!.customStatus = { rotationId: rotation.rotationId, ...status };
	};
	durable.deliver(deliveryIdOf(rotation.rotationId, 0), delivery);

	tell({ steps: [{ name: "plan", ms: 1 }], consumers: [{ workload, delivered: false, pods: [] }] });
	expect(await rotations.running("db-password")).toMatchObject({
		steps: [{ name: "plan" }, { name: "deliver" }],
		now: "Watching the rollout",
	});

	const steps = [{ name: "plan" }, { name: "deliver" }, { name: "roll" }];
	const problem = { code: "rollout-failed", message: "It failed.", next: "Look." };
	for (const end of [{ delivered: true }, { delivered: false, problem }]) {
		tell({ steps, consumers: [{ workload, pods: [], ...end }] });
		expect((await rotations.running("db-password"))?.steps).toEqual(steps);
	}
});

test("a delivery that is over is shown as the rotation knows it, while others are under way", async () => {
	const durable = fakeClient();
	const rotations = durableRotations(durable.client);
	const rotation = request("a");
	await rotations.start(rotation);
	const [first, second] = ["Deployment a/first", "Deployment a/second"].map((workload) => ({
		...{ workload, delivered: false, pods: [] },
	}));
	const consumers = [{ ...first, delivered: true }, second];
	durable.instance("db-password")!.customStatus = { rotationId: rotation.rotationId, steps: [], consumers };
	durable.deliver(deliveryIdOf(rotation.rotationId, 0), { ...first, now: "Waiting for each pod's proof" });
	durable.deliver(deliveryIdOf(rotation.rotationId, 1), { ...second, now: "Watching the rollout" });
	expect((await rotations.running("db-password"))?.consumers).toEqual([
		consumers[0],
		{ ...second, now: "Watching the rollout" },
	]);
});

test("an unknown secret has nothing running", async () => {
	expect(await durableRotations(fakeClient().client).running("db-password")).toBeUndefined();
});

describe("of a secret whose instance an earlier version called otherwise", () => {
	const secret = "x".repeat(119);
	const asked = (nth: number, changes: Changes = {}) =>
		request("", { secret, rotationId: `${secret}.00000000-0000-4000-8000-00000000000${nth}`, ...changes });
	function upgraded(runtimeStatus = "Running") {
		const durable = fakeClient();
		const { rotationId } = asked(1);
		const status = { rotationId, secret, now: "Waiting for 1 consumer", steps: [{ name: "plan", ms: 1 }] };
		durable.former(asked(1), { runtimeStatus, customStatus: status });
		return { durable, rotations: durableRotations(durable.client), status };
	}

	test("one that runs keeps another from starting, and is the one that is shown", async () => {
		const { durable, rotations, status } = upgraded();
		const { rotationId } = status;
		expect(await rotations.start(asked(2))).toEqual({
			state: "already-running",
			rotationId,
			kind: "rotate",
			covers: true,
		});
		expect(await rotations.start(asked(3, { seenVersion: "0".repeat(32), force: true }))).toMatchObject({
			covers: false,
		});
		expect(await rotations.running(secret)).toEqual(status);
		expect(await rotations.latest(secret)).toEqual(status);
		expect(durable.ids()).toEqual([`rotate-${secret}`]);
	});

	test("one that is over is shown until there is a newer one, which has a shorter id", async () => {
		const { durable, rotations, status } = upgraded("Terminated");
		expect(await rotations.running(secret)).toBeUndefined();
		expect(await rotations.latest(secret)).toEqual(status);
		expect(await rotations.start(asked(2))).toEqual({ state: "started" });
		expect(await rotations.latest(secret)).toMatchObject({ rotationId: asked(2).rotationId });
		expect(durable.ids()).toEqual([`rotate-${secret}`, instanceIdOf(secret)]);
		expect(instanceIdOf(secret)).toHaveLength(100);
	});

	test("an outage of the list is an outage, and no id is asked for that the back end may not take", async () => {
		const { durable, rotations } = upgraded();
		await rotations.running(secret);
		expect(durable.asked().filter((id) => id.length > 100)).toEqual([]);
		durable.cut();
		const outage = expect.objectContaining({ code: "durable-unavailable", transient: true });
		await expect(rotations.start(asked(2))).rejects.toEqual(outage);
	});
});

const retrying = (step: string, attempt: number) => ({
	step,
	attempt,
	code: "vault-unreachable",
	message: "Vault main cannot be reached.",
	next: "Wait.",
	nextTryAt: "2026-06-01T06:05:00.000Z",
});

test("what waits for its next try is tried now: the rotation's own step, and that of each delivery under way", async () => {
	const durable = fakeClient();
	const rotations = durableRotations(durable.client);
	await rotations.tryNow("db-password");
	await rotations.start(request("a"));
	await rotations.tryNow("db-password");
	expect(durable.raised).toEqual([]);

	const running = { rotationId: "db-password.a", secret: "db-password", steps: [] };
	const instance = durable.instance("db-password")!;
	Object.assign(instance, { runtimeStatus: "Running", customStatus: { ...running, retrying: retrying("switch", 7) } });
	await rotations.tryNow("db-password");
	expect(durable.raised).toEqual(["try-switch-7 to rotate-db-password"]);

	const consumers = ["Deployment a/one", "Deployment a/two"].map((workload) => ({
		workload,
		delivered: false,
		pods: [],
	}));
	instance.customStatus = { ...running, consumers };
	durable.deliver(deliveryIdOf("db-password.a", 1), { ...consumers[1], retrying: retrying("roll", 2) });
	await rotations.tryNow("db-password");
	expect(durable.raised.slice(1)).toEqual(["try-roll-2 to deliver-db-password.a-1"]);

	instance.runtimeStatus = "Completed";
	await rotations.tryNow("db-password");
	expect(durable.raised).toHaveLength(2);
});
