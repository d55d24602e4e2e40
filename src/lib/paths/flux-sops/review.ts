// A file that people have to merge: proposed on a branch of the app's own, and waited for on the branch that they merge it into.
// RW1. What counts is the file on that branch: a squash or a rebase makes another commit of ours, and a reviewer may have edited it.
//      Otherwise: a delivery waits for a commit that never comes, or goes on with a password that nobody gave.
// RW2. Earlier versions' pull requests are closed before the next one's is opened. Otherwise: somebody merges the old password over
//      the new one.
// RW3. Nothing is closed, pushed or opened for versions that are not live.
// All kept by: pull-request-mode.test.ts.

import { Fault } from "../../domain/fault.ts";
import type { Intent } from "../../ports/audit-log.ts";
import type { Published, Refreshed, ReviewState } from "../../ports/delivery-path.ts";
import type { Checkout, OwnBranch, Repository, Review } from "../../ports/repository.ts";
import { branchesOf, branchFor, nextOf, saidOf } from "./proposal.ts";

export interface Proposed {
	readonly found: Repository;
	readonly review: Review;
	readonly file: string;
	/** The Secret that it is for. */
	readonly secret: string;
	readonly published: readonly Published[];
}

const placeOf = ({ found: { branch }, file }: Proposed) => ({ branch, file });
const nameOf = ({ published }: Proposed): string => published[0]?.secret ?? "";

/** @returns `undefined` where a branch has moved meanwhile: it is to be looked at again */
export async function propose(
	intent: Intent,
	proposed: Proposed,
	checkout: Checkout,
	has: (text: string) => Promise<boolean>,
	next: () => Promise<string>,
	stillLive: () => Promise<void>,
): Promise<{ readonly code: Refreshed; readonly message: string } | undefined> {
	const { found, review, file, secret, published } = proposed;
	const { requests } = review;
	const name = branchFor(placeOf(proposed), published);
	const own = await checkout.ownBranch(name, file);
	const request = await requests?.of(name);
	const hasThem = own?.text !== undefined && (await has(own.text));
	const isOrdered = intent.actor.kind === "operator";
	const what = nextOf({ request, own: own && { ...own, hasThem }, isOrdered });
	if (what === "taken") throw new Fault("branch-taken", { repository: found.name, branch: name });
	if (what === "closed") throw closed(proposed, request?.url ?? "");
	const text = what === "push" ? await next() : "";
	const earlier = (await checkout.branches(branchesOf(placeOf(proposed), nameOf(proposed)))).filter(
		(one) => one !== name,
	);
	await stillLive();
	for (const one of earlier) await supersede(intent, proposed, checkout, one);
	const said = saidOf({ ...placeOf(proposed), secret }, published, intent.rotationId);
	if (what === "push") {
		const isMade = await checkout.propose(intent, name, own, { file, text, message: said.title });
		if (!isMade) return undefined;
	}
	const opened = request?.state === "open" ? request : await requests?.open(intent, name, said);
	return { code: "review-asked", message: sentence(waitsFor(proposed, opened?.url)) };
}

/** What is no longer the app's is left to those who changed it. */
async function supersede(intent: Intent, { review, file }: Proposed, checkout: Checkout, name: string): Promise<void> {
	const own = await checkout.ownBranch(name, file);
	if (!own?.isOurs) return;
	const request = await review.requests?.of(name);
	if (request?.state === "open") await review.requests?.close(intent, request);
	await withdrawn(intent, checkout, own);
}

/** The branch has these versions: those that were pushed for it are over. */
export async function tidied(intent: Intent, proposed: Proposed, checkout: Checkout): Promise<void> {
	const ours = await checkout.branches(branchesOf(placeOf(proposed), nameOf(proposed)));
	for (const name of ours) await supersede(intent, proposed, checkout, name);
}

/** It harms nobody where it stays. */
async function withdrawn(intent: Intent, checkout: Checkout, own: OwnBranch): Promise<void> {
	await checkout.withdraw(intent, own).catch((error) => {
		if (!(error instanceof Fault)) throw error;
	});
}

/** What the file on the branch is: not there yet, or as it was proposed, or neither. */
export type Merged = "not" | "as-proposed" | { readonly otherwise: string } | Fault;

/** Of a copy that is still old. @param look at the file on the branch, which costs a fetch */
export async function reviewState(proposed: Proposed, look: () => Promise<Merged>): Promise<ReviewState> {
	const { found, review, file } = proposed;
	const name = branchFor(placeOf(proposed), proposed.published);
	const request = await review.requests?.of(name);
	const waiting: ReviewState = { is: "waiting", waitsFor: waitsFor(proposed, request?.url) };
	if (request?.state === "open") return waiting;
	const merged = await look();
	if (merged === "as-proposed") return { is: "merged" };
	if (request?.state === "closed") return { is: "ended", fault: closed(proposed, request.url) };
	const altered = (detail: string): ReviewState => {
		const at = { repository: found.name, branch: found.branch, file };
		return { is: "ended", fault: new Fault("pull-request-altered", { ...at, detail }) };
	};
	if (merged instanceof Fault) return { is: "ended", fault: merged };
	if (merged !== "not") return altered(merged.otherwise);
	const version = `version ${proposed.published[0]?.version} of ${nameOf(proposed)}`;
	return request ? altered(`${request.url} is merged, and the file does not say that it has ${version}`) : waiting;
}

const closed = ({ found, published }: Proposed, request: string): Fault =>
	new Fault("pull-request-closed", { request, branch: found.branch, secret: published[0]?.secret ?? "" });

/** Whom a person has to help. */
function waitsFor(proposed: Proposed, url: string | undefined): string {
	const { found } = proposed;
	const what = url === undefined ? `branch ${branchFor(placeOf(proposed), proposed.published)}` : `pull request ${url}`;
	return `people to merge ${what} into branch ${found.branch} of repository ${found.name}`;
}

const sentence = (waiting: string): string => `Waiting for ${waiting}.`;
