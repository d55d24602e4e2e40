// What every path's hand has in common: titanic-api's Deployment in a namespace of its own, rolled out at once, by pods that take
// what there is for them when they start.

import { type Deployment, templateHash } from "../../../local/agents/rollout.ts";
import { type Api, at } from "../../../packages/kubernetes-api/index.ts";
import type { KindName } from "../../../src/lib/kinds/index.ts";
import { leastPrivilege } from "../../contract/support/rbac.ts";
import type { Hand, HandOptions, ServingPod } from "./hand.ts";

export const name = "titanic-api";
export const copy = "titanic-api-secrets";
const replicas = 2;

/** A pod that has been made and not begun. */
export interface NewPod {
	readonly name: string;
	readonly uid: string;
}

/** How values get into the pods. */
export interface Way {
	/** What the pod template says of it. */
	readonly spec: {
		readonly serviceAccountName?: string;
		readonly containers: readonly object[];
		readonly volumes: readonly object[];
	};
	/** Of the pods, besides those that they are found by. */
	readonly labels?: Readonly<Record<string, string>>;
	/** Rules of the rotator's Role besides those of the CSI driver's path. */
	readonly rules: readonly object[];
	/** What is there before the Deployment. */
	begin(): Promise<void>;
	/** Where somebody else makes the Deployment, and goes on applying it. */
	deploy?(deployment: object): Promise<void>;
	/** What a pod gets that starts now; `undefined` keeps it from starting. */
	given(): Promise<Omit<ServingPod, "name"> | undefined>;
	/** Beside the pods, once a round. @returns what the pods have now */
	renew?(pods: readonly (ServingPod & NewPod)[]): Promise<readonly (ServingPod & NewPod)[]>;
	mounted?(pod: NewPod): Promise<void>;
	unmounted?(pod: NewPod): Promise<void>;
	/** Of a pod that has taken this password. */
	versionOf?(password: string): string;
}

export interface Makes {
	readonly api: Api;
	of(version: string, plural: string, own?: string, sub?: string): string;
	make(path: string, apiVersion: string, kind: string, own: string, rest: object): Promise<Made>;
}
type Made = { metadata: { name: string; uid: string } };

/** A namespace in which the rotator may do what it needs for this kind of workload. */
export async function ground({ servers, namespace }: HandOptions, kind: KindName, wayOf: (makes: Makes) => Way) {
	const { kubernetes: api, app } = servers;
	const of: Makes["of"] = (version, plural, own, sub) => at(version, plural, namespace, own, sub);
	const make: Makes["make"] = (path, apiVersion, kind, own, rest) =>
		api.create(path, { apiVersion, kind, ...merged({ metadata: { name: own, namespace } }, rest) });
	const way = wayOf({ api, of, make });
	await api.create(at("v1", "namespaces"), { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
	const granted = { namespace, kind, deployment: name, secrets: [copy], user: app.objectId };
	const [role, binding] = leastPrivilege(granted) as [{ rules: object[] }, object];
	await api.create(of("rbac.authorization.k8s.io/v1", "roles"), { ...role, rules: [...role.rules, ...way.rules] });
	await api.create(of("rbac.authorization.k8s.io/v1", "rolebindings"), binding);
	await way.begin();
	const template = { metadata: { labels: { ...way.labels, app: name } }, spec: way.spec };
	return {
		...{ api, of, make, way, template },
		async end(pods: readonly NewPod[]) {
			// As kubelet does: a bound pod that nobody ends would keep its namespace for ever.
			for (const pod of pods) await api.remove(of("v1", "pods", pod.name), { gracePeriodSeconds: 0 });
			await api.remove(at("v1", "namespaces", undefined, namespace));
		},
	};
}

export async function deploymentHand(options: HandOptions, wayOf: (makes: Makes) => Way): Promise<Hand> {
	const { namespace, now } = options;
	const { api, of, make, way, template: pod, end } = await ground(options, "Deployment", wayOf);

	let pods: readonly (ServingPod & NewPod)[] = [];
	let generation = 0;
	let rolls = -1;

	async function rollOut(deployment: Deployment): Promise<void> {
		const given = await way.given();
		if (!given) return;
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
		const made = await make(of("apps/v1", "replicasets"), "apps/v1", "ReplicaSet", set, { ...own, spec });

		const before = pods;
		const after: (ServingPod & NewPod)[] = [];
		for (let index = 0; index < replicas; index++) {
			const pod = `${set}-${index}`;
			const owned = { metadata: { labels, ownerReferences: [ownerOf("apps/v1", "ReplicaSet", made.metadata)] } };
			const { metadata } = await make(of("v1", "pods"), "v1", "Pod", pod, {
				...owned,
				spec: { ...(template?.spec as object), nodeName: "node-1" },
			});
			await way.mounted?.({ name: pod, uid: metadata.uid });
			await api.merge(of("v1", "pods", pod, "status"), { status: running(now().toISOString()) });
			after.push({ name: pod, uid: metadata.uid, ...given });
		}
		pods = after;
		for (const pod of before) {
			await api.remove(of("v1", "pods", pod.name), { gracePeriodSeconds: 0 });
			await way.unmounted?.(pod);
		}
		for (const { metadata } of old) await api.remove(of("apps/v1", "replicasets", metadata.name));
		const counts = { replicas, updatedReplicas: replicas, readyReplicas: replicas, availableReplicas: replicas };
		await api.merge(of("apps/v1", "deployments", name, "status"), {
			status: { observedGeneration: generation, ...counts },
		});
	}

	const hand: Hand = {
		async round() {
			if (way.renew) pods = await way.renew(pods);
			const deployment = await api.get<Deployment>(of("apps/v1", "deployments", name));
			if (deployment.metadata.generation !== generation) await rollOut(deployment);
		},
		pods: () => pods.map((pod) => ({ ...pod, ...(way.versionOf && { version: way.versionOf(pod.password) }) })),
		rolls: () => rolls,
		[Symbol.asyncDispose]: () => end(pods),
	};

	const spec = { replicas, selector: { matchLabels: { app: name } }, template: pod };
	if (way.deploy) await way.deploy({ apiVersion: "apps/v1", kind: "Deployment", metadata: { name, namespace }, spec });
	else await make(of("apps/v1", "deployments"), "apps/v1", "Deployment", name, { spec });
	await hand.round();
	return hand;
}

const merged = (one: { metadata: object }, other: { metadata?: object }) => ({
	...other,
	metadata: { ...one.metadata, ...other.metadata },
});

export const ownerOf = (apiVersion: string, kind: string, { name: own, uid }: { name: string; uid: string }) => ({
	apiVersion,
	kind,
	name: own,
	uid,
	controller: true,
	blockOwnerDeletion: true,
});

export const running = (startedAt: string) => ({
	phase: "Running",
	conditions: [{ type: "Ready", status: "True", lastTransitionTime: startedAt }],
	containerStatuses: [
		{
			...{ name, ready: true, image: "titanic-api:1.0.0", imageID: "", restartCount: 0 },
			state: { running: { startedAt } },
		},
	],
});

/** A container that takes its password from a key of the Secret. */
export const fromSecret: Way["spec"] = {
	containers: [
		{
			name,
			image: "titanic-api:1.0.0",
			env: [{ name: "DB_PASSWORD", valueFrom: { secretKeyRef: { name: copy, key: "db-password" } } }],
		},
	],
	volumes: [],
};
