// A file in a git repository that Flux brings into the cluster: looked at in the plan, and written at a delivery, whatever its
// format is.
// IG1. It is written over what was read before it was seen that the versions are live, on that very commit. Otherwise: a delivery
//      that was held up puts an old password over the new one.
// Kept by: flux-sops.test.ts.

import { Fault } from "../../domain/fault.ts";
import type { Intent } from "../../ports/audit-log.ts";
import type { Consumer, CopyState, Published, Refreshed, Refreshing, ReviewState } from "../../ports/delivery-path.ts";
import type { EncryptionKeys } from "../../ports/encryption-key.ts";
import type { Checkout, Repository } from "../../ports/repository.ts";
import type { Outside } from "../path.ts";
import { expectKeys } from "./file.ts";
import { unfitGitRepository } from "./flux.ts";
import { type AppliedBy, type FluxObjects, kustomizationText, sourceText } from "./objects.ts";
import { branchesOf, titleOf } from "./proposal.ts";
import { isBuilt } from "./reach.ts";
import { propose, reviewState, tidied } from "./review.ts";
import type { Recipient } from "./sops/recipients.ts";

/** What a delivery gives for the file. */
export interface InGit extends AppliedBy {
	readonly path: string;
	readonly repository: string;
	readonly file: string;
	readonly secret: string;
}

export interface Format<D extends InGit, F> {
	/** @returns the file as the checkout has it */
	read(checkout: Checkout, found: Repository, consumer: Consumer<D>): Promise<F | Fault>;
	/** What a build has to take so that it takes the file: the file, or the folder of a kustomization.yaml. */
	built(file: string): string;
	/** Does it say that it has these versions? Nothing of it can be decrypted. */
	says(file: F, published: readonly Published[]): boolean;
	/** Has Flux made something else of one that says so, as the commit has it? */
	lies(consumer: Consumer<D>, published: readonly Published[], commit: string): Promise<boolean>;
	/** Has Flux applied this commit, and all that it waits for after that? */
	applied(consumer: Consumer<D>, commit: string): Promise<boolean>;
	/** @returns its text with these versions */
	next(
		file: F,
		consumer: Consumer<D>,
		published: readonly Published[],
		keys: EncryptionKeys,
		now: Date,
	): Promise<string>;
}

const tries = 5;

export const inGit = <D extends InGit, F extends { readonly recipients: readonly Recipient[] }>(
	{ repository, encryptionKeys, clock }: Pick<Outside, "repository" | "encryptionKeys" | "clock">,
	format: Format<D, F>,
) => {
	const proposedOf = (found: Repository, { delivery }: Consumer<D>, published: readonly Published[]) =>
		found.review && { found, review: found.review, file: delivery.file, secret: delivery.secret, published };

	/** Where people merge, an earlier file that said the same may be what is applied yet. */
	const isAltered = async (found: Repository, consumer: Consumer<D>, published: readonly Published[], commit: string) =>
		(await format.lies(consumer, published, commit)) && (!found.review || (await format.applied(consumer, commit)));

	async function saysIn(
		text: string,
		checkout: Checkout,
		found: Repository,
		consumer: Consumer<D>,
		published: readonly Published[],
	): Promise<boolean> {
		const { file } = consumer.delivery;
		const there = { ...checkout, read: async (one: string) => (one === file ? text : checkout.read(one)) };
		const read = await format.read(there, found, consumer);
		return !(read instanceof Fault) && format.says(read, published);
	}

	return {
		/**
		 * Does Flux read the file; is it in order, in the newest commit; may the app push; are the keys there?
		 * @param more what else is wrong with the file
		 */
		async unfit(
			consumer: Consumer<D>,
			{ source, kustomization }: FluxObjects,
			more?: (file: F) => Fault | undefined,
		): Promise<Fault | undefined> {
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
			const file = await format.read(checkout, found, consumer);
			if (file instanceof Fault) return file;
			const left = unseen(await checkout.read(".sourceignore")) ?? more?.(file);
			if (left) return left;
			if (!(await isBuilt(checkout.read, kustomization.spec, format.built(delivery.file)))) {
				const detail = `does not build ${delivery.file}: nothing leads to it from the folder that its spec.path names`;
				return new Fault("flux-unfit", { object: kustomizationText(delivery), detail });
			}
			await expectKeys(file, await encryptionKeys());
			if (!found.review) await checkout.rehearse();
			else {
				await checkout.mayPush();
				await found.review.requests?.of(branchesOf({ branch: found.branch, file: delivery.file }, delivery.secret));
			}
			return undefined;
		},

		async written(
			intent: Intent,
			consumer: Consumer<D>,
			published: readonly Published[],
			{ stillLive }: Refreshing,
		): Promise<Exclude<Awaited<ReturnType<typeof propose>>, undefined> | { readonly code: Refreshed }> {
			const { delivery } = consumer;
			const found = await repository(delivery.repository);
			const proposed = proposedOf(found, consumer, published);
			for (let attempt = 1; attempt <= tries; attempt++) {
				await using checkout = await found.open();
				const file = await format.read(checkout, found, consumer);
				if (file instanceof Fault) throw file;
				const isThere = format.says(file, published) && !(await isAltered(found, consumer, published, checkout.commit));
				if (isThere && proposed) await tidied(intent, proposed, checkout);
				if (isThere) return { code: "copy-kept" };
				const next = async () => format.next(file, consumer, published, await encryptionKeys(), clock.now());
				if (proposed) {
					const has = async (text: string) => saysIn(text, checkout, found, consumer, published);
					const asked = await propose(intent, proposed, checkout, has, next, stillLive);
					if (asked) return asked;
					continue;
				}
				const text = await next();
				await stillLive();
				if (await checkout.write(intent, delivery.file, text, titleOf(delivery, published)))
					return { code: "copy-written" };
			}
			throw new Fault("push-overtaken", { repository: found.name, branch: found.branch });
		},

		/** The state of the copy, with what people have to do about it. */
		async reviewed(consumer: Consumer<D>, published: readonly Published[], state: CopyState): Promise<CopyState> {
			if (state.state === "current") return state;
			const found = await repository(consumer.delivery.repository);
			const proposed = proposedOf(found, consumer, published);
			if (!proposed) return state;
			const review = await reviewState(proposed, async () => {
				await using checkout = await found.open();
				const file = await format.read(checkout, found, consumer);
				if (file instanceof Fault) return file;
				if (!format.says(file, published)) return "not";
				const altered = await isAltered(found, consumer, published, checkout.commit);
				return altered ? { otherwise: "Flux has applied it, and what came of it has other values" } : "as-proposed";
			});
			return { ...state, waitingFor: `${state.waitingFor}${alsoWaitsFor(review)}`, review };
		},
	};
};

const alsoWaitsFor = (review: ReviewState): string =>
	review.is === "waiting" ? `; it waits for ${review.waitsFor}` : "";
