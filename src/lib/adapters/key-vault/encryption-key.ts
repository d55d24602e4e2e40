// The public half of an RSA key in Key Vault, for those who encrypt: the key that decrypts does not leave the vault, and the app
// has no right to use it.
// EK1. A disabled version is not used to encrypt. Otherwise: nobody can read what is written. Kept by:
//      encryption-key.test.ts.

import type { TokenCredential } from "@azure/identity";
import { KeyClient, type KeyVaultKey, parseKeyVaultKeyIdentifier } from "@azure/keyvault-keys";
import { Fault } from "../../domain/fault.ts";
import { directly, type Perform } from "../../ports/effect.ts";
import type { EncryptionKeys, PublicKey } from "../../ports/encryption-key.ts";
import { orFault } from "../identity/credential.ts";
import { denialOf } from "./faults.ts";
import { isForeign, pipeline, type Refusal } from "./pipeline.ts";
import { insecureOptions } from "./store.ts";

export const keyVaultEncryptionKeys = (options: {
	credential: TokenCredential;
	perform?: Perform;
}): EncryptionKeys => ({
	async publicKey(address) {
		const { credential, perform = directly } = options;
		const { name, vaultUrl, version } = parseKeyVaultKeyIdentifier(address);
		const client = new KeyClient(vaultUrl, orFault(credential, `key ${name}`, perform), {
			...insecureOptions(vaultUrl),
			additionalPolicies: pipeline(vaultUrl, perform).policies,
			retryOptions: { maxRetries: 0 },
		});
		try {
			const found = await client.getKey(name, { version });
			if (found.properties.enabled === false)
				throw new Fault("encryption-key-unusable", { key: address, detail: "is disabled" });
			return publicHalf(found, address);
		} catch (error) {
			throw asFault(error, address);
		}
	},
});

function publicHalf({ key }: KeyVaultKey, address: string): PublicKey {
	if (!key?.n || !key.e || !["RSA", "RSA-HSM"].includes(key.kty ?? ""))
		throw new Fault("encryption-key-unusable", { key: address, detail: "is no RSA key" });
	const text = (part: Uint8Array) => Buffer.from(part).toString("base64url");
	return { n: text(key.n), e: text(key.e) };
}

function asFault(error: unknown, key: string): Fault {
	if (error instanceof Fault) return error;
	const { statusCode, code, inner, [isForeign]: foreign } = error as Partial<Refusal> & { [isForeign]?: true };
	const unusable = (detail: string) => new Fault("encryption-key-unusable", { key, detail }, error);
	if (foreign) return unusable("is at the address of something that is no Key Vault");
	if (statusCode === 404 && code === "KeyNotFound") return unusable("does not exist");
	const denial = statusCode === 403 ? denialOf({ code, inner }) : "network";
	return denial === "right"
		? new Fault("encryption-key-forbidden", { key }, error)
		: new Fault("encryption-key-unavailable", { key }, error);
}
