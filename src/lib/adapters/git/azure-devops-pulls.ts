// Pull requests by Azure DevOps' REST API.
// By its documentation, and by answers that others have reported; Azure DevOps itself was not asked.
// @see https://learn.microsoft.com/rest/api/azure/devops/git/pull-requests

import type { PullRequestApi } from "./pull-requests.ts";

interface Listed {
	readonly pullRequestId?: unknown;
	readonly status?: unknown;
	readonly sourceRefName?: unknown;
	readonly targetRefName?: unknown;
	/** Only where it comes from a fork. */
	readonly forkSource?: unknown;
}

const states = { active: "open", completed: "merged", abandoned: "closed" } as const;
const version = "api-version=7.1";

/** @param url `https://<host>/.../<project>/_git/<name>` */
export function azureDevOpsPulls(url: string, base: string): PullRequestApi {
	const pulls = `${url.replace("/_git/", "/_apis/git/repositories/")}/pullrequests`;
	const targetRefName = `refs/heads/${base}`;
	return {
		headers: { Accept: "application/json", "Content-Type": "application/json" },
		list(branch) {
			const criteria = { sourceRefName: `refs/heads/${branch}`, targetRefName, status: "all" };
			const query = Object.entries(criteria).map(
				([key, value]) => `searchCriteria.${key}=${encodeURIComponent(value)}`,
			);
			return { method: "GET", url: `${pulls}?${query.join("&")}&${version}` };
		},
		open: (branch, { title, body: description }) => ({
			method: "POST",
			url: `${pulls}?${version}`,
			body: { sourceRefName: `refs/heads/${branch}`, targetRefName, title, description },
		}),
		close: (number) => ({ method: "PATCH", url: `${pulls}/${number}?${version}`, body: { status: "abandoned" } }),
		found(listed, branch) {
			const { value } = Object(listed) as { value?: unknown };
			if (!Array.isArray(value)) return undefined;
			return value
				.map((one) => Object(one) as Listed)
				.filter(
					({ sourceRefName, targetRefName: into, forkSource }) =>
						sourceRefName === `refs/heads/${branch}` && into === targetRefName && !forkSource,
				)
				.flatMap(({ pullRequestId: number, status }) => {
					const state = Object.hasOwn(states, String(status)) ? states[status as keyof typeof states] : undefined;
					return Number.isSafeInteger(number) && state ? [{ number: number as number, state }] : [];
				});
		},
		urlOf: (number) => `${url}/pullrequest/${number}`,
		refusedWith: [409, 400],
		oneAsList: (opened) => ({ value: [opened] }),
	};
}
