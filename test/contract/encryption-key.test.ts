// The public half of a key that is encrypted for: the real client on the strict vault.

import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type Identity, startIdentity } from "../../packages/identity/index.ts";
import { startVault } from "../../packages/key-vault/index.ts";
import { keyVaultEncryptionKeys } from "../../src/lib/adapters/key-vault/encryption-key.ts";

const app = { objectId: randomUUID(), clientId: randomUUID(), name: "app" };

describe("A key that a file is encrypted for", () => {
	let identity: Identity;
	beforeAll(async () => {
		identity = await startIdentity();
	});
	afterAll(async () => {
		await identity?.[Symbol.asyncDispose]();
	});

	async function world({ granted = true, rsa = true } = {}) {
		const vault = await startVault({ identity, name: "titanic-kv" });
		const key = vault.owner.createKey("sops", rsa ? { rsa, operations: ["encrypt", "decrypt"] } : {});
		if (granted) vault.grant({ objectId: app.objectId, actions: ["Microsoft.KeyVault/vaults/keys/read"], key: "sops" });
		return {
			vault,
			key,
			address: `${vault.url}/keys/sops/${key.version}`,
			keys: keyVaultEncryptionKeys({ credential: identity.managedIdentity(app).credential() }),
			[Symbol.asyncDispose]: () => vault[Symbol.asyncDispose](),
		};
	}

	test("is read by its public half, of the version that the file names", async () => {
		await using it = await world();
		it.vault.owner.createKey("sops", { rsa: true });
		const found = await it.keys.publicKey(it.address);
		expect({ kty: "RSA", ...found }).toEqual(it.key.jwk);
	});

	test("is refused when it is disabled: what is written for it could be read by nobody", async () => {
		await using it = await world();
		it.vault.owner.enableKey("sops", it.key.version, false);
		await expect(it.keys.publicKey(it.address)).rejects.toMatchObject({
			code: "encryption-key-unusable",
			names: { key: it.address, detail: "is disabled" },
		});
	});

	test("is refused when it is on a curve, or not there", async () => {
		await using it = await world({ rsa: false });
		await expect(it.keys.publicKey(it.address)).rejects.toMatchObject({ names: { detail: "is no RSA key" } });
		const gone = `${it.vault.url}/keys/sops/${"0".repeat(32)}`;
		await expect(it.keys.publicKey(gone)).rejects.toMatchObject({ names: { key: gone, detail: "does not exist" } });
	});

	test("needs the right to read it, and names that key", async () => {
		await using it = await world({ granted: false });
		await expect(it.keys.publicKey(it.address)).rejects.toMatchObject({
			code: "encryption-key-forbidden",
			names: { key: it.address },
		});
	});

	test("cannot be had while the vault fails, and that may pass", async () => {
		await using it = await world();
		it.vault.faults.inject({ path: /^\/keys\//, status: 503, times: Number.POSITIVE_INFINITY });
		await expect(it.keys.publicKey(it.address)).rejects.toMatchObject({ code: "encryption-key-unavailable" });
	});
});
