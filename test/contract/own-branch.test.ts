import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { type GitServer, startGitServer } from "../../local/git/server.ts";
import { gitRepository } from "../../src/lib/adapters/git/repository.ts";
import { intent } from "./support/intent.ts";

const file = "clusters/production/secret.sops.yaml";
const prefix = "titanic-secret-rotator/db-password-0a1b2c3d/";
const name = `${prefix}0123456789abcdef`;
const change = (text: string) => ({ file, text, message: `titanic-api-secrets: ${text.trim()}` });

describe("A branch of the app's own, on a real git server whose main takes no pushes", () => {
	let server: GitServer;
	beforeAll(async () => {
		server = await startGitServer();
	});
	afterAll(async () => {
		await server?.[Symbol.asyncDispose]();
	});
	beforeEach(async () => {
		server.faults.clear();
		server.beforePush(async () => {});
		for (const ref of (await server.git("for-each-ref", "--format=%(refname)")).split("\n").filter(Boolean))
			await server.git("update-ref", "-d", ref);
		await server.commit({ [file]: "old\n", "clusters/production/other.yaml": "other\n" });
		await server.protect("pre-receive", "main");
	});

	const open = () =>
		gitRepository({
			...{ name: "gitops", url: server.url, branch: "main", email: "rotator@example.com" },
			clock: { now: () => new Date("2026-11-28T19:00:00Z") },
			credential: "secret git-token of vault main",
			authorization: async () => `Basic ${btoa(`${server.user}:${server.password}`)}`,
		}).open();
	const head = (branch = "main") => server.git("rev-parse", branch);
	const proposed = async (text = "new\n") => {
		await using checkout = await open();
		expect(await checkout.propose(intent, name, await checkout.ownBranch(name, file), change(text))).toBe(true);
	};
	const seen = async () => {
		await using checkout = await open();
		return await checkout.ownBranch(name, file);
	};

	test("is one commit on the newest one, with the one file changed, and the branch that people merge it into stays as it is", async () => {
		const before = await head();
		await proposed();
		expect(await head()).toBe(before);
		expect(await head(`${name}^`)).toBe(before);
		expect(await server.git("diff", "--name-only", before, name)).toBe(file);
		expect(await server.git("show", `${name}:${file}`)).toBe("new");
		expect(await seen()).toEqual({ name, commit: await head(name), isOurs: true, isCurrent: true, text: "new\n" });
		await server.git("fsck", "--strict");
	});

	test("is not there before it was proposed, and is found by how its name begins", async () => {
		await server.commit({ [file]: "x\n" }, "titanic-secret-rotator/other-0a1b2c3d/0");
		await using checkout = await open();
		expect(await checkout.ownBranch(name, file)).toBeUndefined();
		expect(await checkout.branches(prefix)).toEqual([]);
		await proposed();
		expect(await checkout.branches(prefix)).toEqual([name]);
	});

	test("is current as long as the branch has the file that it was made on, whatever else was committed since", async () => {
		await proposed();
		await server.commit({ "README.md": "theirs\n" });
		expect(await seen()).toMatchObject({ isOurs: true, isCurrent: true });
		await server.commit({ [file]: "theirs\n" });
		expect(await seen()).toMatchObject({ isOurs: true, isCurrent: false });
	});

	test("that is stale is made anew, on the newest commit, from where it was", async () => {
		await proposed();
		const theirs = await server.commit({ [file]: "theirs\n", "README.md": "theirs\n" });
		await proposed("newer\n");
		expect(await head(`${name}^`)).toBe(theirs);
		expect(await server.git("show", `${name}:README.md`)).toBe("theirs");
		expect(await seen()).toMatchObject({ isOurs: true, isCurrent: true, text: "newer\n" });
	});

	test.each<[string, () => Promise<unknown>]>([
		["with a reviewer's commit", () => server.commit({ [file]: "edited\n" }, name)],
		["that somebody else began", () => server.git("update-ref", `refs/heads/${name}`, "main")],
		[
			"with more changed than the file, by whoever calls himself the app",
			async () => {
				await server.commit({ [file]: "new\n", "README.md": "more\n" }, name);
				const tree = await server.git("rev-parse", `${name}^{tree}`);
				const made = await server.commitAs("titanic-secret-rotator", "rotator@example.com", tree, "main");
				await server.git("update-ref", `refs/heads/${name}`, made);
			},
		],
	])("%s is not ours, and is neither replaced nor removed", async (_, arrange) => {
		await proposed();
		await arrange();
		const there = await head(name);
		await using checkout = await open();
		const own = await checkout.ownBranch(name, file);
		expect(own).toMatchObject({ isOurs: false });
		const taken = { code: "branch-taken", names: { repository: "gitops", branch: name } };
		await expect(checkout.propose(intent, name, own, change("newer\n"))).rejects.toMatchObject(taken);
		await checkout.withdraw(intent, own!);
		expect(await head(name)).toBe(there);
	});

	test.each<[string, boolean]>([
		["is there by now", false],
		["has moved by now", true],
	])(
		"that %s is left as it is, when that was seen and when it comes while our push is under way",
		async (_, isThere) => {
			if (isThere) await proposed();
			await using checkout = await open();
			const own = await checkout.ownBranch(name, file);
			let theirs = "";
			server.beforePush(async () => {
				server.beforePush(async () => {});
				theirs = await server.commit({ [file]: "theirs\n" }, name);
			});
			for (const _ of ["under way", "seen"]) {
				expect(await checkout.propose(intent, name, own, change("newer\n"))).toBe(false);
				if (own) await checkout.withdraw(intent, own);
				expect(await head(name)).toBe(theirs);
			}
		},
	);

	test("is removed where it is as it was seen, and is not missed where it is gone already", async () => {
		await proposed();
		await using checkout = await open();
		const own = await checkout.ownBranch(name, file);
		await checkout.withdraw(intent, own!);
		expect(await checkout.branches(prefix)).toEqual([]);
		await checkout.withdraw(intent, own!);
		expect(await checkout.propose(intent, name, own, change("newer\n"))).toBe(false);
	});

	test("that the server does not take is told as that, and no other branch gets it", async () => {
		const end = await server.protect("update");
		await using checkout = await open();
		const error = await checkout.propose(intent, name, undefined, change("new\n")).catch((fault) => fault);
		await end();
		expect(error).toMatchObject({ code: "push-denied", names: { branch: name, answer: "hook declined" } });
		expect(await server.git("for-each-ref", "--format=%(refname)")).toBe("refs/heads/main");
	});

	test("has its commit although the answer to the push was lost, and is found then", async () => {
		await using checkout = await open();
		server.faults.inject({ method: "POST", path: /git-receive-pack$/, cut: "after" });
		const lost = checkout.propose(intent, name, undefined, change("new\n"));
		await expect(lost).rejects.toMatchObject({ code: "repository-unreachable" });
		expect(await seen()).toMatchObject({ isOurs: true, isCurrent: true, text: "new\n" });
	});

	test("is what the credential may push, as is asked without a push; to main it may not", async () => {
		await using checkout = await open();
		server.requests.length = 0;
		await checkout.mayPush();
		expect(server.requests.filter(({ method }) => method === "POST")).toEqual([]);
		server.faults.inject({ path: /service=git-receive-pack$/, status: 403 });
		await expect(checkout.mayPush()).rejects.toMatchObject({
			code: "repository-forbidden",
			names: { right: "push to" },
		});
		await expect(checkout.write(intent, file, "new\n", "m")).rejects.toMatchObject({ code: "push-denied" });
	});
});
