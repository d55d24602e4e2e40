// Every command, whatever it is given: an exit code that is documented, one sentence, never a stack. As a process of its own
// where that is what is tested; what it makes of its arguments and files is the same in this one, and told in milliseconds.

import { constants } from "node:buffer";
import { execFile, spawn } from "node:child_process";
import { chmod, mkdir, mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { auditVerify } from "../../src/cli/audit-verify.ts";
import { configCheck } from "../../src/cli/config-check.ts";
import { configDocs } from "../../src/cli/config-docs.ts";
import { postgresSetup } from "../../src/cli/postgres-setup.ts";
import { lineOf, recordOf, start } from "../../src/lib/domain/audit-record.ts";
import { called, type Environment, leastEnvironment, type Ran } from "../support/command.ts";

const commandOf = (name: Command) => fileURLToPath(new URL(`../../src/cli/${name}.ts`, import.meta.url));
const mains = {
	"config-check": configCheck,
	"config-docs": configDocs,
	"audit-verify": auditVerify,
	"postgres-setup": postgresSetup,
};
type Command = keyof typeof mains;

function ran(name: Command, args: readonly string[], env: Environment = {}): Promise<Ran> {
	const { promise, resolve } = Promise.withResolvers<Ran>();
	const options = { env: { ...leastEnvironment(), ...env }, maxBuffer: 64 * 1024 * 1024 };
	const child = execFile(process.execPath, [commandOf(name), ...args], options, (_, stdout, stderr) =>
		resolve({ code: child.exitCode, stdout, stderr }),
	);
	return promise;
}

const noStack = ({ stdout, stderr }: Ran) => {
	expect(`${stdout}${stderr}`).not.toMatch(/\n {4}at |node:internal|Error: .*\n/);
};

let folder: string;
/** What somebody may name, by what it is. */
let given: Record<string, string>;
beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "titanic-commands-"));
	const at = (name: string) => join(folder, name);
	given = {
		"a folder without files": at("nothing"),
		"what is not there": at("missing"),
		"what is below a file": at("empty.ndjson/x"),
		"an empty file": at("empty.ndjson"),
		"a binary file": at("binary.ndjson"),
		"a file of zeros that is longer than any string": at("huge.ndjson"),
		"a device": "/dev/zero",
		"a file that may not be read": at("locked.ndjson"),
		"a name that no file system takes": "x".repeat(5000),
		"a name with a NUL": "a\0b",
		"JSON that is something else": at("other.json"),
		"a list of nothing": at("nulls.json"),
		"text that is nested deeply": at("deep.json"),
	};
	await mkdir(given["a folder without files"]!);
	await writeFile(given["an empty file"]!, "");
	await writeFile(given["a binary file"]!, Buffer.from(Array.from({ length: 70_000 }, (_, at) => at % 251)));
	await writeFile(given["a file of zeros that is longer than any string"]!, "");
	await truncate(given["a file of zeros that is longer than any string"]!, constants.MAX_STRING_LENGTH + 1);
	await writeFile(given["a file that may not be read"]!, "x");
	await chmod(given["a file that may not be read"]!, 0);
	await writeFile(given["JSON that is something else"]!, '{"keys": 7, "tables": [null, {"columns": 1, "rows": {}}]}');
	await writeFile(given["a list of nothing"]!, "[null, 1, [], {}]");
	await writeFile(given["text that is nested deeply"]!, "[".repeat(50_000));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const kinds = [
	"a folder without files",
	"what is not there",
	"what is below a file",
	"an empty file",
	"a binary file",
	"a file of zeros that is longer than any string",
	"a device",
	"a file that may not be read",
	"a name that no file system takes",
	"JSON that is something else",
	"a list of nothing",
	"text that is nested deeply",
];
const commands: Record<string, (path: string) => readonly [Command, string[]]> = {
	"config:check": (path) => ["config-check", [path]],
	"postgres:setup": (path) => ["postgres-setup", [path]],
	"audit:verify": (path) => ["audit-verify", [path]],
	"audit:verify --json": (path) => ["audit-verify", ["--json", path]],
	"audit:verify --key": (path) => ["audit-verify", ["--key", path, join(folder, "empty.ndjson")]],
	"audit:verify --heads": (path) => ["audit-verify", ["--heads", path, join(folder, "empty.ndjson")]],
	"audit:verify --copy": (path) => ["audit-verify", ["--copy", path, join(folder, "empty.ndjson")]],
};

/** Nobody reads a log or a configuration out of these: nothing is wrong with them, or it is said what. */
function saysWhatIsWrong(result: Ran): void {
	noStack(result);
	expect([1, 2, 3]).toContain(result.code);
	expect(result.stderr + result.stdout).not.toBe("");
	if (result.code === 2) expect(result.stderr).toMatch(/^[^\n]+\.\n$/);
}

describe.each(Object.entries(commands))("%s", (_, argumentsFor) => {
	test.each(kinds)(
		"given %s ends with a code and a sentence",
		async (kind) => {
			const [name, args] = argumentsFor(given[kind]!);
			saysWhatIsWrong(await called(mains[name], args));
		},
		120_000,
	);

	test.each(["a binary file", "what is not there"])(
		"as a process of its own, given %s, it ends the same",
		async (kind) => {
			const [name, args] = argumentsFor(given[kind]!);
			const result = await ran(name, args);
			saysWhatIsWrong(result);
			expect(result).toEqual(await called(mains[name], args));
		},
		120_000,
	);
});

const wrong: [Command, string[]][] = [
	["config-check", []],
	["config-check", ["a", "b"]],
	["config-check", ["--fix", "a"]],
	["config-check", ["--json=yes", "a"]],
	["postgres-setup", []],
	["postgres-setup", ["--fix", "a"]],
	["postgres-setup", ["--for", "13", "a"]],
	["postgres-setup", ["--object-id", "a", "a"]],
	["config-docs", ["--fix"]],
	["config-docs", ["a"]],
	["audit-verify", ["--fix"]],
	["audit-verify", ["--key"]],
	["audit-verify", ["--container"]],
	["audit-verify", ["--container", ""]],
	["audit-verify", ["--container", "https://"]],
	["audit-verify", ["--container", "no address"]],
	["audit-verify", ["--container", "file:///etc/passwd"]],
	["audit-verify", ["--container", "https://titanicaudit.blob.core.windows.net"]],
	["audit-verify", ["--container", "https://titanicaudit.blob.core.windows.net/"]],
	["audit-verify", ["--container", "https://titanicaudit.blob.core.windows.net/audit/audit/2026-11.ndjson"]],
	["audit-verify", ["--container", "https://titanicaudit.blob.core.windows.net/audit?sv=2024&sig=c2VjcmV0"]],
	["audit-verify", ["--container", "https://user:c2VjcmV0@titanicaudit.blob.core.windows.net/audit"]],
	["audit-verify", ["--heads", "https://titanicaudit.blob.core.windows.net/audit", "a"]],
	["audit-verify", ["--log", "audit", "a"]],
	["audit-verify", ["--table", "a | b", "a"]],
	["audit-verify", ["--copy", "", "a"]],
	["audit-verify", ["https://titanicaudit.blob.core.windows.net/audit"]],
];
test.each(wrong)("%s with the arguments %j exits 2 and shows no secret", async (name, args) => {
	const result = await called(mains[name], args);
	noStack(result);
	expect(result).toMatchObject({ code: 2, stdout: "" });
	expect(result.stderr).not.toContain("c2VjcmV0");
});

test.each([["https://127.0.0.1:1/audit"], ["https://127.0.0.1:1/v1/workspaces/0a1b2c3d-0000-4000-8000-00000000abcd"]])(
	"audit:verify without a network says so, with %s as the second store",
	async (address) => {
		const identity = { IDENTITY_ENDPOINT: "http://127.0.0.1:1/msi", IDENTITY_HEADER: "x" };
		const result = await ran("audit-verify", ["--copy", address, join(folder, "empty.ndjson")], identity);
		noStack(result);
		expect(result.code).toBe(3);
		expect(result.stdout).toContain("not checked: the second store: The app's identity gets no token");
		const log = await ran("audit-verify", ["--container", "https://127.0.0.1:1/audit"], identity);
		noStack(log);
		expect(log).toMatchObject({ code: 2, stdout: "" });
		expect(log.stderr).toMatch(/^[^\n]+\.\n$/);
	},
	120_000,
);

test("a reader that goes away in the middle is no failure, and does not change what was found", async () => {
	const file = join(folder, "long.ndjson");
	let previous = start;
	const lines = Array.from({ length: 3_000 }, (_, at) => {
		const entry = {
			rotationId: `db-password.00000000-0000-4000-8000-${String(at).padStart(12, "0")}`,
			step: "setSecret",
			phase: "intent",
			attempt: `${at}`,
			secretName: "db-password",
			actor: { kind: "timer" },
		} as const;
		const record = recordOf(entry, { previous, time: new Date("2026-11-23T10:00:00Z") });
		previous = record.data;
		return lineOf(record);
	});
	await writeFile(file, lines.join(""));
	const child = spawn(process.execPath, [commandOf("audit-verify"), file], { env: leastEnvironment() });
	child.stdout.once("data", () => child.stdout.destroy());
	let stderr = "";
	child.stderr.on("data", (text) => (stderr += text));
	const code = await new Promise((resolve) => child.once("close", resolve));
	expect({ code, stderr }).toEqual({ code: 3, stderr: "" });
});

test.each(["config-check", "config-docs", "audit-verify", "postgres-setup"] as const)(
	"as a process of its own %s --help exits 0, and 2 with arguments that it does not have",
	async (name) => {
		expect(await ran(name, ["--help"])).toMatchObject({ code: 0, stderr: "" });
		const wrong = await ran(name, ["--no-such"]);
		noStack(wrong);
		expect(wrong).toMatchObject({ code: 2, stdout: "" });
	},
);
