// The pods of titanic-api and which version of the secret each has, seen from outside, by the way that it came.

import type { KubeConfig, V1Pod } from "@kubernetes/client-node";
import { isReady, listPods } from "./ready-pods.ts";
import { secretOf } from "./scenarios.ts";
import type { Stack } from "./stack.ts";
import { copiedSecret, names } from "./world.ts";

export interface SeenPod {
	readonly name: string;
	/** Empty where nothing shows it. */
	readonly version: string;
	readonly ready: boolean;
}

interface PodStatus {
	metadata: { name: string };
	status?: {
		podName: string;
		secretProviderClassName: string;
		mounted: boolean;
		objects?: { id: string; version: string }[];
	};
}

const copiedPassword = { secret: copiedSecret, key: "db-password", managed: "db-password" };

export function podsOf(stack: Stack): Promise<SeenPod[]> {
	switch (stack.scenario.path) {
		case "csi-driver":
			return mountedPods(stack, undefined, secretOf(stack.scenario));
		case "workload-identity":
			return podsBySession(stack);
		case "kustomize-generator":
			return podsByReference(stack);
		default:
			return podsBySecret(stack);
	}
}

/**
 * By what the CSI driver says that each has mounted.
 * @param config the administrator's; pass one where this is called often, since each opens connections of its own
 */
export async function mountedPods(
	{ cluster }: Pick<Stack, "cluster">,
	config: KubeConfig = cluster.kubeConfig(),
	secret: string = "db-password",
): Promise<SeenPod[]> {
	const { CustomObjectsApi } = await import("@kubernetes/client-node");
	const pods = await listPods(config);
	const { items: statuses } = (await config.makeApiClient(CustomObjectsApi).listNamespacedCustomObject({
		group: "secrets-store.csi.x-k8s.io",
		version: "v1",
		namespace: names.namespace,
		plural: "secretproviderclasspodstatuses",
	})) as { items: PodStatus[] };
	return pods.map((pod) => {
		const status = statuses.find(
			(entry) => entry.status?.podName === pod.metadata?.name && entry.status?.mounted,
		)?.status;
		return seen(pod, status?.objects?.find(({ id }) => id === `secret/${secret}`)?.version ?? "");
	});
}

/**
 * By the Secret: a container that started after its last change has what it holds, and the vault shows which version that is.
 * @param of the Secret, its key, and whose value that has
 */
export async function podsBySecret(
	{ cluster, vault }: Pick<Stack, "cluster" | "vault">,
	config: KubeConfig = cluster.kubeConfig(),
	of: { secret: string; key: string; managed: string } = copiedPassword,
): Promise<SeenPod[]> {
	const { CoreV1Api } = await import("@kubernetes/client-node");
	const secret = await config
		.makeApiClient(CoreV1Api)
		.readNamespacedSecret({ namespace: names.namespace, name: of.secret });
	const value = Buffer.from(secret.data?.[of.key] ?? "", "base64").toString();
	const version = vault.owner.versions(of.managed).findLast((one) => one.value === value)?.version ?? "";
	const changed = Math.max(...(secret.metadata?.managedFields ?? []).map(({ time }) => time?.getTime() ?? 0));
	const hasStartedSince = ({ status }: V1Pod) =>
		status?.containerStatuses?.every(({ state }) => (state?.running?.startedAt?.getTime() ?? 0) >= changed) ?? false;
	return (await listPods(config)).map((pod) => seen(pod, hasStartedSince(pod) ? version : ""));
}

/** By the Secret that its own spec refers to: each content has a Secret of its own. */
async function podsByReference({ cluster, vault }: Stack): Promise<SeenPod[]> {
	const { CoreV1Api } = await import("@kubernetes/client-node");
	const config = cluster.kubeConfig();
	const { items } = await config.makeApiClient(CoreV1Api).listNamespacedSecret({ namespace: names.namespace });
	return (await listPods(config)).map((pod) => {
		const referred = pod.spec?.containers[0]?.env?.find((one) => one.name === "DB_PASSWORD")?.valueFrom?.secretKeyRef;
		const secret = items.find(({ metadata }) => metadata?.name === referred?.name);
		const value = Buffer.from(secret?.data?.["db-password"] ?? "", "base64").toString();
		return seen(pod, vault.owner.versions("db-password").findLast((one) => one.value === value)?.version ?? "");
	});
}

/** By its newest session: the password that let it in is the one that was live when it began. */
async function podsBySession({ cluster, vault, postgres }: Stack): Promise<SeenPod[]> {
	const sessions = await postgres.query<{ pod: string; began: Date }>(
		`SELECT application_name AS pod, max(backend_start) AS began FROM pg_stat_activity
			WHERE usename = $1 GROUP BY application_name`,
		[names.role],
	);
	return (await listPods(cluster.kubeConfig())).map((pod) => {
		const began = sessions.find((one) => one.pod === pod.metadata?.name)?.began;
		const live = vault.owner
			.versions("db-password")
			.findLast((one) => began !== undefined && one.created * 1000 <= began.getTime());
		return seen(pod, live?.version ?? "");
	});
}

const seen = ({ metadata, status }: V1Pod, version: string): SeenPod => ({
	name: metadata?.name ?? "",
	version,
	ready: isReady(status),
});
