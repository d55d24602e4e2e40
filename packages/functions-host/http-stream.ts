// HTTP triggers in the streaming mode (`app.setup({ enableHttpStream: true })`): the package listens at an address of its own,
// and the host passes the request on to it, under the invocation's id.
// Invariant: what the package never answers, nobody answers, as on the real host. A function that throws is such a one.
import { randomUUID } from "node:crypto";
import { request as httpRequest, type IncomingMessage } from "node:http";
import type { RegisteredFunction } from "./core-api.ts";
import { type Invoke, logFailure } from "./invoke.ts";
import type { Answer, Incoming } from "./server.ts";

/** What belongs to one connection only. */
const ofConnection = ["connection", "keep-alive", "transfer-encoding", "x-ms-invocation-id"];

/**
 * Calls the function, and passes request and answer between the caller and the package.
 * @param httpUri where the package listens
 */
export async function invokeStreaming(
	httpUri: string,
	invoke: Invoke,
	called: RegisteredFunction,
	request: Incoming,
	params: Record<string, string>,
): Promise<Answer> {
	const id = randomUUID();
	const named = Object.entries(params).map(([name, value]) => [name, { string: value }] as const);
	const metadata = { ...Object.fromEntries(named), Headers: { json: JSON.stringify(request.headers) } };
	invoke(called, { http: {} }, metadata, id).catch((error) => logFailure(called.metadata.name, error));
	const answer = await passOn(httpUri, id, request);
	const headers = Object.entries(answer.headers).filter(([name]) => !ofConnection.includes(name));
	return { status: answer.statusCode ?? 500, headers: Object.fromEntries(headers) as Answer["headers"], body: answer };
}

function passOn(httpUri: string, id: string, { method, url, body }: Incoming): Promise<IncomingMessage> {
	const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
	const headers = {
		"x-ms-invocation-id": id,
		"x-forwarded-host": url.host,
		"x-forwarded-proto": url.protocol.replace(":", ""),
		...(body.length > 0 && { "content-length": body.length }),
	};
	const onward = httpRequest(new URL(url.pathname + url.search, httpUri), { method, headers, agent: false });
	onward.once("response", resolve).once("error", reject).end(body);
	return promise;
}
