import { expect, test } from "@jest/globals";
import { UnsecuredJWT } from "jose";
import { operatorsOf } from "../../../src/lib/http/authentication.ts";
import { authorize } from "../../../src/lib/http/authorization.ts";
import { audience, issuer, oid, tokens } from "./tokens.ts";

const bearing = (token: string) => ({ headers: new Headers({ authorization: `Bearer ${token}` }) });
type Tokens = Awaited<ReturnType<typeof tokens>>;

test("a good access token names the operator, the client and the app roles", async () => {
	await using made = await tokens();
	const operators = operatorsOf(made.settings);
	const operator = { id: oid, appId: made.azp, roles: ["Rotation.Operate"] };
	expect(await operators(bearing(await made.sign()))).toEqual(operator);
	// v1 tokens call it `appid`.
	expect(await operators(bearing(await made.sign({ azp: undefined, appid: made.azp })))).toEqual(operator);
	expect(await operators(bearing(await made.sign({ roles: undefined })))).toEqual({ ...operator, roles: [] });
	expect(await operators(bearing(await made.sign({ roles: "Rotation.Operate" })))).toEqual({ ...operator, roles: [] });
});

test.each<[string, (made: Tokens) => string | Promise<string>, string]>([
	["expired", ({ sign, now }) => sign({ exp: now - 60 }), "has expired"],
	["not valid yet", ({ sign, now }) => sign({ nbf: now + 600 }), "is for another issuer, audience or time"],
	["without an expiry", ({ sign }) => sign({ exp: undefined }), "is for another issuer, audience or time"],
	[
		"for another audience",
		({ sign }) => sign({ aud: "https://vault.azure.net" }),
		"is for another issuer, audience or time",
	],
	[
		"of another tenant",
		({ sign }) => sign({ iss: "https://login.example.org/other/v2.0" }),
		"is for another issuer, audience or time",
	],
	["without an object id", ({ sign }) => sign({ oid: undefined }), "is for another issuer, audience or time"],
	["that is an ID token", ({ sign }) => sign({ azp: undefined }), "is no access token of Entra ID"],
	["whose object id is a story", ({ sign }) => sign({ oid: "me\nadmin" }), "is no access token of Entra ID"],
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
		names: { reason },
	});
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

test("whoever may operate may read, and not the other way round", () => {
	const operator = (...roles: string[]) => ({ id: oid, appId: "a", roles });
	const missing = expect.objectContaining({ code: "app-role-missing" });
	authorize(operator("Rotation.Operate"), "Rotation.Read");
	authorize(operator("Rotation.Read"), "Rotation.Read");
	authorize(operator("Other", "Rotation.Operate"), "Rotation.Operate");
	expect(() => authorize(operator("Rotation.Read"), "Rotation.Operate")).toThrow(missing);
	expect(() => authorize(operator(), "Rotation.Read")).toThrow(missing);
	expect(() => authorize(operator("rotation.read", "toString"), "Rotation.Read")).toThrow(missing);
});
