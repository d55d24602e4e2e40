// Pods, as every kind of workload reads them.

import type { V1LabelSelector, V1Pod, V1PodTemplateSpec } from "@kubernetes/client-node";
import type { ClusterClient } from "../adapters/kubernetes/client.ts";
import type { ReadinessProbe } from "../domain/exposure.ts";
import type { PodFact, WorkloadRef } from "../domain/workload.ts";

export async function podsOf(client: ClusterClient, { namespace }: WorkloadRef, selector?: V1LabelSelector) {
	const labelSelector = selectorText(selector);
	const { items } = await client.call({ verb: "list", resource: "pods", namespace }, ({ core }) =>
		core.listNamespacedPod({ namespace, labelSelector }),
	);
	return items;
}

/** Evicted and finished pods stay listed, but run nothing any more. */
export const isOver = ({ status }: V1Pod): boolean => status?.phase === "Failed" || status?.phase === "Succeeded";

export const isEnding = ({ metadata }: V1Pod): boolean => metadata?.deletionTimestamp !== undefined;

export const controllerOf = ({ metadata }: Pick<V1Pod, "metadata">) =>
	metadata?.ownerReferences?.find((owner) => owner.controller);

export function factOf({ metadata, status }: V1Pod): PodFact {
	const containers = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
	const starts = containers.flatMap(({ state }) => state?.running?.startedAt ?? []);
	const oldest = starts.sort((a, b) => a.getTime() - b.getTime())[0];
	return {
		name: metadata?.name ?? "",
		uid: metadata?.uid ?? "",
		ready: status?.conditions?.some(({ type, status: is }) => type === "Ready" && is === "True") ?? false,
		startedAt: (oldest ?? status?.startTime ?? metadata?.creationTimestamp ?? new Date(0)).toISOString(),
	};
}

/** A number of pods, or a share of them: `25%`. */
export const podsIn = (share: number | string, replicas: number, round: (pods: number) => number): number =>
	typeof share === "number" ? share : round((Number.parseInt(share, 10) / 100) * replicas);

/** The probes that may log in: one that only opens a port knows nothing of passwords. */
export const readinessOf = (template: V1PodTemplateSpec | undefined): ReadinessProbe[] =>
	(template?.spec?.containers ?? []).flatMap(({ readinessProbe: probe }) => {
		if (!probe || probe.tcpSocket) return [];
		const { periodSeconds = 10, timeoutSeconds = 1, failureThreshold = 3, successThreshold = 1 } = probe;
		return [{ periodSeconds, timeoutSeconds, failureThreshold, successThreshold }];
	});

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
