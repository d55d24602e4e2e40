// One request to one host, and its whole answer.
// GX1. No redirect is followed. Otherwise: anyone who answers for the host once sends our token on to another.
//      Kept by: repository.test.ts, github-app.test.ts.
// GX2. An answer has a limit: it is held in memory, and the app is more than this one rotation. Kept by: repository.test.ts.
// GX3. It ends within its time, whatever the server does. Kept by: exchange.test.ts.

import { type IncomingHttpHeaders, type IncomingMessage, request as plainRequest } from "node:http";
import { Agent, request as tlsRequest } from "node:https";

export interface Asked {
	readonly method: string;
	readonly url: string;
	readonly headers: Readonly<Record<string, string>>;
	readonly body: Buffer;
}

export interface Answer {
	readonly status: number;
	readonly headers: IncomingHttpHeaders;
	readonly bytes: Buffer;
}

export interface Exchange extends Disposable {
	/** Rejects with the error of the network or of TLS, or with the code `TOO_LARGE`. */
	send(asked: Asked): Promise<Answer>;
}

export function exchangeWith(
	url: string,
	options: { readonly ca?: string; readonly timeoutMs: number; readonly mostBytes: number },
): Exchange {
	const { ca, timeoutMs, mostBytes } = options;
	const agent = new URL(url).protocol === "https:" ? new Agent({ ca, keepAlive: true }) : undefined;
	return {
		send: ({ method, url: at, headers, body }) =>
			new Promise((resolve, reject) => {
				const make = agent ? tlsRequest : plainRequest;
				const signal = AbortSignal.timeout(timeoutMs);
				const sent = make(at, { method, headers, signal, ...(agent && { agent }) }, (answer) => {
					const given = (bytes: Buffer) => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, bytes });
					whole(answer, mostBytes).then(given, reject);
				});
				sent.on("error", reject);
				// Without a listener it ends without an error, and the caller waits for ever.
				sent.on("upgrade", (_, socket) => {
					socket.destroy();
					reject(new Error("changes the protocol"));
				});
				sent.end(body);
			}),
		[Symbol.dispose]: () => agent?.destroy(),
	};
}

async function whole(answer: IncomingMessage, mostBytes: number): Promise<Buffer> {
	const parts: Buffer[] = [];
	let length = 0;
	for await (const part of answer as AsyncIterable<Buffer>) {
		length += part.length;
		if (length > mostBytes) throw Object.assign(new Error(), { code: "TOO_LARGE" });
		parts.push(part);
	}
	return Buffer.concat(parts);
}
