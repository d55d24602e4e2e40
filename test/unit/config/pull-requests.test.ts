import { describe, expect, test } from "@jest/globals";
import { stringify } from "yaml";
import { parseConfiguration } from "../../../src/lib/config/load.ts";
import { gitHubApiOf } from "../../../src/lib/config/repository.ts";

const secretLogin = { mode: "secret", vault: "main", secret: "git-token" };
const gitHubLogin = {
	...{ mode: "github-app", app: "Iv23liExample", installation: 77 },
	key: "https://titanic-kv-prod.vault.azure.net/keys/github-app",
};
const azure = "https://dev.azure.com/example/titanic/_git/gitops";
const gitHub = "https://github.com/example/gitops";
const single = { server: "pg", role: "titanic_admin", login: { mode: "self" } };
const random = { strategy: "random-value" };
const alternating = {
	...{ strategy: "alternating-users", server: "pg", roles: ["titanic_a", "titanic_b"], owner: "titanic" },
	login: { mode: "admin-secret", secret: "admin-password", role: "postgres" },
	value: { template: "postgresql://{role}:{password}@{host}/{database}" },
};

const byDefault = "by default";
const file = (repository: object, secret: object = random, copyTimeoutSeconds: number | typeof byDefault = 14_400) => ({
	vaults: { main: { url: "https://titanic-kv-prod.vault.azure.net" } },
	servers: { pg: { host: "pg.example.org" } },
	clusters: { aks: { server: "https://aks.example.org" } },
	repositories: { gitops: repository },
	secrets: {
		"db-password": {
			...{ vault: "main", ...secret },
			consumers: [
				{
					...{ cluster: "aks", namespace: "titanic-api", kind: "Deployment", name: "titanic-api" },
					...(copyTimeoutSeconds !== byDefault && { copyTimeoutSeconds }),
					delivery: {
						...{ path: "flux-sops", repository: "gitops", file: "titanic/secret.sops.yaml", secret: "titanic" },
						recipients: ["https://titanic-kv-prod.vault.azure.net/keys/sops"],
						keys: { "db-password": "db-password" },
						kustomization: "titanic-api",
					},
				},
			],
		},
	},
});

const problemsOf = (data: unknown): string[] => {
	const parsed = parseConfiguration(stringify(data, { aliasDuplicateObjects: false }));
	return "problems" in parsed ? parsed.problems.map(({ path, message }) => `${path}: ${message}`) : [];
};

test.each<[string, object]>([
	["GitHub, with a token", { url: gitHub, login: secretLogin, pullRequests: { host: "github" } }],
	["GitHub, as a GitHub App", { url: gitHub, login: gitHubLogin, pullRequests: { host: "github" } }],
	[
		"GitHub Enterprise Server",
		{
			...{ url: "https://git.example.com/example/gitops.git", login: secretLogin },
			pullRequests: { host: "github", api: "https://git.example.com/api/v3" },
		},
	],
	["Azure DevOps, with a token", { url: azure, login: secretLogin, pullRequests: { host: "azure-devops" } }],
	["Azure DevOps, as itself", { url: azure, login: { mode: "entra" }, pullRequests: { host: "azure-devops" } }],
	[
		"Azure DevOps by its old name",
		{
			...{ url: "https://example.visualstudio.com/titanic/_git/gitops", login: { mode: "entra" } },
			pullRequests: { host: "azure-devops" },
		},
	],
	[
		"a server with nothing but git",
		{ url: "https://git.example.org/gitops", login: secretLogin, pullRequests: { host: "none" } },
	],
	["nobody, although there is an API", { url: azure, login: { mode: "entra" }, pullRequests: { host: "none" } }],
])("Pull requests may be opened at %s", (_, repository) => {
	expect(problemsOf(file(repository))).toEqual([]);
});

const host = "repositories.gitops.pullRequests.host";
test.each<[string, object, string]>([
	[
		"Azure DevOps, of what is at GitHub",
		{ url: gitHub, login: secretLogin, pullRequests: { host: "azure-devops" } },
		`${host}: is "azure-devops", and url is elsewhere; give host "github" or "none"`,
	],
	[
		"Azure DevOps, by a GitHub App",
		{ url: gitHub, login: gitHubLogin, pullRequests: { host: "azure-devops" } },
		`${host}: is not where a GitHub App is; give host "github" or "none"`,
	],
	[
		"GitHub, by the app's own identity",
		{ url: azure, login: { mode: "entra" }, pullRequests: { host: "github", api: "https://dev.azure.com/api" } },
		`${host}: is not where the login is; give host "azure-devops" or "none"`,
	],
	[
		"Azure DevOps, without the project",
		{ url: "https://dev.azure.com/example/_git/gitops", login: secretLogin, pullRequests: { host: "azure-devops" } },
		`${host}: needs a url with the project; give https://dev.azure.com/<organization>/<project>/_git/<name>`,
	],
	[
		"another server than the token's",
		{ url: gitHub, login: secretLogin, pullRequests: { host: "github", api: "https://api.github.com.example.org" } },
		"repositories.gitops.pullRequests.api: is at api.github.com.example.org, which is not the API of github.com",
	],
	[
		"GitHub, of what is not a repository of GitHub's",
		{ url: "https://github.com/gitops", login: secretLogin, pullRequests: { host: "github" } },
		"repositories.gitops.url: is not a repository of GitHub's; give https://<host>/<owner>/<name>",
	],
	[
		"a host that is not known",
		{ url: gitHub, login: secretLogin, pullRequests: { host: "gitlab" } },
		`${host}: is "gitlab"; give host "github", "azure-devops" or "none"`,
	],
])("Pull requests may not be opened at %s", (_, repository, problem) => {
	const found = problemsOf(file(repository));
	expect(found.map((one) => one.replace(/pullRequests: (is a text)/, "pullRequests.host: $1"))).toContain(problem);
});

describe("A secret whose file takes pull requests", () => {
	const reviewed = { url: gitHub, login: secretLogin, pullRequests: { host: "github" } };
	const at = 'secrets["db-password"].consumers[0]';

	test.each<[string, object]>([
		["alternating-users", alternating],
		["random-value", random],
	])("may have strategy %s", (_, secret) => {
		expect(problemsOf(file(reviewed, secret))).toEqual([]);
	});

	test("may not have strategy single-user, whose old password has ended before anybody reviews", () => {
		expect(problemsOf(file(reviewed, single))).toEqual([
			`${at}.delivery.repository: takes pull requests, which people merge in their own time, and with single-user the old password has ended by then; give strategy alternating-users, or a branch that the app may push to`,
		]);
		expect(problemsOf(file({ ...reviewed, pullRequests: undefined }, single))).toEqual([]);
	});

	test("has time for people", () => {
		const tooShort = (held: number) => [
			`${at}.copyTimeoutSeconds: is ${held}, and people take longer to merge a pull request; give whole seconds, 3600 to 86400`,
		];
		expect(problemsOf(file(reviewed, random, byDefault))).toEqual(tooShort(300));
		expect(problemsOf(file(reviewed, random, 3_599))).toEqual(tooShort(3_599));
		expect(problemsOf(file(reviewed, random, 3_600))).toEqual([]);
	});
});

test.each<[string, Parameters<typeof gitHubApiOf>[0], string | undefined]>([
	[
		"what is given for them",
		{ login: { mode: "github-app", api: "b" }, pullRequests: { host: "github", api: "a" } },
		"a",
	],
	["that of the login", { login: { mode: "github-app", api: "b" }, pullRequests: { host: "github" } }, "b"],
	["GitHub's own", { login: { mode: "secret" }, pullRequests: { host: "github" } }, "https://api.github.com"],
	["none at Azure DevOps", { login: { mode: "secret" }, pullRequests: { host: "azure-devops" } }, undefined],
	["none where the app commits itself", { login: { mode: "github-app", api: "b" } }, undefined],
])("The API that opens them is %s", (_, repository, api) => {
	expect(gitHubApiOf(repository)).toBe(api);
});
