import { describe, expect, test } from "@jest/globals";
import type { V1Deployment, V1Pod, V1ReplicaSet } from "@kubernetes/client-node";
import { deployment } from "../../../src/lib/kinds/deployment.ts";
import type { OwnedSets } from "../../../src/lib/kinds/kind.ts";
import { annotationsOf } from "../../../src/lib/kinds/mark.ts";
import { selectorText } from "../../../src/lib/kinds/pods.ts";

const ref = { cluster: "titanic-aks", namespace: "titanic-api", kind: "Deployment", name: "titanic-api" };
const mark = {
	secret: "titanic-kv/db-password",
	rotationId: "db-password.1",
	round: 2,
	version: "v2",
	contents: "v2",
	at: "2026-07-01T12:00:00.000Z",
};
const start = new Date("2026-07-01T12:00:10Z");
const owner = (kind: string, uid: string) => [{ apiVersion: "apps/v1", kind, name: uid, uid, controller: true }];

const template = (annotations: Record<string, string> = annotationsOf(mark)) => ({
	metadata: { labels: { app: "titanic-api" }, annotations },
	spec: { containers: [{ name: "titanic-api", image: "titanic-api:1" }] },
});

const set = (hash: string, of = template(), controller = "deployment"): V1ReplicaSet => {
	const labels = { ...of.metadata.labels, "pod-template-hash": hash };
	return {
		metadata: { uid: `set-${hash}`, labels, ownerReferences: owner("Deployment", controller) },
		spec: { selector: {}, template: { ...of, metadata: { ...of.metadata, labels } } },
	};
};

const pod = (name: string, hash: string, change: { metadata?: object; status?: object } = {}): V1Pod => ({
	metadata: {
		name,
		uid: `uid-${name}`,
		labels: { app: "titanic-api", "pod-template-hash": hash },
		ownerReferences: owner("ReplicaSet", `set-${hash}`),
		...change.metadata,
	},
	status: {
		phase: "Running",
		conditions: [{ type: "Ready", status: "True" }],
		containerStatuses: [
			{
				name: "titanic-api",
				ready: true,
				image: "",
				imageID: "",
				restartCount: 0,
				state: { running: { startedAt: start } },
			},
		],
		...change.status,
	},
});

interface Seen extends OwnedSets {
	readonly deployment: V1Deployment;
}

/** Two new pods, all counters full: done, unless a case changes that. */
const seen = (change: { spec?: object; status?: object } & Partial<Omit<Seen, "deployment">> = {}): Seen => ({
	deployment: {
		metadata: { uid: "deployment", generation: 5 },
		spec: { replicas: 2, selector: {}, template: template(), ...change.spec },
		status: { observedGeneration: 5, replicas: 2, updatedReplicas: 2, availableReplicas: 2, ...change.status },
	} as V1Deployment,
	replicaSets: change.replicaSets ?? [set("old", template({})), set("new")],
	pods: change.pods ?? [pod("new-1", "new"), pod("new-2", "new")],
});

const judge = (what: Seen) => deployment.state(what.deployment, what, mark, ref);
const exceeded = { type: "Progressing", status: "False", reason: "ProgressDeadlineExceeded" };
const quota = {
	type: "ReplicaFailure",
	status: "True",
	reason: "FailedCreate",
	message: 'pods "titanic-api-7d4b9-" is forbidden: exceeded quota: compute, requested: pods=1',
};
const crashing = pod("new-1", "new", {
	status: {
		conditions: [{ type: "Ready", status: "False", reason: "ContainersNotReady" }],
		containerStatuses: [
			{ name: "titanic-api", ready: false, restartCount: 3, state: { waiting: { reason: "CrashLoopBackOff" } } },
		],
	},
});
const waitsFor = (waitingFor: string) => ({ state: "progressing", waitingFor });
const failsWith = (code: string) => ({ state: "failed", fault: { code } });

const cases: Record<string, [Seen, object]> = {
	"full counters and new pods alone are done": [
		seen(),
		{
			state: "done",
			pods: [
				{ name: "new-1", uid: "uid-new-1", ready: true, startedAt: "2026-07-01T12:00:10.000Z", secrets: [] },
				{ name: "new-2", uid: "uid-new-2", ready: true, startedAt: "2026-07-01T12:00:10.000Z", secrets: [] },
			],
		},
	],
	"a deadline of the rollout before does not count while the controller has not seen the template": [
		seen({ status: { observedGeneration: 4, conditions: [exceeded] } }),
		waitsFor("the Deployment controller to see the new template (generation 4 of 5)"),
	],
	"a deadline exceeded precedes the counters": [
		seen({ status: { updatedReplicas: 1, conditions: [exceeded] } }),
		failsWith("rollout-failed"),
	],
	"a deadline exceeded tells which pod made no progress, and why": [
		seen({ status: { conditions: [exceeded] }, pods: [crashing] }),
		{
			state: "failed",
			fault: {
				message: expect.stringContaining("(ProgressDeadlineExceeded); new-1: container titanic-api waits, Crash"),
			},
		},
	],
	"a deadline exceeded for want of pods tells who denies them": [
		seen({ status: { updatedReplicas: 0, conditions: [exceeded, quota] } }),
		{ state: "failed", fault: { code: "rollout-failed", message: expect.stringContaining("ResourceQuota compute") } },
	],
	"a replica that is not updated for want of quota is blocked, and told at once": [
		seen({ status: { updatedReplicas: 1, conditions: [quota] } }),
		{
			state: "progressing",
			blocked: {
				code: "pods-refused",
				names: { detail: "FailedCreate, denied by ResourceQuota compute, which is exceeded" },
			},
		},
	],
	"what the new ReplicaSet says counts before the Deployment has said it": [
		seen({
			status: { updatedReplicas: 1 },
			replicaSets: [set("old", template({})), { ...set("new"), status: { replicas: 1, conditions: [quota] } }],
		}),
		{ state: "progressing", blocked: { code: "pods-refused" } },
	],
	"what an old ReplicaSet could not do blocks nothing": [
		seen({
			status: { updatedReplicas: 1 },
			replicaSets: [{ ...set("old", template({})), status: { replicas: 1, conditions: [quota] } }, set("new")],
		}),
		expect.not.objectContaining({ blocked: expect.anything() }),
	],
	"a pod that is not ready is told with what is waited for": [
		seen({ status: { availableReplicas: 1 }, pods: [crashing, pod("new-2", "new")] }),
		waitsFor("1 of 2 replicas available; new-1: container titanic-api waits, CrashLoopBackOff"),
	],
	"old replicas are waited for by name": [
		seen({ status: { replicas: 3 }, pods: [pod("new-1", "new"), pod("new-2", "new"), pod("old-1", "old")] }),
		waitsFor("1 old replicas to end (old-1)"),
	],
	"a replica that is not updated yet is waited for": [
		seen({ status: { updatedReplicas: 1 } }),
		waitsFor("1 of 2 replicas updated"),
	],
	"an old replica beside the updated ones is waited for": [
		seen({ status: { replicas: 3 } }),
		waitsFor("1 old replicas to end"),
	],
	"a replica that is not available yet is waited for": [
		seen({ status: { availableReplicas: 1 } }),
		waitsFor("1 of 2 replicas available"),
	],
	"an old pod that is terminating is waited for, though no counter has it; those that serve are told": [
		seen({
			pods: [pod("new-1", "new"), pod("new-2", "new"), pod("old-1", "old", { metadata: { deletionTimestamp: start } })],
		}),
		{
			state: "ending",
			waitingFor: "old-1 of an earlier template to end",
			pods: [{ name: "new-1" }, { name: "new-2" }],
		},
	],
	"an old pod that is terminating while a new one is missing is not all that is waited for": [
		seen({ pods: [pod("new-1", "new"), pod("old-1", "old", { metadata: { deletionTimestamp: start } })] }),
		waitsFor("1 of 2 pods"),
	],
	"an old pod whose ReplicaSet is gone is waited for": [
		seen({ replicaSets: [set("new")], pods: [pod("new-1", "new"), pod("new-2", "new"), pod("old-1", "old")] }),
		waitsFor("old-1 of an earlier template to end"),
	],
	"an old pod that was orphaned is waited for": [
		seen({
			pods: [
				pod("new-1", "new"),
				pod("new-2", "new"),
				pod("old-1", "old", { metadata: { ownerReferences: undefined } }),
			],
		}),
		waitsFor("old-1 of an earlier template to end"),
	],
	"another Deployment's pod that the selector matches too is left out": [
		seen({
			replicaSets: [set("new"), set("other", template({}), "another-deployment")],
			pods: [pod("new-1", "new"), pod("new-2", "new"), pod("other-1", "other")],
		}),
		{ state: "done", pods: [{ name: "new-1" }, { name: "new-2" }] },
	],
	"an old pod that was evicted runs nothing, and is left out": [
		seen({ pods: [pod("new-1", "new"), pod("new-2", "new"), pod("old-1", "old", { status: { phase: "Failed" } })] }),
		{ state: "done", pods: [{ name: "new-1" }, { name: "new-2" }] },
	],
	"a new pod that is on its way out proves nothing": [
		seen({ pods: [pod("new-1", "new"), pod("new-2", "new", { metadata: { deletionTimestamp: start } })] }),
		waitsFor("1 of 2 pods"),
	],
	"full counters without any pod are not done": [seen({ pods: [] }), waitsFor("0 of 2 pods")],
	"a template whose ReplicaSet is not there yet is waited for": [
		seen({ replicaSets: [set("old", template({}))] }),
		waitsFor("the ReplicaSet of the new template"),
	],
	"a pause precedes everything": [
		seen({ spec: { paused: true }, status: { conditions: [exceeded] } }),
		failsWith("workload-paused"),
	],
	"a workload scaled to zero meanwhile can prove nothing": [
		seen({ spec: { replicas: 0 }, status: { replicas: 0, updatedReplicas: 0, availableReplicas: 0 } }),
		failsWith("workload-empty"),
	],
	"a template without the mark is another's": [seen({ spec: { template: template({}) } }), failsWith("rollout-failed")],
	"a template of an earlier round of this rotation is another's": [
		seen({ spec: { template: template(annotationsOf({ ...mark, round: 1 })) } }),
		failsWith("rollout-failed"),
	],
	"a template of another rotation of this secret is another's, whatever its clock says": [
		seen({
			spec: { template: template(annotationsOf({ ...mark, rotationId: "x.0", at: "2026-07-01T13:00:00.000Z" })) },
		}),
		failsWith("rollout-failed"),
	],
	"a template that keeps the mark and changed otherwise goes on as the new one": [
		seen({
			spec: { template: { ...template(), spec: { containers: [{ name: "titanic-api", image: "titanic-api:2" }] } } },
		}),
		waitsFor("the ReplicaSet of the new template"),
	],
};

test.each(Object.entries(cases))("%s", (_sentence, [what, expected]) => {
	expect(judge(what)).toMatchObject(expected);
});

test("a workload for which no pods are made is stuck, once the controller has seen its template", () => {
	const { deployment: one } = seen({ status: { conditions: [quota] } });
	expect(deployment.stuck(one, ref)).toMatchObject({ code: "pods-refused" });
	const { deployment: unseen } = seen({ status: { observedGeneration: 4, conditions: [quota] } });
	expect(deployment.stuck(unseen, ref)).toBeUndefined();
});

test("a pod started when its oldest running container did, sidecars included", () => {
	const running = (at: string) => ({ name: "c", state: { running: { startedAt: new Date(at) } } });
	const status = {
		initContainerStatuses: [
			running("2026-07-01T12:00:01Z"),
			{ name: "over", state: { terminated: { exitCode: 0, startedAt: new Date("2026-07-01T11:00:00Z") } } },
		],
		containerStatuses: [running("2026-07-01T12:00:03Z"), running("2026-07-01T12:00:02Z")],
	};
	const state = judge(seen({ spec: { replicas: 1 }, pods: [pod("new-1", "new", { status })] }));
	expect(state).toMatchObject({ state: "done", pods: [{ startedAt: "2026-07-01T12:00:01.000Z" }] });
});

describe("a selector", () => {
	test("with expressions is sent as the API writes it", () => {
		const matchExpressions = [
			{ key: "tier", operator: "In", values: ["a", "b"] },
			{ key: "old", operator: "DoesNotExist" },
			{ key: "new", operator: "Exists" },
			{ key: "zone", operator: "NotIn", values: ["c"] },
		];
		expect(selectorText({ matchLabels: { app: "titanic-api" }, matchExpressions })).toBe(
			"app=titanic-api,tier in (a,b),!old,new,zone notin (c)",
		);
	});
});

describe("how its pods are probed and replaced", () => {
	const settings = (spec: object, readinessProbe?: object, pod: object = {}) =>
		deployment.settings({
			spec: {
				selector: {},
				...spec,
				template: { spec: { containers: [{ name: "titanic-api", readinessProbe }, { name: "other" }], ...pod } },
			},
		});
	const usual = { periodSeconds: 10, timeoutSeconds: 1, failureThreshold: 3, successThreshold: 1 };
	const httpGet = { path: "/", port: 80 };

	test("is as Kubernetes has it where the manifest says nothing", () => {
		expect(settings({ replicas: 10 }, { httpGet })).toEqual({
			replicas: 10,
			readiness: [usual],
			liveness: [],
			maxSurge: 3,
			maxUnavailable: 2,
			minReadySeconds: 0,
			leastStartSeconds: 0,
			endSeconds: 0,
		});
	});

	test("is what the manifest says", () => {
		const probe = { periodSeconds: 5, timeoutSeconds: 4, failureThreshold: 30, successThreshold: 2 };
		const strategy = { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: "50%" } };
		expect(
			settings({ replicas: 3, strategy, minReadySeconds: 7 }, { exec: { command: ["x"] }, ...probe }),
		).toMatchObject({ replicas: 3, readiness: [probe], maxSurge: 1, maxUnavailable: 1, minReadySeconds: 7 });
	});

	test("a 0 is what nobody has given", () => {
		const zeros = { periodSeconds: 0, timeoutSeconds: 0, failureThreshold: 0, successThreshold: 0 };
		expect(settings({}, { httpGet, ...zeros })).toMatchObject({ readiness: [usual] });
	});

	test("a probe that only opens a port knows nothing of passwords", () => {
		expect(settings({}, { tcpSocket: { port: 80 } })).toMatchObject({ replicas: 1, readiness: [] });
	});

	test("a sidecar's probes count like a container's, and those of an init container that ends do not", () => {
		const probed = (name: string, periodSeconds: number, restartPolicy?: string) => ({
			name,
			restartPolicy,
			readinessProbe: { httpGet, periodSeconds },
			livenessProbe: { httpGet, periodSeconds: 60 },
		});
		const initContainers = [probed("sidecar", 30, "Always"), probed("migrate", 40)];
		expect(settings({}, undefined, { initContainers })).toMatchObject({
			readiness: [{ ...usual, periodSeconds: 30 }],
			liveness: [{ ...usual, periodSeconds: 60 }],
		});
	});

	test("no pod is ready before its probes begin, those that only open a port too", () => {
		const containers = [
			{
				name: "titanic-api",
				startupProbe: { httpGet, initialDelaySeconds: 20 },
				readinessProbe: { tcpSocket: { port: 80 }, initialDelaySeconds: 15 },
			},
			{ name: "other", readinessProbe: { httpGet, initialDelaySeconds: 30 } },
		];
		expect(settings({}, undefined, { containers })).toMatchObject({ leastStartSeconds: 35 });
	});

	test("Recreate takes all pods at once, and waits until they have ended; a rollout without surge takes one at least", () => {
		const recreate = { replicas: 3, strategy: { type: "Recreate" } };
		expect(settings(recreate)).toMatchObject({ maxSurge: 0, maxUnavailable: 3, endSeconds: 30 });
		expect(settings(recreate, {}, { terminationGracePeriodSeconds: 600 })).toMatchObject({ endSeconds: 600 });
		const rollingUpdate = { maxSurge: 0, maxUnavailable: "10%" };
		expect(settings({ replicas: 3, strategy: { rollingUpdate } })).toMatchObject({ maxSurge: 0, maxUnavailable: 1 });
	});
});
