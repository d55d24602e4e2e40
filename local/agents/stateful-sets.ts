// The StatefulSet controller, for an API server without kube-controller-manager.
//
// SS1. With OrderedReady nothing happens past the first pod that is not ready, an update neither. Otherwise: a rollout that
//      stands still in a cluster passes here.
// SS2. A pod's name is given again only after the pod before it is gone. Otherwise: two pods of one identity run at a time.
// Rules: Kubernetes' pkg/controller/statefulset/stateful_set_control.go. Loose: no volume claims, and a pod below the partition
// that is made again is of the newest template.

import type { KubeConfig, V1StatefulSet } from "@kubernetes/client-node";
import { type Api, apiOf, at, isConflict, type KubeObject, type Wire } from "../../packages/kubernetes-api/index.ts";
import type { Pod } from "./environment.ts";
import { controllerOn, informer, keyOf, queue } from "./informer.ts";
import { controllerOf, orNothing, ownerOf, readySince } from "./replica-sets.ts";
import { templateHash } from "./rollout.ts";

type StatefulSet = Wire<Pick<V1StatefulSet, "spec" | "status">> & KubeObject;

const revisionLabel = "controller-revision-hash";

/** Runs until it is disposed of. */
export function statefulSetController(kubeConfig: KubeConfig): AsyncDisposable {
	const api = apiOf(kubeConfig, "kube-controller-manager");
	const work = queue("stateful sets", (key) => reconcile(api, key));
	const informers = [
		informer<StatefulSet>(api, at("apps/v1", "statefulsets"), (set) => work.add(keyOf(set))),
		informer<Pod>(api, at("v1", "pods"), (pod) => {
			const key = ownerOf(pod, "StatefulSet");
			if (key) work.add(key);
		}),
	];
	return controllerOn(informers, [work], api);
}

async function reconcile(api: Api, key: string): Promise<number | undefined> {
	const [namespace, name] = key.split("/") as [string, string];
	const path = at("apps/v1", "statefulsets", namespace, name);
	const set = await orNothing(api.get<StatefulSet>(path));
	if (!set || set.metadata.deletionTimestamp) return undefined;
	const { items } = await api.get<{ items: Pod[] }>(at("v1", "pods", namespace));
	const pods = items.filter((pod) => controllerOf(pod)?.uid === set.metadata.uid);
	const revision = `${name}-${templateHash(set)}`;
	const status = statusOf(set, pods, revision);
	if (Object.entries(status).some(([field, value]) => (set.status?.[field as "replicas"] ?? 0) !== value))
		await api.merge(`${path}/status`, { status });
	await next(set, pods, revision, {
		create: async (pod) => {
			await api.create(at("v1", "pods", namespace), pod).catch((error) => {
				// The one before it is still in the list of others, or the list was old.
				if (!isConflict(error)) throw error;
			});
		},
		remove: async ({ metadata: { name: own, uid } }) => {
			await orNothing(api.remove(at("v1", "pods", namespace, own), { preconditions: { uid } }));
		},
	});
	return status.availableReplicas < status.readyReplicas ? 1_000 : undefined;
}

const ordinalOf = ({ metadata }: Pod): number => Number(metadata.name.split("-").at(-1));
const revisionOf = ({ metadata }: Pod): string | undefined => metadata.labels?.[revisionLabel];
const isReady = (pod: Pod): boolean => pod.status?.phase === "Running" && readySince(pod) !== undefined;
const isEnding = ({ metadata }: Pod): boolean => metadata.deletionTimestamp !== undefined;

interface Hands {
	create(pod: object): Promise<void>;
	remove(pod: Pod): Promise<void>;
}

/** One step: the real one too waits for the event that its last one makes. */
async function next(set: StatefulSet, pods: Pod[], revision: string, { create, remove }: Hands): Promise<void> {
	const { replicas = 1, podManagementPolicy, updateStrategy } = set.spec ?? {};
	const isOrdered = podManagementPolicy !== "Parallel";
	for (let ordinal = 0; ordinal < replicas; ordinal++) {
		const pod = pods.find((one) => ordinalOf(one) === ordinal);
		const isFailed = pod?.status?.phase === "Failed" || pod?.status?.phase === "Succeeded";
		if (pod && isFailed && !isEnding(pod)) return remove(pod);
		if (!pod) await create(podOf(set, ordinal, revision));
		if (isOrdered && (!pod || isEnding(pod) || !isReady(pod))) return;
	}
	const condemned = pods
		.filter((pod) => ordinalOf(pod) >= replicas)
		.sort((one, other) => ordinalOf(other) - ordinalOf(one));
	for (const pod of condemned) {
		if (!isEnding(pod)) await remove(pod);
		if (isOrdered) return;
	}
	if (updateStrategy?.type === "OnDelete") return;
	const least = updateStrategy?.rollingUpdate?.partition ?? 0;
	for (let ordinal = replicas - 1; ordinal >= least; ordinal--) {
		const pod = pods.find((one) => ordinalOf(one) === ordinal);
		if (pod && revisionOf(pod) !== revision && !isEnding(pod)) return remove(pod);
		if (!pod || isEnding(pod) || !isReady(pod)) return;
	}
}

function podOf(set: StatefulSet, ordinal: number, revision: string): object {
	const { name: own, namespace, uid } = set.metadata;
	const { template, serviceName } = set.spec ?? {};
	const name = `${own}-${ordinal}`;
	const labels = {
		...template?.metadata?.labels,
		[revisionLabel]: revision,
		"statefulset.kubernetes.io/pod-name": name,
	};
	const owner = {
		apiVersion: "apps/v1",
		kind: "StatefulSet",
		name: own,
		uid,
		controller: true,
		blockOwnerDeletion: true,
	};
	const { annotations } = template?.metadata ?? {};
	return {
		apiVersion: "v1",
		kind: "Pod",
		metadata: { name, namespace, labels, annotations, ownerReferences: [owner] },
		spec: { ...template?.spec, hostname: name, subdomain: serviceName },
	};
}

function statusOf(set: StatefulSet, pods: Pod[], revision: string) {
	const minReadyMs = (set.spec?.minReadySeconds ?? 0) * 1000;
	const ready = pods.filter((pod) => isReady(pod) && !isEnding(pod));
	const available = ready.filter((pod) => Date.now() - readySince(pod)! >= minReadyMs);
	const { currentRevision = revision } = set.status ?? {};
	const of = (wanted: string) => pods.filter((pod) => !isEnding(pod) && revisionOf(pod) === wanted).length;
	const isComplete =
		set.spec?.updateStrategy?.type !== "OnDelete" && of(revision) === pods.length && ready.length === pods.length;
	return {
		observedGeneration: set.metadata.generation ?? 0,
		replicas: pods.length,
		readyReplicas: ready.length,
		availableReplicas: available.length,
		currentReplicas: of(isComplete ? revision : currentRevision),
		updatedReplicas: of(revision),
		currentRevision: isComplete ? revision : currentRevision,
		updateRevision: revision,
	};
}
