// HTTP triggers; what is carried how is here for the buffered mode, in http-stream.ts for the streaming one.
// Invariant: what reaches a function is what would reach it on the real host, and no more. Otherwise: a body that the real
// host loses arrives here, and nobody sees that the app reads none as an order of its own.
// Of several routes that match, the function whose name sorts first answers.
import { triggerOf } from "./app.ts";
import type { Cookie, HttpData, RegisteredFunction, TypedData } from "./core-api.ts";
import { invokeStreaming } from "./http-stream.ts";
import { type Invoke, logFailure } from "./invoke.ts";
import type { Guard } from "./keys.ts";
import { parseRoute } from "./routes.ts";
import type { Answer, Handle, Incoming } from "./server.ts";

/**
 * @param functions in the order of their names
 * @param guard the check of a trigger's `authLevel`
 * @param httpUri where the package listens, in the streaming mode
 */
export function httpTriggers(
	functions: RegisteredFunction[],
	routePrefix: string,
	invoke: Invoke,
	guard: (level: unknown) => Guard,
	httpUri?: string,
): Handle {
	const routes = functions.flatMap((called) => {
		const { name, bindings } = called.metadata;
		const { trigger } = triggerOf(bindings);
		if (trigger.type.toLowerCase() !== "httptrigger") return [];
		const path = [routePrefix, String(trigger.route ?? name).replace(/^\/+/, "")].filter(Boolean).join("/");
		const methods = (trigger.methods as string[]).map((method) => method.toUpperCase());
		return [{ called, methods, match: parseRoute(path, name), refuses: guard(trigger.authLevel) }];
	});

	return async (request) => {
		for (const { called, methods, match, refuses } of routes) {
			const params = methods.includes(request.method) ? match(request.url.pathname) : undefined;
			if (!params) continue;
			const refused = refuses(request);
			if (refused) return { status: refused };
			if (httpUri !== undefined) return invokeStreaming(httpUri, invoke, called, request, params);
			try {
				return toAnswer(await invoke(called, { http: toRpc(request, params) }));
			} catch (error) {
				logFailure(called.metadata.name, error);
				return { status: 500 };
			}
		}
		return { status: 404 };
	};
}

function toRpc({ method, url, headers, body }: Incoming, params: Record<string, string>): HttpData {
	const query: Record<string, string> = {};
	// A repeated parameter arrives as one, joined by commas: the real host's buffered mode does so.
	for (const [name, value] of url.searchParams) query[name] = name in query ? `${query[name]},${value}` : value;
	const header = Object.entries(headers).map(([name, value]) => [name, String(value)]);
	return {
		method,
		url: url.href,
		nullableHeaders: nullable(Object.fromEntries(header)),
		nullableQuery: nullable(query),
		nullableParams: nullable(params),
		body: hasLength(headers) && body.length > 0 ? { bytes: body } : null,
	};
}

/** The real host's buffered mode reads a body only where the request says how long it is: of one sent chunked, nothing. */
const hasLength = (headers: Incoming["headers"]): boolean =>
	headers["transfer-encoding"] === undefined && Number(headers["content-length"]) > 0;

function nullable(values: Record<string, string>): Record<string, { value: string }> {
	return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value }]));
}

function toAnswer(returned: TypedData | null | undefined): Answer {
	if (!returned?.http) return { status: 204 };
	const { statusCode, headers = {}, cookies = [], body } = returned.http;
	const sent: Record<string, string | string[]> = { ...headers };
	if (sent["content-type"] === "text/plain;charset=UTF-8") sent["content-type"] = "text/plain; charset=utf-8";
	if (cookies.length > 0) sent["set-cookie"] = cookies.map(setCookie);
	const content = body?.bytes ?? body?.string;
	return { status: Number(statusCode), headers: sent, body: content?.length ? content : undefined };
}

function setCookie(cookie: Cookie): string {
	const { name, value, domain, path, expires, secure, httpOnly, sameSite, maxAge } = cookie;
	const same = { lax: "lax", strict: "strict", explicitNone: "none", none: undefined }[sameSite ?? "none"];
	return [
		`${name}=${encodeURIComponent(value)}`,
		expires && `expires=${new Date(expires.value.seconds * 1000).toUTCString()}`,
		maxAge && `max-age=${maxAge.value}`,
		domain && `domain=${domain.value}`,
		`path=${path?.value ?? "/"}`,
		secure?.value && "secure",
		same && `samesite=${same}`,
		httpOnly?.value && "httponly",
	]
		.filter(Boolean)
		.join("; ");
}
