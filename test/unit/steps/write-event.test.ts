import { afterEach, beforeEach, expect, jest, test } from "@jest/globals";
import { Fault } from "../../../src/lib/domain/fault.ts";
import type { Notice } from "../../../src/lib/domain/notice.ts";
import type { RotationStatus } from "../../../src/lib/domain/rotation.ts";
import { writeEvent } from "../../../src/lib/steps/write-event.ts";
import { rotationWorld } from "../../support/rotation-world.ts";

const notices: Notice[] = [];
const run = { attempt: "a", tell: (notice: Notice) => void notices.push(notice) };
beforeEach(() => void notices.splice(0));
afterEach(() => void jest.useRealTimers());

const forbidden = new Fault("cluster-forbidden", { cluster: "titanic-aks", right: "create events" });

async function input(world: ReturnType<typeof rotationWorld>) {
	const { config } = await world.ports.configuration();
	const consumer = config.secrets["db-password"]!.consumers[0]!;
	return {
		rotationId: "db-password.00000000-0000-4000-8000-000000000001",
		secret: "db-password",
		actor: { kind: "timer" as const },
		consumer,
		published: [{ secret: "db-password", version: "0123456789abcdef0123456789abcdef" }],
		delivery: 1,
		happening: { is: "started" as const },
	};
}

test("an Event is written on the workload; written again, it is the same one", async () => {
	const world = rotationWorld();
	for (let times = 0; times < 2; times++)
		expect(await writeEvent(world.ports, await input(world), run)).toEqual({ code: "event-written" });
	expect([...world.deployment.events.values()]).toMatchObject([
		{ reason: "SecretRotationStarted", message: "Delivering version 01234567 of secret db-password." },
	]);
	expect(notices).toEqual([]);
});

test("a cluster that refuses it is told in the app's log, and nothing is thrown", async () => {
	const world = rotationWorld();
	world.cluster.outage = forbidden;
	expect(await writeEvent(world.ports, await input(world), run)).toEqual({ code: "event-lost" });
	expect(notices).toMatchObject([
		{ event: "fault", step: "writeEvent", code: "cluster-forbidden", secret: "db-password" },
	]);
});

test("a cluster that cannot be named any more, too", async () => {
	const world = rotationWorld();
	const ports = { ...world.ports, workloads: () => Promise.reject(new Error("no such cluster")) };
	expect(await writeEvent(ports, await input(world), run)).toEqual({ code: "event-lost" });
	expect(notices).toMatchObject([{ code: "internal-error" }]);
});

test("a cluster that does not answer is waited for two seconds, and what it says later is nobody's matter", async () => {
	const world = rotationWorld();
	const given = await input(world);
	jest.useFakeTimers();
	let fail = (_: Error) => {};
	const silent = new Promise<never>((_, reject) => {
		fail = reject;
	});
	const workloads = { ...world.cluster.workloads, writeEvent: () => silent };
	let ended: object | undefined;
	const ending = writeEvent({ ...world.ports, workloads: async () => workloads }, given, run).then((end) => {
		ended = end;
	});
	await jest.advanceTimersByTimeAsync(1_999);
	expect(ended).toBeUndefined();
	await jest.advanceTimersByTimeAsync(1);
	await ending;
	expect(ended).toEqual({ code: "event-lost" });
	expect(notices).toMatchObject([{ code: "cluster-unreachable" }]);
	fail(forbidden);
});

test("an Event that was written leaves no timer behind", async () => {
	const world = rotationWorld();
	const given = await input(world);
	jest.useFakeTimers();
	await writeEvent(world.ports, given, run);
	expect(jest.getTimerCount()).toBe(0);
});

/** A rotation of a workload whose Events are asked for. */
function asking(events = true) {
	const world = rotationWorld();
	Object.assign(world.config.secrets["db-password"].consumers[0]!, { events });
	const told = () => [...world.deployment.events.values()].map(({ reason }) => reason);
	return { world, told };
}

test("a rotation says when its delivery begins, and when every pod has proved the version", async () => {
	const { world, told } = asking();
	const { result } = await world.run(world.request(), "replayed");
	expect(result.outcome).toBe("completed");
	expect(told()).toEqual(["SecretRotationStarted", "SecretRotationDelivered"]);
});

test("a delivery that looks more often than one history holds says each thing once, and is asked once", async () => {
	const { world, told } = asking();
	// Each 40 looks begin a history of their own.
	Object.assign(world.config.secrets["db-password"].consumers[0]!, { copyTimeoutSeconds: 3600 });
	world.deployment.copyLooks = 130;
	const { workloads } = world.cluster;
	const asked: string[] = [];
	const write = workloads.writeEvent.bind(workloads);
	workloads.writeEvent = async (workload, event) => {
		asked.push(event.reason);
		return write(workload, event);
	};
	const { result } = await world.run(world.request(), "replayed");
	expect(result.outcome).toBe("completed");
	expect(told()).toEqual(["SecretRotationStarted", "SecretRotationDelivered"]);
	expect(asked).toEqual(told());
});

test("a delivery that fails says so with its code", async () => {
	const { world, told } = asking();
	world.deployment.copyLooks = Number.POSITIVE_INFINITY;
	const { result } = await world.run(world.request(), "replayed");
	expect(result.outcome).toBe("published-not-delivered");
	expect(told()).toEqual(["SecretRotationStarted", "SecretRotationFailed"]);
	expect([...world.deployment.events.values()].at(-1)?.message).toContain("(copy-timeout)");
});

test("nothing is written where the configuration does not ask for it", async () => {
	const { world, told } = asking(false);
	await world.run(world.request());
	expect(told()).toEqual([]);
});

test.each([
	["refuses", async () => Promise.reject(forbidden)],
	[
		"fails at",
		async () => Promise.reject(new Fault("cluster-unreachable", { cluster: "titanic-aks", detail: "ECONNRESET" })),
	],
])("a cluster that %s each Event changes neither the outcome nor the steps, and is asked twice", async (_, answer) => {
	const without = asking(false).world;
	const expected = (await without.run(without.request())).result;
	const { world } = asking();
	const asked: string[] = [];
	world.cluster.workloads.writeEvent = async (_workload, { reason }) => {
		asked.push(reason);
		return answer();
	};
	const { result, statuses } = await world.run(world.request());
	const shown = ({ outcome, code, problem, steps, consumers }: typeof result) => ({
		...{ outcome, code, problem },
		steps: steps.map(({ name, failedTries }) => ({ name, failedTries })),
		delivered: consumers?.map(({ delivered }) => delivered),
	});
	expect(shown(result)).toEqual(shown(expected));
	expect(asked).toEqual(["SecretRotationStarted", "SecretRotationDelivered"]);
	expect((statuses as RotationStatus[]).filter(({ retrying }) => retrying)).toEqual([]);
});
