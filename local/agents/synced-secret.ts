// The Kubernetes Secret that the CSI driver keeps as a copy of a pod's mounted files.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { V1Secret } from "@kubernetes/client-node";
import {
	type Api,
	at,
	isConflict,
	isMissing,
	type KubeObject,
	type Owner,
	type Wire,
} from "../../packages/kubernetes-api/index.ts";
import type { Pod } from "./environment.ts";
import type { SecretObject } from "./secret-provider-class.ts";

type Secret = Pick<Wire<V1Secret>, "type" | "data"> & KubeObject;

/**
 * @param targetPath the pod's mounted files
 * @param how `create` leaves the data of a Secret that is there as it is
 */
export async function syncSecret(
	api: Api,
	pod: Pod,
	object: SecretObject,
	targetPath: string,
	how: "create" | "write",
): Promise<void> {
	const data = await dataOf(object, targetPath);
	await despiteConflicts(() => attempt(api, pod, object, data, how));
}

async function dataOf(object: SecretObject, targetPath: string): Promise<Record<string, string>> {
	const entries = object.data.map(async ({ key, objectName }) => {
		const content = await readFile(join(targetPath, objectName));
		return [key, content.toString("base64")] as const;
	});
	return Object.fromEntries(await Promise.all(entries));
}

/** The other pods' writes of the same Secret come in between. */
async function despiteConflicts(write: () => Promise<void>): Promise<void> {
	for (let attempt = 1; ; attempt++) {
		try {
			return await write();
		} catch (error) {
			if (!isConflict(error) || attempt === 5) throw error;
		}
	}
}

/** The Secret belongs to the owners of the pods that use it, so it goes with the last ReplicaSet. */
async function attempt(
	api: Api,
	pod: Pod,
	{ secretName: name, type = "Opaque", labels }: SecretObject,
	data: Record<string, string>,
	how: "create" | "write",
): Promise<void> {
	const { namespace = "default", uid, name: podName } = pod.metadata;
	const owners = pod.metadata.ownerReferences ?? [{ apiVersion: "v1", kind: "Pod", name: podName, uid }];
	const references: Owner[] = owners.map(({ apiVersion, kind, name, uid }) => ({ apiVersion, kind, name, uid }));
	const collection = at("v1", "secrets", namespace);
	let secret: Secret;
	try {
		secret = await api.get<Secret>(`${collection}/${name}`);
	} catch (error) {
		if (!isMissing(error)) throw error;
		const managed = { ...labels, "secrets-store.csi.k8s.io/managed": "true" };
		const metadata = { name, namespace, labels: managed, ownerReferences: references };
		await api.create(collection, { apiVersion: "v1", kind: "Secret", metadata, type, data });
		return;
	}
	const there = secret.metadata.ownerReferences ?? [];
	const missing = references.filter((one) => !there.some((other) => other.uid === one.uid));
	const stale = how === "write" && Object.entries(data).some(([key, value]) => secret.data?.[key] !== value);
	if (!stale && missing.length === 0) return;
	await api.merge(`${collection}/${name}`, {
		metadata: { resourceVersion: secret.metadata.resourceVersion, ownerReferences: [...there, ...missing] },
		...(stale && { data }),
	});
}
