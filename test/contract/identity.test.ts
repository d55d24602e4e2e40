import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type Identity, startIdentity } from "../../packages/identity/index.ts";
import { azureCredential, tokenFor } from "../../src/lib/adapters/identity/credential.ts";

const rotator = { objectId: randomUUID(), clientId: randomUUID(), name: "rotator" };
// What a developer, or a left-over setting, may have in the environment.
const leftOver = { AZURE_TENANT_ID: randomUUID(), AZURE_CLIENT_ID: randomUUID(), AZURE_CLIENT_SECRET: "left-over" };
const before = { ...process.env };
let identity: Identity;
beforeAll(async () => {
	identity = await startIdentity();
	Object.assign(process.env, leftOver, identity.managedIdentity(rotator).env);
});
afterAll(async () => {
	for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
	Object.assign(process.env, before);
	await identity[Symbol.asyncDispose]();
});
const scope = "https://vault.azure.net/.default";

test("in Azure the token is the managed identity's, whatever else is signed in", async () => {
	const credential = azureCredential({ AZURE_CLIENT_ID: rotator.clientId }, process.env);
	const token = await tokenFor(credential, scope)();
	expect(await identity.verify(token, "https://vault.azure.net")).toMatchObject({ oid: rotator.objectId });
});

test("a token is kept: asked for again, it is the same", async () => {
	const token = tokenFor(azureCredential({ AZURE_CLIENT_ID: rotator.clientId }, process.env), scope);
	const first = await token();
	const undo = identity.faults.inject({ status: 400, times: Number.POSITIVE_INFINITY });
	expect(await token()).toBe(first);
	undo();
});

test("an identity that is not assigned gets no token, names the resource and shows nothing of the endpoint's answer", async () => {
	const token = tokenFor(azureCredential({ AZURE_CLIENT_ID: randomUUID() }, process.env), scope);
	await expect(token()).rejects.toMatchObject({
		code: "token-unavailable",
		transient: true,
		message: "[token-unavailable] The app's identity gets no token for https://vault.azure.net.",
	});
});

test("an endpoint that fails for a moment is asked again", async () => {
	const token = tokenFor(
		azureCredential({ AZURE_CLIENT_ID: rotator.clientId }, process.env),
		"https://storage.azure.com/.default",
	);
	identity.faults.inject({ status: 503, times: 2 });
	expect(await identity.verify(await token(), "https://storage.azure.com")).toMatchObject({ oid: rotator.objectId });
});

test("without an identity endpoint a developer's own sign-in is used", () => {
	expect(azureCredential({}, {}).constructor.name).toBe("DefaultAzureCredential");
	expect(azureCredential({}, { IDENTITY_ENDPOINT: "x" }).constructor.name).toBe("ManagedIdentityCredential");
});
