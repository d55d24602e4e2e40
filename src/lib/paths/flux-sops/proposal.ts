// What the app proposes to people who review, and what is to be done about it; no I/O.
// PRP1. A branch is called by the file and the very versions. Otherwise: a step that comes again, or the next day's delivery, opens
//       another pull request for the same.
// PRP2. What is not the app's is never replaced. Otherwise: a reviewer's commit is gone, or somebody else's branch.
// PRP3. One that people closed is opened again for a person alone. Otherwise: each sweep asks them what they have answered.
// All kept by: proposal.test.ts.

import { createHash } from "node:crypto";
import { contentsOf } from "../../domain/workload.ts";
import type { Published } from "../../ports/delivery-path.ts";
import type { OwnBranch, PullRequest } from "../../ports/repository.ts";

/** Of every branch for this file: names in Key Vault are letters, digits and hyphens. */
export function branchesOf({ branch, file }: { branch: string; file: string }, secret: string): string {
	const place = createHash("sha256").update(`${branch}\n${file}`).digest("hex").slice(0, 8);
	return `titanic-secret-rotator/${secret.toLowerCase()}-${place}/`;
}

export const branchFor = (where: Parameters<typeof branchesOf>[0], published: readonly Published[]): string =>
	`${branchesOf(where, published[0]?.secret ?? "")}${contentsOf(published)}`;

export interface Standing {
	/** Absent where there is none, and where the host has no API. */
	readonly request?: PullRequest | undefined;
	/** The branch for these versions, and whether its file says that it has them. */
	readonly own?: (OwnBranch & { readonly hasThem: boolean }) | undefined;
	/** A person wants it delivered. */
	readonly isOrdered: boolean;
}

/**
 * `push`: the branch is made again, from the newest commit, and a pull request is opened where there is none. `open`: only the latter.
 */
export type Next = "push" | "open" | "wait" | "closed" | "taken";

export function nextOf({ request, own, isOrdered }: Standing): Next {
	if (request?.state === "closed" && !isOrdered) return "closed";
	if (own === undefined) return "push";
	// Reviewers may bring the branch up to date, and add to it: what they merge is judged when they have.
	if (!own.isOurs) return request?.state === "open" && own.hasThem ? "wait" : "taken";
	// After a merge the branch may be part of the other one, and there is nothing left to merge.
	if (!own.isCurrent || request?.state === "merged") return "push";
	return request?.state === "open" ? "wait" : "open";
}

/** Of a commit, and of a pull request. */
export const titleOf = ({ secret }: { readonly secret: string }, [managed]: readonly Published[]): string =>
	`${secret}: version ${managed?.version} of ${managed?.secret}`;

/** For people, of names and versions alone. */
export function saidOf(
	{ secret, file, branch }: { secret: string; file: string; branch: string },
	published: readonly Published[],
	rotationId: string,
): { readonly title: string; readonly body: string } {
	const [managed] = published;
	return {
		title: titleOf({ secret }, published),
		body: [
			`A new version of ${managed?.secret} is live in Key Vault. This brings it to the pods, encrypted, by file ${file}.`,
			`The pods go on with the version before until it is merged into ${branch}; squash and rebase are fine.`,
			"Do not edit the file: nobody can without losing what it says of itself. Closing this without a merge ends the delivery.",
			`Rotation ${rotationId}`,
		].join("\n\n"),
	};
}
