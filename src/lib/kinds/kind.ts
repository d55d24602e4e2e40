// A kind of workload: how it is found and rolled, and what "rolled" and "done" mean for it, where it is rolled at all. A file beside this one and a
// line in index.ts each.
// WK1. Whatever a kind reads before its pods is older than they are (`owned` comes after `find`). Otherwise: a pod of an
//      earlier template passes for one of a template that was not known yet.

import type { V1ObjectMeta, V1Pod, V1PodTemplateSpec, V1ReplicaSet } from "@kubernetes/client-node";
import type { ClusterClient } from "../adapters/kubernetes/client.ts";
import type { PodSettings } from "../domain/exposure.ts";
import type { Fault } from "../domain/fault.ts";
import type { PodFact, RollMark, WorkloadRef } from "../domain/workload.ts";
import type { RolloutState, Runs } from "../ports/workload.ts";

/** `Workload` and `Owned` are what the API gives of this kind, and what lies between it and its pods. */
interface AnyKind<Workload extends { metadata?: V1ObjectMeta }, Owned extends OwnedPods> {
	/** @returns `undefined` only if the cluster says that there is none */
	find(client: ClusterClient, ref: WorkloadRef): Promise<Workload | undefined>;
	/** Lists what belongs to it; for that it needs the rights that the judgement of a rollout will need. */
	owned(client: ClusterClient, ref: WorkloadRef, workload: Workload): Promise<Owned>;
	/** What its pods are made from. */
	template(workload: Workload): V1PodTemplateSpec | undefined;
	/** How its pods are probed and replaced; what the manifest leaves out is as Kubernetes has it. */
	settings(workload: Workload): PodSettings;
	/** Why it cannot be rolled as it is: paused, scaled to zero. */
	standstill(workload: Workload, ref: WorkloadRef): Fault | undefined;
	/** Why the rollout that is under way cannot end by itself. */
	stuck(workload: Workload, ref: WorkloadRef): Fault | undefined;
	/** Its pods that run, of whatever template; one that ends counts only where nothing else will be asked of it. */
	serving(workload: Workload, owned: Owned): PodFact[];
}

/** One whose pods are replaced for a new version. */
export interface WorkloadKind<
	Workload extends { metadata?: V1ObjectMeta } = object,
	Owned extends OwnedPods = OwnedPods,
> extends AnyKind<Workload, Owned> {
	/** What a roll leaves its mark on. */
	marked(workload: Workload): { readonly metadata?: V1ObjectMeta } | undefined;
	/**
	 * Rolls it once for this mark.
	 * @param seen the workload as it was looked at; where it is another one by now, Fault `cluster-conflict` is thrown. Absent:
	 *   asks whether it would, and changes nothing
	 */
	roll(client: ClusterClient, ref: WorkloadRef, mark: RollMark, seen?: Workload): Promise<void>;
	/** Where the rollout of the template with this mark stands. */
	state(workload: Workload, owned: Owned, mark: RollMark, ref: WorkloadRef): RolloutState;
}

/** One whose pods come and go by its schedule: nothing of it is rolled. */
export interface ScheduledKind<
	Workload extends { metadata?: V1ObjectMeta } = object,
	Owned extends OwnedPods = OwnedPods,
> extends AnyKind<Workload, Owned> {
	runs(workload: Workload, owned: Owned): Runs;
}

/** Of a workload whose pods belong to its ReplicaSets. */
export interface OwnedSets extends OwnedPods {
	readonly replicaSets: readonly V1ReplicaSet[];
}

export interface OwnedPods {
	/** Those that its selector matches; others' may be among them. */
	readonly pods: readonly V1Pod[];
}
