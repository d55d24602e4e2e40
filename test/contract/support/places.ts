// A workload that serves, by each delivery path of the registry, and the hands around it. A path without a place here does
// not compile; with one, it is covered by delivery.test.ts.

import { workloads } from "../../../src/lib/kinds/workloads.ts";
import { deliveryPath, type PathName } from "../../../src/lib/paths/index.ts";
import type { Consumer, DeliveryPath, Published } from "../../../src/lib/ports/delivery-path.ts";
import type { Workloads } from "../../../src/lib/ports/workload.ts";
import type { Stage } from "./clusters.ts";
import { setEsoScene } from "./eso-scene.ts";
import { setFluxScene } from "./flux-scene.ts";
import { setGeneratorScene } from "./generator-scene.ts";
import { setIdentityScene } from "./identity-scene.ts";
import { intent } from "./intent.ts";
import { nothingOutside } from "./outside.ts";
import { setScene } from "./scene.ts";
import { base64Of, type SecretScene, setSecretScene } from "./secret-scene.ts";

/** A workload that serves, and the hands around it. */
export interface Place {
	readonly workloads: Workloads;
	readonly path: DeliveryPath;
	readonly consumer: Consumer;
	set(change: { paused?: boolean; replicas?: number }): Promise<void>;
	remove(): Promise<void>;
	/** Somebody puts a template there that knows nothing of the rotator. */
	replaceTemplate(): Promise<void>;
	/** The pod template as a text: it changes when, and only when, the workload is rolled. */
	template(): Promise<string>;
	/** These values get to where new pods take them from: into the Secret, by the driver or by the path itself, or the vault. */
	sync(values: readonly Published[]): Promise<void>;
	/** One round of the nodes' work, which mounts these versions into new pods. */
	work(mounts: readonly Published[]): Promise<void>;
	/** Each content has a Secret of its own, so a pod has had these values whenever it started. */
	readonly provesByContent?: true;
	/** Stops what runs besides the cluster. */
	end?(): Promise<void>;
}

export const places: { readonly [P in PathName]: (stage: Stage) => Promise<Place> } = {
	async "csi-driver"(stage) {
		const scene = await setScene(stage);
		const { consumer, apps } = scene;
		const read = () => apps.readNamespacedDeployment({ namespace: consumer.namespace, name: consumer.name });
		return {
			workloads: workloads(stage.client),
			path: await deliveryPath("csi-driver", stage.client, nothingOutside),
			consumer,
			set: (spec) => scene.change({ spec }),
			async remove() {
				await apps.deleteNamespacedDeployment({ namespace: consumer.namespace, name: consumer.name });
			},
			async replaceTemplate() {
				const found = Object.keys((await read()).spec?.template.metadata?.annotations ?? {});
				const annotations = Object.fromEntries(found.map((key) => [key, null]));
				await scene.change({ spec: { template: { metadata: { annotations } } } });
			},
			template: async () => JSON.stringify((await read()).spec?.template),
			sync: (values) =>
				scene.writeCopy(Object.fromEntries(values.map(({ secret, value }) => [secret, value.reveal()]))),
			async work(mounts) {
				await scene.work();
				const versions = Object.fromEntries(mounts.map(({ secret, version }) => [secret, version]));
				for (const { metadata } of await scene.pods())
					await scene.mount(metadata?.name ?? "", versions, { uid: metadata?.uid });
			},
		};
	},
	async "flux-sops"(stage) {
		const scene = await setFluxScene(stage, { keys: { "db-password": "db-password" } });
		const { consumer, apps, path, flux } = scene;
		const { namespace, name } = consumer;
		const read = () => apps.readNamespacedDeployment({ namespace, name });
		return {
			workloads: workloads(stage.client),
			path,
			consumer,
			set: (spec) => scene.change({ spec }),
			async remove() {
				await apps.deleteNamespacedDeployment({ namespace, name });
			},
			async replaceTemplate() {
				const found = Object.keys((await read()).spec?.template.metadata?.annotations ?? {});
				const annotations = Object.fromEntries(found.map((key) => [key, null]));
				await scene.change({ spec: { template: { metadata: { annotations } } } });
			},
			template: async () => JSON.stringify((await read()).spec?.template),
			async sync(values) {
				await path.refresh?.(intent, consumer, values, { round: 1, stillLive: async () => {} });
				await flux.round();
			},
			work: () => scene.work(),
			end: async () => scene[Symbol.asyncDispose](),
		};
	},
	// The rows roll it by a mark all the same: which Secret a pod refers to counts for any roll.
	async "kustomize-generator"(stage) {
		const scene = await setGeneratorScene(stage, { keys: { "db-password": "DB_PASSWORD" } });
		const { consumer, path, flux } = scene;
		return {
			...handsOf(stage, scene),
			path,
			consumer,
			provesByContent: true,
			async sync(values) {
				await path.refresh?.(intent, consumer, values, { round: 1, stillLive: async () => {} });
				await flux.round();
			},
			end: async () => scene[Symbol.asyncDispose](),
		};
	},
	async "kubernetes-secret"(stage) {
		const scene = await setSecretScene(stage);
		await scene.make({});
		const path = await deliveryPath("kubernetes-secret", stage.client, nothingOutside);
		return {
			...handsOf(stage, scene),
			path,
			consumer: scene.consumer,
			async sync(values) {
				await path.refresh?.(intent, scene.consumer, values, { round: 1, stillLive: async () => {} });
			},
		};
	},
	async "external-secrets"(stage) {
		const scene = await setEsoScene(stage);
		await scene.make({});
		return {
			...handsOf(stage, scene),
			path: await deliveryPath("external-secrets", stage.client, nothingOutside),
			consumer: scene.consumer,
			async sync(values) {
				const data = Object.fromEntries(values.map(({ secret, value }) => [secret, value.reveal()]));
				await scene.operator.merge(scene.secretPath, { data: base64Of(data) });
			},
		};
	},
	async "workload-identity"(stage) {
		const scene = await setIdentityScene(stage);
		return {
			...handsOf(stage, scene),
			path: scene.path,
			consumer: scene.consumer,
			sync: async (values) => scene.publish(values),
		};
	},
};

/** Of a workload that takes its values from a Secret. */
function handsOf(stage: Stage, scene: Pick<SecretScene, "apps" | "change" | "work"> & { readonly consumer: Consumer }) {
	const { namespace, name } = scene.consumer;
	const read = () => scene.apps.readNamespacedDeployment({ namespace, name });
	return {
		workloads: workloads(stage.client),
		set: (spec: object) => scene.change({ spec }),
		async remove() {
			await scene.apps.deleteNamespacedDeployment({ namespace, name });
		},
		async replaceTemplate() {
			const found = Object.keys((await read()).spec?.template.metadata?.annotations ?? {});
			const annotations = Object.fromEntries(found.map((key) => [key, null]));
			await scene.change({ spec: { template: { metadata: { annotations } } } });
		},
		template: async () => JSON.stringify((await read()).spec?.template),
		work: () => scene.work(),
	};
}
