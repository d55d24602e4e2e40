// Pull requests, by the API of the repository's host: found by their branches, opened, closed.
// GPR1. Which is ours follows from its branches in this very repository, never from its title or text: anyone may write those.
//       Otherwise: a fork's pull request is waited for. Kept by: pull-requests.test.ts.
// GPR2. From an answer only numbers and states of a closed list are taken; an address is made from the configured one. Otherwise:
//       what somebody wrote is in a status that people click on. Kept by: pull-requests.test.ts.
// GPR3. One that cannot be opened because there is one is looked for. Otherwise: a crash after the first leaves a delivery that ends
//       with a conflict. Kept by: pull-requests.test.ts.

import { Fault } from "../../domain/fault.ts";
import { directly } from "../../ports/effect.ts";
import type { PullRequest, PullRequests } from "../../ports/repository.ts";
import { type Answer, exchangeWith } from "./exchange.ts";
import { asFault } from "./faults.ts";
import { pauseIn } from "./github-faults.ts";
import type { GitHttpOptions } from "./http.ts";

export interface Call {
	readonly method: "GET" | "POST" | "PATCH";
	readonly url: string;
	readonly body?: object;
}

/** What one host's API is asked, and what its answers mean. */
export interface PullRequestApi {
	readonly headers: Readonly<Record<string, string>>;
	/** Newest first or not. */
	list(branch: string): Call;
	open(branch: string, said: { readonly title: string; readonly body: string }): Call;
	close(number: number): Call;
	/** @returns those between these branches of this repository; `undefined` where that is no such answer */
	found(listed: unknown, branch: string): readonly Pick<PullRequest, "number" | "state">[] | undefined;
	/** What it answers once it has opened one, in the form of a list. */
	oneAsList(opened: unknown): unknown;
	urlOf(number: number): string;
	/** It opens none because there is one, or for reasons of its own. */
	readonly refusedWith: readonly number[];
}

export interface PullRequestOptions
	extends Pick<GitHttpOptions, "name" | "ca" | "authorization" | "credential" | "perform"> {
	readonly clock: { now(): Date };
	readonly timeoutMs?: number;
}

export function pullRequests(api: PullRequestApi, options: PullRequestOptions): PullRequests {
	const { name: repository } = options;

	function newestIn(listed: unknown, branch: string): PullRequest | undefined {
		const found = api.found(listed, branch);
		if (!found) throw new Fault("repository-foreign", { repository });
		const isOpen = ({ state }: Pick<PullRequest, "state">) => Number(state === "open");
		const [newest] = found.toSorted((a, b) => isOpen(b) - isOpen(a) || b.number - a.number);
		return newest && { ...newest, url: api.urlOf(newest.number) };
	}

	const of: PullRequests["of"] = async (branch) =>
		newestIn(jsonIn(await asked(api, options, api.list(branch), 200)), branch);

	return {
		of,
		async open(_, branch, said) {
			const answer = await asked(api, options, api.open(branch, said), 201, ...api.refusedWith);
			const found = answer.status === 201 ? newestIn(api.oneAsList(jsonIn(answer)), branch) : await of(branch);
			if (found?.state === "open") return found;
			if (answer.status === 201) throw new Fault("repository-foreign", { repository });
			throw new Fault("pull-request-refused", { repository, branch, answer: `HTTP ${answer.status}` });
		},
		async close(_, { number }) {
			await asked(api, options, api.close(number), 200);
		},
	};
}

/** @returns its answer, with one of these statuses */
async function asked(
	api: PullRequestApi,
	options: PullRequestOptions,
	call: Call,
	...statuses: number[]
): Promise<Answer> {
	const { name, ca, authorization, credential, perform = directly, timeoutMs = 30_000, clock } = options;
	const { method, url, body } = call;
	const right = method === "GET" ? "read the pull requests of" : "open and close pull requests in";
	using exchange = exchangeWith(url, { timeoutMs, mostBytes: 4 * 1024 * 1024, ...(ca !== undefined && { ca }) });
	// Beside the request, not within: what it takes to get a credential is an effect of its own.
	const tried = async (anew: boolean) => {
		const Authorization = await authorization({ anew });
		const sent = {
			method,
			url,
			headers: { ...api.headers, Authorization },
			body: Buffer.from(body ? JSON.stringify(body) : ""),
		};
		return perform(`pulls ${method} ${name}`, () => exchange.send(sent));
	};
	try {
		const first = await tried(false);
		const answer = first.status === 401 ? await tried(true) : first;
		if (statuses.includes(answer.status)) return answer;
		const seconds = pauseIn(answer, clock.now());
		const detail = `HTTP ${answer.status}, asked too often`;
		throw seconds === undefined ? answer : new Fault("repository-failed", { repository: name, detail });
	} catch (error) {
		throw asFault(error, { repository: name, credential, right });
	}
}

function jsonIn({ bytes }: Answer): unknown {
	try {
		return JSON.parse(bytes.toString("utf8"));
	} catch {
		return undefined;
	}
}
