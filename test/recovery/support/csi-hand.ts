// The hand of a cluster with the Secrets Store CSI driver: a poller renews files, pod statuses and the synced Secret once a
// round; new pods mount what is the latest then, and take the Secret's values into their environment.

import { type Deployment, templateHash } from "../../../local/agents/rollout.ts";
import { at } from "../../../packages/kubernetes-api/index.ts";
import { leastPrivilege } from "../../contract/support/rbac.ts";
import { objectsText } from "../../contract/support/scene.ts";
import type { Hand, HandOptions, ServingPod } from "./hand.ts";

const objects = ["db-password", "db-connection-string"];
const name = "titanic-api";
const providerClass = "titanic-kv-secrets";
const copy = "titanic-api-secrets";
const csi = "secrets-store.csi.x-k8s.io/v1";
const replicas = 2;

export async function csiHand({ servers, vault, namespace, now }: HandOptions): Promise<Hand> {
	const { kubernetes: api, app } = servers;
	const of = (version: string, plural: string, own?: string, sub?: string) => at(version, plural, namespace, own, sub);
	const make = (path: string, apiVersion: string, kind: string, own: string, rest: object) =>
		api.create(path, { apiVersion, kind, ...merged({ metadata: { name: own, namespace } }, rest) });

	let synced = "";
	let pods: (ServingPod & { readonly uid: string })[] = [];
	let generation = 0;
	let rolls = -1;

	/** The latest versions, as the driver may read them; a disabled one keeps it from mounting anything. */
	const latest = () => {
		const found = objects.map((object) => vault.owner.get(object));
		return found.every((one) => one?.enabled) ? found.map((one) => one!) : undefined;
	};
	const status = (pod: string, uid: string, versions: NonNullable<ReturnType<typeof latest>>) => ({
		podName: pod,
		targetPath: `/var/lib/kubelet/pods/${uid}/volumes/kubernetes.io~csi/secrets/mount`,
		secretProviderClassName: providerClass,
		mounted: true,
		objects: versions.map((one) => ({ id: `secret/${one.name}`, version: one.version })),
	});
	const statusName = (pod: string) => `${pod}-${namespace}-${providerClass}`;

	/** The poller: files, pod statuses, Secret. */
	async function renew(): Promise<void> {
		const versions = latest();
		const key = versions?.map(({ version }) => version).join();
		if (!versions || key === synced) return;
		const data = Object.fromEntries(versions.map((one) => [one.name, btoa(one.value)]));
		if (synced === "") await make(of("v1", "secrets"), "v1", "Secret", copy, { data });
		else await api.merge(of("v1", "secrets", copy), { data });
		for (const pod of pods)
			await api.merge(of(csi, "secretproviderclasspodstatuses", statusName(pod.name)), {
				status: status(pod.name, pod.uid, versions),
			});
		pods = pods.map((pod) => ({ ...pod, version: versions[0]!.version }));
		synced = key!;
	}

	async function rollOut(deployment: Deployment): Promise<void> {
		const versions = latest();
		if (!versions) return;
		rolls++;
		generation = deployment.metadata.generation ?? 0;
		const hash = templateHash(deployment);
		const { template } = deployment.spec!;
		const labels = { ...template?.metadata?.labels, "pod-template-hash": hash };
		const set = `${name}-${hash}`;
		const own = { metadata: { labels, ownerReferences: [ownerOf("apps/v1", "Deployment", deployment.metadata)] } };
		const spec = {
			replicas,
			selector: { matchLabels: labels },
			template: { ...template, metadata: { ...template?.metadata, labels } },
		};
		const old = (await api.get<{ items: { metadata: { name: string } }[] }>(of("apps/v1", "replicasets"))).items;
		const made = (await make(of("apps/v1", "replicasets"), "apps/v1", "ReplicaSet", set, { ...own, spec })) as Made;

		const before = pods;
		pods = [];
		for (let index = 0; index < replicas; index++) {
			const pod = `${set}-${index}`;
			const owned = { metadata: { labels, ownerReferences: [ownerOf("apps/v1", "ReplicaSet", made.metadata)] } };
			const { metadata } = (await make(of("v1", "pods"), "v1", "Pod", pod, {
				...owned,
				spec: { ...(template?.spec as object), nodeName: "node-1" },
			})) as Made;
			await make(of(csi, "secretproviderclasspodstatuses"), csi, "SecretProviderClassPodStatus", statusName(pod), {
				status: status(pod, metadata.uid, versions),
			});
			await api.merge(of("v1", "pods", pod, "status"), { status: running(now().toISOString()) });
			pods.push({ name: pod, uid: metadata.uid, version: versions[0]!.version, password: versions[0]!.value });
		}
		for (const pod of before) {
			await api.remove(of("v1", "pods", pod.name), { gracePeriodSeconds: 0 });
			await api.remove(of(csi, "secretproviderclasspodstatuses", statusName(pod.name)));
		}
		for (const { metadata } of old) await api.remove(of("apps/v1", "replicasets", metadata.name));
		const counts = { replicas, updatedReplicas: replicas, readyReplicas: replicas, availableReplicas: replicas };
		await api.merge(of("apps/v1", "deployments", name, "status"), {
			status: { observedGeneration: generation, ...counts },
		});
	}

	const hand: Hand = {
		async round() {
			await renew();
			const deployment = await api.get<Deployment>(of("apps/v1", "deployments", name));
			if (deployment.metadata.generation !== generation) await rollOut(deployment);
		},
		pods: () => pods,
		rolls: () => rolls,
		async [Symbol.asyncDispose]() {
			// As kubelet does: a bound pod that nobody ends would keep its namespace for ever.
			for (const pod of pods) await api.remove(of("v1", "pods", pod.name), { gracePeriodSeconds: 0 });
			await api.remove(at("v1", "namespaces", undefined, namespace));
		},
	};

	await api.create(at("v1", "namespaces"), { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
	const [role, binding] = leastPrivilege({ namespace, deployment: name, secrets: [copy], user: app.objectId });
	await api.create(of("rbac.authorization.k8s.io/v1", "roles"), role);
	await api.create(of("rbac.authorization.k8s.io/v1", "rolebindings"), binding);
	await make(of(csi, "secretproviderclasses"), csi, "SecretProviderClass", providerClass, {
		spec: {
			provider: "azure",
			parameters: { keyvaultName: vault.name, objects: objectsText(objects) },
			secretObjects: [
				{ secretName: copy, type: "Opaque", data: objects.map((objectName) => ({ objectName, key: objectName })) },
			],
		},
	});
	await make(of("apps/v1", "deployments"), "apps/v1", "Deployment", name, { spec: deploymentSpec });
	await hand.round();
	return hand;
}

type Made = { metadata: { name: string; uid: string } };

const merged = (one: { metadata: object }, other: { metadata?: object }) => ({
	...other,
	metadata: { ...one.metadata, ...other.metadata },
});

const ownerOf = (apiVersion: string, kind: string, { name: own, uid }: { name: string; uid: string }) => ({
	apiVersion,
	kind,
	name: own,
	uid,
	controller: true,
	blockOwnerDeletion: true,
});

const running = (startedAt: string) => ({
	phase: "Running",
	conditions: [{ type: "Ready", status: "True", lastTransitionTime: startedAt }],
	containerStatuses: [
		{
			...{ name, ready: true, image: "titanic-api:1.0.0", imageID: "", restartCount: 0 },
			state: { running: { startedAt } },
		},
	],
});

const deploymentSpec = {
	replicas,
	selector: { matchLabels: { app: name } },
	template: {
		metadata: { labels: { app: name } },
		spec: {
			containers: [
				{
					name,
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
						volumeAttributes: { secretProviderClass: providerClass },
					},
				},
			],
		},
	},
};
