// The signer of heads: the real client on the strict vault, which allows nothing but to sign.

import { createHash, createPublicKey, randomUUID } from "node:crypto";
import { KeyClient } from "@azure/keyvault-keys";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { flattenedVerify } from "jose";
import { type Identity, startIdentity } from "../../packages/identity/index.ts";
import { type KeyAction, type KeyVersion, startVault } from "../../packages/key-vault/index.ts";
import { versionsOfKey } from "../../src/lib/adapters/key-vault/public-key.ts";
import { keyVaultSigner } from "../../src/lib/adapters/key-vault/signer.ts";
import { insecureOptions } from "../../src/lib/adapters/key-vault/store.ts";
import { canonical } from "../../src/lib/domain/audit-record.ts";
import { isSignedBy, lineOfHead, parseHead, signedHead } from "../../src/lib/domain/signed-head.ts";
import { directly, type Perform } from "../../src/lib/ports/effect.ts";

const app = { objectId: randomUUID(), clientId: randomUUID(), name: "app" };
const auditor = { objectId: randomUUID(), clientId: randomUUID(), name: "auditor" };
const head = { log: "https://titanicaudit.blob.core.windows.net/audit", seq: 7, hash: "a".repeat(64) };
const time = new Date("2026-11-23T10:00:00Z");
const right = (name: "sign/action" | "read"): KeyAction => `Microsoft.KeyVault/vaults/keys/${name}`;

const publicKey = ({ jwk }: KeyVersion) => createPublicKey({ key: { ...jwk }, format: "jwk" });

let identity: Identity;
beforeAll(async () => {
	identity = await startIdentity();
});
afterAll(async () => identity[Symbol.asyncDispose]());

async function world({ perform = directly }: { perform?: Perform } = {}) {
	const vault = await startVault({ identity, name: "titanic-kv" });
	const first = vault.owner.createKey("audit-head");
	const revoke = vault.grant({ objectId: app.objectId, actions: [right("sign/action")], key: "audit-head" });
	vault.grant({ objectId: auditor.objectId, actions: [right("read")], key: "audit-head" });
	const credential = identity.managedIdentity(app).credential();
	const keyUrl = `${vault.url}/keys/audit-head`;
	return {
		vault,
		first,
		revoke,
		keyUrl,
		signer: (url = keyUrl) => keyVaultSigner({ keyUrl: url, algorithm: "ES256", credential, perform }),
		reader: new KeyClient(vault.url, identity.managedIdentity(auditor).credential(), insecureOptions(vault.url)),
		[Symbol.asyncDispose]: () => vault[Symbol.asyncDispose](),
	};
}

type World = Awaited<ReturnType<typeof world>>;

describe("a signed head", () => {
	test("is checked with the public half that the vault gives to an auditor, also after it was stored as a line", async () => {
		await using it = await world();
		const signed = await signedHead(it.signer(), head, time);
		expect(signed).toMatchObject({
			head: { ...head, time: time.toISOString() },
			key: `${it.keyUrl}/${it.first.version}`,
		});
		const { key } = await it.reader.getKey("audit-head", { version: it.first.version });
		const [x, y] = [key?.x, key?.y].map((part) => Buffer.from(part ?? []).toString("base64url"));
		const read = createPublicKey({ key: { kty: "EC", crv: "P-256", x, y }, format: "jwk" });
		expect(isSignedBy(parseHead(lineOfHead(signed).trimEnd())!, read)).toBe(true);
	});

	test("is a JWS as others read it, once its payload is put in", async () => {
		await using it = await world();
		const signed = await signedHead(it.signer(), head, time);
		const [header, , signature = ""] = signed.jws.split(".");
		const payload = Buffer.from(canonical(signed.head)).toString("base64url");
		const jws = { protected: header, payload, signature };
		const { protectedHeader } = await flattenedVerify(jws, publicKey(it.first), { algorithms: ["ES256"] });
		expect(protectedHeader).toEqual({ alg: "ES256", typ: "audit-head+jws" });
	});

	test.each([
		["its record's number", { seq: 8 }],
		["its hash", { hash: "b".repeat(64) }],
		["its log", { log: "https://other.example/audit" }],
		["its time", { time: "2026-11-24T10:00:00.000Z" }],
	])("is none any more when %s is changed", async (_, change) => {
		await using it = await world();
		const signed = await signedHead(it.signer(), head, time);
		expect(isSignedBy({ ...signed, head: { ...signed.head, ...change } }, publicKey(it.first))).toBe(false);
	});

	test("of another key, or of another purpose, is refused", async () => {
		await using it = await world();
		const signed = await signedHead(it.signer(), head, time);
		const other = publicKey(it.vault.owner.createKey("other"));
		expect(isSignedBy(signed, other)).toBe(false);
		const digest = createHash("sha256").update("something else").digest();
		const signature = Buffer.from((await it.signer().sign(digest)).signature).toString("base64url");
		const [header] = signed.jws.split(".");
		expect(isSignedBy({ ...signed, jws: `${header}..${signature}` }, publicKey(it.first))).toBe(false);
		const plain = Buffer.from('{"alg":"none"}').toString("base64url");
		expect(isSignedBy({ ...signed, jws: `${plain}..` }, publicKey(it.first))).toBe(false);
	});
});

describe("the signer", () => {
	test("asks the vault for nothing but signatures, by names that do not tell the version", async () => {
		const effects: string[] = [];
		await using it = await world({ perform: (effect, act) => directly(effects.push(effect) ? effect : "", act) });
		for (const url of [it.keyUrl, `${it.keyUrl}/${it.first.version}`]) await signedHead(it.signer(url), head, time);
		const asked = it.vault.requests.filter(({ status }) => status !== 401);
		expect(asked.map(({ method, name, status }) => `${method} ${name} ${status}`)).toEqual([
			"POST audit-head 200",
			"POST audit-head 200",
		]);
		expect([...new Set(effects)].sort()).toEqual([
			"token key audit-head",
			"vault POST (challenge) keys audit-head sign",
			"vault POST keys audit-head sign",
		]);
	});

	test("names the version that signed, after the key got a new one", async () => {
		await using it = await world();
		const signer = it.signer();
		const before = await signedHead(signer, head, time);
		const second = it.vault.owner.createKey("audit-head");
		const after = await signedHead(signer, head, time);
		expect([before.key, after.key]).toEqual([`${it.keyUrl}/${it.first.version}`, `${it.keyUrl}/${second.version}`]);
		expect(isSignedBy(after, publicKey(second))).toBe(true);
	});

	const refusals: Record<string, { arrange: (it: World) => void; code: string; says: string; transient: boolean }> = {
		"without the right to sign": {
			arrange: (it) => it.revoke(),
			code: "signing-forbidden",
			says: "/keys/audit-head",
			transient: false,
		},
		"with a disabled key": {
			arrange: (it) => it.vault.owner.enableKey("audit-head", it.first.version, false),
			code: "signing-key-unusable",
			says: "is disabled",
			transient: false,
		},
		"with a key on another curve": {
			arrange: (it) => void it.vault.owner.createKey("audit-head", { curve: "P-384" }),
			code: "signing-key-unusable",
			says: "is none on P-256 that may sign",
			transient: false,
		},
		...Object.fromEntries(
			(["AccessDenied", "ForbiddenByPolicy"] as const).map((denied) => [
				`without the right to sign, in a vault that says ${denied}`,
				{
					arrange: (it: World) => void it.vault.faults.inject({ status: 403, code: denied }),
					code: "signing-forbidden",
					says: "/keys/audit-head",
					transient: false,
				},
			]),
		),
		"for a reason that only Key Vault knows": {
			arrange: (it) => void it.vault.faults.inject({ status: 403, code: "KeyExpired" }),
			code: "signing-key-unusable",
			says: "cannot be used now, in Key Vault's words: KeyExpired",
			transient: false,
		},
		...Object.fromEntries(
			(["ForbiddenByFirewall", "ForbiddenByConnection"] as const).map((denied) => [
				`behind a firewall that says ${denied}`,
				{
					arrange: (it: World) => void it.vault.faults.inject({ status: 403, code: denied }),
					code: "signing-unavailable",
					says: "cannot be reached",
					transient: true,
				},
			]),
		),
		"with a key that may only verify": {
			arrange: (it) => void it.vault.owner.createKey("audit-head", { operations: ["verify"] }),
			code: "signing-key-unusable",
			says: "is none on P-256 that may sign",
			transient: false,
		},
		"while the vault throttles": {
			arrange: (it) => void it.vault.faults.inject({ status: 429, retryAfterSeconds: 60 }),
			code: "signing-unavailable",
			says: "throttles",
			transient: true,
		},
		"while the vault fails": {
			arrange: (it) => void it.vault.faults.inject({ status: 503, times: Number.POSITIVE_INFINITY }),
			code: "signing-unavailable",
			says: "cannot be reached",
			transient: true,
		},
		"while the connection is cut": {
			arrange: (it) => void it.vault.faults.inject({ cut: "after", times: Number.POSITIVE_INFINITY }),
			code: "signing-unavailable",
			says: "cannot be reached",
			transient: true,
		},
	};
	test.each(Object.entries(refusals))("%s it says so, and whether it may be tried again", async (_, refusal) => {
		await using it = await world();
		refusal.arrange(it);
		const refused = signedHead(it.signer(), head, time);
		await expect(refused).rejects.toMatchObject({ code: refusal.code, transient: refusal.transient });
		await expect(refused).rejects.toThrow(refusal.says);
	});

	test("asks again by itself when an answer was lost, as that of a connection that lay idle", async () => {
		await using it = await world();
		it.vault.faults.inject({ cut: "after" });
		expect(isSignedBy(await signedHead(it.signer(), head, time), publicKey(it.first))).toBe(true);
	});

	test.each([
		["the first request, which asks for the challenge", /\(challenge\)/],
		["the first token", /^token/],
		["the first signature", /^vault POST keys/],
	])("signs again after %s failed", async (_, what) => {
		let broken = true;
		const perform: Perform = (effect, act) => {
			if (!broken || !what.test(effect)) return act();
			return Promise.reject(Object.assign(new Error("read ECONNRESET"), { name: "RestError", code: "ECONNRESET" }));
		};
		await using it = await world({ perform });
		const signer = it.signer();
		await expect(signedHead(signer, head, time)).rejects.toMatchObject({ transient: true });
		broken = false;
		expect(isSignedBy(await signedHead(signer, head, time), publicKey(it.first))).toBe(true);
	});

	test("signs for many at once from its beginning", async () => {
		await using it = await world();
		const signer = it.signer();
		const signed = await Promise.all(Array.from({ length: 20 }, () => signedHead(signer, head, time)));
		expect(signed.every((each) => isSignedBy(each, publicKey(it.first)))).toBe(true);
	});

	test("says of a key that is not there that it does not exist", async () => {
		await using it = await world();
		it.vault.grant({ objectId: app.objectId, actions: [right("sign/action")] });
		const refused = signedHead(it.signer(`${it.vault.url}/keys/missing`), head, time);
		await expect(refused).rejects.toThrow("/keys/missing does not exist");
	});
});

describe("the public half", () => {
	const readBy = (who: typeof auditor, { keyUrl }: World) =>
		versionsOfKey({ keyUrl, credential: identity.managedIdentity(who).credential() });

	test("is read of each version of the key, and of none that is not there or is another key's", async () => {
		await using it = await world();
		const versionOf = readBy(auditor, it);
		const signed = await signedHead(it.signer(), head, time);
		expect(isSignedBy(signed, (await versionOf(signed.key))!)).toBe(true);
		expect(await versionOf(`${it.keyUrl}/${"0".repeat(32)}`)).toBeUndefined();
		for (const other of ["other", "audit-tail"])
			expect(await versionOf(signed.key.replace("audit-head", other))).toBeUndefined();
	});

	test.each(["ForbiddenByRbac", "ForbiddenByPolicy", "AccessDenied", "ForbiddenByFirewall", "ForbiddenByTheCaptain"])(
		"that the vault refuses with %s is unreadable, never a version that is not there",
		async (code) => {
			await using it = await world();
			it.vault.faults.inject({ status: 403, code });
			const read = readBy(auditor, it)(`${it.keyUrl}/${it.first.version}`);
			await expect(read).rejects.toMatchObject({ code: "signing-key-unreadable", names: { key: it.keyUrl } });
		},
	);

	test("is unreadable for whoever may only sign", async () => {
		await using it = await world();
		const read = readBy(app, it)(`${it.keyUrl}/${it.first.version}`);
		await expect(read).rejects.toMatchObject({ code: "signing-key-unreadable" });
	});

	test("is asked for again when an answer was lost", async () => {
		await using it = await world();
		it.vault.faults.inject({ cut: "after" });
		expect(await readBy(auditor, it)(`${it.keyUrl}/${it.first.version}`)).toBeDefined();
	});
});

describe("the strict vault's keys", () => {
	test("whoever may sign may not read, and the other way round", async () => {
		await using it = await world();
		const reader = new KeyClient(
			it.vault.url,
			identity.managedIdentity(app).credential(),
			insecureOptions(it.vault.url),
		);
		await expect(reader.getKey("audit-head")).rejects.toMatchObject({ statusCode: 403, code: "Forbidden" });
		const sign = it.reader.getCryptographyClient("audit-head").sign("ES256", new Uint8Array(32));
		await expect(sign).rejects.toMatchObject({ statusCode: 403 });
	});

	test("a digest of the wrong length, another algorithm and an unknown version are refused in Key Vault's words", async () => {
		await using it = await world();
		it.vault.grant({ objectId: auditor.objectId, actions: [right("sign/action")] });
		const signWith = (algorithm: string, bytes: number) =>
			it.reader.getCryptographyClient("audit-head").sign(algorithm, new Uint8Array(bytes));
		await expect(signWith("ES256", 20)).rejects.toThrow("Invalid length of 'value': 20 bytes. ES256 requires 32 bytes");
		await expect(signWith("ES384", 48)).rejects.toThrow("incompatible");
		await expect(it.reader.getKey("audit-head", { version: "0".repeat(32) })).rejects.toMatchObject({
			statusCode: 404,
			code: "KeyNotFound",
		});
	});
});
