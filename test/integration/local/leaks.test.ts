import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { inspect } from "node:util";
import { gzipSync } from "node:zlib";
import { TableClient } from "@azure/data-tables";
import { BlobServiceClient } from "@azure/storage-blob";
import { QueueServiceClient } from "@azure/storage-queue";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import pg from "pg";
import { type HostStorage, startHostStorage } from "../../../local/azurite/host-storage.ts";
import { copyOfAccount } from "../../../local/leaks/account.ts";
import { processes, treeOf } from "../../../local/leaks/processes.ts";
import { findLeaks } from "../../../local/leaks/search.ts";

/** What needs escaping somewhere, and what a generated password is made of. */
const secrets = {
	generated: "Aq7-xY_z0123456789bcdEFGHijkl-mn",
	awkward: `p'a"s\\s %w&o<r>d=+/\tü€\n${"$"}{x}\`~end`,
};

const form = (text: string) => new URLSearchParams({ text }).toString().replace("text=", "");
const xml = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
const ascii = (text: string) =>
	text.replace(/[^\x20-\x7e]/g, (one) => `\\u${one.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}`);
const base64After = (before: string) => (text: string) => Buffer.from(`${before}${text}!`).toString("base64");
const bytes = (text: string) => Buffer.from(text);

/** Who writes it down, and how: by the encoder itself, with something before and after it. */
const encoders: Record<string, (secret: string) => string | Buffer> = {
	"as it is": (secret) => `before ${secret} after`,
	"in a URL": (secret) => `https://x/?q=${encodeURIComponent(`a ${secret} b`)}`,
	"in a connection string": (secret) => new URL(`postgresql://u:${encodeURIComponent(secret)}@h/d`).href,
	"in a URL, by a program that writes %2f": (secret) =>
		encodeURIComponent(secret).replace(/%../g, (found) => found.toLowerCase()),
	"in a URL within a URL": (secret) => encodeURIComponent(`https://x/?q=${encodeURIComponent(secret)}`),
	"in a form": (secret) => new URLSearchParams({ password: `a ${secret} b` }).toString(),
	"in a form, by a program that writes %2f": (secret) => form(secret).replace(/%../g, (found) => found.toLowerCase()),
	"in JSON": (secret) => JSON.stringify({ password: `a ${secret} b` }),
	"in JSON in JSON": (secret) => JSON.stringify({ input: JSON.stringify({ password: secret }) }),
	"in JSON in JSON in JSON": (secret) => JSON.stringify(JSON.stringify({ input: JSON.stringify(secret) })),
	"in base64": base64After(""),
	"in base64, after one byte": base64After("a"),
	"in base64, after two bytes": base64After("ab"),
	"in the base64 of a Kubernetes Secret": (secret) => bytes(secret).toString("base64"),
	"in base64url": (secret) => bytes(`ab${secret}!`).toString("base64url"),
	"in an Authorization header": (secret) => `Basic ${bytes(`user:${secret}`).toString("base64")}`,
	"in hex": (secret) => bytes(secret).toString("hex"),
	"in hex, upper case": (secret) => bytes(secret).toString("hex").toUpperCase(),
	"in a buffer that Node.js prints": (secret) => inspect(bytes(secret)),
	"in an object that Node.js prints": (secret) => inspect({ secret }, { breakLength: Number.POSITIVE_INFINITY }),
	"in UTF-16": (secret) => Buffer.from(`a ${secret} b`, "utf16le"),
	"in UTF-16, big-endian": (secret) => Buffer.from(`a ${secret} b`, "utf16le").swap16(),
	"in SQL": (secret) => `ALTER ROLE x PASSWORD ${pg.escapeLiteral(secret)}`,
	"in SQL, by quote_literal with standard strings": (secret) => `PASSWORD '${secret.replaceAll("'", "''")}'`,
	"in the database's log": (secret) => `statement: SELECT '${secret.replaceAll("'", "''")}'`,
	"in HTML": (secret) => xml(secret).replaceAll('"', "&quot;").replaceAll("'", "&#39;"),
	"in HTML, hexadecimal": (secret) => xml(secret).replaceAll('"', "&quot;").replaceAll("'", "&#x27;"),
	"in an XML attribute": (secret) => xml(secret).replaceAll('"', "&quot;").replaceAll("'", "&apos;"),
	"in XML": (secret) => `<Message>${xml(secret)}</Message>`,
};

describe.each(Object.entries(secrets))("a secret that is %s", (_, value) => {
	test.each(Object.entries(encoders))("is found %s", async (_, encode) => {
		const encoded = encode(value);
		await using folder = await temporary();
		await writeFile(join(folder.path, "log"), encoded);
		const leaks = await findLeaks([{ kind: "password", value }], [{ name: "log", folder: folder.path }]);
		expect(leaks).toContainEqual(expect.objectContaining({ place: "log", file: "log", kind: "password" }));
		const other = value.replaceAll(/[a-z]/g, "q");
		expect(await findLeaks([{ kind: "password", value: other }], [{ name: "log", folder: folder.path }])).toEqual([]);
	});
});

test("JSON that .NET wrote gives a secret away too, also within JSON", async () => {
	const value = "a<b>c&d'eü€fghij+k";
	const dotNet = ascii(value.replace(/[<>&'+]/g, (one) => `\\u00${one.charCodeAt(0).toString(16).toUpperCase()}`));
	for (const text of [`{"x":"${dotNet}"}`, JSON.stringify({ input: `{"x":"${dotNet}"}` })]) {
		expect(await findLeaks([{ kind: "password", value }], [{ name: "history", text }])).toHaveLength(1);
	}
});

describe("a file", () => {
	let folder: Awaited<ReturnType<typeof temporary>>;
	const value = secrets.generated;
	const found = async () =>
		(await findLeaks([{ kind: "password", value }], [{ name: "place", folder: folder.path }])).map(({ file }) => file);
	beforeEach(async () => {
		folder = await temporary();
	});
	afterEach(async () => {
		await folder[Symbol.asyncDispose]();
	});

	test("is searched in folders below, and as bytes that are no text", async () => {
		await mkdir(join(folder.path, "deep", "er"), { recursive: true });
		await writeFile(join(folder.path, "deep", "er", "x"), Buffer.concat([Buffer.from([0, 255, 0]), bytes(value)]));
		expect(await found()).toEqual([join("deep", "er", "x")]);
	});

	test("is searched within gzip, wherever in it that begins", async () => {
		const packed = gzipSync(JSON.stringify({ value, more: "x".repeat(5_000) }));
		expect(packed.includes(value)).toBe(false);
		await writeFile(join(folder.path, "extent"), Buffer.concat([bytes("other blob"), packed, bytes("next blob")]));
		expect(await found()).toEqual(["extent"]);
		// With a name in its header, as the program gzip writes it.
		const named = Buffer.concat([packed.subarray(0, 3), Buffer.from([8]), packed.subarray(4, 10), bytes("x.json\0")]);
		await writeFile(join(folder.path, "extent"), Buffer.concat([named, packed.subarray(10)]));
		expect(await found()).toEqual(["extent"]);
	});

	test("of SQLite is searched by rows: a long one is cut in pieces on the disk", async () => {
		const path = join(folder.path, "hub.sqlite");
		using database = new DatabaseSync(path);
		database.exec("PRAGMA journal_mode = WAL; CREATE TABLE history (event TEXT)");
		// One of so many lies across two pages.
		const row = Array.from({ length: 4_096 }, (_, index) => `${index} ${"y".repeat(index % 7)}`).join("");
		database.prepare("INSERT INTO history VALUES (?)").run(row.replace(/.{4080}/s, (text) => `${text}${value}`));
		expect(await found()).toContain("hub.sqlite");
	});

	test("that cannot be read is an error, not a pass", async () => {
		// Too large for one buffer: that stops the administrator too, who may read everything.
		await writeFile(join(folder.path, "endless"), "");
		await truncate(join(folder.path, "endless"), 2 ** 31 + 1);
		await expect(found()).rejects.toThrow("2 GiB");
	});

	test("and a folder that is not there is an error", async () => {
		await rm(folder.path, { recursive: true });
		await expect(found()).rejects.toThrow("ENOENT");
	});
});

test("a secret too short to be told from anything else is an error", async () => {
	await expect(findLeaks([{ kind: "password", value: "abc" }], [])).rejects.toThrow("3 characters");
});

test("what a process was started with, and its environment, can be seen", async () => {
	const mark = `mark-${crypto.randomUUID()}`;
	const module = new URL("../../../local/leaks/processes.ts", import.meta.url).href;
	const script = `const { processes } = await import(${JSON.stringify(module)});
		const me = (await processes()).find(({ pid }) => pid === process.pid);
		console.log(JSON.stringify([me.arguments.includes("${mark}"), me.environment?.includes(process.env.MARK)]));`;
	const said = execFileSync(process.execPath, ["--input-type=module", "-e", script, mark], {
		env: { ...process.env, MARK: `env-${mark}` },
	});
	expect(JSON.parse(`${said}`)).toEqual([true, process.platform === "win32" ? null : true]);
	expect((await processes()).map(({ pid }) => pid)).toContain(process.pid);
});

test("all that a process has started is its own, also what outlived the one between, and nothing else", () => {
	const one = (pid: number, parent: number, group = 1) => ({ pid, parent, group, arguments: "" });
	const host = [one(10, 2, 10), one(11, 10, 10), one(12, 11, 12), one(13, 1, 10)];
	const others = [one(1, 0), one(2, 1), one(20, 2), one(21, 20, 20), one(30, 99), one(40, 41), one(41, 40)];
	expect(treeOf(10, [...others, ...host])).toEqual(host);
});

describe("a storage account", () => {
	const value = secrets.generated;
	let folder: Awaited<ReturnType<typeof temporary>>;
	let storage: HostStorage;
	beforeAll(async () => {
		folder = await temporary();
		storage = await startHostStorage(join(folder.path, "azurite"));
	});
	afterAll(async () => {
		await storage[Symbol.asyncDispose]();
		await folder[Symbol.asyncDispose]();
	});
	const copied = (seconds?: number) => copyOfAccount(storage.connectionString, join(folder.path, "copy"), seconds);
	const found = async () => {
		const leaks = await findLeaks([{ kind: "password", value }], [{ name: "task hub", folder: await copied() }]);
		return [...new Set(leaks.map(({ file = "" }) => file.replace(/^\d+ /, "")))].sort();
	};

	test("is searched in its blobs, their metadata and snapshots, its queues and its tables", async () => {
		const { connectionString } = storage;
		const container = BlobServiceClient.fromConnectionString(connectionString).getContainerClient("hub-large");
		await container.create();
		await container.uploadBlockBlob("plain", value, value.length);
		const packed = gzipSync(JSON.stringify({ value, more: "x".repeat(5_000) }));
		await container.uploadBlockBlob("folder/packed.gz", packed, packed.length);
		await container.uploadBlockBlob("described", "x", 1, { metadata: { planted: value } });
		const overwritten = container.getBlockBlobClient("overwritten");
		await overwritten.upload(value, value.length);
		await overwritten.createSnapshot();
		await overwritten.upload("x", 1);

		const queues = QueueServiceClient.fromConnectionString(connectionString);
		const texts = {
			"hub-plain": value,
			"hub-encoded": bytes(JSON.stringify({ input: `a${value}` })).toString("base64"),
			"hub-packed": packed.toString("base64"),
			"hub-empty": undefined,
		};
		for (const [name, text] of Object.entries(texts)) {
			await queues.createQueue(name);
			if (text !== undefined) await queues.getQueueClient(name).sendMessage(text);
		}

		const insecure = { allowInsecureConnection: true };
		for (const [name, column] of Object.entries({ HubHistory: value, HubBytes: bytes(value) })) {
			const table = TableClient.fromConnectionString(connectionString, name, insecure);
			await table.createTable();
			for (let n = 0; n < 3; n++)
				await table.createEntity({ partitionKey: "p", rowKey: `${n}`, column: n < 2 ? "" : column });
		}

		expect(await found()).toEqual([
			"blob_hub-large_described_as_listed",
			"blob_hub-large_folder_packed.gz",
			"blob_hub-large_overwritten",
			"blob_hub-large_plain",
			"bytes_of_HubBytes_column",
			"message_of_hub-encoded",
			"message_of_hub-encoded_out_of_base64",
			"message_of_hub-packed_out_of_base64",
			"message_of_hub-plain",
			"table_HubHistory",
		]);
		// To look takes no message away.
		for (const [name, text] of Object.entries(texts)) {
			const { receivedMessageItems } = await queues.getQueueClient(name).receiveMessages();
			expect(receivedMessageItems.map(({ messageText }) => messageText)).toEqual(text === undefined ? [] : [text]);
			expect(receivedMessageItems.map(({ dequeueCount }) => dequeueCount)).toEqual(text === undefined ? [] : [1]);
			await queues.deleteQueue(name);
		}
	});

	test("with a message that somebody holds is an error, not a pass", async () => {
		const queue = QueueServiceClient.fromConnectionString(storage.connectionString).getQueueClient("hub-held");
		await queue.create();
		await queue.sendMessage(value);
		await queue.receiveMessages({ visibilityTimeout: 600 });
		await expect(copied(1)).rejects.toThrow(/queue hub-held: .*it has 1 and shows 0/);
		await queue.delete();
	});

	test("that does not answer is an error", async () => {
		const gone = storage.connectionString.replaceAll(/127\.0\.0\.1:\d+/g, "127.0.0.1:1");
		await expect(copyOfAccount(gone, join(folder.path, "copy"))).rejects.toThrow("ECONNREFUSED");
	}, 120_000);
});

async function temporary(): Promise<AsyncDisposable & { readonly path: string }> {
	const path = await mkdtemp(join(tmpdir(), "titanic-leaks-"));
	return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true, maxRetries: 5 }) };
}
