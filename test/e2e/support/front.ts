// A place before an HTTP server of the stack, where a request can be held or refused. It holds on purpose and for as long
// as the test wants, so that a kill lands inside a step and never beside it.

import { type IncomingMessage, request as plain, createServer as plainServer, type ServerResponse } from "node:http";
import { request as tls, createServer as tlsServer } from "node:https";
import { buffer } from "node:stream/consumers";
import { close, listen } from "../../../packages/loopback/index.ts";

export interface Passing {
	readonly method: string;
	/** Percent-decoded, without the query. */
	readonly path: string;
	readonly body: string;
}

export type Matches = (passing: Passing) => boolean;

/** Something that waits in the middle. */
export interface Hold {
	/** Resolves when it is there. */
	readonly reached: Promise<void>;
	/** Lets it go: its connection is cut. */
	release(): void | Promise<void>;
}

export interface Front extends AsyncDisposable {
	/** Without a slash at the end. */
	readonly url: string;
	/** The next request that matches is held before it takes effect (and then never does), or before its answer. */
	hold(when: "before" | "after", matches: Matches): Hold;
	/** Requests that match get this answer, and take no effect. @returns a function that ends it */
	refuse(matches: Matches, answer: { status: number; headers: Record<string, string>; body: string }): () => void;
}

type Held = { when: "before" | "after"; matches: Matches; arrive: () => void; gone: Promise<void> };
type Refusal = { matches: Matches; answer: Parameters<Front["refuse"]>[1] };

/** @param certificate with it, both sides speak TLS; this process must trust the server's */
export async function startFront(to: string, certificate?: { cert: string; key: string }): Promise<Front> {
	const holds = new Set<Held>();
	const refusals = new Set<Refusal>();
	const target = new URL(to);

	async function handle(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
		const { method = "GET", url = "/", headers } = incoming;
		const body = await buffer(incoming);
		const path = decodeURIComponent(url.replace(/\?.*/, ""));
		const passing = { method, path, body: body.toString("utf8") };
		const refusal = [...refusals].find(({ matches }) => matches(passing));
		if (refusal) {
			outgoing.writeHead(refusal.answer.status, refusal.answer.headers).end(refusal.answer.body);
			return;
		}
		const held = [...holds].find(({ matches }) => matches(passing));
		if (held) holds.delete(held);
		if (held?.when === "before") {
			held.arrive();
			await held.gone;
			incoming.socket.destroy();
			return;
		}
		const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
		(certificate ? tls : plain)(
			{ host: target.hostname, port: target.port, method, path: url, headers, agent: false },
			resolve,
		)
			.on("error", reject)
			.end(body);
		const answer = await promise;
		const answerBody = await buffer(answer);
		if (held) {
			held.arrive();
			await held.gone;
			incoming.socket.destroy();
			return;
		}
		const { connection: _, "transfer-encoding": __, ...kept } = answer.headers;
		outgoing.writeHead(answer.statusCode ?? 502, kept).end(answerBody);
	}

	const onRequest = (incoming: IncomingMessage, outgoing: ServerResponse) => {
		handle(incoming, outgoing).catch(() => incoming.socket.destroy());
	};
	const server = certificate ? tlsServer(certificate, onRequest) : plainServer(onRequest);
	const address = await listen(server);
	return {
		url: certificate ? address.replace("http:", "https:") : address,
		hold(when, matches) {
			const arrived = Promise.withResolvers<void>();
			const left = Promise.withResolvers<void>();
			holds.add({ when, matches, arrive: arrived.resolve, gone: left.promise });
			return { reached: arrived.promise, release: left.resolve };
		},
		refuse(matches, answer) {
			const refusal = { matches, answer };
			refusals.add(refusal);
			return () => void refusals.delete(refusal);
		},
		[Symbol.asyncDispose]: () => close(server),
	};
}

/** An append to the audit log that carries a record of this step. */
export const recordOf =
	(step: string, phase: "intent" | "outcome" | "note", code?: string): Matches =>
	({ method, path, body }) =>
		method === "PUT" &&
		path.includes("/audit/") &&
		body.split("\n").some((line) => {
			if (!line.startsWith("{")) return false;
			const { data } = JSON.parse(line) as { data: { step: string; phase: string; code?: string } };
			return data.step === step && data.phase === phase && (code === undefined || data.code === code);
		});

/** A write of a secret's new version, or a change of one. */
export const writeOf =
	(method: "PUT" | "PATCH", secret: string): Matches =>
	(passing) =>
		passing.method === method && passing.body !== "" && passing.path.split("/")[2] === secret;
