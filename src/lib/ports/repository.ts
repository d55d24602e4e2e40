// A git repository, one branch of it, as the app may read and write it.
// RP1. A commit is made on the newest one and pushed only if that is still the newest: never by force. Otherwise: somebody
//      else's commit is gone.

import type { Intent } from "./audit-log.ts";

export interface Repository {
	/** The configuration's key: what faults call it. */
	readonly name: string;
	readonly url: string;
	readonly branch: string;
	/**
	 * The newest commit of the branch, without its history. Each is asked for anew.
	 * Throws Fault `repository-unreachable`, `repository-failed`, `token-unavailable` (transient); `repository-untrusted`,
	 * `repository-unauthorized`, `repository-forbidden`, `repository-missing`, `repository-moved`, `branch-missing`, `repository-foreign` (final).
	 */
	open(): Promise<Checkout>;
}

export interface Checkout extends AsyncDisposable {
	readonly commit: string;
	/** @returns `undefined` only if the commit has no such file */
	read(file: string): Promise<string | undefined>;
	/**
	 * Asks the server to put the branch where it is: who may push is checked, and nothing changes.
	 * Throws Fault `branch-protected` where the server declines that, `push-overtaken` where the branch has moved on. What a
	 * server asks of a commit itself (a signature, an author) it tells only when there is one.
	 */
	rehearse(): Promise<void>;
	/**
	 * One file, which the commit has already, with another text.
	 * @returns false when the branch has moved on: nothing was done
	 * Throws Fault `push-denied` besides, where the branch stands still and the server does not take the commit.
	 */
	write(intent: Intent, file: string, text: string, message: string): Promise<boolean>;
}
