// Why a pod does not serve, and why a controller makes none: in Kubernetes' own codes.
// TR1. Of what kubelet, scheduler and controllers write, only reasons that are one word are repeated, and from a message what
//      admission.ts knows. Otherwise: a container's last words, or an event's, get into a fault. Kept by: trouble.test.ts.

import type { V1ContainerStatus, V1Pod } from "@kubernetes/client-node";
import { denierIn, silentIn } from "../adapters/kubernetes/admission.ts";

const word = /^[A-Z][A-Za-z]{1,59}$/;
const code = (reason: string | undefined): string | undefined => (word.test(reason ?? "") ? reason : undefined);

/** @returns `titanic-api-1: container titanic-api waits, CrashLoopBackOff (last exit 1, Error)`; `undefined` for one that is ready */
export function troubleOf({ metadata, spec, status }: V1Pod): string | undefined {
	const { conditions = [], initContainerStatuses = [], containerStatuses = [] } = status ?? {};
	const said = (what: string) => `${metadata?.name}: ${what}`;
	const is = (type: string) => conditions.find((condition) => condition.type === type);
	if (is("Ready")?.status === "True") return undefined;
	const scheduled = is("PodScheduled");
	if (scheduled?.status === "False") return said(`not scheduled, ${code(scheduled.reason) ?? "no reason given"}`);
	const waiting = [...initContainerStatuses, ...containerStatuses].map(containerTrouble).find(Boolean);
	if (waiting !== undefined) return said(waiting);
	if (!scheduled && !spec?.nodeName) return said("no scheduler has taken it");
	const ready = is("Ready");
	return said(`not ready, ${code(ready?.reason) ?? code(status?.reason) ?? "no reason given"}`);
}

function containerTrouble({ name, ready, state, lastState, restartCount }: V1ContainerStatus): string | undefined {
	const { waiting, terminated, running } = state ?? {};
	const last = lastState?.terminated;
	const before = last ? ` (last exit ${last.exitCode}, ${code(last.reason) ?? "no reason given"})` : "";
	if (waiting) return `container ${name} waits, ${code(waiting.reason) ?? "no reason given"}${before}`;
	if (terminated && terminated.exitCode !== 0)
		return `container ${name} ended with exit ${terminated.exitCode}, ${code(terminated.reason) ?? "no reason given"}`;
	if (!running || ready) return undefined;
	const restarts = restartCount > 0 ? `, ${restartCount} restarts${before}` : "";
	return `container ${name} runs and its readiness probe has not passed${restarts}`;
}

/** The first two, and how many there are besides. */
export function troublesOf(pods: readonly V1Pod[]): string {
	const all = pods.flatMap((pod) => troubleOf(pod) ?? []);
	const more = all.length > 2 ? [`${all.length - 2} more`] : [];
	return all.length === 0 ? "" : `; ${[...all.slice(0, 2), ...more].join("; ")}`;
}

interface Condition {
	readonly type: string;
	readonly status: string;
	readonly reason?: string;
	readonly message?: string;
}

/**
 * Why a controller makes no pods, where it says so in the condition ReplicaFailure.
 * @returns `FailedCreate, denied by ResourceQuota compute, which is exceeded`
 */
export function replicaFailureIn(conditions: readonly Condition[]): string | undefined {
	const failure = conditions.find(({ type, status }) => type === "ReplicaFailure" && status === "True");
	if (!failure) return undefined;
	const { reason, message = "" } = failure;
	const by = denierIn(message);
	const silent = silentIn(message);
	const why = by ? `denied by ${by}` : silent ? `${silent} does not answer` : "for a cause that its events show";
	return `${code(reason) ?? "no reason given"}, ${why}`;
}
