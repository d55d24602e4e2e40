// What keeps the end of the audit log from being cut off unseen: its head, signed with a key that the app cannot read,
// kept beside the log and in a second store.
// AH1. None of these asks for an `Intent`: they are about the log itself, and change nothing of a rotation.

/** Where a log ends. */
export interface Head {
	/** The log's name: its container's URL. */
	readonly log: string;
	readonly seq: number;
	readonly hash: string;
}

/** What is signed. */
export interface HeadStatement extends Head {
	/** When it was signed, ISO 8601. */
	readonly time: string;
}

export interface SignedHead {
	readonly head: HeadStatement;
	/** The version of the key that signed: `https://<vault>/keys/<name>/<version>`. Told by the vault, and not signed. */
	readonly key: string;
	/** RFC 7515 in its compact form, ES256, with its payload left out (appendix F): that is the RFC 8785 form of `head`. */
	readonly jws: string;
}

/** Throws Fault `signing-unavailable`, `token-unavailable` (transient); `signing-forbidden`, `signing-key-unusable` (final). */
export interface HeadSigner {
	/**
	 * @param digest SHA-256, 32 bytes
	 * @returns r and s, 64 bytes, and the version of the key
	 */
	sign(digest: Uint8Array): Promise<{ signature: Uint8Array; key: string }>;
}

/**
 * Keeps signed heads, in whatever order they come; the same one twice, or two of one record, do no harm.
 * Throws Fault `heads-unavailable`, `token-unavailable` (transient); `heads-forbidden`, `heads-rejected` (final).
 */
export interface HeadStore {
	append(head: SignedHead): Promise<void>;
}

/** A part that no setting names is absent. */
export interface Heads {
	readonly signer?: HeadSigner;
	/** Beside the log: for a quick check, and for whoever has one export. */
	readonly beside: HeadStore;
	/** Whoever may write to the log's account may not change it there. */
	readonly copy?: HeadStore;
}
