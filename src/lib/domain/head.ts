// The head of the audit log: where it ends, and the signature that keeps its end from being cut off unseen.

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
	/** The version of the key that signed: `https://<vault>/keys/<name>/<version>`. The vault says it; it is not signed. */
	readonly key: string;
	/** RFC 7515 in its compact form, ES256, with its payload left out (appendix F): that is the RFC 8785 form of `head`. */
	readonly jws: string;
}

/**
 * Signs with a key that the app cannot read.
 * @param digest SHA-256, 32 bytes
 * @returns r and s, 64 bytes, and the version of the key
 */
export type Sign = (digest: Uint8Array) => Promise<{ signature: Uint8Array; key: string }>;
