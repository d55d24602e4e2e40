// What the configuration bounds is bounded by the real adapters, as the composition makes them.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { stringify } from "yaml";
import { composePorts } from "../../src/lib/composition.ts";
import { Password } from "../../src/lib/domain/password.ts";
import type { Instances } from "../../src/lib/ports/instances.ts";
import { alone } from "../support/alone.ts";

let folder: string;
beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "composition-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** Takes connections, and never says a word. */
async function startSilent() {
	const sockets: Socket[] = [];
	const server = createServer((socket) => void sockets.push(socket));
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	return {
		port: (server.address() as AddressInfo).port,
		sockets,
		[Symbol.dispose]() {
			for (const socket of sockets) socket.destroy();
			server.close();
		},
	};
}

interface Limits {
	readonly writesPer10Seconds?: number;
	readonly sessionsAtOnce?: number;
	/** Of the database server. */
	readonly port?: number;
}

async function configure(file: string, { writesPer10Seconds, sessionsAtOnce, port }: Limits): Promise<void> {
	const login = { mode: "self" };
	const config = {
		vaults: { main: { url: "https://titanic-kv-prod.vault.azure.net", writesPer10Seconds } },
		servers: { pg: { host: "127.0.0.1", port, sessionsAtOnce } },
		secrets: {
			"db-password": {
				...{ vault: "main", server: "pg", role: "titanic_admin", login },
				derived: [{ secret: "db-connection-string", template: "postgresql://{role}:{password}@{host}:{port}/titanic" }],
			},
		},
	};
	await writeFile(file, stringify(config));
}

const newFile = async () => join(await mkdtemp(join(folder, "config-")), "rotation.config.yaml");

async function portsWith(limits: Limits, file?: string, instances: Instances = alone) {
	const ROTATION_CONFIG_FILE = file ?? (await newFile());
	await configure(ROTATION_CONFIG_FILE, limits);
	const environment = {
		ROTATION_CONFIG_FILE,
		AUDIT_CONTAINER_URL: "https://a.example.org/audit",
		RECORDS_CONTAINER_URL: "https://a.example.org/rotations",
		OPERATORS_ISSUER: "issuer",
		OPERATORS_AUDIENCE: "audience",
		OPERATORS_JWKS_URL: "https://a.example.org/keys",
	};
	return composePorts(environment, { instances });
}

/** Nothing here is to wait for its turn. */
const now = { atOnce: true };

test.each([
	["as many as the configuration says", 22, 22],
	["30 by default", undefined, 30],
])(
	"a vault has room for new versions, %s, shared by all who ask for the store",
	async (_, writesPer10Seconds, most) => {
		const ports = await portsWith({ writesPer10Seconds });
		using _held = await (await ports.store("main")).room(most, "db-password");
		await expect((await ports.store("main")).room(1, "db-password", now)).rejects.toMatchObject({
			code: "vault-queued",
		});
	},
);

test.each<[string, Instances, number]>([
	["half of that where two are at work", { renew: async () => ({ live: 2, rank: 1, isNew: false }) }, 15],
	["what one switch needs where nobody knows who is", { renew: () => Promise.reject(new Error("down")) }, 4],
])("an instance has %s", async (_, instances, most) => {
	const ports = await portsWith({}, undefined, instances);
	using _held = await (await ports.store("main")).room(most, "db-password");
	await expect((await ports.store("main")).room(1, "db-password", now)).rejects.toMatchObject({ code: "vault-queued" });
});

test("room that is held counts on where the configuration changes, with the new limit", async () => {
	const file = await newFile();
	const ports = await portsWith({ writesPer10Seconds: 22 }, file);
	using _held = await (await ports.store("main")).room(22, "db-password");
	const before = (await ports.configuration()).hash;
	await configure(file, { writesPer10Seconds: 24 });
	// A look counts for a moment.
	while ((await ports.configuration()).hash === before) await nextTurn();
	using _more = await (await ports.store("main")).room(2, "db-password");
	await expect((await ports.store("main")).room(1, "db-password", now)).rejects.toMatchObject({ code: "vault-queued" });
});

test("a server has sessions, as many as the configuration says or 4, shared by all who ask for the database", async () => {
	const credential = { role: "titanic_admin", password: new Password("any") };
	async function opened(sessionsAtOnce: number | undefined, most: number) {
		using silent = await startSilent();
		const ports = await portsWith({ sessionsAtOnce, port: silent.port });
		const open = async () => (await ports.database("pg")).open(credential, now);
		const tried = await Promise.allSettled(Array.from({ length: most + 1 }, open));
		// Whose turn comes last is not said.
		const codes = tried.map((one) => (one.status === "rejected" ? one.reason.code : "open")).sort();
		expect([codes, silent.sockets.length]).toEqual([
			["server-queued", ...Array<string>(most).fill("server-unreachable")],
			most,
		]);
	}
	// Each waits for ten seconds for an answer.
	await Promise.all([opened(2, 2), opened(undefined, 4)]);
});

test("who asks a hundred times is answered by one look at the file, and sees a change all the same", async () => {
	const file = await newFile();
	const ports = await portsWith({ sessionsAtOnce: 2 }, file);
	const { hash } = await ports.configuration();
	await configure(file, { sessionsAtOnce: 3 });
	const hashes = new Set(
		await Promise.all(Array.from({ length: 100 }, async () => (await ports.configuration()).hash)),
	);
	expect(hashes.size).toBe(1);
	while ((await ports.configuration()).hash === hash) await nextTurn();
	expect((await ports.configuration()).config.servers.pg?.sessionsAtOnce).toBe(3);
});
