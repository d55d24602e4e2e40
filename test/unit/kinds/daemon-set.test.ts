import { expect, test } from "@jest/globals";
import type { V1DaemonSet, V1Pod } from "@kubernetes/client-node";
import { daemonSet } from "../../../src/lib/kinds/daemon-set.ts";
import { annotationsOf } from "../../../src/lib/kinds/mark.ts";
import { failsWith, mark, podOf, start, template, waitsFor } from "./support/pods.ts";

const ref = { cluster: "titanic-aks", namespace: "titanic-api", kind: "DaemonSet", name: "titanic-api" };
const pod = (name: string, revision: string, change?: Parameters<typeof podOf>[3]) =>
	podOf("DaemonSet", name, revision, change);

interface Seen {
	readonly workload: V1DaemonSet;
	readonly pods: readonly V1Pod[];
}

/** A new pod on each of two nodes, all counters full: done, unless a case changes that. */
const seen = (change: { spec?: object; status?: object; pods?: readonly V1Pod[] } = {}): Seen => ({
	workload: {
		metadata: { uid: "workload", generation: 5 },
		spec: { selector: {}, template: template(), ...change.spec },
		status: {
			...{ observedGeneration: 5, desiredNumberScheduled: 2, currentNumberScheduled: 2, numberMisscheduled: 0 },
			...{ numberReady: 2, updatedNumberScheduled: 2, numberAvailable: 2 },
			...change.status,
		},
	},
	pods: change.pods ?? [pod("api-a", "new"), pod("api-b", "new")],
});

const judge = ({ workload, pods }: Seen) => daemonSet.state(workload, { pods }, mark, ref);

const cases: Record<string, [Seen, object]> = {
	"full counters and marked pods alone are done": [
		seen(),
		{
			state: "done",
			pods: [
				{ name: "api-a", uid: "uid-api-a-new", ready: true, startedAt: "2026-07-01T12:00:10.000Z", secrets: [] },
				{ name: "api-b" },
			],
		},
	],
	"full counters of the template before do not count while the controller has not seen the new one": [
		seen({ status: { observedGeneration: 4 } }),
		waitsFor("the DaemonSet controller to see the new template (generation 4 of 5)"),
	],
	"nodes whose pod is of an earlier template are waited for": [
		seen({ status: { updatedNumberScheduled: 1 }, pods: [pod("api-a", "old"), pod("api-b", "new")] }),
		waitsFor("1 of 2 nodes updated; of an earlier template (api-a)"),
	],
	"pods that are not available yet are waited for, and the reason is told": [
		seen({ status: { numberAvailable: 1 }, pods: [pod("api-a", "new", { ready: false }), pod("api-b", "new")] }),
		waitsFor("1 of 2 pods to be available; api-a: container titanic-api runs and its readiness probe has not passed"),
	],
	"an old pod on a node that should have none is waited for, though no counter has it": [
		seen({ pods: [...seen().pods, pod("api-c", "old")] }),
		waitsFor("api-c of an earlier template to end"),
	],
	"an old pod that only terminates is told, and the others are shown": [
		seen({ pods: [...seen().pods, pod("api-c", "old", { metadata: { deletionTimestamp: start } })] }),
		{ state: "ending", pods: [{ name: "api-a" }, { name: "api-b" }], waitingFor: expect.stringContaining("api-c") },
	],
	"a pod of a later round of this rotation is new": [
		seen({
			pods: [
				pod("api-a", "x", { metadata: { annotations: annotationsOf({ ...mark, round: 3 }) } }),
				pod("api-b", "new"),
			],
		}),
		{ state: "done" },
	],
	"a pod of an earlier round is old": [
		seen({
			pods: [
				pod("api-a", "x", { metadata: { annotations: annotationsOf({ ...mark, round: 1 }) } }),
				pod("api-b", "new"),
			],
		}),
		waitsFor("api-a of an earlier template to end"),
	],
	"a pod that is not listed yet is waited for": [seen({ pods: [pod("api-a", "new")] }), waitsFor("1 of 2 pods")],
	"another workload's pod under the same selector is left out": [
		seen({
			pods: [
				...seen().pods,
				pod("other", "old", { metadata: { ownerReferences: [{ kind: "DaemonSet", uid: "x", controller: true }] } }),
			],
		}),
		{ state: "done" },
	],
	"update on delete precedes everything": [
		seen({ spec: { updateStrategy: { type: "OnDelete" } } }),
		failsWith("workload-held"),
	],
	"where no node fits it there is nothing to prove": [
		seen({ status: { desiredNumberScheduled: 0 }, pods: [] }),
		failsWith("workload-empty"),
	],
	"which the controller has to have said of this template": [
		seen({ status: { desiredNumberScheduled: 0, observedGeneration: 4 }, pods: [] }),
		{ state: "progressing" },
	],
	"a template without the mark is another's": [seen({ spec: { template: template({}) } }), failsWith("rollout-failed")],
};

test.each(Object.entries(cases))("%s", (_sentence, [what, expected]) => {
	expect(judge(what)).toMatchObject(expected);
});

test("it has a pod on each node, and replaces as many at a time as its manifest allows", () => {
	const settings = (spec: object) => daemonSet.settings(seen({ spec, status: { desiredNumberScheduled: 5 } }).workload);
	expect(settings({})).toMatchObject({ replicas: 5, maxSurge: 0, maxUnavailable: 1, endSeconds: 30 });
	const updateStrategy = { rollingUpdate: { maxSurge: "30%", maxUnavailable: 0 } };
	expect(settings({ updateStrategy })).toMatchObject({ maxSurge: 2, maxUnavailable: 0, endSeconds: 0 });
});
