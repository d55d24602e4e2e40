// Branches of the app's own, which people merge.
// GOB1. One is replaced or removed only where it is the app's commit and nothing else. Otherwise: what a reviewer has added to it
//       is gone, or a branch that somebody else called so. Kept by: own-branch.test.ts.
// GOB2. The branch that they are merged into is never pushed to. Kept by: own-branch.test.ts.

import * as fs from "node:fs";
import git from "isomorphic-git";
import { Fault } from "../../domain/fault.ts";
import type { Checkout, OwnBranch } from "../../ports/repository.ts";
import { committed, madeOn, textOf } from "./commit.ts";
import { type Fetched, nowhere, refusedPush, sent } from "./push.ts";

const refOf = (name: string) => `refs/heads/${name}`;

export const ownBranches = (
	at: Fetched,
): Pick<Checkout, "branches" | "ownBranch" | "propose" | "withdraw" | "mayPush"> => ({
	async branches(prefix) {
		const refs = await serverRefs(at, refOf(prefix));
		return refs.map(({ ref }) => ref.slice(refOf("").length));
	},

	ownBranch: (name, file) => found(at, name, file),

	async propose(_, name, replaced, change) {
		if (replaced && !replaced.isOurs) throw new Fault("branch-taken", { repository: at.options.name, branch: name });
		const to = await committed(at, change);
		const from = replaced?.commit ?? nowhere;
		const answer = await sent(at, { remoteRef: refOf(name), from, to, force: replaced !== undefined });
		if (answer === "taken" || answer === "moved") return answer === "taken";
		throw refusedPush(at.options, name, answer);
	},

	async withdraw(_, { name, commit, isOurs }) {
		if (isOurs) await sent(at, { remoteRef: refOf(name), from: commit, to: nowhere });
	},

	async mayPush() {
		await serverRefs(at, refOf(at.options.branch), true);
	},
});

const serverRefs = ({ http, options: { url } }: Fetched, prefix: string, forPush = false) =>
	git.listServerRefs({ http, url, prefix, forPush, protocolVersion: 1 });

/** With the commit that it was made on, to tell what was changed. */
async function found(at: Fetched, name: string, file: string): Promise<OwnBranch | undefined> {
	const { options, gitdir, http } = at;
	const ref = refOf(name);
	const commit = await git
		.fetch({ fs, http, gitdir, remote: "origin", ref, depth: 2, singleBranch: true, tags: false })
		.then(
			({ fetchHead }) => fetchHead,
			(error) => {
				if (error instanceof git.Errors.NotFoundError) return null;
				throw error instanceof Fault ? error : new Fault("repository-foreign", { repository: options.name }, error);
			},
		);
	if (commit === null) return undefined;
	const text = await textOf(gitdir, commit, file);
	const parent = await madeOn(options, gitdir, commit, file);
	const [before, now] = [parent && (await textOf(gitdir, parent, file)), await textOf(gitdir, at.commit, file)];
	return {
		...{ name, commit, isOurs: parent !== undefined, isCurrent: parent !== undefined && before === now },
		...(text !== undefined && { text }),
	};
}
