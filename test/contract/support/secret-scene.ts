// The same namespace as scene.ts, where the container takes its values from Secrets instead of the CSI driver's files.

import type { V1PodSpec, V1Secret } from "@kubernetes/client-node";
import { type Api, apiOf, at, type Wire } from "../../../packages/kubernetes-api/index.ts";
import type { KubernetesSecret } from "../../../src/lib/paths/kubernetes-secret/schema.ts";
import type { Consumer } from "../../../src/lib/ports/delivery-path.ts";
import { eventually } from "../../integration/agents/eventually.ts";
import type { Stage } from "./clusters.ts";
import { type Scene, setScene } from "./scene.ts";

export const copyName = "titanic-api-secrets";
export const keys = { "db-password": "db-password", "db-connection-string": "database-url" };

export interface SecretScene extends Omit<Scene, "consumer"> {
	readonly consumer: Consumer<KubernetesSecret>;
	/** A person, who writes with kubectl create and kubectl patch. */
	readonly person: Api;
	/** Of the Secret that the container takes its values from. */
	readonly secretPath: string;
	/** The Secret, made by a person. */
	make(data: Readonly<Record<string, string>>, more?: object): Promise<void>;
	secret(): Promise<Wire<V1Secret>>;
	/** Its keys and their values, in the clear. */
	values(): Promise<Record<string, string>>;
	/** What the pod template says besides. */
	setPods(spec: Partial<V1PodSpec>): Promise<void>;
	/** The container takes its values from the mounted files alone. */
	takeFiles(): Promise<void>;
	/** A right in the namespace, in force when this returns. */
	grant(name: string, rules: readonly object[]): Promise<void>;
	/** Until every pod is of the present template. */
	settle(): Promise<void>;
}

export const base64Of = (data: Readonly<Record<string, string>>) =>
	Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString("base64")]));

/** @param patches whether the rotator may patch the Secret */
export async function setSecretScene(stage: Stage, { patches = true } = {}): Promise<SecretScene> {
	const scene = await setScene(stage);
	const { namespace, kind, name } = scene.consumer;
	const person = apiOf(stage.cluster.kubeConfig(), "kubectl-create");
	const secretPath = at("v1", "secrets", namespace, copyName);
	const secret = () => person.get<Wire<V1Secret>>(secretPath);
	const { name: container, image } = scene.container;
	const env = [{ name: "DB_PASSWORD", valueFrom: { secretKeyRef: { name: copyName, key: "db-password" } } }];
	const volumeMounts = [{ name: "secrets", mountPath: "/mnt/secrets", readOnly: true }];

	const made: SecretScene = {
		...scene,
		consumer: {
			cluster: scene.consumer.cluster,
			...{ namespace, kind, name },
			delivery: { path: "kubernetes-secret", secret: copyName, keys },
		},
		person,
		secretPath,
		async make(data, more = {}) {
			const metadata = { name: copyName, namespace };
			await person.create(at("v1", "secrets", namespace), {
				...{ apiVersion: "v1", kind: "Secret", ...more, data: base64Of(data) },
				metadata: { ...metadata, ...(more as { metadata?: object }).metadata },
			});
		},
		secret,
		async values() {
			const { data = {} } = await secret();
			return Object.fromEntries(
				Object.entries(data).map(([key, value]) => [key, Buffer.from(value, "base64").toString()]),
			);
		},
		setPods: (spec) => scene.change({ spec: { template: { spec } } }),
		takeFiles: () => made.setPods({ containers: [{ name: container, image, volumeMounts }] }),
		async grant(role, rules) {
			const rbac = "rbac.authorization.k8s.io";
			const metadata = { name: role, namespace };
			await stage.cluster.apply([
				{ apiVersion: `${rbac}/v1`, kind: "Role", metadata, rules },
				{
					apiVersion: `${rbac}/v1`,
					kind: "RoleBinding",
					metadata,
					roleRef: { apiGroup: rbac, kind: "Role", name: role },
					subjects: [{ apiGroup: rbac, kind: "User", name: stage.user }],
				},
			]);
		},
		settle: () =>
			eventually(async () => {
				await scene.work();
				const { metadata, status } = await scene.apps.readNamespacedDeployment({ namespace, name });
				const isSeen = (status?.observedGeneration ?? 0) >= (metadata?.generation ?? 0);
				if (!isSeen || status?.updatedReplicas !== 2 || status.replicas !== 2 || status.availableReplicas !== 2)
					throw new Error("the rollout is not over yet");
				if ((await scene.pods()).length !== 2) throw new Error("old pods are still there");
			}),
	};
	await made.setPods({
		containers: [{ name: container, image, env, volumeMounts }],
		volumes: [{ name: "secrets", secret: { secretName: copyName } }],
	});
	if (patches) {
		await made.grant("rotator-writes", [
			{ apiGroups: [""], resources: ["secrets"], resourceNames: [copyName], verbs: ["patch"] },
		]);
	}
	await made.settle();
	return made;
}
