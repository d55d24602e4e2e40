// A Secret in git, encrypted with SOPS and applied by Flux, at one consumer.
// FD1. The live Secret's very values say what is applied. Otherwise: Flux waits for pods that cannot become healthy before they
//      are rolled, and nobody rolls them before Flux is ready. Kept by: flux-sops.test.ts.
// FD2. A file that says it has these versions is left as it is, unless what Flux made of it has others: then it lies, and is
//      written again. Otherwise: each delivery makes a commit, or a file that somebody changed by hand stays wrong.
// Both kept by: flux-sops.test.ts.

import type { V1Secret } from "@kubernetes/client-node";
import type { ClusterClient } from "../../adapters/kubernetes/client.ts";
import { Fault } from "../../domain/fault.ts";
import { workloadText } from "../../domain/workload.ts";
import type { SecretUse } from "../../kinds/sources.ts";
import type { Consumer, DeliveryPath, Published } from "../../ports/delivery-path.ts";
import { findConsumer, otherRoller } from "../consumer.ts";
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
import { nextFile, saysItHas, theFile } from "./file.ts";
import { appliedWithin } from "./flux.ts";
import { inGit } from "./in-git.ts";
import {
	appliedBy,
	askFlux,
	findFlux,
	kustomizationNamed,
	reconcile,
	sourceNamed,
	standingText,
	tokenOf,
	unapplied,
	unfitFlux,
} from "./objects.ts";
import type { FluxSops } from "./schema.ts";
import type { SecretFile } from "./sops/secret-file.ts";

type Flux = Consumer<FluxSops>;

export function fluxSopsDelivery(client: ClusterClient, outside: Outside): DeliveryPath<FluxSops> {
	const findSecret = secretFinder(client);

	const copyOf = (consumer: Flux, published: readonly Published[]) =>
		copyState(findSecret, consumer.namespace, expectedOf(consumer, published), async (lacking, held) => {
			const standing = await standingText(client, consumer.delivery);
			return `${whatItLacks(lacking, consumer.namespace, held)}; ${standing}`;
		});

	const file = inGit<FluxSops, SecretFile>(outside, {
		read: theFile,
		built: (file) => file,
		says: ({ annotations }, published) => saysItHas(annotations, published),
		async lies(consumer, published) {
			const held = await findSecret(consumer.namespace, consumer.delivery.secret);
			if (!held || !saysItHas(held.metadata?.annotations ?? {}, published)) return false;
			return !expectedOf(consumer, published).every((one) => isCurrent(held, one));
		},
		applied: ({ delivery }, commit) => appliedBy(client, delivery, commit),
		next: (kept, { delivery }, published, keys, now) => nextFile(kept, delivery, published, keys, now),
	});

	return {
		async refusal(consumer, wanted) {
			const { namespace, delivery } = consumer;
			const found = await findConsumer(client, consumer);
			if (!found) return new Fault("workload-missing", { workload: workloadText(consumer) });
			const flux = await findFlux(client, delivery);
			if (flux instanceof Fault) return flux;
			const unfit = unfitFlux(flux, delivery) ?? (await file.unfit(consumer, flux));
			if (unfit) return unfit;
			const secret = await findSecret(namespace, delivery.secret);
			const unkept = unfitSecret(secret, consumer);
			if (unkept) return unkept;
			const copies = wanted.flatMap(({ secret: name }) => copiesOf(consumer, name));
			const [managed] = copies;
			const takes = (use: SecretUse) =>
				use.secret === delivery.secret && (use.key === undefined || use.key === managed?.key);
			if (!found.sources.secrets.some(takes)) {
				const copy = `Secret ${namespace}/${delivery.secret}`;
				return new Fault("copy-unused", { workload: workloadText(consumer), copy, key: managed?.key ?? "" });
			}
			const kept = neverRenewed(consumer, found.sources, copies);
			if (kept) return kept;
			const annotations = secret?.metadata?.annotations ?? {};
			const roller = otherRoller(found, consumer, [{ kind: "secret", name: delivery.secret, annotations }]);
			if (roller) return roller;
			// the right to ask for a reconciliation, while nothing has been changed yet
			await reconcile(client, flux, "asked-in-a-dry-run", "All");
			return elsewhere(consumer, found.sources, copies, wanted, findSecret);
		},

		objects: async ({ delivery }) => ({
			known: { copy: { names: [delivery.secret] }, ...kustomizationNamed(delivery) },
			read: () => sourceNamed(client, delivery),
		}),

		needs: async () => [],

		async lag(consumer) {
			const flux = await findFlux(client, consumer.delivery);
			if (flux instanceof Fault) throw flux;
			const copySeconds = appliedWithin(flux.kustomization);
			return { copySeconds, fileSeconds: copySeconds + kubeletSeconds };
		},

		async refresh(intent, consumer, published, refreshing) {
			const did = await file.written(intent, consumer, published, refreshing);
			if (did.code !== "review-asked") await askFlux(client, consumer.delivery, tokenOf(intent.rotationId, refreshing));
			return "message" in did ? did : did.code;
		},

		copy: async (consumer, published) => file.reviewed(consumer, published, await copyOf(consumer, published)),

		async prove(consumer, pods, published, windows, sessions) {
			const copy = await copyOf(consumer, published);
			const asked = { pods, published, windows, sessions, now: outside.clock.now() };
			return provedBySecrets(consumer, copy, expectedOf(consumer, published), asked);
		},
	};
}

const copiesOf = ({ delivery }: Flux, secret: string): Copy[] =>
	Object.entries(delivery.keys)
		.filter(([name]) => sameName(name, secret))
		.map(([, key]) => ({ secret: delivery.secret, key }));

const expectedOf = (consumer: Flux, published: readonly Published[]) =>
	published.flatMap((one) => copiesOf(consumer, one.secret).map((copy) => exactly(copy, one)));

/** Is the live Secret the one that this Kustomization applies, and goes on applying? */
function unfitSecret(secret: V1Secret | undefined, { namespace, delivery }: Flux): Fault | undefined {
	const object = `Secret ${namespace}/${delivery.secret}`;
	const missing = "does not exist: Flux has never applied the file, or makes another Secret of it";
	if (!secret) return new Fault("flux-unfit", { object, detail: missing });
	if (secret.immutable) return new Fault("copy-immutable", { copy: object });
	const detail = unapplied(secret, delivery);
	return detail === undefined ? undefined : new Fault("flux-unfit", { object, detail });
}
