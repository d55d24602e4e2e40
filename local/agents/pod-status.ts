// What the node agent reports of a pod, in kubelet's words.
//
// S1. The status in the API is the newest one, whatever the order of the answers. Otherwise: a pod that became unready
//     is shown as ready until its next change, and is sent traffic. Kept by: `publisher`.

import type { V1PodCondition, V1PodStatus } from "@kubernetes/client-node";
import type { Wire } from "../../packages/kubernetes-api/index.ts";
import { type ContainerStatus, now } from "./container.ts";
import type { Pod } from "./environment.ts";

/** Since when each condition has been what it is. */
export type Since = Map<string, { status: string; at: string }>;

/** As kubelet reports it: conditions keep the time of their last change. */
export function statusOf(
	pod: Pod,
	containerStatuses: ContainerStatus[],
	startTime: string,
	since: Since,
): Wire<V1PodStatus> {
	const ready = containerStatuses.every((one) => one.ready) && !pod.metadata.deletionTimestamp;
	const running = containerStatuses.some(({ state, lastState }) => state?.running || state?.terminated || lastState);
	const unready = containerStatuses.filter((one) => !one.ready).map((one) => one.name);
	const condition = (type: string, holds: boolean): Wire<V1PodCondition> => {
		const status = holds ? "True" : "False";
		const before = since.get(type);
		if (before?.status !== status) since.set(type, { status, at: now() });
		const why = holds
			? {}
			: { reason: "ContainersNotReady", message: `containers with unready status: [${unready.join(" ")}]` };
		return { type, status, lastTransitionTime: since.get(type)?.at, ...why };
	};
	return {
		phase: endedAs(pod, containerStatuses) ?? (running ? "Running" : "Pending"),
		conditions: [
			condition("Initialized", true),
			condition("Ready", ready),
			condition("ContainersReady", ready),
			condition("PodScheduled", true),
		],
		hostIP: "127.0.0.1",
		podIP: "127.0.0.1",
		podIPs: [{ ip: "127.0.0.1" }],
		startTime,
		containerStatuses: containerStatuses.map((one) => ({ ...one })),
	};
}

/** Where each container has ended for good. */
function endedAs({ spec }: Pod, containerStatuses: ContainerStatus[]): "Succeeded" | "Failed" | undefined {
	const codes = containerStatuses.map(({ state }) => state?.terminated?.exitCode);
	if (spec?.restartPolicy === "Always" || codes.includes(undefined)) return undefined;
	if (codes.every((code) => code === 0)) return "Succeeded";
	return spec?.restartPolicy === "Never" ? "Failed" : undefined;
}

/** One write at a time; asked again meanwhile, it writes once more afterwards. */
export function publisher(write: () => Promise<void>): () => Promise<void> {
	let writing: Promise<void> | undefined;
	let next: Promise<void> | undefined;
	return function publish(): Promise<void> {
		if (!writing) {
			writing = write().finally(() => {
				writing = undefined;
			});
			return writing;
		}
		next ??= writing.then(() => {
			next = undefined;
			return publish();
		});
		return next;
	};
}
