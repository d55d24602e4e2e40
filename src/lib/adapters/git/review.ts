// Who opens pull requests in a repository.

import type { Review } from "../../ports/repository.ts";
import { azureDevOpsPulls } from "./azure-devops-pulls.ts";
import { gitHubPulls } from "./github-pulls.ts";
import type { GitLogin } from "./login.ts";
import { type PullRequestOptions, pullRequests } from "./pull-requests.ts";

interface Reviewed {
	readonly url: string;
	/** What they are merged into. */
	readonly branch: string;
	readonly host: "github" | "azure-devops" | "none";
	/** Of GitHub. */
	readonly api?: string | undefined;
}

export function reviewOf(
	{ url, branch, host, api }: Reviewed,
	{ authorization, bearer }: Pick<GitLogin, "authorization" | "bearer">,
	options: Omit<PullRequestOptions, "authorization">,
): Review {
	if (host === "azure-devops")
		return { requests: pullRequests(azureDevOpsPulls(url, branch), { ...options, authorization }) };
	if (host === "none" || api === undefined) return {};
	return { requests: pullRequests(gitHubPulls(api, url, branch), { ...options, authorization: bearer }) };
}
