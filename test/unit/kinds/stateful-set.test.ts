import { describe, expect, test } from "@jest/globals";
import type { V1Pod, V1StatefulSet } from "@kubernetes/client-node";
import { statefulSet } from "../../../src/lib/kinds/stateful-set.ts";
import { failsWith, mark, podOf, start, template, waitsFor } from "./support/pods.ts";

const ref = { cluster: "titanic-aks", namespace: "titanic-api", kind: "StatefulSet", name: "titanic-api" };
const pod = (name: string, revision: string, change?: Parameters<typeof podOf>[3]) =>
	podOf("StatefulSet", name, revision, change);

interface Seen {
	readonly workload: V1StatefulSet;
	readonly pods: readonly V1Pod[];
}

/** Two new pods, all counters full: done, unless a case changes that. */
const seen = (change: { spec?: object; status?: object; pods?: readonly V1Pod[] } = {}): Seen => ({
	workload: {
		metadata: { uid: "workload", generation: 5 },
		spec: { replicas: 2, selector: {}, serviceName: "", template: template(), ...change.spec },
		status: {
			...{ observedGeneration: 5, replicas: 2, readyReplicas: 2, availableReplicas: 2, updatedReplicas: 2 },
			...{ currentRevision: "new", updateRevision: "new" },
			...change.status,
		},
	},
	pods: change.pods ?? [pod("api-0", "new"), pod("api-1", "new")],
});

const judge = ({ workload, pods }: Seen) => statefulSet.state(workload, { pods }, mark, ref);
const half = { currentRevision: "old", updatedReplicas: 1 };
const unready = pod("api-0", "old", { ready: false });

const cases: Record<string, [Seen, object]> = {
	"full counters, one revision and new pods alone are done": [
		seen(),
		{
			state: "done",
			pods: [
				{ name: "api-0", uid: "uid-api-0-new", ready: true, startedAt: "2026-07-01T12:00:10.000Z", secrets: [] },
				{ name: "api-1", uid: "uid-api-1-new", ready: true, startedAt: "2026-07-01T12:00:10.000Z", secrets: [] },
			],
		},
	],
	"full counters of the revision before do not count while the controller has not seen the template": [
		seen({ status: { observedGeneration: 4 } }),
		waitsFor("the StatefulSet controller to see the new template (generation 4 of 5)"),
	],
	"pods of an earlier revision that serve are waited for by name": [
		seen({ status: half, pods: [pod("api-0", "old"), pod("api-1", "new")] }),
		waitsFor("1 of 2 replicas updated; of an earlier template (api-0)"),
	],
	"replicas that are left over are waited for": [
		seen({ status: { replicas: 3 } }),
		waitsFor("1 replicas too many to end"),
	],
	"pods that are ready and not yet available are waited for": [
		seen({ status: { availableReplicas: 1 } }),
		waitsFor("1 of 2 replicas available"),
	],
	"a server that does not count the available ones is believed on the ready ones": [
		seen({ status: { availableReplicas: undefined } }),
		{ state: "done" },
	],
	"but not where being ready is not enough": [
		seen({ spec: { minReadySeconds: 5 }, status: { availableReplicas: undefined } }),
		waitsFor("0 of 2 replicas available"),
	],
	"full counters while the current revision is another are those of the revision before": [
		seen({ status: { currentRevision: "old" } }),
		waitsFor("revision new to become the current one"),
	],
	"an old pod that the counters leave out is waited for": [
		seen({ pods: [pod("api-0", "new"), pod("api-1", "new"), pod("api-2", "old")] }),
		waitsFor("api-2 of an earlier template to end"),
	],
	"an old pod that only terminates is told, and the others are shown": [
		seen({
			pods: [pod("api-0", "new"), pod("api-1", "new"), pod("api-2", "old", { metadata: { deletionTimestamp: start } })],
		}),
		{ state: "ending", pods: [{ name: "api-0" }, { name: "api-1" }] },
	],
	"another workload's pod under the same selector is left out": [
		seen({
			pods: [
				...seen().pods,
				pod("other-0", "old", { metadata: { ownerReferences: [{ kind: "StatefulSet", uid: "x", controller: true }] } }),
				pod("bare", "old", { metadata: { labels: { app: "titanic-api" } } }),
			],
		}),
		{ state: "done", pods: [{ name: "api-0" }, { name: "api-1" }] },
	],
	"an old pod that was orphaned still has the old secret": [
		seen({ pods: [...seen().pods, pod("api-9", "old", { metadata: { ownerReferences: [] } })] }),
		waitsFor("api-9 of an earlier template to end"),
	],
	"an old pod that is over runs nothing": [
		seen({ pods: [...seen().pods, pod("api-9", "old", { phase: "Succeeded" })] }),
		{ state: "done" },
	],
	"an old pod that is not ready blocks": [
		seen({ status: half, pods: [unready, pod("api-1", "old")] }),
		{ state: "progressing", blocked: { code: "rollout-blocked", message: expect.stringContaining("(api-0)") } },
	],
	"update on delete precedes everything": [
		seen({ spec: { updateStrategy: { type: "OnDelete" } }, status: { observedGeneration: 4 } }),
		failsWith("workload-held"),
	],
	"a partition holds pods back for ever": [
		seen({ spec: { updateStrategy: { rollingUpdate: { partition: 1 } } } }),
		{ state: "failed", fault: { code: "workload-held", message: expect.stringContaining("partition is 1") } },
	],
	"a workload scaled to zero meanwhile can prove nothing": [
		seen({ spec: { replicas: 0 }, status: { replicas: 0 } }),
		failsWith("workload-empty"),
	],
	"a template without the mark is another's": [seen({ spec: { template: template({}) } }), failsWith("rollout-failed")],
};

test.each(Object.entries(cases))("%s", (_sentence, [what, expected]) => {
	expect(judge(what)).toMatchObject(expected);
});

describe("an old pod that is not ready does not block", () => {
	const blocked = (what: Seen) => (judge(what) as { blocked?: object }).blocked;
	const pods = [unready, pod("api-1", "new")];

	test.each([
		["where pods are managed in parallel", seen({ spec: { podManagementPolicy: "Parallel" }, status: half, pods })],
		[
			"when it is on its way out",
			seen({ status: half, pods: [pod("api-0", "old", { ready: false, metadata: { deletionTimestamp: start } })] }),
		],
		["when it is new", seen({ status: half, pods: [pod("api-0", "new", { ready: false }), pod("api-1", "old")] })],
	])("%s", (_when, what) => {
		expect(judge(what)).toMatchObject({ state: "progressing" });
		expect(blocked(what)).toBeUndefined();
	});
});

describe("before it is rolled", () => {
	const stuck = (change: Parameters<typeof seen>[0]) => statefulSet.stuck(seen(change).workload, ref);

	test("it is blocked while one of its pods is not ready", () => {
		expect(stuck({})).toBeUndefined();
		expect(stuck({ status: { readyReplicas: 1 } })).toMatchObject({
			code: "rollout-blocked",
			message: expect.stringContaining("1 of 2 are not ready"),
		});
	});

	test("it is not where pods are managed in parallel, or the controller has not looked yet", () => {
		expect(stuck({ spec: { podManagementPolicy: "Parallel" }, status: { readyReplicas: 1 } })).toBeUndefined();
		expect(stuck({ status: { readyReplicas: 1, observedGeneration: 4 } })).toBeUndefined();
	});
});

test("its pods are replaced one by one, never beside each other, unless its manifest allows several", () => {
	const settings = (spec: object) => statefulSet.settings(seen({ spec }).workload);
	expect(settings({ replicas: 5 })).toEqual({
		...{ replicas: 5, readiness: [], liveness: [], leastStartSeconds: 0, minReadySeconds: 0 },
		...{ maxSurge: 0, maxUnavailable: 1, endSeconds: 30 },
	});
	const updateStrategy = { rollingUpdate: { maxUnavailable: "30%" } };
	expect(settings({ replicas: 5, minReadySeconds: 3, updateStrategy })).toMatchObject({
		...{ maxUnavailable: 2, minReadySeconds: 3 },
	});
});
