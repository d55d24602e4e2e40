// Stands in for Entra ID and for the managed identity endpoint of App Service.
// I1. The application uses the real ManagedIdentityCredential and real signed tokens: it cannot tell the difference.
//     Otherwise: the path that runs in Azure is one that no test has gone. Kept by: identity.test.ts.
// I2. Each managed identity has its own header secret, and gets tokens for itself alone.
//     Otherwise: the application could act as an agent of the stack. Kept by: identity.test.ts.
import { randomBytes, randomUUID } from "node:crypto";
import type { TokenCredential } from "@azure/identity";
import { errors, type JWTPayload } from "jose";
import { type Answer, type Faults, faults, type Request, serve } from "../loopback/index.ts";
import { authorization, type Person, type PublicClient } from "./authorization.ts";
import { exchange, type Federation, openIdConfiguration } from "./federation.ts";
import { aksAudience, tokenReview } from "./token-review.ts";
import { type Claims, issuerV1, issuerV2, tokens } from "./tokens.ts";

export type { Person, PublicClient } from "./authorization.ts";
export { exchangeAudience, type Federation } from "./federation.ts";
export type { Claims } from "./tokens.ts";

/** A user-assigned identity: both ids are GUIDs; `name` is for people. */
export interface Principal {
	readonly objectId: string;
	readonly clientId: string;
	readonly name: string;
}

export interface ManagedIdentity {
	/** for the environment of the process that acts as this identity */
	readonly env: { readonly IDENTITY_ENDPOINT: string; readonly IDENTITY_HEADER: string };
	/** the same tokens within this process, for the agents of the stack */
	credential(): TokenCredential;
}

/** What an operator's token says. Any further claim is added or replaces ours; `undefined` leaves ours out. */
export type OperatorClaims = {
	audience: string;
	roles: string[];
	objectId?: string;
	name?: string;
	expiresInSeconds?: number;
} & Record<string, unknown>;

export interface Issued {
	/** Every token of a managed identity, for whatever resource. */
	readonly managedIdentities: readonly string[];
	/** Every operator's token, and what a browser's sign-in can be had again with. */
	readonly operators: readonly string[];
	/** What managed identities' processes prove themselves with. */
	readonly headers: readonly string[];
	/** The private part of the key that all tokens are signed with. */
	readonly signingKey: string;
}

export interface Identity extends AsyncDisposable {
	readonly url: string;
	readonly tenantId: string;
	/** Where pods exchange their tokens (AZURE_AUTHORITY_HOST), over https; absent without a certificate. */
	readonly authority?: string;
	/** of operators' tokens (v2) */
	readonly issuer: string;
	readonly jwksUri: string;
	/** for `--authentication-token-webhook-config-file`: takes POST of a TokenReview */
	readonly tokenReviewUrl: string;
	readonly faults: Faults;
	/** Everything secret that came from here, for a search of what was written. */
	readonly issued: Issued;
	managedIdentity(principal: Principal): ManagedIdentity;
	/** A federated credential: anyone who has a token that it names gets tokens of this identity. */
	federate(principal: Principal, federation: Federation): void;
	/** An app that people sign in with, in a browser or from a command. */
	registerClient(client: PublicClient): void;
	/** Somebody who can sign in so: by `login_hint`, or as the page asks. */
	admit(person: Person): void;
	/** No token that a managed identity has so far is believed from now on, as when its sessions are revoked. */
	revoke(): void;
	/** A wrong signature comes from a second identity with the same `tenantId`. */
	operatorToken(claims: OperatorClaims): Promise<string>;
	/** Checks signature, issuer, audience, `exp` and `nbf`. @throws an error of jose with a `code` */
	verify(token: string, audience: string): Promise<Claims>;
}

/** Resources that a token can be had for; a slash at the end makes another audience of it, as in Azure. */
const resources =
	/^(https:\/\/vault\.azure\.net|https:\/\/monitor\.azure\.com|https:\/\/api\.loganalytics\.io|https:\/\/storage\.azure\.com|https:\/\/[a-z0-9]+\.blob\.core\.windows\.net|https:\/\/ossrdbms-aad\.database\.windows\.net)\/?$/;
const known = (resource: string) => resource === aksAudience || resources.test(resource);

/**
 * @param options.tenantId a GUID; default: a new one
 * @param options.tokenLifetimeSeconds of managed identities' tokens; default 24 hours, as in Azure
 * @param options.tls PEM texts; with them there is an `authority`, which MSAL asks over https only
 */
export const startIdentity = async (
	options: {
		tenantId?: string;
		tokenLifetimeSeconds?: number;
		tls?: { readonly cert: string; readonly key: string };
	} = {},
): Promise<Identity> => {
	const { tenantId = randomUUID(), tokenLifetimeSeconds = 24 * 60 * 60, tls } = options;
	const { jwks, sign, verify: check, privateExponent } = await tokens(tenantId);
	let revoked: ReadonlySet<string> = new Set();
	const verify: typeof check = async (token, audience) => {
		if (revoked.has(token)) throw new errors.JWTInvalid("The token was revoked.");
		return check(token, audience);
	};
	const principals = new Map<string, Principal>();
	/** By client id. */
	const federated = new Map<string, { readonly principal: Principal; readonly federations: Federation[] }>();
	const managedIdentities: string[] = [];
	const operators: string[] = [];
	const injected = faults();

	const issue = async (principal: Principal, resource: string) => {
		const issued = times(tokenLifetimeSeconds);
		const token = await sign({ aud: resource, iss: issuerV1(tenantId), ...issued, ...about(principal, tenantId) });
		managedIdentities.push(token);
		return { token, expiresOn: issued.exp };
	};

	const msi = async ({ headers, url }: Request): Promise<Answer> => {
		const principal = principals.get(`${headers["x-identity-header"]}`);
		if (!principal) return refused(401, "The request has no X-IDENTITY-HEADER, or a wrong one.");
		const asked = url.searchParams;
		if (asked.get("api-version") !== "2019-08-01") return refused(400, "The api-version is not supported.");
		if (!isAssigned(principal, asked)) return refused(400, notAssigned);
		const resource = asked.get("resource");
		if (!resource) return refused(400, "The resource parameter is missing.");
		if (!known(resource)) return refused(400, unknownResource(resource, tenantId), "invalid_resource");
		const { token, expiresOn } = await issue(principal, resource);
		// MSAL caches only what echoes `resource` exactly
		const json = { access_token: token, expires_on: `${expiresOn}`, resource, token_type: "Bearer" };
		return { status: 200, json: { ...json, client_id: principal.clientId } };
	};

	const operatorToken = async (claims: OperatorClaims) => {
		const token = await sign(operator(claims, tenantId));
		operators.push(token);
		return token;
	};
	const people = authorization({
		tenantId,
		accessToken: ({ objectId, name, roles }, { audience, clientId }) =>
			operatorToken({ audience, objectId, name, roles: [...roles], azp: clientId, scp: "user_impersonation" }),
		idToken: ({ objectId, name }, { clientId }, nonce) =>
			operatorToken({ audience: clientId, objectId, name, roles: [], nonce }),
	});
	const tokenFor = (request: Request): Answer | Promise<Answer> => {
		const form = new URLSearchParams(request.body);
		if (["authorization_code", "refresh_token"].includes(form.get("grant_type") ?? ""))
			return people.exchange(form, request.headers.origin);
		return exchange(
			request,
			(clientId) => federated.get(clientId)?.federations ?? [],
			(clientId, resource) => issue(federated.get(clientId)!.principal, resource),
		);
	};

	const routes: Record<string, (request: Request) => Answer | Promise<Answer>> = {
		"GET /msi/token": msi,
		[`GET /${tenantId}/discovery/v2.0/keys`]: () => ({ status: 200, json: jwks }),
		"POST /tokenreview": (request) => tokenReview({ verify }, request),
		[`GET /${tenantId}/v2.0/.well-known/openid-configuration`]: () =>
			openIdConfiguration(authority?.url ?? "", tenantId, jwksUri()),
		[`GET /${tenantId}/oauth2/v2.0/authorize`]: (request) => people.authorize(request),
		[`POST /${tenantId}/oauth2/v2.0/token`]: tokenFor,
	};
	const jwksUri = () => `${server.url}/${tenantId}/discovery/v2.0/keys`;
	const served = {
		faults: injected,
		answer: (request: Request) => (routes[`${request.method} ${request.path}`] ?? notFound)(request),
		refuse: ({ status, code }: { status: number; code?: string }) => refused(status, "A fault was injected.", code),
	};
	const server = await serve(served);
	const authority = tls && (await serve({ ...served, tls }));

	return {
		url: server.url,
		tenantId,
		issuer: issuerV2(tenantId),
		jwksUri: jwksUri(),
		...(authority && { authority: authority.url }),
		tokenReviewUrl: `${server.url}/tokenreview`,
		faults: injected,
		issued: {
			managedIdentities,
			get operators() {
				return [...operators, ...people.issued];
			},
			get headers() {
				return [...principals.keys()];
			},
			signingKey: privateExponent,
		},
		managedIdentity(principal) {
			const header = randomBytes(16).toString("hex").toUpperCase();
			principals.set(header, principal);
			return {
				env: { IDENTITY_ENDPOINT: `${server.url}/msi/token`, IDENTITY_HEADER: header },
				credential: () => ({
					async getToken(scopes) {
						const resource = [scopes].flat()[0]?.replace(/\/\.default$/, "") ?? "";
						if (!known(resource)) throw new Error(unknownResource(resource, tenantId));
						const { token, expiresOn } = await issue(principal, resource);
						return { token, expiresOnTimestamp: expiresOn * 1000 };
					},
				}),
			};
		},
		federate(principal, federation) {
			const { clientId } = principal;
			const { federations } = federated.get(clientId) ?? { federations: [] };
			federated.set(clientId, { principal, federations: [...federations, federation] });
		},
		registerClient: people.register,
		admit: people.admit,
		operatorToken,
		revoke() {
			revoked = new Set(managedIdentities);
		},
		verify,
		async [Symbol.asyncDispose]() {
			await authority?.[Symbol.asyncDispose]();
			await server[Symbol.asyncDispose]();
		},
	};
};

const operator = (claims: OperatorClaims, tenantId: string): JWTPayload => {
	const { audience, roles, objectId = randomUUID(), name = "operator", expiresInSeconds = 3600, ...further } = claims;
	return {
		aud: audience,
		iss: issuerV2(tenantId),
		...times(expiresInSeconds),
		tid: tenantId,
		oid: objectId,
		sub: objectId,
		name,
		preferred_username: `${name}@titanic.example`,
		roles,
		ver: "2.0",
		...further,
	};
};

/** `nbf` may not be after `exp`, also when a token is born expired. */
const times = (lifetimeSeconds: number) => {
	const now = Math.floor(Date.now() / 1000);
	return { iat: now, nbf: now + Math.min(0, lifetimeSeconds), exp: now + lifetimeSeconds };
};

const about = ({ objectId, clientId, name }: Principal, tenantId: string) => ({
	tid: tenantId,
	oid: objectId,
	sub: objectId,
	appid: clientId,
	appidacr: "2",
	idtyp: "app",
	// Otherwise: two tokens of one second are the same one, and one that was revoked comes back.
	uti: randomUUID(),
	ver: "1.0",
	xms_mirid: `/subscriptions/${tenantId}/resourcegroups/local/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${name}`,
});

/** An identity may be asked for by one of its ids, or by none when it is the only one. */
const isAssigned = ({ clientId, objectId }: Principal, asked: URLSearchParams) =>
	(asked.get("client_id") ?? clientId) === clientId &&
	(asked.get("object_id") ?? asked.get("principal_id") ?? objectId) === objectId &&
	!asked.has("mi_res_id");

const notAssigned =
	"No User Assigned or Delegated Managed Identity found for specified ClientId/ResourceId/PrincipalId.";

const unknownResource = (resource: string, tenantId: string) =>
	`AADSTS500011: The resource principal named ${resource} was not found in the tenant named ${tenantId}.`;

const refused = (status: number, message: string, errorCode?: string): Answer => ({
	status,
	json: { statusCode: status, message, ...(errorCode && { errorCode }), correlationId: randomUUID() },
});

const notFound = () => refused(404, "There is nothing at this address.");
