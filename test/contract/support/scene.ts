// One namespace with titanic-api in it, and the hands that a cluster without nodes lacks: this plays kubelet, the CSI
// driver and the people who deploy, as the administrator.

import { randomUUID } from "node:crypto";
import {
	AppsV1Api,
	CoreV1Api,
	CustomObjectsApi,
	PatchStrategy,
	setHeaderOptions,
	type V1ObjectMeta,
	type V1Pod,
	type V1PodTemplateSpec,
} from "@kubernetes/client-node";
import { type Api, at, isConflict } from "../../../packages/kubernetes-api/index.ts";
import type { RolledKindName } from "../../../src/lib/kinds/index.ts";
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
	/** The workload as it is now. */
	read(): Promise<WorkloadObject>;
	/** A merge patch of the workload, as `kubectl patch` sends it. */
	change(patch: object): Promise<void>;
	remove(): Promise<void>;
	/** Of a DaemonSet: so many nodes fit it. */
	scale(pods: number): Promise<void>;
	/** Kubelet says whether a pod is ready. */
	report(pod: string, ready: boolean): Promise<void>;
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

export type WorkloadObject = {
	readonly metadata: V1ObjectMeta;
	readonly spec: { readonly template: V1PodTemplateSpec; readonly replicas?: number };
	readonly status?: Readonly<Record<string, unknown>>;
};

interface Mounting {
	readonly mounted?: boolean;
	/** The pod's; by default `uid-<name>`. */
	readonly uid?: string;
	readonly providerClass?: string;
}

/** Deploys titanic-api with two pods into a namespace of its own, and lets its first pods get ready. */
export async function setScene(
	{ cluster, client, user, admin: api }: Stage,
	kind: RolledKindName = "Deployment",
): Promise<Scene> {
	const namespace = `titanic-${randomUUID().slice(0, 8)}`;
	const name = "titanic-api";
	const secretProviderClass = "titanic-kv-secrets";
	const config = cluster.kubeConfig();
	const apps = config.makeApiClient(AppsV1Api);
	const core = config.makeApiClient(CoreV1Api);
	const custom = config.makeApiClient(CustomObjectsApi);
	const { apiVersion = "apps/v1", plural, specOf, countOf } = kinds[kind];
	const path = at(apiVersion, plural, namespace, name);
	const classes = { ...csi, namespace, plural: "secretproviderclasses", name: secretProviderClass };

	const scene: Scene = {
		consumer: {
			cluster: client.name,
			namespace,
			kind,
			name,
			delivery: { path: "csi-driver", secretProviderClass },
		},
		apps,
		core,
		read: () => api.get<WorkloadObject>(path),
		change: (body) => api.merge(path, body),
		remove: () => api.remove(path),
		async scale(count) {
			if (kind !== "DaemonSet") return scene.change({ spec: { replicas: count } });
			for (let node = 1; node <= mostNodes; node++) {
				const labels = { [namespace]: node <= count ? "true" : null };
				await api.merge(at("v1", "nodes", undefined, `node-${node}`), { metadata: { labels } });
			}
		},
		report: (pod, ready) =>
			api.merge(at("v1", "pods", namespace, pod, "status"), { status: runs(new Date().toISOString(), ready) }),
		changeClass: async (body) => {
			await custom.patchNamespacedCustomObject({ ...classes, body }, merge);
		},
		container: templateOf(name, secretProviderClass).spec.containers[0]!,
		async addClass(other, text) {
			const { spec, ...rest } = providerClass(namespace, other);
			const parameters = { ...spec.parameters, objects: text };
			await cluster.apply([{ ...rest, spec: { ...spec, parameters, secretObjects: [] } }]);
			const template = templateOf(name, secretProviderClass);
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
					const body = { metadata: { name: pointer.name }, target: { kind: "Node", name: nodeOf(pod) ?? "node-1" } };
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
		...leastPrivilege({ namespace, kind, deployment: name, secrets: ["titanic-api-secrets"], user }),
		providerClass(namespace, secretProviderClass),
	]);
	if (kind === "DaemonSet") {
		await openNodes(api);
		await scene.scale(2);
	}
	const selector = { matchLabels: { app: name } };
	const spec = { selector, ...specOf(templateOf(name, secretProviderClass), namespace) };
	await cluster.apply([
		{ apiVersion, kind, metadata: { name, namespace, annotations: { "titanic.example/owner": "team-titanic" } }, spec },
	]);
	await eventually(async () => {
		await scene.work();
		const { status } = await scene.read();
		if (status?.[countOf] !== 2) throw new Error("titanic-api has not two pods that serve yet");
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

const templateOf = (name: string, secretProviderClass: string) => ({
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
});

/** What each kind of the registry is called, is made of and counts its serving pods by. */
const kinds: { readonly [K in RolledKindName]: KindOfScene } = {
	Deployment: {
		plural: "deployments",
		specOf: (template) => ({
			replicas: 2,
			strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
			template,
		}),
		countOf: "availableReplicas",
	},
	StatefulSet: {
		plural: "statefulsets",
		specOf: (template) => ({ replicas: 2, serviceName: "titanic-api", template }),
		countOf: "readyReplicas",
	},
	Rollout: {
		apiVersion: "argoproj.io/v1alpha1",
		plural: "rollouts",
		specOf: (template) => ({ replicas: 2, strategy: { canary: {} }, template }),
		countOf: "availableReplicas",
	},
	DaemonSet: {
		plural: "daemonsets",
		specOf: (template, namespace) => ({
			template: { ...template, spec: { ...template.spec, nodeSelector: { [namespace]: "true" } } },
		}),
		countOf: "numberAvailable",
	},
};

interface KindOfScene {
	/** Default: `apps/v1`. */
	readonly apiVersion?: string;
	readonly plural: string;
	specOf(template: ReturnType<typeof templateOf>, namespace: string): object;
	readonly countOf: string;
}

const mostNodes = 4;

/** Nobody looks after them: a real API server gives a new one a taint, which only its controllers would take away. */
async function openNodes(api: Api): Promise<void> {
	for (let node = 1; node <= mostNodes; node++) {
		const name = `node-${node}`;
		await api.create(at("v1", "nodes"), { apiVersion: "v1", kind: "Node", metadata: { name } }).catch((error) => {
			if (!isConflict(error)) throw error;
		});
		await api.merge(at("v1", "nodes", undefined, name), { spec: { taints: null } });
	}
}

/** Before it is bound, the node that its affinity names. */
function nodeOf({ spec }: V1Pod): string | undefined {
	const [term] = spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
	return term?.matchFields?.[0]?.values?.[0];
}
