// The doctor's command: what it finds on this machine, what the app has found, and how both are shown.

import { createServer } from "node:http";
import { expect, test } from "@jest/globals";
import { close, listen } from "../../../packages/loopback/index.ts";
import type { Diagnosis } from "../../../src/cli/rotator/answers.ts";
import { problem, startApp } from "./support/app.ts";
import { type Given, ran, startOfTime } from "./support/terminal.ts";

type Handles = Parameters<typeof startApp>[0];

const scope = "api://00000000-0000-4000-8000-000000000001/.default";
const claims = {
	aud: "00000000-0000-4000-8000-000000000001",
	tid: "00000000-0000-4000-8000-000000000002",
	exp: startOfTime.getTime() / 1000 + 3_600,
	roles: ["Rotation.Operate"],
	name: "Edward Smith",
};
const tokenOf = (changes: object = {}) =>
	["{}", JSON.stringify({ ...claims, ...changes }), "signature"]
		.map((part) => Buffer.from(part).toString("base64url"))
		.join(".");

const command = `az role assignment create --role "Secret rotator <name>: managed" --scope "$(az keyvault show --name kv --query id)"/secrets/db-password`;
const sql = 'DO $setup$ BEGIN CREATE ROLE "x" LOGIN; END $setup$;';
const healthy: Diagnosis = {
	...{ at: startOfTime.toISOString(), version: "0.1.0", counts: { ok: 3, missing: 0, unknown: 1 } },
	app: [{ system: "Audit log", rights: [{ right: "blobs/read", result: "ok" }] }],
	secrets: [
		{
			secret: "db-password",
			systems: [
				{
					system: "Key Vault main",
					rights: [
						{ right: "getSecret db-password", result: "ok" },
						{ right: "getSecret db-password-pending", result: "ok" },
						{ right: "setSecret db-password", result: "unknown", says: "It is not asked.", next: "az role list" },
					],
				},
			],
		},
	],
};
const broken: Diagnosis = {
	...healthy,
	counts: { ok: 1, missing: 2, unknown: 0 },
	secrets: [
		{
			secret: "db-password",
			systems: [
				{
					system: "Key Vault main",
					rights: [
						{
							right: "getSecret db-password",
							result: "missing",
							code: "vault-forbidden",
							says: "Needed.",
							next: command,
						},
						{ right: "Role x exists.", result: "missing", code: "role-not-permitted", next: sql },
						{ right: "Role x may signal.", result: "missing", optional: true },
					],
				},
			],
		},
	],
};

const explained = { code: "rotation-running", kind: "fault", means: "It runs.", next: "Wait." };

async function asked(found: Diagnosis | ReturnType<typeof problem>, args: readonly string[] = [], given: Given = {}) {
	const handles: Handles = {
		showCode: () => ({ status: 200, body: explained, headers: { date: startOfTime.toUTCString() } }),
		askDoctor: () => ("status" in found ? found : { status: 200, body: found }),
	};
	await using app = await startApp(handles);
	const env = { ROTATOR_URL: app.url, ROTATOR_SCOPE: scope, ROTATOR_TOKEN: tokenOf(), ...given.env };
	const result = await ran(["doctor", ...args], { ...given, env });
	return { ...result, asked: app.asked };
}

test("nothing is missing: 0, what is right is counted, what is unknown says why", async () => {
	const { code, stdout, stderr } = await asked(healthy);
	expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
	expect(stdout).toContain(
		"db-password\n  Key Vault main\n    ✓ 2 in place\n    ○ unknown: setSecret db-password\n      It is not asked.\n",
	);
	expect(stdout).not.toContain("az role list");
	expect(stdout.trimEnd().split("\n").at(-1)).toBe("10 in place, 0 missing, 1 unknown.");
});

test("--all tells what is right by name, and how to find out what is unknown; --secret asks for one", async () => {
	const { stdout, asked: calls } = await asked(healthy, ["--all", "--secret", "db-password"]);
	expect(stdout).toContain("    ✓ getSecret db-password-pending\n");
	expect(stdout).toContain("\n      az role list\n");
	expect(calls.at(-1)).toMatchObject({ id: "askDoctor", body: { secret: "db-password" }, token: tokenOf() });
});

test("many rights that cannot be asked are one line of a system; --all lists them", async () => {
	const [one] = healthy.secrets;
	const says = "It cannot be asked without doing it.";
	const rights = ["set a", "update a", "recover a"].map((right) => ({
		...{ right, result: "unknown" as const, says, next: "az role assignment list --assignee x" },
	}));
	const silent = { right: "get a", result: "unknown" as const, code: "vault-throttled", says: "It is throttling." };
	const systems = [{ system: "Key Vault main", rights: [...rights, silent] }];
	const { stdout } = await asked({ ...healthy, secrets: [{ ...one!, systems }] });
	expect(stdout).toContain("    ○ unknown: get a\n      It is throttling. (vault-throttled)\n    ○ 3 unknown: ");
	expect(stdout).not.toContain("recover a");
	expect((await asked({ ...healthy, secrets: [{ ...one!, systems }] }, ["--all"])).stdout).toContain(
		"unknown: recover a",
	);
});

test.each([80, 160])(
	"what is missing is 1, and its command is one line of a terminal of %d columns",
	async (columns) => {
		const { code, stdout } = await asked(broken, [], { columns, env: { NO_COLOR: "1" } });
		expect(code).toBe(1);
		expect(stdout).toContain(`\n      ${command}\n`);
		expect(stdout).toContain(`\n      ${sql}\n`);
		const others = stdout.split("\n").filter((line) => !/^ {6}(az|DO) /.test(line));
		expect(Math.max(...others.map((line) => line.length))).toBeLessThanOrEqual(columns);
	},
);

test("JSON is the app's answer with what was found here; a line for each right", async () => {
	const json = JSON.parse((await asked(broken, ["-o", "json"])).stdout);
	expect(json).toMatchObject({ ...broken, here: expect.arrayContaining([expect.objectContaining({ result: "ok" })]) });
	const lines = (await asked(broken, ["-o", "ndjson"])).stdout
		.trimEnd()
		.split("\n")
		.map((line) => JSON.parse(line));
	expect(lines).toContainEqual(
		expect.objectContaining({ of: "db-password", system: "Key Vault main", optional: true }),
	);
});

test.each([
	["has expired", { exp: startOfTime.getTime() / 1000 - 60 }, "The token is valid."],
	["is for another app", { aud: "00000000-0000-4000-8000-00000000000f" }, "The token is for api://"],
	["has too little a role", { roles: ["Rotation.Read"] }, "The token has the app role Rotation.Operate."],
	["has no role", { roles: undefined }, "The token has the app role Rotation.Operate."],
])("a token that %s is told, and what to do, without anything else of it", async (_, changes, right) => {
	const env = { ROTATOR_TOKEN: tokenOf(changes) };
	const { code, stdout, stderr } = await asked(problem(401, "token-invalid"), [], { env });
	expect(code).toBe(4);
	expect(stdout).toContain(`✗ missing: ${right}`);
	expect(`${stdout}${stderr}`).not.toContain("Edward");
	expect(`${stdout}${stderr}`).not.toContain(tokenOf(changes).split(".")[1]!.slice(0, 20));
});

test("a token of another tenant than ROTATOR_TENANT, and one that is none", async () => {
	const env = { ROTATOR_TENANT: "00000000-0000-4000-8000-00000000000e" };
	expect((await asked(healthy, [], { env })).stdout).toContain(
		"az login --tenant 00000000-0000-4000-8000-00000000000e",
	);
	const { stdout } = await asked(problem(401, "token-invalid"), [], { env: { ROTATOR_TOKEN: "a.b.c" } });
	expect(stdout).toContain("It is no JWT.");
});

test("nobody is signed in: 4, and what was found of the reach is told all the same", async () => {
	const { code, stdout, asked: calls } = await asked(healthy, [], { env: { ROTATOR_TOKEN: "" } });
	expect(code).toBe(4);
	expect(stdout).toContain("✗ missing: There is a token.");
	expect(stdout).toContain("az login --scope");
	expect(calls.map(({ id }) => id)).toEqual(["showCode"]);
});

test("an app of another version is told, and is no reason to fail", async () => {
	const { code, stdout } = await asked({ ...healthy, version: "0.9.0" });
	expect(code).toBe(0);
	expect(stdout).toContain("missing, optional: This command is of the app's version, 0.9.0.");
});

test("a clock that is wrong is told", async () => {
	const date = new Date(startOfTime.getTime() + 600_000).toUTCString();
	await using app = await startApp({
		showCode: () => ({ status: 200, body: explained, headers: { date } }),
		askDoctor: () => ({ status: 200, body: healthy }),
	});
	const { code, stdout } = await ran(["doctor"], { env: { ROTATOR_URL: app.url, ROTATOR_TOKEN: tokenOf() } });
	expect(code).toBe(1);
	expect(stdout).toContain("It is 600 s behind the app's side, and tokens are refused for that.");
});

test.each([
	["http://127.0.0.1:2", "Nothing listens there (ECONNREFUSED)."],
	["https://nowhere.invalid", "Its name is not known to DNS"],
])("an app that is not there is 5, with the reason in words: %s", async (url, says) => {
	const { code, stdout } = await ran(["doctor"], { env: { ROTATOR_URL: url, ROTATOR_TOKEN: tokenOf() } });
	expect(code).toBe(5);
	expect(stdout).toContain(says);
});

test("something else than the app is told, and is sent no token", async () => {
	const seen: (string | undefined)[] = [];
	const server = createServer((request, response) => {
		seen.push(request.headers.authorization);
		response.end("<html>sign in</html>");
	});
	const url = await listen(server);
	try {
		const { code, stdout } = await ran(["doctor"], { env: { ROTATOR_URL: url, ROTATOR_TOKEN: tokenOf() } });
		expect(code).toBe(5);
		expect(stdout).toContain("and not as this app does");
		expect(seen).toEqual([undefined]);
	} finally {
		await close(server);
	}
});

test("what the app says cannot steer the terminal", async () => {
	const [{ system, rights }] = healthy.app as [Diagnosis["app"][0]];
	const evil = {
		...healthy,
		app: [{ system, rights: [...rights, { right: "\u001b[2Jx", result: "missing" as const, next: "az \u001b[1A" }] }],
	};
	expect((await asked(evil)).stdout).not.toContain("\u001b");
});
