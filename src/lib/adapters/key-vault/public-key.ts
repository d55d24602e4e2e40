// The public half of the key that signs, for anyone who checks: the right to read keys is the auditor's, not the app's.

import { createPublicKey, type KeyObject } from "node:crypto";
import type { TokenCredential } from "@azure/identity";
import { KeyClient, parseKeyVaultKeyIdentifier } from "@azure/keyvault-keys";
import { Fault } from "../../domain/fault.ts";
import { orFault } from "../identity/credential.ts";
import { pipeline } from "./pipeline.ts";
import { insecureOptions } from "./store.ts";

/**
 * @param options.keyUrl the key, with or without a version
 * @returns a function from the address of a version to its key: none if it is no version of that key
 * @throws Fault `signing-key-unreadable`
 */
export function versionsOfKey(options: {
	keyUrl: string;
	credential: TokenCredential;
}): (version: string) => Promise<KeyObject | undefined> {
	const { name, vaultUrl } = parseKeyVaultKeyIdentifier(options.keyUrl);
	const client = new KeyClient(vaultUrl, orFault(options.credential, `key ${name}`), {
		...insecureOptions(vaultUrl),
		additionalPolicies: pipeline(vaultUrl).policies,
		retryOptions: { maxRetries: 0 },
	});
	// As the vault calls it, which may be written otherwise in a setting: names and hosts have no case.
	const prefix = new URL(`/keys/${name}/`, vaultUrl).href.toLowerCase();
	return async (address) => {
		const version = address.slice(prefix.length);
		if (!address.toLowerCase().startsWith(prefix) || !/^[0-9a-f]{32}$/.test(version)) return undefined;
		try {
			const { key } = await client.getKey(name, { version });
			const [x, y] = [key?.x, key?.y].map((part) => Buffer.from(part ?? []).toString("base64url"));
			return createPublicKey({ key: { kty: "EC", crv: key?.crv, x, y }, format: "jwk" });
		} catch (error) {
			if (error instanceof Fault) throw error;
			const { statusCode, code } = error as { statusCode?: number; code?: string };
			if (statusCode === 404 && code === "KeyNotFound") return undefined;
			throw new Fault("signing-key-unreadable", { key: options.keyUrl }, error);
		}
	};
}
