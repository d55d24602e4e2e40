// The arithmetic of a rolling update and the conditions of a Deployment: data in, data out.
//
// O1. Never fewer than `replicas - maxUnavailable` available pods, never more than `replicas + maxSurge`. Otherwise:
//     a rollout that passes here drops requests in a cluster.
// Rules: Kubernetes' deployment controller (pkg/controller/deployment).

import { createHash } from "node:crypto";
import type { V1Deployment, V1DeploymentCondition, V1DeploymentStatus } from "@kubernetes/client-node";
import type { KubeObject, Wire } from "../../packages/kubernetes-api/index.ts";
import { now } from "./container.ts";
import type { ReplicaSet } from "./replica-sets.ts";

export type Deployment = Wire<Pick<V1Deployment, "spec" | "status">> & KubeObject;
export type DeploymentStatus = Wire<V1DeploymentStatus>;
export type Condition = Wire<V1DeploymentCondition>;

export const replicasOf = ({ spec }: Pick<Deployment | ReplicaSet, "spec">): number => spec?.replicas ?? 1;
const sum = (numbers: (number | undefined)[]) => numbers.reduce<number>((total, one) => total + (one ?? 0), 0);

/** Percentages of the replicas: surge rounds up, unavailable down; both zero would stand still. */
export function bounds(deployment: Deployment): { surge: number; unavailable: number } {
	const { maxSurge = "25%", maxUnavailable = "25%" } = deployment.spec?.strategy?.rollingUpdate ?? {};
	const resolve = (given: unknown, round: (value: number) => number) =>
		typeof given === "string" ? round((Number.parseInt(given, 10) * replicasOf(deployment)) / 100) : Number(given);
	const surge = resolve(maxSurge, Math.ceil);
	const unavailable = resolve(maxUnavailable, Math.floor);
	return { surge, unavailable: surge === 0 && unavailable === 0 ? 1 : unavailable };
}

/** How many replicas the new set may have now. */
export function newReplicas(deployment: Deployment, all: ReplicaSet[], current: number): number {
	const wanted = replicasOf(deployment);
	if (current >= wanted) return wanted;
	const room = wanted + bounds(deployment).surge - sum(all.map(replicasOf));
	return current + Math.max(Math.min(room, wanted - current), 0);
}

/** How many replicas each old set keeps: pods that are not available go first, then as many as can be spared. */
export function oldReplicas(deployment: Deployment, newSet: ReplicaSet, old: ReplicaSet[]): Map<ReplicaSet, number> {
	const keeps = new Map(old.map((set) => [set, replicasOf(set)]));
	const least = replicasOf(deployment) - bounds(deployment).unavailable;
	const newUnavailable = replicasOf(newSet) - (newSet.status?.availableReplicas ?? 0);
	let spare = sum([newSet, ...old].map(replicasOf)) - least - newUnavailable;
	const take = (set: ReplicaSet, most: number) => {
		const taken = Math.max(Math.min(most, keeps.get(set) ?? 0), 0);
		keeps.set(set, (keeps.get(set) ?? 0) - taken);
		return taken;
	};
	const byAge = old.toSorted((one, other) => (age(one) < age(other) ? -1 : 1));
	for (const set of byAge) spare -= take(set, Math.min(spare, replicasOf(set) - (set.status?.availableReplicas ?? 0)));
	if (spare <= 0) return keeps;
	let available = sum([newSet, ...old].map(({ status }) => status?.availableReplicas)) - least;
	for (const set of byAge) available -= take(set, Math.min(available, spare));
	return keeps;
}

const age = ({ metadata }: ReplicaSet) => metadata.creationTimestamp ?? "";

/** The status of a Deployment whose new set is known or not yet made; `at` decides whether its deadline is over. */
export function statusOf(
	deployment: Deployment,
	newSet: ReplicaSet | undefined,
	all: ReplicaSet[],
	at = Date.now(),
): DeploymentStatus {
	const wanted = replicasOf(deployment);
	const total = (field: "replicas" | "readyReplicas" | "availableReplicas") =>
		sum(all.map(({ status }) => status?.[field]));
	const before: DeploymentStatus = deployment.status ?? {};
	const available = total("availableReplicas");
	const status: DeploymentStatus = {
		observedGeneration: deployment.metadata.generation,
		replicas: total("replicas"),
		updatedReplicas: newSet?.status?.replicas ?? 0,
		readyReplicas: total("readyReplicas"),
		availableReplicas: available,
		unavailableReplicas: Math.max(sum(all.map(replicasOf)) - available, 0),
	};
	const enough = available >= wanted - bounds(deployment).unavailable;
	const conditions = withCondition(
		before.conditions ?? [],
		enough
			? ["Available", "True", "MinimumReplicasAvailable", "Deployment has minimum availability."]
			: ["Available", "False", "MinimumReplicasUnavailable", "Deployment does not have minimum availability."],
	);
	return { ...status, conditions: progress(deployment, newSet, before, status, conditions, at) };
}

function progress(
	deployment: Deployment,
	newSet: ReplicaSet | undefined,
	before: DeploymentStatus,
	status: DeploymentStatus,
	conditions: Condition[],
	at: number,
): Condition[] {
	const { progressDeadlineSeconds, paused } = deployment.spec ?? {};
	const current = conditions.find(({ type }) => type === "Progressing");
	if (progressDeadlineSeconds === undefined) return conditions;
	if (paused)
		return current?.reason === timedOut
			? conditions
			: withCondition(conditions, ["Progressing", "Unknown", "DeploymentPaused", "Deployment is paused"]);
	if (status.replicas === status.updatedReplicas && current?.reason === "NewReplicaSetAvailable") return conditions;
	const name = `ReplicaSet "${newSet?.metadata.name}"`;
	const wanted = replicasOf(deployment);
	if ([status.updatedReplicas, status.replicas, status.availableReplicas].every((count) => count === wanted))
		return withCondition(conditions, [
			"Progressing",
			"True",
			"NewReplicaSetAvailable",
			`${name} has successfully progressed.`,
		]);
	const old = ({ replicas = 0, updatedReplicas = 0 }: DeploymentStatus) => replicas - updatedReplicas;
	const more = (field: "updatedReplicas" | "readyReplicas" | "availableReplicas") =>
		(status[field] ?? 0) > (before[field] ?? 0);
	if (more("updatedReplicas") || more("readyReplicas") || more("availableReplicas") || old(status) < old(before))
		return withCondition(conditions, ["Progressing", "True", "ReplicaSetUpdated", `${name} is progressing.`], true);
	const since = Date.parse(current?.lastUpdateTime ?? "");
	if (current && current.reason !== "NewReplicaSetAvailable" && at - since > progressDeadlineSeconds * 1000)
		return withCondition(conditions, ["Progressing", "False", timedOut, `${name} has timed out progressing.`]);
	return conditions;
}

const timedOut = "ProgressDeadlineExceeded";

/** @param touch also when neither status nor reason changes, its time of update does */
export function withCondition(
	conditions: Condition[],
	[type, status, reason, message]: [type: string, status: string, reason: string, message: string],
	touch = false,
): Condition[] {
	const before = conditions.find((one) => one.type === type);
	if (before?.status === status && before.reason === reason && !touch) return conditions;
	const lastTransitionTime = before?.status === status ? before.lastTransitionTime : now();
	const condition = { type, status, reason, message, lastUpdateTime: now(), lastTransitionTime };
	return [...conditions.filter((one) => one.type !== type), condition];
}

/** Which set is the template's: the label that the controller itself adds does not count. */
export function sameTemplate(deployment: Deployment, set: ReplicaSet): boolean {
	return canonical(deployment.spec?.template) === canonical(set.spec?.template);
}

const hashLabel = "pod-template-hash";

/** A name part that the template determines, in the alphabet of Kubernetes (no vowels, so no words). */
export function templateHash({ spec }: { spec?: { template?: unknown } }): string {
	const alphabet = "bcdfghjklmnpqrstvwxz2456789";
	const digest = createHash("sha256").update(canonical(spec?.template)).digest();
	return [...digest.subarray(0, 10)].map((byte) => alphabet[byte % alphabet.length]).join("");
}

function canonical(template: unknown): string {
	return JSON.stringify(template, (key, value) => {
		if (key === hashLabel || value === null) return undefined;
		if (typeof value !== "object" || Array.isArray(value)) return value;
		return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)));
	});
}
