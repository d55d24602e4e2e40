// The requests that isomorphic-git makes, and what their answers mean when they are not git's.
// GH1. The credential goes to one host. Otherwise: an answer that points elsewhere takes our token along.
// GH2. By status and header, never by a text: pages and messages are anybody's. A 203, a page of HTML or a redirect is a
//      sign-in page: it came because the credential was not taken. Kept by: repository.test.ts.
// GH3. A 401 is asked once more, with another token. Otherwise: each try brings the one that was refused.

import type { GitHttpRequest, GitHttpResponse, HttpClient } from "isomorphic-git";
import { Fault } from "../../domain/fault.ts";
import { directly, type Perform } from "../../ports/effect.ts";
import { type Answer, exchangeWith } from "./exchange.ts";
import { asFault } from "./faults.ts";
import { unpacksToMoreThan } from "./pack.ts";

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
	/** Of what a pack unpacks to. */
	readonly mostUnpackedBytes?: number;
}

export function gitHttp(options: GitHttpOptions): HttpClient & Disposable {
	const { name, url, ca, authorization, credential, perform = directly, timeoutMs = 30_000 } = options;
	const { mostBytes = 32 * 1024 * 1024, mostUnpackedBytes = 128 * 1024 * 1024 } = options;
	const { origin } = new URL(url);
	const exchange = exchangeWith(url, { timeoutMs, mostBytes, ...(ca !== undefined && { ca }) });

	return {
		async request(asked) {
			if (new URL(asked.url).origin !== origin) throw new Fault("repository-foreign", { repository: name });
			const { method = "GET", url: at, headers } = asked;
			const body = await joined(asked.body);
			// Beside the request, not within: what it takes to get a credential is an effect of its own.
			const tried = async (anew: boolean) => {
				const Authorization = await authorization({ anew });
				return perform(`git ${method} ${name} ${serviceIn(at)}`, () =>
					exchange.send({ method, url: at, headers: { ...headers, Authorization }, body }),
				);
			};
			try {
				const answer = await tried(false);
				const last = answer.status === 401 ? await tried(true) : answer;
				if (unpacksToMoreThan(mostUnpackedBytes, last.bytes))
					throw new Fault("repository-too-large", { repository: name });
				return asGitHttp(asked, last);
			} catch (error) {
				const right = at.includes("git-receive-pack") ? "push to" : "read";
				throw asFault(error, { repository: name, credential, right });
			}
		},
		[Symbol.dispose]: () => exchange[Symbol.dispose](),
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
