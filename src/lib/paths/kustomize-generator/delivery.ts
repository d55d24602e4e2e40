// An input file of Kustomize's secretGenerator in git, at one consumer: Flux makes a Secret of another name of each version, and
// rolls the workload, whose pod template follows that name.
// KG1. Which Secret is the copy is read from the pod template, never reckoned; it is compared by value. Otherwise: a name that
//      looks right proves a password that is wrong.
// KG2. A pod proves the version by the Secret that its own spec refers to, and only if that was made with these values, or the pod
//      started after they were last written. Otherwise: a pod of an earlier name passes, or one whose Secret somebody changed.
// KG3. A template that Flux does not apply is refused: its name would stay, however often the file is written.
// KG4. What the file says that it has counts only until Flux has applied that commit: then the Secret shows it. Otherwise: anyone
// who may push gives a file with another password our mark, and no delivery ever writes it again. All kept by:
// kustomize-generator.test.ts.

import type { V1Secret } from "@kubernetes/client-node";
import type { ClusterClient } from "../../adapters/kubernetes/client.ts";
import { Fault } from "../../domain/fault.ts";
import { contentsOf, type PodFact, type PodProof, workloadText } from "../../domain/workload.ts";
import type { Consumer, DeliveryPath, Published, Wanted } from "../../ports/delivery-path.ts";
import { findConsumer, otherRoller, theConsumer } from "../consumer.ts";
import {
	copyState,
	type Expected,
	exactly,
	isCurrent,
	kubeletSeconds,
	sameName,
	secretFinder,
	startedOutside,
	wasChanged,
	whatItLacks,
} from "../copies.ts";
import { elsewhere } from "../elsewhere.ts";
import { appliedWithin } from "../flux-sops/flux.ts";
import { inGit } from "../flux-sops/in-git.ts";
import {
	appliedBy,
	askFlux,
	findFlux,
	kustomizationNamed,
	kustomizationText,
	reconcile,
	sourceNamed,
	standingText,
	tokenOf,
	unapplied,
	unfitFlux,
} from "../flux-sops/objects.ts";
import type { Outside } from "../path.ts";
import { inputFile, unfitValue } from "./file.ts";
import type { InputFile } from "./input-file.ts";
import { isHashed, isMadeFrom } from "./names.ts";
import type { KustomizeGenerator } from "./schema.ts";

type Generated = Consumer<KustomizeGenerator>;
type Found = NonNullable<Awaited<ReturnType<typeof findConsumer>>>;

export function kustomizeGeneratorDelivery(client: ClusterClient, outside: Outside): DeliveryPath<KustomizeGenerator> {
	const findSecret = secretFinder(client);

	/** Has Flux made something else of the commit in which the file says that it has these versions? */
	async function lies(consumer: Generated, published: readonly Published[], commit: string): Promise<boolean> {
		if (!(await appliedBy(client, consumer.delivery, commit))) return false;
		const name = nameIn(await theConsumer(client, consumer), consumer);
		const held = await findSecret(consumer.namespace, name);
		return !expectedOf(consumer, published, name).every((one) => isCurrent(held, one));
	}

	const file = inGit<KustomizeGenerator, InputFile>(outside, {
		...inputFile,
		says: ({ contents }, published) => contents === contentsOf(published),
		lies,
		applied: ({ delivery }, commit) => appliedBy(client, delivery, commit),
	});

	return {
		async refusal(consumer, wanted) {
			const { namespace, delivery } = consumer;
			const found = await findConsumer(client, consumer);
			if (!found) return new Fault("workload-missing", { workload: workloadText(consumer) });
			const flux = await findFlux(client, delivery);
			if (flux instanceof Fault) return flux;
			const ofValues = (read: InputFile) =>
				wanted.map(({ secret: of, live }) => unfitValue(read, delivery, of, live)).find(Boolean);
			const unfit =
				unfitFlux(flux, delivery) ??
				(await file.unfit(consumer, flux, ofValues)) ??
				unfollowed(found, consumer, wanted);
			if (unfit) return unfit;
			const name = nameIn(found, consumer);
			const secret = await findSecret(namespace, name);
			const unkept = unfitSecret(secret, name, consumer);
			if (unkept) return unkept;
			const annotations = secret?.metadata?.annotations ?? {};
			const roller = otherRoller(found, consumer, [{ kind: "secret", name, annotations }]);
			if (roller) return roller;
			// the right to ask for a reconciliation, while nothing has been changed yet
			await reconcile(client, flux, "asked-in-a-dry-run", "All");
			const copies = wanted.flatMap(({ secret: of }) => keysOf(consumer, of).map((key) => ({ secret: name, key })));
			return elsewhere(consumer, found.sources, copies, wanted, findSecret);
		},

		objects: async ({ delivery }) => ({
			known: kustomizationNamed(delivery),
			read: () => sourceNamed(client, delivery),
		}),

		needs: async () => [],

		async lag(consumer) {
			const flux = await findFlux(client, consumer.delivery);
			if (flux instanceof Fault) throw flux;
			const copySeconds = appliedWithin(flux.kustomization);
			// The Secret of an earlier name stays as it is, and so do files that are made of it.
			const isFollowed = isHashed(nameIn(await theConsumer(client, consumer), consumer), consumer.delivery.secret);
			return isFollowed ? { copySeconds } : { copySeconds, fileSeconds: copySeconds + kubeletSeconds };
		},

		async refersTo(consumer) {
			const found = await findConsumer(client, consumer);
			const name = found && nameIn(found, consumer);
			return name !== undefined && isHashed(name, consumer.delivery.secret) ? name : undefined;
		},

		async refresh(intent, consumer, published, refreshing) {
			const did = await file.written(intent, consumer, published, refreshing);
			if (did.code !== "review-asked") await askFlux(client, consumer.delivery, tokenOf(intent.rotationId, refreshing));
			return "message" in did ? did : did.code;
		},

		async copy(consumer, published) {
			const name = nameIn(await theConsumer(client, consumer), consumer);
			const expected = expectedOf(consumer, published, name);
			const state = await copyState(findSecret, consumer.namespace, expected, async (lacking, held) => {
				const standing = await standingText(client, consumer.delivery);
				return `${whatItLacks(lacking, consumer.namespace, held)}; ${standing}`;
			});
			return file.reviewed(consumer, published, state);
		},

		async prove(consumer, pods, published, windows) {
			const held = new Map<string, V1Secret | undefined>();
			const proofs: PodProof[] = [];
			for (const pod of pods) {
				const names = namesIn(pod, consumer);
				for (const name of names) if (!held.has(name)) held.set(name, await findSecret(consumer.namespace, name));
				const detail = unproved(pod, names, consumer, published, windows, held);
				const version = detail === undefined ? published[0]?.version : undefined;
				proofs.push({ pod: pod.name, ready: pod.ready, proved: detail === undefined, version, detail });
			}
			return proofs;
		},
	};
}

const namesIn = ({ secrets = [] }: PodFact, { delivery }: Generated): string[] =>
	secrets.filter((name) => isMadeFrom(name, delivery.secret));

/** What the template refers to; the bare name where it refers to nothing of the generator. */
const nameIn = ({ sources }: Found, { delivery: { secret } }: Generated): string =>
	sources.secrets.find((use) => isHashed(use.secret, secret))?.secret ?? secret;

const keysOf = ({ delivery }: Generated, secret: string): string[] =>
	Object.entries(delivery.keys).flatMap(([name, key]) => (sameName(name, secret) ? [key] : []));

const expectedOf = (consumer: Generated, published: readonly Published[], name: string): Expected[] =>
	published.flatMap((one) => keysOf(consumer, one.secret).map((key) => exactly({ secret: name, key }, one)));

function unproved(
	pod: PodFact,
	names: readonly string[],
	consumer: Generated,
	published: readonly Published[],
	windows: Parameters<typeof startedOutside>[2],
	held: ReadonlyMap<string, V1Secret | undefined>,
): string | undefined {
	const { namespace, delivery } = consumer;
	if (names.length === 0) return `it refers to no Secret that is made of ${delivery.secret}`;
	for (const name of names) {
		const secret = held.get(name);
		const lacking = expectedOf(consumer, published, name).find((one) => !isCurrent(secret, one));
		if (lacking) return `it refers to ${whatItLacks(lacking, namespace, secret)}`;
		// It had these values before any pod could refer to it.
		if (isHashed(name, delivery.secret) && secret && !wasChanged(secret)) continue;
		const outside = startedOutside(pod, [name], windows);
		if (outside !== undefined) return outside;
	}
	return undefined;
}

/** An Argo Rollout updates by its own steps and pauses, and a CronJob has no pods that go on. */
const followed = ["Deployment", "StatefulSet", "DaemonSet"];

/** Does the pod template follow the generator's name, with our key? */
function unfollowed(
	{ sources, metadata }: Found,
	consumer: Generated,
	[managed]: readonly Wanted[],
): Fault | undefined {
	const { namespace, kind, delivery } = consumer;
	const workload = workloadText(consumer);
	const keys = keysOf(consumer, managed?.secret ?? "");
	const uses = sources.secrets.filter((use) => isMadeFrom(use.secret, delivery.secret));
	const names = [...new Set(uses.map(({ secret }) => secret))];
	if (!uses.some(({ key }) => key === undefined || keys.includes(key)))
		return new Fault("copy-unused", {
			workload,
			copy: `Secret ${namespace}/${delivery.secret}-<hash>`,
			key: keys[0] ?? "",
		});
	const not = (detail: string) => new Fault("generator-not-followed", { workload, detail });
	if (names.length > 1) return not(`refers to ${names.join(" and ")}, one of which stays as it is`);
	if (!names.some((name) => isHashed(name, delivery.secret))) return undefined;
	if (!followed.includes(kind)) return not(`is a ${kind}, whose pods are not known by the Secret that they refer to`);
	const detail = unapplied({ metadata }, delivery);
	return detail === undefined ? undefined : not(detail);
}

/** Is it what this Kustomization applies, and, where its name stays, goes on applying? */
function unfitSecret(
	secret: V1Secret | undefined,
	name: string,
	{ namespace, delivery }: Generated,
): Fault | undefined {
	const object = `Secret ${namespace}/${name}`;
	const missing = `does not exist: ${kustomizationText(delivery)} has never applied it, or has pruned it`;
	if (!secret) return new Fault("flux-unfit", { object, detail: missing });
	if (secret.immutable && !isHashed(name, delivery.secret)) return new Fault("copy-immutable", { copy: object });
	const detail = unapplied(secret, delivery);
	return detail === undefined ? undefined : new Fault("flux-unfit", { object, detail });
}
