// Stands in for the pull requests of a git host, over a repository that real git keeps: by GitHub's API, or by that of Azure
// DevOps. People merge and close here, past the API.
// LPR1. What a host checks is checked: both branches are there and differ, and there is one open pull request for two branches.
//       Otherwise: the app opens here what it cannot open there. Kept by: pull-requests.test.ts.
// LPR2. One whose branch is removed is closed, and one that is closed is not opened by its branch coming back.
// Statuses and fields as documented, and as reported by others who met them; the hosts themselves were not asked.

import { type Answer, type Faults, faults, type Request, serve } from "../../packages/loopback/index.ts";
import type { GitServer } from "./server.ts";

export interface PullRequest {
	readonly number: number;
	readonly branch: string;
	readonly base: string;
	readonly title: string;
	readonly body: string;
	/** Another repository's, which has a branch of this name too. */
	readonly fork?: string;
	state: "open" | "merged" | "closed";
}

export interface Host {
	/** All that there ever were, by number. */
	readonly all: PullRequest[];
	/** A person merges it; by a squash no commit of the branch gets onto the other. @param change what they edit before that */
	merge(number: number, how?: "merge" | "squash" | "rebase", change?: Readonly<Record<string, string>>): Promise<void>;
	close(number: number): void;
	reopen(number: number): void;
	/** Somebody opens one from a fork, with a branch of the same name. */
	fork(branch: string): void;
}

type Git = Pick<GitServer, "git" | "commit">;

export function hostOf({ git, commit }: Git) {
	const all: PullRequest[] = [];
	const at = (branch: string) => git("rev-parse", "--verify", "--quiet", `refs/heads/${branch}`).catch(() => undefined);
	const numbered = (number: number) => {
		const found = all.find((one) => one.number === number);
		if (!found) throw new Error(`There is no pull request ${number}.`);
		return found;
	};
	const host: Host = {
		all,
		async merge(number, how = "squash", change) {
			const one = numbered(number);
			if (one.state !== "open") throw new Error(`Pull request ${number} is ${one.state}.`);
			if (change) await commit(change, one.branch);
			const tree = await git("merge-tree", "--write-tree", one.base, one.branch);
			const parents = how === "merge" ? ["-p", one.base, "-p", one.branch] : ["-p", one.base];
			const made = await git("commit-tree", ...parents, "-m", `${one.title} (#${number})`, tree);
			await git("update-ref", `refs/heads/${one.base}`, made);
			one.state = "merged";
		},
		close(number) {
			numbered(number).state = "closed";
		},
		reopen(number) {
			numbered(number).state = "open";
		},
		fork(branch) {
			all.push({
				number: all.length + 1,
				branch,
				base: "main",
				title: "",
				body: "",
				fork: "somebody/titanic",
				state: "open",
			});
		},
	};

	/** As the host sees them now. */
	async function seen(): Promise<readonly PullRequest[]> {
		for (const one of all) if (one.state === "open" && !one.fork && !(await at(one.branch))) one.state = "closed";
		return all;
	}

	/** @returns why it opens none */
	async function opened(asked: Pick<PullRequest, "branch" | "base" | "title" | "body">) {
		const [tip, into] = [await at(asked.branch), await at(asked.base)];
		if (!tip) return "no-branch" as const;
		if (!into) return "no-base" as const;
		const isOpen = ({ branch, base, state, fork }: PullRequest) =>
			state === "open" && !fork && branch === asked.branch && base === asked.base;
		if ((await seen()).some(isOpen)) return "exists" as const;
		if ((await git("rev-list", "--count", `${asked.base}..${asked.branch}`)) === "0") return "nothing" as const;
		const made: PullRequest = { ...asked, number: all.length + 1, state: "open" };
		all.push(made);
		return made;
	}

	return { host, seen, opened };
}

const said = (status: number, message: string, errors?: object[]): Answer => ({
	status,
	json: { message, ...(errors && { errors }), documentation_url: "https://docs.github.com/rest", status: `${status}` },
});

export interface GitHubPulls extends Host, AsyncDisposable {
	readonly api: string;
	readonly faults: Faults;
	readonly requests: { readonly method: string; readonly path: string; readonly authorization: string }[];
}

/** @param accepts whether this token may do that: `read`, or `write` */
export async function startGitHubPulls(
	of: Git,
	{ repository, accepts }: { repository: string; accepts(authorization: string, right: "read" | "write"): boolean },
): Promise<GitHubPulls> {
	const { host, seen, opened } = hostOf(of);
	const all = faults();
	const requests: GitHubPulls["requests"] = [];
	const pulls = `/repos/${repository}/pulls`;
	const owner = repository.split("/")[0];
	const shown = ({ number, state, branch, base, fork, title, body }: PullRequest) => ({
		...{ number, title, body, state: state === "open" ? "open" : "closed" },
		merged_at: state === "merged" ? "2026-11-29T00:00:00Z" : null,
		head: { ref: branch, label: `${owner}:${branch}`, repo: { full_name: fork ?? repository } },
		base: { ref: base, repo: { full_name: repository } },
	});

	async function answer({ method, path, url, headers, body }: Request): Promise<Answer> {
		const { authorization = "", accept = "" } = headers;
		requests.push({ method, path, authorization });
		if (!headers["user-agent"]) return said(403, "Request forbidden by administrative rules.");
		if (accept !== "application/vnd.github+json") return said(415, "Unsupported 'Accept' header");
		if (!accepts(authorization, "read")) return said(401, "Bad credentials");
		if (path !== pulls && !path.startsWith(`${pulls}/`)) return said(404, "Not Found");
		if (method === "GET") {
			const [head, base, state] = ["head", "base", "state"].map((name) => url.searchParams.get(name));
			const listed = (await seen())
				.map(shown)
				.filter((one) => (!head || head === one.head.label) && (!base || base === one.base.ref))
				.filter((one) => state === "all" || one.state === (state ?? "open"));
			return { status: 200, json: listed.reverse() };
		}
		if (!accepts(authorization, "write")) return said(403, "Resource not accessible by integration");
		const asked = JSON.parse(body) as Record<string, string>;
		if (method === "PATCH") {
			const number = Number(path.slice(pulls.length + 1));
			const found = (await seen()).find((one) => one.number === number);
			if (!found) return said(404, "Not Found");
			if (asked.state === "closed" && found.state === "open") found.state = "closed";
			return { status: 200, json: shown(found) };
		}
		if (method !== "POST") return said(404, "Not Found");
		const { title, head = "", base = "", body: text = "" } = asked;
		const invalid = (message: string, field?: string) =>
			said(422, "Validation Failed", [{ resource: "PullRequest", code: field ? "invalid" : "custom", field, message }]);
		if (!title) return invalid("title is missing", "title");
		const made = await opened({ branch: head, base, title, body: text });
		if (made === "no-branch") return invalid("head is invalid", "head");
		if (made === "no-base") return invalid("base is invalid", "base");
		if (made === "exists") return invalid(`A pull request already exists for ${owner}:${head}.`);
		if (made === "nothing") return invalid(`No commits between ${base} and ${head}`);
		return { status: 201, json: shown(made) };
	}

	const server = await serve({
		faults: all,
		answer,
		refuse: ({ status, code = "Server Error" }) => said(status, code),
	});
	return Object.assign(host, {
		...{ api: server.url, faults: all, requests },
		[Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
	});
}

const statuses = { open: "active", merged: "completed", closed: "abandoned" } as const;

/** For a git server's `api`: what is asked of it below `/_apis/`. @param path `<organization>/<project>/_git/<name>` */
export function azureDevOpsApi(of: Git, path: string) {
	const { host, seen, opened } = hostOf(of);
	const pulls = `/${path.replace("/_git/", "/_apis/git/repositories/")}/pullrequests`;
	const name = (branch: string) => `refs/heads/${branch}`;
	const shown = ({ number, state, branch, base, fork, title, body }: PullRequest) => ({
		...{ pullRequestId: number, title, description: body, status: statuses[state] },
		...{ sourceRefName: name(branch), targetRefName: name(base) },
		...(fork && { forkSource: { repository: { name: fork } } }),
	});
	const failed = (status: number, message: string): Answer => ({ status, json: { $id: "1", message, errorCode: 0 } });

	async function answer({
		method,
		url,
		path: at,
		body,
	}: Pick<Request, "method" | "url" | "path" | "body">): Promise<Answer> {
		if (url.searchParams.get("api-version") !== "7.1") return failed(400, "VssVersionNotSpecifiedException");
		if (at !== pulls && !at.startsWith(`${pulls}/`)) return failed(404, "TF401019: The repository does not exist.");
		if (method === "GET") {
			const wanted = (key: string) => url.searchParams.get(`searchCriteria.${key}`);
			const value = (await seen())
				.map(shown)
				.filter((one) => [null, one.sourceRefName].includes(wanted("sourceRefName")))
				.filter((one) => [null, one.targetRefName].includes(wanted("targetRefName")))
				.filter(({ status }) => ["all", status].includes(wanted("status") ?? "active"));
			return { status: 200, json: { value: value.reverse(), count: value.length } };
		}
		const asked = JSON.parse(body) as Record<string, string>;
		if (method === "PATCH") {
			const found = (await seen()).find(({ number }) => number === Number(at.slice(pulls.length + 1)));
			if (!found) return failed(404, "TF401180: The requested pull request was not found.");
			if (asked.status === "abandoned" && found.state === "open") found.state = "closed";
			return { status: 200, json: shown(found) };
		}
		const branchIn = (ref = "") => (ref.startsWith(name("")) ? ref.slice(name("").length) : "");
		const { title = "", description = "" } = asked;
		const made = await opened({
			branch: branchIn(asked.sourceRefName),
			base: branchIn(asked.targetRefName),
			...{ title, body: description },
		});
		if (made === "exists")
			return failed(409, "TF401179: An active pull request for the source and target branch already exists.");
		if (typeof made === "string") return failed(400, "TF401398: The pull request cannot be activated.");
		return { status: 201, json: shown(made) };
	}
	return { host, answer };
}
