// Calls the API, for the command and the page.
// CLI1. Of the routes only types are imported. Otherwise: the page carries the checks of every request to the browser.
// CLI2. An error says what was called and what to do; never the token, nor a body that is no problem of ours (a proxy's page).
// CLI3. An answer without end is not read to its end. Otherwise: whatever listens at a wrong address fills the operator's machine.
//       Kept by: client.test.ts.

import { type OperationId, operations } from "./operations.ts";
import type { AnswerOf, GivenOf } from "./routes.ts";

export interface ClientOptions {
	/** `https://<app>.azurewebsites.net` */
	readonly baseUrl: string;
	/** An access token for this API, asked for at each call; absent: none is sent. */
	readonly token?: () => Promise<string>;
	/** Used instead of the global one. */
	readonly fetch?: typeof fetch;
	/** How long one call may take. */
	readonly timeoutMs?: number;
	/** How long an answer may be. Default: more than the evidence of 10,000 secrets over years. */
	readonly mostBytes?: number;
}

/** The API has refused: problem details, or what stands for them where something in between has answered. */
export class ApiProblem extends Error {
	override readonly name = "ApiProblem";
	readonly status: number;
	/** One of docs/codes.md; `foreign-answer` where the API has not answered. */
	readonly code: string;
	readonly next: string;
	/** Seconds. */
	readonly retryAfter: number | undefined;
	constructor(told: { status: number; code: string; detail: string; next: string; retryAfter?: number | undefined }) {
		super(told.detail);
		this.status = told.status;
		this.code = told.code;
		this.next = told.next;
		this.retryAfter = told.retryAfter;
	}
}

/** No answer came. */
export class ApiUnreachable extends Error {
	override readonly name = "ApiUnreachable";
}

export type Called<K extends OperationId> = AnswerOf<K> & { readonly retryAfter: number | undefined };

export type Client = <K extends OperationId>(id: K, given: GivenOf<K>, signal?: AbortSignal) => Promise<Called<K>>;

interface Given {
	readonly query?: Readonly<Record<string, string | undefined>>;
	readonly body?: unknown;
	readonly idempotencyKey?: string;
	readonly [param: string]: unknown;
}

/** @throws ApiProblem, ApiUnreachable, and what `token` throws */
export function client(options: ClientOptions): Client {
	const { baseUrl, token, fetch: ask = fetch, timeoutMs = 60_000, mostBytes = 128 * 1024 * 1024 } = options;
	return async (id, given, signal) => {
		const { method, path } = operations[id];
		const { body, query = {}, idempotencyKey, ...params } = given as Given;
		const url = new URL(withParams(path, params), baseUrl);
		for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, value);
		const bearer = await token?.();
		const timeout = AbortSignal.timeout(timeoutMs);
		let response: Response;
		let text: string;
		try {
			response = await ask(url, {
				method,
				redirect: "error",
				signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
				headers: {
					accept: "application/json",
					...(bearer !== undefined && { authorization: `Bearer ${bearer}` }),
					...(idempotencyKey !== undefined && { "idempotency-key": idempotencyKey }),
					...(body !== undefined && { "content-type": "application/json" }),
				},
				...(body !== undefined && { body: JSON.stringify(body) }),
			});
			text = await textOf(response, mostBytes);
		} catch (error) {
			signal?.throwIfAborted();
			throw new ApiUnreachable(`${url.origin} did not answer: ${reasonOf(error, timeoutMs)}.`, { cause: error });
		}
		const answered = jsonOf(text);
		const after = response.headers.get("retry-after");
		const retryAfter = after !== null && /^\d{1,5}$/.test(after) ? Number(after) : undefined;
		if (response.ok && isObject(answered) && !Array.isArray(answered))
			return { status: response.status, body: answered, retryAfter } as Called<typeof id>;
		throw problemIn(answered, url.origin, response.status, retryAfter);
	};
}

const withParams = (path: string, params: Readonly<Record<string, unknown>>): string =>
	path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(params[name])));

/** @returns nothing of what is too long: that is no answer of this API */
async function textOf({ body }: Response, mostBytes: number): Promise<string> {
	const decoder = new TextDecoder();
	const reader = body?.getReader();
	let text = "";
	// Not every browser can iterate over a body.
	for (let length = 0; reader; ) {
		const { done, value } = await reader.read();
		if (done) break;
		length += value.length;
		if (length > mostBytes) {
			await reader.cancel();
			return "";
		}
		text += decoder.decode(value, { stream: true });
	}
	return text + decoder.decode();
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;

function jsonOf(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}

const reasons: Readonly<Record<string, string>> = {
	ECONNREFUSED: "nothing listens there",
	ECONNRESET: "the connection was cut",
	UND_ERR_SOCKET: "the connection was cut",
	ENOTFOUND: "there is no such host",
	EAI_AGAIN: "the host's name cannot be looked up now",
	ETIMEDOUT: "the connection was not made in time",
	UND_ERR_CONNECT_TIMEOUT: "the connection was not made in time",
	EHOSTUNREACH: "there is no way to that host",
	ENETUNREACH: "there is no way to that network",
};

/** In words, with what a person can look up. */
function reasonOf(error: unknown, timeoutMs: number): string {
	const { cause, name } = error as { cause?: { code?: unknown; message?: unknown }; name?: unknown };
	if (name === "TimeoutError") return `nothing came within ${timeoutMs / 1000} s`;
	const code = typeof cause?.code === "string" && /^\w{1,60}$/.test(cause.code) ? cause.code : undefined;
	if (code !== undefined) return Object.hasOwn(reasons, code) ? `${reasons[code]} (${code})` : code;
	if (cause?.message === "unexpected redirect") return "it redirects elsewhere, which this app never does";
	return "the connection failed";
}

function problemIn(answered: unknown, address: string, status: number, retryAfter?: number): ApiProblem {
	if (isObject(answered)) {
		const { code, detail, next } = answered;
		if (typeof code === "string" && typeof detail === "string" && typeof next === "string")
			return new ApiProblem({ status, code, detail, next, retryAfter });
	}
	return new ApiProblem({
		status,
		code: "foreign-answer",
		detail: `${address} answered with HTTP ${status}, and not as this app does.`,
		next: "Check the app's address; a proxy, a firewall or the platform's sign-in page may stand before it.",
		retryAfter,
	});
}
