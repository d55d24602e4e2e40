// A git repository, one branch of it, as the app may read and write it.
// RP1. A commit is made on the newest one and pushed only if that is still the newest: never by force. Otherwise: somebody
//      else's commit is gone.
// RP2. Where people have to merge, the branch itself is never pushed to. What is pushed is a branch of the app's own, and one
//      that is there already is replaced only from the very commit that was seen to be the app's.

import type { Intent } from "./audit-log.ts";

export interface Repository {
	/** The configuration's key: what faults call it. */
	readonly name: string;
	readonly url: string;
	readonly branch: string;
	/**
	 * The newest commit of the branch, without its history. Each call asks again. Throws Fault `repository-unreachable`,
	 * `repository-failed`, `token-unavailable` (transient); `repository-untrusted`, `repository-unauthorized`,
	 * `repository-forbidden`, `repository-missing`, `repository-moved`, `branch-missing`, `repository-foreign` (final).
	 */
	open(): Promise<Checkout>;
	/** Where the branch takes commits by pull request only. */
	readonly review?: Review;
}

export interface Review {
	/** Absent where nothing but git is spoken: people find the app's branch themselves. */
	readonly requests?: PullRequests;
}

/** Those that are to bring a branch of the app's into the branch. Throws what `open` throws. */
export interface PullRequests {
	/** @returns the open one, else the newest; `undefined` where there has never been one */
	of(branch: string): Promise<PullRequest | undefined>;
	/**
	 * Opens one, or finds the one that somebody was faster with.
	 * Throws Fault `pull-request-refused` (final) where the host takes none.
	 */
	open(intent: Intent, branch: string, said: { readonly title: string; readonly body: string }): Promise<PullRequest>;
	/** Without a merge. */
	close(intent: Intent, request: PullRequest): Promise<void>;
}

export interface PullRequest {
	readonly number: number;
	readonly state: "open" | "merged" | "closed";
	/** For people: made of the repository's configured address. */
	readonly url: string;
}

/** A branch of the app's own, as it is now. */
export interface OwnBranch {
	readonly name: string;
	readonly commit: string;
	/** It is one commit as the app makes them: by its author, on another commit, with this one file changed. */
	readonly isOurs: boolean;
	/** The branch has the very file that this commit was made on: merging it loses nothing that somebody committed meanwhile. */
	readonly isCurrent: boolean;
	/** Its file. */
	readonly text?: string;
}

export interface Checkout extends AsyncDisposable {
	readonly commit: string;
	/** @returns `undefined` only if the commit has no such file */
	read(file: string): Promise<string | undefined>;
	/**
	 * Asks the server to put the branch where it is: who may push is checked, and nothing changes. Throws Fault
	 * `branch-protected` where the server declines that, `push-overtaken` where the branch has moved on. What a server asks
	 * of a commit itself (a signature, an author) it says only when there is one.
	 */
	rehearse(): Promise<void>;
	/**
	 * One file, which the commit has already, with another text.
	 * @returns false when the branch has moved on: nothing was done
	 * Throws Fault `push-denied` besides, where the branch stands still and the server does not take the commit.
	 */
	write(intent: Intent, file: string, text: string, message: string): Promise<boolean>;
	/** Names of branches that begin so. */
	branches(prefix: string): Promise<readonly string[]>;
	/** @returns `undefined` only if there is no such branch */
	ownBranch(name: string, file: string): Promise<OwnBranch | undefined>;
	/**
	 * One file with another text, on a branch of the app's own, made on the newest commit of the branch.
	 * @param replaced as it was seen, where it is there
	 * @returns false when it is not at that commit any more, or there is one now: nothing was done
	 * Throws Fault `push-denied` where the server does not take it.
	 */
	propose(
		intent: Intent,
		name: string,
		replaced: OwnBranch | undefined,
		commit: { readonly file: string; readonly text: string; readonly message: string },
	): Promise<boolean>;
	/** Removes a branch of the app's own, where it is still as it was seen and the server lets it. */
	withdraw(intent: Intent, branch: OwnBranch): Promise<void>;
	/** Asks the server whether the credential may push at all; which branch is not asked. */
	mayPush(): Promise<void>;
}
