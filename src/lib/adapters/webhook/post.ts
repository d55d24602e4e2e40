// One message to somebody else's server.
// POS1. The address that is connected to is the one that was looked at. Otherwise: a name that is public when it is asked for, and
//      private the next moment, leads into the network. Kept by: notifications/channel.test.ts.
// POS2. No redirect is followed: it is an answer like any other. Otherwise: the receiver decides where the message goes next.
//      Kept by: notifications/channel.test.ts.
// POS3. Of the answer, nothing is kept but status and Retry-After; of its body some kilobytes are read. Otherwise: a receiver fills the
//      app's memory, or its words get into our log. Kept by: notifications/channel.test.ts.
// POS4. It ends within its time, whatever the receiver does, and leaves no connection behind. Kept by: notifications/channel.test.ts.

import { lookup } from "node:dns";
import { request } from "node:https";
import { isIP, type LookupFunction } from "node:net";
import { mayBeSentTo } from "./address.ts";

export interface Post {
	/** https */
	readonly url: string;
	readonly headers: Readonly<Record<string, string>>;
	readonly body: string;
	/** PEM; default: the CAs that Node.js trusts. */
	readonly ca?: string | undefined;
	/** Ranges of addresses that are not public, and allowed. */
	readonly privateAddresses: readonly string[];
	readonly timeoutMs?: number;
}

export interface Answer {
	readonly status: number;
	/** `Retry-After`, as it was given. */
	readonly retryAfter?: string;
}

/** The name leads to an address to which nothing is sent. */
export class NotSentThere extends Error {
	readonly address: string;
	constructor(address: string) {
		super("not sent there");
		this.address = address;
	}
}

const mostBytes = 16 * 1024;

/** @throws NotSentThere, or the error of the network or of TLS, unread */
export function post({ url, headers, body, ca, privateAddresses, timeoutMs = 20_000 }: Post): Promise<Answer> {
	const host = new URL(url).hostname.replace(/^\[|\]$/g, "");
	// A literal address is never looked up.
	if (isIP(host) !== 0 && !mayBeSentTo(host, privateAddresses)) return Promise.reject(new NotSentThere(host));
	return new Promise((resolve, reject) => {
		let given: Answer | undefined;
		const sent = request(
			url,
			{
				method: "POST",
				headers: { ...headers, "Content-Length": String(Buffer.byteLength(body)) },
				ca,
				// Its own connection, which ends with it: one that is kept was looked at some other time.
				agent: false,
				lookup: lookedAt(privateAddresses),
				signal: AbortSignal.timeout(timeoutMs),
			},
			(answer) => {
				const retryAfter = answer.headers["retry-after"];
				given = { status: answer.statusCode ?? 0, ...(retryAfter !== undefined && { retryAfter }) };
				let length = 0;
				answer.on("data", (part: Buffer) => {
					length += part.length;
					if (length > mostBytes) sent.destroy();
				});
				answer.on("error", () => {});
			},
		);
		// One that changes the protocol (101) is left without an error.
		let failed = new Error("closed without an answer");
		sent.on("error", (error) => {
			failed = error;
		});
		// However the body ends, or does not: the status is the answer.
		sent.on("close", () => (given ? resolve(given) : reject(failed)));
		sent.end(body);
	});
}

/** One address that may not be, and there is none: a name with both is somebody's attempt. */
const lookedAt =
	(privateAddresses: readonly string[]): LookupFunction =>
	(hostname, options, callback) =>
		lookup(hostname, { ...options, all: true }, (error, found) => {
			if (error) return callback(error, "", 0);
			const wrong = found.find(({ address }) => !mayBeSentTo(address, privateAddresses));
			if (wrong) return callback(new NotSentThere(wrong.address), "", 0);
			const [first] = found;
			if (options.all) callback(null, found);
			else callback(null, first?.address ?? "", first?.family);
		});
