// The requests that isomorphic-git makes, and what their answers mean when they are not git's.
// GH1. The credential goes to one host, and no redirect is followed. Otherwise: anyone who answers for the host once sends our
//      token on to another.
// GH2. By status and header, never by a text: pages and messages are anybody's. A 203, a page of HTML or a redirect is a
//      sign-in page: it came because the credential was not taken. Kept by: repository.test.ts.
// GH3. A 401 is asked once more, with another token. Otherwise: each try brings the one that was refused.
// GH4. An answer has a limit: isomorphic-git holds it in memory, and the app is more than this one rotation.

import { type IncomingMessage, request as plainRequest } from "node:http";
import { Agent, request as tlsRequest } from "node:https";
import type { GitHttpRequest, GitHttpResponse, HttpClient } from "isomorphic-git";
import { Fault } from "../../domain/fault.ts";
import { directly, type Perform } from "../../ports/effect.ts";
import { type Answer, asFault } from "./faults.ts";

export interface GitHttpOptions {
	/** The configuration's key of the repository. */
	readonly name: string;
	readonly url: string;
	readonly ca?: string;
	/** The value of the header `Authorization`; `anew`: the one before was refused. */
	readonly authorization: (options?: { readonly anew: boolean }) => Promise<string>;
	/** Whose credential it is, as faults say it. */
	readonly credential: string;
	readonly perform?: Perform;
	readonly timeoutMs?: number;
	/** Of an answer. */
	readonly mostBytes?: number;
}

export function gitHttp(options: GitHttpOptions): HttpClient & Disposable {
	const { name, url, ca, authorization, credential, perform = directly, timeoutMs = 30_000 } = options;
	const { mostBytes = 32 * 1024 * 1024 } = options;
	const { origin, protocol } = new URL(url);
	const agent = protocol === "https:" ? new Agent({ ca, keepAlive: true }) : undefined;

	const send = (asked: GitHttpRequest, body: Buffer, as: string): Promise<Answer> =>
		new Promise((resolve, reject) => {
			const make = agent ? tlsRequest : plainRequest;
			const headers = { ...asked.headers, Authorization: as };
			const signal = AbortSignal.timeout(timeoutMs);
			const sent = make(asked.url, { method: asked.method, headers, signal, ...(agent && { agent }) }, (answer) => {
				const given = (bytes: Buffer) => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, bytes });
				whole(answer, mostBytes).then(given, reject);
			});
			sent.on("error", reject);
			sent.end(body);
		});

	return {
		async request(asked) {
			if (new URL(asked.url).origin !== origin) throw new Fault("repository-foreign", { repository: name });
			const body = await joined(asked.body);
			// Beside the request, not within: what it takes to get a credential is an effect of its own.
			const tried = async (anew: boolean) => {
				const as = await authorization({ anew });
				return perform(`git ${asked.method} ${name} ${serviceIn(asked.url)}`, () => send(asked, body, as));
			};
			try {
				const answer = await tried(false);
				return asGitHttp(asked, answer.status === 401 ? await tried(true) : answer);
			} catch (error) {
				throw asFault(error, { repository: name, credential, isPush: asked.url.includes("git-receive-pack") });
			}
		},
		[Symbol.dispose]: () => agent?.destroy(),
	};
}

function asGitHttp(asked: GitHttpRequest, answer: Answer): GitHttpResponse {
	const type = String(answer.headers["content-type"] ?? "");
	if (answer.status !== 200 || !type.startsWith("application/x-git-")) throw answer;
	return {
		url: asked.url,
		method: asked.method ?? "GET",
		headers: { "content-type": type },
		body: (async function* () {
			yield new Uint8Array(answer.bytes);
		})(),
		statusCode: 200,
		statusMessage: "OK",
	};
}

/** `git-upload-pack` reads, `git-receive-pack` writes. */
const serviceIn = (url: string): string => /git-(?:upload|receive)-pack/.exec(url)?.[0] ?? "unknown";

async function joined(body: GitHttpRequest["body"]): Promise<Buffer> {
	const parts: Uint8Array[] = [];
	if (body) for await (const part of body) parts.push(part);
	return Buffer.concat(parts);
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
