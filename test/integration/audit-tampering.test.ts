// Somebody tampers with a real log on Azurite, and audit:verify says what was done to it.

import { createPublicKey, generateKeyPairSync, sign } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ContainerClient } from "@azure/storage-blob";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { startLogsQuery } from "../../local/logs-query/index.ts";
import { startVault, type Vault } from "../../packages/key-vault/index.ts";
import { selfSigned } from "../../packages/loopback/index.ts";
import { auditVerify } from "../../src/cli/audit-verify.ts";
import { blobAuditLog } from "../../src/lib/adapters/blob/audit-log.ts";
import { blobHeadStore } from "../../src/lib/adapters/blob/heads.ts";
import { keyVaultSigner } from "../../src/lib/adapters/key-vault/signer.ts";
import type { Entry } from "../../src/lib/domain/audit-entry.ts";
import { canonical, type Link, lineOf, recordOf, start } from "../../src/lib/domain/audit-record.ts";
import { lineOfHead, signedHead } from "../../src/lib/domain/signed-head.ts";
import type { HeadSigner } from "../../src/lib/ports/audit-head.ts";
import { called, type Environment, type Ran } from "../support/command.ts";
import { type Storage, startStorage } from "../support/storage.ts";

const [october, november] = ["audit/2026-10.ndjson", "audit/2026-11.ndjson"];
const heads = ["heads/2026-10.ndjson", "heads/2026-11.ndjson"];

const entry = (attempt: number, changes: Partial<Entry> = {}): Entry => ({
	rotationId: `db-password.00000000-0000-4000-8000-00000000000${attempt % 2}`,
	step: "setSecret",
	phase: "intent",
	attempt: `${attempt}`,
	secretName: attempt % 2 ? "db-password" : "api-password",
	actor: { kind: "timer" },
	...changes,
});

let storage: Storage;
let vault: Vault;
let folder: string;
let keyUrl: string;
beforeAll(async () => {
	storage = await startStorage();
	vault = await startVault({ identity: storage.identity, name: "titanic-kv" });
	const { objectId } = storage.app;
	vault.owner.createKey("audit-head");
	vault.grant({ objectId, actions: ["Microsoft.KeyVault/vaults/keys/sign/action"] });
	keyUrl = `${vault.url}/keys/audit-head`;
	folder = await mkdtemp(join(tmpdir(), "titanic-tampering-"));
});
afterAll(async () => {
	await rm(folder, { recursive: true, force: true });
	await vault[Symbol.asyncDispose]();
	await storage[Symbol.asyncDispose]();
});

interface Log {
	readonly url: string;
	readonly client: ContainerClient;
	readonly copy: { readonly url: string; readonly client: ContainerClient };
	/** Signs the head as it is now, and keeps it beside the log and in the second store. */
	signHead(signer?: HeadSigner): Promise<void>;
	append(...attempts: number[]): Promise<void>;
}

/** Six records over two months, signed after the third and after the last one. */
async function signedLog(): Promise<Log> {
	const [{ url, client }, copy] = await Promise.all([storage.container(), storage.container()]);
	let time = new Date("2026-10-30T10:00:00Z");
	const { credential } = storage;
	const log = blobAuditLog({ containerUrl: url, credential, clock: { now: () => time } });
	const stores = [url, copy.url].map((containerUrl) => blobHeadStore({ containerUrl, credential }));
	const made: Log = {
		url,
		client,
		copy,
		append: async (...attempts) => {
			for (const attempt of attempts) await log.append(entry(attempt));
		},
		async signHead(signer = keyVaultSigner({ keyUrl, algorithm: "ES256", credential })) {
			const signed = await signedHead(signer, (await log.head())!, time);
			for (const store of stores) await store.append(signed);
		},
	};
	await made.append(1, 2, 3);
	await made.signHead();
	time = new Date("2026-11-02T10:00:00Z");
	await made.append(4, 5, 6);
	await made.signHead();
	return made;
}

const linesOf = async (client: ContainerClient, name: string): Promise<string[]> => {
	const content = (await client.getBlobClient(name).downloadToBuffer()).toString();
	return content.split("\n").slice(0, -1);
};

/** Azurite lets an append blob be written anew, as the owner of an account without a policy can. */
async function replace(client: ContainerClient, name: string, lines: readonly string[]): Promise<void> {
	const blob = client.getAppendBlobClient(name);
	await blob.create();
	const content = lines.map((line) => `${line}\n`).join("");
	if (content !== "") await blob.appendBlock(content, Buffer.byteLength(content));
}

type Change = (lines: string[]) => string[] | Promise<string[]>;

async function change(client: ContainerClient, name: string, how: Change): Promise<void> {
	await replace(client, name, await how(await linesOf(client, name)));
}

interface Said extends Ran {
	readonly json: {
		whole: boolean | null;
		verdict: string;
		bad?: { flaw: string; file: string; line: number; seq?: number; detail: string };
		events: number;
		rotations: number;
		openIntents: object[];
		heads: { heads: number; verified: number; latest?: object; flaws: object[] };
		notChecked: string[];
		records?: { data: { seq: number } }[];
	};
}

async function verify(args: readonly string[], env: Environment = {}): Promise<Said> {
	const said = await called(auditVerify, ["--json", ...args], { ...storage.env, ...env });
	return { ...said, json: JSON.parse(said.stdout || "{}") };
}

const publicKeyFile = async (): Promise<string> => {
	const file = join(folder, "audit-head.pem");
	const key = createPublicKey({ key: { ...vault.owner.keyVersions("audit-head").at(-1)?.jwk }, format: "jwk" });
	await writeFile(file, key.export({ type: "spki", format: "pem" }));
	return file;
};

const verifyLog = async ({ url, copy }: Log, ...args: string[]): Promise<Said> =>
	verify(["--container", url, "--copy", copy.url, "--key", await publicKeyFile(), ...args]);

test("an untouched log is whole, its signatures are good, and only what comes after the last signed head stays open", async () => {
	const { code, json } = await verifyLog(await signedLog());
	expect(json).toMatchObject({ whole: true, events: 6, heads: { heads: 4, verified: 4, latest: { seq: 6 } } });
	expect(json.notChecked).toEqual([
		"whether records after record 6, the last one that a signed head names and after the last one here were cut off.",
	]);
	expect(code).toBe(0);
});

test("heads out of order, twice, or of two signers at once are no flaw", async () => {
	const log = await signedLog();
	await Promise.all([log.signHead(), log.signHead()]);
	await change(log.client, heads[1]!, (lines) => [...lines.toReversed(), lines[0]!]);
	expect((await verifyLog(log)).json).toMatchObject({ whole: true, heads: { flaws: [] } });
});

const rewritten = async ({ client }: Log) => {
	let previous: Link = start;
	for (const [blob, attempts] of [
		[october, [1, 2, 3, 4]],
		[november, [5, 6]],
	] as const) {
		const lines = attempts.map((attempt) => {
			const changed = entry(attempt, { actor: { kind: "operator", id: "somebody-else" } });
			const continuedIn = attempt === 4 ? november : undefined;
			const record = recordOf(changed, { previous, time: new Date("2026-10-30T10:00:00Z"), continuedIn });
			previous = record.data;
			return lineOf(record).trimEnd();
		});
		await replace(client, blob, lines);
	}
};

// The month's first record is the last one in the blob before: october has records 1 to 4, november 5 and 6.
const tamperings: Record<
	string,
	{ how: (log: Log) => Promise<void>; found: Partial<NonNullable<Said["json"]["bad"]>> }
> = {
	"an edited record": {
		how: ({ client }) => change(client, october, (lines) => lines.with(1, lines[1]!.replace("timer", "other"))),
		found: { flaw: "edited", file: october, line: 2, seq: 2 },
	},
	"an edited record that its blob begins with": {
		how: ({ client }) => change(client, november, (lines) => lines.with(0, lines[0]!.replace("timer", "other"))),
		found: { flaw: "edited", file: november, line: 1, seq: 5 },
	},
	"a first record that was edited, beside another beginning": {
		async how({ client }) {
			await change(client, october, (lines) => lines.with(0, lines[0]!.replace("timer", "other")));
			const put = recordOf(entry(9), { previous: start, time: new Date("2026-10-30T10:00:00Z") });
			await replace(client, "audit/0001-01.ndjson", [lineOf(put).trimEnd()]);
		},
		found: { flaw: "unlinked", file: october, line: 2, seq: 2 },
	},
	"a dropped record": {
		how: ({ client }) => change(client, october, (lines) => lines.toSpliced(1, 1)),
		found: { flaw: "missing", file: october, line: 2, seq: 3 },
	},
	"an inserted record": {
		how: ({ client }) =>
			change(client, october, (lines) => {
				const previous = JSON.parse(lines[0]!).data;
				const put = recordOf(entry(9), { previous, time: new Date("2026-10-30T10:00:00Z") });
				return lines.toSpliced(1, 0, lineOf(put).trimEnd());
			}),
		found: { flaw: "inserted", file: october, line: 3, seq: 2 },
	},
	"two records that changed places": {
		how: ({ client }) => change(client, october, ([a, b, ...rest]) => [b!, a!, ...rest]),
		found: { flaw: "reordered", file: october, line: 1, seq: 2 },
	},
	"a record that is there twice": {
		how: ({ client }) => change(client, november, (lines) => [...lines, lines.at(-1)!]),
		found: { flaw: "duplicate", file: november, line: 3, seq: 6 },
	},
	"two months that changed blobs": {
		async how({ client }) {
			const [one, other] = [await linesOf(client, october), await linesOf(client, november)];
			await replace(client, october, other);
			await replace(client, november, one);
		},
		found: { flaw: "reordered", file: october, line: 1, seq: 5 },
	},
	"a gap where the log went on in another blob": {
		how: ({ client }) => change(client, october, (lines) => lines.slice(0, -1)),
		found: { flaw: "missing", file: november, line: 1, seq: 5 },
	},
	"a month's blob that was removed": {
		how: async ({ client }) => void (await client.deleteBlob(october)),
		found: { flaw: "missing", file: november, line: 1, seq: 5 },
	},
	"a blob under another name than the record before it says": {
		async how({ client }) {
			await replace(client, "audit/2026-12.ndjson", await linesOf(client, november));
			await client.deleteBlob(november);
		},
		found: { flaw: "misplaced", file: "audit/2026-12.ndjson", line: 1, seq: 5 },
	},
	"an end that was cut off, its heads left": {
		how: ({ client }) => change(client, november, (lines) => lines.slice(0, -1)),
		found: { flaw: "truncated", file: heads[1], line: 1, seq: 6 },
	},
	"an end that was cut off together with its heads beside the log": {
		async how({ client }) {
			await change(client, november, (lines) => lines.slice(0, -1));
			await client.deleteBlob(heads[1]!);
		},
		found: { flaw: "truncated", file: heads[1], line: 1, seq: 6 },
	},
	"a log written anew, with all its hashes": {
		how: rewritten,
		found: { flaw: "rewritten", file: october, line: 3, seq: 3 },
	},
	"a head that another key signed": {
		async how(log) {
			const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
			// Signs twice hashed: whatever it is, our key did not make it.
			const signature = (digest: Uint8Array) => sign("sha256", digest, { key: privateKey, dsaEncoding: "ieee-p1363" });
			const version = vault.owner.keyVersions("audit-head").at(-1)?.version;
			await log.signHead({ sign: async (digest) => ({ signature: signature(digest), key: `${keyUrl}/${version}` }) });
		},
		found: { flaw: "forged", file: heads[1], line: 2, seq: 6 },
	},
	"a head whose statement was changed": {
		how: ({ client }) => change(client, heads[1]!, ([line]) => [line!.replace('"seq":6', '"seq":5')]),
		found: { flaw: "forged", file: heads[1], line: 1, seq: 5 },
	},
	"a head of another log": {
		async how({ client }) {
			const signer = keyVaultSigner({ keyUrl, algorithm: "ES256", credential: storage.credential });
			const other = { log: "https://other.example/audit", seq: 6, hash: "0".repeat(64) };
			const line = lineOfHead(await signedHead(signer, other, new Date("2026-11-03T10:00:00Z"))).trimEnd();
			await change(client, heads[1]!, (lines) => [...lines, line]);
		},
		found: { flaw: "foreign-head", file: heads[1], line: 2, seq: 6 },
	},
};

describe("audit:verify on a live log finds and names", () => {
	test.each(Object.entries(tamperings))("%s", async (_, { how, found }) => {
		const log = await signedLog();
		await how(log);
		const { code, json } = await verifyLog(log);
		expect(json.bad).toMatchObject(found);
		expect({ code, whole: json.whole }).toEqual({ code: 1, whole: false });
	});
});

describe("audit:verify says what it could not check", () => {
	test("an end cut off in all three places cannot be noticed, and it says from where on", async () => {
		const log = await signedLog();
		await change(log.client, november, (lines) => lines.slice(0, -1));
		for (const client of [log.client, log.copy.client]) await client.deleteBlob(heads[1]!);
		const { code, json } = await verifyLog(log);
		expect({ code, whole: json.whole, events: json.events }).toEqual({ code: 0, whole: true, events: 5 });
		expect(json.notChecked.at(-1)).toContain("whether records after record 3, the last one that a signed head names");
	});

	test("without a key and a second store, by setting or option", async () => {
		const log = await signedLog();
		const { code, json } = await verify(["--container", log.url]);
		expect({ code, json }).toMatchObject({ code: 3, json: { whole: null, verdict: "unchecked" } });
		expect(json).toMatchObject({ heads: { heads: 2, verified: 0 } });
		const notChecked = json.notChecked.join("\n");
		expect(notChecked).toContain("the second store, because none is given");
		expect(notChecked).toContain("signatures: no key is given");
	});

	test("a second store that cannot be read", async () => {
		const log = await signedLog();
		await log.copy.client.delete();
		const { code, json } = await verifyLog(log);
		expect({ code, heads: json.heads }).toMatchObject({ code: 3, heads: { heads: 2, verified: 2 } });
		expect(json.notChecked[0]).toContain(`the second store: The store of signed heads ${log.copy.url} cannot be`);
	});

	test("without the right to read the key: the app itself may sign and not verify", async () => {
		const log = await signedLog();
		const settings = {
			AUDIT_CONTAINER_URL: log.url,
			AUDIT_COPY_CONTAINER_URL: log.copy.url,
			AUDIT_SIGNING_KEY_URL: keyUrl,
		};
		const { code, json } = await verify([], settings);
		expect({ code, verified: json.heads.verified }).toEqual({ code: 3, verified: 0 });
		expect(json.notChecked.join("\n")).toContain(`signatures: The public half of ${keyUrl} cannot be read`);
	});

	test("with that right, and the settings alone, all signatures are checked, of every version of the key", async () => {
		const log = await signedLog();
		vault.owner.createKey("audit-head");
		await log.signHead();
		const read = vault.grant({ objectId: storage.app.objectId, actions: ["Microsoft.KeyVault/vaults/keys/read"] });
		const settings = {
			AUDIT_CONTAINER_URL: log.url,
			AUDIT_COPY_CONTAINER_URL: log.copy.url,
			AUDIT_SIGNING_KEY_URL: keyUrl,
		};
		const { code, json, stderr } = await verify([], settings);
		read();
		expect(stderr).toBe("");
		expect({ code, heads: json.heads }).toMatchObject({ code: 0, heads: { heads: 6, verified: 6 } });
	});

	test("of exported files that begin in the middle: what came before them", async () => {
		const log = await signedLog();
		const [file, copy] = [join(folder, "2026-11.ndjson"), join(folder, "copy.json")];
		await writeFile(file, (await linesOf(log.client, november)).map((line) => `${line}\n`).join(""));
		const rows = (await linesOf(log.copy.client, heads[1]!)).map((line) => {
			const { head, key, jws } = JSON.parse(line);
			return { TimeGenerated: head.time, Log: head.log, Seq: `${head.seq}`, Hash: head.hash, Key: key, Jws: jws };
		});
		await writeFile(copy, JSON.stringify(rows));
		const { code, json } = await verify(["--key", await publicKeyFile(), "--copy", copy, file]);
		expect({ code, events: json.events, heads: json.heads }).toMatchObject({
			code: 3,
			events: 2,
			heads: { heads: 1, verified: 1, latest: { seq: 6 } },
		});
		expect(json.notChecked[0]).toBe("records 1 to 4 come before the first one that was given.");
	});
});

describe("audit:verify does not take for whole", () => {
	test("exported files without the heads that lay beside them", async () => {
		const log = await signedLog();
		const exported = await mkdtemp(join(folder, "exported-"));
		for (const [name, client] of [
			[october, log.client],
			[november, log.client],
			[heads[0], log.copy.client],
			[heads[1], log.copy.client],
		] as const) {
			const text = (await linesOf(client, name!)).map((line) => `${line}\n`).join("");
			await writeFile(join(exported, name!.replace("/", "-")), text);
		}
		const fileOf = (name: string) => join(exported, name.replace("/", "-"));
		const copies = heads.flatMap((name) => ["--copy", fileOf(name)]);
		const args = ["--key", await publicKeyFile(), ...copies, fileOf(october), fileOf(november)];
		const { code, json } = await verify(args);
		expect({ code, whole: json.whole, heads: json.heads }).toMatchObject({
			code: 3,
			whole: null,
			heads: { heads: 2, verified: 2 },
		});
		expect(json.notChecked).toContain("heads beside the log, because none are given (--heads).");
	});

	test("a log that was emptied together with its heads, without a copy: there is nothing to check", async () => {
		const log = await signedLog();
		for (const name of [october, november, ...heads]) await log.client.deleteBlob(name!);
		const { code, json } = await verify(["--container", log.url, "--key", await publicKeyFile()]);
		expect({ code, json }).toMatchObject({ code: 3, json: { whole: null, events: 0 } });
		expect(json.notChecked).toContain("the log: it has no record.");
	});

	test("a log that was emptied while any store has a head of it", async () => {
		const log = await signedLog();
		for (const name of [october, november, ...heads]) await log.client.deleteBlob(name!);
		const { code, json } = await verifyLog(log);
		expect({ code, bad: json.bad }).toMatchObject({ code: 1, bad: { flaw: "truncated", seq: 6 } });
	});

	test("a store that has heads of another log only", async () => {
		const [log, other] = [await signedLog(), await signedLog()];
		const { code, json } = await verifyLog({ ...log, copy: other.copy });
		expect({ code, whole: json.whole }).toEqual({ code: 3, whole: null });
		expect(json.notChecked).toContain("the second store: it has no signed head of this log.");
	});
});

test("the container's address counts as it is meant: with slashes at its end, or capitals in its host", async () => {
	const log = await signedLog();
	const key = await publicKeyFile();
	for (const address of [`${log.url}/`, `${log.url}//`, log.url.replace("https", "HTTPS")]) {
		const { code, json, stderr } = await verify(["--container", address, "--copy", `${log.copy.url}/`, "--key", key]);
		expect(stderr).toBe("");
		expect({ code, heads: json.heads }).toMatchObject({ code: 0, heads: { heads: 4, verified: 4 } });
	}
});

test("every key that is given counts: files and addresses, whichever signed", async () => {
	const log = await signedLog();
	const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
	const retired = join(folder, "retired.json");
	await writeFile(retired, JSON.stringify({ keys: [publicKey.export({ format: "jwk" })] }));
	const local = { dsaEncoding: "ieee-p1363", key: privateKey } as const;
	// Signs what the digest is of: the test knows it.
	const time = new Date("2026-11-02T10:00:00Z");
	const head = { log: log.url, seq: 6, hash: JSON.parse((await linesOf(log.client, november)).at(-1)!).data.hash };
	const statement = Buffer.from(canonical({ ...head, time: time.toISOString() })).toString("base64url");
	const header = Buffer.from(canonical({ alg: "ES256", typ: "audit-head+jws" })).toString("base64url");
	const signature = sign("sha256", Buffer.from(`${header}.${statement}`), local);
	await log.signHead({ sign: async () => ({ signature, key: "https://retired.example/keys/a/1" }) });
	vault.owner.createKey("audit-second");
	const read = vault.grant({ objectId: storage.app.objectId, actions: ["Microsoft.KeyVault/vaults/keys/read"] });
	const addresses = [`${vault.url}/keys/audit-second`, keyUrl].flatMap((url) => ["--key", url]);
	const common = ["--container", log.url, "--copy", log.copy.url];
	const all = await verify([...common, ...addresses, "--key", retired]);
	const without = await verify([...common, ...addresses]);
	read();
	expect({ code: all.code, heads: all.json.heads }).toMatchObject({ code: 0, heads: { heads: 6, verified: 6 } });
	expect(without.json).toMatchObject({ whole: false, bad: { flaw: "forged" } });
});

describe("a second store in Log Analytics", () => {
	async function world() {
		const log = await signedLog();
		const tls = await selfSigned();
		const ca = join(folder, `ca-${log.url.slice(-8)}.pem`);
		await writeFile(ca, `${await readFile(storage.env.NODE_EXTRA_CA_CERTS!, "utf8")}\n${tls.cert}`);
		const rows = (await Promise.all(heads.map((name) => linesOf(log.copy.client, name!)))).flat().map((line) => {
			const { head, key, jws } = JSON.parse(line);
			return { TimeGenerated: head.time, Log: head.log, Seq: head.seq, Hash: head.hash, Key: key, Jws: jws };
		});
		const all = [...rows, { ...rows[0]!, Log: "https://other.example/audit" }];
		const logs = await startLogsQuery({ identity: storage.identity, tls, table: "AuditHeads_CL", rows: all });
		const revoke = logs.grant(storage.app.objectId);
		const args = ["--container", log.url, "--copy", logs.workspaceUrl, "--key", await publicKeyFile()];
		const ask = (...more: string[]) => verify([...args, ...more], { NODE_EXTRA_CA_CERTS: ca });
		return { log, logs, rows, revoke, ask, [Symbol.asyncDispose]: () => logs[Symbol.asyncDispose]() as Promise<void> };
	}

	test("is read, this log's heads alone, and finds an end that was cut off together with the heads beside it", async () => {
		await using made = await world();
		const { code, json, stderr } = await made.ask();
		expect(stderr).toBe("");
		expect({ code, heads: json.heads }).toMatchObject({ code: 0, heads: { heads: 4, verified: 4 } });
		await change(made.log.client, november, (lines) => lines.slice(0, -1));
		await made.log.client.deleteBlob(heads[1]!);
		expect((await made.ask()).json).toMatchObject({ whole: false, bad: { flaw: "truncated", seq: 6 } });
	});

	const unread: Record<string, (made: Awaited<ReturnType<typeof world>>) => Promise<Said> | Said> = {
		"without the right to read it": ({ revoke, ask }) => {
			revoke();
			return ask();
		},
		"of another table": ({ ask }) => ask("--table", "Other_CL"),
		"that answers with a part": ({ logs, ask }) => {
			logs.cutShort = true;
			return ask();
		},
		"that is down": ({ logs, ask }) => {
			logs.faults.inject({ cut: "before", times: Number.POSITIVE_INFINITY });
			return ask();
		},
	};
	test.each(Object.entries(unread))("%s is not checked, which is said", async (_, how) => {
		await using made = await world();
		const { code, json } = await how(made);
		expect({ code, whole: json.whole }).toEqual({ code: 3, whole: null });
		expect(json.notChecked[0]).toMatch(/^the second store: .*AuditHeads_CL|^the second store: .*Other_CL/);
	});

	interface Row {
		readonly TimeGenerated: string;
		readonly [column: string]: string | number;
	}
	const quoted = (cells: readonly (string | number)[]) => cells.map((cell) => `"${cell}"`).join(",");
	const forms: Record<string, (rows: readonly Row[], names: readonly string[]) => string> = {
		"JSON of the command line": (rows) =>
			JSON.stringify(rows.map((row) => ({ ...row, Seq: `${row.Seq}`, TableName: "PrimaryResult" }))),
		"JSON of the API": (rows, names) =>
			JSON.stringify({ tables: [{ columns: names.map((name) => ({ name })), rows: rows.map(Object.values) }] }),
		"a row a line": (rows) => rows.map((row) => `${JSON.stringify(row)}\n`).join(""),
		CSV: (rows, names) =>
			`\ufeff${names.join(",")}\r\n${rows.map((row) => `${quoted(Object.values(row))}\r\n`).join("")}`,
		"CSV of the portal": (rows, names) => {
			const lines = rows.map(({ TimeGenerated, ...row }) =>
				quoted([TimeGenerated.replace("T", " ").replace("Z", ""), ...Object.values(row)]),
			);
			return `${names.join(",").replace("TimeGenerated", '"TimeGenerated [UTC]"')}\n${lines.join("\n")}\n`;
		},
	};
	test.each(Object.entries(forms))("is taken as it was exported, too: %s", async (_, form) => {
		await using made = await world();
		const file = join(folder, "exported");
		await writeFile(file, form(made.rows, Object.keys(made.rows[0]!)));
		const key = await publicKeyFile();
		const { code, json } = await verify(["--container", made.log.url, "--copy", file, "--key", key]);
		expect({ code, heads: json.heads }).toMatchObject({ code: 0, heads: { heads: 4, verified: 4 } });
	});
});

describe("a second store that several logs share", () => {
	test("is read for this log alone", async () => {
		const [log, other] = [await signedLog(), await signedLog()];
		await change(log.copy.client, heads[1]!, async (lines) => [
			...(await linesOf(other.copy.client, heads[1]!)),
			...lines,
		]);
		const { code, json } = await verifyLog(log);
		expect({ code, heads: json.heads }).toMatchObject({ code: 0, heads: { heads: 4, verified: 4, flaws: [] } });
	});

	test("is read for exported files once it is said which log they are of", async () => {
		const [log, other] = [await signedLog(), await signedLog()];
		const files = [october, november].map((name) => join(folder, name.replace("audit/", "shared-")));
		for (const [at, name] of [october, november].entries()) {
			const lines = (await linesOf(log.client, name)).slice(0, at === 1 ? -1 : undefined);
			await writeFile(files[at]!, lines.map((line) => `${line}\n`).join(""));
		}
		const copy = join(folder, "shared.ndjson");
		const both = [await linesOf(other.copy.client, heads[1]!), await linesOf(log.copy.client, heads[1]!)].flat();
		await writeFile(copy, both.map((line) => `${line}\n`).join(""));
		const args = ["--key", await publicKeyFile(), "--copy", copy];
		const unnamed = await verify([...args, ...files]);
		expect(unnamed.json.notChecked.join("\n")).toContain("they are of several logs; give the one with --log");
		const { code, json } = await verify([...args, "--log", log.url, ...files]);
		expect({ code, bad: json.bad }).toMatchObject({ code: 1, bad: { flaw: "truncated", file: copy, line: 2, seq: 6 } });
	});
});

describe("audit:verify with a filter", () => {
	test("verifies all and tells of what was asked for", async () => {
		const log = await signedLog();
		const { json } = await verifyLog(log, "--secret", "db-password", "--from", "2026-11-01");
		expect(json).toMatchObject({ whole: true, events: 6, rotations: 1 });
		expect(json.records?.map(({ data }) => data.seq)).toEqual([5]);
		expect(json.openIntents).toHaveLength(1);
	});

	test("finds what was done to records that it does not tell of", async () => {
		const log = await signedLog();
		await tamperings["an edited record"]!.how(log);
		expect((await verifyLog(log, "--secret", "db-password", "--from", "2026-11-01")).code).toBe(1);
	});

	test.each(["yesterday", "2026-13-01"])("refuses %s for a time", async (time) => {
		expect(await verify(["--from", time, "a.ndjson"])).toMatchObject({ code: 2, stdout: "" });
	});
});
