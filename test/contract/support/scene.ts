// One namespace with titanic-api in it, and the hands that a cluster without nodes lacks: this plays kubelet, the CSI
// driver and the people who deploy, as the administrator.

import { randomUUID } from "node:crypto";
import {
	AppsV1Api,
	CoreV1Api,
	CustomObjectsApi,
	PatchStrategy,
	setHeaderOptions,
	type V1Pod,
} from "@kubernetes/client-node";
import type { CsiDriver } from "../../../src/lib/paths/csi-driver/schema.ts";
import type { Consumer } from "../../../src/lib/ports/delivery-path.ts";
import { eventually } from "../../integration/agents/eventually.ts";
import type { Stage } from "./clusters.ts";
import { leastPrivilege } from "./rbac.ts";

export const vaultName = "titanic-kv";
const csi = { group: "secrets-store.csi.x-k8s.io", version: "v1" };
const merge = setHeaderOptions("Content-Type", PatchStrategy.MergePatch);
const objects = ["db-password", "db-connection-string", "flask-secret-key"];

export interface Scene {
	readonly consumer: Consumer<CsiDriver>;
	readonly apps: AppsV1Api;
	readonly core: CoreV1Api;
	/** A merge patch of the Deployment, as `kubectl patch` sends it. */
	change(patch: object): Promise<void>;
	/** A merge patch of the SecretProviderClass. */
	changeClass(patch: object): Promise<void>;
	removeClass(): Promise<void>;
	/** Another SecretProviderClass of the same vault, mounted by the container too. */
	addClass(name: string, objects: string): Promise<void>;
	/** The only container of the template. */
	readonly container: { readonly name: string; readonly image: string; readonly volumeMounts: readonly object[] };
	/** What the driver syncs: keys and their values. */
	writeCopy(data: Record<string, string>, immutable?: boolean): Promise<void>;
	pods(): Promise<V1Pod[]>;
	/** One round of every node's work: new pods get ready, deleted ones end unless `keep` holds them. */
	work(options?: { keep?: (pod: V1Pod) => boolean; ready?: boolean; startedAt?: string }): Promise<void>;
	/** What the driver records of a mount. */
	mount(pod: string, versions: Record<string, string>, options?: Mounting): Promise<void>;
}

interface Mounting {
	readonly mounted?: boolean;
	/** The pod's; by default `uid-<name>`. */
	readonly uid?: string;
	readonly providerClass?: string;
}

/** Deploys titanic-api with two replicas into a namespace of its own, and lets its first pods get ready. */
export async function setScene({ cluster, client, user }: Stage): Promise<Scene> {
	const namespace = `titanic-${randomUUID().slice(0, 8)}`;
	const name = "titanic-api";
	const secretProviderClass = "titanic-kv-secrets";
	const config = cluster.kubeConfig();
	const apps = config.makeApiClient(AppsV1Api);
	const core = config.makeApiClient(CoreV1Api);
	const custom = config.makeApiClient(CustomObjectsApi);
	const classes = { ...csi, namespace, plural: "secretproviderclasses", name: secretProviderClass };

	const scene: Scene = {
		consumer: {
			cluster: client.name,
			namespace,
			kind: "Deployment",
			name,
			delivery: { path: "csi-driver", secretProviderClass },
		},
		apps,
		core,
		change: async (body) => {
			await apps.patchNamespacedDeployment({ namespace, name, body }, merge);
		},
		changeClass: async (body) => {
			await custom.patchNamespacedCustomObject({ ...classes, body }, merge);
		},
		container: deployment(namespace, name, secretProviderClass).spec.template.spec.containers[0]!,
		async addClass(other, text) {
			const { spec, ...rest } = providerClass(namespace, other);
			const parameters = { ...spec.parameters, objects: text };
			await cluster.apply([{ ...rest, spec: { ...spec, parameters, secretObjects: [] } }]);
			const { template } = deployment(namespace, name, secretProviderClass).spec;
			const csi = {
				driver: "secrets-store.csi.k8s.io",
				readOnly: true,
				volumeAttributes: { secretProviderClass: other },
			};
			const volumeMounts = [...scene.container.volumeMounts, { name: "more", mountPath: "/mnt/more", readOnly: true }];
			const volumes = [...template.spec.volumes, { name: "more", csi }];
			await scene.change({
				spec: { template: { spec: { containers: [{ ...scene.container, volumeMounts }], volumes } } },
			});
		},
		removeClass: async () => {
			await custom.deleteNamespacedCustomObject(classes);
		},
		writeCopy: (data, immutable = false) =>
			cluster.apply([
				{
					apiVersion: "v1",
					kind: "Secret",
					metadata: { name: "titanic-api-secrets", namespace },
					immutable,
					data: Object.fromEntries(Object.entries(data).map(([key, value]) => [key, btoa(value)])),
				},
			]),
		pods: async () => (await core.listNamespacedPod({ namespace, labelSelector: "app=titanic-api" })).items,
		async work({ keep = () => false, ready = true, startedAt = new Date().toISOString() } = {}) {
			for (const pod of await scene.pods()) {
				const pointer = { namespace, name: pod.metadata?.name ?? "" };
				if (pod.metadata?.deletionTimestamp) {
					if (!keep(pod)) await core.deleteNamespacedPod({ ...pointer, gracePeriodSeconds: 0 });
				} else if (!pod.spec?.nodeName) {
					const body = { metadata: { name: pointer.name }, target: { kind: "Node", name: "node-1" } };
					await core.createNamespacedPodBinding({ ...pointer, body }).catch(answerIsNoBinding);
					await core.patchNamespacedPodStatus({ ...pointer, body: { status: runs(startedAt, ready) } }, merge);
				}
			}
		},
		mount: (pod, versions, { mounted = true, uid = `uid-${pod}`, providerClass: own = secretProviderClass } = {}) =>
			cluster.apply([
				{
					apiVersion: `${csi.group}/${csi.version}`,
					kind: "SecretProviderClassPodStatus",
					metadata: { name: `${pod}-${namespace}-${own}`, namespace },
					status: {
						podName: pod,
						secretProviderClassName: own,
						targetPath: `/var/lib/kubelet/pods/${uid}/volumes/kubernetes.io~csi/secrets/mount`,
						mounted,
						objects: Object.entries(versions).map(([secret, version]) => ({ id: `secret/${secret}`, version })),
					},
				},
			]),
	};

	await cluster.apply([
		{ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
		...leastPrivilege({ namespace, deployment: name, secrets: ["titanic-api-secrets"], user }),
		providerClass(namespace, secretProviderClass),
		deployment(namespace, name, secretProviderClass),
	]);
	await eventually(async () => {
		await scene.work();
		const { status } = await apps.readNamespacedDeployment({ namespace, name });
		if (status?.availableReplicas !== 2) throw new Error("titanic-api has not two available replicas yet");
		// a new RoleBinding is not in force at once
		await client.call({ verb: "list", resource: "pods", namespace }, (apis) =>
			apis.core.listNamespacedPod({ namespace }),
		);
	});
	return scene;
}

/** The SDK cannot read the answer to a binding, which is a Status. */
function answerIsNoBinding(error: { code?: number }): void {
	if (error.code !== undefined) throw error;
}

const runs = (startedAt: string, ready: boolean) => ({
	phase: "Running",
	conditions: [
		{ type: "Ready", status: ready ? "True" : "False", lastTransitionTime: startedAt },
		{ type: "ContainersReady", status: ready ? "True" : "False", lastTransitionTime: startedAt },
	],
	containerStatuses: [
		{
			name: "titanic-api",
			ready,
			image: "titanic-api:1.0.0",
			imageID: "",
			restartCount: 0,
			state: { running: { startedAt } },
		},
	],
});

const providerClass = (namespace: string, name: string) => ({
	apiVersion: `${csi.group}/${csi.version}`,
	kind: "SecretProviderClass",
	metadata: { name, namespace },
	spec: {
		provider: "azure",
		parameters: { keyvaultName: vaultName, objects: objectsText(objects) },
		secretObjects: [
			{
				secretName: "titanic-api-secrets",
				type: "Opaque",
				data: objects.map((objectName) => ({ objectName, key: objectName })),
			},
		],
	},
});

/** The parameter `objects`: YAML in YAML. */
export const objectsText = (names: readonly string[], further = ""): string =>
	`array:\n${names.map((name) => `  - |\n    objectName: ${name}\n    objectType: secret\n${further}`).join("")}`;

const deployment = (namespace: string, name: string, secretProviderClass: string) => ({
	apiVersion: "apps/v1",
	kind: "Deployment",
	metadata: { name, namespace },
	spec: {
		replicas: 2,
		selector: { matchLabels: { app: name } },
		strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
		template: {
			metadata: { labels: { app: name }, annotations: { "titanic.example/owner": "team-titanic" } },
			spec: {
				containers: [
					{
						name: "titanic-api",
						image: "titanic-api:1.0.0",
						volumeMounts: [{ name: "secrets", mountPath: "/mnt/secrets", readOnly: true }],
					},
				],
				volumes: [
					{
						name: "secrets",
						csi: {
							driver: "secrets-store.csi.k8s.io",
							readOnly: true,
							volumeAttributes: { secretProviderClass },
						},
					},
				],
			},
		},
	},
});
