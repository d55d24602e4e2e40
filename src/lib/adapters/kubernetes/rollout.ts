// Where a rollout stands, judged from what the cluster says; no I/O.
// RL1. The order of the checks is kubectl's: `observedGeneration` first. Otherwise: counters and conditions of the
//      rollout before pass for this one's.
// RL2. "Done" waits for the last pod of an earlier template, terminating ones included: the counters leave those out.
// Both kept by: rollout.test.ts. The order after https://github.com/kubernetes/kubectl, pkg/polymorphichelpers.

import { isDeepStrictEqual } from "node:util";
import type { V1Deployment, V1Pod, V1PodTemplateSpec, V1ReplicaSet } from "@kubernetes/client-node";
import { Fault } from "../../domain/fault.ts";
import type { PodFact, RollMark } from "../../domain/workload.ts";
import type { RolloutState } from "../../ports/workload.ts";
import { descends } from "./mark.ts";

const hashLabel = "pod-template-hash";

export interface Seen {
	/** Read first: what is read later can only show more pods of an earlier template than it knew, never fewer. */
	readonly deployment: V1Deployment;
	/** Those and the pods that the Deployment's selector matches; others' may be among them. */
	readonly replicaSets: readonly V1ReplicaSet[];
	readonly pods: readonly V1Pod[];
}

/** @param workload as faults name it */
export function rolloutState(seen: Seen, mark: RollMark, workload: string): RolloutState {
	const { deployment } = seen;
	const { metadata, spec, status } = deployment;
	const failed = (fault: Fault): RolloutState => ({ state: "failed", fault });
	const wait = (waitingFor: string): RolloutState => ({ state: "progressing", waitingFor });
	if (spec?.paused) return failed(new Fault("workload-paused", { workload }));
	if (!descends(deployment, mark)) {
		const detail = "its pod template no longer carries this rotation's mark; somebody rolled it back or replaced it";
		return failed(new Fault("rollout-failed", { workload, detail }));
	}
	const replicas = spec?.replicas ?? 1;
	if (replicas === 0) return failed(new Fault("workload-empty", { workload }));

	const { observedGeneration = 0, updatedReplicas = 0, availableReplicas = 0, conditions = [] } = status ?? {};
	if (observedGeneration < (metadata?.generation ?? 0))
		return wait("the Deployment controller to see the new template");
	const progress = conditions.find(({ type }) => type === "Progressing");
	if (progress?.reason === "ProgressDeadlineExceeded") {
		const detail = `it made no progress for ${spec?.progressDeadlineSeconds ?? 600} s (ProgressDeadlineExceeded)`;
		return failed(new Fault("rollout-failed", { workload, detail }));
	}
	if (updatedReplicas < replicas) return wait(`${updatedReplicas} of ${replicas} replicas updated`);
	const old = (status?.replicas ?? 0) - updatedReplicas;
	if (old > 0) return wait(`${old} old replicas to end`);
	if (availableReplicas < updatedReplicas) return wait(`${availableReplicas} of ${updatedReplicas} replicas available`);
	return podsState(seen, replicas);
}

function podsState({ deployment, replicaSets, pods }: Seen, replicas: number): RolloutState {
	const wait = (waitingFor: string): RolloutState => ({ state: "progressing", waitingFor });
	const current = replicaSets
		.filter((set) => controls(deployment, set) && isOf(deployment.spec?.template, set))
		.map((set) => set.metadata?.labels?.[hashLabel]);
	if (current.length === 0) return wait("the ReplicaSet of the new template");
	const running = pods.filter((pod) => isOurs(pod, deployment, replicaSets) && !isOver(pod));
	const old = running.filter((pod) => !current.includes(pod.metadata?.labels?.[hashLabel]));
	if (old.length > 0) return wait(`${old.map((pod) => pod.metadata?.name).join(", ")} of an earlier template to end`);
	const serving = running.filter((pod) => pod.metadata?.deletionTimestamp === undefined);
	if (serving.length < replicas) return wait(`${serving.length} of ${replicas} pods`);
	return { state: "done", pods: serving.map(factOf) };
}

/** The Deployment's pods that run and are not on their way out, of whatever template. */
export const servingPods = ({ deployment, replicaSets, pods }: Seen): PodFact[] =>
	pods
		.filter((pod) => isOurs(pod, deployment, replicaSets) && !isOver(pod))
		.filter(({ metadata }) => metadata?.deletionTimestamp === undefined)
		.map(factOf);

const controllerOf = ({ metadata }: V1Pod | V1ReplicaSet) =>
	metadata?.ownerReferences?.find((owner) => owner.controller);

const controls = (deployment: V1Deployment, set: V1ReplicaSet): boolean =>
	controllerOf(set)?.uid === deployment.metadata?.uid;

/**
 * A pod whose ReplicaSet is gone already, or that was orphaned, still has the old secret: only one that is known to be
 * somebody else's is left out.
 */
function isOurs(pod: V1Pod, deployment: V1Deployment, replicaSets: readonly V1ReplicaSet[]): boolean {
	if (pod.metadata?.labels?.[hashLabel] === undefined) return false;
	const owner = controllerOf(pod);
	if (owner === undefined) return true;
	if (owner.kind !== "ReplicaSet") return false;
	const set = replicaSets.find(({ metadata }) => metadata?.uid === owner.uid);
	return set === undefined || controls(deployment, set);
}

/** Evicted and finished pods stay listed, but run nothing any more. */
const isOver = ({ status }: V1Pod): boolean => status?.phase === "Failed" || status?.phase === "Succeeded";

/** The controller's own test for "this ReplicaSet is of that template": equal but for the label it adds. */
const isOf = (template: V1PodTemplateSpec | undefined, set: V1ReplicaSet): boolean =>
	isDeepStrictEqual(comparable(template), comparable(set.spec?.template));

function comparable(template: V1PodTemplateSpec | undefined): unknown {
	const plain = JSON.parse(JSON.stringify(template ?? {})) as V1PodTemplateSpec;
	delete plain.metadata?.creationTimestamp;
	delete plain.metadata?.labels?.[hashLabel];
	return plain;
}

function factOf({ metadata, status }: V1Pod): PodFact {
	const containers = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
	const starts = containers.flatMap(({ state }) => state?.running?.startedAt ?? []);
	const oldest = starts.sort((a, b) => a.getTime() - b.getTime())[0];
	return {
		name: metadata?.name ?? "",
		ready: status?.conditions?.some(({ type, status: is }) => type === "Ready" && is === "True") ?? false,
		startedAt: (oldest ?? status?.startTime ?? metadata?.creationTimestamp ?? new Date(0)).toISOString(),
	};
}
