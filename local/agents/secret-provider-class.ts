// The custom resources of the Secrets Store CSI driver, and the Azure provider's reading of one.

import type { SecretClient } from "@azure/keyvault-secrets";
import { parse } from "yaml";
import type { KubeObject } from "../../packages/kubernetes-api/index.ts";

export const secretsStore = "secrets-store.csi.x-k8s.io/v1";

export interface SecretProviderClass extends KubeObject {
	spec: {
		provider: string;
		parameters: Record<string, string>;
		secretObjects?: SecretObject[];
	};
}
export interface SecretObject {
	secretName: string;
	type?: string;
	labels?: Record<string, string>;
	data: { objectName: string; key: string }[];
}
export interface PodStatus extends KubeObject {
	status: {
		podName: string;
		secretProviderClassName: string;
		mounted: boolean;
		targetPath: string;
		/** With the Azure provider `id` is `secret/<name>` and `version` the vault's version id. */
		objects: { id: string; version: string }[];
	};
}

export interface Fetched {
	file: string;
	id: string;
	version: string;
	value: string;
}

/**
 * Gets every object of the class from its vault: the latest version, or the pinned one.
 * @param vaults by the class's keyvaultName
 * @throws Error that names the object and carries the vault's message
 */
export async function fetchObjects(spc: SecretProviderClass, vaults: Record<string, SecretClient>): Promise<Fetched[]> {
	const { keyvaultName = "", objects = "" } = spc.spec.parameters;
	const vault = vaults[keyvaultName];
	if (spc.spec.provider !== "azure") throw new Error(`provider not found: provider "${spc.spec.provider}"`);
	if (!vault) throw new Error(`There is no vault "${keyvaultName}".`);
	const { array = [] }: { array?: string[] } = parse(objects) ?? {};
	return Promise.all(
		array.map(async (text) => {
			const asked: Record<string, string | undefined> = parse(text);
			const { objectName: name = "", objectType = "secret", objectAlias, objectVersion = "" } = asked;
			const what = `objectType:${objectType}, objectName:${name}, objectVersion:${objectVersion}`;
			if (objectType !== "secret") throw new Error(`failed to get ${what}: only secrets are known here`);
			try {
				const { value = "", properties } = await vault.getSecret(name, { version: objectVersion || undefined });
				return { file: objectAlias || name, id: `secret/${name}`, version: properties.version ?? "", value };
			} catch (error) {
				throw new Error(`failed to get ${what}: ${error instanceof Error ? error.message : error}`);
			}
		}),
	);
}
