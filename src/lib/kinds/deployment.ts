// Deployments: rolled by an annotation of their pod template, and done when no pod of an earlier one is left.
// RL1. The order of the checks is kubectl's: `observedGeneration` first. Otherwise: counters and conditions of the
//      rollout before pass for this one's.
// RL2. "Done" waits for the last pod of an earlier template, terminating ones included: the counters leave those out. Where
//      nothing else is waited for it is "ending": such a pod may stay for ever, on a node that is dead.
// RL3. The patch is strategic, of annotations only, by a field manager of our own. Otherwise: Flux strips it (names that
//      begin with "kubectl"), or it takes fields from anyone who deploys the workload.
// All kept by: deployment.test.ts, workloads.test.ts. The order after https://github.com/kubernetes/kubectl,
// pkg/polymorphichelpers.

import { isDeepStrictEqual } from "node:util";
import type { V1Deployment, V1Pod, V1PodTemplateSpec, V1ReplicaSet } from "@kubernetes/client-node";
import { Fault } from "../domain/fault.ts";
import { type RollMark, type WorkloadRef, workloadText } from "../domain/workload.ts";
import type { RolloutState } from "../ports/workload.ts";
import type { OwnedSets, WorkloadKind } from "./kind.ts";
import { carries, fieldManager, patchOf, unmarked } from "./mark.ts";
import {
	called,
	controllerOf,
	endSecondsOf,
	factOf,
	isEnding,
	isObserved,
	isOver,
	podsIn,
	podsState,
	probesOf,
	serving,
	setsAndPodsOf,
	unobserved,
} from "./pods.ts";
import { replicaFailureIn, troublesOf } from "./trouble.ts";

const hashLabel = "pod-template-hash";

export const deployment: WorkloadKind<V1Deployment, OwnedSets> = {
	find: (client, { namespace, name }) =>
		client.find({ verb: "get", resource: "deployments", namespace, name }, ({ apps }) =>
			apps.readNamespacedDeployment({ namespace, name }),
		),

	owned: (client, ref, { spec }) => setsAndPodsOf(client, ref, spec?.selector),

	template: ({ spec }) => spec?.template,

	marked: ({ spec }) => spec?.template,

	settings({ spec }) {
		const { replicas = 1, strategy, minReadySeconds = 0, template } = spec ?? {};
		const common = { replicas, minReadySeconds, ...probesOf(template) };
		if (strategy?.type === "Recreate")
			return { ...common, maxSurge: 0, maxUnavailable: replicas, endSeconds: endSecondsOf(template) };
		const { maxSurge = "25%", maxUnavailable = "25%" } = strategy?.rollingUpdate ?? {};
		const surge = podsIn(maxSurge, replicas, Math.ceil);
		const unavailable = podsIn(maxUnavailable, replicas, Math.floor);
		// The controller's own way out of a rollout that could not move.
		return { ...common, maxSurge: surge, maxUnavailable: surge ? unavailable : unavailable || 1, endSeconds: 0 };
	},

	standstill({ spec }, ref) {
		const workload = workloadText(ref);
		if (spec?.paused) return new Fault("workload-paused", { workload });
		if (spec?.replicas === 0) return new Fault("workload-empty", { workload });
		return undefined;
	},

	stuck: (workload, ref) => stuckAs(workload, ref) ?? refused(workload, [], ref),

	async roll(client, { namespace, name }, mark, seen) {
		const body = patchOf(mark, seen);
		const dryRun = seen ? undefined : "All";
		await client.call({ verb: "patch", resource: "deployments", namespace, name }, ({ apps, strategicMerge }) =>
			apps.patchNamespacedDeployment({ namespace, name, body, fieldManager, dryRun }, strategicMerge),
		);
	},

	state: (workload, owned, mark, ref) => rolloutState({ workload, ...owned }, mark, ref),

	serving: (workload, { pods, replicaSets }) =>
		serving(pods.filter((pod) => isOurs(pod, workload, replicaSets))).map(factOf),
};

interface Seen extends OwnedSets {
	readonly workload: V1Deployment;
}

function rolloutState(seen: Seen, mark: RollMark, ref: WorkloadRef): RolloutState {
	const { spec, status } = seen.workload;
	const workload = workloadText(ref);
	const failed = (fault: Fault): RolloutState => ({ state: "failed", fault });
	const wait = (waitingFor: string): RolloutState => ({ state: "progressing", waitingFor });
	if (spec?.paused) return failed(new Fault("workload-paused", { workload }));
	if (!carries(spec?.template, mark)) return failed(unmarked(ref, mark));
	const replicas = spec?.replicas ?? 1;
	if (replicas === 0) return failed(new Fault("workload-empty", { workload }));

	const { updatedReplicas = 0, availableReplicas = 0 } = status ?? {};
	if (!isObserved(seen.workload)) return unobserved(seen.workload, ref);
	const running = runningOf(seen);
	const troubles = troublesOf(running.filter((pod) => !isEnding(pod)));
	const stuck = stuckAs(seen.workload, ref, troubles);
	if (stuck) return failed(stuck);
	const blocked = refused(seen.workload, seen.replicaSets, ref);
	const waitFor = (what: string): RolloutState => ({ ...wait(`${what}${troubles}`), ...(blocked && { blocked }) });
	if (updatedReplicas < replicas) return waitFor(`${updatedReplicas} of ${replicas} replicas updated`);
	const old = (status?.replicas ?? 0) - updatedReplicas;
	if (old > 0) return waitFor(`${old} old replicas to end${called(earlierOf(seen, running))}`);
	if (availableReplicas < updatedReplicas)
		return waitFor(`${availableReplicas} of ${updatedReplicas} replicas available`);
	return podsOfTemplate(seen, replicas);
}

/** What made it give up, where its deadline has passed. */
function stuckAs(deployed: V1Deployment, ref: WorkloadRef, troubles = ""): Fault | undefined {
	if (!isObserved(deployed)) return undefined;
	const { spec, status: { conditions = [] } = {} } = deployed;
	const progress = conditions.find(({ type }) => type === "Progressing");
	if (progress?.reason !== "ProgressDeadlineExceeded") return undefined;
	const made = replicaFailureIn(conditions);
	const why = made === undefined ? troubles : `; no pod is made: ${made}`;
	const detail = `it made no progress for ${spec?.progressDeadlineSeconds ?? 600} s (ProgressDeadlineExceeded)${why}`;
	return new Fault("rollout-failed", { workload: workloadText(ref), detail });
}

/** Said by the ReplicaSet first, and then by the Deployment. */
function refused(workload: V1Deployment, replicaSets: readonly V1ReplicaSet[], ref: WorkloadRef): Fault | undefined {
	const { spec, status } = workload;
	if (!isObserved(workload)) return undefined;
	const sets = replicaSets.filter((set) => controls(workload, set) && isOf(spec?.template, set));
	const conditions = [...(status?.conditions ?? []), ...sets.flatMap((set) => set.status?.conditions ?? [])];
	const detail = replicaFailureIn(conditions);
	return detail === undefined ? undefined : new Fault("pods-refused", { workload: workloadText(ref), detail });
}

const runningOf = ({ workload, replicaSets, pods }: Seen): V1Pod[] =>
	pods.filter((pod) => isOurs(pod, workload, replicaSets) && !isOver(pod));

/** Of these, those of another template than the present one. */
function earlierOf(seen: Seen, running: readonly V1Pod[]): V1Pod[] {
	const current = currentOf(seen);
	return running.filter((pod) => !current.includes(pod.metadata?.labels?.[hashLabel]));
}

const currentOf = ({ workload, replicaSets }: Seen) =>
	replicaSets
		.filter((set) => controls(workload, set) && isOf(workload.spec?.template, set))
		.map((set) => set.metadata?.labels?.[hashLabel]);

function podsOfTemplate(seen: Seen, replicas: number): RolloutState {
	if (currentOf(seen).length === 0) return { state: "progressing", waitingFor: "the ReplicaSet of the new template" };
	const running = runningOf(seen);
	return podsState(running, earlierOf(seen, running), replicas);
}

const controls = (workload: V1Deployment, set: V1ReplicaSet): boolean =>
	controllerOf(set)?.uid === workload.metadata?.uid;

/**
 * A pod whose ReplicaSet is gone already, or that was orphaned, still has the old secret: only one that is known to be
 * somebody else's is left out.
 */
function isOurs(pod: V1Pod, workload: V1Deployment, replicaSets: readonly V1ReplicaSet[]): boolean {
	if (pod.metadata?.labels?.[hashLabel] === undefined) return false;
	const owner = controllerOf(pod);
	if (owner === undefined) return true;
	if (owner.kind !== "ReplicaSet") return false;
	const set = replicaSets.find(({ metadata }) => metadata?.uid === owner.uid);
	return set === undefined || controls(workload, set);
}

/** The controller's own test for "this ReplicaSet is of that template": equal except for the label it adds. */
const isOf = (template: V1PodTemplateSpec | undefined, set: V1ReplicaSet): boolean =>
	isDeepStrictEqual(comparable(template), comparable(set.spec?.template));

function comparable(template: V1PodTemplateSpec | undefined): unknown {
	const plain = JSON.parse(JSON.stringify(template ?? {})) as V1PodTemplateSpec;
	delete plain.metadata?.creationTimestamp;
	delete plain.metadata?.labels?.[hashLabel];
	return plain;
}
