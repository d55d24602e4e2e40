// StatefulSets: rolled by an annotation of their pod template, one pod after another from the highest ordinal down.
// SF1. "Done" is asked of the revision besides the counters, which kubectl leaves out. Otherwise: counters that are full of the
//      revision before pass for this one's.
// SF2. Pods are told apart by their revision, never by their names, which are given again.
// SF3. With OrderedReady an old pod that is not ready keeps all others from being replaced, itself too: that is reported.
//      Otherwise: the very roll that would heal it waits for it until its time is over. All kept by:
//      stateful-set.test.ts, workloads.test.ts. The order after https://github.com/kubernetes/kubectl,
//      pkg/polymorphichelpers; what blocks after pkg/controller/statefulset/stateful_set_control.go of Kubernetes.

import type { V1Pod, V1StatefulSet } from "@kubernetes/client-node";
import { Fault } from "../domain/fault.ts";
import { type WorkloadRef, workloadText } from "../domain/workload.ts";
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
	isReady,
	ownOf,
	podsIn,
	podsOf,
	podsState,
	probesOf,
	serving,
	unobserved,
} from "./pods.ts";
import { troublesOf } from "./trouble.ts";

/** Its value is the whole name of a ControllerRevision, as in the status. */
const revisionLabel = "controller-revision-hash";

export const statefulSet: WorkloadKind<V1StatefulSet> = {
	find: (client, { namespace, name }) =>
		client.find({ verb: "get", resource: "statefulsets", namespace, name }, ({ apps }) =>
			apps.readNamespacedStatefulSet({ namespace, name }),
		),

	owned: async (client, ref, { spec }) => ({ pods: await podsOf(client, ref, spec?.selector) }),

	template: ({ spec }) => spec?.template,

	marked: ({ spec }) => spec?.template,

	settings({ spec }) {
		const { replicas = 1, minReadySeconds = 0, updateStrategy, template } = spec ?? {};
		const maxUnavailable = podsIn(updateStrategy?.rollingUpdate?.maxUnavailable ?? 1, replicas, Math.ceil) || 1;
		const endSeconds = endSecondsOf(template);
		return { replicas, ...probesOf(template), maxSurge: 0, maxUnavailable, minReadySeconds, endSeconds };
	},

	standstill({ spec }, ref) {
		const workload = workloadText(ref);
		const { type, rollingUpdate } = spec?.updateStrategy ?? {};
		const held = (detail: string) => new Fault("workload-held", { workload, detail });
		if (type === "OnDelete") return held("its updateStrategy is OnDelete");
		const { partition = 0 } = rollingUpdate ?? {};
		if (partition > 0) return held(`updateStrategy.rollingUpdate.partition is ${partition}`);
		return spec?.replicas === 0 ? new Fault("workload-empty", { workload }) : undefined;
	},

	stuck(workload, ref) {
		const { replicas = 1 } = workload.spec ?? {};
		const { readyReplicas = 0 } = workload.status ?? {};
		if (!isObserved(workload) || !isOrdered(workload) || readyReplicas >= replicas) return undefined;
		return blockedBy(`${replicas - readyReplicas} of ${replicas} are not ready`, ref);
	},

	async roll(client, { namespace, name }, mark, seen) {
		const body = patchOf(mark, seen);
		const dryRun = seen ? undefined : "All";
		await client.call({ verb: "patch", resource: "statefulsets", namespace, name }, ({ apps, strategicMerge }) =>
			apps.patchNamespacedStatefulSet({ namespace, name, body, fieldManager, dryRun }, strategicMerge),
		);
	},

	state(workload, { pods }, mark, ref) {
		const fault = carries(workload.spec?.template, mark) ? statefulSet.standstill(workload, ref) : unmarked(ref, mark);
		return fault ? { state: "failed", fault } : rolloutState(workload, pods, ref);
	},

	serving: (workload, { pods }) => serving(ownOf(pods, workload, revisionLabel)).map(factOf),
};

const isOrdered = ({ spec }: V1StatefulSet): boolean => spec?.podManagementPolicy !== "Parallel";

const blockedBy = (pods: string, ref: WorkloadRef): Fault => {
	const detail = `its podManagementPolicy is OrderedReady, and ${pods}`;
	return new Fault("rollout-blocked", { workload: workloadText(ref), detail });
};

function rolloutState(workload: V1StatefulSet, pods: readonly V1Pod[], ref: WorkloadRef): RolloutState {
	const { replicas = 1, minReadySeconds = 0 } = workload.spec ?? {};
	const { updateRevision, currentRevision, updatedReplicas = 0, readyReplicas = 0 } = workload.status ?? {};
	if (!isObserved(workload)) return unobserved(workload, ref);
	const running = ownOf(pods, workload, revisionLabel).filter((pod) => !isOver(pod));
	const old = running.filter((pod) => pod.metadata?.labels?.[revisionLabel] !== updateRevision);
	const unready = old.filter((pod) => !isEnding(pod) && !isReady(pod));
	const troubles = troublesOf(running.filter((pod) => !isEnding(pod)));
	const wait = (what: string): RolloutState => ({
		state: "progressing",
		waitingFor: `${what}${troubles}`,
		...(isOrdered(workload) &&
			unready.length > 0 && { blocked: blockedBy(`of an earlier template, not ready is${called(unready)}`, ref) }),
	});
	if (updatedReplicas < replicas)
		return wait(`${updatedReplicas} of ${replicas} replicas updated; of an earlier template${called(old)}`);
	const surplus = (workload.status?.replicas ?? 0) - replicas;
	if (surplus > 0) return wait(`${surplus} replicas too many to end`);
	// Kubernetes before 1.22 does not count those that are available, and knows no minReadySeconds.
	const available = workload.status?.availableReplicas ?? (minReadySeconds === 0 ? readyReplicas : 0);
	if (available < replicas) return wait(`${available} of ${replicas} replicas available`);
	if (currentRevision !== updateRevision) return wait(`revision ${updateRevision} to become the current one`);
	return podsState(running, old, replicas);
}
