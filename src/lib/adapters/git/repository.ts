// A git repository over HTTPS, by isomorphic-git, without a working tree.
// GR1. A branch that is gone is not made again. Kept by: repository.test.ts.
// GR2. A rehearsal sets the branch to the commit that it is at, and is not sent where it is at another one. Otherwise: a plan
//      changes what it looks at. Of the server's answer only the words that say who may push count: it may refuse such a push
//      for other reasons. Kept by: repository.test.ts.
// GR3. What is kept on disk meanwhile is what the repository has, never a credential, and is gone afterwards.

import * as fs from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import git, { type HttpClient } from "isomorphic-git";
import { Fault } from "../../domain/fault.ts";
import type { Checkout, Repository, Review } from "../../ports/repository.ts";
import { committed, textOf } from "./commit.ts";
import { gitHttp } from "./http.ts";
import { ownBranches } from "./own-branch.ts";
import { declined, type Fetched, type RepositoryOptions, refusedPush, sent } from "./push.ts";

export type { RepositoryOptions } from "./push.ts";

/** @param review where the branch takes commits by pull request only */
export const gitRepository = (options: RepositoryOptions, review?: Review): Repository => ({
	name: options.name,
	url: options.url,
	branch: options.branch,
	...(review && { review }),
	async open() {
		const gitdir = await mkdtemp(join(tmpdir(), "titanic-git-"));
		const http = gitHttp(options);
		const end = async () => {
			http[Symbol.dispose]();
			await rm(gitdir, { recursive: true, force: true });
		};
		try {
			const commit = await fetched(options, gitdir, http);
			const at: Fetched = { options, gitdir, http, commit };
			return {
				commit,
				read: (file) => textOf(gitdir, commit, file),
				...ownBranches(at),
				rehearse: () => rehearsed(at),
				write: (_, file, text, message) => pushed(at, file, text, message),
				[Symbol.asyncDispose]: end,
			} satisfies Checkout;
		} catch (error) {
			await end();
			throw error;
		}
	},
});

/** @returns the newest commit of the branch */
async function fetched({ name, url, branch }: RepositoryOptions, gitdir: string, http: HttpClient): Promise<string> {
	await git.init({ fs, gitdir, bare: true });
	await git.addRemote({ fs, gitdir, remote: "origin", url });
	const ref = `refs/heads/${branch}`;
	try {
		const { fetchHead } = await git.fetch({
			fs,
			http,
			gitdir,
			remote: "origin",
			ref,
			depth: 1,
			singleBranch: true,
			tags: false,
		});
		if (fetchHead) return fetchHead;
	} catch (error) {
		if (error instanceof Fault) throw error;
		if (!(error instanceof git.Errors.NotFoundError))
			throw new Fault("repository-foreign", { repository: name }, error);
	}
	throw new Fault("branch-missing", { repository: name, branch });
}

async function pushed(at: Fetched, file: string, text: string, message: string): Promise<boolean> {
	const { options, commit: from } = at;
	const to = await committed(at, { file, text, message });
	const answer = await sent(at, { remoteRef: `refs/heads/${options.branch}`, from, to });
	if (answer === "taken" || answer === "moved") return answer === "taken";
	throw refusedPush(options, options.branch, answer);
}

async function rehearsed(at: Fetched): Promise<void> {
	const { name: repository, branch } = at.options;
	const { commit } = at;
	const answer = await sent(at, { remoteRef: `refs/heads/${branch}`, from: commit, to: commit, force: true });
	if (answer === "moved") throw new Fault("push-overtaken", { repository, branch });
	const words = answer !== "taken" && declined.find((one) => one === answer.words);
	if (words) throw new Fault("branch-protected", { repository, branch, answer: words });
}
