// A push of one branch, and what a server answers to it.
// GPU1. It is made only while the branch still is where it was seen, and the server compares once more: also where it replaces what
//       is there, or removes it. Otherwise: somebody else's commit is gone. Kept by: repository.test.ts, own-branch.test.ts.
// GPU2. A server's answer is repeated only in words that all git servers use: the rest is its own. Kept by: repository.test.ts.

import * as fs from "node:fs";
import git, { type HttpClient } from "isomorphic-git";
import { Fault } from "../../domain/fault.ts";
import type { Clock } from "../../ports/clock.ts";
import type { GitHttpOptions } from "./http.ts";

export interface RepositoryOptions extends GitHttpOptions {
	readonly branch: string;
	/** Of the commits' author. */
	readonly email: string;
	readonly clock: Clock;
}

/** A repository, fetched at the newest commit of its branch. */
export interface Fetched {
	readonly options: RepositoryOptions;
	readonly gitdir: string;
	readonly http: HttpClient;
	readonly commit: string;
}

/** Where there is no branch. */
export const nowhere = "0".repeat(40);

export interface Push {
	readonly remoteRef: string;
	/** Where the server must have it. */
	readonly from: string;
	/** Where it is to be, or `nowhere`. */
	readonly to: string;
	/** To isomorphic-git no commit is its own descendant, and ours replaces another. What is sent says what the branch is at, as any push does. */
	readonly force?: boolean;
}

/** `words` are absent where the server refused nothing: something else went wrong. */
export type Answer = "taken" | "moved" | { readonly words?: string | undefined; readonly error: unknown };

export async function sent({ options: { url }, gitdir, http }: Fetched, push: Push): Promise<Answer> {
	const { remoteRef, from, to, force = false } = push;
	const ref = "refs/heads/titanic-secret-rotator";
	const isEnd = to === nowhere;
	await git.writeRef({ fs, gitdir, ref, value: isEnd ? from : to, force: true });
	try {
		await git.push({
			...{ fs, http, gitdir, url, ref, remoteRef, force },
			delete: isEnd,
			onPrePush: ({ remoteRef: { oid } }) => oid === from,
		});
		return "taken";
	} catch (error) {
		if (error instanceof Fault) throw error;
		if (error instanceof git.Errors.UserCanceledError) return "moved";
		return (await hasMoved(url, http, push)) ? "moved" : { words: wordsIn(error, remoteRef), error };
	}
}

async function hasMoved(url: string, http: HttpClient, { remoteRef, from }: Push): Promise<boolean> {
	const refs = await git.listServerRefs({ http, url, prefix: remoteRef, protocolVersion: 1 });
	return (refs.find(({ ref }) => ref === remoteRef)?.oid ?? nowhere) !== from;
}

/** Why a server did not take a push, in the words that git servers share; what else it says is its own. */
export const declined = [
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

/** @returns what to throw where a push was neither taken nor overtaken */
export const refusedPush = (
	{ name: repository }: RepositoryOptions,
	branch: string,
	{ words, error }: Exclude<Answer, string>,
): Fault =>
	words === undefined
		? new Fault("repository-foreign", { repository }, error)
		: new Fault("push-denied", { repository, branch, answer: words }, error);
