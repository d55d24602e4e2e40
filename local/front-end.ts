// Stands in for the load balancer before the instances of a Function App: each request goes to the next instance.
// FE1. A request is given to one instance only: another is tried only when the connection was refused, so that nothing of it
//      has arrived anywhere. Otherwise: the front itself makes duplicates.

import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { close, listen } from "../packages/loopback/index.ts";

export interface FrontEnd extends AsyncDisposable {
	/** `http://127.0.0.1:PORT` */
	readonly url: string;
}

/** @param instances their addresses; answers 502 when none takes the request, or the one that took it dies */
export async function startFrontEnd(instances: readonly string[]): Promise<FrontEnd> {
	let taken = 0;
	const server = createServer((incoming, outgoing) => {
		const first = taken++;
		const order = instances.map((_, index) => instances[(first + index) % instances.length] as string);
		forward(incoming, outgoing, order);
	});
	const url = await listen(server);
	return { url, [Symbol.asyncDispose]: () => close(server) };
}

function forward(incoming: IncomingMessage, outgoing: ServerResponse, [instance, ...others]: readonly string[]): void {
	if (instance === undefined) {
		outgoing.writeHead(502).end();
		return;
	}
	// Of a header that comes twice, `headers` keeps one.
	const { method, url, rawHeaders: headers } = incoming;
	const onward = request(new URL(url ?? "/", instance), { method, headers, agent: false });
	onward.once("socket", (socket) => socket.once("connect", () => incoming.pipe(onward)));
	onward.once("response", (answer) => {
		outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
		answer.pipe(outgoing);
	});
	onward.on("error", (error: NodeJS.ErrnoException) => {
		if (outgoing.headersSent || outgoing.destroyed) outgoing.destroy();
		else forward(incoming, outgoing, error.code === "ECONNREFUSED" ? others : []);
	});
	outgoing.once("close", () => onward.destroy());
}
