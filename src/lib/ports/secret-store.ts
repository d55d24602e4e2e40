// One vault of secrets.
// S1. An outage is never an absence: `latest` answers "absent" only if the vault says so. Otherwise: a new pending
//     password over one that the database already has. Kept by: test/contract/secret-store.test.ts.
// S2. "Latest" is the newest version created, enabled or not, without fallback, as every consumer reads it.

import type { Password } from "../domain/password.ts";
import type { Latest, SecretVersion, VersionId } from "../domain/secret-version.ts";
import type { Intent } from "./audit-log.ts";

export interface NewVersion {
	/** At most 25,600 bytes. */
	readonly value: Password;
	/** At most 15. */
	readonly tags: Readonly<Record<string, string>>;
	/** At most 2038-01-19T03:14:07Z: the SDK sends later ones negative. */
	readonly expires?: Date;
	readonly contentType?: string;
}

/** What is known of a soft-deleted secret's newest version, without its value. */
export interface DeletedSecret {
	/** `false` where its newest version is disabled: the vault shows nothing of such a one, so its tags may be missing. */
	readonly enabled: boolean;
	readonly tags: Readonly<Record<string, string>>;
	/** Absent where the vault does not show it. */
	readonly version?: VersionId;
}

/** The newest version's properties of each secret, without values. */
export interface ListedSecret {
	readonly name: string;
	readonly enabled: boolean;
	readonly created?: Date;
	readonly expires?: Date | undefined;
	readonly tags: Readonly<Record<string, string>>;
	readonly contentType?: string | undefined;
}

/**
 * Throws Fault `vault-unreachable`, `vault-throttled`, `vault-busy`, `token-unavailable` (transient); `vault-forbidden`,
 * `vault-denied` (name the right: read, write, update, recover, list, back up), `vault-unauthorized`, `vault-blocked`,
 * `vault-foreign`, `vault-rejected` (final).
 *
 * While the vault deletes or recovers a secret, some seconds to a minute, it is neither live nor deleted: `latest` says
 * "absent", and so does `deleted`.
 */
export interface SecretStore {
	latest(name: string): Promise<Latest>;
	/** One version's value, also when it is not the latest. Throws Fault `secret-missing`, `secret-disabled` besides. */
	version(name: string, version: VersionId): Promise<Password>;
	/**
	 * A new version; recovers nothing and purges nothing. Throws Fault `secret-deleted`, `secret-being-deleted` (transient)
	 * besides. After `vault-unreachable` the version may exist: it is not tried again here, because each PUT makes a version.
	 * Look at `latest` before writing again. After `vault-throttled` it does not exist. A throttling vault is waited for, some
	 * seconds at most; with `atOnce` it is not.
	 */
	write(
		intent: Intent,
		name: string,
		content: NewVersion,
		options?: { readonly atOnce?: boolean },
	): Promise<SecretVersion>;
	/**
	 * Room for so many new versions, held until it is given back. Asked for before what must not wait for the vault: within
	 * it, `write` is not throttled for what this process writes. Asks the vault nothing.
	 * Throws Fault `vault-queued` (transient) where others have it for longer than some seconds, and `vault-throttled` while the
	 * vault itself wants nothing, as it said in any of its answers.
	 * @param who whose turn comes by when it asked first
	 * @param options.atOnce it is not waited for
	 */
	room(writes: number, who: string, options?: { readonly atOnce?: boolean }): Promise<Disposable>;
	/**
	 * Brings a soft-deleted secret back (its name is taken until then) and waits until it is live, enabled or not. Idempotent.
	 * Throws Fault `secret-being-deleted`, `secret-nowhere` (transient) besides: the second where the vault knows of no
	 * such secret, which may be one that it recovers already.
	 */
	recover(intent: Intent, name: string): Promise<void>;
	/** Idempotent; tags stay. Throws Fault `secret-missing` besides. */
	disable(intent: Intent, name: string, version: VersionId): Promise<void>;
	/** Changes what is given of a version, and leaves its value; tags replace all of them. Idempotent. Throws Fault `secret-missing` besides. */
	update(
		intent: Intent,
		name: string,
		version: VersionId,
		change: { readonly enabled?: true; readonly tags?: Readonly<Record<string, string>> },
	): Promise<void>;
	/**
	 * All versions of a secret, 500 at most, as the vault itself seals them: it opens only for a vault of the same subscription and
	 * geography. Throws Fault `secret-missing` besides. The vault is left as it is; an intent is asked for because a copy leaves it.
	 */
	backup(intent: Intent, name: string): Promise<Uint8Array>;
	/** `undefined` for a secret that is not deleted, never was, or is being deleted just now. */
	deleted(name: string): Promise<DeletedSecret | undefined>;
	/** All versions, oldest first (of one second in no order), without values; none of a deleted or unknown secret. */
	versions(name: string): Promise<readonly SecretVersion[]>;
	/** Every secret of the vault, for the sweep, except what Key Vault keeps for its certificates and renews with them. */
	list(): AsyncIterable<ListedSecret>;
}
