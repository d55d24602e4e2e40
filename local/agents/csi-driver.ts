// The Secrets Store CSI driver with the Azure provider, in the two generations that differ in who renews what.
//
// C1. A pod's SecretProviderClassPodStatus names the versions of its files: it is written after them. Otherwise: it is
//     no proof. Kept by: the order in `publish`.
// C2. The synced Secret is written as the generation does it, never sooner. Otherwise: a rotation that rolls pods
//     too early passes here and is an outage in a cluster.
//     1.5: made on the first mount; later only the rotation poller writes it, so a new pod's mount does not.
//     1.6: each change of a pod's status writes it from that pod's files, at its own time, after the mount was answered.

import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { SecretClient } from "@azure/keyvault-secrets";
import type { KubeConfig } from "@kubernetes/client-node";
import { type Api, apiOf, at, isConflict, isMissing } from "../../packages/kubernetes-api/index.ts";
import type { Pod } from "./environment.ts";
import { warn } from "./event.ts";
import { informer, keyOf, queue } from "./informer.ts";
import type { CsiDriver } from "./pod.ts";
import {
	type Fetched,
	fetchObjects,
	type PodStatus,
	type SecretProviderClass,
	secretsStore,
} from "./secret-provider-class.ts";
import { syncSecret } from "./synced-secret.ts";

interface Mounted {
	pod: Pod;
	class: string;
	targetPath: string;
	/** An unmount waits for it: a file that is written into a folder while it is removed stays. */
	writing?: Promise<void>;
}

export const driverName = "secrets-store.csi.k8s.io";

/**
 * @param options.vaults by keyvaultName, each logged in as the identity that the class names
 * @param options.generation `1.5`: a poller renews files, pod statuses and Secrets of all pods. `1.6`: each pod is
 * published again on its own, and no poller writes the Secret
 * @param options.pollMs between two renewals (in a cluster two minutes, or one to one and a half)
 */
export function csiDriver(options: {
	kubeConfig: KubeConfig;
	vaults: Record<string, SecretClient>;
	generation: "1.5" | "1.6";
	pollMs: number;
}): CsiDriver & AsyncDisposable {
	const { kubeConfig, vaults, generation, pollMs } = options;
	const api = apiOf(kubeConfig, "secrets-store-csi");
	const mounted = new Map<string, Mounted>();

	const statuses = informer<PodStatus>(api, at(secretsStore, "secretproviderclasspodstatuses"), (status, gone) => {
		if (!gone) reconciles.add(keyOf(status));
	});
	const reconciles = queue("csi driver", async (key) => {
		const status = statuses.get(key);
		const mount = status && mounted.get(status.status.targetPath);
		if (!mount) return undefined;
		const pod = await livingPod(mount);
		if (pod) await syncSecrets(pod, mount, generation === "1.6" ? "write" : "create");
		return undefined;
	});
	const renewals = queue("csi driver", async (key) => {
		if (generation === "1.6") await renew(key);
		else for (const targetPath of mounted.keys()) await renew(targetPath);
		return generation === "1.5" || mounted.has(key) ? pollMs : undefined;
	});
	if (generation === "1.5") renewals.add("all pods", pollMs);

	/** @returns nothing for a pod that is gone or ends: nobody writes for it any more */
	async function livingPod({ pod: { metadata } }: Mounted): Promise<Pod | undefined> {
		try {
			const pod = await api.get<Pod>(at("v1", "pods", metadata.namespace, metadata.name));
			return pod.metadata.uid === metadata.uid && !pod.metadata.deletionTimestamp ? pod : undefined;
		} catch (error) {
			if (isMissing(error)) return undefined;
			throw error;
		}
	}

	async function publish(mount: Mounted): Promise<void> {
		const spc = await classOf(mount);
		const fetched = await fetchObjects(spc, vaults);
		if (mounted.get(mount.targetPath) !== mount) return;
		mount.writing = writeFiles(mount.targetPath, fetched);
		await mount.writing;
		await report(api, mount, fetched);
	}

	const classOf = ({ pod, class: name }: Mounted) =>
		api.get<SecretProviderClass>(at(secretsStore, "secretproviderclasses", pod.metadata.namespace, name));

	async function renew(targetPath: string): Promise<void> {
		const mount = mounted.get(targetPath);
		const pod = mount && (await livingPod(mount));
		if (!mount || !pod) return;
		try {
			await publish(mount);
			if (generation === "1.5") await syncSecrets(pod, mount, "write");
		} catch (error) {
			// The files stay as they were until the next renewal; a pod that goes meanwhile is no failure.
			if (mounted.has(targetPath)) await warn(api, driverName, pod, "MountRotationFailed", (error as Error).message);
		}
	}

	async function syncSecrets(pod: Pod, mount: Mounted, how: "create" | "write"): Promise<void> {
		const { secretObjects = [] } = (await classOf(mount)).spec;
		for (const object of secretObjects) await syncSecret(api, pod, object, mount.targetPath, how);
	}

	return {
		async mount({ pod, attributes, targetPath }) {
			const mount: Mounted = { pod, class: attributes.secretProviderClass ?? "", targetPath };
			try {
				// Before the status is written: its event must find the mount.
				mounted.set(targetPath, mount);
				await publish(mount);
			} catch (error) {
				mounted.delete(targetPath);
				const who = keyOf(pod);
				throw new Error(`failed to mount secrets store objects for pod ${who}, err: ${(error as Error).message}`);
			}
			if (generation === "1.6") renewals.add(targetPath, pollMs);
		},
		async unmount(targetPath) {
			const mount = mounted.get(targetPath);
			mounted.delete(targetPath);
			await mount?.writing?.catch(() => {});
			await rm(targetPath, { recursive: true, force: true });
		},
		async [Symbol.asyncDispose]() {
			mounted.clear();
			await statuses[Symbol.asyncDispose]();
			await Promise.all([reconciles[Symbol.asyncDispose](), renewals[Symbol.asyncDispose]()]);
			api[Symbol.dispose]();
		},
	};
}

async function writeFiles(targetPath: string, fetched: Fetched[]): Promise<void> {
	const next = join(dirname(targetPath), "next");
	await mkdir(next, { recursive: true });
	for (const { file, value } of fetched) {
		await writeFile(join(next, file), value, { mode: 0o644 });
		// A reader sees the old file or the new one, never half of it.
		await rename(join(next, file), join(targetPath, file));
	}
}

/** Creates or updates the pod's status; an unchanged one is not written. */
async function report(api: Api, { pod, class: name, targetPath }: Mounted, fetched: Fetched[]): Promise<void> {
	const { name: podName, namespace = "default", uid } = pod.metadata;
	const collection = at(secretsStore, "secretproviderclasspodstatuses", namespace);
	const own = `${podName}-${namespace}-${name}`;
	const objects = fetched
		.map(({ id, version }) => ({ id, version }))
		.sort((one, other) => (one.id < other.id ? -1 : 1));
	const status: PodStatus["status"] = { podName, secretProviderClassName: name, mounted: true, targetPath, objects };
	const metadata = {
		name: own,
		namespace,
		labels: { "internal.secrets-store.csi.k8s.io/node-name": pod.spec?.nodeName ?? "" },
		ownerReferences: [{ apiVersion: "v1", kind: "Pod", name: podName, uid }],
	};
	const object = { apiVersion: secretsStore, kind: "SecretProviderClassPodStatus", metadata, status };
	try {
		await api.create(collection, object);
	} catch (error) {
		if (!isConflict(error)) throw error;
		const there = await api.get<PodStatus>(`${collection}/${own}`);
		if (JSON.stringify(there.status.objects) === JSON.stringify(objects) && there.status.targetPath === targetPath)
			return;
		const { resourceVersion } = there.metadata;
		await api.replace(`${collection}/${own}`, { ...object, metadata: { ...metadata, resourceVersion } });
	}
}
