// The hosts that open pull requests, each over a real git repository: by GitHub's API, and by that of Azure DevOps.

import { azureDevOpsApi, type Host, startGitHubPulls } from "../../../local/git/pull-requests.ts";
import { type GitServer, startGitServer } from "../../../local/git/server.ts";
import type { Faults } from "../../../packages/loopback/index.ts";
import { reviewOf } from "../../../src/lib/adapters/git/review.ts";
import type { Perform } from "../../../src/lib/ports/effect.ts";
import type { PullRequests } from "../../../src/lib/ports/repository.ts";

export interface Hosted extends AsyncDisposable {
	readonly git: GitServer;
	readonly host: Host;
	/** Of the API, and of git too at Azure DevOps. */
	readonly faults: Faults;
	readonly requests: PullRequests;
	/** What the credential may do there. */
	may: "write" | "read" | "nothing";
	/** `Authorization` headers that came to the API. */
	authorizations(): readonly string[];
	/** The address of one, as a person has it. */
	urlOf(number: number): string;
	readonly effects: readonly string[];
}

const title = { github: "GitHub's API", "azure-devops": "Azure DevOps' API" };

export const hosts = Object.entries(title).map(([host, name]) => ({
	title: name,
	open: () => hosted(host as keyof typeof title),
}));

export async function hosted(by: "github" | "azure-devops"): Promise<Hosted> {
	await using stack = new AsyncDisposableStack();
	const effects: string[] = [];
	const perform: Perform = (effect, act) => {
		effects.push(effect);
		return act();
	};
	const state = { may: "write" as Hosted["may"] };
	const common = {
		name: "gitops",
		credential: "secret git-token of vault main",
		perform,
		clock: { now: () => new Date() },
	};
	if (by === "github") {
		const git = stack.use(await startGitServer({ path: "example/titanic.git" }));
		const accepts = (given: string, right: string) =>
			given === `Bearer ${git.password}` && (state.may === "write" || state.may === right);
		const gitHub = stack.use(await startGitHubPulls(git, { repository: "example/titanic", accepts }));
		const bearer = async () => `Bearer ${git.password}`;
		const where = { url: git.url, branch: "main", host: by, api: gitHub.api };
		const { requests } = reviewOf(where, { authorization: bearer, bearer }, common);
		const all = stack.move();
		return Object.assign(state, {
			...{ git, host: gitHub, faults: gitHub.faults, requests: requests!, effects },
			authorizations: () => gitHub.requests.map(({ authorization }) => authorization),
			urlOf: (number: number) => `${git.url.replace(/\.git$/, "")}/pull/${number}`,
			[Symbol.asyncDispose]: () => all.disposeAsync(),
		});
	}
	const path = "example/titanic/_git/gitops";
	let api: ReturnType<typeof azureDevOpsApi> | undefined;
	const git = stack.use(
		await startGitServer({
			path,
			api: async (request) => {
				const isRead = request.method === "GET";
				if (state.may === "nothing") return { status: 401 };
				return state.may === "read" && !isRead ? { status: 403 } : api!.answer(request);
			},
		}),
	);
	api = azureDevOpsApi(git, path);
	const authorization = async () => `Basic ${btoa(`${git.user}:${git.password}`)}`;
	const { requests } = reviewOf(
		{ url: git.url, branch: "main", host: by },
		{ authorization, bearer: authorization },
		common,
	);
	const all = stack.move();
	return Object.assign(state, {
		...{ git, host: api.host, faults: git.faults, requests: requests!, effects },
		authorizations: () =>
			git.requests.filter(({ url }) => url.includes("/_apis/")).map((one) => one.authorization ?? ""),
		urlOf: (number: number) => `${git.url}/pullrequest/${number}`,
		[Symbol.asyncDispose]: () => all.disposeAsync(),
	});
}
