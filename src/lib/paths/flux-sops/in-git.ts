// A file in a git repository that Flux brings into the cluster: looked at in the plan, and written at a delivery, whatever its
// format is.
// IG1. It is written over what was read before it was seen that the versions are live, on that very commit. Otherwise: a delivery
//      that was held up puts an old password over the new one.
// Kept by: flux-sops.test.ts.

import { Fault } from "../../domain/fault.ts";
import type { Intent } from "../../ports/audit-log.ts";
import type { Consumer, Published, Refreshing } from "../../ports/delivery-path.ts";
import type { EncryptionKeys } from "../../ports/encryption-key.ts";
import type { Checkout, Repository } from "../../ports/repository.ts";
import type { Outside } from "../path.ts";
import { expectKeys } from "./file.ts";
import { unfitGitRepository } from "./flux.ts";
import { type FluxObjects, sourceText } from "./objects.ts";
import type { Recipient } from "./sops/recipients.ts";

/** What a delivery gives for the file. */
export interface InGit {
	readonly path: string;
	readonly repository: string;
	readonly file: string;
	readonly secret: string;
}

export interface Format<D extends InGit, F> {
	/** @returns the file as the checkout has it */
	read(checkout: Checkout, found: Repository, consumer: Consumer<D>): Promise<F | Fault>;
	/** Does it need no writing for these versions, as the commit has it? Nothing of it can be decrypted. */
	has(file: F, consumer: Consumer<D>, published: readonly Published[], commit: string): Promise<boolean>;
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
) => ({
	/**
	 * Does Flux read the file; is it in order, in the newest commit; may the app push; are the keys there?
	 * @param more what else is wrong with the file
	 */
	async unfit(
		consumer: Consumer<D>,
		{ source }: FluxObjects,
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
		await expectKeys(file, await encryptionKeys());
		await checkout.rehearse();
		return undefined;
	},

	/** @returns whether there was anything to write */
	async written(
		intent: Intent,
		consumer: Consumer<D>,
		published: readonly Published[],
		{ stillLive }: Refreshing,
	): Promise<boolean> {
		const { delivery } = consumer;
		const found = await repository(delivery.repository);
		for (let attempt = 1; attempt <= tries; attempt++) {
			await using checkout = await found.open();
			const file = await format.read(checkout, found, consumer);
			if (file instanceof Fault) throw file;
			if (await format.has(file, consumer, published, checkout.commit)) return false;
			const text = await format.next(file, consumer, published, await encryptionKeys(), clock.now());
			await stillLive();
			const [managed] = published;
			const message = `${delivery.secret}: version ${managed?.version} of ${managed?.secret}`;
			if (await checkout.write(intent, delivery.file, text, message)) return true;
		}
		throw new Fault("push-overtaken", { repository: found.name, branch: found.branch });
	},
});
