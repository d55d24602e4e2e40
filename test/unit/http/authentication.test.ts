import type { ServerResponse } from "node:http";
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { exportJWK, generateKeyPair, importJWK, UnsecuredJWT } from "jose";
import { operatorsOf } from "../../../src/lib/http/authentication.ts";
import { authorize } from "../../../src/lib/http/authorization.ts";
import { audience, type Claims, issuer, oid, tokens } from "./tokens.ts";

const bearing = (token: string) => ({ headers: new Headers({ authorization: `Bearer ${token}` }) });
type Tokens = Awaited<ReturnType<typeof tokens>>;

test("a good access token names the operator, the client and the app roles", async () => {
	await using made = await tokens();
	const operators = operatorsOf(made.settings);
	const operator = { id: oid, appId: made.azp, roles: ["Rotation.Operate"], isPerson: false };
	expect(await operators(bearing(await made.sign()))).toEqual(operator);
	// v1 tokens call it `appid`.
	expect(await operators(bearing(await made.sign({ azp: undefined, appid: made.azp })))).toEqual(operator);
	expect(await operators(bearing(await made.sign({ roles: undefined })))).toEqual({ ...operator, roles: [] });
	// A person's has scopes; an application's never has, whatever else it says.
	const isPerson = async (claims: Claims) => (await operators(bearing(await made.sign(claims)))).isPerson;
	expect(await isPerson({ scp: "user_impersonation" })).toBe(true);
	for (const claims of [{ scp: "" }, { scp: " " }, { scp: ["a"] }, { scp: true }, { scp: "a", idtyp: "app" }])
		expect([claims, await isPerson(claims)]).toEqual([claims, false]);
	expect(await operators(bearing(await made.sign({ roles: "Rotation.Operate" })))).toEqual({ ...operator, roles: [] });
});

const expired = "has expired (claim exp)";
const otherTenant = "is of another tenant than the issuer (claim tid)";
const notByType = "is not an access token of Entra ID (its typ is neither JWT nor at+jwt)";
const notByClaims = "is not an access token of Entra ID, which names its user (oid) and its client (azp or appid)";
const noExpiry = "has no time at which it expires (claim exp)";

test.each<[string, (made: Tokens) => string | Promise<string>, string]>([
	["expired", ({ sign, now }) => sign({ exp: now - 60 }), expired],
	["not valid yet", ({ sign, now }) => sign({ nbf: now + 600 }), "is not valid yet (claim nbf): compare the clocks"],
	["without an expiry", ({ sign }) => sign({ exp: undefined }), noExpiry],
	[
		"for another audience",
		({ sign }) => sign({ aud: "https://vault.azure.net" }),
		`is for another audience (claim aud); ask for a token of this API`,
	],
	[
		"that names this API by its client id",
		({ sign }) => sign({ aud: audience.replace("api://", "") }),
		`is for another audience (claim aud); it names the same app by its other name: OPERATORS_AUDIENCE is its client id for version 2 tokens, its identifier URI for version 1`,
	],
	[
		"of another tenant",
		({ sign }) => sign({ iss: "https://login.example.org/other/v2.0" }),
		`is of another issuer (claim iss): get one from that tenant`,
	],
	[
		"of version 1",
		({ sign }) => sign({ iss: "https://sts.windows.net/tenant/" }),
		`is of another issuer (claim iss): its app registration issues version 1: set api.requestedAccessTokenVersion to 2`,
	],
	[
		"for us and another audience",
		({ sign }) => sign({ aud: [audience, "other"] }),
		"is for more than one audience (claim aud)",
	],
	["whose tenant is not the issuer's", ({ sign }) => sign({ tid: "other" }), otherTenant],
	["whose tenant is a part of the issuer", ({ sign }) => sign({ tid: "tenan" }), otherTenant],
	["whose tenant is empty", ({ sign }) => sign({ tid: "" }), otherTenant],
	["without a tenant", ({ sign }) => sign({ tid: undefined }), otherTenant],
	["whose expiry is a text", ({ sign, now }) => sign({ exp: `${now + 600}` as never }), noExpiry],
	["whose expiry is null", ({ sign }) => sign({ exp: null as never }), noExpiry],
	["that has long expired", ({ sign }) => sign({ exp: -1e308 }), expired],
	[
		"that does not name its key",
		({ sign }) => sign({}, undefined, undefined, { kid: undefined }),
		"does not name its key",
	],
	["of another type", ({ sign }) => sign({}, undefined, undefined, { typ: "logout+jwt" }), notByType],
	["without a type", ({ sign }) => sign({}, undefined, undefined, { typ: undefined }), notByType],
	["without an object id", ({ sign }) => sign({ oid: undefined }), "does not say whose it is (claim oid)"],
	["that is an ID token", ({ sign }) => sign({ azp: undefined }), notByClaims],
	["whose object id is a story", ({ sign }) => sign({ oid: "me\nadmin" }), notByClaims],
	["signed by another key", ({ forged }) => forged(), "has a wrong signature"],
	["signed by an unknown key", ({ unknownKey }) => unknownKey(), "is signed with an unknown key"],
	["signed with the public key as a password", ({ symmetric }) => symmetric(), "is not signed with RS256"],
	[
		"not signed at all",
		({ now }) => new UnsecuredJWT({ iss: issuer, aud: audience, oid, exp: now + 600 }).encode(),
		"is not signed with RS256",
	],
	["that is no token", () => "abc", "is not a JWT"],
	["cut short", async ({ sign }) => (await sign()).slice(0, -20), "has a wrong signature"],
])("a token %s is rejected with 401's code", async (_, make, reason) => {
	await using made = await tokens();
	const token = await make(made);
	await expect(operatorsOf(made.settings)(bearing(token))).rejects.toMatchObject({
		code: "token-rejected",
		names: { reason, audience, issuer },
		message: expect.stringContaining(`This app takes tokens for ${audience}, issued by ${issuer}.`),
	});
});

test("a token of version 2 is told as that where the issuer of version 1 is configured", async () => {
	await using made = await tokens();
	const settings = { ...made.settings, OPERATORS_ISSUER: "https://sts.windows.net/tenant/" };
	const reason =
		"is of another issuer (claim iss): it is of version 2: OPERATORS_ISSUER is https://login.microsoftonline.com/<tenant>/v2.0 for it";
	await expect(operatorsOf(settings)(bearing(await made.sign()))).rejects.toMatchObject({ names: { reason } });
});

test("a token that the tenant's own key has signed in another way than RS256 is rejected: Entra's keys name no algorithm", async () => {
	await using made = await tokens();
	const { publicKey, privateKey } = await generateKeyPair("PS256", { extractable: true });
	const { alg: _, ...key } = { ...(await exportJWK(publicKey)), alg: undefined, kid: "k1", use: "sig" };
	made.answerWith((response) => response.writeHead(200).end(JSON.stringify({ keys: [key] })));
	const operators = operatorsOf(made.settings);
	const own = await exportJWK(privateKey);
	expect(await operators(bearing(await made.sign({}, (await importJWK(own, "RS256")) as CryptoKey)))).toBeDefined();
	for (const alg of ["PS256", "RS384", "RS512"]) {
		const token = await made.sign({}, (await importJWK(own, alg)) as CryptoKey, "k1", { alg });
		const rejected = { code: "token-rejected", names: { reason: "is not signed with RS256" } };
		await expect(operators(bearing(token))).rejects.toMatchObject(rejected);
	}
});

test.each([[undefined], [""], ["Basic dTpw"], ["Bearer"], ["Bearer a b"], ["bearer "]])(
	"the header %j has no token",
	async (header) => {
		await using made = await tokens();
		const headers = new Headers(header === undefined ? {} : { authorization: header });
		await expect(operatorsOf(made.settings)({ headers })).rejects.toMatchObject({ code: "token-missing" });
	},
);

test("signing keys that cannot be fetched are nobody's wrong token", async () => {
	const made = await tokens();
	const token = await made.sign();
	made.down();
	const unverifiable = { code: "token-unverifiable", transient: true };
	await expect(operatorsOf(made.settings)(bearing(token))).rejects.toMatchObject(unverifiable);
	await made[Symbol.asyncDispose]();
	await expect(operatorsOf(made.settings)(bearing(token))).rejects.toMatchObject(unverifiable);
});

test.each<[string, (response: ServerResponse) => void]>([
	["a page", (response) => response.writeHead(200, { "content-type": "text/html" }).end("<html>Sign in</html>")],
	["a list", (response) => response.writeHead(200).end("[]")],
	["keys that are none", (response) => response.writeHead(200).end('{"keys":[{"kid":"k1"},7,null]}')],
	["a broken key", (response) => response.writeHead(200).end('{"keys":[{"kty":"RSA","kid":"k1","n":"AA","e":"AA"}]}')],
	["a redirection", (response) => response.writeHead(302, { location: "/other" }).end()],
	// jose gives up after 5 seconds.
	["an answer that never ends", (response) => response.writeHead(200).write('{"keys":[')],
	["half an answer", (response) => response.writeHead(200, { "content-length": "99" }).destroy()],
	["twenty megabytes", (response) => response.writeHead(200).end(`{"keys":[${" ".repeat(20_000_000)}`)],
])("signing keys that are %s let nobody in, and are nobody's wrong token", async (_, answer) => {
	await using made = await tokens();
	made.answerWith(answer);
	await expect(operatorsOf(made.settings)(bearing(await made.sign()))).rejects.toMatchObject({
		code: "token-unverifiable",
		transient: true,
	});
	expect(made.fetches()).toBe(1);
});

test("unknown keys and tokens that cannot be right do not make us fetch the signing keys again", async () => {
	await using made = await tokens();
	const operators = operatorsOf(made.settings);
	const started = Date.now();
	await operators(bearing(await made.sign()));
	const wrong = [await made.unknownKey(), await made.forged(), await made.symmetric(), "a.b.c"];
	for (let round = 0; round < 20; round++) {
		for (const token of wrong)
			await expect(operators(bearing(token))).rejects.toMatchObject({ code: "token-rejected" });
	}
	// jose looks for a key that it does not know at most once in half a minute.
	expect(made.fetches()).toBeLessThanOrEqual(1 + Math.floor((Date.now() - started) / 30_000));
	await operators(bearing(await made.sign()));
});

test("whatever is sent as a token is rejected as one", async () => {
	await using made = await tokens();
	const operators = operatorsOf(made.settings);
	const [header, payload, signature] = (await made.sign()).split(".") as [string, string, string];
	const part = fc.oneof(
		fc.constantFrom(header, payload, signature, ""),
		fc.json().map((json) => Buffer.from(json).toString("base64url")),
		fc
			.record({ alg: fc.constantFrom("RS256", "none", "HS256", "", null), kid: fc.anything(), b64: fc.boolean() })
			.map((value) => Buffer.from(JSON.stringify({ ...value, kid: "k1" })).toString("base64url")),
		fc.base64String(),
		fc.stringMatching(/^[\w.~+/-]*$/),
	);
	await fc.assert(
		fc.asyncProperty(fc.array(part, { minLength: 1, maxLength: 6 }), async (parts) => {
			const token = parts.join(".");
			fc.pre(token !== `${header}.${payload}.${signature}`);
			const code = await operators(bearing(token)).then(
				() => "let in",
				(fault) => fault.code,
			);
			expect(["token-rejected", "token-missing"]).toContain(code);
		}),
		{ numRuns: 500 },
	);
});

test("whoever has any role of rotations may read, and not the other way round", () => {
	const operator = (...roles: string[]) => ({ id: oid, appId: "a", roles, isPerson: true });
	const missing = expect.objectContaining({ code: "app-role-missing" });
	authorize(operator("Rotation.Operate"), "Rotation.Read");
	authorize(operator("Rotation.Read"), "Rotation.Read");
	authorize(operator("Other", "Rotation.Operate"), "Rotation.Operate");
	authorize(operator("Rotation.Approve"), "Rotation.Read");
	for (const role of ["Rotation.Approve", "Rotation.BreakGlass"] as const) {
		expect(() => authorize(operator("Rotation.Operate", "Rotation.Read", "Audit.Read"), role)).toThrow(missing);
		expect(() => authorize(operator(role), "Rotation.Operate")).toThrow(missing);
	}
	expect(() => authorize(operator("Rotation.Read"), "Rotation.Operate")).toThrow(missing);
	expect(() => authorize(operator(), "Rotation.Read")).toThrow(missing);
	expect(() => authorize(operator("rotation.read", "toString"), "Rotation.Read")).toThrow(missing);
});
