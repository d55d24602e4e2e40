// Signs with a key in Key Vault, which does not leave it.
// KS1. Nothing but `sign` is asked for. Otherwise: the app needs the right to read keys too, or each start costs a refusal
//      (given a key's id alone, the SDK fetches the key first). Kept by: head-signer.test.ts, on a vault that allows
//      nothing else.
// KS2. The version comes from the vault's answer. Otherwise: after the key was rotated, signatures name a version that did
//      not make them (the SDK repeats what it was given).
// KS3. A client is kept once it has been let in, and not before. Otherwise: one whose first challenge failed sends all
//      that follows without a token, and never signs again (see P1 of pipeline.ts). Kept by: head-signer.test.ts.

import type { TokenCredential } from "@azure/identity";
import { CryptographyClient, parseKeyVaultKeyIdentifier } from "@azure/keyvault-keys";
import { Fault } from "../../domain/fault.ts";
import type { HeadSigner } from "../../ports/audit-head.ts";
import { directly, type Perform } from "../../ports/effect.ts";
import { orFault } from "../identity/credential.ts";
import { denialOf } from "./faults.ts";
import { isForeign, pipeline, type Refusal, word } from "./pipeline.ts";
import { insecureOptions } from "./store.ts";

/** What is signed, and what a key has to be for it, as a fault says of one that is not. */
const wanted = { ES256: "is none on P-256 that may sign", RS256: "is no RSA key that may sign" } as const;
type Algorithm = keyof typeof wanted;

/**
 * @param options.keyUrl `https://<vault>.vault.azure.net/keys/<name>`, its newest version signs; or with a version
 * @param options.algorithm ES256 signs heads, RS256 what GitHub asks of an app
 */
export function keyVaultSigner(options: {
	keyUrl: string;
	algorithm: Algorithm;
	credential: TokenCredential;
	perform?: Perform;
}): HeadSigner {
	const { keyUrl, algorithm, credential, perform = directly } = options;
	const { name, vaultUrl } = parseKeyVaultKeyIdentifier(keyUrl);
	// A key whose material is left out: all the SDK can do with it is to ask the vault.
	const key = { id: keyUrl, name, properties: { name, vaultUrl } };
	const connect = () => {
		const { policies: additionalPolicies, isWarm } = pipeline(vaultUrl, perform);
		const options = { ...insecureOptions(vaultUrl), additionalPolicies, retryOptions: { maxRetries: 0 } };
		return { client: new CryptographyClient(key, orFault(credential, `key ${name}`, perform), options), isWarm };
	};
	let known: CryptographyClient | undefined;
	return {
		async sign(digest) {
			let answer: { readonly bodyAsText?: string | null } | undefined;
			const { client, isWarm } = known ? { client: known, isWarm: () => true } : connect();
			try {
				const { result } = await client.sign(algorithm, digest, {
					onResponse: (response) => {
						answer = response;
					},
				});
				return { signature: result, key: versionIn(answer?.bodyAsText) ?? keyUrl };
			} catch (error) {
				throw asFault(error, keyUrl, algorithm);
			} finally {
				if (isWarm()) known ??= client;
			}
		},
	};
}

function versionIn(body: string | null | undefined): string | undefined {
	const { kid } = JSON.parse(body ?? "{}") as { kid?: unknown };
	return typeof kid === "string" ? kid : undefined;
}

/** By status and code, as for secrets; what another try may correct is transient. */
function asFault(error: unknown, key: string, algorithm: Algorithm): Fault {
	if (error instanceof Fault) return error;
	const { statusCode, code, inner, [isForeign]: foreign } = error as Partial<Refusal> & { [isForeign]?: true };
	const unusable = (detail: string) => new Fault("signing-key-unusable", { key, detail }, error);
	if (foreign) return unusable("is at the address of something that is no Key Vault");
	if (statusCode === 404 && code === "KeyNotFound") return unusable("does not exist");
	if (statusCode === 400 || (statusCode === 403 && inner === "KeyOperationForbidden")) {
		return unusable(wanted[algorithm]);
	}
	const denial = statusCode === 403 ? denialOf({ code, inner }) : "network";
	if (denial === "right") return new Fault("signing-forbidden", { key }, error);
	if (denial === "disabled") return unusable("is disabled");
	if (denial === "other") return unusable(`cannot be used now, in Key Vault's words: ${word(inner)}`);
	return new Fault("signing-unavailable", { key }, error);
}
