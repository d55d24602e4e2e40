// The local identity, seen by the real ManagedIdentityCredential and by those who check its tokens.

import { ManagedIdentityCredential } from "@azure/identity";
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from "jose";
import { type Identity, type ManagedIdentity, startIdentity } from "../index.ts";

const rotator = { objectId: "0b1ec700-0000-4000-8000-000000000001", clientId: "c11e0700-0000-4000-8000-000000000001" };
const aks = "6dae42f8-4368-4678-94ff-3960e28e3630";
let identity: Identity;
let me: ManagedIdentity;
const before = { ...process.env };

beforeAll(async () => {
	identity = await startIdentity();
	me = identity.managedIdentity({ ...rotator, name: "rotator" });
	// MSAL keeps the endpoint it found first for the whole process, so one identity serves this file
	Object.assign(process.env, me.env);
});
afterAll(async () => {
	await identity[Symbol.asyncDispose]();
	process.env = before;
});

const credential = () => new ManagedIdentityCredential({ clientId: rotator.clientId });

const msi = (query: Record<string, string>, headers: Record<string, string> = {}) =>
	fetch(`${me.env.IDENTITY_ENDPOINT}?${new URLSearchParams({ "api-version": "2019-08-01", ...query })}`, {
		headers: { "x-identity-header": me.env.IDENTITY_HEADER, ...headers },
	});

test.each(["https://vault.azure.net", "https://storage.azure.com", "https://ossrdbms-aad.database.windows.net", aks])(
	"the real ManagedIdentityCredential gets a token for %s that names the caller",
	async (resource) => {
		const { token } = await credential().getToken(`${resource}/.default`);
		const claims = await identity.verify(token, resource);
		expect(claims).toMatchObject({ oid: rotator.objectId, appid: rotator.clientId, idtyp: "app", aud: resource });
		expect(claims.iss).toBe(`https://sts.windows.net/${identity.tenantId}/`);
	},
);

test("a second token is served from the credential's cache, because the resource is echoed", async () => {
	const [first, second] = [
		await credential().getToken("https://storage.azure.com/.default"),
		await credential().getToken("https://storage.azure.com/.default"),
	];
	expect(second.token).toBe(first.token);
});

test("a token that was revoked is nobody's, and the next one is believed", async () => {
	const first = await me.credential().getToken("https://vault.azure.net/.default");
	identity.revoke();
	await expect(identity.verify(first?.token ?? "", "https://vault.azure.net")).rejects.toMatchObject({
		code: "ERR_JWT_INVALID",
	});
	const second = await me.credential().getToken("https://vault.azure.net/.default");
	expect(await identity.verify(second?.token ?? "", "https://vault.azure.net")).toMatchObject({
		oid: rotator.objectId,
	});
});

test("a resource that Azure does not know makes the credential unavailable at once", async () => {
	await expect(credential().getToken("https://unknown.example/.default")).rejects.toMatchObject({
		name: "CredentialUnavailableError",
		message: expect.stringContaining("AADSTS500011"),
	});
});

test("a client id that is not assigned makes the credential unavailable at once", async () => {
	const other = new ManagedIdentityCredential({ clientId: "c11e0700-0000-4000-8000-00000000dead" });
	await expect(other.getToken("https://vault.azure.net/.default")).rejects.toMatchObject({
		name: "CredentialUnavailableError",
	});
});

test("without the header's secret nobody gets a token", async () => {
	const answer = await msi({ resource: "https://vault.azure.net" }, { "x-identity-header": "guessed" });
	expect([answer.status, Object.keys((await answer.json()) as object)]).toEqual([
		401,
		["statusCode", "message", "correlationId"],
	]);
});

test("a request without a resource is refused", async () => {
	expect((await msi({})).status).toBe(400);
});

test("an injected fault is answered instead of a token, once", async () => {
	identity.faults.inject({ path: /^\/msi\/token$/, status: 500 });
	const statuses = [await msi({ resource: aks }), await msi({ resource: aks })].map(({ status }) => status);
	expect(statuses).toEqual([500, 200]);
});

test("an operator's token can be verified with the published key and nothing else", async () => {
	const token = await identity.operatorToken({ audience: "api://rotator", roles: ["Rotation.Read"], name: "ada" });
	const keys = createRemoteJWKSet(new URL(identity.jwksUri));
	const { payload } = await jwtVerify(token, keys, { issuer: identity.issuer, audience: "api://rotator" });
	expect(payload).toMatchObject({ roles: ["Rotation.Read"], name: "ada", ver: "2.0" });
	expect(decodeProtectedHeader(token).kid).toBeDefined();

	await using forger = await startIdentity({ tenantId: identity.tenantId });
	const forged = await forger.operatorToken({ audience: "api://rotator", roles: ["Rotation.Operate"] });
	await expect(jwtVerify(forged, keys)).rejects.toMatchObject({ code: "ERR_JWKS_NO_MATCHING_KEY" });
});

test.each<[string, Record<string, unknown>, string]>([
	["an expired token", { expiresInSeconds: -1 }, "ERR_JWT_EXPIRED"],
	["a token that is not valid yet", { nbf: 4_000_000_000, exp: 4_000_000_001 }, "ERR_JWT_CLAIM_VALIDATION_FAILED"],
	["a token of another issuer", { iss: "https://sts.windows.net/other/" }, "ERR_JWT_CLAIM_VALIDATION_FAILED"],
	["a token for another audience", { aud: "api://other" }, "ERR_JWT_CLAIM_VALIDATION_FAILED"],
	["a token without a principal", { oid: undefined }, "ERR_JWT_CLAIM_VALIDATION_FAILED"],
])("%s is not believed", async (_, claims, code) => {
	const token = await identity.operatorToken({ audience: "api://rotator", roles: [], ...claims });
	await expect(identity.verify(token, "api://rotator")).rejects.toMatchObject({ code });
});

describe("a token that was believed once", () => {
	const audience = "api://rotator";
	const lifetime = 60;
	afterEach(() => {
		jest.useRealTimers();
		jest.restoreAllMocks();
	});
	const believed = async () => {
		const token = await identity.operatorToken({ audience, roles: [], expiresInSeconds: lifetime });
		return { token, claims: await identity.verify(token, audience) };
	};

	test("is believed again, with the same claims, without a second look at its signature", async () => {
		const { token, claims } = await believed();
		const verify = jest.spyOn(crypto.subtle, "verify");
		expect(await identity.verify(token, audience)).toEqual(claims);
		expect(verify).not.toHaveBeenCalled();
		await believed();
		expect(verify).toHaveBeenCalledTimes(1);
	});

	test("is refused from the second in which it ends, and ever after", async () => {
		const { token, claims } = await believed();
		const at = (seconds: number) =>
			jest.useFakeTimers({ now: seconds * 1000, doNotFake: ["nextTick", "setImmediate"] });
		at(claims.exp - 1);
		expect(await identity.verify(token, audience)).toEqual(claims);
		at(claims.exp);
		for (const _ of ["first", "second"])
			await expect(identity.verify(token, audience)).rejects.toMatchObject({ code: "ERR_JWT_EXPIRED" });
	});

	test("is refused for another audience", async () => {
		const { token } = await believed();
		await expect(identity.verify(token, "api://other")).rejects.toMatchObject({ claim: "aud" });
	});

	test.each([
		["an early letter of its header", 0, 20],
		["an early letter of its payload", 1, 20],
		["an early letter of its signature", 2, 20],
		// The very last one has bits that mean nothing.
		["the last letter but one", 2, 340],
	])("is refused with %s changed", async (_, part, at) => {
		const { token } = await believed();
		const parts = token.split(".");
		const text = parts[part]!;
		const changed = `${text.slice(0, at)}${text[at] === "A" ? "B" : "A"}${text.slice(at + 1)}`;
		await expect(identity.verify(parts.with(part, changed).join("."), audience)).rejects.toThrow();
	});
});

const review = async (token: string, apiVersion = "authentication.k8s.io/v1") => {
	const body = JSON.stringify({ apiVersion, kind: "TokenReview", spec: { token } });
	const answer = await fetch(identity.tokenReviewUrl, { method: "POST", body });
	return { status: answer.status, body: (await answer.json()) as { apiVersion: string; status: object } };
};

test.each(["authentication.k8s.io/v1", "authentication.k8s.io/v1beta1"])(
	"a Kubernetes API server learns the object id behind a token, in %s",
	async (apiVersion) => {
		const token = await me.credential().getToken(`${aks}/.default`);
		const { body } = await review(token!.token, apiVersion);
		expect(body.apiVersion).toBe(apiVersion);
		expect(body.status).toMatchObject({ authenticated: true, user: { username: rotator.objectId } });
	},
);

test("a token for the vault is no login to Kubernetes", async () => {
	const token = await me.credential().getToken("https://vault.azure.net/.default");
	const { status, body } = await review(token!.token);
	expect(status).toBe(200);
	expect(body.status).toEqual({ authenticated: false, error: expect.stringContaining("aud") });
});
