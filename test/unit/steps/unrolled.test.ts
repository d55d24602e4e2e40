// A whole rotation of a workload that nobody restarts: its pods read their files again.

import { describe, expect, test } from "@jest/globals";
import { rotationWorld } from "../../support/rotation-world.ts";

function worldWith(change: object = {}, options: Parameters<typeof rotationWorld>[0] = {}) {
	const world = rotationWorld(options);
	const [consumer] = world.config.secrets["db-password"].consumers;
	Object.assign(consumer!, { roll: "none", ...change });
	Object.assign(consumer!.delivery, { pollSeconds: 60 });
	return world;
}

const operator = { kind: "operator", id: "me" } as const;
const told = (world: ReturnType<typeof worldWith>, step: string) =>
	world.audit.records.filter(({ data }) => data.step === step && data.phase === "outcome").map(({ data }) => data);

describe("with roll: none", () => {
	test("every pod has the new version and no pod is another one, and what was not seen is not claimed", async () => {
		const world = worldWith();
		const before = world.deployment.pods.map(({ uid }) => uid);
		const { result } = await world.run(world.request());
		expect(result).toMatchObject({ outcome: "completed", consumers: [{ delivered: true }] });
		expect(world.deployment.pods.map(({ uid }) => uid)).toEqual(before);
		for (const pod of world.deployment.pods)
			expect(pod.mounted.get("db-password")?.value.reveal()).toBe(world.live().value);
		expect(result.consumers?.[0]?.pods).toHaveLength(before.length);
		for (const pod of result.consumers?.[0]?.pods ?? [])
			expect(pod).toMatchObject({ proved: true, provedBy: "file", version: result.version });
		expect(world.effects.filter((effect) => effect.startsWith("roll"))).toEqual([]);
		expect(told(world, "roll")).toMatchObject([{ status_code: "not-rolled" }]);
		expect(told(world, "verify").at(-1)).toMatchObject({
			status_code: "proved",
			message: expect.stringContaining("no session was seen"),
		});
	});

	test("both steps of a key with fallbacks reach pods that go on", async () => {
		const world = worldWith({}, { value: "keys" });
		const before = world.deployment.pods.map(({ uid }) => uid);
		const { result } = await world.run(world.request({ force: true, actor: operator }));
		expect(result).toMatchObject({ outcome: "completed", consumers: [{ delivered: true }] });
		expect(world.deployment.pods.map(({ uid }) => uid)).toEqual(before);
		for (const pod of world.deployment.pods)
			expect(pod.mounted.get("db-password")?.value.reveal()).toBe(world.live().value);
	});

	test("a pod that never gets the file is named, and nothing is rolled for it", async () => {
		const world = worldWith();
		world.ports.deliveryPath = async () => ({
			...world.cluster.path,
			prove: async (_, pods) =>
				pods.map(({ name }, at) => ({ pod: name, ready: true, proved: at === 0, detail: "mounted at version old" })),
		});
		const { result } = await world.run(world.request({ force: true, actor: operator }));
		expect(result).toMatchObject({
			outcome: "published-not-delivered",
			problem: { code: "pod-stale", message: expect.stringContaining("titanic-api-2") },
		});
		expect(world.effects.filter((effect) => effect.startsWith("roll"))).toEqual([]);
	});

	test("pods that do not get ready are named when time is up, without a word of a rollout", async () => {
		const world = worldWith();
		Object.assign(world.deployment, { pods: world.deployment.pods.map((pod) => ({ ...pod, ready: false })) });
		const { result } = await world.run(world.request());
		expect(result).toMatchObject({
			problem: { code: "proof-timeout", message: expect.stringContaining("to be ready") },
		});
		expect(result.problem?.message).not.toContain("rollout");
	});

	test("a copy that was old again is waited for once more", async () => {
		const world = worldWith();
		let isDisturbed = false;
		const before = world.live().version;
		const { prove } = world.cluster.path;
		world.ports.deliveryPath = async () => ({
			...world.cluster.path,
			async prove(...asked) {
				const found = await prove(...asked);
				if (isDisturbed || world.live().version === before) return found;
				isDisturbed = true;
				world.deployment.writeBack();
				return found.map((one) => ({ ...one, proved: false, detail: "not yet" }));
			},
		});
		const { result } = await world.run(world.request());
		expect(result).toMatchObject({ outcome: "completed" });
		expect(told(world, "deliver").filter(({ status_code }) => status_code === "copy-current")).toHaveLength(2);
		for (const pod of world.deployment.pods)
			expect(pod.mounted.get("db-password")?.value.reveal()).toBe(world.live().value);
	});

	test("a paused workload is no obstacle: nothing of it is changed", async () => {
		const world = worldWith();
		world.deployment.paused = true;
		expect((await world.run(world.request())).result).toMatchObject({ outcome: "completed" });
	});

	test("one without pods is refused", async () => {
		const world = worldWith();
		world.deployment.replicas = 0;
		expect((await world.run(world.request())).result).toMatchObject({ outcome: "refused", code: "workload-empty" });
	});

	test("files that come later than the delivery would wait are refused, and nothing is changed", async () => {
		const world = worldWith({ rolloutTimeoutSeconds: 100 });
		world.deployment.pollSeconds = 101;
		const { result } = await world.run(world.request());
		expect(result).toMatchObject({
			outcome: "refused",
			code: "renewed-too-late",
			problem: { message: expect.stringContaining("only after 101 s, and its rolloutTimeoutSeconds is 100") },
		});
		expect(await world.agreement()).toMatchObject({ liveLogsIn: true, isNew: false });
		// A restart does not wait for files.
		const rolled = worldWith({ rolloutTimeoutSeconds: 100, roll: undefined });
		rolled.deployment.pollSeconds = 101;
		expect((await rolled.run(rolled.request())).result).toMatchObject({ outcome: "completed" });
	});

	test("a dry run shows no restart, and requests that fail until the file is there", async () => {
		const world = worldWith({ application: {} });
		world.deployment.pollSeconds = 60;
		const { result } = await world.run(world.request({ dryRun: true }));
		expect(result.plan?.workloads).toMatchObject([{ restarts: 0, exposureSeconds: 61 }]);
		expect(result.exposure?.consumers?.[0]).toMatchObject({
			newLoginsSeconds: 61,
			assumed: expect.arrayContaining([expect.stringContaining("by itself (roll: none)")]),
		});
		expect(result.plan?.checks).toContainEqual({
			check: "Deployment titanic-api/titanic-api has pods that can be asked.",
			result: "passed",
		});
		const turns = worldWith({}, { value: "turns" });
		const shown = (await turns.run(turns.request({ dryRun: true }))).result;
		expect(shown.exposure?.expectedSeconds).toBe(0);
	});
});
