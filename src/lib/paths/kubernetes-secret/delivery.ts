// A plain Secret that the app itself writes, at one consumer.
// PS1. What was read is what is written over: the patch has the resource version. Otherwise: of two that write at once the later
//      one wins, whatever it knew.
// PS2. Only the configured keys are written, and only those that lack their value. Otherwise: a key that somebody else keeps is
//      overwritten with what was read a moment ago.
// PS3. Another owner of a key is found before anything is changed, and again before each write.
// All kept by: kubernetes-secret.test.ts.

import type { V1Secret } from "@kubernetes/client-node";
import type { ClusterClient } from "../../adapters/kubernetes/client.ts";
import { Fault } from "../../domain/fault.ts";
import { workloadText } from "../../domain/workload.ts";
import { fieldManager } from "../../kinds/mark.ts";
import type { Sources } from "../../kinds/sources.ts";
import type { Consumer, DeliveryPath, Published } from "../../ports/delivery-path.ts";
import { findConsumer, otherRoller, theConsumer } from "../consumer.ts";
import {
	type Copy,
	copyState,
	exactly,
	isCurrent,
	kubeletSeconds,
	sameName,
	secretFinder,
	whatItLacks,
} from "../copies.ts";
import { elsewhere } from "../elsewhere.ts";
import type { Outside } from "../path.ts";
import { neverRenewed, provedBySecrets } from "../unrolled.ts";
import { ownerOf } from "./owners.ts";
import type { KubernetesSecret } from "./schema.ts";

type Plain = Consumer<KubernetesSecret>;

export function kubernetesSecretDelivery(client: ClusterClient, { clock }: Outside): DeliveryPath<KubernetesSecret> {
	const findSecret = secretFinder(client);

	async function write({ namespace, delivery }: Plain, read: V1Secret, data: object, dryRun?: "All"): Promise<void> {
		const name = delivery.secret;
		const body = { metadata: { resourceVersion: read.metadata?.resourceVersion }, data };
		await client.call({ verb: "patch", resource: "secrets", namespace, name }, ({ core, strategicMerge }) =>
			core.patchNamespacedSecret({ namespace, name, body, fieldManager, dryRun }, strategicMerge),
		);
	}

	const copyOf = (consumer: Plain, published: readonly Published[]) =>
		copyState(findSecret, consumer.namespace, expectedOf(consumer, published), (lacking, held) =>
			whatItLacks(lacking, consumer.namespace, held),
		);

	return {
		async refusal(consumer, wanted) {
			const found = await findConsumer(client, consumer);
			if (!found) return new Fault("workload-missing", { workload: workloadText(consumer) });
			const secret = await findSecret(consumer.namespace, consumer.delivery.secret);
			const copies = copiesOf(
				consumer,
				wanted.map((one) => one.secret),
			);
			const unfit =
				unwritable(consumer, secret, copies) ??
				unused(consumer, copies[0], found.sources) ??
				neverRenewed(consumer, found.sources, copies);
			if (unfit) return unfit;
			const annotations = secret?.metadata?.annotations ?? {};
			const roller = otherRoller(found, consumer, [{ kind: "secret", name: consumer.delivery.secret, annotations }]);
			if (roller) return roller;
			// Finds a missing right, or a policy that denies the write, before anything is changed.
			if (secret) await write(consumer, secret, {}, "All");
			return elsewhere(consumer, found.sources, copies, wanted, findSecret);
		},

		objects: async ({ delivery }) => ({ known: { copy: { names: [delivery.secret] } } }),

		needs: async () => [],

		async lag(consumer) {
			const { secrets } = (await theConsumer(client, consumer)).sources;
			const isRenewed = secrets.some((use) => use.isRenewed && use.secret === consumer.delivery.secret);
			return { ...(isRenewed && { fileSeconds: writeSeconds + kubeletSeconds }), copySeconds: writeSeconds };
		},

		async refresh(_intent, consumer, published, { stillLive }) {
			const expected = expectedOf(consumer, published);
			const secret = await findSecret(consumer.namespace, consumer.delivery.secret);
			const unfit = unwritable(consumer, secret, expected);
			if (unfit || !secret) throw unfit;
			const stale = expected.filter((one) => !isCurrent(secret, one));
			if (stale.length === 0) return "copy-kept";
			await stillLive();
			await write(consumer, secret, Object.fromEntries(stale.map(({ key, encoded }) => [key, encoded])));
			return "copy-written";
		},

		copy: copyOf,

		async prove(consumer, pods, published, windows, sessions) {
			const copy = await copyOf(consumer, published);
			const asked = { pods, published, windows, sessions, now: clock.now() };
			return provedBySecrets(consumer, copy, expectedOf(consumer, published), asked);
		},
	};
}

/** From the publication until the Secret is written. */
const writeSeconds = 5;

/** In the order of the secrets. */
function copiesOf({ delivery }: Plain, secrets: readonly string[]): Copy[] {
	const keys = Object.entries(delivery.keys);
	return secrets.flatMap((secret) =>
		keys.filter(([name]) => sameName(name, secret)).map(([, key]) => ({ secret: delivery.secret, key })),
	);
}

const expectedOf = (consumer: Plain, published: readonly Published[]) =>
	published.flatMap((one) =>
		copiesOf(consumer, [one.secret]).map((copy) => ({
			...exactly(copy, one),
			encoded: Buffer.from(one.value.reveal()).toString("base64"),
		})),
	);

const textOf = ({ namespace, delivery }: Plain): string => `Secret ${namespace}/${delivery.secret}`;

function unwritable(consumer: Plain, secret: V1Secret | undefined, copies: readonly Copy[]): Fault | undefined {
	const copy = textOf(consumer);
	if (!secret) return new Fault("copy-missing", { copy });
	if (secret.immutable) return new Fault("copy-immutable", { copy });
	for (const { key } of copies) {
		const owner = ownerOf(secret, key);
		if (owner !== undefined) return new Fault("copy-owned", { copy, key, owner });
	}
	return undefined;
}

/** The managed secret's own key must reach a container. */
function unused(consumer: Plain, managed: Copy | undefined, { secrets }: Sources): Fault | undefined {
	const { secret, key = "" } = managed ?? { secret: consumer.delivery.secret };
	if (secrets.some((use) => use.secret === secret && (use.key === undefined || use.key === key))) return undefined;
	return new Fault("copy-unused", { workload: workloadText(consumer), copy: textOf(consumer), key });
}
