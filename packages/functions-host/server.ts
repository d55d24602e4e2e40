// A small HTTP server on loopback: whole bodies in, whole bodies or streams out.
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { pipeline, Readable } from "node:stream";
import { log } from "./log.ts";
import { sleepUntil } from "./sleep.ts";

export interface Incoming {
	method: string;
	/** As the caller wrote it: scheme, the host it asked for, path still escaped. */
	url: URL;
	headers: IncomingHttpHeaders;
	body: Buffer;
}

export interface Answer {
	status: number;
	headers?: Record<string, string | string[]>;
	body?: string | Uint8Array | Readable | undefined;
}

export type Handle = (request: Incoming) => Answer | Promise<Answer>;

export interface Server extends AsyncDisposable {
	port: number;
	/** Takes no more requests and waits for those that are being answered, at most `patience` milliseconds. */
	drain(patience: number): Promise<void>;
}

export function json(status: number, value: unknown, headers: Record<string, string> = {}): Answer {
	return {
		status,
		headers: { "content-type": "application/json; charset=utf-8", ...headers },
		body: JSON.stringify(value),
	};
}

/** @param port 0 = any free one. @throws EADDRINUSE */
export async function listen(port: number, handle: Handle): Promise<Server> {
	// As on the real host, a header that comes twice arrives as one: neither of two Authorization headers is a good one then.
	const server = createServer({ joinDuplicateHeaders: true }, async (request, response) => {
		try {
			const chunks: Buffer[] = [];
			for await (const chunk of request) chunks.push(chunk);
			const { method, headers } = request;
			const url = URL.parse(request.url ?? "/", `http://${headers.host ?? "127.0.0.1"}`);
			if (!url) return send(response, { status: 400 });
			send(response, await handle({ method: method ?? "GET", url, headers, body: Buffer.concat(chunks) }));
		} catch (error) {
			log("error", "host", `${request.method} ${request.url?.split("?")[0]}: ${(error as Error).stack}`);
			if (!response.headersSent) send(response, { status: 500 });
		}
	});
	// Longer than clients keep idle connections: a request on one that was just closed would fail.
	server.keepAliveTimeout = 120_000;
	await new Promise<void>((resolve, reject) => {
		server.once("error", reject);
		server.listen(port, "127.0.0.1", resolve);
	});
	let closed: Promise<unknown> | undefined;
	const close = () => {
		closed ??= new Promise((resolve) => server.close(resolve));
		return closed;
	};
	return {
		port: (server.address() as AddressInfo).port,
		async drain(patience) {
			const tired = new AbortController();
			await Promise.race([close(), sleepUntil(Date.now() + patience, tired.signal)]);
			tired.abort();
		},
		async [Symbol.asyncDispose]() {
			server.closeAllConnections();
			await close();
		},
	};
}

function send(response: ServerResponse, { status, headers = {}, body }: Answer): void {
	for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
	response.writeHead(status);
	if (!(body instanceof Readable)) response.end(body);
	// An end before its time ends the connection too: nobody else would notice.
	else pipeline(body, response, () => {});
}
