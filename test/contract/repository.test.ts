import { randomBytes } from "node:crypto";
import { mkdtempDisposable, readdir, readFile, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { type GitServer, startGitServer } from "../../local/git/server.ts";
import { selfSigned } from "../../packages/loopback/index.ts";
import { gitRepository, type RepositoryOptions } from "../../src/lib/adapters/git/repository.ts";
import { intent } from "./support/intent.ts";

const file = "clusters/production/secret.sops.yaml";
const names = { repository: "gitops" };

describe("A repository on a real git server", () => {
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
		await server.commit({ [file]: "old\n", "clusters/production/other.yaml": "other\n", "README.md": "read\n" });
	});

	const basic = (password: string) => `Basic ${btoa(`${server.user}:${password}`)}`;
	const repository = (change: Partial<RepositoryOptions> = {}) =>
		gitRepository({
			name: "gitops",
			url: server.url,
			branch: "main",
			email: "rotator@example.com",
			clock: { now: () => new Date("2026-11-28T19:00:00Z") },
			credential: "secret git-token of vault main",
			authorization: async () => basic(server.password),
			...change,
		});
	const head = () => server.git("rev-parse", "main");
	const closed = async (checkout: AsyncDisposable) => {
		await checkout[Symbol.asyncDispose]();
		return "closed";
	};

	test("is read at its newest commit, and says that a file is not there", async () => {
		await using checkout = await repository().open();
		expect(checkout.commit).toBe(await head());
		expect(await checkout.read(file)).toBe("old\n");
		for (const missing of ["clusters/production", "clusters/none.yaml", "README.md/none"])
			expect(await checkout.read(missing)).toBeUndefined();
	});

	test("gets one commit on the newest one, which changes the one file", async () => {
		const before = await head();
		await using checkout = await repository().open();
		expect(await checkout.write(intent, file, "new\n", "titanic-api: a new version")).toBe(true);
		expect(await server.read(file)).toBe("new\n");
		expect(await server.git("log", "-1", "--format=%P|%an|%ae|%ct|%s", "main")).toBe(
			`${before}|titanic-secret-rotator|rotator@example.com|1795892400|titanic-api: a new version`,
		);
		expect(await server.git("diff", "--name-only", before, "main")).toBe(file);
		await server.git("fsck", "--strict");
	});

	test("keeps the modes of other files and its history", async () => {
		const count = Number(await server.git("rev-list", "--count", "main"));
		const modes = await server.git("ls-tree", "-r", "main", "--format=%(objectmode) %(path)");
		await using checkout = await repository().open();
		await checkout.write(intent, file, "newer\n", "m");
		expect(Number(await server.git("rev-list", "--count", "main"))).toBe(count + 1);
		expect(await server.git("ls-tree", "-r", "main", "--format=%(objectmode) %(path)")).toBe(modes);
	});

	test("keeps somebody else's commit that came between, and takes ours on top of it", async () => {
		await using checkout = await repository().open();
		const theirs = await server.commit({ "README.md": "theirs\n" });
		expect(await checkout.write(intent, file, "new\n", "m")).toBe(false);
		expect(await head()).toBe(theirs);
		await using again = await repository().open();
		expect(await again.write(intent, file, "new\n", "m")).toBe(true);
		expect(await server.read("README.md")).toBe("theirs\n");
	});

	test("keeps it too when it comes while our push is under way", async () => {
		await using checkout = await repository().open();
		let theirs = "";
		server.beforePush(async () => {
			theirs = await server.commit({ "README.md": "theirs\n" });
		});
		expect(await checkout.write(intent, file, "new\n", "m")).toBe(false);
		expect(await head()).toBe(theirs);
	});

	test("whose branch was deleted meanwhile does not get it again", async () => {
		await server.commit({ [file]: "old\n" }, "gone");
		await using checkout = await repository({ branch: "gone" }).open();
		await server.git("update-ref", "-d", "refs/heads/gone");
		expect(await checkout.write(intent, file, "new\n", "m")).toBe(false);
		expect(await server.git("branch", "--list", "gone")).toBe("");
		await expect(repository({ branch: "gone" }).open()).rejects.toMatchObject({
			code: "branch-missing",
			names: { ...names, branch: "gone" },
		});
	});

	test("whose branch is protected says so, and repeats nothing of what the server said", async () => {
		const end = await server.protect();
		await using checkout = await repository().open();
		const error = await checkout.write(intent, file, "new\n", "m").catch((fault) => fault);
		await end();
		expect(error).toMatchObject({
			code: "push-denied",
			names: { ...names, branch: "main", answer: "pre-receive hook declined" },
		});
		expect(await server.read(file)).toBe("old\n");
	});

	test("that gives a reason of its own is not repeated, and its rehearsal proves nothing", async () => {
		await using checkout = await repository().open();
		// Without such a hook git declines each push in other words than those that servers share.
		await server.git("config", "receive.procReceiveRefs", "refs/heads/main");
		const error = await checkout.write(intent, file, "new\n", "m").catch((fault) => fault);
		await using again = await repository().open();
		await again.rehearse().finally(() => server.git("config", "--unset", "receive.procReceiveRefs"));
		expect(error).toMatchObject({ code: "push-denied", names: { answer: "no reason that git servers share" } });
		expect(await server.read(file)).toBe("old\n");
	});

	test("has the commit although the answer to its push was lost", async () => {
		await using checkout = await repository().open();
		server.faults.inject({ method: "POST", path: /git-receive-pack$/, cut: "after" });
		await expect(checkout.write(intent, file, "new\n", "m")).rejects.toMatchObject({ code: "repository-unreachable" });
		await using again = await repository().open();
		expect(await again.read(file)).toBe("new\n");
	});

	test("asks once more with another credential where the first is refused, and names the credential when that is too", async () => {
		const given: boolean[] = [];
		const authorization: RepositoryOptions["authorization"] = async (options) => {
			given.push(options?.anew ?? false);
			return basic(options?.anew ? server.password : "ended");
		};
		await using checkout = await repository({ authorization }).open();
		expect(await checkout.read(file)).toBe("old\n");
		expect(given.slice(0, 2)).toEqual([false, true]);
		const wrong = repository({ authorization: async () => basic("wrong") });
		await expect(wrong.open()).rejects.toMatchObject({
			code: "repository-unauthorized",
			names: { ...names, credential: "secret git-token of vault main", answer: "HTTP 401" },
		});
	});

	test.each([
		[{ status: 203 }, "repository-unauthorized"],
		[{ status: 200 }, "repository-unauthorized"],
		[{ status: 302, code: "https://login.example.com/" }, "repository-unauthorized"],
		[{ status: 301, code: "https://example.com/renamed" }, "repository-moved"],
		[{ status: 403 }, "repository-forbidden"],
		[{ status: 404 }, "repository-missing"],
		[{ status: 400 }, "repository-foreign"],
		[{ status: 429 }, "repository-failed"],
		[{ status: 503 }, "repository-failed"],
		[{ cut: "before" }, "repository-unreachable"],
	] as const)("answers %j, and that is %s, when it is read as when it is written", async (rule, code) => {
		await using checkout = await repository().open();
		server.faults.inject({ ...rule, times: Number.POSITIVE_INFINITY });
		await expect(repository().open()).rejects.toMatchObject({ code });
		await expect(checkout.write(intent, file, "new\n", "m")).rejects.toMatchObject({ code });
		server.faults.clear();
		expect(await server.read(file)).toBe("old\n");
	});

	test("whose credential may read and not push says so before anything is pushed", async () => {
		await using checkout = await repository().open();
		await checkout.rehearse();
		server.faults.inject({ path: /service=git-receive-pack$/, status: 403 });
		await expect(checkout.rehearse()).rejects.toMatchObject({
			code: "repository-forbidden",
			names: { ...names, right: "push to" },
		});
	});

	describe("A rehearsal of a push", () => {
		const everything = async () => ({
			refs: await server.git("for-each-ref"),
			objects: await server.git("count-objects", "-v"),
		});

		test("changes nothing where the branch takes pushes", async () => {
			await using checkout = await repository().open();
			const before = await everything();
			server.requests.length = 0;
			await checkout.rehearse();
			expect(server.requests).toContainEqual(expect.objectContaining({ method: "POST" }));
			expect(await everything()).toEqual(before);
			expect(await checkout.write(intent, file, "new\n", "m")).toBe(true);
		});

		test.each([
			["pre-receive", "pre-receive hook declined"],
			["update", "hook declined"],
		] as const)("is declined by the server's own hook %s, as a push would be", async (hook, answer) => {
			await using checkout = await repository().open();
			const before = await everything();
			const end = await server.protect(hook);
			const error = await checkout.rehearse().catch((fault) => fault);
			await end();
			expect(error).toMatchObject({ code: "branch-protected", names: { ...names, branch: "main", answer } });
			expect(await everything()).toEqual(before);
		});

		test("is not sent to a branch that has moved on, and puts none back", async () => {
			await using checkout = await repository().open();
			const overtaken = { code: "push-overtaken", names: { ...names, branch: "main" } };
			let theirs = "";
			server.beforePush(async () => {
				theirs = await server.commit({ "README.md": "theirs\n" });
			});
			await expect(checkout.rehearse()).rejects.toMatchObject(overtaken);
			expect(await head()).toBe(theirs);
			server.requests.length = 0;
			await expect(checkout.rehearse()).rejects.toMatchObject(overtaken);
			expect(server.requests.filter(({ method }) => method === "POST")).toEqual([]);
			expect(await head()).toBe(theirs);
		});

		test("proves nothing where the server fails it for reasons of its own", async () => {
			await using checkout = await repository().open();
			const end = await server.protect("reference-transaction");
			await checkout.rehearse().finally(end);
			expect(await checkout.write(intent, file, "new\n", "m")).toBe(true);
		});
	});

	test("sends its credential nowhere else, whatever a redirect says", async () => {
		await using other = await startGitServer();
		server.faults.inject({ status: 307, code: other.url });
		await expect(repository().open()).rejects.toMatchObject({ code: "repository-unauthorized" });
		expect(other.requests).toEqual([]);
	});

	test("is too large where its newest commit has more than the app takes, whatever it had before", async () => {
		const large = randomBytes(100_000).toString("base64");
		const limited = repository({ mostBytes: 50_000 });
		await server.commit({ "large.txt": large });
		await expect(limited.open()).rejects.toMatchObject({ code: "repository-too-large", names });
		await server.commit({ "large.txt": "small\n" });
		await using checkout = await limited.open();
		expect(await checkout.read(file)).toBe("old\n");
	});

	test("is too large where its newest commit unpacks to more than the app takes, in one file or by copies of it", async () => {
		const unpacked = repository({ mostUnpackedBytes: 1_000_000 });
		await server.commit({ "zeros.txt": "0".repeat(2_000_000) });
		await expect(unpacked.open()).rejects.toMatchObject({ code: "repository-too-large", names });
		// Deltas of some bytes each: what upload-pack sends of them is a tenth of what they make.
		const one = randomBytes(75_000).toString("base64");
		const copies = Array.from({ length: 20 }, (_, index) => [`copy-${index}.txt`, `${one}${index}\n`]);
		await server.commit({ "zeros.txt": "small\n", ...Object.fromEntries(copies) });
		await expect(repository({ mostBytes: 300_000 }).open().then(closed)).resolves.toBe("closed");
		await expect(unpacked.open()).rejects.toMatchObject({ code: "repository-too-large", names });
		await server.commit(Object.fromEntries(copies.map(([name]) => [name!, "small\n"])));
		await using checkout = await unpacked.open();
		expect(await checkout.read(file)).toBe("old\n");
	});

	test("is too large by what the app takes where nothing else is said, 128 MiB unpacked, and none of it is held", async () => {
		await using folder = await mkdtempDisposable(join(tmpdir(), "titanic-zeros-"));
		const zeros = join(folder.path, "zeros");
		await writeFile(zeros, "");
		await truncate(zeros, 129 * 1024 * 1024);
		const blob = await server.git("hash-object", "-w", zeros);
		await server.git("update-index", "--add", "--cacheinfo", `100644,${blob},zeros`);
		const commit = await server.git("commit-tree", "-m", "zeros", await server.git("write-tree"));
		await server.git("update-ref", "refs/heads/zeros", commit);
		const before = process.memoryUsage().arrayBuffers;
		await expect(repository({ branch: "zeros" }).open()).rejects.toMatchObject({ code: "repository-too-large", names });
		expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32 * 1024 * 1024);
	});

	test("leaves nothing on the disk, no matter how it ends", async () => {
		// Others clone repositories beside this test: those of this server only.
		const kept = async () => {
			const folders = (await readdir(tmpdir())).filter((name) => name.startsWith("titanic-git-"));
			const configs = folders.map((name) => readFile(join(tmpdir(), name, "config"), "utf8").catch(() => ""));
			return (await Promise.all(configs)).filter((config) => config.includes(server.url)).length;
		};
		{
			await using checkout = await repository().open();
			expect(await kept()).toBe(1);
			await checkout.write(intent, file, "new\n", "m");
		}
		await repository({ branch: "none" })
			.open()
			.catch(() => {});
		expect(await kept()).toBe(0);
	});

	test("is reached over TLS with its own CA, and by no other", async () => {
		const tls = await selfSigned();
		await using secure = await startGitServer({ tls });
		await secure.commit({ [file]: "old\n" });
		const at = { url: secure.url, authorization: async () => `Basic ${btoa(`${secure.user}:${secure.password}`)}` };
		await using checkout = await repository({ ...at, ca: tls.cert }).open();
		expect(await checkout.write(intent, file, "new\n", "m")).toBe(true);
		await expect(repository(at).open()).rejects.toMatchObject({ code: "repository-untrusted", names: { ...names } });
	});
});
