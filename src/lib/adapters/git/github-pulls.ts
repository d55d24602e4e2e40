// Pull requests by GitHub's REST API.
// GHP1. One from a fork has another repository as its head. Kept by: pull-requests.test.ts.
// By its documentation, and by answers that others have reported; GitHub itself was not asked.
// @see https://docs.github.com/rest/pulls/pulls

import { gitHubHeaders } from "./github-app.ts";
import type { PullRequestApi } from "./pull-requests.ts";

interface Listed {
	readonly number?: unknown;
	readonly state?: unknown;
	readonly merged_at?: unknown;
	readonly head?: { readonly ref?: unknown; readonly repo?: { readonly full_name?: unknown } | null };
	readonly base?: { readonly ref?: unknown };
}

/** @param url `https://<host>/<owner>/<name>`, with or without `.git` */
export function gitHubPulls(api: string, url: string, base: string): PullRequestApi {
	const address = url.replace(/\.git$/, "");
	const [owner = "", name = ""] = new URL(address).pathname.split("/").slice(1);
	const pulls = `${api}/repos/${owner}/${name}/pulls`;
	const isOurs = ({ head, base: into }: Listed, branch: string): boolean =>
		head?.ref === branch &&
		into?.ref === base &&
		`${head.repo?.full_name}`.toLowerCase() === `${owner}/${name}`.toLowerCase();
	return {
		headers: gitHubHeaders,
		list(branch) {
			const query = new URLSearchParams({ head: `${owner}:${branch}`, base, state: "all", per_page: "100" });
			return { method: "GET", url: `${pulls}?${query}` };
		},
		open: (head, { title, body }) => ({ method: "POST", url: pulls, body: { title, body, head, base } }),
		close: (number) => ({ method: "PATCH", url: `${pulls}/${number}`, body: { state: "closed" } }),
		found(listed, branch) {
			if (!Array.isArray(listed)) return undefined;
			return listed
				.map((one) => Object(one) as Listed)
				.filter((one) => isOurs(one, branch))
				.flatMap(({ number, state, merged_at }) =>
					Number.isSafeInteger(number)
						? [{ number: number as number, state: state === "open" ? "open" : merged_at ? "merged" : "closed" }]
						: [],
				);
		},
		urlOf: (number) => `${address}/pull/${number}`,
		refusedWith: [422],
		oneAsList: (opened) => [opened],
	};
}
