// The DaemonSet controller, for an API server without kube-controller-manager.
//
// DA1. A node gets its next pod only after the one before is gone, and at most `maxUnavailable` nodes are without one. Otherwise:
//      a roll that is an outage in a cluster is none here.
// Rules: Kubernetes' pkg/controller/daemon. Loose: nodes are chosen by nodeSelector alone, and there is no surge.

import type { KubeConfig, V1DaemonSet, V1Node } from "@kubernetes/client-node";
import { type Api, apiOf, at, type KubeObject, type Wire } from "../../packages/kubernetes-api/index.ts";
import type { Pod } from "./environment.ts";
import { controllerOn, informer, keyOf, queue } from "./informer.ts";
import { controllerOf, isActive, orNothing, ownerOf, readySince } from "./replica-sets.ts";
import { templateHash } from "./rollout.ts";

type DaemonSet = Wire<Pick<V1DaemonSet, "spec" | "status">> & KubeObject;
type Node = Wire<Pick<V1Node, "spec" | "status">> & KubeObject;

const revisionLabel = "controller-revision-hash";

/** Runs until it is disposed of. */
export function daemonSetController(kubeConfig: KubeConfig): AsyncDisposable {
	const api = apiOf(kubeConfig, "kube-controller-manager");
	const work = queue("daemon sets", (key) => reconcile(api, key));
	const sets = informer<DaemonSet>(api, at("apps/v1", "daemonsets"), (set) => work.add(keyOf(set)));
	const informers = [
		sets,
		informer<Node>(api, at("v1", "nodes"), () => {
			for (const set of sets.items()) work.add(keyOf(set));
		}),
		informer<Pod>(api, at("v1", "pods"), (pod) => {
			const key = ownerOf(pod, "DaemonSet");
			if (key) work.add(key);
		}),
	];
	return controllerOn(informers, [work], api);
}

/** What a set has on one node, terminating pods included. */
interface Place {
	readonly node: string;
	readonly pods: readonly Pod[];
}

async function reconcile(api: Api, key: string): Promise<number | undefined> {
	const [namespace, name] = key.split("/") as [string, string];
	const path = at("apps/v1", "daemonsets", namespace, name);
	const set = await orNothing(api.get<DaemonSet>(path));
	if (!set || set.metadata.deletionTimestamp) return undefined;
	const { items: nodes } = await api.get<{ items: Node[] }>(at("v1", "nodes"));
	const { items } = await api.get<{ items: Pod[] }>(at("v1", "pods", namespace));
	const pods = items.filter((pod) => controllerOf(pod)?.uid === set.metadata.uid);
	const selector = Object.entries(set.spec?.template?.spec?.nodeSelector ?? {});
	const fit = nodes.filter(({ metadata }) => selector.every(([label, value]) => metadata.labels?.[label] === value));
	const places = fit.map(({ metadata }): Place => {
		return { node: metadata.name, pods: pods.filter((pod) => nodeOf(pod) === metadata.name) };
	});
	const misplaced = pods.filter((pod) => !fit.some(({ metadata }) => metadata.name === nodeOf(pod)));

	const status = statusOf(set, places, misplaced);
	if (Object.entries(status).some(([field, value]) => (set.status?.[field as "numberReady"] ?? 0) !== value))
		await api.merge(`${path}/status`, { status });
	const surplus = [...misplaced, ...outdated(set, places)].filter(isActive);
	const over = pods.filter((pod) => !isActive(pod) && !pod.metadata.deletionTimestamp);
	await Promise.all([
		...places.filter((place) => place.pods.length === 0).map(({ node }) => createPod(api, set, node)),
		...[...surplus, ...over].map(({ metadata }) =>
			orNothing(api.remove(at("v1", "pods", namespace, metadata.name), { preconditions: { uid: metadata.uid } })),
		),
	]);
	return status.numberAvailable < status.numberReady ? 1_000 : undefined;
}

const isNew = (set: DaemonSet, { metadata }: Pod): boolean => metadata.labels?.[revisionLabel] === templateHash(set);

function isAvailable(set: DaemonSet, pod: Pod): boolean {
	const since = isActive(pod) ? readySince(pod) : undefined;
	return since !== undefined && Date.now() - since >= (set.spec?.minReadySeconds ?? 0) * 1000;
}

/** Old pods that may go now: those that are not available at once, others as far as `maxUnavailable` allows. */
function outdated(set: DaemonSet, places: readonly Place[]): Pod[] {
	const { type, rollingUpdate } = set.spec?.updateStrategy ?? {};
	if (type === "OnDelete") return [];
	const share = rollingUpdate?.maxUnavailable ?? 1;
	const most = typeof share === "number" ? share : Math.ceil((Number.parseInt(`${share}`, 10) / 100) * places.length);
	const old = places.flatMap((place) => place.pods.filter((pod) => isActive(pod) && !isNew(set, pod)));
	const unavailable = places.filter((place) => !place.pods.some((pod) => isAvailable(set, pod))).length;
	const [spare, serving] = [old.filter((pod) => !isAvailable(set, pod)), old.filter((pod) => isAvailable(set, pod))];
	return [...spare, ...serving.slice(0, Math.max(most - unavailable, 0))];
}

/** Before the scheduler has taken it, the node that its affinity names. */
export function nodeOf({ spec }: Pod): string | undefined {
	const [term] = spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
	return spec?.nodeName ?? term?.matchFields?.find(({ key }) => key === "metadata.name")?.values?.[0];
}

async function createPod(api: Api, set: DaemonSet, node: string): Promise<void> {
	const { name, namespace, uid, generation } = set.metadata;
	const { metadata: { labels, annotations } = {}, spec } = set.spec?.template ?? {};
	const owner = { apiVersion: "apps/v1", kind: "DaemonSet", name, uid, controller: true, blockOwnerDeletion: true };
	const metadata = {
		generateName: `${name}-`,
		namespace,
		labels: { ...labels, [revisionLabel]: templateHash(set), "pod-template-generation": `${generation}` },
		annotations,
		ownerReferences: [owner],
	};
	const matchFields = [{ key: "metadata.name", operator: "In", values: [node] }];
	const required = { nodeSelectorTerms: [{ matchFields }] };
	const affinity = { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: required } };
	const body = { apiVersion: "v1", kind: "Pod", metadata, spec: { ...spec, affinity } };
	await api.create(at("v1", "pods", namespace), body);
}

/** As the real one: of each node the oldest pod alone. */
function statusOf(set: DaemonSet, places: readonly Place[], misplaced: readonly Pod[]) {
	const age = ({ metadata }: Pod) => Date.parse(metadata.creationTimestamp ?? "");
	const oldest = places.flatMap(({ pods }) => pods.toSorted((one, other) => age(one) - age(other)).slice(0, 1));
	const available = oldest.filter((pod) => isAvailable(set, pod)).length;
	return {
		observedGeneration: set.metadata.generation ?? 0,
		desiredNumberScheduled: places.length,
		currentNumberScheduled: oldest.length,
		numberMisscheduled: new Set(misplaced.map(nodeOf)).size,
		numberReady: oldest.filter((pod) => readySince(pod) !== undefined).length,
		updatedNumberScheduled: oldest.filter((pod) => isNew(set, pod)).length,
		numberAvailable: available,
		numberUnavailable: places.length - available,
	};
}
