// Where the token comes from, with executables called az and azd on the PATH that do as the real ones do.

import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { azIn } from "../../../src/cli/rotator/sign-in/command-line.ts";
import { entraError, entraErrors } from "../../../src/cli/rotator/sign-in/entra-errors.ts";
import { type Sources, tokens } from "../../../src/cli/rotator/sign-in/token.ts";
import { startApp } from "./support/app.ts";
import { list } from "./support/rotations.ts";
import { aroundFor, type Given, ran, startOfTime } from "./support/terminal.ts";

const scope = "api://titanic-secret-rotator/.default";
let folder: string;
beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), "titanic-sign-in-"));
	// The temporary folder may lie in a package of modules.
	await writeFile(join(folder, "package.json"), '{"type": "commonjs"}');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

interface Fake {
	readonly stdout?: string;
	readonly stderr?: string;
	readonly code?: number;
}

/** It writes down what it was given. */
async function onPath(name: string, { stdout = "", stderr = "", code = 0 }: Fake): Promise<void> {
	const file = join(folder, name);
	const told = JSON.stringify(join(folder, `${name}.json`));
	await writeFile(
		file,
		`#!${process.execPath}
const { writeFileSync } = require("node:fs");
writeFileSync(${told}, JSON.stringify({ args: process.argv.slice(2), env: process.env }));
process.stdout.write(${JSON.stringify(stdout)});
process.stderr.write(${JSON.stringify(stderr)});
process.exitCode = ${code};
`,
	);
	await chmod(file, 0o755);
}
const givenTo = async (name: string) =>
	JSON.parse(await readFile(join(folder, `${name}.json`), "utf8")) as { args: string[]; env: Record<string, string> };

const inAnHour = startOfTime.getTime() / 1000 + 3600;
const azToken = {
	stdout: JSON.stringify({ accessToken: "az.az.az", expires_on: inAnHour, expiresOn: "2026-11-30 08:00:00" }),
};
const azdToken = {
	stdout: JSON.stringify({ token: "azd.azd.azd", expiresOn: new Date(inAnHour * 1000).toISOString() }),
};
const azSignedOut = { code: 1, stderr: "ERROR: Please run 'az login' to setup account.\n" };
const azdSignedOut = { code: 1, stderr: "ERROR: not logged in, run `azd auth login` to login\n" };

const environment = () => ({ ROTATOR_TOKEN: undefined, ROTATOR_SCOPE: scope, PATH: folder });

async function asked(args: readonly string[] = [], given: Given = {}) {
	await using app = await startApp({ listSecrets: () => ({ status: 200, body: list }) });
	const env = { ...environment(), ROTATOR_URL: app.url, ...given.env };
	const result = await ran(["secrets", ...args], { ...given, env });
	return { ...result, token: app.asked[0]?.token };
}

const hasShebang = process.platform !== "win32";
if (!hasShebang) console.info("Not run: az and azd. Windows starts no script by its first line.");

(hasShebang ? describe : describe.skip)("with az and azd on the PATH", () => {
	test("a token of the environment comes first, and nobody else is asked", async () => {
		await onPath("az", azToken);
		expect(await asked([], { env: { ROTATOR_TOKEN: "a.b.c\n" } })).toMatchObject({ code: 0, token: "a.b.c" });
		expect(existsSync(join(folder, "az.json"))).toBe(false);
	});

	test("then az is asked for this scope, by arguments; ours it does not get to see", async () => {
		await onPath("az", azToken);
		await onPath("azd", azdToken);
		expect(await asked()).toMatchObject({ code: 0, token: "az.az.az" });
		expect(existsSync(join(folder, "azd.json"))).toBe(false);
		await asked(["--sign-in", "az"], { env: { ROTATOR_TOKEN: "a.b.c" } });
		const { args, env } = await givenTo("az");
		expect(args).toEqual(["account", "get-access-token", "--scope", scope, "--output", "json"]);
		expect(env).not.toHaveProperty("ROTATOR_TOKEN");
	});

	test("azd is asked where az is missing or signed out", async () => {
		await onPath("azd", azdToken);
		expect(await asked()).toMatchObject({ code: 0, token: "azd.azd.azd" });
		await onPath("az", azSignedOut);
		expect(await asked()).toMatchObject({ code: 0, token: "azd.azd.azd" });
		expect((await givenTo("azd")).args).toEqual(["auth", "token", "--scope", scope, "--output", "json"]);
	});

	test("where az is signed in and refused, nobody else is asked: it is said which of Entra ID's errors it was", async () => {
		const stderr = `ERROR: AADSTS65001: The user or administrator has not consented. Please run: az login --scope x. iceberg\n`;
		await onPath("az", { code: 1, stderr });
		await onPath("azd", azdToken);
		const result = await asked();
		expect(result).toMatchObject({ code: 4, stdout: "", token: undefined });
		expect(result.stderr).toContain("AADSTS65001: The Azure CLI has no consent for this app.");
		expect(result.stderr).toContain(`az login --scope ${scope}`);
		expect(result.stderr).not.toContain("iceberg");
	});

	test("one way alone can be chosen", async () => {
		await onPath("az", azToken);
		await onPath("azd", azdToken);
		expect(await asked(["--sign-in", "azd"])).toMatchObject({ code: 0, token: "azd.azd.azd" });
		expect(await asked(["--sign-in", "env"])).toMatchObject({ code: 4, token: undefined });
	});

	test("where nobody is signed in it is said what to run", async () => {
		await onPath("az", azSignedOut);
		await onPath("azd", azdSignedOut);
		const { code, stderr } = await asked();
		expect(code).toBe(4);
		expect(stderr).toContain(`Run az login --scope ${scope}, or give --sign-in browser.`);
	});

	test.each<[string, Fake]>([
		["no JSON", { stdout: "iceberg" }],
		["JSON without a token", { stdout: '{"accessToken": 7}' }],
		["a failure that nobody knows", { code: 1, stderr: "iceberg" }],
	])("of az with %s nothing is repeated", async (_, fake) => {
		await onPath("az", fake);
		const { code, stderr } = await asked(["--sign-in", "az"]);
		expect(code).toBe(4);
		expect(stderr).not.toContain("iceberg");
		expect(stderr).toContain("az");
	});

	test("an az in the folder that somebody works in is not run", async () => {
		await onPath("az", azToken);
		const here = process.cwd();
		try {
			process.chdir(folder);
			expect(await asked([], { env: { PATH: ".:" } })).toMatchObject({ code: 4, token: undefined });
		} finally {
			process.chdir(here);
		}
		expect(existsSync(join(folder, "az.json"))).toBe(false);
	});

	test("a scope that would be an option or a command is none", async () => {
		await onPath("az", azToken);
		for (const bad of ["--output", "api://x/.default --debug", "$(id)", "api://x;id"])
			expect(await asked([], { env: { ROTATOR_SCOPE: bad } })).toMatchObject({ code: 2 });
		expect(await asked([], { env: { ROTATOR_SCOPE: "" } })).toMatchObject({ code: 2 });
		expect(existsSync(join(folder, "az.json"))).toBe(false);
	});
});

test("on Windows az is the Python beside its batch file, which only a shell could start", async () => {
	const wbin = join(folder, "CLI2", "wbin");
	await mkdir(wbin, { recursive: true });
	const { around } = aroundFor({ env: { PATH: wbin } });
	const windows = { ...around, platform: "win32" as const };
	expect(await azIn(windows)).toBeUndefined();
	await writeFile(join(wbin, "az.cmd"), "");
	await writeFile(join(folder, "CLI2", "python.exe"), "");
	expect(await azIn(windows)).toEqual({ file: join(folder, "CLI2", "python.exe"), before: ["-IBm", "azure.cli"] });
});

test("a token is asked for once, and again five minutes before it ends, the same way", async () => {
	const { around } = aroundFor({});
	let now = startOfTime.getTime();
	const given: string[] = [];
	const az = async () => {
		given.push("az");
		return { token: `token-${given.length}`, expiresAt: now + 3600_000 };
	};
	const none = async () => async () => undefined;
	const sources: Sources = { env: none, az: async () => az, azd: none, browser: none };
	const token = tokens({ ...around, now: () => new Date(now) }, scope, undefined, sources);
	expect([await token(), await token()]).toEqual(["token-1", "token-1"]);
	now += 54 * 60_000;
	expect(await token()).toBe("token-1");
	now += 2 * 60_000;
	expect(await token()).toBe("token-2");
});

test.each(Object.keys(entraErrors))("AADSTS%s says what to do next, without an open placeholder", (number) => {
	const error = entraError(`ERROR: AADSTS${number}: text of Entra ID's. Trace ID: 1`, scope)!;
	expect(error.message).toMatch(new RegExp(`^AADSTS${number}: [A-Z].*\\.$`));
	expect(error.message).not.toContain("Trace ID");
	expect(error.next.length).toBeGreaterThan(20);
	expect(error.next).not.toContain("{");
});

test("an error of Entra ID's that is not in the table is told by its number", () => {
	expect(entraError("AADSTS1234567: iceberg", scope)?.next).toBe(
		"Look it up: https://login.microsoftonline.com/error?code=1234567",
	);
	expect(entraError("something else", scope)).toBeUndefined();
});
