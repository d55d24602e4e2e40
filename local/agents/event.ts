// What `kubectl describe` shows beneath the line.

import { type Api, at, type KubeObject } from "../../packages/kubernetes-api/index.ts";
import { now } from "./container.ts";

/** Writes a warning about an object, by default a pod. A cluster that takes no events is not worth a failure. */
export async function warn(
	api: Api,
	component: string,
	{ apiVersion = "v1", kind = "Pod", metadata }: KubeObject,
	reason: string,
	message: string,
): Promise<void> {
	const { name, namespace = "default", uid } = metadata;
	await api
		.create(at("v1", "events", namespace), {
			apiVersion: "v1",
			kind: "Event",
			metadata: { generateName: `${name}.`, namespace },
			involvedObject: { apiVersion, kind, name, namespace, uid },
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
