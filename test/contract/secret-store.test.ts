import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { SecretClient } from "@azure/keyvault-secrets";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type Identity, type ManagedIdentity, startIdentity } from "../../packages/identity/index.ts";
import { type DataAction, type Lag, startVault, type Vault, type Words } from "../../packages/key-vault/index.ts";
import { close, listen } from "../../packages/loopback/index.ts";
import { azureCredential } from "../../src/lib/adapters/identity/credential.ts";
import { asFault } from "../../src/lib/adapters/key-vault/faults.ts";
import { pipeline } from "../../src/lib/adapters/key-vault/pipeline.ts";
import { insecureOptions, keyVaultStore } from "../../src/lib/adapters/key-vault/store.ts";
import { budget } from "../../src/lib/adapters/process/budget.ts";
import { Password } from "../../src/lib/domain/password.ts";
import type { Intent } from "../../src/lib/ports/audit-log.ts";
import { directly } from "../../src/lib/ports/effect.ts";
import type { ListedSecret, NewVersion, SecretStore } from "../../src/lib/ports/secret-store.ts";
import { type FakeVault, fakeVault, type Right, type VaultFailure } from "../support/fake-vault.ts";

const intent = {} as Intent;
const content = (value: string, more: Partial<NewVersion> = {}): NewVersion => ({
	value: new Password(value),
	tags: {},
	...more,
});
const byTag = (a: { tags: { at?: string } }, b: { tags: { at?: string } }) => Number(a.tags.at) - Number(b.tags.at);
const listOf = async (store: SecretStore): Promise<ListedSecret[]> => Array.fromAsync(store.list());

/** What the suite needs of a vault besides the port: its owner's view, and ways to make it fail. */
interface World extends AsyncDisposable {
	readonly store: SecretStore;
	seed: FakeVault["seed"];
	/** values, in the order of their creation */
	values(name: string): string[];
	enabled(name: string): boolean[];
	/** One that Key Vault keeps for a certificate. */
	seedCertificate(name: string, properties: { tags: Record<string, string> }): void;
	remove(name: string): void;
	/** Its deletion lasts until the function that it gives is called. */
	beginRemoving(name: string): () => void;
	deny(right: Right, secret?: string): void;
	fail(failure: VaultFailure): void;
	cut(): () => void;
}

const actions: Record<Right, DataAction> = {
	read: "Microsoft.KeyVault/vaults/secrets/getSecret/action",
	write: "Microsoft.KeyVault/vaults/secrets/setSecret/action",
	update: "Microsoft.KeyVault/vaults/secrets/update/action",
	recover: "Microsoft.KeyVault/vaults/secrets/recover/action",
	"back up": "Microsoft.KeyVault/vaults/secrets/backup/action",
	list: "Microsoft.KeyVault/vaults/secrets/readMetadata/action",
};
const methods = {
	read: "GET",
	write: "PUT",
	update: "PATCH",
	recover: "POST",
	"back up": "POST",
	list: "GET",
} as const;

// One for the file: MSAL keeps the first endpoint and header that a process used.
const rotator = { objectId: randomUUID(), clientId: randomUUID(), name: "rotator" };
let identity: Identity;
let signIn: ManagedIdentity;
beforeAll(async () => {
	identity = await startIdentity();
	signIn = identity.managedIdentity(rotator);
	Object.assign(process.env, signIn.env);
});
afterAll(async () => {
	for (const name of Object.keys(signIn.env)) delete process.env[name];
	await identity[Symbol.asyncDispose]();
});

/** How many new versions are made, and in what time; default: as the adapter has it. */
interface Limits {
	readonly writes?: { readonly most: number; readonly perMs: number };
}

async function openFake(limits: Limits = {}): Promise<World> {
	const fake = fakeVault(limits);
	return {
		...fake,
		values: (name) => fake.versions(name).map(({ value }) => value),
		enabled: (name) => fake.versions(name).map(({ enabled }) => enabled),
		[Symbol.asyncDispose]: async () => {},
	};
}

/** The real adapter and the real managed identity credential, on the strict stand-in. */
async function openStrict(options: Limits & { lag?: Lag; words?: Words } = {}): Promise<World & { vault: Vault }> {
	const { writes, ...given } = options;
	const vault = await startVault({ identity, name: "titanic-kv", ...given });
	const { objectId, clientId } = rotator;
	const granted = new Map(
		(Object.keys(actions) as Right[]).map((right) => [right, vault.grant({ objectId, actions: [actions[right]] })]),
	);
	const credential = azureCredential({ AZURE_CLIENT_ID: clientId }, process.env);
	return {
		vault,
		store: keyVaultStore({ name: "main", url: vault.url, credential, writes: writes && budget(writes) }),
		seed: (name, value, properties) =>
			vault.owner.set(name, value, { ...properties, tags: { ...properties?.tags } }).version,
		values: (name) => vault.owner.versions(name).map(({ value }) => value),
		enabled: (name) => vault.owner.versions(name).map(({ enabled }) => enabled),
		seedCertificate: (name, properties) => void vault.owner.set(name, "certificate", { ...properties, managed: true }),
		remove: vault.owner.delete,
		beginRemoving: vault.owner.beginDelete,
		deny: (right) => granted.get(right)?.(),
		fail({ code, when = "before", call, times = 1 }) {
			const method = call && methods[call];
			const effect = code === "vault-throttled" ? { status: 429, retryAfterSeconds: 60 } : { cut: when };
			vault.faults.inject({ method, times, ...effect });
		},
		cut: () => vault.faults.inject({ cut: "before", times: Number.POSITIVE_INFINITY }),
		[Symbol.asyncDispose]: () => vault[Symbol.asyncDispose]() as Promise<void>,
	};
}

describe.each([
	{ title: "the fake", open: openFake },
	{ title: "the real client on the strict vault", open: (limits?: Limits) => openStrict(limits) },
])("SecretStore, $title", ({ open }) => {
	test("what was written is the latest, with its tags, type and expiry", async () => {
		await using world = await open();
		const expires = new Date("2030-01-02T03:04:05Z");
		const tags = { "rotation-id": "db-password.1", rotation: "90days" };
		const written = await world.store.write(
			intent,
			"db-password",
			content("first", { tags, expires, contentType: "text/plain" }),
		);
		const latest = await world.store.latest("db-password");
		expect(latest).toMatchObject({
			state: "present",
			secret: { tags, expires, contentType: "text/plain", enabled: true },
		});
		expect(latest).toMatchObject({ secret: { version: written.version, created: written.created } });
		expect(latest.state === "present" && latest.value.reveal()).toBe("first");
		expect(written.version).toMatch(/^[0-9a-f]{32}$/);
		expect(Math.abs(Date.now() - written.created.getTime())).toBeLessThan(60_000);
	});

	test("the latest is the one written last, and an earlier version keeps its value", async () => {
		await using world = await open();
		const { version } = await world.store.write(intent, "db-password", content("first"));
		await world.store.write(intent, "db-password", content("second"));
		const latest = await world.store.latest("db-password");
		expect(latest.state === "present" && latest.value.reveal()).toBe("second");
		expect((await world.store.version("db-password", version)).reveal()).toBe("first");
	});

	test("a version without tags and expiry has none", async () => {
		await using world = await open();
		world.seed("db-password", "value");
		const latest = await world.store.latest("db-password");
		expect(latest.state === "present" && [latest.secret.tags, latest.secret.expires]).toEqual([{}, undefined]);
	});

	test("a secret that was never written is absent", async () => {
		await using world = await open();
		expect(await world.store.latest("db-password")).toEqual({ state: "absent" });
	});

	test("a version that does not exist is missing", async () => {
		await using world = await open();
		world.seed("db-password", "value");
		await expect(world.store.version("db-password", "f".repeat(32))).rejects.toMatchObject({
			code: "secret-missing",
			names: { vault: "main", secret: "db-password" },
		});
	});

	test("a disabled newest version hides an enabled older one, as it does from every consumer", async () => {
		await using world = await open();
		world.seed("db-password", "first");
		const version = world.seed("db-password", "second", { enabled: false });
		expect(await world.store.latest("db-password")).toEqual({ state: "disabled" });
		await expect(world.store.version("db-password", version)).rejects.toMatchObject({ code: "secret-disabled" });
	});

	test("disabling a version keeps its tags and value, and a second time changes nothing", async () => {
		await using world = await open();
		const version = world.seed("db-password-pending", "value", { tags: { "rotation-id": "r1" } });
		await world.store.disable(intent, "db-password-pending", version);
		await world.store.disable(intent, "db-password-pending", version);
		expect(world.enabled("db-password-pending")).toEqual([false]);
		expect(world.values("db-password-pending")).toEqual(["value"]);
		expect(await listOf(world.store)).toMatchObject([{ enabled: false, tags: { "rotation-id": "r1" } }]);
	});

	test("disabling what does not exist is a missing secret", async () => {
		await using world = await open();
		await expect(world.store.disable(intent, "db-password", "f".repeat(32))).rejects.toMatchObject({
			code: "secret-missing",
		});
	});

	test("a deleted secret is absent, its name refuses writes, and recovered it is as before", async () => {
		await using world = await open();
		world.seed("db-password-pending", "value");
		world.remove("db-password-pending");
		expect(await world.store.latest("db-password-pending")).toEqual({ state: "absent" });
		await expect(world.store.write(intent, "db-password-pending", content("other"))).rejects.toMatchObject({
			code: "secret-deleted",
			transient: false,
		});
		await world.store.recover(intent, "db-password-pending");
		await world.store.recover(intent, "db-password-pending");
		const latest = await world.store.latest("db-password-pending");
		expect(latest.state === "present" && latest.value.reveal()).toBe("value");
	});

	test("deleted with its newest version disabled, a secret is told as that, and of the version nothing else is sure", async () => {
		await using world = await open();
		world.seed("db-password-pending", "first");
		world.seed("db-password-pending", "second", { enabled: false, tags: { "rotation-id": "r1" } });
		world.remove("db-password-pending");
		expect(await world.store.deleted("db-password-pending")).toMatchObject({ enabled: false });
		expect(await world.store.latest("db-password-pending")).toEqual({ state: "absent" });
	});

	test("recovered with its newest version disabled it is disabled, a second recovery changes nothing, and it can be written", async () => {
		await using world = await open();
		world.seed("db-password-pending", "value", { enabled: false });
		world.remove("db-password-pending");
		for (const _ of [1, 2]) await world.store.recover(intent, "db-password-pending");
		expect(await world.store.latest("db-password-pending")).toEqual({ state: "disabled" });
		expect(await world.store.deleted("db-password-pending")).toBeUndefined();
		await world.store.write(intent, "db-password-pending", content("next"));
		expect(world.values("db-password-pending")).toEqual(["value", "next"]);
	});

	test("recovering a secret that was never deleted changes nothing, also a disabled one", async () => {
		await using world = await open();
		world.seed("db-password", "value");
		world.seed("db-old-password", "value", { enabled: false });
		for (const name of ["db-password", "db-old-password"]) await world.store.recover(intent, name);
		expect(world.enabled("db-password")).toEqual([true]);
		expect(world.enabled("db-old-password")).toEqual([false]);
	});

	test("while it is being deleted it is shown nowhere, and whoever writes or recovers is told to come again", async () => {
		await using world = await open();
		world.seed("db-password-pending", "value");
		const end = world.beginRemoving("db-password-pending");
		expect(await world.store.latest("db-password-pending")).toEqual({ state: "absent" });
		expect(await world.store.deleted("db-password-pending")).toBeUndefined();
		expect(await world.store.versions("db-password-pending")).toEqual([]);
		expect(await listOf(world.store)).toEqual([]);
		const busy = { code: "secret-being-deleted", transient: true, names: { secret: "db-password-pending" } };
		const write = () => world.store.write(intent, "db-password-pending", content("other"));
		await expect(write()).rejects.toMatchObject(busy);
		await expect(world.store.recover(intent, "db-password-pending")).rejects.toMatchObject(busy);
		end();
		await expect(write()).rejects.toMatchObject({ code: "secret-deleted" });
		expect(await world.store.deleted("db-password-pending")).toMatchObject({ enabled: true });
		await world.store.recover(intent, "db-password-pending");
		expect(world.values("db-password-pending")).toEqual(["value"]);
	});

	test("what is given of a version is changed and the rest stays, also a second time", async () => {
		await using world = await open();
		const { store } = world;
		const version = world.seed("db-password", "value", { enabled: false, tags: { application: "titanic-api" } });
		for (const _ of [1, 2]) await store.update(intent, "db-password", version, { enabled: true });
		expect(await store.latest("db-password")).toMatchObject({ secret: { tags: { application: "titanic-api" } } });
		const tags = { application: "titanic-api", "rotation-id": "r1" };
		for (const _ of [1, 2]) await store.update(intent, "db-password", version, { tags });
		const latest = await store.latest("db-password");
		expect(latest).toMatchObject({ state: "present", secret: { version, tags, enabled: true } });
		expect(latest.state === "present" && latest.value.reveal()).toBe("value");
		expect(world.values("db-password")).toEqual(["value"]);
	});

	test("changing what does not exist is a missing secret", async () => {
		await using world = await open();
		const change = world.store.update(intent, "db-password", "f".repeat(32), { enabled: true });
		await expect(change).rejects.toMatchObject({ code: "secret-missing" });
	});

	test("of a deleted secret the newest version is told without its value; of any other nothing", async () => {
		await using world = await open();
		world.seed("db-password-pending", "first");
		const version = world.seed("db-password-pending", "second", { tags: { "rotation-id": "r1" } });
		expect(await world.store.deleted("db-password-pending")).toBeUndefined();
		expect(await world.store.deleted("lusitania")).toBeUndefined();
		world.remove("db-password-pending");
		const deleted = await world.store.deleted("db-password-pending");
		expect(deleted).toMatchObject({ version, enabled: true, tags: { "rotation-id": "r1" } });
		expect(JSON.stringify(deleted)).not.toContain("second");
	});

	test("all versions are told with their tags and without values, disabled ones too; none of a deleted secret", async () => {
		await using world = await open();
		const many = 110;
		const ids = Array.from({ length: many }, (_, at) =>
			world.seed("db-password", `value-${at}`, { enabled: at !== 1, tags: { at: `${at}` } }),
		);
		const versions = await world.store.versions("db-password");
		expect(versions.map(({ version, enabled, tags }) => ({ version, enabled, tags })).sort(byTag)).toEqual(
			ids.map((version, at) => ({ version, enabled: at !== 1, tags: { at: `${at}` } })),
		);
		expect(JSON.stringify(versions)).not.toContain("value-");
		expect(await world.store.versions("lusitania")).toEqual([]);
		world.remove("db-password");
		expect(await world.store.versions("db-password")).toEqual([]);
	});

	test("without the right to, versions and deleted secrets are forbidden, never an absence", async () => {
		await using world = await open();
		world.seed("db-password", "value");
		world.deny("list");
		for (const asked of [world.store.versions("db-password"), world.store.deleted("db-password")])
			await expect(asked).rejects.toMatchObject({ code: "vault-forbidden", names: { right: "list" } });
	});

	test("a cut connection is no absence of versions or of a deleted secret", async () => {
		await using world = await open();
		world.cut();
		for (const asked of [world.store.versions("db-password"), world.store.deleted("db-password")])
			await expect(asked).rejects.toMatchObject({ code: "vault-unreachable" });
	});

	test("recovering what the vault shows nowhere is no success, and may be tried again", async () => {
		await using world = await open();
		await expect(world.store.recover(intent, "db-password")).rejects.toMatchObject({
			code: "secret-nowhere",
			transient: true,
			names: { vault: "main", secret: "db-password" },
		});
	});

	test("a version over a limit of Key Vault is rejected and nothing is written, one at the limit is", async () => {
		await using world = await open();
		const tags = (count: number) =>
			Object.fromEntries(Array.from({ length: count }, (_, index) => [`tag-${index}`, "x"]));
		const over = [
			content("value", { tags: tags(16) }),
			content("ü".repeat(12_801)),
			content("value", { contentType: "c".repeat(256) }),
		];
		for (const one of over)
			await expect(world.store.write(intent, "db-password", one)).rejects.toMatchObject({ code: "vault-rejected" });
		expect(world.values("db-password")).toEqual([]);
		const most = content("ü".repeat(12_800), { tags: tags(15), contentType: "c".repeat(255) });
		await world.store.write(intent, "db-password", most);
		expect(world.values("db-password")).toHaveLength(1);
	});

	test("an expiry past 2038-01-19 is refused and nothing is written", async () => {
		await using world = await open();
		const expires = new Date("2038-01-19T03:14:08Z");
		await expect(world.store.write(intent, "db-password", content("value", { expires }))).rejects.toMatchObject({
			code: "vault-rejected",
		});
		const invalid = new Date(Number.NaN);
		await expect(
			world.store.write(intent, "db-password", content("value", { expires: invalid })),
		).rejects.toMatchObject({ code: "vault-rejected" });
		expect(world.values("db-password")).toEqual([]);
		const last = new Date("2038-01-19T03:14:07Z");
		expect(await world.store.write(intent, "db-password", content("value", { expires: last }))).toMatchObject({
			expires: last,
		});
	});

	test("the list has every secret once, over more than one page, with the newest version's properties", async () => {
		await using world = await open();
		const names = Array.from({ length: 110 }, (_, index) => `secret-${index}`).sort();
		for (const name of names) world.seed(name, "old");
		const expires = new Date("2030-01-01T00:00:00Z");
		world.seed("secret-7", "new", { tags: { rotation: "90days" }, expires });
		world.seed("secret-8", "new", { enabled: false });
		world.seed("deleted", "value");
		world.remove("deleted");
		const listed = await listOf(world.store);
		expect(listed.map(({ name }) => name).sort()).toEqual(names);
		const found = (name: string) => listed.find((each) => each.name === name);
		expect(found("secret-7")).toMatchObject({ enabled: true, expires, tags: { rotation: "90days" } });
		expect(found("secret-8")).toMatchObject({ enabled: false });
		expect(JSON.stringify(listed)).not.toContain("new");
	});

	test("the list leaves out what Key Vault keeps for its certificates", async () => {
		await using world = await open();
		world.seed("db-password", "value");
		world.seedCertificate("tls-certificate", { tags: { rotation: "90days" } });
		expect((await listOf(world.store)).map(({ name }) => name)).toEqual(["db-password"]);
	});

	test("a cut connection is an outage, never an absence, for every operation", async () => {
		await using world = await open();
		const version = world.seed("db-password", "value");
		await world.store.latest("db-password");
		const mend = world.cut();
		const outage = { code: "vault-unreachable", transient: true, names: { vault: "main" } };
		await expect(world.store.latest("db-password")).rejects.toMatchObject(outage);
		await expect(world.store.version("db-password", version)).rejects.toMatchObject(outage);
		await expect(world.store.write(intent, "db-password", content("other"))).rejects.toMatchObject(outage);
		await expect(world.store.disable(intent, "db-password", version)).rejects.toMatchObject(outage);
		await expect(world.store.recover(intent, "db-password")).rejects.toMatchObject(outage);
		await expect(listOf(world.store)).rejects.toMatchObject(outage);
		mend();
		expect(await world.store.latest("db-password")).toMatchObject({ state: "present" });
		expect(world.values("db-password")).toEqual(["value"]);
	});

	test("a write whose answer is lost is an outage, and made exactly one version", async () => {
		await using world = await open();
		await world.store.latest("db-password");
		world.fail({ code: "vault-unreachable", when: "after", call: "write" });
		await expect(world.store.write(intent, "db-password", content("value"))).rejects.toMatchObject({
			code: "vault-unreachable",
		});
		expect(world.values("db-password")).toEqual(["value"]);
	});

	test("a vault that throttles for longer than a moment is said to throttle, and nothing is written", async () => {
		await using world = await open();
		await world.store.latest("db-password");
		world.fail({ code: "vault-throttled", call: "write" });
		await expect(world.store.write(intent, "db-password", content("value"))).rejects.toMatchObject({
			code: "vault-throttled",
			transient: true,
		});
		expect(world.values("db-password")).toEqual([]);
	});

	test("there is room for as much as is not held or was not written a moment ago, and who waits in vain is told", async () => {
		await using world = await open({ writes: { most: 3, perMs: 10_000 } });
		const { store } = world;
		await store.write(intent, "db-password", content("value"));
		const first = await store.room(2, "db-password");
		let isGiven = false;
		const second = store.room(1, "db-password").then((room) => {
			isGiven = true;
			return room;
		});
		await store.latest("db-password");
		expect(isGiven).toBe(false);
		first[Symbol.dispose]();
		using _second = await second;
		using _third = await store.room(1, "db-password");
		await expect(store.room(2, "db-password")).rejects.toMatchObject({
			code: "vault-queued",
			transient: true,
			names: { vault: "main" },
		});
		expect(world.values("db-password")).toEqual(["value"]);
	});

	test.each<[string, Right, (store: SecretStore) => Promise<unknown>]>([
		["a write", "write", (store) => store.write(intent, "db-password", content("other"))],
		["a read", "read", (store) => store.latest("db-password")],
	])("there is no room after %s that was throttled, for as long as the vault said", async (_, call, act) => {
		await using world = await open();
		const { store } = world;
		await store.latest("db-password");
		(await store.room(4, "db-password"))[Symbol.dispose]();
		world.fail({ code: "vault-throttled", call });
		await expect(act(store)).rejects.toMatchObject({ code: "vault-throttled" });
		await expect(store.room(1, "db-password")).rejects.toMatchObject({
			code: "vault-throttled",
			names: { vault: "main" },
		});
	});

	test.each<[Right, (store: SecretStore) => Promise<unknown>]>([
		["read", (store) => store.latest("db-password")],
		["write", (store) => store.write(intent, "db-password", content("other"))],
		["update", (store) => store.disable(intent, "db-password", "f".repeat(32))],
		["recover", (store) => store.recover(intent, "deleted")],
		["back up", (store) => store.backup(intent, "db-password")],
	])("a missing right to %s is named with its secret, and is not an absence", async (right, act) => {
		await using world = await open();
		world.seed("deleted", "value");
		world.remove("deleted");
		world.deny(right);
		await expect(act(world.store)).rejects.toMatchObject({
			code: "vault-forbidden",
			transient: false,
			names: { vault: "main", secret: right === "recover" ? "deleted" : "db-password", right },
			message: expect.stringContaining(`may not ${right} secret `),
		});
		expect(world.values("db-password")).toEqual([]);
	});

	test("a backup is made of a secret that is there, disabled or not; of any other it is a missing secret", async () => {
		await using world = await open();
		world.seed("db-password", "iceberg", { enabled: false });
		expect((await world.store.backup(intent, "db-password")).byteLength).toBeGreaterThan(0);
		const missing = { code: "secret-missing", names: { vault: "main", secret: "lusitania" } };
		await expect(world.store.backup(intent, "lusitania")).rejects.toMatchObject(missing);
		world.remove("db-password");
		await expect(world.store.backup(intent, "db-password")).rejects.toMatchObject({ code: "secret-missing" });
	});

	test("a missing right to list names the vault", async () => {
		await using world = await open();
		world.deny("list");
		await expect(listOf(world.store)).rejects.toMatchObject({
			code: "vault-forbidden",
			message: expect.stringContaining("may not list secrets in vault main"),
		});
	});
});

describe("the fake", () => {
	test("a crash before an effect leaves no effect, a crash after it leaves one", async () => {
		const seen: string[] = [];
		const crash = (at: string) => (effect: string) => {
			seen.push(`${at} ${effect}`);
			if (at === dies) throw new Error("killed");
		};
		let dies = "before";
		const fake = fakeVault({ hooks: { before: crash("before"), after: crash("after") } });
		await expect(fake.store.write(intent, "a", content("1"))).rejects.toThrow("killed");
		expect(fake.versions("a")).toEqual([]);
		dies = "after";
		await expect(fake.store.write(intent, "a", content("2"))).rejects.toThrow("killed");
		expect(fake.versions("a")).toMatchObject([{ value: "2" }]);
		expect(seen).toEqual(["before write a", "before write a", "after write a"]);
	});
});

describe("the real client", () => {
	test("many first writes at once each bring their token, and write once", async () => {
		await using world = await openStrict();
		const names = Array.from({ length: 8 }, (_, index) => `secret-${index}`);
		await Promise.all(names.map((name) => world.store.write(intent, name, content(name))));
		expect(names.map((name) => world.values(name))).toEqual(names.map((name) => [name]));
		const bare = world.vault.requests.filter(({ objectId }) => objectId === undefined);
		expect(bare.map(({ method }) => method)).toEqual(["GET"]);
	});

	test("a first write during an outage sends nothing, and the next one begins with a token again", async () => {
		await using world = await openStrict();
		const bodies: string[] = [];
		await using proxy = await recording(world.vault.url, ({ method, headers }) => {
			if (method !== "GET" && headers.authorization === undefined) bodies.push(`${method}`);
			return failing;
		});
		let failing = true;
		const credential = signIn.credential();
		const store = keyVaultStore({ name: "main", url: proxy.url, credential });
		await expect(store.write(intent, "a", content("1"))).rejects.toMatchObject({ code: "vault-unreachable" });
		failing = false;
		await store.write(intent, "a", content("2"));
		expect(world.values("a")).toEqual(["2"]);
		expect(bodies).toEqual([]);
	});

	test("without the warming-up, a write that comes too early is stopped rather than sent without its token", async () => {
		await using world = await openStrict();
		const options = { ...insecureOptions(world.vault.url), additionalPolicies: pipeline(world.vault.url).policies };
		const client = new SecretClient(world.vault.url, signIn.credential(), options);
		const ended = await Promise.allSettled(["a", "b", "c"].map((name) => client.setSecret(name, name)));
		expect(ended.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "rejected"]);
		expect(world.vault.requests.filter(({ objectId }) => objectId === undefined)).toHaveLength(1);
	});

	test("a vault that never answers is unreachable, not waited for", async () => {
		await using server = await answering(() => {});
		const options = { ...insecureOptions(server.url), additionalPolicies: pipeline(server.url, directly, 50).policies };
		const client = new SecretClient(server.url, signIn.credential(), options);
		const error: unknown = await client.getSecret("a").catch((thrown: unknown) => thrown);
		expect(asFault(error, { vault: "main", secret: "a", right: "read" })).toMatchObject({ code: "vault-unreachable" });
	});

	test("a recovered secret is waited for until it can be read", async () => {
		await using world = await openStrict();
		world.seed("db-password-pending", "value");
		world.remove("db-password-pending");
		await world.store.latest("db-password-pending");
		world.vault.faults.inject({ method: "GET", skip: 1, times: 2, status: 404, code: "SecretNotFound" });
		await world.store.recover(intent, "db-password-pending");
		expect(world.vault.requests.at(-1)).toMatchObject({ method: "GET", status: 200 });
		expect(await world.store.latest("db-password-pending")).toMatchObject({ state: "present" });
	});

	test("two who recover a secret at once both see it live", async () => {
		await using world = await openStrict({ lag: { deleteMs: 0, recoverMs: 700 } });
		world.seed("db-password-pending", "value");
		world.remove("db-password-pending");
		await Promise.all([1, 2].map(() => world.store.recover(intent, "db-password-pending")));
		expect(world.vault.requests.filter(({ method }) => method === "POST").map(({ status }) => status)).toEqual([
			200, 409,
		]);
		expect(await world.store.latest("db-password-pending")).toMatchObject({ state: "present" });
	});

	test("without the right to read, nobody says that a secret is recovered", async () => {
		await using world = await openStrict();
		world.seed("db-password-pending", "value");
		world.remove("db-password-pending");
		world.deny("read");
		const recovered = world.store.recover(intent, "db-password-pending");
		await expect(recovered).rejects.toMatchObject({ code: "vault-forbidden", names: { right: "read" } });
	});

	test("where a disabled one answers as a missing right does, the list of deleted secrets tells them apart", async () => {
		await using world = await openStrict({ words: { denied: "AccessDenied", deletedDisabled: "AccessDenied" } });
		const { store } = world;
		for (let at = 0; at < 110; at++) {
			world.seed(`other-${at}`, "value");
			world.remove(`other-${at}`);
		}
		world.seed("db-password-pending", "value", { enabled: false, tags: { "rotation-id": "r1" } });
		world.remove("db-password-pending");
		expect(await store.deleted("DB-password-pending")).toMatchObject({ enabled: false, tags: { "rotation-id": "r1" } });
		const forbidden = { code: "vault-forbidden", names: { right: "list" } };
		for (const name of ["other-1", "db-password"]) {
			world.vault.faults.inject({ path: /deletedsecrets\/./, status: 403, code: "AccessDenied" });
			await expect(store.deleted(name)).rejects.toMatchObject(forbidden);
		}
		world.deny("list");
		await expect(store.deleted("db-password-pending")).rejects.toMatchObject(forbidden);
	});

	test("a short Retry-After is waited for, and the write then happens once", async () => {
		await using world = await openStrict();
		world.vault.faults.inject({ method: "PUT", status: 429, retryAfterSeconds: 0 });
		await world.store.write(intent, "db-password", content("value"));
		expect(world.values("db-password")).toEqual(["value"]);
	});

	test("a write at once waits for no Retry-After, and the vault is asked once", async () => {
		await using world = await openStrict();
		await world.store.latest("db-password");
		const before = world.vault.requests.length;
		world.vault.faults.inject({ method: "PUT", status: 429, retryAfterSeconds: 1 });
		const writing = world.store.write(intent, "db-password", content("value"), { atOnce: true });
		await expect(writing).rejects.toMatchObject({ code: "vault-throttled" });
		expect(world.vault.requests.slice(before).map(({ status }) => status)).toEqual([429]);
		expect(world.values("db-password")).toEqual([]);
	});

	test("there is room again once the vault's Retry-After has passed", async () => {
		await using world = await openStrict();
		await world.store.latest("db-password");
		world.vault.faults.inject({ method: "PUT", status: 429, retryAfterSeconds: 1 });
		const from = performance.now();
		const writing = world.store.write(intent, "db-password", content("value"), { atOnce: true });
		await expect(writing).rejects.toMatchObject({ code: "vault-throttled" });
		using _ = await world.store.room(1, "db-password");
		expect(performance.now() - from).toBeGreaterThan(990);
	});

	test("a read gets over two failures, and gives up after the third", async () => {
		await using world = await openStrict();
		world.seed("db-password", "value");
		world.vault.faults.inject({ status: 503, times: 2, retryAfterSeconds: 0 });
		expect(await world.store.latest("db-password")).toMatchObject({ state: "present" });
		world.vault.faults.inject({ status: 500, times: 3 });
		await expect(world.store.latest("db-password")).rejects.toMatchObject({ code: "vault-unreachable" });
		expect(await world.store.latest("db-password")).toMatchObject({ state: "present" });
	});

	test("a write that the vault failed to answer is not repeated by the client", async () => {
		await using world = await openStrict();
		world.vault.faults.inject({ method: "PUT", status: 503, retryAfterSeconds: 0 });
		await expect(world.store.write(intent, "a", content("1"))).rejects.toMatchObject({ code: "vault-unreachable" });
		expect(world.vault.requests.filter(({ method }) => method === "PUT")).toHaveLength(1);
	});

	test.each([
		[{ status: 403, code: "ForbiddenByFirewall" }, "vault-blocked"],
		[{ status: 403, code: "ForbiddenByConnection" }, "vault-blocked"],
		[{ status: 403, code: "ForbiddenByPolicy" }, "vault-forbidden"],
		[{ status: 403, code: "ForbiddenByRbac" }, "vault-forbidden"],
		[{ status: 403, code: "AccessDenied" }, "vault-forbidden"],
		[{ status: 403 }, "vault-forbidden"],
		[{ status: 403, code: "ForbiddenByTheCaptain" }, "vault-denied"],
		[{ status: 403, code: "constructor" }, "vault-denied"],
		[{ status: 403, code: "not a word" }, "vault-forbidden"],
		[{ status: 404, code: "NotFound" }, "vault-unreachable"],
		[{ status: 409, code: "ObjectIsBeingDeleted" }, "secret-being-deleted"],
		[{ status: 409, code: "ObjectIsBeingRecovered" }, "vault-busy"],
		[{ status: 409 }, "vault-busy"],
		[{ status: 400 }, "vault-rejected"],
		[{ status: 413, code: "RequestTooLarge" }, "vault-rejected"],
	])("%j is %s", async (answer, code) => {
		await using world = await openStrict();
		world.seed("db-password", "value");
		world.vault.faults.inject(answer);
		await expect(world.store.latest("db-password")).rejects.toMatchObject({ code });
	});

	test("a value that is too large is rejected without a word of it in the fault", async () => {
		await using world = await openStrict();
		const failed = world.store.write(intent, "db-password", content("canary".repeat(5000)));
		await expect(failed).rejects.toMatchObject({ code: "vault-rejected" });
		await expect(failed).rejects.not.toMatchObject({ message: expect.stringContaining("canary") });
	});

	test("an identity endpoint that refuses is a missing token, not a missing secret", async () => {
		await using world = await openStrict();
		const undo = identity.faults.inject({ status: 400, times: Number.POSITIVE_INFINITY });
		const unknown = azureCredential({ AZURE_CLIENT_ID: randomUUID() }, process.env);
		const store = keyVaultStore({ name: "main", url: world.vault.url, credential: unknown });
		const fault = { code: "token-unavailable", transient: true, names: { resource: "vault main" } };
		await expect(store.latest("db-password")).rejects.toMatchObject(fault);
		await expect(store.write(intent, "db-password", content("value"))).rejects.toMatchObject(fault);
		undo();
		expect(world.values("db-password")).toEqual([]);
	});

	test("a vault of another tenant does not accept the token", async () => {
		await using world = await openStrict();
		await using elsewhere = await startIdentity();
		const stranger = elsewhere.managedIdentity({ objectId: randomUUID(), clientId: randomUUID(), name: "x" });
		const store = keyVaultStore({ name: "main", url: world.vault.url, credential: stranger.credential() });
		await expect(store.latest("db-password")).rejects.toMatchObject({ code: "vault-unauthorized", transient: false });
	});

	test("a token that the vault accepts no longer is replaced, also under way, and nothing is written twice", async () => {
		await using world = await openStrict();
		await world.store.write(intent, "db-password", content("first"));
		identity.revoke();
		await world.store.write(intent, "db-password", content("second"));
		identity.revoke();
		expect(await world.store.latest("db-password")).toMatchObject({ state: "present" });
		expect(world.values("db-password")).toEqual(["first", "second"]);
		const refused = world.vault.requests.filter(({ status }) => status === 401);
		expect(refused.length).toBeLessThanOrEqual(3);
	});

	test.each([
		{ status: 403, says: "", code: "vault-blocked" },
		{ status: 404, says: "", code: "vault-unreachable" },
		{ status: 500, says: "", code: "vault-unreachable" },
		{ status: 401, says: "", code: "vault-unauthorized" },
		{ status: 403, says: "<html>blocked</html>", code: "vault-blocked" },
		{ status: 404, says: "<html>not found</html>", code: "vault-unreachable" },
		{ status: 200, says: "<html>sign in</html>", code: "vault-unreachable" },
		{ status: 404, says: '{"error":"none"}', code: "vault-unreachable" },
	])("$status with '$says', which is not Key Vault's, is $code", async ({ status, says, code }) => {
		await using server = await answering((_request, response) => {
			response.writeHead(status, { "content-type": says.startsWith("{") ? "application/json" : "text/html" }).end(says);
		});
		const credential = { getToken: async () => ({ token: "t", expiresOnTimestamp: Date.now() + 3_600_000 }) };
		const store = keyVaultStore({ name: "main", url: server.url, credential });
		await expect(store.latest("db-password")).rejects.toMatchObject({ code });
	});

	test("only loopback may be talked to in clear or without being verified", () => {
		for (const url of ["http://127.0.0.1:8080", "http://localhost:1", "http://[::1]:1", "https://127.0.0.1"])
			expect(insecureOptions(url)).toEqual({
				allowInsecureConnection: true,
				disableChallengeResourceVerification: true,
			});
		for (const url of [
			"https://titanic-kv.vault.azure.net",
			"http://titanic-kv.vault.azure.net",
			"http://127.0.0.1.example.com",
			"http://localhost.example.com",
			"http://10.0.0.1",
			"http://0.0.0.0",
		])
			expect(insecureOptions(url)).toEqual({
				allowInsecureConnection: false,
				disableChallengeResourceVerification: false,
			});
	});

	test("a vault that is not on loopback is never asked in clear", async () => {
		const credential = { getToken: () => Promise.reject(new Error("asked for a token")) };
		const store = keyVaultStore({ name: "main", url: "http://titanic-kv.example.com", credential });
		const failed = { code: "vault-foreign", transient: false };
		await expect(store.latest("db-password")).rejects.toMatchObject(failed);
		await expect(store.write(intent, "db-password", content("value"))).rejects.toMatchObject(failed);
	});
});

async function answering(answer: (request: IncomingMessage, response: ServerResponse) => void) {
	const server = createServer(answer);
	const url = await listen(server);
	return { url, [Symbol.asyncDispose]: () => close(server) };
}

/** Passes requests on to the vault, unless `fails` says to cut them. */
function recording(target: string, fails: (request: IncomingMessage) => boolean) {
	return answering(async (request, response) => {
		const body = Buffer.concat(await Array.fromAsync(request as AsyncIterable<Buffer>));
		if (fails(request)) return void request.socket.destroy();
		const { method, headers } = request;
		const given = Object.entries(headers).filter(([name]) => !["host", "connection", "content-length"].includes(name));
		const answered = await fetch(`${target}${request.url}`, {
			method,
			headers: Object.fromEntries(given) as Record<string, string>,
			body: body.length > 0 ? body : undefined,
		});
		response.writeHead(answered.status, {
			"content-type": "application/json",
			"www-authenticate": answered.headers.get("www-authenticate") ?? "",
		});
		response.end(await answered.text());
	});
}
