// What every request to the vault passes through, around the SDK's own policies.
// P1. No body leaves without a token. Otherwise: while a new client's first challenge is pending, the SDK sends further
//     requests with the secret in the body and no token. Kept by: `guard`, secret-store.test.ts.
// P2. A request that makes a version is sent again only if the vault cannot have taken it. Otherwise: a lost answer
//     makes a second version. Kept by: secret-store.test.ts. So the SDK's own retries are switched off.
// P3. An error answer is read here, before the SDK reads it. Otherwise: one with an empty body becomes a TypeError
//     without a status, and a proxy's HTML looks like the vault's own word. Kept by: secret-store.test.ts.
// P4. Nothing is sent to any other host, wherever an answer points. Otherwise: a list's `nextLink` takes the app's token
//     along. Kept by: pipeline.test.ts.
// P5. A token that the vault refuses is replaced, and the request sent once more: nothing was done. Otherwise: the SDK brings
//     the same one until it ends, for up to a day. Kept by: secret-store.test.ts.

import { AsyncLocalStorage } from "node:async_hooks";
import { setTimeout as pause } from "node:timers/promises";
import type { SecretClientOptions } from "@azure/keyvault-secrets";
import { directly, type Perform } from "../../ports/effect.ts";
import { anew } from "../identity/credential.ts";

export type Policy = NonNullable<SecretClientOptions["additionalPolicies"]>[number]["policy"];
type Answer = Awaited<ReturnType<Policy["sendRequest"]>>;
type Ended = { readonly answer: Answer } | { readonly error: unknown };

/** An answer that is no success. `statusCode` as the SDK names it, whose recovery looks at it. */
export interface Refusal extends Error {
	readonly statusCode: number;
	/** Key Vault's `error.code`; absent when the answer is not Key Vault's. */
	readonly code?: string;
	/** Key Vault's `error.innererror.code` */
	readonly inner?: string;
}

const askForAnother = `Bearer error="insufficient_claims", claims="${btoa(anew)}"`;

/** `foreign`: the SDK itself refused to talk to this host. */
export const isForeign = Symbol("foreign");

const hurry = new AsyncLocalStorage<true>();
/** What is asked for in there is not tried again after a pause that a throttling vault wants. */
export const atOnce = <T>(act: () => Promise<T>): Promise<T> => hurry.run(true, act);

const attempts = 3;
const longestPauseMs = 5_000;
/** The connection was never made, so nothing was sent. */
const neverSent = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH"]);
const failed = new Set([408, 500, 502, 503, 504]);

/**
 * @param url the vault's: nothing is sent anywhere else
 * @param perform what each attempt of a request goes through, those without a token included
 * @param timeoutMs how long one request may take, its answer included
 * @returns the policies of one client, and whether it has been let in: then it holds a token and sends no bare request
 */
export function pipeline(
	url: string,
	perform: Perform = directly,
	timeoutMs = 10_000,
): {
	policies: SecretClientOptions["additionalPolicies"];
	isWarm: () => boolean;
} {
	const { origin } = new URL(url);
	let warm = false;
	const guard: Policy = {
		name: "titanic-guard",
		async sendRequest(request, next) {
			// A bare Error, as the SDK's own: `vault-foreign`.
			if (new URL(request.url).origin !== origin) throw new Error();
			const authorised = request.headers.has("authorization");
			// With a code: `vault-unreachable`, since nothing was sent.
			if (request.body && !authorised) throw Object.assign(new Error(), { code: "NO_TOKEN_YET" });
			const answer = await perform(effectOf(request, authorised), () => next(request));
			if (authorised && answer.status !== 401) warm = true;
			// In the words that the SDK knows, those of continuous access evaluation.
			if (authorised && answer.status === 401) answer.headers.set("WWW-Authenticate", askForAnother);
			return answer;
		},
	};
	const answers: Policy = {
		name: "titanic-answers",
		async sendRequest(request, next) {
			const given = request.abortSignal as AbortSignal | undefined;
			for (let attempt = 1; ; attempt++) {
				// Not `request.timeout`: the SDK leaves that timer running after an error, and it holds the process.
				const late = AbortSignal.timeout(timeoutMs);
				request.abortSignal = given ? AbortSignal.any([given, late]) : late;
				const ended: Ended = await next(request).then(
					(answer) => ({ answer }),
					(error: unknown) => ({ error }),
				);
				const wait = attempt < attempts ? pauseBefore(attempt, isRepeatable(request), ended) : undefined;
				if (wait === undefined) return settled(ended);
				await pause(wait);
			}
		},
	};
	return {
		policies: [
			{ policy: answers, position: "perCall" },
			{ policy: guard, position: "perRetry" },
		],
		isWarm: () => warm,
	};
}

/** `vault PUT db-password`; versions are left out, because they differ from run to run. */
function effectOf({ method, url }: Parameters<Policy["sendRequest"]>[0], authorised: boolean): string {
	const [kind, name = "(list)", version, ...rest] = new URL(url).pathname.split("/").filter((part) => part !== "");
	const secret = version === "versions" ? `${name} versions` : name;
	// `keys/<name>/<version>/sign`, where the version may be empty, or without `sign`.
	const further = kind === "keys" ? [version, ...rest].find((part) => !/^[0-9a-f]{32}$/.test(part ?? "")) : rest[0];
	const of = kind === "secrets" ? secret : [kind, name, further].filter((part) => part !== undefined).join(" ");
	return `vault ${authorised ? method : `${method} (challenge)`} ${of}`;
}

/** Twice is as good as once: whatever makes no version, and a signature makes none. */
const isRepeatable = ({ method, url }: Parameters<Policy["sendRequest"]>[0]): boolean =>
	method === "GET" || method === "PATCH" || new URL(url).pathname.endsWith("/sign");

/** Few and short: the orchestration retries too. @returns `undefined` when the request may not be sent again */
function pauseBefore(attempt: number, repeatable: boolean, ended: Ended): number | undefined {
	const usual = 100 * 2 ** attempt;
	if ("error" in ended) {
		const { code, name } = ended.error as { code?: string; name?: string };
		return neverSent.has(code ?? "") || (repeatable && name === "RestError") ? usual : undefined;
	}
	const { status, headers } = ended.answer;
	if (status !== 429 && !(repeatable && failed.has(status))) return undefined;
	const asked = askedPause(headers.get("retry-after")) ?? usual;
	return asked <= (hurry.getStore() ? 0 : longestPauseMs) ? asked : undefined;
}

/** `Retry-After` in either of its forms; `undefined` where there is none, or nonsense. @see RFC 9110, section 10.2.3 */
export function askedPause(retryAfter: string | undefined): number | undefined {
	if (retryAfter === undefined) return undefined;
	if (/^\d+$/.test(retryAfter)) return Number(retryAfter) * 1000;
	// `Date.parse` reads a date into "-5".
	const date = /^[A-Z][a-z]{2}, .* GMT$/.test(retryAfter) ? Date.parse(retryAfter) : Number.NaN;
	return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now());
}

function settled(ended: Ended): Answer {
	if ("answer" in ended) {
		if (ended.answer.status < 400) return ended.answer;
		throw refusal(ended.answer);
	}
	const { error } = ended;
	const { name, code } = error as { name?: string; code?: string };
	// A bare Error is the SDK's: the challenge names another service, or the URL is not https.
	throw name === "Error" && code === undefined ? Object.assign(new Error(), { [isForeign]: true }) : error;
}

function refusal({ status, bodyAsText }: Answer): Refusal {
	let error: { code?: unknown; innererror?: { code?: unknown } } | undefined;
	try {
		error = JSON.parse(bodyAsText ?? "")?.error;
	} catch {
		// Not Key Vault's: a proxy's page, or nothing.
	}
	const statusCode = status;
	return Object.assign(new Error(), { statusCode, code: word(error?.code), inner: word(error?.innererror?.code) });
}

/** A code is a word: nothing else of a foreign text may get into a fault. */
export const word = (code: unknown): string | undefined =>
	typeof code === "string" && /^[A-Za-z]{1,60}$/.test(code) ? code : undefined;
