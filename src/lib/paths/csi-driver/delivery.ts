// The Secrets Store CSI driver with the Azure provider, at one consumer.
// DV1. What a pod has mounted is proved by its own SecretProviderClassPodStatus, whose object versions are Key Vault's; by the
//      pod's uid. Otherwise: the status of the pod before it, of the same name, proves it.
// DV2. What a container got through the environment is proved by the synced Secret's very values: compared in memory,
//      before the roll and again after it, because driver 1.6 with rotation off can write the old value back.
// DV3. Of the published secrets only those that the class mounts count: nobody here consumes one that it does not mount.
// DV4. Every class whose files the containers take a published secret from is held to the same. Otherwise: one of them is
//      pinned, feeds the environment, and all pods are proved.
// DV5. A mounted version that is not the published one is as good if the vault says that it has the published value: a write whose
//      answer was lost is made twice. Otherwise: the delivery waits for a version that no pod will mount. The vault is asked
//      only where nothing else is wrong.
// All kept by: csi-driver.test.ts.

import type { ClusterClient } from "../../adapters/kubernetes/client.ts";
import { Fault } from "../../domain/fault.ts";
import { type PodFact, type PodProof, workloadText } from "../../domain/workload.ts";
import type { Watched } from "../../kinds/reloader.ts";
import type { Sources } from "../../kinds/sources.ts";
import type { Consumer, DeliveryPath, Published } from "../../ports/delivery-path.ts";
import { findConsumer, otherRoller, theConsumer } from "../consumer.ts";
import {
	copyState,
	type Expected,
	exactly,
	kubeletSeconds,
	secretFinder,
	secretsOf,
	startedOutside,
	startedWithin,
} from "../copies.ts";
import { elsewhere } from "../elsewhere.ts";
import type { Outside } from "../path.ts";
import { withSessions } from "../sessions.ts";
import { type Files, lacksInterval, neverRenewed } from "../unrolled.ts";
import { type ClassUsed, classesUsed, copiesOf, type Found, neededBy, unfit } from "./classes.ts";
import { isOf, type PodStatus, statusesIn, versionIn } from "./pod-status.ts";
import { type MountedObject, mountsOf, readProviderClass } from "./provider-class.ts";
import type { CsiDriver } from "./schema.ts";
import { whyStale } from "./stale.ts";

type Csi = Consumer<CsiDriver>;

/** The driver's own default. */
const usualPollSeconds = 120;
const api = { group: "secrets-store.csi.x-k8s.io", version: "v1" };

export function csiDriverDelivery(client: ClusterClient, outside: Outside): DeliveryPath<CsiDriver> {
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
		const { sources } = await theConsumer(client, consumer);
		const secrets = published.map(({ secret }) => secret);
		const used = classesUsed(await findClasses(consumer, sources), secrets, consumer.namespace);
		if (used instanceof Fault) throw used;
		const fault = unfit(used, secrets, sources, consumer.namespace);
		if (fault) throw fault;
		return used;
	};

	const podStatuses = async ({ namespace }: Csi): Promise<PodStatus[]> =>
		statusesIn(
			await client.call({ verb: "list", resource: "secretproviderclasspodstatuses", namespace }, ({ custom }) =>
				custom.listNamespacedCustomObject({ ...api, namespace, plural: "secretproviderclasspodstatuses" }),
			),
		);

	const findSecret = secretFinder(client);

	const copyOf = (consumer: Csi, mounts: readonly Mount[]) =>
		copyState(findSecret, consumer.namespace, copiesIn(mounts), async (lacking, held) =>
			whyStale(lacking, consumer.namespace, held, await podStatuses(consumer)),
		);

	return {
		async refusal(consumer, wanted) {
			const { namespace, delivery } = consumer;
			const workload = workloadText(consumer);
			const found = await findConsumer(client, consumer);
			if (!found) return new Fault("workload-missing", { workload });
			const { sources } = found;
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
			const roller = otherRoller(found, consumer, watched);
			if (roller) return roller;
			// the right to read the proof, while nothing has been changed yet
			await podStatuses(consumer);
			const kept = neverRenewed(consumer, sources, copiesOf(used, secrets), filesOf(used, secrets));
			if (kept) return kept;
			return elsewhere(consumer, sources, copiesOf(used, secrets), wanted, findSecret);
		},

		async objects(consumer, secrets) {
			const { secretProviderClass } = consumer.delivery;
			return {
				known: { SecretProviderClass: { names: [secretProviderClass] } },
				async read() {
					const { sources } = await theConsumer(client, consumer);
					const found = await findClasses(consumer, sources);
					const copies = found.flatMap(({ resource }) => {
						const read = readProviderClass(resource);
						if (read.state !== "readable") return [];
						return secrets.flatMap((secret) => mountsOf(read.objects, secret).flatMap((object) => object.copies));
					});
					return {
						SecretProviderClass: { names: found.map(({ name }) => name) },
						copy: { names: [...new Set(copies.map(({ secret }) => secret))] },
					};
				},
			};
		},

		async needs(consumer, wanted) {
			const { sources } = await theConsumer(client, consumer);
			return neededBy(await findClasses(consumer, sources), wanted, consumer.namespace);
		},

		async lag(consumer, wanted) {
			const { pollSeconds = usualPollSeconds } = consumer.delivery;
			const { sources } = await theConsumer(client, consumer);
			const secrets = wanted.map(({ secret }) => secret);
			const used = classesUsed(await findClasses(consumer, sources), secrets, consumer.namespace);
			if (used instanceof Fault) throw used;
			const copies = copiesOf(used, secrets);
			const isSynced = sources.secrets.some(
				({ secret, isRenewed }) => isRenewed && copies.some((copy) => copy.secret === secret),
			);
			const isRenewed = used.some(({ name }) => sources.renewed.includes(name));
			// Before driver 1.6, which looks where kubelet asks it, the poll was all.
			const looked = pollSeconds + kubeletSeconds;
			return {
				...((isSynced || isRenewed) && { fileSeconds: isSynced ? looked + kubeletSeconds : looked }),
				...(copies.length > 0 && { copySeconds: looked }),
				...(consumer.delivery.pollSeconds === undefined && {
					assumed: [`The driver's rotation is on, and it looks every ${pollSeconds} s (delivery.pollSeconds).`],
				}),
			};
		},

		async copy(consumer, published) {
			return copyOf(consumer, mountsIn(await classesNow(consumer, published), published));
		},

		async prove(consumer, pods, published, windows, sessions) {
			const { sources } = await theConsumer(client, consumer);
			const mounts = mountsIn(await classesNow(consumer, published), published);
			const statuses = await podStatuses(consumer);
			const copy = await copyOf(consumer, mounts);
			const copies = secretsOf(copiesIn(mounts));
			const lacksCopy = (pod: PodFact): string | undefined => {
				if (consumer.roll !== "none") return startedOutside(pod, copies, windows);
				// Its status says which files it has; for a synced Secret there is nothing but the time.
				const isUsed = sources.secrets.some(({ secret }) => copies.includes(secret));
				return isUsed && !startedWithin(pod, windows)
					? lacksInterval(windows, kubeletSeconds, outside.clock.now())
					: undefined;
			};
			const managed = published[0]?.secret ?? "";
			const isAsGood = sameValues(outside);
			const proofOf = async (pod: PodFact): Promise<PodProof> => {
				const own = statuses.find((one) => isOf(one, pod, consumer.delivery.secretProviderClass));
				const other = (copy.state === "stale" ? copy.waitingFor : undefined) ?? lacksCopy(pod);
				const asked = other === undefined ? isAsGood : undefined;
				const detail = (await unmounted(statuses, mounts, consumer, pod, asked)) ?? other;
				const version = own && versionIn(own, managed);
				const isStarting = version === undefined ? { isStarting: true as const } : {};
				const proved = detail === undefined;
				const isSame = proved && consumer.roll === "none" && !startedWithin(pod, windows);
				const byFile = isSame ? { provedBy: "file" as const } : {};
				return { pod: pod.name, ready: pod.ready, proved, version, detail, ...isStarting, ...byFile };
			};
			return withSessions(await Promise.all(pods.map(proofOf)), pods, windows, sessions);
		},
	};
}

/** A published secret where a class mounts it. */
interface Mount {
	readonly providerClass: string;
	readonly object: MountedObject;
	readonly published: Published;
}

const mountsIn = (used: readonly ClassUsed[], all: readonly Published[]): Mount[] =>
	used.flatMap(({ name, objects }) =>
		all.flatMap((published) =>
			mountsOf(objects, published.secret).map((object) => ({ providerClass: name, object, published })),
		),
	);

const filesOf = (used: readonly ClassUsed[], secrets: readonly string[]): Files[] =>
	used.map(({ name, objects }) => ({
		providerClass: name,
		files: secrets.flatMap((secret) => mountsOf(objects, secret).map(({ file }) => file)),
	}));

/** The keys that the driver copies them to. */
const copiesIn = (mounts: readonly Mount[]): (Expected & { readonly providerClass: string })[] =>
	mounts.flatMap(({ providerClass, object, published }) =>
		object.copies.map((copy) => ({ ...exactly(copy, published), object: object.name, providerClass })),
	);

type IsAsGood = (published: Published, version: string) => Promise<boolean>;

/** Asks the vault once for each version; one that cannot be read has no value. */
function sameValues({ store }: Outside): IsAsGood {
	const asked = new Map<string, Promise<boolean>>();
	return async ({ vault, secret, value }, version) => {
		if (!/^[0-9a-f]{32}$/.test(version)) return false;
		const key = `${vault} ${secret} ${version}`;
		const reading = async () => (await (await store(vault)).version(secret, version)).equals(value);
		const found = asked.get(key) ?? reading().catch(() => false);
		asked.set(key, found);
		return found;
	};
}

async function unmounted(
	statuses: readonly PodStatus[],
	mounts: readonly Mount[],
	{ namespace }: Csi,
	pod: PodFact,
	isAsGood?: IsAsGood,
): Promise<string | undefined> {
	for (const { providerClass, object, published } of mounts) {
		const { version } = published;
		const called = `SecretProviderClassPodStatus ${pod.name}-${namespace}-${providerClass}`;
		const status = statuses.find((one) => isOf(one, pod, providerClass));
		if (!status) return `there is no ${called} of this pod`;
		if (!status.status.mounted) return `${called} is not mounted`;
		const has = versionIn(status, object.name);
		if (has === version || (has && (await isAsGood?.(published, has)))) continue;
		return `${object.name} is mounted at version ${has ?? "(none)"}, not ${version}`;
	}
	return undefined;
}
