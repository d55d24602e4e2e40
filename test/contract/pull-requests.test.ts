import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import type { PullRequest } from "../../src/lib/ports/repository.ts";
import { intent } from "./support/intent.ts";
import { type Hosted, hosts } from "./support/pull-request-hosts.ts";

const said = { title: "titanic-api-secrets: a new version", body: "Do not edit the file." };
let count = 0;

describe.each(hosts)("Pull requests by $title", ({ open }) => {
	let it: Hosted;
	let branch: string;
	beforeAll(async () => {
		it = await open();
		await it.git.commit({ "README.md": "read\n" });
	});
	afterAll(async () => {
		await it?.[Symbol.asyncDispose]();
	});
	beforeEach(async () => {
		it.faults.clear();
		it.may = "write";
		branch = `titanic-secret-rotator/db-password-0a1b2c3d/${count++}`;
		await it.git.git("update-ref", `refs/heads/${branch}`, "main");
		await it.git.commit({ [`${count}.yaml`]: "new\n" }, branch);
	});
	const shown = ({ number }: { number: number }, state: PullRequest["state"]) => ({
		...{ number, state, url: it.urlOf(number) },
	});
	const ours = () => it.host.all.filter((one) => one.branch === branch);

	test("there is none, one is opened for the branch, and it is found by it", async () => {
		expect(await it.requests.of(branch)).toBeUndefined();
		const made = await it.requests.open(intent, branch, said);
		expect(made).toEqual(shown(made, "open"));
		expect(ours()).toEqual([expect.objectContaining({ ...said, branch, base: "main", state: "open" })]);
		expect(await it.requests.of(branch)).toEqual(made);
		expect(it.effects.slice(-2)).toEqual(["pulls POST gitops", "pulls GET gitops"]);
	});

	test.each(["squash", "merge", "rebase"] as const)("one that people have merged (%s) is merged", async (how) => {
		const made = await it.requests.open(intent, branch, said);
		await it.host.merge(made.number, how);
		expect(await it.requests.of(branch)).toEqual(shown(made, "merged"));
	});

	test("one that people have closed is closed, and open again when they have thought better of it", async () => {
		const made = await it.requests.open(intent, branch, said);
		it.host.close(made.number);
		expect(await it.requests.of(branch)).toEqual(shown(made, "closed"));
		it.host.reopen(made.number);
		expect(await it.requests.of(branch)).toEqual(made);
	});

	test("of several it is the open one, else the newest", async () => {
		const first = await it.requests.open(intent, branch, said);
		await it.requests.close(intent, first);
		const second = await it.requests.open(intent, branch, said);
		expect(second.number).toBeGreaterThan(first.number);
		await it.requests.close(intent, second);
		expect(await it.requests.of(branch)).toEqual(shown(second, "closed"));
		it.host.reopen(first.number);
		expect(await it.requests.of(branch)).toEqual(first);
	});

	test("one that is there already is found instead of another one, although the answer about it was lost", async () => {
		it.faults.inject({ method: "POST", path: /pull(s|requests)/, cut: "after" });
		await expect(it.requests.open(intent, branch, said)).rejects.toMatchObject({ code: "repository-unreachable" });
		const made = await it.requests.open(intent, branch, said);
		expect(ours()).toEqual([expect.objectContaining({ number: made.number })]);
	});

	test("a fork's of the same name, or one into another branch, is not ours", async () => {
		it.host.fork(branch);
		it.host.all.push({ ...said, number: it.host.all.length + 1, branch, base: "other", state: "merged" });
		expect(await it.requests.of(branch)).toBeUndefined();
	});

	test("it is closed without a merge", async () => {
		const made = await it.requests.open(intent, branch, said);
		await it.requests.close(intent, made);
		expect(await it.requests.of(branch)).toEqual(shown(made, "closed"));
	});

	test("the host's refusal is told by its status, and not in its words", async () => {
		const refused = it.requests.open(intent, "none", said);
		await expect(refused).rejects.toMatchObject({
			code: "pull-request-refused",
			names: { repository: "gitops", branch: "none", answer: expect.stringMatching(/^HTTP 4\d\d$/) },
		});
	});

	test("what may not be done, and by whom, is told; and the credential in no fault", async () => {
		it.may = "read";
		expect(await it.requests.of(branch)).toBeUndefined();
		const error = await it.requests.open(intent, branch, said).catch((fault) => fault);
		expect(error).toMatchObject({
			code: "repository-forbidden",
			names: { credential: "secret git-token of vault main", right: "open and close pull requests in" },
		});
		expect(JSON.stringify([error.message, error.names])).not.toContain(it.git.password);
		it.may = "nothing";
		await expect(it.requests.of(branch)).rejects.toMatchObject({ code: "repository-unauthorized" });
	});

	test.each([
		[{ status: 429 }, "repository-failed"],
		[{ status: 503 }, "repository-failed"],
		[{ status: 404 }, "repository-missing"],
		[{ status: 302, code: "https://login.example.com/" }, "repository-unauthorized"],
		[{ status: 203 }, "repository-unauthorized"],
		[{ cut: "before" }, "repository-unreachable"],
	] as const)("an answer %j is %s", async (rule, code) => {
		it.faults.inject({ path: /pull(s|requests)/, ...rule, times: 9 });
		await expect(it.requests.of(branch)).rejects.toMatchObject({ code });
		await expect(it.requests.open(intent, branch, said)).rejects.toMatchObject({ code });
		expect(ours()).toEqual([]);
	});
});

const gitHub = hosts[0]!;
describe("GitHub", () => {
	test("that has us wait answers with 403, which is no missing right", async () => {
		await using it = await gitHub.open();
		for (const rule of [{ retryAfterSeconds: 30 }, { code: "You have exceeded a secondary rate limit" }]) {
			it.faults.inject({ status: 403, ...rule });
			await expect(it.requests.of("any")).rejects.toMatchObject({ code: "repository-failed" });
		}
	});

	test("gets the token as a bearer's, and no user name", async () => {
		await using it = await gitHub.open();
		await it.requests.of("any");
		expect(it.authorizations()).toEqual([`Bearer ${it.git.password}`]);
	});
});
