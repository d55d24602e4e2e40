/**
 * The stand-in of a Kubernetes API server: https on a free port of 127.0.0.1, everything in memory.
 *
 * Invariant: a request that a fault cuts off before it takes effect has changed nothing; one cut off after has had all
 * of its effect. Otherwise crash tests prove the wrong thing.
 */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { type FaultRule, type Faults, faults as noFaults, selfSigned } from "../../loopback/index.ts";
import { answer } from "./api.ts";
import { authenticator } from "./authentication.ts";
import type { KubeObject } from "./objects.ts";
import { initialRoles } from "./rbac.ts";
import { collectGarbage } from "./removal.ts";
import type { ApiRequest } from "./request.ts";
import { known, namespaces } from "./resources.ts";
import { ApiError } from "./status-errors.ts";
import { createStore, type Store } from "./store.ts";
import { create } from "./writes.ts";

const bodyLimit = 3 * 1024 * 1024;

/** One request that came in, for assertions. */
export interface Seen {
	readonly method: string;
	readonly path: string;
	/** As the token says. */
	readonly user: string;
}

/** @param options.tokenReviewUrl answers TokenReviews for tokens that are not this server's own */
export async function startApiServer(options: { tokenReviewUrl?: string } = {}): Promise<{
	server: string;
	ca: string;
	adminToken: string;
	faults: Faults;
	requests: readonly Seen[];
	stop(): Promise<void>;
}> {
	const { cert, key } = await selfSigned();
	const adminToken = randomBytes(24).toString("base64url");
	const admin = { username: "admin", uid: "admin", groups: ["system:masters"] };
	const authenticate = authenticator(new Map([[adminToken, admin]]), options.tokenReviewUrl);
	const faults = noFaults();
	const requests: Seen[] = [];
	const store = createStore();
	prepare(store);
	const stopCollecting = collectGarbage(store);

	const handle = async (incoming: IncomingMessage, response: ServerResponse) => {
		const request = await read(incoming);
		const fault = faults.next(request.method, request.path);
		if (fault?.delayMs) await pause(fault.delayMs, undefined, { ref: false });
		if (fault?.cut === "before") return void incoming.socket.destroy();
		if (fault && !fault.cut && (fault.status || fault.code)) throw injected(fault);
		const user = await authenticate(request.headers.authorization);
		requests.push({ method: request.method, path: request.path, user: user.username });
		const given = answer(store, user, request);
		if (fault?.cut === "after") return void incoming.socket.destroy();
		if ("stream" in given) given.stream(response);
		else send(response, given.code, given.body);
	};
	const server = createServer({ cert, key }, (incoming, response) => {
		handle(incoming, response).catch((error: unknown) => {
			const { status, headers } = error instanceof ApiError ? error : unexpected(error);
			send(response, status.code, status, headers);
		});
	});
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	return {
		server: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
		ca: cert,
		adminToken,
		faults,
		requests,
		async stop() {
			stopCollecting();
			const closed = once(server, "close");
			server.close();
			server.closeAllConnections();
			await closed;
		},
	};
}

/** What every cluster begins with. */
const prepare = (store: Store) => {
	const put = (object: { kind: string; metadata: object }) => {
		const resource = known(store).find(({ kind }) => kind === object.kind)!;
		create(store, { resource, manager: "kube-apiserver", dryRun: false }, object as KubeObject);
	};
	for (const name of ["default", "kube-node-lease", "kube-public", "kube-system"])
		put({ kind: namespaces.kind, metadata: { name } });
	for (const role of initialRoles) put(role);
};

const read = async (incoming: IncomingMessage): Promise<ApiRequest> => {
	const chunks: Buffer[] = [];
	let length = 0;
	for await (const chunk of incoming as AsyncIterable<Buffer>) {
		length += chunk.length;
		if (length <= bodyLimit) chunks.push(chunk);
	}
	if (length > bodyLimit)
		throw new ApiError(413, "RequestEntityTooLarge", "Request entity too large: limit is 3145728");
	const { pathname, searchParams } = new URL(incoming.url ?? "/", "https://127.0.0.1");
	return {
		method: incoming.method ?? "GET",
		path: decodeURIComponent(pathname),
		query: searchParams,
		headers: incoming.headers,
		body: Buffer.concat(chunks).toString("utf8"),
	};
};

const send = (response: ServerResponse, code: number, body: object | string, headers: Record<string, string> = {}) => {
	const text = typeof body === "string" ? body : `${JSON.stringify(body)}\n`;
	const type = typeof body === "string" ? "text/plain; charset=utf-8" : "application/json";
	response.writeHead(code, { "content-type": type, "cache-control": "no-cache, private", ...headers });
	response.end(text);
};

const reasons: Record<number, string> = {
	400: "BadRequest",
	401: "Unauthorized",
	403: "Forbidden",
	404: "NotFound",
	409: "Conflict",
	410: "Expired",
	422: "Invalid",
	429: "TooManyRequests",
	500: "InternalError",
	503: "ServiceUnavailable",
	504: "Timeout",
};

const injected = ({ status = 500, code, retryAfterSeconds }: FaultRule) =>
	new ApiError(
		status,
		code ?? reasons[status] ?? "Unknown",
		"the server is set to fail this request",
		{ retryAfterSeconds },
		retryAfterSeconds === undefined ? {} : { "retry-after": `${retryAfterSeconds}` },
	);

/** A mistake of this stand-in's own: the test that meets it must see where it is. */
const unexpected = (error: unknown) =>
	new ApiError(500, "InternalError", `Internal error occurred: ${error instanceof Error ? error.stack : "unknown"}`);
