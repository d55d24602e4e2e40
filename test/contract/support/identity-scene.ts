// The namespace of secret-scene.ts, whose pods read a vault themselves: no Secret, a ServiceAccount with an identity, and a vault
// in memory.

import { at } from "../../../packages/kubernetes-api/index.ts";
import type { Latest } from "../../../src/lib/domain/secret-version.ts";
import { deliveryPath } from "../../../src/lib/paths/index.ts";
import type { WorkloadIdentity } from "../../../src/lib/paths/workload-identity/schema.ts";
import type { Consumer, DeliveryPath, Published } from "../../../src/lib/ports/delivery-path.ts";
import { fakeVault } from "../../support/fake-vault.ts";
import type { Stage } from "./clusters.ts";
import { nothingOutside } from "./outside.ts";
import { type SecretScene, setSecretScene } from "./secret-scene.ts";

export const serviceAccount = "titanic-api-sa";
export const clientId = "azure.workload.identity/client-id";
export const useLabel = "azure.workload.identity/use";

export const podName = { name: "POD_NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } };

export interface IdentityScene extends Omit<SecretScene, "consumer"> {
	readonly consumer: Consumer<WorkloadIdentity>;
	readonly path: DeliveryPath<WorkloadIdentity>;
	/** The vault's newest version of each secret. */
	readonly newest: Map<string, Latest>;
	readonly serviceAccountPath: string;
	/** A merge patch of the pod template. */
	changeTemplate(template: object): Promise<void>;
	/** Makes these the newest ones. */
	publish(values: readonly Published[]): void;
}

export const rules = [
	{ apiGroups: [""], resources: ["serviceaccounts"], resourceNames: [serviceAccount], verbs: ["get"] },
];

export const identityOf = (namespace: string) => ({
	apiVersion: "v1",
	kind: "ServiceAccount",
	metadata: { name: serviceAccount, namespace, annotations: { [clientId]: "00000000-0000-0000-0000-00000000c11e" } },
});

/** @param granted whether the rotator may read the ServiceAccount */
export async function setIdentityScene(stage: Stage, { granted = true } = {}): Promise<IdentityScene> {
	const scene = await setSecretScene(stage, { patches: false });
	const { namespace, ...consumer } = scene.consumer;
	const newest = new Map<string, Latest>();
	const store = { ...fakeVault().store, latest: async (name: string) => newest.get(name) ?? absent };
	await stage.cluster.apply([identityOf(namespace)]);
	if (granted) await scene.grant("rotator-looks", rules);
	const changeTemplate = (template: object) => scene.change({ spec: { template } });
	const { name: container, image } = scene.container;
	await changeTemplate({
		metadata: { labels: { [useLabel]: "true" } },
		spec: {
			serviceAccountName: serviceAccount,
			containers: [{ name: container, image, env: [podName] }],
			volumes: null,
		},
	});
	await scene.settle();
	return {
		...scene,
		consumer: { ...consumer, namespace, delivery: { path: "workload-identity" } },
		path: await deliveryPath("workload-identity", stage.client, { ...nothingOutside, store: async () => store }),
		newest,
		serviceAccountPath: at("v1", "serviceaccounts", namespace, serviceAccount),
		changeTemplate,
		publish(values) {
			for (const { secret, version, value } of values)
				newest.set(secret, { state: "present", secret: { version, created, enabled: true, tags: {} }, value });
		},
	};
}

const absent: Latest = { state: "absent" };
/** When the vault made every version. */
export const created = new Date("2026-07-01T11:59:50.000Z");
