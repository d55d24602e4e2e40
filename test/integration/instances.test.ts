// Instances of the app that see each other in a real Azurite, and share what the configuration allows.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { stringify } from "yaml";
import { until } from "../../local/until.ts";
import { blobInstances } from "../../src/lib/adapters/blob/instances.ts";
import { composePorts } from "../../src/lib/composition.ts";
import { type Storage, startStorage } from "../support/storage.ts";

let storage: Storage;
let folder: string;
const environment = { ...process.env };
beforeAll(async () => {
	storage = await startStorage();
	folder = await mkdtemp(join(tmpdir(), "instances-"));
	// The identity SDK looks nowhere else.
	Object.assign(process.env, storage.env);
}, 60_000);
afterAll(async () => {
	process.env = environment;
	await storage?.[Symbol.asyncDispose]();
	await rm(folder, { recursive: true, force: true });
});

async function place() {
	const { url: containerUrl, client } = await storage.container();
	const instance = (machine: string) => blobInstances({ containerUrl, credential: storage.credential, machine });
	const names = async () => (await Array.fromAsync(client.listBlobsFlat())).map(({ name }) => name);
	return { containerUrl, client, instance, names };
}

test("each sees all that are at work, and its place among them stays", async () => {
	const { instance } = await place();
	const [one, other] = [instance("one"), instance("other")];
	expect(await one.renew()).toEqual({ live: 1, rank: 0, isNew: true });
	expect(await other.renew()).toEqual({ live: 2, rank: 1, isNew: true });
	expect(await one.renew()).toEqual({ live: 2, rank: 0, isNew: false });
	expect(await other.renew()).toEqual({ live: 2, rank: 1, isNew: false });
});

test("those that begin at once have a place each, and the last of them sees all", async () => {
	const { instance } = await place();
	const all = Array.from({ length: 5 }, (_, index) => instance(`${index}`));
	const first = await Promise.all(all.map((one) => one.renew()));
	expect(Math.max(...first.map(({ live }) => live))).toBe(5);
	const seen = await Promise.all(all.map((one) => one.renew()));
	expect(seen.map(({ rank }) => rank).sort()).toEqual([0, 1, 2, 3, 4]);
});

test("a process that starts has its machine's place at once, and one that still lives there takes another", async () => {
	const { instance } = await place();
	const former = instance("machine");
	await former.renew();
	const next = instance("machine");
	expect(await next.renew()).toEqual({ live: 1, rank: 0, isNew: false });
	expect(await former.renew()).toEqual({ live: 2, rank: 1, isNew: true });
	expect(await next.renew()).toEqual({ live: 2, rank: 0, isNew: false });
});

test("the place of one that has not been seen for a minute is taken by the next one", async () => {
	const { containerUrl, instance, names } = await place();
	await instance("gone").renew();
	// The storage's own time is what its answers say; this wire makes it a minute later.
	const later = blobInstances({
		...{ containerUrl, credential: storage.credential, machine: "next" },
		perform: async (_, act) => {
			const answer = await act();
			const { parsedHeaders } = answer as { parsedHeaders?: { date?: Date } };
			if (parsedHeaders?.date) parsedHeaders.date = new Date(parsedHeaders.date.getTime() + 61_000);
			return answer;
		},
	});
	// By that time its own mark is old as well.
	await expect(later.renew()).rejects.toMatchObject({ code: "records-unavailable" });
	expect(await names()).toEqual(["instances/0000"]);
	expect(await instance("third").renew()).toEqual({ live: 2, rank: 1, isNew: true });
});

test("storage that cannot be reached is an error, and the place is held again afterwards", async () => {
	const { instance } = await place();
	const one = instance("one");
	await one.renew();
	const restore = storage.relay.cut();
	await expect(one.renew()).rejects.toThrow();
	restore();
	expect(await one.renew()).toMatchObject({ live: 1, rank: 0 });
});

test("two composed apps write no more together than the configuration allows, and half of it each in the end", async () => {
	const { containerUrl } = await place();
	const ROTATION_CONFIG_FILE = join(folder, "rotation.config.yaml");
	const vaults = { main: { url: "https://titanic-kv-prod.vault.azure.net", writesPer10Seconds: 30 } };
	await writeFile(ROTATION_CONFIG_FILE, stringify({ vaults, servers: {}, secrets: {} }));
	const app = (WEBSITE_INSTANCE_ID: string) => {
		const ports = composePorts({
			...{ ...storage.env, ROTATION_CONFIG_FILE, WEBSITE_INSTANCE_ID },
			...{ AUDIT_CONTAINER_URL: containerUrl, RECORDS_CONTAINER_URL: containerUrl },
			...{ OPERATORS_ISSUER: "issuer", OPERATORS_AUDIENCE: "audience" },
			OPERATORS_JWKS_URL: "https://a.example.org/keys",
		});
		void ports.begin();
		return async (who: string) => (await ports.store("main")).room(1, who, { atOnce: true });
	};
	/** @returns how many of thirty-one have room at once */
	const most = async (room: (who: string) => Promise<Disposable>) => {
		const tried = await Promise.allSettled(Array.from({ length: 31 }, (_, index) => room(`${index}`)));
		const given = tried.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
		for (const one of given) one[Symbol.dispose]();
		return given.length;
	};
	const one = app("one");
	expect(await most(one)).toBe(30);
	const other = app("other");
	expect(await most(other)).toBe(0);
	let together = 0;
	await until("the other one's share", 90, async () => {
		const both = await Promise.all([most(one), most(other)]);
		together = Math.max(together, both[0] + both[1]);
		return both[1] > 0 || undefined;
	});
	expect(together).toBe(30);
	expect(await Promise.all([most(one), most(other)])).toEqual([15, 15]);
}, 120_000);
