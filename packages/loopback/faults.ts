// Faults on demand for every stand-in that speaks HTTP.
// F1. A fault that "answers" or cuts "before" has no effect on the stand-in; one that cuts "after" has its whole effect.
//     Otherwise: a crash test proves recovery from something that did not happen. Kept by: faults.test.ts.
// F2. A rule hits the requests it says, counted in the order of their arrival, and no others.
//     Otherwise: "the third write fails" fails another one, and the test passes for the wrong reason.
import {
	createServer,
	type IncomingHttpHeaders,
	type IncomingMessage,
	type RequestListener,
	type Server,
} from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

/** One fault. Which requests: `method` and `path`, after `skip` of them, then `times` of them. What: the rest. */
export interface FaultRule {
	/** exact, upper case; default: any */
	readonly method?: string;
	/** tried on the decoded pathname; default: any */
	readonly path?: RegExp;
	/** so many matching requests pass first; default 0 */
	readonly skip?: number;
	/** then so many are hit; default 1; `Infinity`: until removed */
	readonly times?: number;
	/** answered in the real one's error form, without effect */
	readonly status?: number;
	readonly code?: string;
	readonly retryAfterSeconds?: number;
	/** before anything else happens */
	readonly delayMs?: number;
	/** the connection is destroyed before the request takes effect, or after it did (the answer is lost) */
	readonly cut?: "before" | "after";
}

export interface Faults {
	/** @returns a function that removes the rule again */
	inject(rule: FaultRule): () => void;
	clear(): void;
	/** For the server: the rule that hits this request, if any. It uses up one hit; an earlier rule hides later ones. */
	next(method: string, path: string): FaultRule | undefined;
}

/** @returns an empty set of faults */
export const faults = (): Faults => {
	const rules = new Map<FaultRule, { skip: number; times: number }>();
	return {
		inject(given) {
			const rule = { ...given };
			rules.set(rule, { skip: rule.skip ?? 0, times: rule.times ?? 1 });
			return () => void rules.delete(rule);
		},
		clear: () => rules.clear(),
		next(method, path) {
			for (const [rule, left] of rules) {
				if (rule.method && rule.method !== method) continue;
				// search, not test: a global RegExp remembers where it stopped
				if (rule.path && path.search(rule.path) < 0) continue;
				if (left.skip > 0) {
					left.skip--;
					continue;
				}
				if (--left.times <= 0) rules.delete(rule);
				return rule;
			}
			return undefined;
		},
	};
};

export interface Request {
	readonly method: string;
	readonly url: URL;
	/** the pathname, percent-decoded */
	readonly path: string;
	readonly headers: IncomingHttpHeaders;
	/** the whole body as text, empty when there is none */
	readonly body: string;
	/** the same as it came: it may be compressed */
	readonly bytes: Buffer;
}

export interface Answer {
	readonly status: number;
	readonly headers?: Record<string, string>;
	/** sent as JSON; no body when absent */
	readonly json?: unknown;
	/** a page, for a browser */
	readonly html?: string;
}

export interface Answering {
	readonly faults: Faults;
	/** Requests that no fault hits or counts: those that can have no effect, as a vault's first one without a token. */
	spares?(request: Request): boolean;
	/** The stand-in itself. What it throws is answered as `refuse` with status 500. */
	answer(request: Request): Answer | Promise<Answer>;
	/** The real one's error form for a fault that answers. `Retry-After` is added here. */
	refuse(rule: FaultRule & { status: number }, request: Request): Answer;
	/** PEM texts; plain HTTP without them */
	readonly tls?: { readonly cert: string; readonly key: string };
	/** Sees each request that reached an end, those hit by a fault too (status 0: the connection was cut). */
	done?(request: Request, status: number): void;
}

const bodyLimit = 1024 * 1024;

/** A JSON server on 127.0.0.1 whose requests may be hit by faults. Closing it destroys what is open. */
export const serve = async (how: Answering, port = 0): Promise<AsyncDisposable & { readonly url: string }> => {
	const listener: RequestListener = (incoming, outgoing) => {
		const handled = async () => {
			const request = await read(incoming);
			const rule = how.spares?.(request) ? undefined : how.faults.next(request.method, request.path);
			if (rule?.delayMs) await delay(rule.delayMs, undefined, { ref: false });
			const answer = rule?.cut === "before" ? undefined : await answerTo(how, request, rule);
			how.done?.(request, rule?.cut ? 0 : (answer?.status ?? 0));
			if (rule?.cut || !answer) return void incoming.socket.destroy();
			const text = answer.html ?? (answer.json === undefined ? "" : JSON.stringify(answer.json));
			const type = answer.html === undefined ? "application/json" : "text/html";
			outgoing.writeHead(answer.status, {
				...(text && { "content-type": `${type}; charset=utf-8` }),
				"content-length": Buffer.byteLength(text),
				...answer.headers,
			});
			outgoing.end(text);
		};
		handled().catch(() => incoming.socket.destroy());
	};
	const server = how.tls ? createTlsServer({ ...how.tls }, listener) : createServer(listener);
	const url = (await listen(server, port)).replace("http:", how.tls ? "https:" : "http:");
	return { url, [Symbol.asyncDispose]: () => close(server) };
};

const answerTo = async (how: Answering, request: Request, rule?: FaultRule): Promise<Answer> => {
	if (rule && (rule.status || rule.code) && !rule.cut) {
		const answer = how.refuse({ ...rule, status: rule.status ?? 500 }, request);
		if (rule.retryAfterSeconds === undefined) return answer;
		return { ...answer, headers: { ...answer.headers, "retry-after": `${rule.retryAfterSeconds}` } };
	}
	try {
		return await how.answer(request);
	} catch {
		return how.refuse({ status: 500 }, request);
	}
};

const read = async (incoming: IncomingMessage): Promise<Request> => {
	const chunks: Buffer[] = [];
	let length = 0;
	for await (const chunk of incoming as AsyncIterable<Buffer>) {
		length += chunk.length;
		if (length > bodyLimit) throw new Error(`A body is longer than ${bodyLimit} bytes.`);
		chunks.push(chunk);
	}
	const url = new URL(incoming.url ?? "/", `http://${incoming.headers.host ?? "127.0.0.1"}`);
	const bytes = Buffer.concat(chunks);
	return {
		method: incoming.method ?? "GET",
		url,
		path: decoded(url.pathname),
		headers: incoming.headers,
		body: bytes.toString("utf8"),
		bytes,
	};
};

const decoded = (path: string): string => {
	try {
		return decodeURIComponent(path);
	} catch {
		return path;
	}
};

/** Listens on 127.0.0.1. @returns its address, without a slash at the end */
export const listen = (server: Server, port = 0): Promise<string> =>
	new Promise((resolve, reject) => {
		server.once("error", reject);
		server.listen(port, "127.0.0.1", () => resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
	});

/** Stops listening and destroys the open connections, so that no keep-alive holds the process. */
export const close = (server: Server): Promise<void> =>
	new Promise((resolve) => {
		server.close(() => resolve());
		server.closeAllConnections();
	});
