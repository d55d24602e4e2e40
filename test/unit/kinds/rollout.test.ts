import { describe, expect, test } from "@jest/globals";
import type { V1Pod, V1ReplicaSet } from "@kubernetes/client-node";
import { marksOf } from "../../../src/lib/kinds/mark.ts";
import { type Rollout, rollout } from "../../../src/lib/kinds/rollout.ts";
import { failsWith, mark, podOf, start, template, waitsFor } from "./support/pods.ts";

const ref = { cluster: "titanic-aks", namespace: "titanic-api", kind: "Rollout", name: "titanic-api" };
const before = new Date("2026-07-01T11:00:00Z");
const restartAt = "2026-07-01T12:00:00Z";

const pod = (name: string, creationTimestamp: Date, change: { ready?: boolean; metadata?: object } = {}): V1Pod =>
	podOf("StatefulSet", name, "", {
		...change,
		metadata: {
			creationTimestamp,
			labels: { "rollouts-pod-template-hash": "a" },
			ownerReferences: [{ apiVersion: "apps/v1", kind: "ReplicaSet", name: "set", uid: "set", controller: true }],
			...change.metadata,
		},
	});
const setOf = (owner: string): V1ReplicaSet => ({
	metadata: {
		uid: "set",
		ownerReferences: [{ apiVersion: "", kind: "Rollout", name: "", uid: owner, controller: true }],
	},
});

interface Seen {
	readonly workload: Rollout;
	readonly pods: readonly V1Pod[];
	readonly replicaSets: readonly V1ReplicaSet[];
}

/** Restarted, with two new pods: done, unless a case changes that. */
const seen = (
	change: { metadata?: object; spec?: object; status?: object; pods?: readonly V1Pod[]; owner?: string } = {},
): Seen => ({
	workload: {
		metadata: { uid: "workload", generation: 5, annotations: marksOf(mark), ...change.metadata },
		spec: { replicas: 2, restartAt, template: template({}), ...change.spec },
		status: {
			...{ observedGeneration: "5", phase: "Healthy", restartedAt: restartAt, availableReplicas: 2 },
			...change.status,
		},
	},
	pods: change.pods ?? [pod("new-1", start), pod("new-2", start)],
	replicaSets: [setOf(change.owner ?? "workload")],
});

const judge = (what: Seen) => rollout.state(what.workload, what, mark, ref);
const unready = pod("old-1", before, { ready: false });

const cases: Record<string, [Seen, object]> = {
	"restarted, and all pods made since": [seen(), { state: "done", pods: [{ name: "new-1" }, { name: "new-2" }] }],
	"a pod that was made in the very second is new": [
		seen({ pods: [pod("new-1", new Date(restartAt)), pod("new-2", start)] }),
		{ state: "done" },
	],
	"a restart that the controller has not seen is waited for": [
		seen({ status: { observedGeneration: "4" } }),
		waitsFor("the Argo Rollouts controller to see that it is to restart"),
	],
	"pods of before that are still to be evicted are waited for by name": [
		seen({ status: { restartedAt: undefined }, pods: [pod("old-1", before), pod("new-1", start)] }),
		waitsFor(`pods of before ${restartAt} to be evicted (old-1)`),
	],
	"restartedAt says nothing of pods that are not available yet": [
		seen({ status: { availableReplicas: 1 } }),
		waitsFor("1 of 2 replicas available"),
	],
	"nor of a pod of before that a change of the template has left": [
		seen({ pods: [pod("old-1", before), pod("new-1", start), pod("new-2", start)] }),
		waitsFor("old-1 of an earlier template to end"),
	],
	"nor of one that still ends": [
		seen({
			pods: [
				pod("new-1", start),
				pod("new-2", start),
				pod("old-1", before, { metadata: { deletionTimestamp: start } }),
			],
		}),
		{ state: "ending", pods: [{ name: "new-1" }, { name: "new-2" }] },
	],
	"an update that goes on is waited for": [
		seen({ status: { phase: "Progressing" } }),
		waitsFor("the phase Progressing to end"),
	],
	"an update that was aborted before does not matter": [seen({ status: { phase: "Degraded" } }), { state: "done" }],
	"nor does one that waits for a person": [seen({ status: { phase: "Paused" } }), { state: "done" }],
	"a later restart of somebody else's does for ours, once it is over": [
		seen({ spec: { restartAt: "2026-07-01T12:05:00Z" } }),
		waitsFor("pods of before 2026-07-01T12:05:00Z to be evicted"),
	],
	"an old pod that is not ready keeps the restart from taking any": [
		seen({ status: { restartedAt: undefined }, pods: [unready, pod("old-2", before)] }),
		{ state: "progressing", blocked: { code: "rollout-blocked", message: expect.stringContaining("(old-1)") } },
	],
	"another Rollout's pods under the same selector are left out": [seen({ owner: "another" }), waitsFor("0 of 2 pods")],
	"a restart that somebody set back has failed": [
		seen({ spec: { restartAt: "2026-07-01T11:59:59Z" } }),
		failsWith("rollout-failed"),
	],
	"one that somebody removed has failed": [seen({ spec: { restartAt: undefined } }), failsWith("rollout-failed")],
	"one without our mark is another's": [seen({ metadata: { annotations: {} } }), failsWith("rollout-failed")],
	"a workload scaled to zero meanwhile can prove nothing": [
		seen({ spec: { replicas: 0 } }),
		failsWith("workload-empty"),
	],
};

test.each(Object.entries(cases))("%s", (_sentence, [what, expected]) => {
	expect(judge(what)).toMatchObject(expected);
});

test("a template in another workload is not read, and so it is refused", () => {
	const workloadRef = { kind: "Deployment", name: "titanic-api" };
	expect(rollout.standstill(seen({ spec: { workloadRef } }).workload, ref)).toMatchObject({
		code: "workload-ambiguous",
	});
});

describe("before it is restarted", () => {
	const stuck = (change: Parameters<typeof seen>[0]) => rollout.stuck(seen(change).workload, ref);

	test("it is blocked while more pods are unavailable than a restart takes", () => {
		expect(stuck({})).toBeUndefined();
		expect(stuck({ status: { availableReplicas: 1 } })).toMatchObject({ code: "rollout-blocked" });
		const spec = { replicas: 8, strategy: { canary: {} } };
		expect(stuck({ spec, status: { availableReplicas: 7 } })).toBeUndefined();
		expect(stuck({ spec, status: { availableReplicas: 6 } })).toMatchObject({ code: "rollout-blocked" });
	});

	test("but only the controller's newest word counts", () => {
		expect(stuck({ status: { availableReplicas: 1, observedGeneration: "4" } })).toBeUndefined();
	});
});

test("its pods are taken before others come, as many at a time as a canary may lack", () => {
	const settings = (spec: object) => rollout.settings(seen({ spec: { replicas: 8, ...spec } }).workload);
	expect(settings({})).toMatchObject({ replicas: 8, maxSurge: 0, maxUnavailable: 1, endSeconds: 30 });
	expect(settings({ strategy: { canary: {} } })).toMatchObject({ maxUnavailable: 2 });
	expect(settings({ strategy: { canary: { maxUnavailable: 0 } } })).toMatchObject({ maxUnavailable: 1 });
});
