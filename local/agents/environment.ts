// A container's environment from its specification, as kubelet resolves it: once, when the container is created.

import type { V1Container, V1EnvVar, V1Pod, V1Secret } from "@kubernetes/client-node";
import { type Api, at, isMissing, type KubeObject, type Wire } from "../../packages/kubernetes-api/index.ts";

export type Pod = Wire<Pick<V1Pod, "spec" | "status">> & KubeObject;
export type Container = Wire<V1Container>;
type Variable = Wire<V1EnvVar>;

/** The container cannot be created now: a Secret or a key of it is not there. */
export class CreateContainerConfigError extends Error {}

/** @throws CreateContainerConfigError with kubelet's own sentence */
export async function environment(api: Api, pod: Pod, container: Container): Promise<Record<string, string>> {
	const namespace = pod.metadata.namespace ?? "default";
	const secrets = new Map<string, Promise<Record<string, string> | undefined>>();
	const secretData = (name: string) => {
		const asked =
			secrets.get(name) ??
			api.get<Wire<V1Secret>>(at("v1", "secrets", namespace, name)).then(
				({ data = {} }) => data,
				(error) => {
					if (isMissing(error)) return undefined;
					throw error;
				},
			);
		secrets.set(name, asked);
		return asked;
	};

	async function valueFor({ name, value, valueFrom }: Variable): Promise<string | undefined> {
		const { secretKeyRef, fieldRef } = valueFrom ?? {};
		if (fieldRef) return field(pod, fieldRef.fieldPath);
		if (!secretKeyRef) {
			if (valueFrom) throw new CreateContainerConfigError(`The node agent does not know the source of ${name}.`);
			return value ?? "";
		}
		const secret = secretKeyRef.name ?? "";
		const data = await secretData(secret);
		const found = data?.[secretKeyRef.key];
		if (found !== undefined) return Buffer.from(found, "base64").toString("utf8");
		if (secretKeyRef.optional) return undefined;
		throw new CreateContainerConfigError(
			data ? `couldn't find key ${secretKeyRef.key} in Secret ${namespace}/${secret}` : `secret "${secret}" not found`,
		);
	}

	const resolved: Record<string, string> = {};
	for (const variable of container.env ?? []) {
		const value = await valueFor(variable);
		if (value !== undefined) resolved[variable.name] = value;
	}
	return resolved;
}

function field({ metadata, spec, status }: Pod, path: string): string {
	const [, map, key] = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path) ?? [];
	if (map && key) return metadata[map as "labels" | "annotations"]?.[key] ?? "";
	const fields: Record<string, string | undefined> = {
		"metadata.name": metadata.name,
		"metadata.namespace": metadata.namespace,
		"metadata.uid": metadata.uid,
		"spec.nodeName": spec?.nodeName,
		"spec.serviceAccountName": spec?.serviceAccountName,
		"status.podIP": status?.podIP ?? "127.0.0.1",
		"status.hostIP": status?.hostIP ?? "127.0.0.1",
	};
	return fields[path] ?? "";
}
