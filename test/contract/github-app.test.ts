// The login as a GitHub App: the real signer on the strict vault, whose key only signs, GitHub's rules for JWTs and tokens, and git's
// own http-backend behind them.

import { createPublicKey, generateKeyPairSync, randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type GitHub, startGitHub } from "../../local/git/github.ts";
import { startGitServer } from "../../local/git/server.ts";
import { type Identity, startIdentity } from "../../packages/identity/index.ts";
import { startVault } from "../../packages/key-vault/index.ts";
import { type FaultRule, selfSigned } from "../../packages/loopback/index.ts";
import { type GitHubAppOptions, gitHubAppLogin } from "../../src/lib/adapters/git/github-app.ts";
import { gitRepository } from "../../src/lib/adapters/git/repository.ts";
import { keyVaultSigner } from "../../src/lib/adapters/key-vault/signer.ts";
import { Fault } from "../../src/lib/domain/fault.ts";
import { intent } from "./support/intent.ts";

const file = "clusters/production/secret.sops.yaml";
const rotator = { objectId: randomUUID(), clientId: randomUUID(), name: "rotator" };
const seconds = 1000;
const minutes = 60 * seconds;

let identity: Identity;
beforeAll(async () => {
	identity = await startIdentity();
});
afterAll(async () => identity[Symbol.asyncDispose]());

async function world() {
	await using stack = new AsyncDisposableStack();
	const vault = stack.use(await startVault({ identity, name: "titanic-kv" }));
	const { jwk } = vault.owner.createKey("github-app", { rsa: true, operations: ["sign"] });
	const revoke = vault.grant({
		objectId: rotator.objectId,
		actions: ["Microsoft.KeyVault/vaults/keys/sign/action"],
		key: "github-app",
	});
	const permissions: Record<string, string> = { contents: "write" };
	const installation = { id: 77, repositories: ["titanic", "other"], permissions };
	const keys = [createPublicKey({ key: { ...jwk }, format: "jwk" })];
	const gitHub = stack.use(
		await startGitHub({ id: 123456, clientId: "Iv23liExample", keys, installations: [installation] }),
	);
	const accepts = (authorization: string) => gitHub.accepts(authorization, "titanic");
	const server = stack.use(await startGitServer({ accepts, path: "example/titanic.git" }));
	await server.commit({ [file]: "old\n" });
	let ahead = 0;
	const clock = { now: () => new Date(Date.now() + ahead) };
	gitHub.now = clock.now;
	const key = `${vault.url}/keys/github-app`;
	const credential = identity.managedIdentity(rotator).credential();
	const effects: string[] = [];
	const login = (change: Partial<GitHubAppOptions> = {}) =>
		gitHubAppLogin({
			...{ app: gitHub.app.clientId, installation: 77, api: gitHub.api, key, url: server.url, clock },
			sign: keyVaultSigner({ keyUrl: key, algorithm: "RS256", credential }).sign,
			perform: (effect, act) => {
				effects.push(effect);
				return act();
			},
			...change,
		});
	const all = stack.move();
	return {
		...{ vault, gitHub, installation, server, login, effects, key, revoke },
		pass: (ms: number) => {
			ahead += ms;
		},
		repository: (of = login()) =>
			gitRepository({ name: "gitops", url: server.url, branch: "main", email: "r@example.com", clock, ...of }),
		[Symbol.asyncDispose]: () => all.disposeAsync(),
	};
}
type World = Awaited<ReturnType<typeof world>>;

describe("A GitHub App", () => {
	test.each(["client id", "id"])("told by its %s reads, rehearses and commits with one token", async (by) => {
		await using it = await world();
		const app = by === "id" ? `${it.gitHub.app.id}` : it.gitHub.app.clientId;
		const repository = it.repository(it.login({ app }));
		await using checkout = await repository.open();
		await checkout.rehearse();
		expect(await checkout.write(intent, file, "new\n", "m")).toBe(true);
		expect(await it.server.read(file)).toBe("new\n");
		expect(it.effects).toEqual(["github POST access_tokens titanic"]);
	});

	test("asks for the one repository, and to write its contents, and signs by the vault alone", async () => {
		await using it = await world();
		await it.login().authorization();
		expect(it.gitHub.asked).toEqual([{ repositories: ["titanic"], permissions: { contents: "write" } }]);
		const used = it.vault.requests.filter(({ status }) => status !== 401);
		expect(used.map(({ method, name, action }) => `${method} ${name} ${action}`)).toEqual([
			"POST github-app Microsoft.KeyVault/vaults/keys/sign/action",
		]);
	});

	test("asks for pull requests too only where the app opens them, with the same token for git and for the API", async () => {
		await using it = await world();
		change(it, { permissions: { contents: "write", pull_requests: "write" } });
		const login = it.login({ opensPullRequests: true });
		const [basic, bearer] = [await login.authorization(), await login.bearer()];
		const permissions = { contents: "write", pull_requests: "write" };
		expect(it.gitHub.asked).toEqual([{ repositories: ["titanic"], permissions }]);
		expect(atob(basic.slice("Basic ".length))).toBe(`x-access-token:${bearer.slice("Bearer ".length)}`);
	});

	test("gets another token five minutes before the one that it has ends, and not earlier", async () => {
		await using it = await world();
		const login = it.login();
		const first = await login.authorization();
		it.pass(54 * minutes);
		expect(await login.authorization()).toBe(first);
		it.pass(2 * minutes);
		expect(await login.authorization()).not.toBe(first);
	});

	test("gets another token once where the git server refuses the one that it has", async () => {
		await using it = await world();
		const repository = it.repository();
		await (await repository.open())[Symbol.asyncDispose]();
		it.gitHub.revoke();
		await using checkout = await repository.open();
		expect(await checkout.read(file)).toBe("old\n");
		expect(it.gitHub.asked).toHaveLength(2);
	});

	test("whose token the git server never takes is named as what is refused", async () => {
		await using it = await world();
		it.server.faults.inject({ status: 401, times: 2 });
		await expect(it.repository().open()).rejects.toMatchObject({
			code: "repository-unauthorized",
			names: { credential: "GitHub App Iv23liExample" },
		});
		expect(it.gitHub.asked).toHaveLength(2);
	});

	test("has time for a clock that is up to a minute ahead, or some minutes behind", async () => {
		await using it = await world();
		for (const off of [-55 * seconds, 8 * minutes]) {
			it.gitHub.now = () => new Date(Date.now() + off);
			await expect(it.login().authorization()).resolves.toMatch(/^Basic /);
		}
	});

	test("goes on with the key's next version when GitHub has that too", async () => {
		await using it = await world();
		const { jwk } = it.vault.owner.createKey("github-app", { rsa: true, operations: ["sign"] });
		await expect(it.login().authorization()).rejects.toMatchObject({ code: "github-app-unauthorized" });
		it.gitHub.app.keys.push(createPublicKey({ key: { ...jwk }, format: "jwk" }));
		await expect(it.login().authorization()).resolves.toMatch(/^Basic /);
	});
});

const change = (it: World, of: Partial<World["installation"] & { suspended: boolean }>) => {
	it.gitHub.app.installations = [{ ...it.installation, ...of }];
};
const answering = (rule: FaultRule) => (it: World) => void it.gitHub.faults.inject({ times: 9, ...rule });

/** Both stand still: a header has whole seconds. */
const offBy = (it: World, ms: number) => {
	const theirs = new Date("2026-11-29T19:00:00Z");
	it.gitHub.now = () => theirs;
	return { clock: { now: () => new Date(theirs.getTime() + ms) } };
};

const app = "Iv23liExample";
const installed = { app, installation: 77 };
type Refusal = [string, (it: World) => unknown, string, object];
const refusals: Refusal[] = [
	["another app's id", () => ({ app: "Iv23liOther" }), "github-installation-missing", { app: "Iv23liOther" }],
	[
		"a key that is none of the app's",
		(it) => {
			it.gitHub.app.keys = [generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey];
		},
		"github-app-unauthorized",
		{ app },
	],
	["another installation", () => ({ installation: 78 }), "github-installation-missing", { app, installation: 78 }],
	[
		"an installation that is suspended",
		(it) => change(it, { suspended: true }),
		"github-installation-suspended",
		installed,
	],
	[
		"an installation without the repository",
		(it) => change(it, { repositories: ["other"] }),
		"github-repository-excluded",
		{ ...installed, repository: "titanic" },
	],
	[
		"an installation that may only read",
		(it) => change(it, { permissions: { contents: "read" } }),
		"github-permission-missing",
		{ ...installed, permission: "Contents: Read and write" },
	],
	[
		"an installation that may open no pull requests",
		() => ({ opensPullRequests: true }),
		"github-permission-missing",
		{ ...installed, permission: "Contents: Read and write, or Pull requests: Read and write" },
	],
	[
		"a clock that is five minutes ahead",
		(it) => offBy(it, 5 * minutes),
		"github-clock-differs",
		{ seconds: 300, where: "ahead of" },
	],
	[
		"a clock that is an hour behind",
		(it) => offBy(it, -60 * minutes),
		"github-clock-differs",
		{ seconds: 3600, where: "behind" },
	],
	[
		"an address that GitHub does not let in",
		answering({ status: 403, code: "IP allow list" }),
		"github-app-refused",
		{},
	],
	["GitHub failing", answering({ status: 502 }), "github-unreachable", { detail: "HTTP 502" }],
	["a connection that is cut", answering({ cut: "before" }), "github-unreachable", { detail: "ECONNRESET" }],
	["an answer that GitHub never gives", answering({ status: 400 }), "github-foreign", {}],
	["a redirect", answering({ status: 302, code: "https://example.com/" }), "github-foreign", {}],
	["a limit", answering({ status: 429, retryAfterSeconds: 90 }), "github-rate-limited", { app, seconds: 90 }],
	[
		"a limit of the other sort",
		answering({ status: 403, retryAfterSeconds: 30 }),
		"github-rate-limited",
		{ seconds: 30 },
	],
	[
		"a limit without a time",
		answering({ status: 403, code: "secondary rate limit" }),
		"github-rate-limited",
		{ seconds: 60 },
	],
	["an absurd limit", answering({ status: 429, retryAfterSeconds: 999_999 }), "github-rate-limited", { seconds: 3600 }],
	["no right to sign", (it) => it.revoke(), "signing-forbidden", {}],
	["no key", (it) => ({ sign: signerOf(it, "none") }), "signing-forbidden", {}],
	["a key of another kind", (it) => void it.vault.owner.createKey("github-app"), "signing-key-unusable", {}],
	[
		"nothing at the API's address",
		() => ({ api: "http://127.0.0.1:9" }),
		"github-unreachable",
		{ detail: "ECONNREFUSED" },
	],
];

const signerOf = (it: World, name: string) =>
	keyVaultSigner({
		keyUrl: `${it.vault.url}/keys/${name}`,
		algorithm: "RS256",
		credential: identity.managedIdentity(rotator).credential(),
	}).sign;

describe("GitHub refuses", () => {
	test.each(refusals)(
		"%s, and the fault says so and repeats neither JWT nor token",
		async (_, arrange, code, names) => {
			await using it = await world();
			const login = it.login(Object(arrange(it)));
			const fault = await it
				.repository(login)
				.open()
				.catch((error) => error);
			expect(fault).toBeInstanceOf(Fault);
			expect(fault).toMatchObject({ code, names });
			for (const secret of it.gitHub.secrets)
				expect(JSON.stringify([fault.message, fault.names])).not.toContain(secret);
			expect(await it.server.read(file)).toBe("old\n");
		},
	);

	test("what comes too often, and is not asked again before the time that it said", async () => {
		await using it = await world();
		it.gitHub.faults.inject({ status: 429, retryAfterSeconds: 90 });
		const login = it.login();
		for (const wait of [0, 80 * seconds]) {
			it.pass(wait);
			await expect(login.authorization()).rejects.toMatchObject({ code: "github-rate-limited" });
		}
		expect(it.effects).toHaveLength(1);
		it.pass(20 * seconds);
		await expect(login.authorization()).resolves.toMatch(/^Basic /);
	});
});

test("An API whose certificate is not trusted gets no JWT", async () => {
	await using it = await world();
	const tls = await selfSigned();
	const received: string[] = [];
	await using other = await startGitServer({ tls, accepts: (given) => received.push(given) > 0 });
	const api = new URL(other.url).origin;
	await expect(it.login({ api }).authorization()).rejects.toMatchObject({ code: "github-untrusted", names: { api } });
	expect(received).toEqual([]);
});

test("A redirect takes the JWT nowhere", async () => {
	await using it = await world();
	await using other = await startGitServer();
	await using between = await startGitServer();
	between.faults.inject({ status: 307, code: other.url, times: 9 });
	const api = new URL(between.url).origin;
	await expect(it.login({ api }).authorization()).rejects.toMatchObject({ code: "github-foreign" });
	expect(other.requests).toEqual([]);
});

describe("The stand-in of GitHub", () => {
	const of = (gitHub: GitHub, token: string) =>
		gitHub.accepts(`Basic ${Buffer.from(`x-access-token:${token}`).toString("base64")}`, "titanic");
	test("lets a token into its own repositories for an hour, and nobody without one", async () => {
		await using it = await world();
		const given = await it.login().authorization();
		expect(it.gitHub.accepts(given, "titanic")).toBe(true);
		expect(it.gitHub.accepts(given, "other")).toBe(false);
		expect(of(it.gitHub, "none")).toBe(false);
		it.pass(61 * minutes);
		expect(it.gitHub.accepts(given, "titanic")).toBe(false);
	});
});
