// The Job controller, for an API server without kube-controller-manager: as many pods as a Job needs to end well.
// Rules: Kubernetes' pkg/controller/job. Loose: the labels are put on pods here, no back-off between them, no indexes and policies.

import type { KubeConfig, V1Job } from "@kubernetes/client-node";
import { type Api, apiOf, at, type KubeObject, type Wire } from "../../packages/kubernetes-api/index.ts";
import { now } from "./container.ts";
import type { Pod } from "./environment.ts";
import { controllerOn, informer, keyOf, queue } from "./informer.ts";
import { controllerOf, isActive, orNothing, ownerOf, readySince } from "./replica-sets.ts";

export type Job = Wire<Pick<V1Job, "spec" | "status">> & KubeObject;

/** Runs until it is disposed of. */
export function jobController(kubeConfig: KubeConfig): AsyncDisposable {
	const api = apiOf(kubeConfig, "kube-controller-manager");
	const work = queue("jobs", (key) => reconcile(api, key));
	const informers = [
		informer<Job>(api, at("batch/v1", "jobs"), (job) => work.add(keyOf(job))),
		informer<Pod>(api, at("v1", "pods"), (pod) => {
			const key = ownerOf(pod, "Job");
			if (key) work.add(key);
		}),
	];
	return controllerOn(informers, [work], api);
}

export const endOf = ({ status }: Job): "Complete" | "Failed" | undefined =>
	(["Complete", "Failed"] as const).find((end) =>
		status?.conditions?.some(({ type, status: is }) => type === end && is === "True"),
	);

async function reconcile(api: Api, key: string): Promise<number | undefined> {
	const [namespace, name] = key.split("/") as [string, string];
	const path = at("batch/v1", "jobs", namespace, name);
	const job = await orNothing(api.get<Job>(path));
	if (!job || job.metadata.deletionTimestamp || endOf(job)) return undefined;
	const { parallelism = 1, completions = 1, backoffLimit = 6, activeDeadlineSeconds } = job.spec ?? {};
	const { items } = await api.get<{ items: Pod[] }>(at("v1", "pods", namespace));
	const pods = items.filter((pod) => controllerOf(pod)?.uid === job.metadata.uid);
	const startTime = job.status?.startTime ?? now();
	const active = pods.filter(({ status }) => status?.phase !== "Succeeded" && status?.phase !== "Failed");
	const succeeded = pods.filter(({ status }) => status?.phase === "Succeeded").length;
	const failed = pods.filter(({ status }) => status?.phase === "Failed").length;
	const leftMs = Date.parse(startTime) + (activeDeadlineSeconds ?? Number.POSITIVE_INFINITY) * 1000 - Date.now();
	const condition = conditionOf({
		isLate: leftMs <= 0,
		isComplete: succeeded >= completions,
		hasFailed: failed > backoffLimit,
	});
	const counts = { active: condition ? 0 : active.length, ready: active.filter(readySince).length, succeeded, failed };
	const isSame = Object.entries(counts).every(([field, value]) => (job.status?.[field as "active"] ?? 0) === value);
	if (!isSame || condition || !job.status?.startTime)
		await api.merge(`${path}/status`, {
			status: { ...counts, startTime, ...(condition && { conditions: [condition], completionTime: now() }) },
		});
	if (condition) {
		const surplus = active.filter(isActive);
		await Promise.all(surplus.map(({ metadata }) => orNothing(api.remove(at("v1", "pods", namespace, metadata.name)))));
		return undefined;
	}
	const missing = Math.min(parallelism, completions - succeeded) - active.length;
	await Promise.all(Array.from({ length: Math.max(missing, 0) }, () => createPod(api, job)));
	return Number.isFinite(leftMs) ? leftMs : undefined;
}

function conditionOf({ isLate = false, isComplete = false, hasFailed = false }) {
	const at = { status: "True", lastProbeTime: now(), lastTransitionTime: now() };
	if (isComplete) return { type: "Complete", reason: "CompletionsReached", ...at };
	if (isLate) return { type: "Failed", reason: "DeadlineExceeded", ...at };
	return hasFailed ? { type: "Failed", reason: "BackoffLimitExceeded", ...at } : undefined;
}

async function createPod(api: Api, job: Job): Promise<void> {
	const { name, namespace, uid } = job.metadata;
	const { metadata: { labels, annotations } = {}, spec } = job.spec?.template ?? {};
	const owner = { apiVersion: "batch/v1", kind: "Job", name, uid, controller: true, blockOwnerDeletion: true };
	const ours = { "batch.kubernetes.io/job-name": name, "batch.kubernetes.io/controller-uid": uid, "job-name": name };
	const metadata = {
		generateName: `${name}-`,
		namespace,
		labels: { ...labels, ...ours },
		annotations,
		ownerReferences: [owner],
	};
	await api.create(at("v1", "pods", namespace), { apiVersion: "v1", kind: "Pod", metadata, spec });
}
