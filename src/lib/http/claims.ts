// Which claim of a token is wrong, and what it should be. Asked only once the signature is good.
// CLM1. Nothing that the token says is repeated; only its form is described. Otherwise: anyone who can have a token signed
//      writes into our answers and the audit log. Kept by: authentication.test.ts.

interface Claims {
	readonly iss?: unknown;
	readonly aud?: unknown;
}

export interface Expected {
	readonly issuer: string;
	readonly audience: string;
}

const version1 = "its app registration issues version 1: set api.requestedAccessTokenVersion to 2";
const version2 = "it is of version 2: OPERATORS_ISSUER is https://login.microsoftonline.com/<tenant>/v2.0 for it";
/** @see https://learn.microsoft.com/entra/identity-platform/access-tokens#token-formats */
const isVersion1 = (issuer: unknown) => /^https:\/\/sts\.windows\.net\//.test(String(issuer));

/**
 * @param claim the one that failed, as jose names it
 * @returns the end of the sentence "The bearer token ..."
 */
export function wrongClaim(claim: string, { iss, aud }: Claims, { issuer, audience }: Expected): string {
	switch (claim) {
		case "iss": {
			const wrongVersion = isVersion1(iss) ? version1 : version2;
			const hint = isVersion1(iss) === isVersion1(issuer) ? "get one from that tenant" : wrongVersion;
			return `is of another issuer (claim iss): ${hint}`;
		}
		case "aud": {
			const isOtherForm = aud === `api://${audience}` || `api://${aud}` === audience;
			const hint = isOtherForm
				? "; it names the same app by its other name: OPERATORS_AUDIENCE is its client id for version 2 tokens, its identifier URI for version 1"
				: "; ask for a token of this API";
			return `is for another audience (claim aud)${hint}`;
		}
		case "nbf":
		case "iat":
			return `is not valid yet (claim ${claim}): compare the clocks`;
		case "exp":
			return "has no time at which it expires (claim exp)";
		case "oid":
			return "does not say whose it is (claim oid)";
		default:
			return "has a claim that is not as it should be";
	}
}
