// Where a repository is, who the app is there, and by whose API it opens pull requests: whether these are one host's.
// RH1. Where a token goes is where it came from. Otherwise: a slip of a finger sends it to somebody else's server.
//      Kept by: configuration.test.ts.

import type { Named } from "./owners.ts";
import { gitHubApiOf } from "./repository.ts";
import { hostIn } from "./spelling.ts";

interface Wrong {
	readonly path: PropertyKey[];
	readonly message: string;
}

/** Each with its path in the entry. */
export function wrongHosts(repository: Named["repositories"][string]): Wrong[] {
	const { login, pullRequests } = repository;
	const url = new URL(repository.url);
	const host = hostIn(url) ?? "";
	const found: Wrong[] = [];
	const problem = (path: PropertyKey[], message: string) => void found.push({ path, message });
	if (login.mode === "entra" && !azureDevOps.test(host))
		problem(["login", "mode"], 'is "entra", which is for Azure DevOps; give mode "secret"');
	const wrong = pullRequests && wrongWithPullRequests(pullRequests.host, login.mode, url, host);
	if (wrong !== undefined) problem(["pullRequests", "host"], wrong);
	const asked = gitHubApiOf(repository);
	const isOther = asked !== undefined && asked !== login.api;
	for (const [of, api] of [
		["login", login.api],
		["pullRequests", isOther ? asked : undefined],
	] as const) {
		const there = api === undefined ? host : hostIn(new URL(api));
		if (there !== host && there !== `api.${host}`)
			problem([of, "api"], `is at ${there}, which is not the API of ${host}`);
	}
	if ((login.api ?? asked) !== undefined && !ownerAndName.test(url.pathname))
		problem(["url"], "is not a repository of GitHub's; give https://<host>/<owner>/<name>");
	return found;
}

/** A token of the one host is nothing to the other. */
function wrongWithPullRequests(by: string, mode: string, { pathname }: URL, host: string): string | undefined {
	if (by === "none") return undefined;
	if (mode === "github-app" && by !== "github") return 'is not where a GitHub App is; give host "github" or "none"';
	if (mode === "entra" && by !== "azure-devops") return 'is not where the login is; give host "azure-devops" or "none"';
	if (by !== "azure-devops") return undefined;
	if (!azureDevOps.test(host)) return 'is "azure-devops", and url is elsewhere; give host "github" or "none"';
	const hasProject = (host.endsWith(".visualstudio.com") ? inOrganization : ofOrganization).test(pathname);
	return hasProject
		? undefined
		: "needs a url with the project; give https://dev.azure.com/<organization>/<project>/_git/<name>";
}

const ownerAndName = /^\/[\w.-]+\/[\w.-]+$/;
const inOrganization = /^(\/DefaultCollection)?\/[^/]+\/_git\/[^/]+$/;
const ofOrganization = /^(\/[^/]+){2}\/_git\/[^/]+$/;

/** Who gets a token that every repository takes which the app's identity may push to; and this machine. */
const azureDevOps = /^(dev\.azure\.com|[a-z0-9-]+\.visualstudio\.com|localhost)$/;
