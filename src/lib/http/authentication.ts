// Who calls: an operator, by an access token of Entra ID.
// H1. Nothing of a token is believed, logged or recorded before its signature is checked: 401 carries our words only.
// H2. Access tokens only: they name the client (`azp`, or `appid` in v1), ID tokens do not. Otherwise: the ID token of any
//     page that signs users in for the same app registration is a key to rotations.
// H3. The key is one of the tenant's, by its `kid`; what a token says of keys (`jwk`, `jku`, `x5u`, `x5c`) is never looked at.
// H4. For this API alone, in this tenant: one audience, and a `tid` that the issuer names. Otherwise: anyone else who may take
//     the same token may also send it here.

import type { HttpRequest } from "@azure/functions";
import { createRemoteJWKSet, errors, type JWTHeaderParameters, type JWTPayload, jwtVerify } from "jose";
import type { Settings } from "../config/settings.ts";
import { Fault } from "../domain/fault.ts";
import { type Expected, wrongClaim } from "./claims.ts";

export interface Operator {
	/** Claim `oid`. */
	readonly id: string;
	/** Claim `azp` or `appid`. */
	readonly appId: string;
	/** Claim `roles`: app roles, whatever they are. */
	readonly roles: readonly string[];
	/** The token was given to a person (claim `scp`): an application's has none. */
	readonly isPerson: boolean;
}

/** Throws Fault `token-missing`, `token-rejected` (401), `token-unverifiable` (503, transient). */
export type Operators = (request: Pick<HttpRequest, "headers">) => Promise<Operator>;

/** What jose says of the token itself; everything else is about its keys, and no fault of the caller's. */
const rejections: Readonly<Record<string, string>> = {
	[errors.JWTExpired.code]: "has expired (claim exp)",
	[errors.JWTInvalid.code]: "is not a JWT",
	[errors.JWSInvalid.code]: "is not a JWT",
	[errors.JWSSignatureVerificationFailed.code]: "has a wrong signature",
	[errors.JOSEAlgNotAllowed.code]: "is not signed with RS256",
	[errors.JOSENotSupported.code]: "asks for what is not supported",
	[errors.JWKSNoMatchingKey.code]: "is signed with an unknown key",
	[errors.JWKSMultipleMatchingKeys.code]: "does not name its key",
};

const clockToleranceSeconds = 30;

export function operatorsOf(
	settings: Pick<Settings, "OPERATORS_ISSUER" | "OPERATORS_AUDIENCE" | "OPERATORS_JWKS_URL">,
): Operators {
	const { OPERATORS_ISSUER: issuer, OPERATORS_AUDIENCE: audience } = settings;
	const keys = createRemoteJWKSet(new URL(settings.OPERATORS_JWKS_URL));
	const options = { issuer, audience, algorithms: ["RS256"], clockTolerance: clockToleranceSeconds };

	return async ({ headers }) => {
		const token = /^bearer +([\w.~+/-]+=*)$/i.exec(headers.get("authorization") ?? "")?.[1];
		if (token === undefined) throw new Fault("token-missing", { header: "Authorization", audience });
		const rejected = (reason: string, error?: unknown) =>
			new Fault("token-rejected", { reason, audience, issuer }, error);
		try {
			const { payload, protectedHeader } = await jwtVerify(token, keys, { ...options, requiredClaims: ["exp", "oid"] });
			const reason = notOurs(protectedHeader, payload, issuer);
			if (reason !== undefined) throw rejected(reason);
			return operatorOf(payload) ?? Promise.reject(rejected(notAnAccessToken));
		} catch (error) {
			if (error instanceof Fault) throw error;
			const reason = reasonOf(error, { issuer, audience });
			if (reason === undefined) throw new Fault("token-unverifiable", { issuer }, error);
			throw rejected(reason, error);
		}
	};
}

/** @returns why the token itself is rejected; `undefined` where its keys could not be had */
function reasonOf(error: unknown, expected: Expected): string | undefined {
	if (error instanceof errors.JWTClaimValidationFailed) return wrongClaim(error.claim, error.payload, expected);
	return error instanceof errors.JOSEError ? rejections[error.code] : undefined;
}

/** What jose does not ask for. @returns why the token is none for us, or `undefined` */
function notOurs({ kid, typ }: JWTHeaderParameters, { aud, tid }: JWTPayload, issuer: string): string | undefined {
	// jose takes the only key there is for a token without `kid`: the same token would be refused once there are two.
	if (kid === undefined) return "does not name its key";
	if (typ?.toLowerCase() !== "jwt" && typ?.toLowerCase() !== "at+jwt")
		return "is not an access token of Entra ID (its typ is neither JWT nor at+jwt)";
	if (typeof aud !== "string") return "is for more than one audience (claim aud)";
	if (!isId(tid) || !issuer.split("/").includes(tid)) return "is of another tenant than the issuer (claim tid)";
	return undefined;
}

const notAnAccessToken = "is not an access token of Entra ID, which names its user (oid) and its client (azp or appid)";

function operatorOf({ oid, azp, appid, roles, scp, idtyp }: JWTPayload): Operator | undefined {
	const appId = azp ?? appid;
	if (!isId(oid) || !isId(appId)) return undefined;
	const isPerson = typeof scp === "string" && scp.trim() !== "" && idtyp !== "app";
	return {
		id: oid,
		appId,
		roles: Array.isArray(roles) ? roles.filter((role) => typeof role === "string") : [],
		isPerson,
	};
}

/** Entra's ids are UUIDs; this shape is what may be written into the audit log. */
const isId = (claim: unknown): claim is string => typeof claim === "string" && /^[\w-]{1,64}$/.test(claim);
