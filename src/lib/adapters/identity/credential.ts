// The app's identity: what it signs in as, to the vaults, the clusters and the storage account.
// ID1. In Azure it is the managed identity and nothing else. Otherwise: a developer's left-over login or an environment
//      variable decides who the rotator is. Kept by: identity.test.ts.

import {
	type AccessToken,
	DefaultAzureCredential,
	ManagedIdentityCredential,
	type TokenCredential,
} from "@azure/identity";
import type { Settings } from "../../config/settings.ts";
import { Fault } from "../../domain/fault.ts";
import { directly, type Perform } from "../../ports/effect.ts";

/** Few and short: the orchestration retries too. */
const retryOptions = { maxRetries: 2, retryDelayInMs: 200, maxRetryDelayInMs: 1000 };

/**
 * Make it once and share it: it keeps the tokens.
 * @param environment of the process; App Service sets IDENTITY_ENDPOINT where a managed identity is assigned
 * @returns the managed identity there, else whatever the developer is signed in with
 * @see https://learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference
 */
export function azureCredential(
	settings: Pick<Settings, "AZURE_CLIENT_ID">,
	environment: Readonly<Record<string, string | undefined>>,
): TokenCredential {
	const clientId = settings.AZURE_CLIENT_ID;
	if (environment.IDENTITY_ENDPOINT === undefined)
		return new DefaultAzureCredential({ retryOptions, managedIdentityClientId: clientId });
	return clientId === undefined
		? new ManagedIdentityCredential({ retryOptions })
		: new ManagedIdentityCredential({ clientId, retryOptions });
}

/**
 * The same credential; whatever it throws is Fault `token-unavailable`.
 * @param resource what the token is for, in words
 */
export const orFault = (
	credential: TokenCredential,
	resource: string,
	perform: Perform = directly,
): TokenCredential => ({
	async getToken(scopes, options) {
		try {
			return await perform(`token ${resource}`, () => credential.getToken(scopes, options));
		} catch (error) {
			throw new Fault("token-unavailable", { resource }, error);
		}
	},
});

/** As early as the SDKs' own clients renew theirs. */
const renewBeforeMs = 5 * 60_000;

/**
 * For clients that take a bearer token rather than a credential; it is kept until shortly before it ends, as the SDKs'
 * clients do it: a call to a cluster is one effect, not two.
 * @param scope `<resource>/.default`
 * @returns a function that throws Fault `token-unavailable`
 */
export function tokenFor(
	credential: TokenCredential,
	scope: string,
	perform: Perform = directly,
): () => Promise<string> {
	const resource = scope.replace(/\/\.default$/, "");
	const faulting = orFault(credential, resource, perform);
	let kept: AccessToken | undefined;
	return async () => {
		if (kept && kept.expiresOnTimestamp - Date.now() > renewBeforeMs) return kept.token;
		const token = await faulting.getToken(scope);
		if (token === null) throw new Fault("token-unavailable", { resource });
		kept = token;
		return token.token;
	};
}
