import { describe, expect, test } from "@jest/globals";
import { azureDevOpsPulls } from "../../../../src/lib/adapters/git/azure-devops-pulls.ts";
import { gitHubPulls } from "../../../../src/lib/adapters/git/github-pulls.ts";

const branch = "titanic-secret-rotator/db-password-0a1b2c3d/0123456789abcdef";
const gitHub = gitHubPulls("https://api.github.com", "https://github.com/Example/gitops.git", "main");
const azure = azureDevOpsPulls("https://dev.azure.com/example/titanic/_git/gitops", "main");

const onGitHub = (change: object = {}) => ({
	...{ number: 7, state: "open", merged_at: null },
	head: { ref: branch, repo: { full_name: "example/gitops" } },
	base: { ref: "main" },
	...change,
});
const onAzure = (change: object = {}) => ({
	...{ pullRequestId: 7, status: "active", sourceRefName: `refs/heads/${branch}`, targetRefName: "refs/heads/main" },
	...change,
});

describe("GitHub's pull requests", () => {
	test("are asked for by the owner's branch, and addressed by the configured repository", () => {
		const { url } = gitHub.list(branch);
		expect(url.startsWith("https://api.github.com/repos/Example/gitops/pulls?")).toBe(true);
		const query = Object.fromEntries(new URL(url).searchParams);
		expect(query).toMatchObject({ head: `Example:${branch}`, base: "main", state: "all" });
		expect(gitHub.urlOf(7)).toBe("https://github.com/Example/gitops/pull/7");
	});
	test.each<[string, unknown, unknown]>([
		["open", [onGitHub()], [{ number: 7, state: "open" }]],
		["merged", [onGitHub({ state: "closed", merged_at: "2026-11-29T00:00:00Z" })], [{ number: 7, state: "merged" }]],
		["closed", [onGitHub({ state: "closed" })], [{ number: 7, state: "closed" }]],
		["a fork's", [onGitHub({ head: { ref: branch, repo: { full_name: "somebody/gitops" } } })], []],
		["one whose fork is gone", [onGitHub({ head: { ref: branch, repo: null } })], []],
		["another branch's", [onGitHub({ head: { ref: "other", repo: { full_name: "example/gitops" } } })], []],
		["into another branch", [onGitHub({ base: { ref: "release" } })], []],
		["without a number", [onGitHub({ number: "7/../../evil" })], []],
		["nothing", [null, 1, "text"], []],
		["no list", { message: "Not Found" }, undefined],
	])("%s", (_, listed, found) => {
		expect(gitHub.found(listed, branch)).toEqual(found);
	});
});

describe("Azure DevOps' pull requests", () => {
	test.each([
		[
			"https://dev.azure.com/example/titanic/_git/gitops",
			"https://dev.azure.com/example/titanic/_apis/git/repositories/gitops",
		],
		[
			"https://example.visualstudio.com/titanic/_git/gitops",
			"https://example.visualstudio.com/titanic/_apis/git/repositories/gitops",
		],
	])("of %s are below %s", (url, api) => {
		const { url: list } = azureDevOpsPulls(url, "main").list(branch);
		expect(list.startsWith(`${api}/pullrequests?`)).toBe(true);
		expect(Object.fromEntries(new URL(list).searchParams)).toEqual({
			"searchCriteria.sourceRefName": `refs/heads/${branch}`,
			"searchCriteria.targetRefName": "refs/heads/main",
			"searchCriteria.status": "all",
			"api-version": "7.1",
		});
		expect(azureDevOpsPulls(url, "main").urlOf(7)).toBe(`${url}/pullrequest/7`);
	});
	test.each<[string, unknown, unknown]>([
		["active", { value: [onAzure()] }, [{ number: 7, state: "open" }]],
		["completed", { value: [onAzure({ status: "completed" })] }, [{ number: 7, state: "merged" }]],
		["abandoned", { value: [onAzure({ status: "abandoned" })] }, [{ number: 7, state: "closed" }]],
		["of a status that is not known", { value: [onAzure({ status: "toString" })] }, []],
		["a fork's", { value: [onAzure({ forkSource: { name: "refs/heads/main" } })] }, []],
		["another branch's", { value: [onAzure({ sourceRefName: "refs/heads/other" })] }, []],
		["into another branch", { value: [onAzure({ targetRefName: "refs/heads/release" })] }, []],
		["without a number", { value: [onAzure({ pullRequestId: "7" })] }, []],
		["nothing", { value: [null, 1, "text"] }, []],
		["no list", [], undefined],
	])("%s", (_, listed, found) => {
		expect(azure.found(listed, branch)).toEqual(found);
	});
});
