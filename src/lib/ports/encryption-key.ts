// Keys in vaults that something is encrypted for: the public half is all that is asked of them.

/** An RSA key's modulus and exponent, in base64url. */
export interface PublicKey {
	readonly n: string;
	readonly e: string;
}

export interface EncryptionKeys {
	/**
	 * @param key `https://<vault>/keys/<name>/<version>`
	 * @returns the public half of an RSA key
	 * Throws Fault `encryption-key-unavailable` (transient), `encryption-key-forbidden`, `encryption-key-unusable`.
	 */
	publicKey(key: string): Promise<PublicKey>;
}
