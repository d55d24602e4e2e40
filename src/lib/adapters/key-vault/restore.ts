// Puts a backup back into a vault, for the person who runs `rotator restore`: no port of the app has it.
// KR1. The app cannot restore: nothing that it is composed of imports this file. Otherwise: anyone who takes the app over puts an old
//      password in the place of the live one. Kept by: restore.test.ts.

import type { TokenCredential } from "@azure/identity";
import { SecretClient } from "@azure/keyvault-secrets";
import { Fault } from "../../domain/fault.ts";
import { orFault } from "../identity/credential.ts";
import { asFault } from "./faults.ts";
import { pipeline } from "./pipeline.ts";
import { insecureOptions } from "./store.ts";

/**
 * Under the name that the secret had, with its versions, their ids, times and tags.
 * Throws Fault `vault-forbidden`, `secret-deleted` where the name is held by a deleted secret, `vault-busy` where it is taken,
 * `backup-of-another` for one of another secret, which is restored under its own name, `vault-rejected` for a backup that this vault cannot open, and what every call to a vault throws.
 * @returns the newest version
 */
export async function restoreSecret(
	{ name: vault, url, credential }: { name: string; url: string; credential: TokenCredential },
	secret: string,
	backup: Uint8Array,
): Promise<string> {
	const { policies = [] } = pipeline(url);
	const client = new SecretClient(url, orFault(credential, `vault ${vault}`), {
		...insecureOptions(url),
		additionalPolicies: policies,
		retryOptions: { maxRetries: 0 },
	});
	try {
		// The client is let in before it sends a body (P1 of pipeline.ts).
		for await (const _ of client.listPropertiesOfSecretVersions(secret)) break;
		const { name, version = "" } = await client.restoreSecretBackup(backup);
		// The vault's word on what was in it; the blob's name is only what somebody called it.
		if (name.toLowerCase() !== secret.toLowerCase())
			throw new Fault("backup-of-another", { vault, secret, found: name });
		return version;
	} catch (error) {
		throw asFault(error, { vault, secret, right: "restore" });
	}
}
