import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Fault } from "../../src/lib/domain/fault.ts";
import { Password } from "../../src/lib/domain/password.ts";
import type { RollMark } from "../../src/lib/domain/workload.ts";
import { pathNames } from "../../src/lib/paths/index.ts";
import type { Published } from "../../src/lib/ports/delivery-path.ts";
import { eventually } from "../integration/agents/eventually.ts";
import { fakeCluster } from "../support/fake-cluster.ts";
import { clusters } from "./support/clusters.ts";
import { intent } from "./support/intent.ts";
import { type Place, places } from "./support/places.ts";
import { vaultName } from "./support/scene.ts";

// What the rotation relies on, whichever cluster is behind it; the fake passes it too.

type World = AsyncDisposable & { place(): Promise<Place> };

const fake = {
	title: "the fake",
	async open(): Promise<World> {
		const cluster = fakeCluster();
		return {
			async place(): Promise<Place> {
				const name = { namespace: randomUUID(), name: "titanic-api" };
				const deployment = cluster.deploy(name, { copyLooks: Number.POSITIVE_INFINITY });
				const delivery = { path: "csi-driver", secretProviderClass: "titanic-kv-secrets" } as const;
				const consumer = { cluster: "titanic-aks", kind: "Deployment", ...name, delivery } as const;
				return {
					...cluster,
					consumer,
					set: async (change) => void Object.assign(deployment, change),
					remove: async () => cluster.remove(name),
					replaceTemplate: async () => void delete deployment.mark,
					template: async () => String(deployment.generation),
					async sync(values) {
						deployment.copyLooks = 0;
						await cluster.path.copy(consumer, values);
						deployment.copyLooks = Number.POSITIVE_INFINITY;
					},
					work: async () => undefined,
				};
			},
			[Symbol.asyncDispose]: async () => undefined,
		};
	},
};

const real = pathNames.flatMap((path) =>
	clusters.map(({ title, open }) => ({
		title: `${path} and ${title}`,
		async open(): Promise<World> {
			const stage = await open();
			const made: Place[] = [];
			return {
				async place() {
					const place = await places[path](stage);
					made.push(place);
					return place;
				},
				async [Symbol.asyncDispose]() {
					for (const place of made) await place.end?.();
					await stage[Symbol.asyncDispose]();
				},
			};
		},
	})),
);

const at = "2026-07-01T12:00:00.000Z";
const mark: RollMark = {
	secret: "titanic-kv/db-password",
	rotationId: "db-password.1",
	round: 1,
	version: "2".repeat(32),
	contents: "2222222222222222",
	at,
};
const credential = (version: string): Published[] => [
	{ vault: "main", secret: "db-password", version: version.repeat(32), value: new Password(`password-${version}`) },
];
const [before, after] = [credential("1"), credential("2")];

describe.each([fake, ...real])("A delivery on $title", ({ open }) => {
	let world: World;
	beforeAll(async () => {
		world = await open();
	}, 90_000);
	afterAll(async () => {
		await world?.[Symbol.asyncDispose]();
	});

	const done = ({ workloads, consumer, work }: Place, rolled = mark) =>
		eventually(async () => {
			await work(after);
			const state = await workloads.rollout(consumer, rolled);
			if (state.state !== "done") throw new Error(`${state.state}: ${JSON.stringify(state)}`);
			return state.pods;
		});

	test("goes from a stale copy to pods that all prove the new version", async () => {
		const place = await world.place();
		const { workloads, path, consumer } = place;
		expect(await workloads.refusal(consumer)).toBeUndefined();
		expect(await path.refusal(consumer, [{ vaultName, secret: "db-password" }])).toBeUndefined();
		await place.sync(before);
		expect(await path.copy(consumer, after)).toMatchObject({ state: "stale", waitingFor: expect.any(String) });
		await place.sync(after);
		expect(await path.copy(consumer, after)).toMatchObject({ state: "current" });
		await workloads.roll(intent, consumer, mark);
		expect(await workloads.rollout(consumer, mark)).toMatchObject({ state: "progressing" });
		const pods = await done(place);
		expect(pods).toHaveLength(2);
		const proofs = await path.prove(consumer, pods, after, [{ since: at }]);
		expect(proofs).toMatchObject(
			pods.map(({ name }) => ({ pod: name, ready: true, proved: true, version: after[0]?.version })),
		);
		expect(proofs.filter(({ detail }) => detail !== undefined)).toEqual([]);
	});

	test("proves nothing by a pod of another version, of an earlier start, or after the old value came back", async () => {
		const place = await world.place();
		const { workloads, path, consumer } = place;
		await place.sync(before);
		await place.sync(after);
		await workloads.roll(intent, consumer, mark);
		const pods = await done(place);
		const proved = async (published: Published[], since = at) =>
			(await path.prove(consumer, pods, published, [{ since }])).map((proof) => proof.proved);
		expect(await proved(after)).toEqual([true, true]);
		expect(await proved(credential("3"))).toEqual([false, false]);
		const startsCount = !place.provesByContent;
		expect(await proved(after, "2999-01-01T00:00:00.000Z")).toEqual([!startsCount, !startsCount]);
		await place.sync(before);
		expect(await proved(after)).toEqual([false, false]);
	});

	test("rolls once for the same mark, and again for the next round", async () => {
		const place = await world.place();
		const { workloads, consumer } = place;
		const before = await place.template();
		await workloads.roll(intent, consumer, mark);
		const rolled = await place.template();
		expect(rolled).not.toBe(before);
		await workloads.roll(intent, consumer, { ...mark, at: "2026-07-01T12:09:00.000Z" });
		expect(await place.template()).toBe(rolled);
		const pods = await done(place);
		const second = { ...mark, round: 2 };
		await workloads.roll(intent, consumer, second);
		expect(await place.template()).not.toBe(rolled);
		const names = pods.map(({ name }) => name);
		for (const { name } of await done(place, second)) expect(names).not.toContain(name);
	});

	test("tells by which roll these very versions came, and another secret's roll changes nothing of it", async () => {
		const { workloads, consumer, replaceTemplate } = await world.place();
		expect(await workloads.rollOf(consumer, mark)).toBeUndefined();
		await workloads.roll(intent, consumer, mark);
		const own = { rotationId: mark.rotationId, round: 1, version: mark.version };
		expect(await workloads.rollOf(consumer, mark)).toMatchObject(own);
		expect(await workloads.rollOf(consumer, { ...mark, contents: "3333333333333333" })).toBeUndefined();
		// its clock was read before: it came late, because its first try met a conflict
		const other = {
			...mark,
			secret: "titanic-kv/flask-key",
			rotationId: "flask-key.1",
			at: "2026-07-01T11:59:00.000Z",
		};
		await workloads.roll(intent, consumer, other);
		expect(await workloads.rollOf(consumer, mark)).toMatchObject(own);
		expect((await workloads.rollout(consumer, mark)).state).not.toBe("failed");
		expect((await workloads.rollout(consumer, other)).state).not.toBe("failed");
		await replaceTemplate();
		expect(await workloads.rollOf(consumer, mark)).toBeUndefined();
	});

	test("does not start on a workload that is paused, empty or missing", async () => {
		const { workloads, path, consumer, set, remove } = await world.place();
		await set({ paused: true });
		expect(await workloads.refusal(consumer)).toMatchObject({ code: "workload-paused" });
		await expect(workloads.roll(intent, consumer, mark)).rejects.toMatchObject({ code: "workload-paused" });
		await set({ paused: false, replicas: 0 });
		expect(await workloads.refusal(consumer)).toMatchObject({ code: "workload-empty" });
		await remove();
		expect(await workloads.refusal(consumer)).toMatchObject({ code: "workload-missing" });
		expect(await path.refusal(consumer, [{ vaultName, secret: "db-password" }])).toMatchObject({
			code: "workload-missing",
		});
		await expect(workloads.rollout(consumer, mark)).rejects.toMatchObject({ code: "workload-missing" });
	});

	test("has failed when the workload is paused or its template replaced after the roll", async () => {
		const { workloads, consumer, set, replaceTemplate } = await world.place();
		await workloads.roll(intent, consumer, mark);
		await set({ paused: true });
		expect(await workloads.rollout(consumer, mark)).toMatchObject({
			state: "failed",
			fault: { code: "workload-paused" },
		});
		await set({ paused: false });
		await replaceTemplate();
		expect(await workloads.rollout(consumer, mark)).toMatchObject({
			state: "failed",
			fault: { code: "rollout-failed" },
		});
	});
});

describe("The fake cluster", () => {
	const ref = { cluster: "titanic-aks", namespace: "titanic-api", kind: "Deployment", name: "titanic-api" } as const;
	const consumer = { ...ref, delivery: { path: "csi-driver", secretProviderClass: "titanic-kv-secrets" } } as const;

	test("dies after its roll when a hook throws, and the roll has taken effect", async () => {
		const seen: string[] = [];
		const after = () => {
			throw new Error("killed");
		};
		const cluster = fakeCluster({ hooks: { before: (effect) => void seen.push(effect), after } });
		const deployment = cluster.deploy(ref);
		await expect(cluster.workloads.roll(intent, ref, mark)).rejects.toThrow("killed");
		expect(seen).toEqual(["roll Deployment titanic-api/titanic-api"]);
		expect(deployment.mark).toEqual(mark);
	});

	test("takes as many looks as it is told, and can get stuck", async () => {
		const { workloads, path, deploy } = fakeCluster();
		const deployment = deploy(ref, { copyLooks: 2, rolloutLooks: 2 });
		const copies = [];
		for (let look = 0; look < 3; look++) copies.push((await path.copy(consumer, after)).state);
		expect(copies).toEqual(["stale", "stale", "current"]);
		await workloads.roll(intent, ref, mark);
		const rollouts = [];
		for (let look = 0; look < 3; look++) rollouts.push((await workloads.rollout(ref, mark)).state);
		expect(rollouts).toEqual(["progressing", "progressing", "done"]);
		deployment.stuck = "ProgressDeadlineExceeded";
		expect(await workloads.rollout(ref, mark)).toMatchObject({ fault: { code: "rollout-failed" } });
	});

	test("writes the old value back when it is told to, and fails every call in an outage", async () => {
		const cluster = fakeCluster();
		const deployment = cluster.deploy(ref);
		await cluster.path.copy(consumer, before);
		await cluster.path.copy(consumer, after);
		deployment.writeBack();
		deployment.copyLooks = 1;
		expect(await cluster.path.copy(consumer, after)).toMatchObject({ state: "stale" });
		cluster.outage = new Fault("cluster-unreachable", { cluster: "titanic-aks", detail: "ECONNREFUSED" });
		await expect(cluster.workloads.refusal(ref)).rejects.toBe(cluster.outage);
	});
});
