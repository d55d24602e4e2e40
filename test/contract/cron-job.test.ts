// A CronJob: nothing of it is rolled or begun; its runs are seen as the cluster's own controllers make them.

import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { CoreV1Api, type V1CronJob, type V1Job, type V1Pod } from "@kubernetes/client-node";
import { at, type Wire } from "../../packages/kubernetes-api/index.ts";
import type { ClusterClient } from "../../src/lib/adapters/kubernetes/client.ts";
import { workloads as workloadsOf } from "../../src/lib/kinds/workloads.ts";
import { findConsumer, otherRoller } from "../../src/lib/paths/consumer.ts";
import type { Workloads } from "../../src/lib/ports/workload.ts";
import { eventually } from "../integration/agents/eventually.ts";
import { clusters, type Stage } from "./support/clusters.ts";
import { leastPrivilege } from "./support/rbac.ts";

const name = "titanic-report";
const rarely = "0 0 1 1 *";

/** The real control plane that there is to test on may be older than 1.21, whose CronJobs are in another version, and the same. */
let served = "batch/v1";

/** The product's client, which asks for batch/v1. */
function clientOn({ client }: Stage): ClusterClient {
	if (served === "batch/v1") return client;
	const [group = "", version = ""] = served.split("/");
	type Apis = Parameters<Parameters<ClusterClient["call"]>[1]>[0];
	const mapped = (apis: Apis): Apis => {
		const batch = Object.create(apis.batch) as Apis["batch"];
		batch.readNamespacedCronJob = ({ namespace, name: of }) =>
			apis.custom.getNamespacedCustomObject({ group, version, namespace, plural: "cronjobs", name: of });
		return { ...apis, batch };
	};
	return {
		...client,
		call: (target, send) => client.call(target, (apis) => send(mapped(apis))),
		find: (target, send) => client.find(target, (apis) => send(mapped(apis))),
	};
}

async function setCronJob(stage: Stage, spec: object = {}) {
	const { cluster, client, user, admin } = stage;
	const batch = served;
	const namespace = `titanic-${randomUUID().slice(0, 8)}`;
	const path = at(batch, "cronjobs", namespace, name);
	const pod = {
		metadata: { labels: { app: name }, annotations: {} },
		spec: { restartPolicy: "Never", containers: [{ name: "report", image: "titanic-report:1.0.0" }] },
	};
	const jobTemplate = { spec: { backoffLimit: 0, template: pod } };
	await cluster.apply([
		{ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
		...leastPrivilege({ namespace, kind: "CronJob", deployment: name, secrets: [], user }),
		{
			apiVersion: "batch/v1",
			kind: "CronJob",
			metadata: { name, namespace },
			spec: { schedule: rarely, jobTemplate, ...spec },
		},
	]);
	const core = cluster.kubeConfig().makeApiClient(CoreV1Api);
	const consumer = { cluster: client.name, namespace, kind: "CronJob", name };
	const read = () => admin.get<Wire<V1CronJob>>(path);
	const podsOf = async (job: string): Promise<V1Pod[]> =>
		(await core.listNamespacedPod({ namespace, labelSelector: `job-name=${job}` })).items;
	const report = (of: string, phase: string, state: object) =>
		admin.merge(at("v1", "pods", namespace, of, "status"), {
			status: {
				phase,
				conditions: [{ type: "Ready", status: phase === "Running" ? "True" : "False" }],
				containerStatuses: [
					{ ...{ name: "report", image: "i", imageID: "", restartCount: 0 }, ready: phase === "Running", state },
				],
			},
		});
	/** Its pod, once there is one. */
	const podOf = (job: string) =>
		eventually(async () => {
			const [pod] = await podsOf(job);
			if (!pod?.metadata?.name) throw new Error(`${job} has no pod yet`);
			return pod.metadata.name;
		});
	await eventually(async () => {
		// a new RoleBinding is not in force at once
		await client.call({ verb: "list", resource: "pods", namespace }, ({ core: ours }) =>
			ours.listNamespacedPod({ namespace }),
		);
	});
	return {
		consumer,
		namespace,
		read,
		podOf,
		change: (body: object) => admin.merge(path, body),
		remove: () => admin.remove(path),
		jobs: async () => (await admin.get<{ items: Wire<V1Job>[] }>(at("batch/v1", "jobs", namespace))).items,
		/** As `kubectl create job --from=cronjob/titanic-report` does. */
		async run(job: string, isOwn = true) {
			const { metadata, spec: made } = await read();
			const owner = { apiVersion: batch, kind: "CronJob", name, uid: metadata?.uid, controller: true };
			await admin.create(at("batch/v1", "jobs", namespace), {
				...{ apiVersion: "batch/v1", kind: "Job" },
				metadata: { name: job, namespace, ...(isOwn && { ownerReferences: [owner] }) },
				spec: made?.jobTemplate?.spec,
			});
			const pod = await podOf(job);
			const target = { kind: "Node", name: "node-1" };
			const binding = { namespace, name: pod, body: { metadata: { name: pod }, target } };
			await core.createNamespacedPodBinding(binding).catch((error: { code?: number }) => {
				// The SDK cannot read the answer, which is a Status.
				if (error.code !== undefined) throw error;
			});
			await report(pod, "Running", { running: { startedAt: new Date().toISOString() } });
			return pod;
		},
		end: (of: string, exitCode = 0) =>
			report(of, exitCode === 0 ? "Succeeded" : "Failed", {
				terminated: { exitCode, startedAt: new Date().toISOString(), finishedAt: new Date().toISOString() },
			}),
		deletePod: (of: string) => core.deleteNamespacedPod({ namespace, name: of }),
		removePod: (of: string) => core.deleteNamespacedPod({ namespace, name: of, gracePeriodSeconds: 0 }),
	};
}

describe.each(clusters)("A CronJob on $title", ({ open }) => {
	let stage: Stage;
	let workloads: Workloads;
	beforeAll(async () => {
		stage = await open();
		const found = await stage.admin.get<{ resources: { kind: string }[] }>("/apis/batch/v1");
		served = found.resources.some(({ kind }) => kind === "CronJob") ? "batch/v1" : "batch/v1beta1";
		workloads = workloadsOf(clientOn(stage));
	}, 90_000);
	afterAll(async () => stage?.[Symbol.asyncDispose]());

	test("between its runs it has no pods, is not refused, and is told as one that runs by a schedule", async () => {
		const { consumer, change, read } = await setCronJob(stage);
		const before = await read();
		expect(workloads.rolls(consumer)).toBe(false);
		expect(await workloads.refusal(consumer)).toBeUndefined();
		expect(await workloads.pods(consumer)).toEqual([]);
		expect(await workloads.runs(consumer)).toEqual({ isSuspended: false, completed: [] });
		await change({ spec: { suspend: true } });
		expect(await workloads.refusal(consumer)).toBeUndefined();
		expect(await workloads.runs(consumer)).toEqual({ isSuspended: true, completed: [] });
		await change({ spec: { suspend: false } });
		expect((await read()).spec).toEqual(before.spec);
	});

	test("a run that is under way is told by its pod, until that has ended or is gone", async () => {
		const scene = await setCronJob(stage);
		const { consumer } = scene;
		const first = await scene.run("by-hand-1");
		await scene.run("by-hand-2");
		const names = async () => (await workloads.pods(consumer)).map(({ name: pod }) => pod).sort();
		expect(await workloads.pods(consumer)).toHaveLength(2);
		expect((await workloads.pods(consumer))[0]).toMatchObject({
			ready: true,
			uid: expect.any(String),
			startedAt: expect.stringMatching(/^\d{4}-.*Z$/),
		});
		await scene.end(first);
		const [second] = await eventually(async () => {
			const left = await names();
			expect(left).toHaveLength(1);
			return left;
		});
		// One that ends has its values still: of a run nothing else is asked.
		await scene.deletePod(second!);
		expect(await names()).toContain(second);
		await scene.removePod(second!);
		await eventually(async () => expect(await names()).not.toContain(second));
	});

	test("a run that has ended well is told with its start, and one that failed is not", async () => {
		const scene = await setCronJob(stage);
		const good = await scene.run("good");
		const bad = await scene.run("bad");
		await scene.end(good);
		await scene.end(bad, 1);
		await eventually(async () => {
			const jobs = await scene.jobs();
			const over = jobs.filter(({ status }) =>
				status?.conditions?.some(({ type, status: is }) => ["Complete", "Failed"].includes(type) && is === "True"),
			);
			expect(over).toHaveLength(2);
		});
		expect((await workloads.runs(scene.consumer))?.completed).toEqual([
			{ name: "good", startedAt: expect.stringMatching(/^\d{4}-.*Z$/) },
		]);
	});

	test("another workload's Jobs and pods are none of its own", async () => {
		const scene = await setCronJob(stage);
		const own = await scene.run("by-hand");
		await scene.run("somebody-elses", false);
		expect((await workloads.pods(scene.consumer)).map(({ name: pod }) => pod)).toEqual([own]);
	});

	test("it cannot be rolled", async () => {
		const { consumer, jobs, read } = await setCronJob(stage);
		const before = await read();
		const mark = {
			...{ secret: "titanic-kv/db-password", contents: "0", rotationId: "db-password.1", round: 1, version: "v" },
			at: new Date().toISOString(),
		};
		const intent = { rotationId: "db-password.1", step: "roll" } as never;
		await expect(workloads.roll(intent, consumer, mark)).rejects.toMatchObject({ code: "workload-ambiguous" });
		expect(await read()).toEqual(before);
		expect(await jobs()).toEqual([]);
	});

	test("one that Reloader would run at once is refused", async () => {
		const { consumer, change } = await setCronJob(stage);
		const watched = [{ kind: "secret" as const, name: "titanic-api-secrets", annotations: {} }];
		const roller = async () => otherRoller((await findConsumer(clientOn(stage), consumer))!, consumer, watched);
		expect(await roller()).toBeUndefined();
		await change({ metadata: { annotations: { "reloader.stakater.com/auto": "true" } } });
		expect(await roller()).toMatchObject({
			code: "workload-ambiguous",
			message: expect.stringContaining("makes Reloader start a run of it at once"),
		});
	});

	test("a right that is lacking is found before anything is changed, by its name", async () => {
		const { consumer, namespace } = await setCronJob(stage);
		await expect(workloads.refusal({ ...consumer, namespace: "default" })).rejects.toMatchObject({
			code: "cluster-forbidden",
			names: { right: `get cronjobs/${name} in namespace default` },
		});
		await expect(workloads.refusal({ ...consumer, name: "other" })).rejects.toMatchObject({
			names: { right: `get cronjobs/other in namespace ${namespace}` },
		});
		await stage.cluster.apply([
			{
				apiVersion: "rbac.authorization.k8s.io/v1",
				kind: "Role",
				metadata: { name: "titanic-secret-rotator", namespace },
				rules: [{ apiGroups: ["batch"], resources: ["cronjobs"], resourceNames: [name], verbs: ["get"] }],
			},
		]);
		await eventually(async () => {
			await expect(workloads.refusal(consumer)).rejects.toMatchObject({
				code: "cluster-forbidden",
				names: { right: `list jobs in namespace ${namespace}` },
			});
		});
	});

	test("the cluster's own controller begins a run at its time, and that one is seen", async () => {
		const scene = await setCronJob(stage, { schedule: "* * * * *" });
		const [job] = await eventually(async () => {
			const jobs = await scene.jobs();
			expect(jobs).toHaveLength(1);
			return jobs;
		}, 75_000);
		const pod = await scene.podOf(job?.metadata?.name ?? "");
		expect((await workloads.pods(scene.consumer)).map(({ name: one }) => one)).toEqual([pod]);
		expect((await scene.read()).status?.active).toMatchObject([{ name: job?.metadata?.name }]);
	}, 90_000);
});
