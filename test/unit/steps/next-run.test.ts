// A whole rotation of what runs by a schedule: nothing is rolled, runs that are under way are waited for, and a later one proves.

import { describe, expect, test } from "@jest/globals";
import { durableRotations } from "../../../src/lib/adapters/durable/rotations.ts";
import type { PodFact } from "../../../src/lib/domain/workload.ts";
import { startedWithin } from "../../../src/lib/paths/copies.ts";
import type { Runs } from "../../../src/lib/ports/workload.ts";
import { rotationWorld } from "../../support/rotation-world.ts";
import { sweep } from "../../support/sweep.ts";
import { fakeClient } from "../triggers/world.ts";

const id = "db-password";
const minute = 60_000;

function scheduled(options: Parameters<typeof rotationWorld>[0] = {}) {
	const world = rotationWorld(options);
	const [consumer] = world.config.secrets[id].consumers;
	Object.assign(consumer!, { kind: "CronJob" });
	const cluster: { pods: PodFact[]; runs: Runs; rolls: number } = {
		pods: [],
		runs: { isSuspended: false, completed: [] },
		rolls: 0,
	};
	world.ports.workloads = async () => ({
		...world.cluster.workloads,
		rolls: () => false,
		runs: async () => cluster.runs,
		pods: async () => cluster.pods,
		stuck: async () => undefined,
		async roll() {
			cluster.rolls++;
		},
	});
	world.ports.deliveryPath = async () => ({
		...world.cluster.path,
		prove: async (_, pods, published, windows) =>
			pods.map((pod) =>
				startedWithin(pod, windows)
					? { pod: pod.name, ready: pod.ready, proved: true, version: published[0]!.version }
					: { pod: pod.name, ready: pod.ready, proved: false, detail: `started at ${pod.startedAt}` },
			),
	});
	const run = (name: string, startedAt = world.now()): PodFact => ({
		...{ name, uid: `uid-${name}`, ready: true },
		startedAt: startedAt.toISOString(),
	});
	const told = (step: string) =>
		world.audit.records.filter(({ data }) => data.step === step && data.phase === "outcome").map(({ data }) => data);
	const durable = fakeClient();
	const silent = { log: () => {}, warn: () => {}, tell: () => {} };
	let sweeps = 0;
	const swept = async () => {
		const rotations = durableRotations(durable.client);
		return (await sweep({ ports: world.ports, rotations, attempt: `sweep-${++sweeps}`, ...silent })).secrets[0];
	};
	return { world, cluster, run, told, swept, durable };
}

describe("a workload that runs by a schedule", () => {
	test("has no pods between its runs: the next one reads the version, and nothing else is claimed", async () => {
		const { world, cluster, told } = scheduled();
		const { result } = await world.run(world.request());
		expect(result).toMatchObject({
			outcome: "completed",
			consumers: [{ delivered: false, awaits: "next-run", pods: [] }],
		});
		expect(result.consumers?.[0]).not.toHaveProperty("problem");
		expect(result.exposure).not.toHaveProperty("measuredSeconds");
		expect(cluster.rolls).toBe(0);
		expect(told("roll")).toMatchObject([{ status_code: "not-rolled" }]);
		expect(told("verify")).toMatchObject([{ status_code: "next-run" }]);
		expect(await world.agreement()).toMatchObject({ liveLogsIn: true, isNew: true });
	});

	test("that is suspended is told as that, and not refused", async () => {
		const { world, cluster, told } = scheduled();
		cluster.runs = { isSuspended: true, completed: [] };
		const { result } = await world.run(world.request());
		expect(result).toMatchObject({ outcome: "completed", consumers: [{ delivered: false, awaits: "resumption" }] });
		expect(told("verify").at(-1)).toMatchObject({ message: "Its schedule is suspended." });
	});

	test("is warned of in the plan while it runs, because with one user that run opens no new session", async () => {
		const { world, cluster, run } = scheduled();
		cluster.pods = [run("report-1", new Date(world.now().getTime() - minute))];
		const { result } = await world.run(
			world.request({ dryRun: true, force: true, actor: { kind: "operator", id: "me" } }),
		);
		expect(result.plan?.checks).toContainEqual(
			expect.objectContaining({
				code: "run-under-way",
				result: "warned",
				message: expect.stringContaining("(report-1)"),
			}),
		);
		expect(result.plan?.workloads).toMatchObject([{ restarts: 0 }]);
		const turns = scheduled({ value: "turns" });
		turns.cluster.pods = [turns.run("report-1", new Date(world.now().getTime() - minute))];
		const calm = await turns.world.run(turns.world.request({ dryRun: true }));
		expect(JSON.stringify(calm.result.plan)).not.toContain("run-under-way");
	});

	test("is waited for while a run of before goes on, and has proved nothing when that has ended", async () => {
		const { world, cluster, run } = scheduled();
		cluster.pods = [run("report-1", new Date(world.now().getTime() + 1000))];
		world.onEffect((effect) => {
			if (effect.startsWith("setPassword"))
				world.atTime(200, () => {
					cluster.pods = [];
				});
		});
		const begun = world.now().getTime();
		const { result } = await world.run(world.request());
		expect(result).toMatchObject({ outcome: "completed", consumers: [{ delivered: false, awaits: "next-run" }] });
		expect(world.now().getTime() - begun).toBeGreaterThanOrEqual(200_000);
	});

	test("is proved by a run that has begun since, beside no older one", async () => {
		const { world, cluster, run } = scheduled();
		world.onEffect((effect) => {
			if (!effect.startsWith("setPassword")) return;
			world.atTime(60, () => {
				cluster.pods = [run("report-2")];
			});
		});
		cluster.pods = [run("report-1", new Date(world.now().getTime() + 1000))];
		const { result } = await world.run(world.request());
		expect(result).toMatchObject({
			outcome: "completed",
			consumers: [{ delivered: true, pods: [{ pod: "report-2", proved: true, version: result.version }] }],
		});
	});

	test("whose run does not end in time is named with it, and nothing of it is ended", async () => {
		const { world, cluster, run } = scheduled();
		cluster.pods = [run("report-1", new Date(world.now().getTime() + 1000))];
		const { result } = await world.run(world.request());
		expect(result).toMatchObject({
			outcome: "published-not-delivered",
			problem: {
				code: "run-not-over",
				message: expect.stringMatching(
					/A run of CronJob titanic-api\/titanic-api .* after 9\d\d s: pod report-1, started at/,
				),
			},
		});
		expect(cluster.pods).toHaveLength(1);
	});
});

describe("after a rotation whose next run is awaited, the sweep", () => {
	async function awaiting() {
		const scene = scheduled();
		const { result } = await scene.world.run(scene.world.request());
		expect(result.consumers).toMatchObject([{ awaits: "next-run" }]);
		scene.world.pass(60 * minute);
		const record = async () => (await scene.world.records.rotation(result.rotationId))?.consumers?.[0];
		return { ...scene, result, record };
	}

	test("leaves it as it is while none has begun since", async () => {
		const { swept, record, cluster, result } = await awaiting();
		const before = new Date(Date.parse(result.requestedAt) - minute).toISOString();
		cluster.runs = { isSuspended: false, completed: [{ name: "report-0", startedAt: before }] };
		expect(await swept()).toMatchObject({ action: "none", health: { state: "healthy" } });
		expect(await record()).toMatchObject({ delivered: false, awaits: "next-run" });
	});

	test("finds one that began since and ended well, and the record has its proof from then on", async () => {
		const { world, swept, record, cluster, told, result } = await awaiting();
		const startedAt = new Date(world.now().getTime() - 10 * minute).toISOString();
		cluster.runs = { isSuspended: false, completed: [{ name: "report-7", startedAt }] };
		expect(await swept()).toMatchObject({ action: "none" });
		const found = await record();
		expect(found).toMatchObject({
			delivered: true,
			pods: [{ pod: "report-7", proved: true, provedBy: "run", version: result.version }],
		});
		expect(found).not.toHaveProperty("awaits");
		expect(told("verify").at(-1)).toMatchObject({
			status_code: "proved",
			message: `By report-7, which began at ${startedAt} and ended well. It began with the version there; no session of it was seen, so that it has logged in is its own word.`,
		});
		const looks = told("verify").length;
		await swept();
		expect(told("verify")).toHaveLength(looks);
	});

	test("takes no run for a proof while the copy has another value again", async () => {
		const { world, swept, record, cluster } = await awaiting();
		const startedAt = new Date(world.now().getTime() - 10 * minute).toISOString();
		cluster.runs = { isSuspended: false, completed: [{ name: "report-7", startedAt }] };
		world.deployment.writeBack();
		world.deployment.copyLooks = Number.POSITIVE_INFINITY;
		await swept();
		expect(await record()).toMatchObject({ delivered: false, awaits: "next-run" });
		world.deployment.copyLooks = 0;
		await swept();
		expect(await record()).toMatchObject({ delivered: true, pods: [{ pod: "report-7", provedBy: "run" }] });
	});

	test("finds one that is under way, by its pod's own proof", async () => {
		const { world, swept, record, cluster, run } = await awaiting();
		cluster.pods = [run("report-8", new Date(world.now().getTime() - minute))];
		await swept();
		expect(await record()).toMatchObject({ delivered: true, pods: [{ pod: "report-8", proved: true }] });
	});
});
