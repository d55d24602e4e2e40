// A place before the Functions host, where every answer that anybody gets from it is kept: operators, Event Grid, tests.
// AN1. It changes nothing of a request or an answer, and a host that is down is a connection that breaks. Otherwise: what
//      is tested is this place and not the host. Kept by: answers.test.ts.

import { Agent, type ClientRequest, createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import { close, listen } from "../packages/loopback/index.ts";

export interface Answers extends AsyncDisposable {
	/** Without a slash at the end. */
	readonly url: string;
	/** Each answer once: status, headers and body. `host`: of the host's own APIs; `app`: of the app's functions. */
	of(whom: "app" | "host"): readonly string[];
}

/** @param to `http://127.0.0.1:PORT` */
export async function keepAnswers(to: string): Promise<Answers> {
	const kept = { app: new Set<string>(), host: new Set<string>() };
	const { hostname, port } = new URL(to);
	// Separate connections, each for one request: an idle one that the host has just closed fails the next request.
	const agent = new Agent({ keepAlive: false });

	async function pass(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
		// Of a header that comes twice, `headers` keeps one.
		const { method = "GET", url = "/", rawHeaders: headers } = incoming;
		const body = await buffer(incoming);
		const onward = request({ agent, hostname, port, method, path: url, headers });
		outgoing.once("close", () => onward.destroy());
		const answer = await answerTo(onward, body);
		const content = await buffer(answer);
		const whose = /^\/(admin|runtime)\//i.test(url) ? "host" : "app";
		const { date: _, ...shown } = answer.headers;
		kept[whose].add(`${answer.statusCode} ${JSON.stringify(shown)}\n${content.toString("utf8")}`);
		const { connection: __, "transfer-encoding": ___, ...sent } = answer.headers;
		outgoing.writeHead(answer.statusCode ?? 502, sent).end(content);
	}

	const server = createServer((incoming, outgoing) => {
		pass(incoming, outgoing).catch(() => incoming.socket.destroy());
	});
	// As the host's: longer than clients keep idle connections.
	server.keepAliveTimeout = 120_000;
	return {
		url: await listen(server),
		of: (whom) => [...kept[whom]],
		async [Symbol.asyncDispose]() {
			await close(server);
			agent.destroy();
		},
	};
}

function answerTo(onward: ClientRequest, body: Buffer): Promise<IncomingMessage> {
	const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
	onward.once("response", resolve).once("error", reject).end(body);
	return promise;
}
