// Signs and checks the tokens of one tenant.
// K1. Only what this tenant's key signed is believed, for the audience asked for, within its time.
//     Otherwise: the local stack lets in what Azure would refuse. Kept by: identity.test.ts.
// K2. What is remembered is one token, to the letter, for one audience, until it expires; a refusal is never remembered.
//     Otherwise: a second look is milder than the first one. Kept by: identity.test.ts.
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWTPayload, jwtVerify, SignJWT } from "jose";

export interface Claims extends JWTPayload {
	readonly aud: string;
	readonly iss: string;
	readonly exp: number;
	/** object id of the principal: what role assignments name */
	readonly oid: string;
	readonly tid: string;
	/** client id of the application or managed identity (v1 tokens) */
	readonly appid?: string;
	readonly roles?: string[];
}

export interface Tokens {
	readonly jwks: { readonly keys: object[] };
	/** Of the signing key, as JWK writes it: anyone who has it signs tokens. */
	readonly privateExponent: string;
	sign(claims: JWTPayload): Promise<string>;
	/** @throws an error of jose, distinguished by its `code` (`ERR_JWT_EXPIRED`, ...) */
	verify(token: string, audience: string): Promise<Claims>;
}

/** Issuer of tokens for Azure's own resources (v1). Azurite accepts this one only. */
export const issuerV1 = (tenantId: string) => `https://sts.windows.net/${tenantId}/`;
/** Issuer of tokens for applications that ask for v2 tokens, as the operators' API does. */
export const issuerV2 = (tenantId: string) => `https://login.microsoftonline.com/${tenantId}/v2.0`;

export const tokens = async (tenantId: string): Promise<Tokens> => {
	const { publicKey, privateKey } = await generateKeyPair("RS256", { extractable: true });
	const key = await exportJWK(publicKey);
	const kid = await calculateJwkThumbprint(key);
	const { d: privateExponent = "" } = await exportJWK(privateKey);
	/** Each request brings a token, mostly one that came before. */
	const believed = new Map<string, Claims>();
	return {
		jwks: { keys: [{ ...key, kid, x5t: kid, use: "sig", alg: "RS256" }] },
		privateExponent,
		sign: (claims) =>
			new SignJWT(claims).setProtectedHeader({ typ: "JWT", alg: "RS256", x5t: kid, kid }).sign(privateKey),
		async verify(token, audience) {
			const asked = `${audience} ${token}`;
			const known = believed.get(asked);
			if (known && known.exp > Math.floor(Date.now() / 1000)) return known;
			believed.delete(asked);
			const { payload } = await jwtVerify<Claims>(token, publicKey, {
				algorithms: ["RS256"],
				audience,
				issuer: [issuerV1(tenantId), issuerV2(tenantId)],
				requiredClaims: ["exp", "nbf", "iat", "oid", "tid"],
			});
			believed.set(asked, payload);
			return payload;
		},
	};
};
