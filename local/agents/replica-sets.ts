// The ReplicaSet controller, for an API server without kube-controller-manager: as many pods as a set asks for.
//
// R1. It counts the pods that the API lists now, never those it remembers. Otherwise: it makes a pod twice, when the
//     first one's event is late.

import type { V1ReplicaSet } from "@kubernetes/client-node";
import { type Api, at, isMissing, type KubeObject, type Wire } from "../../packages/kubernetes-api/index.ts";
import type { Pod } from "./environment.ts";
import { keyOf } from "./informer.ts";

export type ReplicaSet = Wire<Pick<V1ReplicaSet, "spec" | "status">> & KubeObject;

export const controllerOf = ({ metadata }: KubeObject) =>
	metadata.ownerReferences?.find(({ controller }) => controller);

/** @returns when to look again, in ms: a pod is available only `minReadySeconds` after it became ready */
export async function reconcileReplicaSet(api: Api, key: string): Promise<number | undefined> {
	const [namespace, name] = key.split("/") as [string, string];
	const path = at("apps/v1", "replicasets", namespace, name);
	const set = await orNothing(api.get<ReplicaSet>(path));
	if (!set || set.metadata.deletionTimestamp) return undefined;
	const { items } = await api.get<{ items: Pod[] }>(at("v1", "pods", namespace));
	const pods = items.filter((pod) => controllerOf(pod)?.uid === set.metadata.uid && isActive(pod));
	const wanted = set.spec?.replicas ?? 1;
	await Promise.all(Array.from({ length: wanted - pods.length }, () => createPod(api, set)));
	const surplus = pods.sort(firstToGo).slice(0, Math.max(pods.length - wanted, 0));
	await Promise.all(surplus.map((pod) => orNothing(api.remove(at("v1", "pods", namespace, pod.metadata.name)))));

	const minReadyMs = (set.spec?.minReadySeconds ?? 0) * 1000;
	const left = pods.slice(surplus.length);
	const readyFor = left
		.flatMap((pod) => Date.now() - (readySince(pod) ?? Number.POSITIVE_INFINITY))
		.filter((ms) => ms > -1e15);
	const status = {
		replicas: left.length,
		fullyLabeledReplicas: left.length,
		readyReplicas: readyFor.length,
		availableReplicas: readyFor.filter((ms) => ms >= minReadyMs).length,
		observedGeneration: set.metadata.generation,
	};
	if (Object.entries(status).some(([field, value]) => (set.status?.[field as "replicas"] ?? 0) !== value))
		await api.merge(`${path}/status`, { status });
	return status.availableReplicas < status.readyReplicas ? 1_000 : undefined;
}

export const isActive = ({ metadata, status }: Pod) =>
	!metadata.deletionTimestamp && status?.phase !== "Succeeded" && status?.phase !== "Failed";

export function readySince({ status }: Pod): number | undefined {
	const ready = status?.conditions?.find(({ type }) => type === "Ready");
	return ready?.status === "True" ? Date.parse(ready.lastTransitionTime ?? "") : undefined;
}

/** Those that serve least first: not bound, not running, not ready; then the youngest. */
function firstToGo(one: Pod, other: Pod): number {
	const rank = (pod: Pod) =>
		[Boolean(pod.spec?.nodeName), pod.status?.phase === "Running", readySince(pod) !== undefined].filter(Boolean)
			.length;
	const age = ({ metadata }: Pod) => Date.parse(metadata.creationTimestamp ?? "");
	return rank(one) - rank(other) || age(other) - age(one);
}

async function createPod(api: Api, set: ReplicaSet): Promise<void> {
	const { name, namespace, uid } = set.metadata;
	const { metadata: { labels, annotations } = {}, spec } = set.spec?.template ?? {};
	const owner = { apiVersion: "apps/v1", kind: "ReplicaSet", name, uid, controller: true, blockOwnerDeletion: true };
	const metadata = { generateName: `${name}-`, namespace, labels, annotations, ownerReferences: [owner] };
	await api.create(at("v1", "pods", namespace), { apiVersion: "v1", kind: "Pod", metadata, spec });
}

/** The key of the workload of this kind that a pod belongs to. */
export function ownerOf(pod: Pod, kind: "ReplicaSet" | "StatefulSet" | "DaemonSet" | "Job"): string | undefined {
	const owner = controllerOf(pod);
	if (owner?.kind !== kind) return undefined;
	return keyOf({ metadata: { ...pod.metadata, name: owner.name } });
}

export const orNothing = <T>(answer: Promise<T>): Promise<T | undefined> =>
	answer.catch((error) => {
		if (isMissing(error)) return undefined;
		throw error;
	});
