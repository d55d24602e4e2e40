import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { auditVerify } from "../../src/cli/audit-verify.ts";
import { blobAuditLog } from "../../src/lib/adapters/blob/audit-log.ts";
import type { Entry } from "../../src/lib/domain/audit-entry.ts";
import { type Link, lineOf, recordOf, start } from "../../src/lib/domain/audit-record.ts";
import { called, type Environment, leastEnvironment, type Ran } from "../support/command.ts";
import { type Storage, startStorage } from "../support/storage.ts";

const command = fileURLToPath(new URL("../../src/cli/audit-verify.ts", import.meta.url));

/** The real command, with no more of this environment than a process needs. */
function asProcess(args: readonly string[], env: Environment): Promise<Ran> {
	const { promise, resolve } = Promise.withResolvers<Ran>();
	const options = { env: { ...leastEnvironment(), ...env } };
	const child = execFile(process.execPath, [command, ...args], options, (_, stdout, stderr) =>
		resolve({ code: child.exitCode, stdout, stderr }),
	);
	return promise;
}

const verify = (args: readonly string[], env?: Environment): Promise<Ran> => called(auditVerify, args, env);

const entry = (attempt: number, changes: Partial<Entry> = {}): Entry => ({
	rotationId: "db-password.00000000-0000-4000-8000-000000000001",
	step: "setSecret",
	phase: "intent",
	attempt: `${attempt}`,
	secretName: "db-password",
	actor: { kind: "timer" },
	...changes,
});

const lines = (() => {
	let previous: Link = start;
	return [1, 2, 3, 4, 5, 6].map((attempt) => {
		const record = recordOf(entry(attempt), { previous, time: new Date("2026-11-23T10:00:00Z") });
		previous = record.data;
		return lineOf(record);
	});
})();

describe("audit:verify over exported files", () => {
	let folder: string;
	beforeAll(async () => {
		folder = await mkdtemp(join(tmpdir(), "titanic-audit-"));
	});
	afterAll(() => rm(folder, { recursive: true, force: true }));

	async function exported(...files: string[][]): Promise<string[]> {
		const paths = files.map((_, at) => join(folder, `2026-${at + 10}.ndjson`));
		for (const [at, content] of files.entries()) await writeFile(paths[at] ?? "", content.join(""));
		return paths;
	}

	test("says of a whole log over two files what is in it, and what it cannot tell", async () => {
		const { code, stdout, stderr } = await verify(await exported(lines.slice(0, 3), lines.slice(3)));
		expect(stderr).toBe("");
		expect(code).toBe(3);
		expect(stdout).toMatch(/^Events +6$/m);
		expect(stdout).toMatch(/^Rotations +1$/m);
		expect(stdout).toMatch(/^Intents without outcome +6$/m);
		expect(stdout).toMatch(/^the chain is whole$/m);
		expect(stdout).toContain(
			"not checked: whether records after the log's start and after the last one here were cut off.",
		);
		expect(stdout).not.toContain("\u001b");
	});

	test("takes files with the line ends of Windows", async () => {
		const files = await exported(lines.map((line) => line.replace("\n", "\r\n")));
		const { code, stdout } = await verify(files);
		expect({ code, stdout }).toMatchObject({ code: 3, stdout: expect.stringContaining("the chain is whole") });
	});

	test("says of an empty log that it has no record", async () => {
		const { code, stdout } = await verify(await exported([]));
		expect(code).toBe(3);
		expect(stdout).toContain("the log has no record");
		expect(stdout).not.toContain("whole");
	});

	const spoilt: Record<string, [string[], { flaw: string; seq: number; line: number }]> = {
		edited: [lines.with(2, (lines[2] ?? "").replace("timer", "other")), { flaw: "edited", seq: 3, line: 3 }],
		dropped: [lines.toSpliced(2, 1), { flaw: "missing", seq: 4, line: 3 }],
		inserted: [
			lines.toSpliced(
				3,
				0,
				lineOf(
					recordOf(entry(9), { previous: JSON.parse(lines[2] ?? "").data, time: new Date("2026-11-23T10:00:00Z") }),
				),
			),
			{ flaw: "inserted", seq: 4, line: 5 },
		],
		moved: [lines.with(2, lines[3] ?? "").with(3, lines[2] ?? ""), { flaw: "reordered", seq: 4, line: 3 }],
		repeated: [lines.toSpliced(4, 0, lines[3] ?? ""), { flaw: "duplicate", seq: 4, line: 5 }],
	};
	test.each(Object.entries(spoilt))("finds and names a record that was %s", async (_, [content, found]) => {
		const [file = ""] = await exported(content);
		const plain = await verify([file]);
		expect(plain.code).toBe(1);
		expect(plain.stdout).toContain(`the chain is broken: ${found.flaw}`);
		expect(plain.stdout).toContain(`Record ${found.seq} (${file}, line ${found.line}, id `);
		expect(plain.stdout).not.toContain("whole");
		const { code, stdout } = await verify(["--json", file]);
		expect(code).toBe(1);
		expect(JSON.parse(stdout)).toMatchObject({ whole: false, bad: { file, ...found } });
	});

	test("reads a folder as an exported container: its blobs by their links, its heads, and what lies beside", async () => {
		const container = join(folder, "container");
		await mkdir(join(container, "audit"), { recursive: true });
		await mkdir(join(container, "heads"), { recursive: true });
		let previous: Link = start;
		const linked = [1, 2, 3].map((attempt) => {
			const continuedIn = attempt === 2 ? "audit/2026-12.ndjson" : undefined;
			const record = recordOf(entry(attempt), { previous, time: new Date("2026-12-01T00:00:00Z"), continuedIn });
			previous = record.data;
			return lineOf(record);
		});
		await writeFile(join(container, "audit", "2026-11.ndjson"), linked.slice(0, 2).join(""));
		await writeFile(join(container, "audit", "2026-12.ndjson"), linked.slice(2).join(""));
		await writeFile(join(container, "audit", "2026-11_02.ndjson"), lines[1] ?? "");
		await writeFile(join(container, "audit", "0001-01.ndjson"), "x\n");
		await writeFile(join(container, "heads", "2026-12.ndjson"), "");
		for (const path of [container, join(container, "audit")]) {
			const { code, stdout } = await verify(["--json", path]);
			expect(code).toBe(3);
			const beside = [join(container, "audit", "0001-01.ndjson"), join(container, "audit", "2026-11_02.ndjson")];
			expect(JSON.parse(stdout)).toMatchObject({ whole: null, events: 3, beside });
		}
		await rm(join(container, "audit", "2026-11.ndjson"));
		await rm(join(container, "audit", "0001-01.ndjson"));
		const { code, stdout } = await verify(["--json", container]);
		expect({ code, json: JSON.parse(stdout) }).toMatchObject({ code: 1, json: { whole: false } });
	});

	test("says which file cannot be read, also as JSON, and exits 2", async () => {
		const missing = join(folder, "missing.ndjson");
		const { code, stdout, stderr } = await verify(["--json", ...(await exported(lines)), missing]);
		expect(code).toBe(2);
		expect(stderr).toContain(`${missing} cannot be read (ENOENT)`);
		expect(JSON.parse(stdout)).toMatchObject({ whole: null, problem: { code: "ENOENT" } });
	});
});

describe("audit:verify's arguments", () => {
	test.each<[string, string[], string]>([
		["nothing at all", [], "AUDIT_CONTAINER_URL"],
		["files and a container", ["a.ndjson", "--container", "https://a.example/audit"], "not both"],
		["a container without TLS", ["--container", "http://a.example/audit"], "https"],
		["an unknown option", ["--fix"], "--fix"],
	])("with %s the help is shown and the exit code is 2", async (_, args, text) => {
		const { code, stderr } = await verify(args);
		expect(code).toBe(2);
		expect(stderr).toContain(text);
		expect(stderr).toContain("Examples:");
	});

	test("--help shows examples and exits 0", async () => {
		const { code, stdout } = await verify(["--help"]);
		expect(code).toBe(0);
		expect(stdout).toContain("npm run audit:verify -- --container https://");
	});
});

describe("audit:verify over a container", () => {
	let storage: Storage;
	beforeAll(async () => {
		storage = await startStorage();
	});
	afterAll(async () => storage[Symbol.asyncDispose]());

	/** A log of four records over two months. */
	async function written() {
		const { url, client } = await storage.container();
		let month = 11;
		const clock = { now: () => new Date(`2026-${month}-23T10:00:00Z`) };
		const log = blobAuditLog({ containerUrl: url, credential: storage.credential, clock });
		await log.append(entry(1), entry(1, { phase: "outcome", code: "password-set" }));
		month = 12;
		await log.append(entry(2));
		await log.append(entry(3));
		return { url, client };
	}

	test("finds a log of two months whole, signed in as the managed identity, by the app's own setting", async () => {
		const { url } = await written();
		const { code, stdout, stderr } = await asProcess(["--json"], { ...storage.env, AUDIT_CONTAINER_URL: url });
		expect(stderr).toBe("");
		expect(code).toBe(3);
		const { openIntents, ...verdict } = JSON.parse(stdout);
		expect(verdict).toMatchObject({
			whole: null,
			verdict: "unchecked",
			events: 4,
			rotations: 1,
			last: "2026-12-23T10:00:00.000Z",
		});
		expect(openIntents).toHaveLength(2);
	});

	test("names the blob and the line of a record that was edited in place", async () => {
		const { url, client } = await written();
		const name = "audit/2026-12.ndjson";
		const content = (await client.getBlobClient(name).downloadToBuffer()).toString().replace("timer", "other");
		await client.getAppendBlobClient(name).create();
		await client.getAppendBlobClient(name).appendBlock(content, content.length);
		const { code, stdout } = await asProcess(["--container", url], storage.env);
		expect(code).toBe(1);
		expect(stdout).toMatch(
			/^Record 4 \(audit\/2026-12.ndjson, line 1, id \w{64}\): its content does not have its hash\.$/m,
		);
	});

	test("finds a month's blob that was removed", async () => {
		const { url, client } = await written();
		await client.deleteBlob("audit/2026-11.ndjson");
		const { code, stdout } = await asProcess(["--container", url], storage.env);
		expect(code).toBe(1);
		expect(stdout).toContain("records 1 to 3 are missing before it");
	});

	test("says in one line that a container cannot be read, without a stack or a token, and exits 2", async () => {
		const { url, client } = await storage.container();
		await client.delete();
		const { code, stdout, stderr } = await asProcess(["--container", url], storage.env);
		expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
		expect(stderr).toContain(`The audit log ${url} cannot be written or read (HTTP 404 ContainerNotFound).`);
		expect(stderr.trimEnd()).not.toContain("\n");
	});
});
