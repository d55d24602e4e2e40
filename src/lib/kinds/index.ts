// The kinds of workload: a new one is a file beside this one and a line here.

import type { V1ObjectMeta } from "@kubernetes/client-node";
import type { ClusterClient } from "../adapters/kubernetes/client.ts";
import { Fault } from "../domain/fault.ts";
import { type WorkloadRef, workloadText } from "../domain/workload.ts";
import { cronJob } from "./cron-job.ts";
import { daemonSet } from "./daemon-set.ts";
import { deployment } from "./deployment.ts";
import type { ScheduledKind, WorkloadKind } from "./kind.ts";
import { rollout } from "./rollout.ts";
import { statefulSet } from "./stateful-set.ts";

const rolled = {
	/** Deployments of `apps/v1`, rolled by their pod template. */
	Deployment: deployment,
	/** StatefulSets of `apps/v1`, rolled likewise, one pod after another. */
	StatefulSet: statefulSet,
	/** DaemonSets of `apps/v1`, rolled likewise, node by node. */
	DaemonSet: daemonSet,
	/** Argo Rollouts of `argoproj.io/v1alpha1`, rolled by `restartAt`. */
	Rollout: rollout,
};
export type RolledKindName = keyof typeof rolled;
export const rolledKindNames = Object.keys(rolled) as RolledKindName[];

export const kinds = {
	...rolled,
	/** CronJobs of `batch/v1`, whose next run reads the new version. */
	CronJob: cronJob,
};

export type KindName = keyof typeof kinds;

export const kindNames = Object.keys(kinds) as [KindName, ...KindName[]];

export const kindOf = ({ kind }: WorkloadRef): WorkloadKind | ScheduledKind =>
	kinds[kind as KindName] as WorkloadKind | ScheduledKind;

export const isScheduled = (kind: WorkloadKind | ScheduledKind): kind is ScheduledKind => "runs" in kind;

/** Its pod template, its own metadata and the annotations of that; `undefined` when there is no such workload. */
export async function findTemplate(client: ClusterClient, ref: WorkloadRef) {
	const kind = kindOf(ref);
	const workload = await kind.find(client, ref);
	if (!workload) return undefined;
	const { metadata = {} }: { metadata?: V1ObjectMeta } = workload;
	return { template: kind.template(workload), metadata, annotations: metadata.annotations ?? {} };
}

/** @throws Fault `workload-missing` */
export async function theWorkload(client: ClusterClient, ref: WorkloadRef): Promise<object> {
	const found = await kindOf(ref).find(client, ref);
	if (!found) throw new Fault("workload-missing", { workload: workloadText(ref) });
	return found;
}
