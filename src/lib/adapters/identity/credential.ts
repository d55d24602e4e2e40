// The app's identity: what it signs in as, to the vaults, the clusters and the storage account.
// ID1. In Azure it is the managed identity and nothing else. Otherwise: a developer's left-over login or an environment
//      variable decides who the rotator is. Kept by: identity.test.ts.
// ID2. Anyone who is refused with 401 gets another token by asking with claims. Otherwise: each try brings the one that was refused,
//      for up to a day. Kept by: identity.test.ts, secret-store.test.ts.

import {
	type AccessToken,
	DefaultAzureCredential,
	type GetTokenOptions,
	ManagedIdentityCredential,
	type TokenCredential,
} from "@azure/identity";
import { ManagedIdentityApplication } from "@azure/msal-node";
import type { Settings } from "../../config/settings.ts";
import { Fault } from "../../domain/fault.ts";
import { directly, type Perform } from "../../ports/effect.ts";

/** Few and short: the orchestration retries too. */
const retryOptions = { maxRetries: 2, retryDelayInMs: 200, maxRetryDelayInMs: 1000 };

/** In place of the claims that a service may ask for: nothing but another token. */
export const anew = "{}";

/** The SDK's own pays no heed to claims, and all of a process share one cache: so the token in it is replaced. */
class RenewedManagedIdentity extends ManagedIdentityCredential {
	readonly #cache: ManagedIdentityApplication;
	constructor(clientId: string | undefined) {
		super({ ...(clientId !== undefined && { clientId }), retryOptions });
		this.#cache = new ManagedIdentityApplication({
			...(clientId !== undefined && { managedIdentityIdParams: { userAssignedClientId: clientId } }),
			system: { disableInternalRetries: true },
		});
	}
	override async getToken(scopes: string | string[], options: GetTokenOptions = {}): Promise<AccessToken> {
		const [resource] = [scopes].flat();
		if (options.claims !== undefined && resource !== undefined)
			await this.#cache.acquireToken({ resource, forceRefresh: true });
		return super.getToken(scopes, options);
	}
}

/** A developer's sign-in takes claims for what they are: the Azure CLI asks for another login then. */
class DeveloperCredential extends DefaultAzureCredential {
	override getToken(scopes: string | string[], { claims, ...options }: GetTokenOptions = {}): Promise<AccessToken> {
		return super.getToken(scopes, claims === anew ? options : { ...options, claims });
	}
}

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
	return environment.IDENTITY_ENDPOINT === undefined
		? new DeveloperCredential({ retryOptions, managedIdentityClientId: clientId })
		: new RenewedManagedIdentity(clientId);
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

/** Whose token it is; nothing of it is checked, since it is the app's own. */
export function objectIdIn(token: string): string | undefined {
	try {
		const { oid } = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()) as { oid?: unknown };
		return typeof oid === "string" && /^[0-9a-f-]{36}$/i.test(oid) ? oid : undefined;
	} catch {
		return undefined;
	}
}

/** As early as the SDKs' own clients renew theirs. */
const renewBeforeMs = 5 * 60_000;

/**
 * For clients that take a bearer token rather than a credential; it is kept until shortly before it ends, as the SDKs'
 * clients do it: a call to a cluster is one effect, not two.
 * @param scope `<resource>/.default`
 * @returns a function that throws Fault `token-unavailable`; `anew`: the one before was refused
 */
export function tokenFor(
	credential: TokenCredential,
	scope: string,
	perform: Perform = directly,
): (options?: { readonly anew: boolean }) => Promise<string> {
	const resource = scope.replace(/\/\.default$/, "");
	const faulting = orFault(credential, resource, perform);
	let kept: AccessToken | undefined;
	return async (options) => {
		if (!options?.anew && kept && kept.expiresOnTimestamp - Date.now() > renewBeforeMs) return kept.token;
		const token = await faulting.getToken(scope, options?.anew ? { claims: anew } : {});
		if (token === null) throw new Fault("token-unavailable", { resource });
		kept = token;
		return token.token;
	};
}
