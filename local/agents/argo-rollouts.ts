// The Argo Rollouts controller, as far as a restart needs it: ReplicaSets of a Rollout, `restartAt`, status.
//
// AR1. A restart takes a pod only while more are available than `replicas` less max(1, maxUnavailable): an old pod that is not ready
//      keeps it from taking any. Otherwise: a restart that stands still in a cluster passes here.
// AR2. `restartedAt` is set when the last old pod has been asked to go, not when it is gone. Otherwise: code that takes it for
//      the end passes here.
// Rules: https://github.com/argoproj/argo-rollouts, rollout/restart.go. Loose: an update has no steps, analyses or pauses, and pods
// are deleted, not evicted, so that no PodDisruptionBudget is asked.

import type { KubeConfig } from "@kubernetes/client-node";
import { type Api, apiOf, at, type KubeObject } from "../../packages/kubernetes-api/index.ts";
import type { Pod } from "./environment.ts";
import { controllerOn, informer, keyOf, queue } from "./informer.ts";
import { controllerOf, isActive, orNothing, type ReplicaSet, readySince } from "./replica-sets.ts";
import { replicasOf, templateHash } from "./rollout.ts";

const version = "argoproj.io/v1alpha1";
const hashLabel = "rollouts-pod-template-hash";

type Rollout = KubeObject & {
	spec?: {
		replicas?: number;
		minReadySeconds?: number;
		paused?: boolean;
		restartAt?: string;
		selector?: { matchLabels?: Record<string, string> };
		template?: { metadata?: { labels?: Record<string, string> }; spec?: object };
		strategy?: { canary?: { maxUnavailable?: number | string } };
	};
	status?: { currentPodHash?: string; stableRS?: string; restartedAt?: string };
};

/** Runs until it is disposed of. */
export function argoRollouts(kubeConfig: KubeConfig): AsyncDisposable {
	const api = apiOf(kubeConfig, "rollouts-controller");
	const work = queue("rollouts", (key) => reconcile(api, key));
	const sets = informer<ReplicaSet>(api, at("apps/v1", "replicasets"), (set) => addOwner(set));
	const addOwner = (set: KubeObject | undefined) => {
		const owner = set && controllerOf(set);
		if (owner?.kind === "Rollout") work.add(`${set?.metadata.namespace}/${owner.name}`);
	};
	const informers = [
		sets,
		informer<Rollout>(api, at(version, "rollouts"), (rollout) => work.add(keyOf(rollout))),
		informer<Pod>(api, at("v1", "pods"), (pod) => {
			addOwner(sets.get(`${pod.metadata.namespace}/${controllerOf(pod)?.name}`));
		}),
	];
	return controllerOn(informers, [work], api);
}

async function reconcile(api: Api, key: string): Promise<number | undefined> {
	const [namespace, name] = key.split("/") as [string, string];
	const path = at(version, "rollouts", namespace, name);
	const rollout = await orNothing(api.get<Rollout>(path));
	if (!rollout || rollout.metadata.deletionTimestamp) return undefined;
	const listed = await api.get<{ items: ReplicaSet[] }>(at("apps/v1", "replicasets", namespace));
	const sets = listed.items.filter((set) => controllerOf(set)?.uid === rollout.metadata.uid);
	const hash = templateHash(rollout);
	const newSet = sets.find(({ metadata }) => metadata.labels?.[hashLabel] === hash) ?? (await createSet(api, rollout));
	const old = sets.filter((set) => set !== newSet && replicasOf(set) > 0);
	const wanted = rollout.spec?.replicas ?? 1;
	const isUp = (newSet.status?.availableReplicas ?? 0) >= wanted;
	await scale(api, newSet, wanted);
	if (isUp) for (const set of old) await scale(api, set, 0);

	const { items } = await api.get<{ items: Pod[] }>(at("v1", "pods", namespace));
	const owners = new Set([newSet, ...sets].map(({ metadata }) => metadata.uid));
	const pods = items.filter((pod) => owners.has(controllerOf(pod)?.uid ?? ""));
	const restartedAt = await restart(api, rollout, pods, hash);
	const total = (field: "replicas" | "readyReplicas" | "availableReplicas") =>
		[newSet, ...old].reduce((sum, set) => sum + (set.status?.[field] ?? 0), 0);
	const isDone = isUp && old.length === 0;
	const status = {
		observedGeneration: `${rollout.metadata.generation}`,
		currentPodHash: hash,
		stableRS: isDone ? hash : (rollout.status?.stableRS ?? hash),
		phase: rollout.spec?.paused ? "Paused" : isDone ? "Healthy" : "Progressing",
		replicas: total("replicas"),
		HPAReplicas: total("replicas"),
		readyReplicas: total("readyReplicas"),
		availableReplicas: total("availableReplicas"),
		updatedReplicas: newSet.status?.replicas ?? 0,
		...(restartedAt !== undefined && { restartedAt }),
	};
	const before = rollout.status as Record<string, unknown> | undefined;
	if (Object.entries(status).some(([field, value]) => (before?.[field] ?? 0) !== value))
		await api.merge(`${path}/status`, { status });
	const waitMs = Date.parse(rollout.spec?.restartAt ?? "") - Date.now();
	return waitMs > 0 ? waitMs : restartedAt === rollout.spec?.restartAt ? undefined : 1_000;
}

/** @returns what the status says of it then: a change of the template calls a restart off */
async function restart(api: Api, rollout: Rollout, pods: readonly Pod[], hash: string): Promise<string | undefined> {
	const { restartAt, replicas = 1, minReadySeconds = 0 } = rollout.spec ?? {};
	const { restartedAt, currentPodHash = hash } = rollout.status ?? {};
	if (restartAt === undefined || restartAt === restartedAt || Date.parse(restartAt) > Date.now()) return restartedAt;
	if (currentPodHash !== hash) return restartAt;
	const isAvailable = (pod: Pod) =>
		isActive(pod) && Date.now() - (readySince(pod) ?? Number.POSITIVE_INFINITY) >= minReadySeconds * 1000;
	const least = Math.max(replicas, pods.filter(isActive).length) - atOnce(rollout);
	let spare = pods.filter(isAvailable).length - least;
	const old = pods.filter(({ metadata }) => Date.parse(metadata.creationTimestamp ?? "") < Date.parse(restartAt));
	let asked = 0;
	for (const { metadata } of old) {
		if (spare <= 0 || metadata.deletionTimestamp) continue;
		const own = at("v1", "pods", metadata.namespace, metadata.name);
		await orNothing(api.remove(own, { preconditions: { uid: metadata.uid } }));
		spare--;
		asked++;
	}
	return old.length === asked ? restartAt : restartedAt;
}

function atOnce({ spec }: Rollout): number {
	const share = spec?.strategy?.canary ? (spec.strategy.canary.maxUnavailable ?? "25%") : 1;
	const count =
		typeof share === "number" ? share : Math.floor((Number.parseInt(share, 10) / 100) * (spec?.replicas ?? 1));
	return Math.max(1, count);
}

async function scale(api: Api, set: ReplicaSet, to: number): Promise<void> {
	if (replicasOf(set) === to) return;
	const { name, namespace, resourceVersion } = set.metadata;
	await api.merge(at("apps/v1", "replicasets", namespace, name), {
		metadata: { resourceVersion },
		spec: { replicas: to },
	});
}

async function createSet(api: Api, rollout: Rollout): Promise<ReplicaSet> {
	const { name, namespace, uid } = rollout.metadata;
	const { selector, template, replicas = 1, minReadySeconds } = rollout.spec ?? {};
	const hash = templateHash(rollout);
	const labels = { ...template?.metadata?.labels, [hashLabel]: hash };
	const owner = { apiVersion: version, kind: "Rollout", name, uid, controller: true, blockOwnerDeletion: true };
	return api.create<ReplicaSet>(at("apps/v1", "replicasets", namespace), {
		apiVersion: "apps/v1",
		kind: "ReplicaSet",
		metadata: { name: `${name}-${hash}`, namespace, labels, ownerReferences: [owner] },
		spec: {
			replicas,
			minReadySeconds,
			selector: { matchLabels: { ...selector?.matchLabels, [hashLabel]: hash } },
			template: { ...template, metadata: { ...template?.metadata, labels } },
		},
	});
}
