// The local vault, seen by the real SecretClient with the real ManagedIdentityCredential.

import { ManagedIdentityCredential, type TokenCredential } from "@azure/identity";
import { SecretClient, type SecretClientOptions } from "@azure/keyvault-secrets";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { type Identity, startIdentity } from "../../identity/index.ts";
import { type DataAction, startVault, type Vault, type VaultEvent } from "../index.ts";

const me = { objectId: "0b1ec700-0000-4000-8000-000000000002", clientId: "c11e0700-0000-4000-8000-000000000002" };
const action = (suffix: string) => `Microsoft.KeyVault/vaults/secrets/${suffix}` as DataAction;
const every = ["getSecret/action", "setSecret/action", "readMetadata/action", "update/action"]
	.concat(["delete", "recover/action", "purge/action", "backup/action", "restore/action"])
	.map(action);
type Policy = NonNullable<SecretClientOptions["additionalPolicies"]>[number]["policy"];
const day = 24 * 60 * 60 * 1000;

let identity: Identity;
let vault: Vault;
let client: SecretClient;
let events: VaultEvent[];
let clock: Date;
let revoke: () => void;
const before = { ...process.env };

const connect = (credential: TokenCredential, options: SecretClientOptions = {}, url = vault.url) =>
	new SecretClient(url, credential, {
		allowInsecureConnection: true,
		disableChallengeResourceVerification: true,
		retryOptions: { maxRetries: 0 },
		...options,
	});

beforeAll(async () => {
	identity = await startIdentity();
	Object.assign(process.env, identity.managedIdentity({ ...me, name: "rotator" }).env);
});
afterAll(async () => {
	await identity[Symbol.asyncDispose]();
	process.env = before;
});
beforeEach(async () => {
	events = [];
	clock = new Date("2030-06-15T12:00:00.500Z");
	vault = await startVault({
		identity,
		name: "kv-test",
		now: () => clock,
		onEvent: (event) => void events.push(event),
	});
	revoke = vault.grant({ objectId: me.objectId, actions: every });
	client = connect(new ManagedIdentityCredential({ clientId: me.clientId }));
});
afterEach(async () => vault[Symbol.asyncDispose]());

const all = async <T>(list: AsyncIterable<T>) => {
	const found: T[] = [];
	for await (const each of list) found.push(each);
	return found;
};

/** What the SDK threw, as far as callers can decide by it. Of a list it keeps no inner code. */
const refusal = async (work: Promise<unknown>) => {
	type Thrown = { statusCode?: number; code?: string; details?: { error?: { innerError?: { code?: string } } } };
	try {
		await work;
	} catch (thrown) {
		const { statusCode, code, details } = thrown as Thrown;
		const inner = details?.error?.innerError?.code;
		return { status: statusCode, code, ...(inner && { inner }) };
	}
	return "not refused";
};

/** A request without the SDK, which cannot be made to send what is wrong. */
const raw = async (path: string, init: RequestInit & { token?: string; apiVersion?: string } = {}) => {
	const { token, apiVersion = "2026-04-01", ...rest } = init;
	const bearer =
		token ??
		(await new ManagedIdentityCredential({ clientId: me.clientId }).getToken("https://vault.azure.net/.default")).token;
	const query = apiVersion && `${path.includes("?") ? "&" : "?"}api%2Dversion=${apiVersion}`;
	const answer = await fetch(`${vault.url}${path}${query}`, {
		...rest,
		headers: { ...(bearer && { authorization: `Bearer ${bearer}` }), "content-type": "application/json" },
	});
	const text = await answer.text();
	const body = (text ? JSON.parse(text) : {}) as { error?: { code: string; message: string }; nextLink?: string };
	return { status: answer.status, headers: answer.headers, body };
};

describe("reading and writing", () => {
	test("what is set is read back, with whole seconds, tags and expiry", async () => {
		const expiresOn = new Date("2030-09-01T00:00:00Z");
		const set = await client.setSecret("db-password", "v1", {
			expiresOn,
			tags: { rotation: "90days" },
			contentType: "text",
		});
		const got = await client.getSecret("db-password");
		expect(got.value).toBe("v1");
		expect(got.properties).toMatchObject({
			version: set.properties.version,
			expiresOn,
			enabled: true,
			tags: { rotation: "90days" },
			contentType: "text",
			createdOn: new Date("2030-06-15T12:00:00Z"),
			recoveryLevel: "Recoverable+Purgeable",
		});
		expect(set.properties.version).toMatch(/^[0-9a-f]{32}$/);
	});

	test("the first request of a client writes nothing: it is only the question for the challenge", async () => {
		await client.setSecret("db-password", "v1");
		expect(vault.requests.map(({ method, status }) => [method, status])).toEqual([
			["PUT", 401],
			["PUT", 200],
		]);
		expect(vault.owner.versions("db-password")).toHaveLength(1);
	});

	test("the latest is the one created last, and older ones stay readable by version", async () => {
		const first = await client.setSecret("db-password", "v1");
		for (const value of ["v2", "v3", "v4"]) await client.setSecret("db-password", value);
		expect((await client.getSecret("db-password")).value).toBe("v4");
		expect((await client.getSecret("db-password", { version: first.properties.version! })).value).toBe("v1");
	});

	test("an expired version and one that is not valid yet are served", async () => {
		vault.owner.set("old", "v", { expires: new Date(clock.getTime() - day) });
		vault.owner.set("early", "v", { notBefore: new Date(clock.getTime() + day) });
		expect([(await client.getSecret("old")).value, (await client.getSecret("early")).value]).toEqual(["v", "v"]);
	});

	test("a disabled latest version is refused, though an older one is enabled", async () => {
		vault.owner.set("db-password", "v1");
		const { version } = vault.owner.set("db-password", "v2");
		await client.updateSecretProperties("db-password", version, { enabled: false });
		expect(await refusal(client.getSecret("db-password"))).toEqual({
			status: 403,
			code: "Forbidden",
			inner: "SecretDisabled",
		});
	});

	test("an update replaces all tags, keeps the rest and answers without the value", async () => {
		const { version } = vault.owner.set("db-password", "v1", { tags: { a: "1", b: "2" }, contentType: "text" });
		const answer = await raw(`/secrets/db-password/${version}`, {
			method: "PATCH",
			body: JSON.stringify({ tags: { c: "3" } }),
		});
		expect(answer.body).not.toHaveProperty("value");
		expect(vault.owner.get("db-password")).toMatchObject({ tags: { c: "3" }, contentType: "text", value: "v1" });
	});

	test("a secret that is not there, and a version that is not there, are SecretNotFound", async () => {
		vault.owner.set("db-password", "v1");
		const missing = { status: 404, code: "SecretNotFound" };
		expect(await refusal(client.getSecret("nothing"))).toEqual(missing);
		expect(await refusal(client.getSecret("db-password", { version: "0".repeat(32) }))).toEqual(missing);
	});
});

describe("lists", () => {
	test("a list longer than a page is complete, without values, each secret once", async () => {
		const names = Array.from({ length: 60 }, (_, index) => `secret-${index}`);
		for (const name of names) vault.owner.set(name, "hidden");
		const listed = await all(client.listPropertiesOfSecrets());
		expect(listed.map(({ name }) => name).sort()).toEqual([...names].sort());
		expect(JSON.stringify(listed)).not.toContain("hidden");
	});

	test("pages are no longer than asked for, often shorter and sometimes empty, and their link is absolute", async () => {
		const names = Array.from({ length: 100 }, (_, index) => `secret-${index}`);
		for (const name of names) vault.owner.set(name, "v");
		const pages: string[][] = [];
		for await (const page of client.listPropertiesOfSecrets().byPage({ maxPageSize: 25 }))
			pages.push(page.map(({ name }) => name));
		expect(pages.map(({ length }) => length)).toEqual([24, 25, 25, 23, 0, 3]);
		expect(pages.flat()).toEqual([...names].sort());
		const { body } = await raw("/secrets?maxresults=2");
		expect(body.nextLink).toMatch(new RegExp(`^${vault.url}/secrets\\?api-version=2026-04-01&\\$skiptoken=`));
	});

	test("a list goes on at the address by which the vault was asked, as behind a relay", async () => {
		for (let index = 0; index < 30; index++) vault.owner.set("secret", `v${index}`);
		const url = vault.url.replace("127.0.0.1", "localhost");
		const hosts = new Set<string>();
		const noted: Policy = {
			name: "noted",
			sendRequest(request, next) {
				hosts.add(new URL(request.url).origin);
				return next(request);
			},
		};
		const additionalPolicies = [{ policy: noted, position: "perRetry" as const }];
		const elsewhere = connect(new ManagedIdentityCredential({ clientId: me.clientId }), { additionalPolicies }, url);
		expect(await all(elsewhere.listPropertiesOfSecretVersions("secret"))).toHaveLength(30);
		expect([...hosts]).toEqual([url]);
	});

	test("a secret without tags has no such field, and a certificate's says that it is managed", async () => {
		vault.owner.set("plain", "v");
		vault.owner.set("tls", "v", { managed: true, tags: { a: "1" } });
		const { body } = await raw("/secrets");
		const items = (body as unknown as { value: object[] }).value;
		expect(items.map((item) => ["tags" in item, "managed" in item])).toEqual([
			[false, false],
			[true, true],
		]);
	});

	test.each(["0", "26", "x"])("maxresults=%s is refused", async (size) => {
		const { status, body } = await raw(`/secrets?maxresults=${size}`);
		expect([status, body.error?.code]).toEqual([400, "BadParameter"]);
	});

	test("versions come sorted by their id, disabled ones too; an unknown name has none", async () => {
		const made = Array.from({ length: 30 }, (_, index) => vault.owner.set("db-password", `${index}`).version);
		vault.owner.update("db-password", made[0]!, { enabled: false });
		const listed = (await all(client.listPropertiesOfSecretVersions("db-password"))).map(({ version }) => version);
		expect(listed).toEqual([...made].sort());
		expect(await all(client.listPropertiesOfSecretVersions("nothing"))).toEqual([]);
	});
});

describe("soft delete", () => {
	test("a deleted name is gone, taken, and comes back whole when recovered", async () => {
		vault.owner.set("db-password", "v1");
		vault.owner.set("db-password", "v2");
		await (await client.beginDeleteSecret("db-password", { intervalInMs: 1 })).pollUntilDone();
		expect(await refusal(client.getSecret("db-password"))).toEqual({ status: 404, code: "SecretNotFound" });
		expect(await refusal(client.setSecret("db-password", "v3"))).toEqual({
			status: 409,
			code: "Conflict",
			inner: "ObjectIsDeletedButRecoverable",
		});
		expect((await all(client.listDeletedSecrets())).map(({ name }) => name)).toEqual(["db-password"]);
		await (await client.beginRecoverDeletedSecret("db-password", { intervalInMs: 1 })).pollUntilDone();
		expect((await client.getSecret("db-password")).value).toBe("v2");
		expect(vault.owner.versions("db-password")).toHaveLength(2);
	});

	test("while it is being deleted a secret is nowhere, and its name takes neither a write nor a recovery", async () => {
		vault.owner.set("db-password", "v1");
		const end = vault.owner.beginDelete("db-password");
		const missing = { status: 404, code: "SecretNotFound" };
		expect(await refusal(client.getSecret("db-password"))).toEqual(missing);
		expect(await refusal(client.getDeletedSecret("db-password"))).toEqual(missing);
		expect(await all(client.listDeletedSecrets())).toEqual([]);
		expect(await all(client.listPropertiesOfSecrets())).toEqual([]);
		const busy = { status: 409, code: "Conflict", inner: "ObjectIsBeingDeleted" };
		expect(await refusal(client.setSecret("db-password", "v2"))).toEqual(busy);
		expect(await refusal(client.beginRecoverDeletedSecret("db-password"))).toEqual(busy);
		expect(await refusal(client.purgeDeletedSecret("db-password"))).toEqual(busy);
		end();
		expect((await client.getDeletedSecret("db-password")).name).toBe("db-password");
	});

	test("while it is being recovered a secret is nowhere, and its name takes no write", async () => {
		await using slow = await startVault({ identity, name: "kv-slow", lag: { deleteMs: 0, recoverMs: 3_600_000 } });
		slow.grant({ objectId: me.objectId, actions: every });
		slow.owner.set("db-password", "v1");
		slow.owner.delete("db-password");
		const there = connect(new ManagedIdentityCredential({ clientId: me.clientId }), {}, slow.url);
		expect((await there.beginRecoverDeletedSecret("db-password")).isDone()).toBe(false);
		expect(await refusal(there.getSecret("db-password"))).toEqual({ status: 404, code: "SecretNotFound" });
		expect(await refusal(there.setSecret("db-password", "v2"))).toEqual({
			status: 409,
			code: "Conflict",
			inner: "ObjectIsBeingRecovered",
		});
	});

	test("deleted with its newest version disabled a secret cannot be read, only listed; recovered twice, it is not found", async () => {
		vault.owner.set("db-password", "v1", { enabled: false, tags: { a: "1" } });
		vault.owner.delete("db-password");
		expect(await refusal(client.getDeletedSecret("db-password"))).toEqual({
			status: 403,
			code: "Forbidden",
			inner: "SecretDisabled",
		});
		expect(await all(client.listDeletedSecrets())).toMatchObject([
			{ properties: { enabled: false, tags: { a: "1" } } },
		]);
		vault.owner.recover("db-password");
		const again = await raw("/deletedsecrets/db-password/recover", { method: "POST" });
		expect([again.status, again.body.error?.code]).toEqual([404, "SecretNotFound"]);
	});

	test("a purged name is free again", async () => {
		vault.owner.set("db-password", "v1");
		vault.owner.delete("db-password");
		await client.purgeDeletedSecret("db-password");
		expect(await refusal(client.getDeletedSecret("db-password"))).toEqual({ status: 404, code: "SecretNotFound" });
		await client.setSecret("db-password", "v2");
		expect(vault.owner.versions("db-password")).toHaveLength(1);
	});
});

describe("who may do what", () => {
	test("a refusal names caller, action and resource, and says that it is by role", async () => {
		revoke();
		const { status, body } = await raw("/secrets/s");
		expect([status, body.error]).toEqual([
			403,
			{ code: "Forbidden", message: expect.any(String), innererror: { code: "ForbiddenByRbac" } },
		]);
		expect(body.error?.message).toContain(`;oid=${me.objectId};`);
		expect(body.error?.message).toContain(`Action: '${action("getSecret/action")}'`);
		expect(body.error?.message).toContain("/vaults/kv-test/secrets/s'");
	});

	test("a right at one secret is none at another, nor at the vault", async () => {
		for (const name of ["mine", "other"]) vault.owner.set(name, "v");
		revoke();
		vault.grant({ objectId: me.objectId, actions: every, secret: "mine" });
		const forbidden = { status: 403, code: "Forbidden", inner: "ForbiddenByRbac" };
		expect((await client.getSecret("mine")).value).toBe("v");
		expect(await refusal(client.getSecret("other"))).toEqual(forbidden);
		expect(await refusal(client.getSecret("not-there"))).toEqual(forbidden);
		expect(await refusal(all(client.listPropertiesOfSecrets()))).toEqual({ status: 403, code: "Forbidden" });
		expect(await all(client.listPropertiesOfSecretVersions("mine"))).toHaveLength(1);
	});

	test.each<[string, () => Promise<unknown>]>([
		["getSecret/action", () => client.getSecret("s")],
		["setSecret/action", () => client.setSecret("s", "v2")],
		["update/action", () => client.updateSecretProperties("s", vault.owner.get("s")!.version, { enabled: true })],
		["readMetadata/action", () => all(client.listPropertiesOfSecretVersions("s"))],
		["delete", () => client.beginDeleteSecret("s")],
	])("without %s alone the operation is refused and changes nothing", async (missing, attempt) => {
		vault.owner.set("s", "v1");
		revoke();
		vault.grant({ objectId: me.objectId, actions: every.filter((each) => each !== action(missing)) });
		const held = JSON.stringify(vault.owner.versions("s"));
		expect(await refusal(attempt())).toMatchObject({ status: 403, code: "Forbidden" });
		expect(vault.requests.at(-1)).toMatchObject({ objectId: me.objectId, action: action(missing), status: 403 });
		expect(JSON.stringify(vault.owner.versions("s"))).toBe(held);
		expect(vault.owner.names()).toEqual(["s"]);
	});

	test("without a token the answer names the tenant and the audience, whatever is asked", async () => {
		const { status, headers, body } = await raw("/secrets/s", { method: "PUT", body: '{"value":"v"}', token: "" });
		expect([status, body.error?.code]).toEqual([401, "Unauthorized"]);
		expect(headers.get("www-authenticate")).toBe(
			`Bearer authorization="https://login.microsoftonline.com/${identity.tenantId}", resource="https://vault.azure.net"`,
		);
		expect(vault.owner.names()).toEqual([]);
	});

	test.each<[string, Record<string, unknown>, RegExp]>([
		["for another audience", { audience: "https://management.azure.com" }, /^AKV10022/],
		["for the audience with a slash", { audience: "https://vault.azure.net/" }, /^AKV10022/],
		["that has expired", { expiresInSeconds: -1 }, /TokenExpired/],
		["of another tenant", { iss: "https://sts.windows.net/other/" }, /^AKV10032/],
	])("a token %s is refused, though its principal has every right", async (_, claims, message) => {
		const given = { audience: "https://vault.azure.net", roles: [], objectId: me.objectId, ...claims };
		const { status, body } = await raw("/secrets", { token: await identity.operatorToken(given) });
		expect([status, body.error?.message]).toEqual([401, expect.stringMatching(message)]);
	});

	test("a token that somebody else signed is refused", async () => {
		await using forger = await startIdentity({ tenantId: identity.tenantId });
		const token = await forger.operatorToken({ audience: "https://vault.azure.net", roles: [], objectId: me.objectId });
		const { status, body } = await raw("/secrets", { token });
		expect([status, body.error?.message]).toEqual([401, expect.stringMatching(/^AKV10046/)]);
	});

	test("an agent of the stack has its own rights, by its own credential", async () => {
		vault.owner.set("s", "v");
		const agent = { objectId: "0b1ec700-0000-4000-8000-00000000000a", clientId: "a", name: "agent" };
		const asAgent = connect(identity.managedIdentity(agent).credential());
		expect(await refusal(asAgent.getSecret("s"))).toMatchObject({ inner: "ForbiddenByRbac" });
		vault.grant({ objectId: agent.objectId, actions: [action("getSecret/action")], secret: "s" });
		expect((await asAgent.getSecret("s")).value).toBe("v");
	});
});

describe("limits", () => {
	const fifteen = Object.fromEntries(Array.from({ length: 15 }, (_, index) => [`tag-${index}`, "t".repeat(512)]));
	test("what is just allowed is stored", async () => {
		const name = "n".repeat(127);
		await client.setSecret(name, "v".repeat(25_600), { tags: fifteen, contentType: "c".repeat(255) });
		expect(vault.owner.get(name)?.value).toHaveLength(25_600);
	});

	test.each<[string, () => Promise<unknown>]>([
		["a value over 25 KB", () => client.setSecret("s", "v".repeat(25_601))],
		["a sixteenth tag", () => client.setSecret("s", "v", { tags: { ...fifteen, more: "t" } })],
		["a tag over 512 characters", () => client.setSecret("s", "v", { tags: { t: "t".repeat(513) } })],
		["a content type over 255 characters", () => client.setSecret("s", "v", { contentType: "c".repeat(256) })],
		["a name with an underscore", () => client.setSecret("db_password", "v")],
		["a name over 127 characters", () => client.setSecret("n".repeat(128), "v")],
		["an expiry that overflowed", () => client.setSecret("s", "v", { expiresOn: new Date("1969-01-01") })],
	])("%s is BadParameter and nothing is stored", async (_, attempt) => {
		expect(await refusal(attempt())).toEqual({ status: 400, code: "BadParameter" });
		expect(vault.owner.names()).toEqual([]);
	});

	test.each([
		["no api-version", { apiVersion: "" }],
		["an api-version that does not exist", { apiVersion: "1.0" }],
		["a body that is no JSON", { method: "PUT", body: "value=v" }],
		["a body without a value", { method: "PUT", body: "{}" }],
	])("%s is BadParameter", async (_, init) => {
		const { status, body } = await raw("/secrets/s", init);
		expect([status, body.error?.code]).toEqual([400, "BadParameter"]);
	});

	test("more than 300 new versions in ten seconds are throttled, with the time to wait", async () => {
		const answers: Awaited<ReturnType<typeof raw>>[] = [];
		for (let sent = 0; sent < 301; sent++)
			answers.push(await raw("/secrets/s", { method: "PUT", body: '{"value":"v"}' }));
		// should the machine need more than ten seconds for them, there is nothing to throttle
		const refused = answers.filter(({ status }) => status === 429);
		expect(vault.owner.versions("s")).toHaveLength(301 - refused.length);
		for (const { headers, body } of refused) {
			expect(body.error?.code).toBe("Throttled");
			expect(Number(headers.get("retry-after"))).toBeLessThanOrEqual(10);
		}
	});
});

describe("faults", () => {
	test("throttled with Retry-After, the SDK waits and tries again by itself", async () => {
		vault.owner.set("s", "v");
		vault.faults.inject({ method: "GET", status: 429, retryAfterSeconds: 0 });
		const patient = connect(new ManagedIdentityCredential({ clientId: me.clientId }), {
			retryOptions: { maxRetries: 1, retryDelayInMs: 1 },
		});
		expect((await patient.getSecret("s")).value).toBe("v");
		expect(vault.requests.map(({ status }) => status)).toEqual([401, 429, 200]);
	});

	test("cut after the effect: the SDK sees an outage, and the version is there", async () => {
		vault.faults.inject({ method: "PUT", path: /^\/secrets\/s$/, cut: "after" });
		await expect(client.setSecret("s", "v")).rejects.toMatchObject({ code: "ECONNRESET" });
		expect(vault.owner.get("s")?.value).toBe("v");
	});

	test("cut before the effect: the same outage, and no version", async () => {
		vault.faults.inject({ method: "PUT", cut: "before" });
		await expect(client.setSecret("s", "v")).rejects.toMatchObject({ code: "ECONNRESET" });
		expect(vault.owner.names()).toEqual([]);
	});

	test("a fault that answers has the real one's form, and no effect", async () => {
		vault.faults.inject({ method: "PUT", status: 403, code: "ForbiddenByRbac" });
		expect(await refusal(client.setSecret("s", "v"))).toEqual({
			status: 403,
			code: "Forbidden",
			inner: "ForbiddenByRbac",
		});
		expect(vault.owner.names()).toEqual([]);
	});
});

describe("events", () => {
	const types = () => events.map(({ type, data }) => [type.replace("Microsoft.KeyVault.Secret", ""), data.Version]);
	const inDays = (days: number) => new Date(clock.getTime() + days * day);

	test("each write is reported, with the names and times Key Vault gives", async () => {
		const { properties } = await client.setSecret("db-password", "never-told", { expiresOn: inDays(90) });
		expect(events).toEqual([
			{
				id: expect.any(String),
				type: "Microsoft.KeyVault.SecretNewVersionCreated",
				topic: vault.resourceId,
				subject: "db-password",
				time: clock.toISOString(),
				data: {
					Id: `${vault.url}/secrets/db-password/${properties.version}`,
					VaultName: "kv-test",
					ObjectType: "Secret",
					ObjectName: "db-password",
					Version: properties.version,
					NBF: null,
					EXP: Math.floor(inDays(90).getTime() / 1000),
				},
			},
		]);
		expect(JSON.stringify([events, vault.requests])).not.toContain("never-told");
	});

	test("near expiry is reported 30 days before, expiry at its time, each once", () => {
		const { version } = vault.owner.set("db-password", "v", { expires: inDays(31) });
		events = [];
		const told = () =>
			types()
				.splice(0)
				.map(([type]) => type);
		vault.fireDueEvents();
		expect(told()).toEqual([]);
		clock = inDays(1);
		vault.fireDueEvents();
		vault.fireDueEvents();
		expect(types()).toEqual([["NearExpiry", version]]);
		clock = inDays(30);
		vault.fireDueEvents();
		vault.fireDueEvents();
		expect(told()).toEqual(["NearExpiry", "Expired"]);
	});

	test("only the current version is reported, disabled or not, and no deleted secret", () => {
		vault.owner.set("s", "v1", { expires: inDays(1) });
		const { version } = vault.owner.set("s", "v2", { expires: inDays(2), enabled: false });
		vault.owner.set("gone", "v", { expires: inDays(1) });
		vault.owner.delete("gone");
		vault.owner.set("for-ever", "v");
		events = [];
		vault.fireDueEvents();
		expect(types()).toEqual([["NearExpiry", version]]);
	});
});

describe("a backup", () => {
	const backedUp = async (name: string) => (await client.backupSecret(name))!;
	const purge = async (name: string) => {
		vault.owner.delete(name);
		await client.purgeDeletedSecret(name);
	};

	test("brings every version back as it was, once the name is free", async () => {
		vault.owner.set("db", "first-value", { tags: { rotation: "90days" } });
		const { version } = vault.owner.set("db", "second-value", { expires: new Date("2030-09-01T00:00:00Z") });
		vault.owner.update("db", vault.owner.versions("db")[0]!.version, { enabled: false });
		const blob = await backedUp("db");
		const versions = vault.owner.versions("db");
		await purge("db");
		clock = new Date(clock.getTime() + day);
		expect(await client.restoreSecretBackup(blob)).toMatchObject({ name: "db", version });
		expect(vault.owner.versions("db")).toEqual(versions);
		expect((await client.getSecret("db")).value).toBe("second-value");
		expect(await refusal(client.getSecret("db", { version: versions[0]!.version }))).toMatchObject({ status: 403 });
	});

	test("shows nothing of the values", async () => {
		vault.owner.set("db", "first-value");
		const blob = Buffer.from(await backedUp("db"));
		const texts = [
			blob.toString("latin1"),
			blob.toString("base64"),
			Buffer.from(blob.toString(), "base64url").toString("latin1"),
		];
		for (const text of texts) expect(text).not.toContain("first-value");
		for (const text of texts) expect(text).not.toContain(Buffer.from("first-value").toString("base64url"));
	});

	test("is not restored over a live secret, nor over one that is deleted and not purged", async () => {
		vault.owner.set("db", "first-value");
		const blob = await backedUp("db");
		vault.owner.set("db", "second-value");
		expect(await refusal(client.restoreSecretBackup(blob))).toEqual({ status: 409, code: "Conflict" });
		vault.owner.delete("db");
		expect(await refusal(client.restoreSecretBackup(blob))).toEqual({
			...{ status: 409, code: "Conflict", inner: "ObjectIsDeletedButRecoverable" },
		});
		vault.owner.recover("db");
		expect((await client.getSecret("db")).value).toBe("second-value");
	});

	test("goes into another vault of its geography, and into none elsewhere", async () => {
		vault.owner.set("db", "first-value");
		const blob = await backedUp("db");
		for (const [geography, expected] of [
			["local", "restored"],
			["elsewhere", { status: 400, code: "BadParameter" }],
		] as const) {
			await using other = await startVault({ identity, name: "kv-other", geography });
			other.grant({ objectId: me.objectId, actions: every });
			const there = connect(new ManagedIdentityCredential({ clientId: me.clientId }), {}, other.url);
			const restoring = there.restoreSecretBackup(blob);
			if (expected === "restored") {
				await restoring;
				expect(other.owner.get("db")?.value).toBe("first-value");
			} else expect(await refusal(restoring)).toEqual(expected);
		}
	});

	test("that was changed, or is none, is refused", async () => {
		vault.owner.set("db", "first-value");
		const blob = Buffer.from(await backedUp("db"));
		await purge("db");
		const changed = Buffer.from(blob);
		changed[changed.length - 1]! ^= 1;
		for (const bad of [changed, Buffer.from(""), Buffer.from("no backup")])
			expect(await refusal(client.restoreSecretBackup(bad))).toEqual({ status: 400, code: "BadParameter" });
		expect(vault.owner.get("db")).toBeUndefined();
	});

	test("holds 500 versions and no more; of what is not there, none is made", async () => {
		for (let at = 0; at < 500; at++) vault.owner.set("db", `value-${at}`);
		await backedUp("db");
		vault.owner.set("db", "one too many");
		expect(await refusal(client.backupSecret("db"))).toEqual({ status: 400, code: "BadParameter" });
		expect(await refusal(client.backupSecret("other"))).toMatchObject({ status: 404, code: "SecretNotFound" });
	});

	test("takes a right on the secret, and restoring one at the vault", async () => {
		vault.owner.set("db", "first-value");
		const blob = await backedUp("db");
		await purge("db");
		revoke();
		const denied = { status: 403, code: "Forbidden", inner: "ForbiddenByRbac" };
		vault.grant({ objectId: me.objectId, actions: [action("restore/action"), action("backup/action")], secret: "db" });
		expect(await refusal(client.restoreSecretBackup(blob))).toEqual(denied);
		vault.grant({ objectId: me.objectId, actions: [action("restore/action")] });
		await client.restoreSecretBackup(blob);
		await backedUp("db");
		vault.owner.set("other", "value");
		expect(await refusal(client.backupSecret("other"))).toEqual(denied);
	});
});
