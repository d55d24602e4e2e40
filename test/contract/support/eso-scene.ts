// The namespace of secret-scene.ts, whose Secret is kept by an ExternalSecret.

import { type Api, apiOf, at } from "../../../packages/kubernetes-api/index.ts";
import type { ExternalSecrets } from "../../../src/lib/paths/external-secrets/schema.ts";
import type { Consumer } from "../../../src/lib/ports/delivery-path.ts";
import type { Stage } from "./clusters.ts";
import { vaultName } from "./scene.ts";
import { copyName, type SecretScene, setSecretScene } from "./secret-scene.ts";

export const store = "titanic-kv";
export const vaultHost = `${vaultName}.vault.azure.net`;
const group = "external-secrets.io";

export interface EsoScene extends Omit<SecretScene, "consumer"> {
	readonly consumer: Consumer<ExternalSecrets>;
	readonly externalSecretPath: string;
	/** A merge patch of the ExternalSecret's spec. */
	changeSpec(spec: object): Promise<void>;
	changeStore(azurekv: object): Promise<void>;
	/** As External Secrets itself writes. */
	readonly operator: Api;
}

export const rules = (names: { externalSecret: string; store: string }) => [
	{
		apiGroups: [group],
		resources: ["externalsecrets"],
		resourceNames: [names.externalSecret],
		verbs: ["get", "patch"],
	},
	{ apiGroups: [group], resources: ["secretstores"], resourceNames: [names.store], verbs: ["get"] },
	{ apiGroups: [group], resources: ["pushsecrets"], verbs: ["list"] },
];

export const externalSecret = (namespace: string) => ({
	apiVersion: `${group}/v1`,
	kind: "ExternalSecret",
	metadata: { name: copyName, namespace },
	spec: {
		secretStoreRef: { kind: "SecretStore", name: store },
		refreshPolicy: "Periodic",
		refreshInterval: "1h",
		target: { name: copyName, creationPolicy: "Owner" },
		data: [
			{ secretKey: "db-password", remoteRef: { key: "db-password" } },
			{ secretKey: "database-url", remoteRef: { key: "db-connection-string" } },
		],
	},
});

export const secretStore = (namespace: string, vaultUrl: string) => ({
	apiVersion: `${group}/v1`,
	kind: "SecretStore",
	metadata: { name: store, namespace },
	spec: { provider: { azurekv: { authType: "WorkloadIdentity", vaultUrl } } },
});

export async function setEsoScene(stage: Stage, { granted = true } = {}): Promise<EsoScene> {
	const scene = await setSecretScene(stage, { patches: false });
	const { namespace, ...consumer } = scene.consumer;
	const operator = apiOf(stage.cluster.kubeConfig(), "external-secrets");
	const externalSecretPath = at(`${group}/v1`, "externalsecrets", namespace, copyName);
	await stage.cluster.apply([secretStore(namespace, `https://${vaultHost}`), externalSecret(namespace)]);
	if (granted) await scene.grant("rotator-syncs", rules({ externalSecret: copyName, store }));
	return {
		...scene,
		consumer: { ...consumer, namespace, delivery: { path: "external-secrets", externalSecret: copyName } },
		externalSecretPath,
		operator,
		changeSpec: (spec) => scene.person.merge(externalSecretPath, { spec }),
		changeStore: (azurekv) =>
			scene.person.merge(at(`${group}/v1`, "secretstores", namespace, store), { spec: { provider: { azurekv } } }),
	};
}
