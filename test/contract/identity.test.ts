import { randomUUID } from "node:crypto";
import { DefaultAzureCredential, ManagedIdentityCredential } from "@azure/identity";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type Identity, startIdentity } from "../../packages/identity/index.ts";
import { startCluster } from "../../packages/kubernetes-api/index.ts";
import { azureCredential, tokenFor } from "../../src/lib/adapters/identity/credential.ts";
import { kubernetesClient } from "../../src/lib/adapters/kubernetes/client.ts";
import { workloads } from "../../src/lib/kinds/workloads.ts";

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
const aksScope = "6dae42f8-4368-4678-94ff-3960e28e3630/.default";
const workload = { cluster: "titanic-aks", namespace: "titanic-api", kind: "Deployment", name: "titanic-api" } as const;

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

test("a token is asked for once, and again only shortly before it ends", async () => {
	const asked: string[] = [];
	const lasting = (minutes: number) => ({
		getToken: async () => ({
			token: `token-${asked.length}`,
			expiresOnTimestamp: Date.now() + minutes * 60_000,
		}),
	});
	const tokenOf = (minutes: number) =>
		tokenFor(lasting(minutes), scope, (effect, act) => {
			asked.push(effect);
			return act();
		});
	const [kept, ending] = [tokenOf(60), tokenOf(4)];
	expect([await kept(), await kept()]).toEqual(["token-1", "token-1"]);
	expect([await ending(), await ending()]).toEqual(["token-2", "token-3"]);
});

test("a token that was refused is replaced for the whole process, and only then", async () => {
	const credential = () => azureCredential({ AZURE_CLIENT_ID: rotator.clientId }, process.env);
	const token = tokenFor(credential(), scope);
	const first = await token();
	identity.revoke();
	expect(await token()).toBe(first);
	const second = await token({ anew: true });
	expect(await identity.verify(second, "https://vault.azure.net")).toMatchObject({ oid: rotator.objectId });
	expect(await token()).toBe(second);
	expect(await tokenFor(credential(), scope)()).toBe(second);
});

test("a cluster that accepts the token no longer gets another one, and the call goes on", async () => {
	await using cluster = await startCluster({ assets: "", tokenReviewUrl: identity.tokenReviewUrl });
	const token = tokenFor(azureCredential({ AZURE_CLIENT_ID: rotator.clientId }, process.env), aksScope);
	await token();
	identity.revoke();
	await using client = kubernetesClient({ name: "titanic-aks", server: cluster.server, ca: cluster.ca, token });
	// It knows who asks, or it could not tell what they may not do.
	await expect(workloads(client).refusal(workload)).rejects.toMatchObject({ code: "cluster-forbidden" });
});

test("an identity that is not assigned gets no token, names the resource and shows nothing of the endpoint's answer", async () => {
	const token = tokenFor(azureCredential({ AZURE_CLIENT_ID: randomUUID() }, process.env), scope);
	await expect(token()).rejects.toMatchObject({
		code: "token-unavailable",
		transient: true,
		message:
			"[token-unavailable] The app's identity gets no token for https://vault.azure.net (no identity is assigned).",
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
	expect(azureCredential({}, {})).toBeInstanceOf(DefaultAzureCredential);
	expect(azureCredential({}, { IDENTITY_ENDPOINT: "x" })).toBeInstanceOf(ManagedIdentityCredential);
});
