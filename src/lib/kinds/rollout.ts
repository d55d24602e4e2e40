// Argo Rollouts: restarted by `spec.restartAt`, which evicts every pod that was made before it. The pod template stays as it is:
// a change of it is a blue-green or canary update, with its analyses and pauses, which may wait for a person.
// RA1. The mark is on the Rollout itself, in the patch that sets `restartAt`; pods that were made before that time are the old
//      ones. Otherwise: nothing shows which restart was ours, and each look restarts everything again.
// RA2. `restartAt` is never set back. Otherwise: a later restart, somebody else's, is called off.
// RA3. `status.restartedAt` alone proves nothing: it says that the last old pod was evicted, not that it is gone or that the one
//      after it serves, and a change of the template sets it too. The pods are looked at.
// RA4. A restart takes no pod while too few are available, an old one that is not ready included: that is reported. All
// kept by: rollout.test.ts, workloads.test.ts. After https://github.com/argoproj/argo-rollouts, rollout/restart.go.

import type { IntOrString, V1LabelSelector, V1ObjectMeta, V1Pod, V1PodTemplateSpec } from "@kubernetes/client-node";
import { Fault } from "../domain/fault.ts";
import { type RollMark, type WorkloadRef, workloadText } from "../domain/workload.ts";
import type { RolloutState } from "../ports/workload.ts";
import type { OwnedSets, WorkloadKind } from "./kind.ts";
import { carries, fieldManager, marksOf, unmarked } from "./mark.ts";
import {
	called,
	controllerOf,
	endSecondsOf,
	factOf,
	isEnding,
	isOver,
	isReady,
	podsIn,
	podsState,
	probesOf,
	serving,
	setsAndPodsOf,
} from "./pods.ts";
import { troublesOf } from "./trouble.ts";

const api = { group: "argoproj.io", version: "v1alpha1", plural: "rollouts" };
const hashLabel = "rollouts-pod-template-hash";

/** As far as it is read here. */
export interface Rollout {
	readonly metadata?: V1ObjectMeta;
	readonly spec?: {
		readonly replicas?: number;
		readonly minReadySeconds?: number;
		readonly restartAt?: string;
		readonly selector?: V1LabelSelector;
		readonly template?: V1PodTemplateSpec;
		readonly workloadRef?: { readonly kind?: string; readonly name?: string };
		readonly strategy?: {
			readonly canary?: { readonly maxSurge?: IntOrString; readonly maxUnavailable?: IntOrString };
		};
	};
	readonly status?: {
		/** A text, unlike everybody else's. */
		readonly observedGeneration?: string;
		readonly phase?: string;
		readonly restartedAt?: string;
		readonly availableReplicas?: number;
	};
}

export const rollout: WorkloadKind<Rollout, OwnedSets> = {
	find: (client, { namespace, name }) =>
		client.find<Rollout>({ verb: "get", resource: "rollouts", namespace, name }, ({ custom }) =>
			custom.getNamespacedCustomObject({ ...api, namespace, name }),
		),

	owned: (client, ref, { spec }) => setsAndPodsOf(client, ref, spec?.selector),

	template: ({ spec }) => spec?.template,

	marked: ({ metadata }) => ({ metadata }),

	settings(workload) {
		const { replicas = 1, minReadySeconds = 0, template } = workload.spec ?? {};
		const common = { replicas, minReadySeconds, ...probesOf(template), endSeconds: endSecondsOf(template) };
		return { ...common, maxSurge: 0, maxUnavailable: atOnce(workload) };
	},

	standstill({ spec }, ref) {
		const named = { workload: workloadText(ref) };
		const { workloadRef: other } = spec ?? {};
		if (other) {
			const detail = `its pod template is that of ${other.kind} ${other.name} (workloadRef), which is not read`;
			return new Fault("workload-ambiguous", { ...named, detail });
		}
		return spec?.replicas === 0 ? new Fault("workload-empty", named) : undefined;
	},

	stuck(workload, ref) {
		const { replicas = 1 } = workload.spec ?? {};
		const lacking = replicas - (workload.status?.availableReplicas ?? 0);
		return isObserved(workload) && lacking >= atOnce(workload)
			? blockedBy(`${lacking} of ${replicas} are not available`, ref)
			: undefined;
	},

	async roll(client, { namespace, name }, mark, seen) {
		const restartAt = secondAfter(mark.at);
		const isLater = Date.parse(seen?.spec?.restartAt ?? "") >= Date.parse(restartAt);
		const { resourceVersion } = seen?.metadata ?? {};
		const body = {
			metadata: { resourceVersion, annotations: marksOf(mark) },
			...(!isLater && { spec: { restartAt } }),
		};
		const dryRun = seen ? undefined : "All";
		await client.call({ verb: "patch", resource: "rollouts", namespace, name }, ({ custom, merge }) =>
			custom.patchNamespacedCustomObject({ ...api, namespace, name, body, fieldManager, dryRun }, merge),
		);
	},

	state(workload, owned, mark, ref) {
		const fault = carries(rollout.marked(workload), mark) ? rollout.standstill(workload, ref) : unmarked(ref, mark);
		return fault ? { state: "failed", fault } : restartState(workload, owned, mark, ref);
	},

	serving: (workload, owned) => serving(ownOf(workload, owned)).map(factOf),
};

/** Of pod creations, which are in whole seconds, those in the very second count as new. */
const secondAfter = (at: string): string =>
	`${new Date(Math.ceil(Date.parse(at) / 1000) * 1000).toISOString().slice(0, 19)}Z`;

const isObserved = ({ metadata, status }: Rollout): boolean =>
	status?.observedGeneration === `${metadata?.generation ?? 0}`;

/** How many pods a restart takes at a time. */
function atOnce({ spec }: Rollout): number {
	const { replicas = 1, strategy } = spec ?? {};
	if (!strategy?.canary) return 1;
	return Math.max(1, podsIn(strategy.canary.maxUnavailable ?? "25%", replicas, Math.floor));
}

const blockedBy = (pods: string, ref: WorkloadRef): Fault => {
	const detail = `a restart takes none while too few are available, and ${pods}`;
	return new Fault("rollout-blocked", { workload: workloadText(ref), detail });
};

function restartState(workload: Rollout, owned: OwnedSets, mark: RollMark, ref: WorkloadRef): RolloutState {
	const { replicas = 1, restartAt = "" } = workload.spec ?? {};
	const { restartedAt = "", phase, availableReplicas = 0 } = workload.status ?? {};
	const [ours, theirs] = [Date.parse(secondAfter(mark.at)), Date.parse(restartAt)];
	if (!(theirs >= ours)) {
		const detail = "its restartAt is earlier than this rotation's; somebody set it back";
		return { state: "failed", fault: new Fault("rollout-failed", { workload: workloadText(ref), detail }) };
	}
	const running = ownOf(workload, owned).filter((pod) => !isOver(pod));
	const old = running.filter(({ metadata }) => (metadata?.creationTimestamp?.getTime() ?? 0) < ours);
	const unready = old.filter((pod) => !isEnding(pod) && !isReady(pod));
	const wait = (what: string): RolloutState => ({
		state: "progressing",
		waitingFor: `${what}${troublesOf(running.filter((pod) => !isEnding(pod)))}`,
		...(unready.length >= atOnce(workload) && {
			blocked: blockedBy(`of before it, not ready is${called(unready)}`, ref),
		}),
	});
	if (!isObserved(workload)) return wait("the Argo Rollouts controller to see that it is to restart");
	if (Date.parse(restartedAt) !== theirs) return wait(`pods of before ${restartAt} to be evicted${called(old)}`);
	if (availableReplicas < replicas) return wait(`${availableReplicas} of ${replicas} replicas available`);
	// Aborted updates leave it Degraded, and paused ones Paused: a restart is over all the same.
	if (phase === "Progressing") return wait("the phase Progressing to end");
	return podsState(running, old, replicas);
}

/** As with a Deployment: only a pod that is known to be somebody else's is left out. */
const ownOf = ({ metadata }: Rollout, { pods, replicaSets }: OwnedSets): V1Pod[] =>
	pods.filter((pod) => {
		if (pod.metadata?.labels?.[hashLabel] === undefined) return false;
		const owner = controllerOf(pod);
		if (owner === undefined) return true;
		const set = replicaSets.find((one) => one.metadata?.uid === owner.uid);
		return owner.kind === "ReplicaSet" && (set === undefined || controllerOf(set)?.uid === metadata?.uid);
	});
