// A git repository over HTTPS, by isomorphic-git, without a working tree.
// GR1. A push is made only while the branch still is where it was read, and the server compares once more. A branch that is gone
//      is not made again. Kept by: repository.test.ts.
// GR2. A rehearsal sets the branch to the commit that it is at, and is not sent where it is at another one. Otherwise: a plan
//      changes what it looks at. What a server answers to that counts only in the words that say who may push: it may not
//      take such a push for reasons of its own. Kept by: repository.test.ts.
// GR3. What is kept on disk meanwhile is what the repository has, never a credential, and is gone afterwards.

import * as fs from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import git, { type HttpClient } from "isomorphic-git";
import { Fault } from "../../domain/fault.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Checkout, Repository } from "../../ports/repository.ts";
import { type GitHttpOptions, gitHttp } from "./http.ts";

export interface RepositoryOptions extends GitHttpOptions {
	readonly branch: string;
	/** Of the commits' author. */
	readonly email: string;
	readonly clock: Clock;
}

export const gitRepository = (options: RepositoryOptions): Repository => ({
	name: options.name,
	url: options.url,
	branch: options.branch,
	async open() {
		const gitdir = await mkdtemp(join(tmpdir(), "titanic-git-"));
		const http = gitHttp(options);
		const end = async () => {
			http[Symbol.dispose]();
			await rm(gitdir, { recursive: true, force: true });
		};
		try {
			const commit = await fetched(options, gitdir, http);
			const at: At = { options, gitdir, http, commit, remoteRef: `refs/heads/${options.branch}` };
			return {
				commit,
				read: (file) => textOf(at, file),
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

interface At {
	readonly options: RepositoryOptions;
	readonly gitdir: string;
	readonly http: HttpClient;
	readonly commit: string;
	readonly remoteRef: string;
}

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

async function textOf({ gitdir, commit }: At, filepath: string): Promise<string | undefined> {
	try {
		const { blob } = await git.readBlob({ fs, gitdir, oid: commit, filepath });
		return Buffer.from(blob).toString("utf8");
	} catch (error) {
		const { NotFoundError, ObjectTypeError } = git.Errors;
		if (error instanceof NotFoundError || error instanceof ObjectTypeError) return undefined;
		throw error;
	}
}

async function pushed(at: At, file: string, text: string, message: string): Promise<boolean> {
	const { options, gitdir, commit } = at;
	const tree = await treeWith(at, file.split("/"), text);
	const timestamp = Math.floor(options.clock.now().getTime() / 1000);
	const author = { name: "titanic-secret-rotator", email: options.email, timestamp, timezoneOffset: 0 };
	const own = { tree, parent: [commit], author, committer: author, message };
	const value = await git.writeCommit({ fs, gitdir, commit: own });
	const answer = await sent(at, value);
	if (answer === "taken" || answer === "moved") return answer === "taken";
	const { name: repository, branch } = options;
	throw answer.words === undefined
		? new Fault("repository-foreign", { repository }, answer.error)
		: new Fault("push-denied", { repository, branch, answer: answer.words }, answer.error);
}

async function rehearsed(at: At): Promise<void> {
	const { name: repository, branch } = at.options;
	const answer = await sent(at, at.commit);
	if (answer === "moved") throw new Fault("push-overtaken", { repository, branch });
	const words = answer !== "taken" && declined.find((one) => one === answer.words);
	if (words) throw new Fault("branch-protected", { repository, branch, answer: words });
}

/** `words` are absent where the server refused nothing: something else went wrong. */
type Answer = "taken" | "moved" | { readonly words?: string | undefined; readonly error: unknown };

/** @param value what the branch is to be at: our commit, or in a rehearsal the one that it is at */
async function sent(at: At, value: string): Promise<Answer> {
	const { options, gitdir, http, commit, remoteRef } = at;
	const ref = "refs/heads/titanic-secret-rotator";
	await git.writeRef({ fs, gitdir, ref, value, force: true });
	try {
		await git.push({
			fs,
			http,
			gitdir,
			url: options.url,
			ref,
			remoteRef,
			// To isomorphic-git no commit is its own descendant. What is sent says what the branch is at, as any push does.
			force: value === commit,
			onPrePush: ({ remoteRef: { oid } }) => oid === commit,
		});
		return "taken";
	} catch (error) {
		if (error instanceof Fault) throw error;
		if (error instanceof git.Errors.UserCanceledError) return "moved";
		return (await hasMoved(at)) ? "moved" : { words: wordsIn(error, remoteRef), error };
	}
}

/** @returns the tree of the commit, with this file's text replaced */
async function treeWith({ gitdir, commit }: At, [...names]: string[], text: string): Promise<string> {
	const { tree: top } = (await git.readCommit({ fs, gitdir, oid: commit })).commit;
	const below = async (oid: string, [name, ...rest]: readonly string[]): Promise<string> => {
		const { tree } = await git.readTree({ fs, gitdir, oid });
		const made = await Promise.all(
			tree.map(async (entry) => {
				if (entry.path !== name) return entry;
				const blob = Buffer.from(text);
				return {
					...entry,
					oid: rest.length > 0 ? await below(entry.oid, rest) : await git.writeBlob({ fs, gitdir, blob }),
				};
			}),
		);
		return git.writeTree({ fs, gitdir, tree: made });
	};
	return below(top, names);
}

async function hasMoved({ options, http, remoteRef, commit }: At): Promise<boolean> {
	const refs = await git.listServerRefs({ http, url: options.url, prefix: remoteRef, protocolVersion: 1 });
	return refs.find(({ ref }) => ref === remoteRef)?.oid !== commit;
}

/** Why a server did not take a push, in the words that git servers share; what else it says is its own. */
const declined = [
	"pre-receive hook declined",
	"protected branch hook declined",
	"push declined due to repository rule violations",
	"hook declined",
	// Azure DevOps: pushes to this branch are not permitted, use a pull request
	"TF402455",
];
const failed = ["cannot lock ref", "failed to update ref"];

function wordsIn(error: unknown, ref: string): string | undefined {
	if (!(error instanceof git.Errors.GitPushError)) return undefined;
	const said = error.data.result.refs[ref]?.error ?? "";
	return [...declined, ...failed].find((words) => said.includes(words)) ?? "no reason that git servers share";
}
