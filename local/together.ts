// Two secrets that are rotated at the same moment, and how often that rolled the workload that uses both.

import { mountedPods, type SeenPod } from "./pods.ts";
import { follow, rotationOf } from "./rotation-watch.ts";
import type { Stack } from "./stack.ts";
import { until } from "./until.ts";
import { names } from "./world.ts";

export interface Together {
	readonly secret: string;
	readonly outcome?: string;
	readonly version?: string;
	/** ReplicaSets that the Deployment did not have before. */
	readonly rolls: number;
	/** The rotation that each of the two says has rolled for both. */
	readonly rolledBy: readonly (string | undefined)[];
	readonly pods: readonly SeenPod[];
}

/** @returns a function to call once the first of the two is over: it says how the other one ended */
export async function together(
	stack: Stack,
	secret: string,
	signal: AbortSignal,
): Promise<(first: string) => Promise<Together>> {
	const before = await replicaSets(stack);
	return async (first) => {
		const id = await until(`the rotation of ${secret}`, 60, () => rotationOf(stack, secret), signal);
		const status = await follow(stack, id, { seconds: 120, signal });
		const statuses = [await follow(stack, first, { seconds: 10, signal }), status];
		const { outcome, version } = status;
		return {
			secret,
			...(outcome !== undefined && { outcome }),
			...(version !== undefined && { version }),
			rolls: (await replicaSets(stack)) - before,
			rolledBy: statuses.map(({ consumers }) => consumers?.[0]?.together?.rolledBy),
			pods: await mountedPods(stack, undefined, secret),
		};
	};
}

async function replicaSets({ cluster }: Stack): Promise<number> {
	const { AppsV1Api } = await import("@kubernetes/client-node");
	const { namespace } = names;
	const { items } = await cluster.kubeConfig().makeApiClient(AppsV1Api).listNamespacedReplicaSet({ namespace });
	return items.filter(({ metadata }) => metadata?.ownerReferences?.some(({ name }) => name === names.workload)).length;
}
