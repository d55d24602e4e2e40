// The pods of titanic-api as the API server lists them, and which of them are ready.

import type { KubeConfig, V1Pod } from "@kubernetes/client-node";
import { names } from "./world.ts";

export const isReady = (status: V1Pod["status"]): boolean =>
	status?.conditions?.some(({ type, status: is }) => type === "Ready" && is === "True") ?? false;

export async function listPods(config: KubeConfig): Promise<V1Pod[]> {
	const { CoreV1Api } = await import("@kubernetes/client-node");
	const labelSelector = `app=${names.workload}`;
	return (await config.makeApiClient(CoreV1Api).listNamespacedPod({ namespace: names.namespace, labelSelector })).items;
}

export const readyPods = async (config: KubeConfig): Promise<number> =>
	(await listPods(config)).filter(({ status }) => isReady(status)).length;
