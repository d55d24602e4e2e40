// Entra ID's token endpoint, as workload identity uses it: a token of a Kubernetes ServiceAccount for one of Azure's.
// FE1. Only what the federated credential names is believed: its issuer, signed with the issuer's key, for its subject and audience,
//      within its time. Otherwise: any pod gets the identity of any other. Kept by: federation.test.ts.
import { jwtVerify } from "jose";
import type { Answer, Request } from "../loopback/index.ts";

/** What a federated credential names. */
export interface Federation {
	readonly issuer: string;
	/** `system:serviceaccount:<namespace>:<name>` */
	readonly subject: string;
	/** The issuer's public key (RS256). */
	readonly key: CryptoKey;
}

export const exchangeAudience = "api://AzureADTokenExchange";
const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/** The part of OpenID's configuration that MSAL asks for. */
export const openIdConfiguration = (authority: string, tenantId: string, jwksUri: string): Answer => ({
	status: 200,
	json: {
		issuer: `${authority}/${tenantId}/v2.0`,
		authorization_endpoint: `${authority}/${tenantId}/oauth2/v2.0/authorize`,
		token_endpoint: `${authority}/${tenantId}/oauth2/v2.0/token`,
		jwks_uri: jwksUri,
	},
});

/**
 * @param federationsOf the federated credentials of the identity with this client id; none of an unknown one
 * @param issue a token of that identity for a resource
 */
export async function exchange(
	{ body }: Request,
	federationsOf: (clientId: string) => readonly Federation[],
	issue: (clientId: string, resource: string) => Promise<{ token: string; expiresOn: number }>,
): Promise<Answer> {
	const form = new URLSearchParams(body);
	const clientId = form.get("client_id") ?? "";
	if (form.get("grant_type") !== "client_credentials" || form.get("client_assertion_type") !== assertionType)
		return refused("invalid_request", "AADSTS900144: The request body must contain a client assertion.");
	const resource = (form.get("scope") ?? "").split(" ").find((scope) => scope.endsWith("/.default"));
	if (!resource) return refused("invalid_scope", "AADSTS1002012: The scope is not valid; it must end with /.default.");
	if (!(await isBelieved(form.get("client_assertion") ?? "", federationsOf(clientId))))
		return refused(
			"invalid_client",
			"AADSTS700213: No matching federated identity record found for presented assertion.",
			401,
		);
	const { token, expiresOn } = await issue(clientId, resource.slice(0, -"/.default".length));
	const expires_in = expiresOn - Math.floor(Date.now() / 1000);
	return { status: 200, json: { token_type: "Bearer", expires_in, ext_expires_in: expires_in, access_token: token } };
}

async function isBelieved(assertion: string, federations: readonly Federation[]): Promise<boolean> {
	for (const { issuer, subject, key } of federations) {
		const verified = await jwtVerify(assertion, key, {
			algorithms: ["RS256"],
			audience: exchangeAudience,
			issuer,
			subject,
			requiredClaims: ["exp"],
		}).catch(() => undefined);
		if (verified) return true;
	}
	return false;
}

const refused = (error: string, error_description: string, status = 400): Answer => ({
	status,
	json: { error, error_description },
});
