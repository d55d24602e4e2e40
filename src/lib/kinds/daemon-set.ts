// DaemonSets: rolled by an annotation of their pod template, node by node.
// DS1. The status names no revision, so the mark on the pods themselves says which are of our template; the controller copies it
//      there. Otherwise: another right, to list ControllerRevisions.
// DS2. The pods are listed besides the counters, which look at the oldest pod of each node and leave out nodes that should have
//      none. Otherwise: an old pod runs on unseen. All kept by: daemon-set.test.ts, workloads.test.ts. The order after
//      https://github.com/kubernetes/kubectl, pkg/polymorphichelpers.

import type { V1DaemonSet, V1Pod } from "@kubernetes/client-node";
import { Fault } from "../domain/fault.ts";
import { type RollMark, type WorkloadRef, workloadText } from "../domain/workload.ts";
import type { RolloutState } from "../ports/workload.ts";
import type { WorkloadKind } from "./kind.ts";
import { carries, fieldManager, patchOf, unmarked } from "./mark.ts";
import {
	called,
	endSecondsOf,
	factOf,
	isEnding,
	isObserved,
	isOver,
	ownOf,
	podsIn,
	podsOf,
	podsState,
	probesOf,
	serving,
	unobserved,
} from "./pods.ts";
import { troublesOf } from "./trouble.ts";

const revisionLabel = "controller-revision-hash";

export const daemonSet: WorkloadKind<V1DaemonSet> = {
	find: (client, { namespace, name }) =>
		client.find({ verb: "get", resource: "daemonsets", namespace, name }, ({ apps }) =>
			apps.readNamespacedDaemonSet({ namespace, name }),
		),

	owned: async (client, ref, { spec }) => ({ pods: await podsOf(client, ref, spec?.selector) }),

	template: ({ spec }) => spec?.template,

	marked: ({ spec }) => spec?.template,

	settings({ spec, status }) {
		const replicas = status?.desiredNumberScheduled ?? 0;
		const { updateStrategy, minReadySeconds = 0, template } = spec ?? {};
		const { maxSurge = 0, maxUnavailable = 1 } = updateStrategy?.rollingUpdate ?? {};
		const surge = podsIn(maxSurge, replicas, Math.ceil);
		return {
			...{ replicas, ...probesOf(template), minReadySeconds, maxSurge: surge },
			maxUnavailable: podsIn(maxUnavailable, replicas, Math.ceil),
			endSeconds: surge > 0 ? 0 : endSecondsOf(template),
		};
	},

	standstill(workload, ref) {
		const named = { workload: workloadText(ref) };
		if (workload.spec?.updateStrategy?.type === "OnDelete")
			return new Fault("workload-held", { ...named, detail: "its updateStrategy is OnDelete" });
		const isEmpty = isObserved(workload) && workload.status?.desiredNumberScheduled === 0;
		return isEmpty ? new Fault("workload-empty", named) : undefined;
	},

	// It has no deadline, and its controller replaces pods that are not ready first.
	stuck: () => undefined,

	async roll(client, { namespace, name }, mark, seen) {
		const body = patchOf(mark, seen);
		const dryRun = seen ? undefined : "All";
		await client.call({ verb: "patch", resource: "daemonsets", namespace, name }, ({ apps, strategicMerge }) =>
			apps.patchNamespacedDaemonSet({ namespace, name, body, fieldManager, dryRun }, strategicMerge),
		);
	},

	state(workload, { pods }, mark, ref) {
		const fault = carries(workload.spec?.template, mark) ? daemonSet.standstill(workload, ref) : unmarked(ref, mark);
		return fault ? { state: "failed", fault } : rolloutState(workload, pods, mark, ref);
	},

	serving: (workload, { pods }) => serving(ownOf(pods, workload, revisionLabel)).map(factOf),
};

function rolloutState(workload: V1DaemonSet, pods: readonly V1Pod[], mark: RollMark, ref: WorkloadRef): RolloutState {
	if (!isObserved(workload)) return unobserved(workload, ref);
	const { desiredNumberScheduled: nodes = 0, updatedNumberScheduled = 0, numberAvailable = 0 } = workload.status ?? {};
	const running = ownOf(pods, workload, revisionLabel).filter((pod) => !isOver(pod));
	const old = running.filter((pod) => !carries(pod, mark));
	const wait = (what: string): RolloutState => {
		const troubles = troublesOf(running.filter((pod) => !isEnding(pod)));
		return { state: "progressing", waitingFor: `${what}${troubles}` };
	};
	if (updatedNumberScheduled < nodes)
		return wait(`${updatedNumberScheduled} of ${nodes} nodes updated; of an earlier template${called(old)}`);
	if (numberAvailable < nodes) return wait(`${numberAvailable} of ${nodes} pods to be available`);
	return podsState(running, old, nodes);
}
