// The Secrets Store CSI driver with the Azure provider.
// DV1. What a pod has mounted is proved by its SecretProviderClassPodStatus, whose object versions are Key Vault's.
// DV2. What a container got through the environment is proved by the synced Secret's very values: compared in memory,
//      before the roll and again after it, because driver 1.6 with rotation off can write the old value back.
// DV3. Of the published secrets only those that the class mounts count: one that it does not mount, nobody consumes here.
// All kept by: csi-driver.test.ts.

import type { V1PodTemplateSpec } from "@kubernetes/client-node";
import * as z from "zod";
import type { ClusterClient } from "../../adapters/kubernetes/client.ts";
import { Fault } from "../../domain/fault.ts";
import { type PodFact, type PodProof, workloadText } from "../../domain/workload.ts";
import { findTemplate } from "../../kinds/index.ts";
import { reloaderOf } from "../../kinds/reloader.ts";
import type { Consumer, DeliveryPath, Published, Wanted } from "../../ports/delivery-path.ts";
import { type MountedObject, mountsOf, type ProviderClass, readProviderClass, sameName } from "./provider-class.ts";
import type { CsiDriver } from "./schema.ts";

type Csi = Consumer<CsiDriver>;

const api = { group: "secrets-store.csi.x-k8s.io", version: "v1" };
const driver = "secrets-store.csi.k8s.io";

export function csiDriverDelivery(client: ClusterClient): DeliveryPath<CsiDriver> {
	const findClass = ({ namespace, delivery: { secretProviderClass: name } }: Csi): Promise<unknown> =>
		client.find({ verb: "get", resource: "secretproviderclasses", namespace, name }, ({ custom }) =>
			custom.getNamespacedCustomObject({ ...api, namespace, plural: "secretproviderclasses", name }),
		);

	/** The class as it is now: somebody may have changed it since `refusal`. */
	const objectsFor = async (consumer: Csi, published: readonly Published[]): Promise<readonly MountedObject[]> => {
		const resource = await findClass(consumer);
		const providerClass = className(consumer);
		if (resource === undefined) throw new Fault("provider-class-missing", { providerClass });
		const read = readProviderClass(resource);
		if (read.state === "foreign") throw new Fault("provider-class-foreign", { providerClass, detail: read.detail });
		const names = published.map(({ secret }) => secret);
		const fault = unfitObjects(read.objects, names, providerClass);
		if (fault) throw fault;
		return read.objects;
	};

	const podStatuses = async ({ namespace }: Csi): Promise<PodStatus[]> => {
		const list: unknown = await client.call(
			{ verb: "list", resource: "secretproviderclasspodstatuses", namespace },
			({ custom }) =>
				custom.listNamespacedCustomObject({ ...api, namespace, plural: "secretproviderclasspodstatuses" }),
		);
		const { items } = z.object({ items: z.array(z.unknown()) }).parse(list);
		return items.flatMap((item) => PodStatus.safeParse(item).data ?? []);
	};

	const findSecret = (namespace: string, name: string) =>
		client.find({ verb: "get", resource: "secrets", namespace, name }, ({ core }) =>
			core.readNamespacedSecret({ namespace, name }),
		);

	/** The first key that has not the published value; `undefined` when every copy has it. */
	const staleCopy = async ({ namespace }: Csi, expected: readonly Expected[]): Promise<string | undefined> => {
		for (const name of secretsOf(expected)) {
			const secret = await findSecret(namespace, name);
			if (!secret) return `Secret ${namespace}/${name}`;
			for (const { object, value } of expected)
				for (const copy of object.copies)
					if (copy.secret === name && !value.equals(Buffer.from(secret.data?.[copy.key] ?? "", "base64")))
						return `Secret ${namespace}/${name}, key ${copy.key}`;
		}
		return undefined;
	};

	return {
		async refusal(consumer, secrets) {
			const workload = workloadText(consumer);
			const { namespace, delivery } = consumer;
			const found = await findTemplate(client, consumer);
			if (!found) return new Fault("workload-missing", { workload });
			const resource = await findClass(consumer);
			if (resource === undefined) return new Fault("provider-class-missing", { providerClass: className(consumer) });
			const read = readProviderClass(resource);
			const unfit = unfitClass(read, secrets, className(consumer));
			if (unfit || read.state === "foreign") return unfit;
			const providerClass = className(consumer);
			const { template, annotations } = found;
			if (!mounts(template, delivery.secretProviderClass))
				return new Fault("volume-missing", { workload, providerClass });
			const objects = secrets.flatMap(({ secret }) => mountsOf(read.objects, secret));
			const copies = secretsOf(objects.map((object) => ({ object })));
			const reloader = reloaderOf(
				{ workload: annotations, template: template?.metadata?.annotations ?? {} },
				{ secrets: copies, providerClass: delivery.secretProviderClass },
			);
			if (reloader !== undefined)
				return new Fault("workload-ambiguous", {
					workload,
					detail: `its annotation ${reloader} makes Reloader roll it too`,
				});
			for (const name of copies) {
				const secret = await findSecret(namespace, name);
				if (secret?.immutable) return new Fault("copy-immutable", { copy: `Secret ${namespace}/${name}` });
			}
			// the right to read the proof, while nothing has been changed yet
			await podStatuses(consumer);
			return undefined;
		},

		async copy(consumer, published) {
			const expected = expectedOf(await objectsFor(consumer, published), published);
			const waitingFor = await staleCopy(consumer, expected);
			return waitingFor === undefined ? { state: "current" } : { state: "stale", waitingFor };
		},

		async prove(consumer, pods, published, copyCurrentSince) {
			const expected = expectedOf(await objectsFor(consumer, published), published);
			const statuses = await podStatuses(consumer);
			const stale = await staleCopy(consumer, expected);
			const copies = secretsOf(expected);
			return pods.map((pod): PodProof => {
				const { name, ready } = pod;
				const status = statuses.find((one) => isOf(one, pod, consumer));
				const version = status && versionIn(status, published[0]?.secret ?? "");
				const detail =
					unmounted(status, expected, consumer, pod) ??
					(stale && `${stale}: has another value than the published one`) ??
					startedEarly(pod, copies, copyCurrentSince);
				return { pod: name, ready, proved: detail === undefined, version, detail };
			});
		},
	};
}

const className = ({ namespace, delivery }: Csi): string => `${namespace}/${delivery.secretProviderClass}`;

/** A published secret where the class mounts it; `value` as the provider writes it to the file. */
interface Expected {
	readonly object: MountedObject;
	readonly version: string;
	readonly value: Buffer;
}

const expectedOf = (objects: readonly MountedObject[], published: readonly Published[]): Expected[] =>
	published.flatMap(({ secret, version, value }) =>
		mountsOf(objects, secret).map((object) => ({
			object,
			version,
			value: Buffer.from(value.reveal(), object.encoding),
		})),
	);

const secretsOf = (expected: readonly Pick<Expected, "object">[]): string[] => [
	...new Set(expected.flatMap(({ object }) => object.copies.map(({ secret }) => secret))),
];

function unfitClass(read: ProviderClass, secrets: readonly Wanted[], providerClass: string): Fault | undefined {
	const foreign = (detail: string) => new Fault("provider-class-foreign", { providerClass, detail });
	if (read.state === "foreign") return foreign(read.detail);
	const vault = secrets.find(({ vaultName }) => !sameName(read.vaultName, vaultName))?.vaultName;
	if (vault !== undefined) return foreign(`its keyvaultName is not ${vault}`);
	const names = secrets.map(({ secret }) => secret);
	return unfitObjects(read.objects, names, providerClass);
}

/** @param secrets the managed one first: it must be mounted */
function unfitObjects(objects: readonly MountedObject[], secrets: readonly string[], providerClass: string) {
	for (const [index, object] of secrets.entries()) {
		const mounted = mountsOf(objects, object);
		if (mounted.length === 0 && index === 0) return new Fault("object-missing", { providerClass, object });
		if (mounted.some(({ pinned }) => pinned)) return new Fault("object-pinned", { providerClass, object });
		if (mounted.some(({ history }) => history)) {
			const detail = `objectVersionHistory of ${object} is above 1, so no pod status proves which version is mounted`;
			return new Fault("provider-class-foreign", { providerClass, detail });
		}
	}
	return undefined;
}

/** Kubelet sets up only those volumes that a container mounts. */
function mounts(template: V1PodTemplateSpec | undefined, providerClass: string): boolean {
	const { volumes = [], containers = [], initContainers = [] } = template?.spec ?? {};
	const mounted = [...containers, ...initContainers].flatMap(({ volumeMounts = [] }) => volumeMounts);
	return volumes.some(
		({ name, csi }) =>
			csi?.driver === driver &&
			csi.volumeAttributes?.secretProviderClass === providerClass &&
			mounted.some((mount) => mount.name === name),
	);
}

const PodStatus = z.object({
	metadata: z.object({ name: z.string() }),
	status: z.object({
		podName: z.string(),
		secretProviderClassName: z.string(),
		mounted: z.boolean().default(false),
		objects: z.array(z.object({ id: z.string(), version: z.string() })).default([]),
	}),
});
type PodStatus = z.infer<typeof PodStatus>;

const isOf = ({ status }: PodStatus, pod: PodFact, { delivery }: Csi): boolean =>
	status.podName === pod.name && status.secretProviderClassName === delivery.secretProviderClass;

/** The Azure provider's id of a secret is `secret/<objectName>`. */
const versionIn = ({ status }: PodStatus, secret: string): string | undefined =>
	status.objects.find(({ id }) => sameName(id, `secret/${secret}`))?.version;

function unmounted(
	status: PodStatus | undefined,
	expected: readonly Expected[],
	{ namespace, delivery }: Csi,
	pod: PodFact,
): string | undefined {
	const called = `SecretProviderClassPodStatus ${pod.name}-${namespace}-${delivery.secretProviderClass}`;
	if (!status) return `there is no ${called}`;
	if (!status.status.mounted) return `${called} is not mounted`;
	for (const { object, version } of expected) {
		const has = versionIn(status, object.name);
		if (has !== version) return `${object.name} is mounted at version ${has ?? "(none)"}, not ${version}`;
	}
	return undefined;
}

/** A container's environment is as old as the container. Its start is given in whole seconds: a tie counts as early. */
function startedEarly(pod: PodFact, copies: readonly string[], copyCurrentSince: string): string | undefined {
	if (copies.length === 0 || Date.parse(pod.startedAt) >= Date.parse(copyCurrentSince)) return undefined;
	return `a container started at ${pod.startedAt}, before Secret ${copies.join(", ")} was new (${copyCurrentSince})`;
}
