// Many rotations at once in one vault that throttles: the real client on the stand-in, which takes fewer versions than they
// need, and a database in memory. What is counted is what happens to a role between its new password and that one's publication.

import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type Identity, type ManagedIdentity, startIdentity } from "../../packages/identity/index.ts";
import { startVault } from "../../packages/key-vault/index.ts";
import { azureCredential } from "../../src/lib/adapters/identity/credential.ts";
import { keyVaultStore } from "../../src/lib/adapters/key-vault/store.ts";
import { budget } from "../../src/lib/adapters/process/budget.ts";
import type { Ports } from "../../src/lib/app.ts";
import { Configuration } from "../../src/lib/config/configuration.ts";
import { Password } from "../../src/lib/domain/password.ts";
import { isRefusal } from "../../src/lib/steps/boundary.ts";
import { activities } from "../../src/lib/steps/index.ts";
import { fakeDatabase } from "../support/fake-database.ts";
import { memoryAudit } from "../support/memory-audit.ts";
import { memoryRecords } from "../support/memory-records.ts";

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

const actions = [
	"Microsoft.KeyVault/vaults/secrets/getSecret/action",
	"Microsoft.KeyVault/vaults/secrets/setSecret/action",
] as const;

/** @param sizes how many secrets there are, how many new versions the vault takes in a window, and how many this process writes */
async function openWorld(sizes: { secrets: number; taken: number; written: number; windowMs: number }) {
	const { windowMs } = sizes;
	const limits = { set: sizes.taken, other: 100_000, windowMs };
	const vault = await startVault({ identity, name: "titanic-kv", limits });
	vault.grant({ objectId: rotator.objectId, actions });
	/** What is done to a role and to its live secret, in order. */
	const story = new Map<string, string[]>();
	const tell = (name: string, what: string) => story.get(name)?.push(what);
	const database = fakeDatabase({ hooks: { after: (effect) => tell(effect.replace("setPassword ", ""), "set") } });
	const names = Array.from({ length: sizes.secrets }, (_, index) => `app-${index}`);
	for (const name of names) {
		story.set(name, []);
		vault.owner.set(name, `first-${name}`, { tags: {} });
		vault.owner.set(`${name}-url`, `postgresql://${name}:first-${name}@titanic-db/titanic`, { tags: {} });
		database.createRole(name, { password: `first-${name}` });
	}
	const secretOf = (name: string) => ({
		vault: "main",
		server: "titanic-db",
		role: name,
		login: { mode: "self" },
		derived: [{ secret: `${name}-url`, template: "postgresql://{role}:{password}@{host}/{database}" }],
	});
	const config = Configuration.parse({
		vaults: { main: { url: "https://titanic-kv-prod.vault.azure.net" } },
		servers: { "titanic-db": { host: "titanic-db", database: "titanic" } },
		secrets: Object.fromEntries(names.map((name) => [name, secretOf(name)])),
	});
	const clock = { now: () => new Date() };
	const [audit, records] = [memoryAudit({ clock }), memoryRecords()];
	const store = keyVaultStore({
		name: "main",
		url: vault.url,
		credential: azureCredential({ AZURE_CLIENT_ID: rotator.clientId }, process.env),
		writes: budget({ most: sizes.written, perMs: windowMs }),
		async perform(effect, act) {
			const answer = await act();
			const [, name = ""] = /^vault PUT (app-\d+)$/.exec(effect) ?? [];
			tell(name, `PUT ${(answer as { status?: number }).status}`);
			return answer;
		},
	});
	await store.latest("app-0");
	const none = () => Promise.reject(new Error("nothing of this kind is asked for"));
	const ports: Ports = {
		clock,
		configuration: async () => ({ config, text: "secrets: {}\n", hash: "c0ffee", folder: "." }),
		audit: async () => audit,
		records: async () => records,
		store: async () => store,
		database: async () => database.database,
		heads: none,
		repository: none,
		encryptionKeys: none,
		backups: none,
		identity: none,
		workloads: none,
		channel: none,
		deliveryPath: none,
	};

	/** As the orchestrator does, which pauses for longer: a step that throws comes again. */
	async function again<T>(step: () => Promise<T>): Promise<T> {
		for (;;) {
			try {
				return await step();
			} catch (error) {
				if (!/\[vault-(queued|throttled)\]/.test(String(error))) throw error;
				await pause(100);
			}
		}
	}
	const run = { attempt: "run", tell: () => {} };
	async function rotate(secret: string) {
		const rotationId = `${secret}.${randomUUID()}`;
		const baseVersion = vault.owner.get(secret)!.version;
		const of = { rotationId, secret, actor: { kind: "timer" }, credentialId: rotationId, baseVersion } as const;
		const attempt = () => ({ ...run, attempt: randomUUID() });
		const pending = await again(() => activities.createSecret(ports, of, attempt()));
		if (isRefusal(pending)) throw new Error(pending.refused.message);
		const source = { secret: "pending", version: pending.pendingVersion } as const;
		const switched = await again(() => activities.switch(ports, { ...of, source }, attempt()));
		if (isRefusal(switched)) throw new Error(switched.refused.message);
		const live = vault.owner.get(secret)!.value;
		const derived = vault.owner.get(`${secret}-url`)!.value;
		return {
			gapMs: switched.gapMs,
			isNew: live !== `first-${secret}`,
			logsIn: await database.database.accepts({ role: secret, password: new Password(live) }),
			derivedAgrees: derived.includes(`:${encodeURIComponent(live)}@`),
		};
	}
	return {
		story,
		rotateAll: () => Promise.all(names.map(rotate)),
		throttled: () => vault.requests.filter(({ method, status }) => method === "PUT" && status === 429).length,
		[Symbol.asyncDispose]: async () => vault[Symbol.asyncDispose](),
	};
}

const inOrder = { isNew: true, logsIn: true, derivedAgrees: true };

test("the app writes no more than a vault takes: no write of 60 rotations at once is throttled, and each is published right after it was set", async () => {
	await using world = await openWorld({ secrets: 60, taken: 30, written: 30, windowMs: 500 });
	const ends = await world.rotateAll();
	expect(ends.filter((end) => !(end.isNew && end.logsIn && end.derivedAgrees))).toEqual([]);
	expect(world.throttled()).toBe(0);
	expect(new Set([...world.story.values()].map(String))).toEqual(new Set(["set,PUT 200"]));
});

test("where others use up what a vault takes, a password that it does not publish is set back before anything else", async () => {
	// A window that is long enough for a slow machine to write more in it than the vault takes.
	await using world = await openWorld({ secrets: 20, taken: 15, written: 1_000, windowMs: 3_000 });
	const ends = await world.rotateAll();
	for (const end of ends) expect(end).toMatchObject(inOrder);
	const stories = [...world.story.values()].map(String);
	expect(stories.some((story) => story.includes("PUT 429"))).toBe(true);
	for (const story of stories) expect(story).toMatch(/^(set,PUT 429,set,)*set,PUT 200$/);
});
