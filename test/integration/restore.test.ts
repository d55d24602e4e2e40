// `rotator restore` on a vault and a storage account: with the rights that are documented for it, and with less.

import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "@jest/globals";
import { stringify } from "yaml";
import { until } from "../../local/until.ts";
import { type DataAction, startVault, type Vault } from "../../packages/key-vault/index.ts";
import { blobBackupStore } from "../../src/lib/adapters/blob/backups.ts";
import { keyVaultStore } from "../../src/lib/adapters/key-vault/store.ts";
import type { Intent } from "../../src/lib/ports/audit-log.ts";
import { type Storage, startStorage } from "../support/storage.ts";
import { type Given, ran } from "../unit/cli/support/terminal.ts";

const stack = new AsyncDisposableStack();
const names = ["db-password", "db-connection-string"] as const;
let storage: Storage;
let vault: Vault;
let folder: string;
let config: string;
let container: string;
let takeBack: (() => void)[] = [];

beforeAll(async () => {
	storage = stack.use(await startStorage());
	folder = await mkdtemp(join(tmpdir(), "restore-"));
	stack.defer(() => rm(folder, { recursive: true }));
	Object.assign(process.env, storage.env);
	stack.defer(() => {
		for (const name of Object.keys(storage.env)) delete process.env[name];
	});
}, 60_000);
afterAll(async () => stack.disposeAsync());

beforeEach(async () => {
	vault = await startVault({ identity: storage.identity, name: "titanic-kv" });
	takeBack = ["readMetadata", "restore", "backup"].map((verb) =>
		vault.grant({ objectId: storage.app.objectId, actions: [actionOf(verb)] }),
	);
	({ url: container } = await storage.container());
	config = join(folder, "rotation.config.yaml");
	const secret = { vault: "main", server: "pg", role: "app", login: { mode: "self" } };
	await writeFile(
		config,
		stringify({
			vaults: { main: { url: vault.url } },
			servers: { pg: { host: "pg.example.org" } },
			backups: { container },
			secrets: { "prod-db": { ...secret, name: names[0], derived: [{ secret: names[1], template: "{password}" }] } },
		}),
	);
});
afterEach(async () => vault[Symbol.asyncDispose]());

const actionOf = (verb: string) => `Microsoft.KeyVault/vaults/secrets/${verb}/action` as DataAction;

const restore = (args: readonly string[], given: Given = {}) =>
	ran(["restore", "prod-db", "--config", config, ...args], given);

/** As the app does it. */
async function backedUp(day = "2026-11-30", from = vault): Promise<void> {
	const options = { credential: storage.credential };
	const store = keyVaultStore({ ...options, name: "main", url: from.url });
	const backups = blobBackupStore({ ...options, containerUrl: container });
	for (const secret of names) {
		const { version } = from.owner.versions(secret).at(-1)!;
		const backup = await store.backup({} as Intent, secret);
		await backups.add({} as Intent, { vault: new URL(vault.url).host, secret, version, day }, backup);
	}
}

const seed = (value: string) => {
	for (const name of names) vault.owner.set(name, value, { tags: { application: "titanic-api" } });
};
const lose = (...lost: readonly string[]) => {
	for (const name of lost) {
		vault.owner.delete(name);
		vault.owner.purge(name);
	}
};

test("what was purged is shown with its backups, and restored with every version once its name is typed", async () => {
	seed("first");
	seed("second");
	await backedUp();
	const before = names.map((name) => vault.owner.versions(name));
	lose(...names);

	const dry = await restore(["--dry-run"]);
	expect(dry.code).toBe(0);
	expect(dry.stdout).toMatch(/db-password +gone +\d{4}-.*Z +to restore +[0-9a-f]{32}/);
	const narrow = await restore(["--dry-run"], { columns: 80 });
	const lines = stripVTControlCharacters(narrow.stdout).trimEnd().split("\n");
	expect(lines).toHaveLength(3);
	for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
	expect(lines[1]).toMatch(/^db-password +gone +\d{4}-.*Z +to restore$/);
	expect(vault.owner.names()).toEqual([]);

	const unasked = await restore([]);
	expect([unasked.code, unasked.stderr]).toEqual([2, expect.stringContaining("Give --confirm prod-db.")]);
	const other = await restore([], { columns: 80, typed: "db-password\n" });
	expect([other.code, vault.owner.names()]).toEqual([2, []]);

	const done = await restore([], { columns: 120, typed: "prod-db\n" });
	expect([done.code, done.stderr]).toEqual([
		0,
		expect.stringContaining("rotator reconcile prod-db --direction database-from-vault --dry-run"),
	]);
	expect(names.map((name) => vault.owner.versions(name))).toEqual(before);
});

test("what is there stays, and only what is gone is restored", async () => {
	seed("first");
	await backedUp();
	vault.owner.set("db-password", "newer");
	lose("db-connection-string");
	const { found } = JSON.parse((await restore(["--dry-run", "-o", "json"])).stdout);
	expect(
		found.map(({ standing, from }: { standing: string; from?: object }) => [standing, from !== undefined]),
	).toEqual([
		["there", false],
		["gone", true],
	]);
	const { code, stderr } = await restore(["--confirm", "prod-db"]);
	expect(code).toBe(0);
	expect(stderr).not.toContain("db-password is restored");
	expect(vault.owner.get("db-password")?.value).toBe("newer");
	expect(vault.owner.get("db-connection-string")?.value).toBe("first");
});

test("where all is there nothing is restored, and a rollback is named", async () => {
	seed("first");
	await backedUp();
	const { code, stderr } = await restore(["--confirm", "prod-db"]);
	expect([code, stderr]).toEqual([1, expect.stringContaining("rotator rollback prod-db")]);
});

test("what can be recovered is not restored over, and how it is recovered is said", async () => {
	seed("first");
	await backedUp();
	vault.owner.delete("db-password");
	const { code, stderr } = await restore(["--confirm", "prod-db"]);
	expect([code, stderr]).toEqual([
		1,
		expect.stringContaining("rotator reconcile prod-db --direction database-from-vault brings it back"),
	]);
	expect(vault.owner.names()).toEqual(["db-connection-string"]);
});

test("what was never backed up is named, and the way that is left", async () => {
	seed("first");
	lose(...names);
	const { code, stdout, stderr } = await restore(["--confirm", "prod-db"]);
	expect(code).toBe(1);
	expect(stdout).toMatch(/db-password +gone +never/);
	expect(stderr).toContain("There is no backup of db-password and db-connection-string.");
});

test("of two backups the newest is taken, or the last one by a time; as JSON all of them are told", async () => {
	seed("first");
	await backedUp("2026-11-29");
	const { at } = JSON.parse((await restore(["--dry-run", "-o", "json"])).stdout).found[0].backups[0];
	// The storage's clock tells whole seconds.
	await until("the next second", 5, async () => Date.now() > Date.parse(at) + 1_100 || undefined);
	seed("second");
	await backedUp("2026-11-30");
	lose(...names);
	const [newest] = JSON.parse((await restore(["--dry-run", "-o", "json"])).stdout).found;
	expect(newest.backups).toHaveLength(2);
	expect(newest.from).toEqual(newest.backups[0]);
	const done = await restore(["--before", at.replace(/\.\d+/, ""), "--confirm", "prod-db"]);
	expect(done.code).toBe(0);
	expect(vault.owner.get("db-password")?.value).toBe("first");
});

test("a backup of another subscription or geography is refused by the vault, and why is said", async () => {
	await using elsewhere = await startVault({ identity: storage.identity, name: "titanic-kv", geography: "elsewhere" });
	const { objectId } = storage.app;
	const actions: DataAction[] = ["getSecret", "backup"].map((verb) => actionOf(verb));
	elsewhere.grant({ objectId, actions });
	for (const name of names) elsewhere.owner.set(name, "first");
	await backedUp("2026-11-30", elsewhere);
	const { code, stderr } = await restore(["--confirm", "prod-db"]);
	expect([code, stderr]).toEqual([1, expect.stringContaining("same subscription and geography")]);
	expect(vault.owner.names()).toEqual([]);
});

test("without the right to restore nothing is restored, and the role is named", async () => {
	seed("first");
	await backedUp();
	lose(...names);
	takeBack[1]?.();
	const { code, stderr } = await restore(["--confirm", "prod-db"]);
	expect(code).toBe(1);
	expect(stderr).toMatch(/You may not restore secret db-connection-string in vault/);
	expect(stderr).toContain("Key Vault Secrets Officer");
	expect(vault.owner.names()).toEqual([]);
});

test.each([
	[["restore", "prod-db"], "No configuration is given."],
	[["restore", "prod-bd", "--config", "CONFIG"], "Did you mean prod-db?"],
	[["restore", "prod-db", "--config", "CONFIG", "--before", "yesterday"], "--before is not a time."],
])("%j is refused before anything is asked", async (args, says) => {
	const { code, stderr } = await ran(args.map((one) => (one === "CONFIG" ? config : one)));
	expect([code, stderr]).toEqual([2, expect.stringContaining(says)]);
});

test("a backup that is of another secret than its name says is told of", async () => {
	for (const name of names) vault.owner.set(name, "first");
	vault.owner.set("admin-password", "of somebody else");
	const options = { credential: storage.credential };
	const store = keyVaultStore({ ...options, name: "main", url: vault.url });
	const backups = blobBackupStore({ ...options, containerUrl: container });
	const { version } = vault.owner.versions(names[0]).at(-1)!;
	const planted = await store.backup({} as Intent, "admin-password");
	const name = { vault: new URL(vault.url).host, secret: names[0], version, day: "2026-11-30" };
	await backups.add({} as Intent, name, planted);
	lose(names[0], "admin-password");
	const { code, stderr } = await restore(["--confirm", "prod-db"]);
	expect([code, stderr]).toEqual([1, expect.stringContaining("is of admin-password")]);
	expect(stderr).not.toContain("db-password is restored");
});

test("nothing that the app is made of can restore a secret", () => {
	const sources = ["src/lib", "src/functions"].flatMap((root) =>
		readdirSync(root, { recursive: true, encoding: "utf8" })
			.filter((file) => file.endsWith(".ts") && !file.endsWith("key-vault/restore.ts"))
			.map((file) => join(root, file)),
	);
	expect(sources.length).toBeGreaterThan(200);
	expect(sources.filter((file) => /key-vault\/restore|restoreSecretBackup/.test(readFileSync(file, "utf8")))).toEqual(
		[],
	);
});
