// What leaves for the vault, and when it is sent again: the real clients over a transport that only writes down.

import { KeyClient } from "@azure/keyvault-keys";
import { SecretClient } from "@azure/keyvault-secrets";
import { describe, expect, test } from "@jest/globals";
import { asFault } from "../../../../src/lib/adapters/key-vault/faults.ts";
import { pipeline } from "../../../../src/lib/adapters/key-vault/pipeline.ts";
import { directly } from "../../../../src/lib/ports/effect.ts";

type Client = NonNullable<NonNullable<ConstructorParameters<typeof SecretClient>[2]>["httpClient"]>;
type Request = Parameters<Client["sendRequest"]>[0];
interface Says {
	readonly status: number;
	readonly headers?: Record<string, string>;
	readonly json?: object;
}

const vault = "https://titanic-kv.vault.azure.net";
const challenge = 'Bearer authorization="https://login.microsoftonline.com/t", resource="https://vault.azure.net"';
const credential = { getToken: async () => ({ token: "our-token", expiresOnTimestamp: Date.now() + 3_600_000 }) };
const page = (names: string[], nextLink?: string) => ({
	value: names.map((name) => ({ id: `${vault}/secrets/${name}`, attributes: { enabled: true } })),
	nextLink,
});

/** @param says what the vault answers to a request that has a token */
function over(says: (request: Request, index: number) => Says, url = vault) {
	const seen: Request[] = [];
	const httpClient: Client = {
		async sendRequest(request) {
			const authorised = request.headers.has("authorization");
			if (authorised) seen.push(request);
			const {
				status,
				headers = {},
				json,
			} = authorised ? says(request, seen.length - 1) : { status: 401, headers: { "www-authenticate": challenge } };
			const all = new Map(Object.entries({ "content-type": "application/json", ...headers }));
			return {
				request,
				status,
				headers: {
					get: (name: string) => all.get(name.toLowerCase()),
					has: (name: string) => all.has(name.toLowerCase()),
					toJSON: () => Object.fromEntries(all),
				} as never,
				bodyAsText: json ? JSON.stringify(json) : "",
			};
		},
	};
	const { policies: additionalPolicies, isWarm } = pipeline(url, directly, 5_000);
	const options = { additionalPolicies, httpClient, retryOptions: { maxRetries: 0 } };
	const secrets = new SecretClient(url, credential, options);
	return { seen, isWarm, secrets, keys: new KeyClient(url, credential, options) };
}

const codeOf = (work: Promise<unknown>) =>
	work.then(
		() => "no fault",
		(error) => asFault(error, { vault: "main", secret: "db-password", right: "list" }).code,
	);

test.each([
	[401, false],
	[403, true],
	[200, true],
])("a client whose token is answered %i has been let in: %s", async (status, isLetIn) => {
	const { secrets, isWarm } = over(() => ({ status, json: {} }));
	await secrets.getSecret("a").catch(() => {});
	expect(isWarm()).toBe(isLetIn);
});

describe("the next page of a list", () => {
	test.each([
		["with the port", `${vault}:443/secrets?$skiptoken=2`],
		["without the port", `${vault}/secrets?$skiptoken=2`],
		["in capitals", "https://TITANIC-KV.vault.azure.net/secrets?$skiptoken=2"],
	])("is fetched from the vault itself, named %s, also after an empty page", async (_, nextLink) => {
		const { secrets } = over((_request, index) => ({
			status: 200,
			json: [page(["a"], nextLink), page([], nextLink), page(["b"])][index],
		}));
		const listed = await Array.fromAsync(secrets.listPropertiesOfSecrets());
		expect(listed.map(({ name }) => name)).toEqual(["a", "b"]);
	});

	test.each([
		"https://evil.example/secrets?$skiptoken=2",
		"https://other.vault.azure.net/secrets?$skiptoken=2",
		"https://titanic-kv.vault.azure.net.evil.example/secrets",
		"https://titanic-kv.vault.azure.net@evil.example/secrets",
		"https://titanic-kv.vault.azure.net:8443/secrets",
		"http://titanic-kv.vault.azure.net/secrets",
	])("is not asked of %s, which gets no token", async (nextLink) => {
		const { secrets, seen } = over((_request, index) => ({
			status: 200,
			json: page(["a"], index === 0 ? nextLink : undefined),
		}));
		expect(await codeOf(Array.fromAsync(secrets.listPropertiesOfSecrets()))).toBe("vault-foreign");
		expect(seen).toHaveLength(1);
	});

	test("is not asked of another host for keys either, nor where an answer redirects to", async () => {
		const { keys, seen } = over((_request, index) => ({
			status: 200,
			json: { value: [], ...(index === 0 && { nextLink: "https://evil.example/keys" }) },
		}));
		expect(await codeOf(Array.fromAsync(keys.listPropertiesOfKeys()))).toBe("vault-foreign");
		expect(seen).toHaveLength(1);
		const redirected = over(() => ({ status: 307, headers: { location: "https://evil.example/secrets/a" } }));
		expect(await codeOf(redirected.secrets.getSecret("a"))).not.toBe("no fault");
		expect(redirected.seen.map(({ url }) => new URL(url).host)).toEqual(["titanic-kv.vault.azure.net"]);
	});
});

describe("a vault that throttles", () => {
	const attempts = async (retryAfter?: string) => {
		const headers = retryAfter === undefined ? undefined : { "retry-after": retryAfter };
		const { secrets, seen } = over(() => ({ status: 429, headers, json: { error: { code: "Throttled" } } }));
		const from = performance.now();
		const code = await codeOf(secrets.getSecret("db-password"));
		return { code, tries: seen.length, soon: performance.now() - from < 4_000 };
	};
	const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1000).toUTCString();

	test.each([
		["without Retry-After", () => undefined],
		["with nothing in it", () => ""],
		["with a negative number", () => "-5"],
		["with words", () => "soon"],
		["with a number that is no whole one", () => "1e9"],
		["with a date that is none", () => "Mon, 99 Foo 2026 99:99:99 GMT"],
		["with a date that has passed", () => inSeconds(-3600)],
		["with nought", () => "0"],
		["with a date in a moment", () => inSeconds(1)],
	])("%s is asked three times, soon", async (_, retryAfter) => {
		expect(await attempts(retryAfter())).toEqual({ code: "vault-throttled", tries: 3, soon: true });
	});

	test.each([
		["with many seconds", () => "3600"],
		["with an absurd number", () => "9".repeat(400)],
		["with a date in an hour", () => inSeconds(3600)],
		["with a date in another century", () => "Fri, 31 Dec 9999 23:59:59 GMT"],
	])("%s is left alone: the orchestration comes again", async (_, retryAfter) => {
		expect(await attempts(retryAfter())).toEqual({ code: "vault-throttled", tries: 1, soon: true });
	});
});
