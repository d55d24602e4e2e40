// Deployments: asked, rolled and watched.
// WL1. A Deployment that is paused takes the patch and never rolls: `paused` is read before each patch.
// WL2. The patch is strategic, of annotations only, by a field manager of our own. Otherwise: Flux strips it (names that
//      begin with "kubectl"), or it takes fields from whoever deploys the workload.
// Kept by: workloads.test.ts.

import { PatchStrategy, setHeaderOptions, type V1Deployment, type V1LabelSelector } from "@kubernetes/client-node";
import { Fault } from "../../domain/fault.ts";
import { type RollMark, type WorkloadRef, workloadText } from "../../domain/workload.ts";
import type { Workloads } from "../../ports/workload.ts";
import type { ClusterClient } from "./client.ts";
import { annotationsOf, carries } from "./mark.ts";
import { rolloutState, servingPods } from "./rollout.ts";

const fieldManager = "titanic-secret-rotator";

export function kubernetesWorkloads(client: ClusterClient): Workloads {
	const patch = async ({ namespace, name }: WorkloadRef, mark: RollMark, dryRun?: "All"): Promise<void> => {
		const body = { spec: { template: { metadata: { annotations: annotationsOf(mark) } } } };
		const strategic = setHeaderOptions("Content-Type", PatchStrategy.StrategicMergePatch);
		await client.call({ verb: "patch", resource: "deployments", namespace, name }, ({ apps }) =>
			apps.patchNamespacedDeployment({ namespace, name, body, fieldManager, dryRun }, strategic),
		);
	};

	/** What a rollout is judged from; the Deployment is older than its pods here (see rollout.ts). */
	const podsOf = async ({ namespace }: WorkloadRef, deployment: V1Deployment) => {
		const labelSelector = selectorText(deployment.spec?.selector);
		const replicaSets = await client.call({ verb: "list", resource: "replicasets", namespace }, ({ apps }) =>
			apps.listNamespacedReplicaSet({ namespace, labelSelector }),
		);
		const pods = await client.call({ verb: "list", resource: "pods", namespace }, ({ core }) =>
			core.listNamespacedPod({ namespace, labelSelector }),
		);
		return { replicaSets: replicaSets.items, pods: pods.items };
	};

	return {
		async refusal(workload) {
			const deployment = await findDeployment(client, workload);
			const fault = standstill(deployment, workload);
			if (!deployment || fault) return fault;
			await podsOf(workload, deployment);
			await patch(workload, { rotationId: "dry-run", round: 1, version: "dry-run", at: "dry-run" }, "All");
			return undefined;
		},

		async roll(_intent, workload, mark) {
			const deployment = await theDeployment(client, workload);
			if (carries(deployment, mark)) return;
			if (deployment.spec?.paused) throw new Fault("workload-paused", { workload: workloadText(workload) });
			await patch(workload, mark);
		},

		async pods(workload) {
			const deployment = await theDeployment(client, workload);
			return servingPods({ deployment, ...(await podsOf(workload, deployment)) });
		},

		async rollout(workload, mark) {
			const deployment = await theDeployment(client, workload);
			return rolloutState({ deployment, ...(await podsOf(workload, deployment)) }, mark, workloadText(workload));
		},
	};
}

function standstill(deployment: V1Deployment | undefined, ref: WorkloadRef): Fault | undefined {
	const workload = workloadText(ref);
	if (!deployment) return new Fault("workload-missing", { workload });
	if (deployment.spec?.paused) return new Fault("workload-paused", { workload });
	if (deployment.spec?.replicas === 0) return new Fault("workload-empty", { workload });
	return undefined;
}

export const findDeployment = (client: ClusterClient, { namespace, name }: WorkloadRef) =>
	client.find({ verb: "get", resource: "deployments", namespace, name }, ({ apps }) =>
		apps.readNamespacedDeployment({ namespace, name }),
	);

async function theDeployment(client: ClusterClient, workload: WorkloadRef): Promise<V1Deployment> {
	const found = await findDeployment(client, workload);
	if (!found) throw new Fault("workload-missing", { workload: workloadText(workload) });
	return found;
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
