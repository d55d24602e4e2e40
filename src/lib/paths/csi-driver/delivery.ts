// The Secrets Store CSI driver with the Azure provider, at one consumer.
// DV1. What a pod has mounted is proved by its own SecretProviderClassPodStatus, whose object versions are Key Vault's; by the
//      pod's uid. Otherwise: the status of the pod before it, of the same name, proves it.
// DV2. What a container got through the environment is proved by the synced Secret's very values: compared in memory,
//      before the roll and again after it, because driver 1.6 with rotation off can write the old value back.
// DV3. Of the published secrets only those that the class mounts count: one that it does not mount, nobody consumes here.
// DV4. Every class whose files the containers take a published secret from is held to the same. Otherwise: one of them is
//      pinned, feeds the environment, and all pods are proved.
// All kept by: csi-driver.test.ts.

import type { V1Secret } from "@kubernetes/client-node";
import type { ClusterClient } from "../../adapters/kubernetes/client.ts";
import { Fault } from "../../domain/fault.ts";
import { type PodFact, type PodProof, workloadText } from "../../domain/workload.ts";
import { findTemplate } from "../../kinds/index.ts";
import { reloaderOf, type Watched } from "../../kinds/reloader.ts";
import type { Consumer, CopyState, CopyWindow, DeliveryPath, Published } from "../../ports/delivery-path.ts";
import { type ClassUsed, classesUsed, copiesOf, type Found, neededBy, unfit } from "./classes.ts";
import { elsewhere } from "./elsewhere.ts";
import { isOf, type PodStatus, statusesIn, versionIn } from "./pod-status.ts";
import { type MountedObject, mountsOf } from "./provider-class.ts";
import type { CsiDriver } from "./schema.ts";
import { type Sources, sourcesOf } from "./sources.ts";
import { whyStale } from "./stale.ts";

type Csi = Consumer<CsiDriver>;

const api = { group: "secrets-store.csi.x-k8s.io", version: "v1" };

export function csiDriverDelivery(client: ClusterClient): DeliveryPath<CsiDriver> {
	const findClass = ({ namespace }: Csi, name: string): Promise<unknown> =>
		client.find({ verb: "get", resource: "secretproviderclasses", namespace, name }, ({ custom }) =>
			custom.getNamespacedCustomObject({ ...api, namespace, plural: "secretproviderclasses", name }),
		);

	/** The configured class first, then those that the containers mount besides. */
	const findClasses = async (consumer: Csi, { classes }: Sources): Promise<readonly Found[]> => {
		const names = [...new Set([consumer.delivery.secretProviderClass, ...classes])];
		return Promise.all(names.map(async (name) => ({ name, resource: await findClass(consumer, name) })));
	};

	/** As they are now: somebody may have changed them since `refusal`. */
	const classesNow = async (consumer: Csi, published: readonly Published[]): Promise<readonly ClassUsed[]> => {
		const { sources } = await templateOf(consumer);
		const secrets = published.map(({ secret }) => secret);
		const used = classesUsed(await findClasses(consumer, sources), secrets, consumer.namespace);
		if (used instanceof Fault) throw used;
		const fault = unfit(used, secrets, sources, consumer.namespace);
		if (fault) throw fault;
		return used;
	};

	const templateOf = async (consumer: Csi) => {
		const found = await findTemplate(client, consumer);
		if (!found) throw new Fault("workload-missing", { workload: workloadText(consumer) });
		return { ...found, sources: sourcesOf(found.template) };
	};

	const podStatuses = async ({ namespace }: Csi): Promise<PodStatus[]> =>
		statusesIn(
			await client.call({ verb: "list", resource: "secretproviderclasspodstatuses", namespace }, ({ custom }) =>
				custom.listNamespacedCustomObject({ ...api, namespace, plural: "secretproviderclasspodstatuses" }),
			),
		);

	const findSecret = (namespace: string, name: string): Promise<V1Secret | undefined> =>
		client.find({ verb: "get", resource: "secrets", namespace, name }, ({ core }) =>
			core.readNamespacedSecret({ namespace, name }),
		);

	/** The first key that does not have the published value; when every copy has it, since when nobody wrote to them. */
	const copyState = async (consumer: Csi, expected: readonly Expected[]): Promise<CopyState> => {
		const { namespace } = consumer;
		const writes: (number | undefined)[] = [];
		for (const name of secretsOf(expected)) {
			const secret = await findSecret(namespace, name);
			for (const { providerClass, object, version, value } of expected)
				for (const copy of object.copies) {
					if (copy.secret !== name || has(secret, copy.key, value)) continue;
					const lacking = { namespace, providerClass, copy, object: object.name, version };
					const waitingFor = whyStale(lacking, secret, await podStatuses(consumer));
					return { state: "stale", waitingFor, ...(!secret && { isMissing: true }) };
				}
			writes.push(secret && lastWrite(secret));
		}
		if (writes.length === 0 || writes.includes(undefined)) return { state: "current" };
		const unchanged = Math.max(...writes.map((at) => at ?? 0)) + cacheMs;
		return { state: "current", unchangedSince: new Date(unchanged).toISOString() };
	};

	return {
		async refusal(consumer, wanted) {
			const { namespace, delivery } = consumer;
			const workload = workloadText(consumer);
			const found = await findTemplate(client, consumer);
			if (!found) return new Fault("workload-missing", { workload });
			const sources = sourcesOf(found.template);
			const secrets = wanted.map(({ secret }) => secret);
			const vaultName = wanted[0]?.vaultName;
			const used = classesUsed(await findClasses(consumer, sources), secrets, namespace, vaultName);
			if (used instanceof Fault) return used;
			const fault = unfit(used, secrets, sources, namespace);
			if (fault) return fault;
			const providerClass = `${namespace}/${delivery.secretProviderClass}`;
			if (!sources.classes.includes(delivery.secretProviderClass))
				return new Fault("volume-missing", { workload, providerClass });
			const watched: Watched[] = used.map(({ name, annotations }) => ({
				kind: "secretproviderclass",
				name,
				annotations,
			}));
			for (const name of new Set(copiesOf(used, secrets).map(({ secret }) => secret))) {
				const secret = await findSecret(namespace, name);
				if (secret?.immutable) return new Fault("copy-immutable", { copy: `Secret ${namespace}/${name}` });
				watched.push({ kind: "secret", name, annotations: secret?.metadata?.annotations ?? {} });
			}
			const own = { workload: found.annotations, template: found.template?.metadata?.annotations ?? {} };
			const reloader = reloaderOf(own, watched);
			if (reloader !== undefined) {
				const detail = `its annotation ${reloader} makes Reloader roll it too`;
				return new Fault("workload-ambiguous", { workload, detail });
			}
			// the right to read the proof, while nothing has been changed yet
			await podStatuses(consumer);
			return elsewhere(consumer, sources, copiesOf(used, secrets), wanted, findSecret);
		},

		async needs(consumer, wanted) {
			const found = await findTemplate(client, consumer);
			const classes = await findClasses(consumer, sourcesOf(found?.template));
			return neededBy(classes, wanted, consumer.namespace);
		},

		async lag(consumer, wanted) {
			const { pollSeconds } = consumer.delivery;
			const { sources } = await templateOf(consumer);
			const secrets = wanted.map(({ secret }) => secret);
			const used = classesUsed(await findClasses(consumer, sources), secrets, consumer.namespace);
			if (used instanceof Fault) throw used;
			return { ...(pollSeconds !== undefined && { pollSeconds }), copied: copiesOf(used, secrets).length > 0 };
		},

		async copy(consumer, published) {
			const expected = expectedOf(await classesNow(consumer, published), published);
			return copyState(consumer, expected);
		},

		async prove(consumer, pods, published, windows) {
			const expected = expectedOf(await classesNow(consumer, published), published);
			const statuses = await podStatuses(consumer);
			const copy = await copyState(consumer, expected);
			const copies = secretsOf(expected);
			const managed = published[0]?.secret ?? "";
			return pods.map((pod): PodProof => {
				const own = statuses.find((one) => isOf(one, pod, consumer.delivery.secretProviderClass));
				const detail =
					unmounted(statuses, expected, consumer, pod) ??
					(copy.state === "stale" ? copy.waitingFor : undefined) ??
					startedOutside(pod, copies, windows);
				const version = own && versionIn(own, managed);
				return { pod: pod.name, ready: pod.ready, proved: detail === undefined, version, detail };
			});
		},
	};
}

/** A published secret where a class mounts it; `value` as it is in the file. */
interface Expected {
	readonly providerClass: string;
	readonly object: MountedObject;
	readonly version: string;
	readonly value: Buffer;
}

const expectedOf = (used: readonly ClassUsed[], published: readonly Published[]): Expected[] =>
	used.flatMap(({ name, objects }) =>
		published.flatMap(({ secret, version, value }) =>
			mountsOf(objects, secret).map((object) => ({
				providerClass: name,
				object,
				version,
				value: Buffer.from(value.reveal()),
			})),
		),
	);

const has = (secret: V1Secret | undefined, key: string, value: Buffer): boolean => {
	const encoded = secret?.data?.[key];
	return encoded !== undefined && value.equals(Buffer.from(encoded, "base64"));
};

const secretsOf = (expected: readonly Expected[]): string[] => [
	...new Set(expected.flatMap(({ object }) => object.copies.map(({ secret }) => secret))),
];

function unmounted(
	statuses: readonly PodStatus[],
	expected: readonly Expected[],
	{ namespace }: Csi,
	pod: PodFact,
): string | undefined {
	for (const { providerClass, object, version } of expected) {
		const called = `SecretProviderClassPodStatus ${pod.name}-${namespace}-${providerClass}`;
		const status = statuses.find((one) => isOf(one, pod, providerClass));
		if (!status) return `there is no ${called} of this pod`;
		if (!status.status.mounted) return `${called} is not mounted`;
		const has = versionIn(status, object.name);
		if (has !== version) return `${object.name} is mounted at version ${has ?? "(none)"}, not ${version}`;
	}
	return undefined;
}

/** A container's environment is as old as the container. Its start is given in whole seconds: a tie counts as outside. */
function startedOutside(pod: PodFact, copies: readonly string[], windows: readonly CopyWindow[]): string | undefined {
	const start = Date.parse(pod.startedAt);
	const isWithin = ({ since, until }: CopyWindow) =>
		start >= Date.parse(since) && (until === undefined || start + 1000 <= Date.parse(until));
	if (copies.length === 0 || windows.some(isWithin)) return undefined;
	const known = windows.map(({ since, until }) => `since ${since}${until === undefined ? "" : ` until ${until}`}`);
	return `a container started at ${pod.startedAt}; Secret ${copies.join(", ")} is known to be new ${known.join(", ")}`;
}

/** Kubelet may give a container what it read of a Secret some seconds ago. */
const cacheMs = 5_000;

/** When anybody last changed anything of it, in whole seconds of the API server; `undefined` where it does not say. */
function lastWrite({ metadata }: V1Secret): number | undefined {
	const times = (metadata?.managedFields ?? []).map(({ time }) => time?.getTime());
	const made = metadata?.creationTimestamp?.getTime();
	if (made === undefined || times.length === 0 || times.includes(undefined)) return undefined;
	return Math.max(made, ...times.map((time) => time ?? 0)) + 1000;
}
