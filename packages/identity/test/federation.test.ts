// The token endpoint, seen by the real WorkloadIdentityCredential of a pod.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { WorkloadIdentityCredential } from "@azure/identity";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { generateKeyPair, SignJWT } from "jose";
import { selfSigned } from "../../loopback/index.ts";
import { exchangeAudience, type Identity, startIdentity } from "../index.ts";

const me = { objectId: "0b1ec700-0000-4000-8000-000000000002", clientId: "c11e0700-0000-4000-8000-000000000002" };
const issuer = "https://oidc.example/cluster/";
const subject = "system:serviceaccount:titanic-api:titanic-api-sa";
const vault = "https://vault.azure.net";
const trusted = getCACertificates("default");
let identity: Identity;
let folder: string;
let key: CryptoKey;

beforeAll(async () => {
	const certificate = await selfSigned();
	setDefaultCACertificates([...trusted, certificate.cert]);
	identity = await startIdentity({ tls: certificate });
	const pair = await generateKeyPair("RS256");
	key = pair.privateKey;
	identity.federate({ ...me, name: "titanic-api" }, { issuer, subject, key: pair.publicKey });
	folder = await mkdtemp(join(tmpdir(), "federation-"));
});
afterAll(async () => {
	setDefaultCACertificates(trusted);
	await identity?.[Symbol.asyncDispose]();
	await rm(folder, { recursive: true, force: true });
});

const signed = (claims: { iss?: string; sub?: string; aud?: string; seconds?: number } = {}, by = key) => {
	const { iss = issuer, sub = subject, aud = exchangeAudience, seconds = 600 } = claims;
	return new SignJWT({ iss, sub, aud })
		.setProtectedHeader({ alg: "RS256" })
		.setIssuedAt()
		.setExpirationTime(Math.floor(Date.now() / 1000) + seconds)
		.sign(by);
};

async function tokenWith(assertion: string, clientId = me.clientId): Promise<string> {
	const tokenFilePath = join(folder, crypto.randomUUID());
	await writeFile(tokenFilePath, assertion);
	const credential = new WorkloadIdentityCredential({
		...{ tenantId: identity.tenantId, clientId, tokenFilePath, authorityHost: identity.authority! },
		disableInstanceDiscovery: true,
		retryOptions: { maxRetries: 0 },
	});
	return (await credential.getToken(`${vault}/.default`)).token;
}

test("a ServiceAccount's token is exchanged for one of the identity, for the resource that was asked for", async () => {
	const claims = await identity.verify(await tokenWith(await signed()), vault);
	expect(claims).toMatchObject({ oid: me.objectId, appid: me.clientId, aud: vault });
});

test.each([
	["another ServiceAccount", () => signed({ sub: "system:serviceaccount:titanic-api:default" })],
	["another issuer", () => signed({ iss: "https://oidc.example/other/" })],
	["another audience", () => signed({ aud: "https://kubernetes.default.svc" })],
	["the past", () => signed({ seconds: -600 })],
	["somebody else's key", async () => signed({}, (await generateKeyPair("RS256")).privateKey)],
	["nowhere", async () => "no token"],
])("one of %s is not", async (_, assertion) => {
	await expect(tokenWith(await assertion())).rejects.toThrow(/AADSTS700213/);
});

test("an identity that nobody federated gets nothing for it", async () => {
	await expect(tokenWith(await signed(), crypto.randomUUID())).rejects.toThrow(/AADSTS700213/);
});
