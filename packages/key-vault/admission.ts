// What a request must pass before the vault looks at it: a token, an api-version, a place within the limits.
// A1. Without a valid token for a vault nothing is read, written or counted. Otherwise: the empty PUT by which the SDK
//     asks for a challenge would write a secret. Kept by: key-vault.test.ts.

import type { Claims, Identity } from "../identity/index.ts";
import type { Answer, Request } from "../loopback/index.ts";
import { asAnswer, badParameter, Refusal, throttled } from "./errors.ts";

const vaultAudience = "https://vault.azure.net";

/** @returns the caller, or the answer that refuses him: 401 with the challenge by which clients find the tenant */
export const authenticate = async (identity: Identity, { headers }: Request): Promise<Claims | Answer> => {
	const { tenantId } = identity;
	const challenge = `Bearer authorization="https://login.microsoftonline.com/${tenantId}", resource="${vaultAudience}"`;
	const unauthorized = (message: string, error = "") =>
		asAnswer({ status: 401, code: "Unauthorized", message }, { "www-authenticate": `${challenge}${error}` });
	const token = /^Bearer (\S+)$/i.exec(headers.authorization ?? "")?.[1];
	if (!token) return unauthorized("AKV10000: Request is missing a Bearer or PoP token.");
	try {
		return await identity.verify(token, vaultAudience);
	} catch (error) {
		return unauthorized(reason(error as { code?: string; claim?: string }), ', error="invalid_token"');
	}
};

const reason = ({ code, claim }: { code?: string; claim?: string }) => {
	if (code === "ERR_JWT_EXPIRED") return "[TokenExpired] Error validating token: 'S2S12086'.";
	if (claim === "aud") return `AKV10022: Invalid audience. Expected ${vaultAudience}.`;
	if (claim === "iss") return "AKV10032: Invalid issuer.";
	if (code === "ERR_JWS_SIGNATURE_VERIFICATION_FAILED")
		return "AKV10046: Unable to resolve the key used for signature validation.";
	return "The token is not valid.";
};

export const isAnswer = (given: Claims | Answer): given is Answer => "status" in given && "json" in given;

/** 7.x and dated versions; the query's keys come decoded, however the client encoded them. */
export const checkApiVersion = ({ url }: Request): void => {
	const version = url.searchParams.get("api-version");
	if (!version) throw badParameter("api-version must be specified");
	if (!/^(7\.\d|20\d\d-\d\d-\d\d)(-preview(\.\d)?)?$/.test(version))
		throw badParameter(`The specified version (${version}) is not recognized.`);
};

/** What a vault takes in so much time. */
export interface Limits {
	readonly set: number;
	readonly other: number;
	readonly windowMs: number;
}

export const documented: Limits = { set: 300, other: 4000, windowMs: 10_000 };

/**
 * Counts transactions in windows of time. The wall clock of the vault is no use here: tests stop it.
 * @returns a function that counts one, and gives the seconds to wait when it is one too many
 * @see https://learn.microsoft.com/azure/key-vault/general/service-limits
 */
export const throttle = ({ windowMs, ...limits }: Limits) => {
	let start = Number.NEGATIVE_INFINITY;
	let counts = { set: 0, other: 0 };
	return (kind: "set" | "other"): number | undefined => {
		const now = performance.now();
		if (now - start >= windowMs) {
			start = now;
			counts = { set: 0, other: 0 };
		}
		return ++counts[kind] > limits[kind] ? Math.ceil((start + windowMs - now) / 1000) : undefined;
	};
};

/** 429 as the vault gives it. */
export const tooMany = (retryAfterSeconds: number): Answer =>
	asAnswer(throttled, { "retry-after": `${retryAfterSeconds}` });

/** Turns what the parts throw into Key Vault's answer. */
export const answered = async (act: () => Answer | Promise<Answer>): Promise<Answer> => {
	try {
		return await act();
	} catch (error) {
		if (error instanceof Refusal) return asAnswer(error.error);
		throw error;
	}
};
