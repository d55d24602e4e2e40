// Delivery by git where the branch takes pull requests only: real git, which declines each push to main by a hook of its own, GitHub's
// API beside it, and people who merge.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { type GitHubPulls, startGitHubPulls } from "../../local/git/pull-requests.ts";
import type { GitServer } from "../../local/git/server.ts";
import { reviewOf } from "../../src/lib/adapters/git/review.ts";
import { Fault } from "../../src/lib/domain/fault.ts";
import { Password } from "../../src/lib/domain/password.ts";
import type { CopyState, Published } from "../../src/lib/ports/delivery-path.ts";
import type { Review } from "../../src/lib/ports/repository.ts";
import { encryptedWith } from "../support/sops-file.ts";
import { clusters, type Stage } from "./support/clusters.ts";
import { sourcePath } from "./support/flux-in.ts";
import { type FluxScene, file, first, setFluxScene } from "./support/flux-scene.ts";
import { type GeneratorScene, setGeneratorScene } from "./support/generator-scene.ts";
import { intent as byTimer } from "./support/intent.ts";
import { vaultName } from "./support/scene.ts";

const versionOf = (digit: string): Published[] =>
	Object.entries({
		"db-password": `password-${digit}`,
		"db-connection-string": `postgresql://titanic:password-${digit}@db/titanic`,
	}).map(([secret, value]) => ({ vault: "main", secret, version: digit.repeat(32), value: new Password(value) }));
const [second, third] = [versionOf("2"), versionOf("3")];
const byPerson = { ...byTimer, actor: { kind: "operator" } } as typeof byTimer;
const server = { path: "example/titanic.git" };
const repository = "example/titanic";

/** @param startGitHub whether it has one, or nothing but git */
async function worldOf(stage: Stage, startGitHub: boolean) {
	let gitHub: GitHubPulls | undefined;
	const review = async (git: GitServer): Promise<Review> => {
		if (!startGitHub) return {};
		gitHub = await startGitHubPulls(git, { repository, accepts: () => true });
		const bearer = async () => "Bearer any";
		const where = { url: git.url, branch: "main", host: "github", api: gitHub.api } as const;
		const clock = { now: () => new Date() };
		return reviewOf(where, { authorization: bearer, bearer }, { name: "gitops", credential: "any", clock });
	};
	const scene = await setFluxScene(stage, { review, server });
	return { scene, gitHub: gitHub! };
}

describe.each(clusters)("Delivery by pull requests on $title", ({ open }) => {
	let stage: Stage;
	let scene: FluxScene;
	let gitHub: GitHubPulls;
	beforeAll(async () => {
		stage = await open();
		({ scene, gitHub } = await worldOf(stage, true));
		await scene.git.protect("pre-receive", "main");
	}, 180_000);
	afterAll(async () => {
		await scene?.[Symbol.asyncDispose]();
		await gitHub?.[Symbol.asyncDispose]();
		await stage?.[Symbol.asyncDispose]();
	});
	const own = async () => {
		const listed = await scene.git.git(
			"for-each-ref",
			"--format=%(refname:short)",
			"refs/heads/titanic-secret-rotator",
		);
		return listed.split("\n").filter(Boolean);
	};
	beforeEach(async () => {
		gitHub.faults.clear();
		gitHub.all.length = 0;
		for (const branch of await own()) await scene.git.git("update-ref", "-d", `refs/heads/${branch}`);
		await scene.reset();
	});

	const live = async () => {};
	const wanted = second.map(({ secret }) => ({ vaultName, secret }));
	const refresh = (published: readonly Published[], by = byTimer, more: object = {}) =>
		scene.path.refresh!(by, scene.consumer, published, { round: 1, stillLive: live, ...more });
	const copy = (published = second) => scene.path.copy(scene.consumer, published);
	const main = () => scene.git.git("rev-parse", "main");
	const url = (number: number) => `${scene.git.url.replace(/\.git$/, "")}/pull/${number}`;
	const waits = (number: number): Partial<CopyState> => ({
		state: "stale",
		waitingFor: expect.stringContaining(url(number)) as never,
		review: {
			is: "waiting",
			waitsFor: expect.stringContaining(`pull request ${url(number)} into branch main`) as never,
		},
	});
	const ended = (code: string, names: object = {}) => ({
		state: "stale",
		review: { is: "ended", fault: expect.objectContaining({ code, names: expect.objectContaining(names) }) },
	});
	const followed = async (published = second) => {
		expect(await copy(published)).toMatchObject({ state: "stale", review: { is: "merged" } });
		expect(await refresh(published, byTimer, { isMerged: true })).toBe("copy-kept");
		await scene.flux.round();
		expect(await copy(published)).toMatchObject({ state: "current" });
	};

	test.each(["squash", "merge", "rebase"] as const)(
		"a new version is proposed, waits for people, and gets to the pods' Secret when they have merged it (%s)",
		async (how) => {
			const before = await main();
			expect(await scene.path.refusal(scene.consumer, wanted)).toBeUndefined();
			expect(await own()).toEqual([]);
			expect(await refresh(second)).toEqual({
				code: "review-asked",
				message: `Waiting for people to merge pull request ${url(1)} into branch main of repository gitops.`,
			});
			expect(await main()).toBe(before);
			await scene.flux.round();
			expect(await copy()).toMatchObject(waits(1));
			await gitHub.merge(1, how);
			await followed();
			expect(await scene.values()).toMatchObject({ "db-password": "password-2" });
			expect(await own()).toEqual([]);
			const source = await scene.person.get<{ metadata: { annotations?: Record<string, string> } }>(
				sourcePath(scene.consumer.namespace),
			);
			const asked = source.metadata.annotations?.["reconcile.fluxcd.io/requestedAt"];
			expect(asked).toBe(`${byTimer.rotationId}.1.merged`);
		},
	);

	test("nothing that people read says a value", async () => {
		await refresh(second);
		const [branch] = await own();
		const log = await scene.git.git("log", "-1", "--format=%B", branch!);
		const read = JSON.stringify([gitHub.all, branch, log, await scene.git.git("show", `${branch}:${file}`)]);
		for (const { value } of second) expect(read).not.toContain(value.reveal());
		for (const { value } of second) expect(read).not.toContain(btoa(value.reveal()));
		expect(gitHub.all[0]).toMatchObject({ title: log.trim(), body: expect.stringContaining(byTimer.rotationId) });
	});

	test("the same version makes no second commit and no second pull request, and another rotation of it neither", async () => {
		await refresh(second);
		const [branch] = await own();
		const tip = await scene.git.git("rev-parse", branch!);
		for (const by of [byTimer, byPerson, { ...byTimer, rotationId: "db-password.0000" }])
			expect(await refresh(second, by)).toMatchObject({ code: "review-asked" });
		expect(await own()).toEqual([branch]);
		expect(await scene.git.git("rev-parse", branch!)).toBe(tip);
		expect(gitHub.all).toHaveLength(1);
	});

	test.each<[string, () => void]>([
		["before its pull request is opened", () => gitHub.faults.inject({ method: "POST", cut: "before" })],
		["before it hears of its pull request", () => gitHub.faults.inject({ method: "POST", cut: "after" })],
		[
			"before it hears of its branch",
			() => scene.git.faults.inject({ method: "POST", path: /git-receive-pack$/, cut: "after" }),
		],
	])("a process that ends %s leaves one branch and one pull request, once it has come again", async (_, arrange) => {
		arrange();
		await expect(refresh(second)).rejects.toMatchObject({ code: "repository-unreachable" });
		const [branch] = await own();
		const tip = await scene.git.git("rev-parse", branch!);
		expect(await refresh(second)).toMatchObject({ code: "review-asked" });
		expect(await own()).toEqual([branch]);
		expect(await scene.git.git("rev-parse", branch!)).toBe(tip);
		expect(gitHub.all).toHaveLength(1);
	});

	test("nothing is proposed, and nothing closed, once the versions are no longer live", async () => {
		await refresh(second);
		const before = await own();
		const gone = new Fault("live-changed", { vault: "main", secret: "db-password" });
		const stillLive = async () => {
			throw gone;
		};
		await expect(refresh(third, byTimer, { stillLive })).rejects.toBe(gone);
		expect(await own()).toEqual(before);
		expect(gitHub.all).toEqual([expect.objectContaining({ state: "open" })]);
	});

	test("the next version's pull request takes the place of the one before, whose branch goes", async () => {
		await refresh(second);
		const [before] = await own();
		expect(await refresh(third)).toMatchObject({ message: expect.stringContaining(url(2)) });
		expect(gitHub.all).toMatchObject([{ state: "closed" }, { state: "open" }]);
		const [after, ...more] = await own();
		expect([after === before, more]).toEqual([false, []]);
		await gitHub.merge(2);
		await followed(third);
	});

	test("an earlier version's branch that a reviewer has added to is left to them", async () => {
		await refresh(second);
		const [before] = await own();
		await scene.git.commit({ "README.md": "a question\n" }, before);
		await refresh(third);
		expect(await own()).toContain(before);
		expect(gitHub.all).toMatchObject([{ state: "open" }, { state: "open" }]);
	});

	test("a branch whose file was changed meanwhile is made anew on the newest commit, in the same pull request", async () => {
		await refresh(second);
		const [branch] = await own();
		const text = (await scene.git.read(file)) ?? "";
		const theirs = await scene.git.commit({
			[file]: text.replace("app: titanic-api", "app: titanic"),
			"README.md": "x\n",
		});
		await refresh(second);
		expect(await scene.git.git("rev-parse", `${branch}^`)).toBe(theirs);
		expect(gitHub.all).toMatchObject([{ number: 1, state: "open" }]);
		await gitHub.merge(1);
		await followed();
		expect(await scene.git.read(file)).toContain("app: titanic\n");
	});

	test("a branch that reviewers have brought up to date is theirs to merge", async () => {
		await refresh(second);
		const [branch] = await own();
		await scene.git.commit({ "README.md": "x\n" });
		const tree = await scene.git.git("merge-tree", "--write-tree", "main", branch!);
		const merged = await scene.git.git("commit-tree", "-p", branch!, "-p", "main", "-m", "update", tree);
		await scene.git.git("update-ref", `refs/heads/${branch}`, merged);
		expect(await refresh(second)).toMatchObject({ code: "review-asked" });
		expect(await scene.git.git("rev-parse", branch!)).toBe(merged);
		await gitHub.merge(1);
		await followed();
		// It has a commit that is not the app's.
		expect(await own()).toEqual([branch]);
	});

	test("somebody else's branch of that name is refused, and stays as it is", async () => {
		await refresh(second);
		const [branch = ""] = await own();
		gitHub.all.length = 0;
		const theirs = await scene.git.commit({ "README.md": "theirs\n" }, branch);
		await expect(refresh(second)).rejects.toMatchObject({
			code: "branch-taken",
			names: { repository: "gitops", branch },
		});
		expect(await scene.git.git("rev-parse", branch)).toBe(theirs);
		expect(gitHub.all).toEqual([]);
	});

	test("one that people close ends the delivery; the sweep leaves it so, a person's order opens another, and so does reopening", async () => {
		await refresh(second);
		gitHub.close(1);
		const names = { request: url(1), branch: "main", secret: "db-password" };
		expect(await copy()).toMatchObject(ended("pull-request-closed", names));
		await expect(refresh(second)).rejects.toMatchObject({ code: "pull-request-closed", names });
		gitHub.reopen(1);
		expect(await copy()).toMatchObject(waits(1));
		gitHub.close(1);
		expect(await refresh(second, byPerson)).toMatchObject({ message: expect.stringContaining(url(2)) });
		expect(await copy()).toMatchObject(waits(2));
		await gitHub.merge(2);
		await followed();
	});

	test("a file that a reviewer gave another password is found, by what Flux made of it, and proposed anew when they have made way", async () => {
		await refresh(second);
		const [branch = ""] = await own();
		const proposed = await scene.git.git("show", `${branch}:${file}`);
		const marks = Object.fromEntries(
			[...proposed.matchAll(/(titanic-secret-rotator\/\w+): "([^"]*)"/g)].map(([, key, value]) => [key!, value!]),
		);
		await gitHub.merge(1, "squash", { [file]: await encryptedWith(`${proposed}\n`, scene.keys, first, marks) });
		expect(await copy()).toMatchObject({ review: { is: "merged" } });
		await scene.flux.round();
		const names = { repository: "gitops", branch: "main", file, detail: expect.stringContaining("other values") };
		expect(await copy()).toMatchObject(ended("pull-request-altered", names));
		await expect(refresh(second)).rejects.toMatchObject({ code: "branch-taken" });
		await scene.git.git("update-ref", "-d", `refs/heads/${branch}`);
		expect(await refresh(second)).toMatchObject({ message: expect.stringContaining(url(2)) });
		expect(await copy()).toMatchObject(waits(2));
		await gitHub.merge(2);
		await followed();
	});

	test.each<[string, string, (text: string) => string, string]>([
		[
			"does not say any more which version it has",
			"pull-request-altered",
			(text) => text.replaceAll("titanic-secret-rotator/", "other/"),
			"does not say",
		],
		[
			"is no Secret any more",
			"sops-file-unfit",
			(text) => text.replace("kind: Secret", "kind: ConfigMap"),
			"is no Secret",
		],
	])(
		"a file that %s after the review is a fault that says so, before anything is made of it",
		async (_, code, edit, detail) => {
			await refresh(second);
			const [branch] = await own();
			const proposed = await scene.git.git("show", `${branch}:${file}`);
			await gitHub.merge(1, "squash", { [file]: `${edit(proposed)}\n` });
			expect(await copy()).toMatchObject(ended(code, { detail: expect.stringContaining(detail) }));
		},
	);

	test("a version that is merged already is not proposed", async () => {
		await refresh(second);
		await gitHub.merge(1);
		for (const branch of await own()) await scene.git.git("update-ref", "-d", `refs/heads/${branch}`);
		const before = await main();
		expect(await refresh(second)).toBe("copy-kept");
		expect([await main(), await own(), gitHub.all.length]).toEqual([before, [], 1]);
	});

	test("a plan refuses without the right to push, or without an answer of the API, and pushes nothing", async () => {
		scene.git.faults.inject({ path: /service=git-receive-pack$/, status: 403 });
		await expect(scene.path.refusal(scene.consumer, wanted)).rejects.toMatchObject({ code: "repository-forbidden" });
		gitHub.faults.inject({ status: 404 });
		await expect(scene.path.refusal(scene.consumer, wanted)).rejects.toMatchObject({ code: "repository-missing" });
		expect(await own()).toEqual([]);
	});
});

test("Where there is nothing but git, the branch is pushed, and people are told which one", async () => {
	await using stage = await clusters[0]!.open();
	const { scene } = await worldOf(stage, false);
	await using _ = scene;
	await scene.git.protect("pre-receive", "main");
	const refresh = (isMerged = false) =>
		scene.path.refresh!(byTimer, scene.consumer, second, { round: 1, isMerged, stillLive: async () => {} });
	const asked = await refresh();
	const branch = await scene.git.git("for-each-ref", "--format=%(refname:short)", "refs/heads/titanic-secret-rotator");
	const waitsFor = `people to merge branch ${branch} into branch main of repository gitops`;
	expect(asked).toEqual({ code: "review-asked", message: `Waiting for ${waitsFor}.` });
	expect(await scene.path.copy(scene.consumer, second)).toMatchObject({ review: { is: "waiting", waitsFor } });
	await scene.git.git("update-ref", "refs/heads/main", branch);
	expect(await scene.path.copy(scene.consumer, second)).toMatchObject({ review: { is: "merged" } });
	expect(await refresh(true)).toBe("copy-kept");
	await scene.flux.round();
	expect(await scene.path.copy(scene.consumer, second)).toMatchObject({ state: "current" });
}, 180_000);

test("A generator's input is proposed in the same way, and Flux rolls the workload once it is merged", async () => {
	await using stage = await clusters[0]!.open();
	let gitHub: GitHubPulls | undefined;
	const scene: GeneratorScene = await setGeneratorScene(stage, {
		server,
		review: async (git) => {
			gitHub = await startGitHubPulls(git, { repository, accepts: () => true });
			const bearer = async () => "Bearer any";
			const where = { url: git.url, branch: "main", host: "github", api: gitHub.api } as const;
			const clock = { now: () => new Date() };
			return reviewOf(where, { authorization: bearer, bearer }, { name: "gitops", credential: "any", clock });
		},
	});
	await using _ = scene;
	await scene.git.protect("pre-receive", "main");
	const wanted = second.map(({ secret }) => ({ vaultName, secret }));
	expect(await scene.path.refusal(scene.consumer, wanted)).toBeUndefined();
	const refresh = (isMerged = false) =>
		scene.path.refresh!(byTimer, scene.consumer, second, { round: 1, isMerged, stillLive: async () => {} });
	const before = await scene.referred();
	expect(await refresh()).toMatchObject({ code: "review-asked" });
	expect(await refresh()).toMatchObject({ code: "review-asked" });
	expect(gitHub!.all).toHaveLength(1);
	expect(await scene.path.copy(scene.consumer, second)).toMatchObject({ review: { is: "waiting" } });
	await gitHub!.merge(1);
	expect(await scene.path.copy(scene.consumer, second)).toMatchObject({ review: { is: "merged" } });
	expect(await refresh(true)).toBe("copy-kept");
	await scene.flux.round();
	expect(await scene.path.copy(scene.consumer, second)).toMatchObject({ state: "current" });
	expect(await scene.referred()).not.toBe(before);
	await gitHub![Symbol.asyncDispose]();
}, 180_000);
