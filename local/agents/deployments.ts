// The Deployment controller, for an API server without kube-controller-manager. Strategy RollingUpdate only.
//
// E1. A step is decided from what the API says now and is written with its resourceVersion where it counts. Otherwise:
//     a scale or a pause that came in between is undone.

import type { KubeConfig } from "@kubernetes/client-node";
import { type Api, apiOf, at, type KubeObject } from "../../packages/kubernetes-api/index.ts";
import type { Pod } from "./environment.ts";
import { controllerOn, informer, keyOf, queue } from "./informer.ts";
import { controllerOf, orNothing, ownerOf, type ReplicaSet, reconcileReplicaSet } from "./replica-sets.ts";
import {
	bounds,
	type Deployment,
	newReplicas,
	oldReplicas,
	replicasOf,
	sameTemplate,
	statusOf,
	templateHash,
	withCondition,
} from "./rollout.ts";

const revision = "deployment.kubernetes.io/revision";
const desired = "deployment.kubernetes.io/desired-replicas";
const most = "deployment.kubernetes.io/max-replicas";
/** Annotations that belong to the Deployment alone. */
const own = [revision, desired, most, "kubectl.kubernetes.io/last-applied-configuration"];

/** Runs the controllers of Deployments and ReplicaSets until it is disposed of. */
export function deploymentControllers(kubeConfig: KubeConfig): AsyncDisposable {
	const api = apiOf(kubeConfig, "kube-controller-manager");
	const deploymentWork = queue("deployments", (key) => reconcileDeployment(api, key));
	const setWork = queue("replica sets", (key) => reconcileReplicaSet(api, key));
	const informers = [
		informer<Deployment>(api, at("apps/v1", "deployments"), (object) => deploymentWork.add(keyOf(object))),
		informer<ReplicaSet>(api, at("apps/v1", "replicasets"), (set) => {
			setWork.add(keyOf(set));
			const owner = controllerOf(set);
			if (owner?.kind === "Deployment") deploymentWork.add(`${set.metadata.namespace}/${owner.name}`);
		}),
		informer<Pod>(api, at("v1", "pods"), (pod) => {
			const key = ownerOf(pod, "ReplicaSet");
			if (key) setWork.add(key);
		}),
	];
	return controllerOn(informers, [deploymentWork, setWork], api);
}

async function reconcileDeployment(api: Api, key: string): Promise<number | undefined> {
	const [namespace, name] = key.split("/") as [string, string];
	const path = at("apps/v1", "deployments", namespace, name);
	const found = await orNothing(api.get<Deployment>(path));
	if (!found || found.metadata.deletionTimestamp) return undefined;
	const { items } = await api.get<{ items: ReplicaSet[] }>(at("apps/v1", "replicasets", namespace));
	const sets = items.filter((set) => controllerOf(set)?.uid === found.metadata.uid);
	let deployment = found;
	let newSet = sets.filter((set) => sameTemplate(deployment, set)).sort(byRevision)[0];
	const old = sets.filter((set) => set !== newSet);

	if (!deployment.spec?.paused) {
		if (!newSet) {
			newSet = await createSet(api, deployment, old);
			const message = `Created new replica set "${newSet.metadata.name}"`;
			deployment = withProgress(deployment, "NewReplicaSetCreated", message);
		} else if (deployment.status?.conditions?.some(({ reason }) => reason === "DeploymentPaused"))
			deployment = withProgress(deployment, "DeploymentResumed", "Deployment is resumed", "Unknown");
		await countRevision(api, deployment, newSet, old);
	}
	const scaled = await scaleSets(api, deployment, newSet, old);
	if (newSet && !scaled && isComplete(deployment, newSet, old)) await forgetOldSets(api, deployment, old);

	const all = newSet ? [newSet, ...old] : old;
	const status = statusOf(deployment, newSet, all);
	if (JSON.stringify(status) !== JSON.stringify(ordered(found.status, status)))
		await api.merge(`${path}/status`, { status });
	const { progressDeadlineSeconds } = deployment.spec ?? {};
	const waits = status.conditions?.some(
		({ type, reason }) => type === "Progressing" && inProgress.includes(reason ?? ""),
	);
	return waits && progressDeadlineSeconds ? (progressDeadlineSeconds + 1) * 1000 : undefined;
}

const inProgress = ["NewReplicaSetCreated", "ReplicaSetUpdated", "DeploymentResumed", "FoundNewReplicaSet"];

/** @returns whether a set was scaled: then what the sets report is not yet about their new size */
async function scaleSets(
	api: Api,
	deployment: Deployment,
	newSet: ReplicaSet | undefined,
	old: ReplicaSet[],
): Promise<boolean> {
	const all = newSet ? [newSet, ...old] : old;
	const active = all.filter((set) => replicasOf(set) > 0);
	const wanted = replicasOf(deployment);
	const resized = active.some((set) => set.metadata.annotations?.[desired] !== String(wanted));
	if (deployment.spec?.paused || resized) {
		// A pure change of size rolls nothing: the newest set takes the difference.
		const [target = newSet] = active.toSorted(byRevision).reverse();
		if (!target) return false;
		const others = active.filter((set) => set !== target).reduce((sum, set) => sum + replicasOf(set), 0);
		const room = active.length > 1 ? bounds(deployment).surge : 0;
		const size = resized ? Math.max(wanted + room - others, 0) : replicasOf(target);
		const sizes = active.map((set) => [set, set === target ? size : replicasOf(set)] as const);
		const done = await Promise.all(
			(active.length > 0 ? sizes : [[target, wanted] as const]).map(([set, to]) => scale(api, deployment, set, to)),
		);
		return done.includes(true);
	}
	if (!newSet) return false;
	if (await scale(api, deployment, newSet, newReplicas(deployment, all, replicasOf(newSet)))) return true;
	const keeps = [...oldReplicas(deployment, newSet, old)];
	const done = await Promise.all(keeps.map(([set, keep]) => scale(api, deployment, set, keep)));
	return done.includes(true);
}

async function scale(api: Api, deployment: Deployment, set: ReplicaSet, to: number): Promise<boolean> {
	const wanted = String(replicasOf(deployment));
	const annotated = to === 0 || set.metadata.annotations?.[desired] === wanted;
	if (replicasOf(set) === to && annotated) return false;
	const { name, namespace, resourceVersion } = set.metadata;
	const annotations = sizeAnnotations(deployment);
	const patch = { metadata: { resourceVersion, annotations }, spec: { replicas: to } };
	await api.merge(at("apps/v1", "replicasets", namespace, name), patch);
	return true;
}

function sizeAnnotations(deployment: Deployment): Record<string, string> {
	const wanted = replicasOf(deployment);
	return { [desired]: String(wanted), [most]: String(wanted + bounds(deployment).surge) };
}

async function createSet(api: Api, deployment: Deployment, old: ReplicaSet[]): Promise<ReplicaSet> {
	const { name, namespace, uid, annotations = {} } = deployment.metadata;
	const { selector, template, minReadySeconds } = deployment.spec ?? {};
	const hash = { "pod-template-hash": templateHash(deployment) };
	const owner = { apiVersion: "apps/v1", kind: "Deployment", name, uid, controller: true, blockOwnerDeletion: true };
	const passed = Object.fromEntries(Object.entries(annotations).filter(([key]) => !own.includes(key)));
	const labels = { ...template?.metadata?.labels, ...hash };
	return api.create<ReplicaSet>(at("apps/v1", "replicasets", namespace), {
		apiVersion: "apps/v1",
		kind: "ReplicaSet",
		metadata: {
			name: `${name}-${hash["pod-template-hash"]}`,
			namespace,
			labels,
			annotations: { ...passed, [revision]: nextRevision(old), ...sizeAnnotations(deployment) },
			ownerReferences: [owner],
		},
		spec: {
			replicas: newReplicas(deployment, old, 0),
			minReadySeconds,
			selector: { matchLabels: { ...selector?.matchLabels, ...hash }, matchExpressions: selector?.matchExpressions },
			template: { ...template, metadata: { ...template?.metadata, labels } },
		},
	});
}

const revisionOf = ({ metadata }: KubeObject) => Number(metadata.annotations?.[revision] ?? 0);
const byRevision = (one: ReplicaSet, other: ReplicaSet) => revisionOf(one) - revisionOf(other);
const nextRevision = (old: ReplicaSet[]) => String(Math.max(0, ...old.map(revisionOf)) + 1);

/** The set in use has the highest revision, one that is rolled back to as well; the Deployment shows it. */
async function countRevision(api: Api, deployment: Deployment, newSet: ReplicaSet, old: ReplicaSet[]): Promise<void> {
	const highest = Math.max(0, ...old.map(revisionOf));
	const number = String(revisionOf(newSet) > highest ? revisionOf(newSet) : highest + 1);
	const annotate = async ({ metadata }: KubeObject, plural: string) => {
		if (metadata.annotations?.[revision] === number) return;
		const path = at("apps/v1", plural, metadata.namespace, metadata.name);
		const { metadata: written } = await api.merge<KubeObject>(path, {
			metadata: { annotations: { [revision]: number } },
		});
		Object.assign(metadata, written);
	};
	await annotate(newSet, "replicasets");
	await annotate(deployment, "deployments");
}

function isComplete(deployment: Deployment, newSet: ReplicaSet, old: ReplicaSet[]): boolean {
	const none = old.every((set) => replicasOf(set) === 0 && !set.status?.replicas);
	return none && newSet.status?.availableReplicas === replicasOf(deployment);
}

async function forgetOldSets(api: Api, deployment: Deployment, old: ReplicaSet[]): Promise<void> {
	const surplus = old.length - (deployment.spec?.revisionHistoryLimit ?? 10);
	const oldest = old.toSorted(byRevision).slice(0, Math.max(surplus, 0));
	for (const { metadata } of oldest)
		await orNothing(api.remove(at("apps/v1", "replicasets", metadata.namespace, metadata.name)));
}

function withProgress(deployment: Deployment, reason: string, message: string, status = "True"): Deployment {
	const { conditions = [] } = deployment.status ?? {};
	const changed = withCondition(conditions, ["Progressing", status, reason, message]);
	return { ...deployment, status: { ...deployment.status, conditions: changed } };
}

/** The fields of `like`, in its order: absent is zero, as the server leaves zeros out. */
function ordered(status: Deployment["status"], like: object): object {
	return Object.fromEntries(Object.keys(like).map((field) => [field, status?.[field as "replicas"] ?? 0]));
}
