// The authorization endpoint: by the real MSAL of a command line, and by who is up to no good.

import { createHash, randomBytes } from "node:crypto";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { PublicClientApplication } from "@azure/msal-node";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { selfSigned } from "../../loopback/index.ts";
import { authorization } from "../authorization.ts";
import { type Identity, startIdentity } from "../index.ts";

const audience = "api://titanic-secret-rotator";
const clientId = "c11e0700-0000-4000-8000-0000000000bb";
const reader = { objectId: "0b1ec700-0000-4000-8000-0000000000ab", name: "reader", roles: ["Rotation.Read"] };
const spa = "https://page.example/";
const trusted = getCACertificates("default");
let identity: Identity;

beforeAll(async () => {
	const certificate = await selfSigned();
	setDefaultCACertificates([...trusted, certificate.cert]);
	identity = await startIdentity({ tls: certificate });
	identity.registerClient({
		clientId,
		audience,
		redirectUris: ["http://localhost", "https://app.example/"],
		spaRedirectUris: [spa],
	});
	identity.admit(reader);
	identity.admit({ objectId: crypto.randomUUID(), name: "nobody", roles: [] });
});
afterAll(async () => {
	setDefaultCACertificates(trusted);
	await identity?.[Symbol.asyncDispose]();
});

/** As a browser goes on: the form of the page, sent to where it says. */
async function submitted(html: string): Promise<void> {
	const field = (name: string) => new RegExp(`name="${name}" value="([^"]*)"`).exec(html)?.[1] ?? "";
	const action = decoded(/action="([^"]*)"/.exec(html)?.[1] ?? "");
	const names = [...html.matchAll(/name="(\w+)"/g)].map(([, name]) => name!);
	const body = new URLSearchParams(names.map((name) => [name, decoded(field(name))]));
	await fetch(action, { method: "POST", body });
}
const decoded = (text: string) => text.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)));

function msal() {
	const { authority = "", tenantId } = identity;
	return new PublicClientApplication({
		auth: { clientId, authority: `${authority}/${tenantId}`, knownAuthorities: [new URL(authority).host] },
	});
}
const browserOf = (name: string) => async (url: string) =>
	submitted(await (await fetch(`${url}&login_hint=${name}`)).text());

test("the real MSAL signs a person in in the browser, and renews the token without it", async () => {
	const app = msal();
	const scopes = [`${audience}/.default`];
	const signedIn = await app.acquireTokenInteractive({ scopes, openBrowser: browserOf("reader") });
	expect(await identity.verify(signedIn.accessToken, audience)).toMatchObject({
		...{ oid: reader.objectId, roles: reader.roles, azp: clientId, aud: audience, ver: "2.0" },
	});
	const renewed = await app.acquireTokenSilent({ scopes, account: signedIn.account!, forceRefresh: true });
	expect(await identity.verify(renewed.accessToken, audience)).toMatchObject({ oid: reader.objectId });
	expect(identity.issued.operators).toContain(renewed.accessToken);
});

test("who is not assigned is refused as Entra ID does it, in MSAL's own error", async () => {
	const asked = msal().acquireTokenInteractive({ scopes: [`${audience}/.default`], openBrowser: browserOf("nobody") });
	await expect(asked).rejects.toThrow("AADSTS50105");
});

const verifier = randomBytes(32).toString("base64url");
const challenge = createHash("sha256").update(verifier).digest("base64url");
const redirectUri = "http://localhost:4711/";
const usual = {
	...{ client_id: clientId, response_type: "code", redirect_uri: redirectUri, scope: `${audience}/.default openid` },
	...{ code_challenge: challenge, code_challenge_method: "S256", state: "s & t", login_hint: "reader@titanic.example" },
};

const authorize = (asked: Readonly<Record<string, string>>) =>
	fetch(`${identity.authority}/${identity.tenantId}/oauth2/v2.0/authorize?${new URLSearchParams(asked)}`, {
		redirect: "manual",
	});
const redeem = async (form: Readonly<Record<string, string>>) => {
	const url = `${identity.authority}/${identity.tenantId}/oauth2/v2.0/token`;
	const answer = await fetch(url, { method: "POST", body: new URLSearchParams(form) });
	return (await answer.json()) as { access_token?: string; error_description?: string };
};
async function codeFor(asked: Readonly<Record<string, string>> = {}) {
	const answer = await authorize({ ...usual, ...asked });
	return new URL(answer.headers.get("location") ?? "").searchParams.get("code") ?? "";
}
const grant = (code: string) => ({
	...{
		grant_type: "authorization_code",
		client_id: clientId,
		redirect_uri: redirectUri,
		code,
		code_verifier: verifier,
	},
});

test("a code comes back with the state, by query, fragment or form", async () => {
	const location = (await authorize(usual)).headers.get("location") ?? "";
	expect(location).toMatch(/^http:\/\/localhost:4711\/\?code=[\w-]{43}&state=s\+%26\+t$/);
	const fragment = (await authorize({ ...usual, response_mode: "fragment" })).headers.get("location") ?? "";
	expect(fragment).toMatch(/^http:\/\/localhost:4711\/#code=/);
	expect(await (await authorize({ ...usual, response_mode: "form_post" })).text()).toContain('value="s &#38; t"');
});

test("without a hint the page asks who one is, and nothing of the query becomes markup", async () => {
	const { login_hint: _, ...asked } = usual;
	const html = await (await authorize({ ...asked, state: '"><script>' })).text();
	expect(html).toContain(">reader</a>");
	expect(html).not.toContain("<script>");
});

test.each([
	["another host", "http://evil.example/"],
	["a host that begins so", "http://localhost.evil.example/"],
	["a user before the host", "http://localhost:1@evil.example/"],
	["https on localhost", "https://localhost/"],
	["another path on localhost", "http://localhost:4711/other"],
	["a query on localhost", "http://localhost:4711/?x=1"],
	["an address instead of the name", "http://127.0.0.1:4711/"],
	["another port of a registered page", "https://app.example:444/"],
	["another path of a registered page", "https://app.example/x"],
	["none", ""],
])("%s as redirect URI gets a page, and nobody is sent there", async (_, uri) => {
	const answer = await authorize({ ...usual, redirect_uri: uri });
	expect([answer.status, answer.headers.get("location")]).toEqual([400, null]);
	expect(await answer.text()).toContain("AADSTS50011");
});

test("an unknown client gets a page; what else is wrong is sent back with its number", async () => {
	expect(await (await authorize({ ...usual, client_id: "x" })).text()).toContain("AADSTS700016");
	const wrong: readonly (readonly [Readonly<Record<string, string>>, string])[] = [
		[{ code_challenge_method: "plain" }, "AADSTS9002325"],
		[{ code_challenge: "" }, "AADSTS9002325"],
		[{ response_type: "token" }, "AADSTS700054"],
		[{ scope: "api://other/.default" }, "AADSTS500011"],
		[{ login_hint: "nobody" }, "AADSTS50105"],
	];
	for (const [asked, number] of wrong) {
		const location = new URL((await authorize({ ...usual, ...asked })).headers.get("location") ?? "");
		expect(location.searchParams.get("error_description")).toContain(number);
		expect(location.searchParams.has("code")).toBe(false);
	}
});

test("a code works once, with its verifier, at its address, for its client, and without a secret", async () => {
	const code = await codeFor();
	expect((await redeem(grant(code))).access_token).toEqual(expect.any(String));
	expect((await redeem(grant(code))).error_description).toContain("AADSTS54005");
	for (const [change, number] of [
		[{ code_verifier: "x".repeat(43) }, "AADSTS501481"],
		[{ code_verifier: "" }, "AADSTS501481"],
		[{ redirect_uri: "http://localhost:4712/" }, "AADSTS500112"],
		[{ client_id: "x" }, "AADSTS54005"],
		[{ client_secret: "x" }, "AADSTS700025"],
	] as const)
		expect((await redeem({ ...grant(await codeFor()), ...change })).error_description).toContain(number);
});

test("a code that failed once is worth nothing any more", async () => {
	const code = await codeFor();
	await redeem({ ...grant(code), code_verifier: "guess" });
	expect((await redeem(grant(code))).error_description).toContain("AADSTS54005");
});

test("a code is worth nothing after ten minutes", async () => {
	let now = 0;
	const tokens = { tenantId: "t", accessToken: async () => "a", idToken: async () => "i" };
	const own = authorization(tokens, () => now);
	own.register({ clientId, audience, redirectUris: ["http://localhost"] });
	own.admit(reader);
	const url = new URL(`http://x/?${new URLSearchParams(usual)}`);
	const ask = () => {
		const { headers } = own.authorize({ method: "GET", url, path: "/", headers: {}, body: "", bytes: Buffer.alloc(0) });
		return new URL(headers?.location ?? "").searchParams.get("code") ?? "";
	};
	const [early, late] = [ask(), ask()];
	now = 599_999;
	expect((await own.exchange(new URLSearchParams(grant(early)))).status).toBe(200);
	now = 600_000;
	expect((await own.exchange(new URLSearchParams(grant(late)))).status).toBe(400);
});

const redeemedBy = (origin: string | undefined, form: Readonly<Record<string, string>>) =>
	fetch(`${identity.authority}/${identity.tenantId}/oauth2/v2.0/token`, {
		method: "POST",
		headers: origin === undefined ? {} : { origin },
		body: new URLSearchParams(form),
	});

test("a single-page application's code is redeemed by a script of its origin, which may read the answer, and so is its renewal", async () => {
	const code = await codeFor({ redirect_uri: spa, scope: `${audience}/.default offline_access` });
	const answer = await redeemedBy("https://page.example", { ...grant(code), redirect_uri: spa });
	expect([answer.status, answer.headers.get("access-control-allow-origin")]).toEqual([200, "https://page.example"]);
	const { refresh_token = "" } = (await answer.json()) as { refresh_token?: string };
	const renewal = { grant_type: "refresh_token", client_id: clientId, refresh_token };
	expect((await redeemedBy("https://page.example", renewal)).status).toBe(200);
	expect(await (await redeemedBy(undefined, renewal)).text()).toContain("AADSTS9002327");
});

test.each([
	["a single-page application's, by no browser", spa, undefined, "AADSTS9002327"],
	["a single-page application's, by a script of another page", spa, "https://other.example", "AADSTS9002327"],
	["a command's, by a script", redirectUri, "http://localhost:4711", "AADSTS9002326"],
])("a code of %s is worth nothing", async (_, redirect_uri, origin, refusal) => {
	const answer = await redeemedBy(origin, { ...grant(await codeFor({ redirect_uri })), redirect_uri });
	expect(answer.headers.get("access-control-allow-origin")).toBeNull();
	expect(await answer.text()).toContain(refusal);
});
