// What keeps the end of the audit log from being cut off unseen: its head, signed with a key that the app cannot read,
// kept beside the log and in a second store.
// AH1. None of these asks for an `Intent`: they are about the log itself, and change nothing of a rotation.

import type { Sign, SignedHead } from "../domain/head.ts";

/** Throws Fault `signing-unavailable`, `token-unavailable` (transient); `signing-forbidden`, `signing-key-unusable` (final). */
export interface HeadSigner {
	readonly sign: Sign;
}

/**
 * Keeps signed heads, in whatever order they come; the same one twice, or two of one record, do no harm.
 * Throws Fault `heads-unavailable`, `token-unavailable` (transient); `heads-forbidden`, `heads-rejected` (final).
 */
export interface HeadStore {
	append(head: SignedHead): Promise<void>;
}

/** Throws what `HeadStore` throws. */
export interface KeptHeads {
	/** Every head that was kept, in no order; what is none is left out. Whether they are signed by the key is not looked at. */
	all(): AsyncIterable<SignedHead>;
}

/** A part that no setting names is absent. */
export interface Heads {
	readonly signer?: HeadSigner;
	/** Beside the log: for a quick check, and for anyone who has one export. */
	readonly beside: HeadStore & KeptHeads;
	/** Anyone who may write to the log's account may not change it there. */
	readonly copy?: HeadStore;
}
