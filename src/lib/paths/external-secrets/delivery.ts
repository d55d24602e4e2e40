// External Secrets Operator, at one consumer.
// XS1. A sync is proved by the Secret's very values. Ready, refreshTime and syncedResourceVersion all become new without any
//      write. Otherwise: a sync that wrote nothing is taken for a delivery.
// XS2. A sync is asked for by an annotation whose value belongs to this delivery alone: the same one again is not a change, and
//      asks for nothing. Otherwise: the second round waits for a sync that nobody makes.
// XS3. The store must read our vault, and nothing may push into it. Otherwise: what is synced is somebody else's value.
// All kept by: external-secrets.test.ts.

import type { ClusterClient } from "../../adapters/kubernetes/client.ts";
import { Fault } from "../../domain/fault.ts";
import { workloadText } from "../../domain/workload.ts";
import { fieldManager } from "../../kinds/mark.ts";
import type { Consumer, DeliveryPath, Published, Wanted } from "../../ports/delivery-path.ts";
import { findConsumer, otherRoller, theConsumer } from "../consumer.ts";
import {
	type Copy,
	copyState,
	type Expected,
	isCurrent,
	kubeletSeconds,
	secretFinder,
	whatItLacks,
} from "../copies.ts";
import { elsewhere } from "../elsewhere.ts";
import type { Outside } from "../path.ts";
import { neverRenewed, provedBySecrets } from "../unrolled.ts";
import { broughtTo, type ExternalSecret, readExternalSecret, targetOf, troubleOf, whyUnfit } from "./resource.ts";
import type { ExternalSecrets } from "./schema.ts";
import { pushing, whyForeign } from "./store.ts";
import { valueFor } from "./value.ts";

type Eso = Consumer<ExternalSecrets>;

const api = { group: "external-secrets.io", version: "v1" };
const forceSync = "force-sync";

export function externalSecretsDelivery(client: ClusterClient, { clock }: Outside): DeliveryPath<ExternalSecrets> {
	const findSecret = secretFinder(client);

	async function find({ namespace, delivery }: Eso): Promise<ExternalSecret | Fault> {
		const name = delivery.externalSecret;
		const found = await client.find({ verb: "get", resource: "externalsecrets", namespace, name }, ({ custom }) =>
			custom.getNamespacedCustomObject({ ...api, namespace, plural: "externalsecrets", name }),
		);
		const externalSecret = `${namespace}/${name}`;
		if (found === undefined) return new Fault("external-secret-missing", { externalSecret });
		const detail = "it is not of the form of external-secrets.io/v1";
		return readExternalSecret(found) ?? new Fault("external-secret-unfit", { externalSecret, detail });
	}

	/** As it is now: somebody may have changed it since `refusal`. */
	async function fitting(consumer: Eso, secrets: readonly string[]): Promise<ExternalSecret | Fault> {
		const found = await find(consumer);
		if (found instanceof Fault) return found;
		const detail = whyUnfit(found, secrets);
		const externalSecret = `${consumer.namespace}/${consumer.delivery.externalSecret}`;
		return detail === undefined ? found : new Fault("external-secret-unfit", { externalSecret, detail });
	}

	async function theOne(consumer: Eso, published: readonly Published[]): Promise<ExternalSecret> {
		const secrets = published.map(({ secret }) => secret);
		const found = await fitting(consumer, secrets);
		if (found instanceof Fault) throw found;
		return found;
	}

	async function annotate({ namespace, delivery }: Eso, annotations: object, dryRun?: "All"): Promise<void> {
		const name = delivery.externalSecret;
		const body = { metadata: { annotations } };
		await client.call({ verb: "patch", resource: "externalsecrets", namespace, name }, ({ custom, merge }) =>
			custom.patchNamespacedCustomObject(
				{ ...api, namespace, plural: "externalsecrets", name, body, fieldManager, dryRun },
				merge,
			),
		);
	}

	async function foreignStore({ namespace }: Eso, { spec }: ExternalSecret, [managed]: readonly Wanted[]) {
		const { kind = "SecretStore", name = "" } = spec.secretStoreRef ?? {};
		const store = kind === "SecretStore" ? `SecretStore ${namespace}/${name}` : `${kind} ${name}`;
		const found =
			kind === "SecretStore"
				? await client.find({ verb: "get", resource: "secretstores", namespace, name }, ({ custom }) =>
						custom.getNamespacedCustomObject({ ...api, namespace, plural: "secretstores", name }),
					)
				: await client.find({ verb: "get", resource: "clustersecretstores", name }, ({ custom }) =>
						custom.getClusterCustomObject({ ...api, plural: "clustersecretstores", name }),
					);
		const detail = whyForeign(found, managed?.vaultName ?? "");
		return detail === undefined ? undefined : new Fault("store-unfit", { store, detail });
	}

	/** A PushSecret of the namespace that writes to one of the secrets. */
	async function pushed({ namespace }: Eso, wanted: readonly Wanted[]): Promise<Fault | undefined> {
		const pushes = await client
			.call({ verb: "list", resource: "pushsecrets", namespace }, ({ custom }) =>
				custom.listNamespacedCustomObject({ group: api.group, version: "v1alpha1", namespace, plural: "pushsecrets" }),
			)
			.catch((error) => {
				// An operator that is installed without them.
				if (error instanceof Fault && error.code === "cluster-unserved") return { items: [] };
				throw error;
			});
		const found = pushing(pushes, wanted);
		if (!found) return undefined;
		return new Fault("store-unfit", {
			store: `PushSecret ${namespace}/${found.name}`,
			detail: `it writes to ${found.secret} too`,
		});
	}

	const copyOf = (consumer: Eso, resource: ExternalSecret, published: readonly Published[]) =>
		copyState(findSecret, consumer.namespace, expectedOf(consumer, resource, published), (lacking, held) => {
			const trouble = troubleOf(resource);
			const said = trouble === undefined ? "" : `; its ExternalSecret says: ${trouble}`;
			return `${whatItLacks(lacking, consumer.namespace, held)}${said}`;
		});

	return {
		async refusal(consumer, wanted) {
			const found = await findConsumer(client, consumer);
			if (!found) return new Fault("workload-missing", { workload: workloadText(consumer) });
			const secrets = wanted.map(({ secret }) => secret);
			const resource = await fitting(consumer, secrets);
			if (resource instanceof Fault) return resource;
			const foreign = (await foreignStore(consumer, resource, wanted)) ?? (await pushed(consumer, wanted));
			if (foreign) return foreign;
			const name = targetOf(resource, consumer.delivery.externalSecret);
			const secret = await findSecret(consumer.namespace, name);
			const copy = `Secret ${consumer.namespace}/${name}`;
			if (secret?.immutable) return new Fault("copy-immutable", { copy });
			const copies = copiesOf(consumer, resource, secrets);
			const managed = copiesOf(consumer, resource, secrets.slice(0, 1));
			const { sources } = found;
			if (!managed.some(({ key }) => sources.secrets.some((use) => use.secret === name && (use.key ?? key) === key)))
				return new Fault("copy-unused", { workload: workloadText(consumer), copy, key: managed[0]?.key ?? "" });
			const kept = neverRenewed(consumer, sources, copies);
			if (kept) return kept;
			const annotations = secret?.metadata?.annotations ?? {};
			const roller = otherRoller(found, consumer, [{ kind: "secret", name, annotations }]);
			if (roller) return roller;
			// the right to ask for a sync, while nothing has been changed yet
			await annotate(consumer, { [forceSync]: "dry-run" }, "All");
			return elsewhere(consumer, sources, copies, wanted, findSecret);
		},

		objects: async (consumer) => ({
			known: { ExternalSecret: { names: [consumer.delivery.externalSecret] } },
			async read() {
				const found = await find(consumer);
				if (found instanceof Fault) throw found;
				const { kind = "SecretStore", name = "" } = found.spec.secretStoreRef ?? {};
				return {
					copy: { names: [targetOf(found, consumer.delivery.externalSecret)] },
					SecretStore: { names: kind === "SecretStore" ? [name] : [] },
				};
			},
		}),

		needs: async () => [],

		async lag(consumer, wanted) {
			const { sources } = await theConsumer(client, consumer);
			const resource = await fitting(
				consumer,
				wanted.map(({ secret }) => secret),
			);
			if (resource instanceof Fault) throw resource;
			const name = targetOf(resource, consumer.delivery.externalSecret);
			const isRenewed = sources.secrets.some((use) => use.isRenewed && use.secret === name);
			return { ...(isRenewed && { fileSeconds: syncSeconds + kubeletSeconds }), copySeconds: syncSeconds };
		},

		async refresh({ rotationId }, consumer, published, { round }) {
			const resource = await theOne(consumer, published);
			const expected = expectedOf(consumer, resource, published);
			const secret = await findSecret(consumer.namespace, targetOf(resource, consumer.delivery.externalSecret));
			if (expected.every((one) => isCurrent(secret, one))) return "copy-kept";
			const value = `${rotationId}.${round}`;
			if (resource.metadata.annotations[forceSync] !== value) await annotate(consumer, { [forceSync]: value });
			return "sync-asked";
		},

		async copy(consumer, published) {
			return copyOf(consumer, await theOne(consumer, published), published);
		},

		async prove(consumer, pods, published, windows, sessions) {
			const resource = await theOne(consumer, published);
			const copy = await copyOf(consumer, resource, published);
			const asked = { pods, published, windows, sessions, now: clock.now() };
			return provedBySecrets(consumer, copy, expectedOf(consumer, resource, published), asked);
		},
	};
}

/** From the publication until External Secrets has synced, where nothing is wrong with it. */
const syncSeconds = 15;

function copiesOf({ delivery }: Eso, resource: ExternalSecret, secrets: readonly string[]): Copy[] {
	const secret = targetOf(resource, delivery.externalSecret);
	return secrets.flatMap((one) => broughtTo(resource, one).map(({ key }) => ({ secret, key })));
}

const expectedOf = ({ delivery }: Eso, resource: ExternalSecret, published: readonly Published[]): Expected[] =>
	published.flatMap(({ secret: object, version, value }) =>
		broughtTo(resource, object).map((brought) => ({
			secret: targetOf(resource, delivery.externalSecret),
			key: brought.key,
			object,
			version,
			has: valueFor(value, brought),
		})),
	);
