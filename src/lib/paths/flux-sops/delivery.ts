// A Secret in git, encrypted with SOPS and applied by Flux, at one consumer.
// FD1. Applied is what the live Secret's very values say. Otherwise: Flux waits for pods that cannot become healthy before they
//      are rolled, and nobody rolls them before Flux is ready. Kept by: flux-sops.test.ts.
// FD2. A file that says it has these versions is left as it is, unless what Flux made of it has others: then it lies, and is
//      written again. Otherwise: each delivery makes a commit, or a file that somebody changed by hand stays wrong.
// FD3. It is written over what was read before it was seen that the versions are live, on that very commit.
// All kept by: flux-sops.test.ts.

import type { V1Secret } from "@kubernetes/client-node";
import type { ClusterClient } from "../../adapters/kubernetes/client.ts";
import { Fault } from "../../domain/fault.ts";
import { workloadText } from "../../domain/workload.ts";
import type { SecretUse } from "../../kinds/sources.ts";
import type { Intent } from "../../ports/audit-log.ts";
import type { Consumer, DeliveryPath, Published, Refreshed, Refreshing } from "../../ports/delivery-path.ts";
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
import { expectKeys, nextFile, saysItHas, theFile } from "./file.ts";
import { appliedWithin, failureOf, standingOf, unfitGitRepository, unfitKustomization } from "./flux.ts";
import { type FluxObjects, findFlux, kustomizationText, reconcile, sourceText } from "./objects.ts";
import type { FluxSops } from "./schema.ts";

type Flux = Consumer<FluxSops>;

const tries = 5;

export function fluxSopsDelivery(
	client: ClusterClient,
	{ repository, encryptionKeys, clock }: Outside,
): DeliveryPath<FluxSops> {
	const findSecret = secretFinder(client);

	const copyOf = (consumer: Flux, published: readonly Published[]) =>
		copyState(findSecret, consumer.namespace, expectedOf(consumer, published), async (lacking, held) => {
			const flux = await findFlux(client, consumer.delivery);
			const standing =
				flux instanceof Fault ? flux.sentence : flux.source && standingOf(flux.source, flux.kustomization);
			return `${whatItLacks(lacking, consumer.namespace, held)}; ${standing}`;
		});

	/** Does Flux read the file; is it in order, in the newest commit; may the app push; are the keys there? */
	async function unfitFile(consumer: Flux, { source }: FluxObjects): Promise<Fault | undefined> {
		const { delivery } = consumer;
		const found = await repository(delivery.repository);
		const unseen = (sourceIgnore?: string) => {
			const { url, branch } = found;
			const detail = source && unfitGitRepository(source, { url, branch, file: delivery.file, sourceIgnore });
			return source && detail && new Fault("flux-unfit", { object: sourceText(source), detail });
		};
		const unread = unseen();
		if (unread) return unread;
		await using checkout = await found.open();
		const file = await theFile(checkout, found, consumer);
		if (file instanceof Fault) return file;
		const left = unseen(await checkout.read(".sourceignore"));
		if (left) return left;
		await expectKeys(file, await encryptionKeys());
		await checkout.rehearse();
		return undefined;
	}

	/** @returns whether there was anything to write */
	async function written(intent: Intent, consumer: Flux, published: readonly Published[], { stillLive }: Refreshing) {
		const { delivery, namespace } = consumer;
		const found = await repository(delivery.repository);
		for (let attempt = 1; attempt <= tries; attempt++) {
			await using checkout = await found.open();
			const file = await theFile(checkout, found, consumer);
			if (file instanceof Fault) throw file;
			if (
				saysItHas(file.annotations, published) &&
				!(await lies(namespace, expectedOf(consumer, published), published))
			)
				return false;
			const text = await nextFile(file, delivery, published, await encryptionKeys(), clock.now());
			await stillLive();
			const [managed] = published;
			const message = `${delivery.secret}: version ${managed?.version} of ${managed?.secret}`;
			if (await checkout.write(intent, delivery.file, text, message)) return true;
		}
		throw new Fault("push-overtaken", { repository: found.name, branch: found.branch });
	}

	/** Has Flux made something else of a file that says it has these versions? */
	async function lies(
		namespace: string,
		expected: readonly Expected[],
		published: readonly Published[],
	): Promise<boolean> {
		const held = await findSecret(namespace, expected[0]?.secret ?? "");
		if (!held || !saysItHas(held.metadata?.annotations ?? {}, published)) return false;
		return !expected.every((one) => isCurrent(held, one));
	}

	return {
		async refusal(consumer, wanted) {
			const { namespace, delivery } = consumer;
			const found = await findConsumer(client, consumer);
			if (!found) return new Fault("workload-missing", { workload: workloadText(consumer) });
			const flux = await findFlux(client, delivery);
			if (flux instanceof Fault) return flux;
			const unfit = unfitFlux(flux, delivery) ?? (await unfitFile(consumer, flux));
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

		needs: async () => [],

		async lag(consumer) {
			const flux = await findFlux(client, consumer.delivery);
			if (flux instanceof Fault) throw flux;
			const copySeconds = appliedWithin(flux.kustomization);
			return { copySeconds, fileSeconds: copySeconds + kubeletSeconds };
		},

		async refresh(intent, consumer, published, refreshing): Promise<Refreshed> {
			const isWritten = await written(intent, consumer, published, refreshing);
			const flux = await findFlux(client, consumer.delivery);
			if (flux instanceof Fault) throw flux;
			await reconcile(client, flux, `${intent.rotationId}.${refreshing.round}`);
			return isWritten ? "copy-written" : "copy-kept";
		},

		copy: copyOf,

		async prove(consumer, pods, published, windows, sessions) {
			const copy = await copyOf(consumer, published);
			const asked = { pods, published, windows, sessions, now: clock.now() };
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
type Expected = ReturnType<typeof expectedOf>[number];

function unfitFlux({ source, kustomization }: FluxObjects, delivery: FluxSops): Fault | undefined {
	const object = kustomizationText(delivery);
	const detail = unfitKustomization(kustomization);
	if (detail !== undefined) return new Fault("flux-unfit", { object, detail });
	const both = [...(source ? [{ object: sourceText(source), ...source }] : []), { object, ...kustomization }];
	for (const one of both) {
		if (one.spec.suspend) return new Fault("flux-suspended", { object: one.object });
		const reason = failureOf(one);
		if (reason !== undefined) return new Fault("flux-failing", { object: one.object, reason });
	}
	return undefined;
}

const kept = "kustomize.toolkit.fluxcd.io";

/** Is the live Secret the one that this Kustomization applies, and goes on applying? */
function unfitSecret(secret: V1Secret | undefined, { namespace, delivery }: Flux): Fault | undefined {
	const object = `Secret ${namespace}/${delivery.secret}`;
	const unfit = (detail: string) => new Fault("flux-unfit", { object, detail });
	if (!secret) return unfit("does not exist: Flux has never applied the file, or makes another Secret of it");
	if (secret.immutable) return new Fault("copy-immutable", { copy: object });
	const { labels = {}, annotations = {} } = secret.metadata ?? {};
	const isOfIt =
		labels[`${kept}/name`] === delivery.kustomization && labels[`${kept}/namespace`] === delivery.fluxNamespace;
	if (!isOfIt) return unfit(`is not applied by ${kustomizationText(delivery)}, as its labels tell`);
	const isLeft =
		annotations[`${kept}/reconcile`] === "disabled" ||
		["Ignore", "IfNotPresent"].includes(annotations[`${kept}/ssa`] ?? "");
	return isLeft ? unfit("has an annotation that keeps Flux from changing it") : undefined;
}
