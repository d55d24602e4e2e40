// Pods, as every kind of workload reads them.

import type { V1LabelSelector, V1Pod, V1PodTemplateSpec, V1Probe } from "@kubernetes/client-node";
import type { ClusterClient } from "../adapters/kubernetes/client.ts";
import type { Probe } from "../domain/exposure.ts";
import { someOf } from "../domain/line.ts";
import type { PodFact, WorkloadRef } from "../domain/workload.ts";
import type { RolloutState } from "../ports/workload.ts";
import type { OwnedSets } from "./kind.ts";
import { secretNamesOf } from "./sources.ts";
import { troublesOf } from "./trouble.ts";

export async function podsOf(client: ClusterClient, { namespace }: WorkloadRef, selector?: V1LabelSelector) {
	const labelSelector = selectorText(selector);
	const { items } = await client.call({ verb: "list", resource: "pods", namespace }, ({ core }) =>
		core.listNamespacedPod({ namespace, labelSelector }),
	);
	return items;
}

/** With the ReplicaSets that lie between a workload and its pods. */
export async function setsAndPodsOf(
	client: ClusterClient,
	ref: WorkloadRef,
	selector?: V1LabelSelector,
): Promise<OwnedSets> {
	const { namespace } = ref;
	const labelSelector = selectorText(selector);
	const { items: replicaSets } = await client.call({ verb: "list", resource: "replicasets", namespace }, ({ apps }) =>
		apps.listNamespacedReplicaSet({ namespace, labelSelector }),
	);
	return { replicaSets, pods: await podsOf(client, ref, selector) };
}

/** Evicted and finished pods stay listed, but run nothing any more. */
export const isOver = ({ status }: V1Pod): boolean => status?.phase === "Failed" || status?.phase === "Succeeded";

export const isEnding = ({ metadata }: V1Pod): boolean => metadata?.deletionTimestamp !== undefined;

export const controllerOf = ({ metadata }: Pick<V1Pod, "metadata">) =>
	metadata?.ownerReferences?.find((owner) => owner.controller);

export const isReady = ({ status }: V1Pod): boolean =>
	status?.conditions?.some(({ type, status: is }) => type === "Ready" && is === "True") ?? false;

/**
 * Of what its selector matches, the pods of a workload that makes them itself: by the controller's uid and the label that it
 * gives them. One that was orphaned still has the old secret: only one that is known to be somebody else's is left out.
 */
export const ownOf = (pods: readonly V1Pod[], workload: { metadata?: { uid?: string } }, label: string): V1Pod[] =>
	pods.filter((pod) => {
		const owner = controllerOf(pod);
		const isOurs = owner === undefined || owner.uid === workload.metadata?.uid;
		return isOurs && pod.metadata?.labels?.[label] !== undefined;
	});

/** Those that run and are not on their way out. */
export const serving = (pods: readonly V1Pod[]): V1Pod[] => pods.filter((pod) => !isOver(pod) && !isEnding(pod));

/** ` (a-0, a-1)`, or nothing. */
export const called = (pods: readonly V1Pod[]): string => (pods.length === 0 ? "" : ` (${namesOf(pods)})`);
const namesOf = (pods: readonly V1Pod[]): string => someOf(pods.map((pod) => pod.metadata?.name));

interface Observed {
	readonly metadata?: { readonly generation?: number };
	readonly status?: { readonly observedGeneration?: number };
}

/** Has the controller seen the newest template? What it says before is about the one before. */
export const isObserved = ({ metadata, status }: Observed): boolean =>
	(status?.observedGeneration ?? 0) >= (metadata?.generation ?? 0);

export const unobserved = ({ metadata, status }: Observed, { kind }: WorkloadRef): RolloutState => ({
	state: "progressing",
	waitingFor: `the ${kind} controller to see the new template (generation ${status?.observedGeneration ?? 0} of ${metadata?.generation ?? 0})`,
});

/**
 * Where a rollout stands whose counters are full: the counters leave terminating pods out.
 * @param running all pods that run, `old` among them
 */
export function podsState(running: readonly V1Pod[], old: readonly V1Pod[], replicas: number): RolloutState {
	const wait = (waitingFor: string): RolloutState => ({ state: "progressing", waitingFor });
	const waitingFor = `${namesOf(old)} of an earlier template to end`;
	if (!old.every(isEnding)) return wait(waitingFor);
	const serve = running.filter((pod) => !isEnding(pod));
	if (serve.length < replicas) return wait(`${serve.length} of ${replicas} pods${troublesOf(serve)}`);
	const facts = serve.map(factOf);
	return old.length > 0 ? { state: "ending", pods: facts, waitingFor } : { state: "done", pods: facts };
}

export function factOf(pod: V1Pod): PodFact {
	const { metadata, status } = pod;
	const containers = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
	const starts = containers.flatMap(({ state }) => state?.running?.startedAt ?? []);
	const oldest = starts.sort((a, b) => a.getTime() - b.getTime())[0];
	return {
		name: metadata?.name ?? "",
		uid: metadata?.uid ?? "",
		ready: isReady(pod),
		secrets: secretNamesOf(pod),
		startedAt: (oldest ?? status?.startTime ?? metadata?.creationTimestamp ?? new Date(0)).toISOString(),
	};
}

/** A number of pods, or a share of them: `25%`. */
export const podsIn = (share: number | string, replicas: number, round: (pods: number) => number): number =>
	typeof share === "number" ? share : round((Number.parseInt(share, 10) / 100) * replicas);

/** How long a pod may take to end. */
export const endSecondsOf = (template: V1PodTemplateSpec | undefined): number =>
	template?.spec?.terminationGracePeriodSeconds ?? 30;

/** How pods are probed: a sidecar's probes count as those of a container. */
export function probesOf(template: V1PodTemplateSpec | undefined) {
	const { containers = [], initContainers = [] } = template?.spec ?? {};
	const all = [...containers, ...initContainers.filter(({ restartPolicy }) => restartPolicy === "Always")];
	const delays = all.map(({ startupProbe, readinessProbe }) => delayOf(startupProbe) + delayOf(readinessProbe));
	return {
		readiness: all.flatMap(({ readinessProbe }) => mayLogIn(readinessProbe)),
		liveness: all.flatMap(({ livenessProbe }) => mayLogIn(livenessProbe)),
		leastStartSeconds: Math.max(0, ...delays),
	};
}

/** Readiness is asked for once the startup probe has passed, and each waits for its delay first. */
const delayOf = (probe: V1Probe | undefined): number => probe?.initialDelaySeconds ?? 0;

/** One that only opens a port knows nothing of passwords. A 0 is what nobody has given, as Kubernetes has it. */
function mayLogIn(probe: V1Probe | undefined): Probe[] {
	if (!probe || probe.tcpSocket) return [];
	const { periodSeconds, timeoutSeconds, failureThreshold, successThreshold } = probe;
	return [
		{
			periodSeconds: periodSeconds || 10,
			timeoutSeconds: timeoutSeconds || 1,
			failureThreshold: failureThreshold || 3,
			successThreshold: successThreshold || 1,
		},
	];
}

/** @see https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#api */
export function selectorText({ matchLabels = {}, matchExpressions = [] }: V1LabelSelector = {}): string {
	const equal = Object.entries(matchLabels).map(([key, value]) => `${key}=${value}`);
	const sets = matchExpressions.map(({ key, operator, values = [] }) => {
		if (operator === "Exists") return key;
		if (operator === "DoesNotExist") return `!${key}`;
		return `${key} ${operator === "In" ? "in" : "notin"} (${values.join(",")})`;
	});
	return [...equal, ...sets].join(",");
}
