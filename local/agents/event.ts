// What `kubectl describe pod` shows beneath the line.

import { type Api, at } from "../../packages/kubernetes-api/index.ts";
import { now } from "./container.ts";
import type { Pod } from "./environment.ts";

/** Writes a warning about a pod. A cluster that takes no events is not worth a failure. */
export async function warn(api: Api, component: string, pod: Pod, reason: string, message: string): Promise<void> {
	const { name, namespace = "default", uid } = pod.metadata;
	await api
		.create(at("v1", "events", namespace), {
			apiVersion: "v1",
			kind: "Event",
			metadata: { generateName: `${name}.`, namespace },
			involvedObject: { apiVersion: "v1", kind: "Pod", name, namespace, uid },
			type: "Warning",
			reason,
			message,
			source: { component },
			firstTimestamp: now(),
			lastTimestamp: now(),
			count: 1,
		})
		.catch(() => {});
}
