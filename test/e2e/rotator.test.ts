// The operators' command, as a process of its own, against the whole stack: what scripts get, what exit codes say, and that a
// person who signs in in a browser gets as far as with a token.

import { execFile } from "node:child_process";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "@jest/globals";
import { audience, names } from "../../local/world.ts";
import { granted } from "../support/granted.ts";
import { administrator, idle, loginWithLive, patched, rolePath, stackFor, standing } from "./support/scene.ts";

/** As it is installed: `npm run build` makes it. */
const program = fileURLToPath(new URL("../../dist/cli/rotator.mjs", import.meta.url));
const stack = stackFor();
const kubernetes = administrator(stack);

const operator = ["Rotation.Operate", "Audit.Read"];
const tokenOf = (roles: string[]) =>
	stack().identity.operatorToken({
		audience,
		roles,
		objectId: crypto.randomUUID(),
		name: "operator",
		azp: crypto.randomUUID(),
	});

interface Ran {
	readonly code: number | null;
	readonly stdout: string;
	readonly stderr: string;
}

async function rotator(args: readonly string[], more: Readonly<Record<string, string | undefined>> = {}): Promise<Ran> {
	const { promise, resolve } = Promise.withResolvers<Ran>();
	const env = {
		...{ PATH: "/nowhere", LANG: "C.UTF-8", NODE_EXTRA_CA_CERTS: stack().settings.NODE_EXTRA_CA_CERTS },
		...{ ROTATOR_URL: stack().appUrl, ROTATOR_TOKEN: await tokenOf(operator), ...more },
	};
	const child = execFile(process.execPath, [program, ...args], { env }, (_, stdout, stderr) =>
		resolve({ code: child.exitCode, stdout, stderr }),
	);
	child.stdin?.end();
	return promise;
}

test("a dry run changes nothing, and its plan is on stdout", async () => {
	const before = await standing(stack(), kubernetes());
	const { code, stdout } = await rotator(["rotate", "db-password", "--dry-run", "--wait", "-o", "json"]);
	expect(code).toBe(0);
	expect(JSON.parse(stdout)).toMatchObject({ outcome: "planned", plan: { versions: expect.any(Array) } });
	await idle(stack());
	expect(await standing(stack(), kubernetes())).toEqual(before);
});

test("a rotation that is waited for is told line by line until every pod has proved it; what comes too late is 1", async () => {
	const { code, stdout, stderr } = await rotator(["rotate", "db-password", "--yes", "--wait", "--reason", "INC-4711"]);
	expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
	expect(stdout).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ {2}rotate of db-password/);
	expect(stdout.match(/pod \S+ proves [0-9a-f]{8}/g)).toHaveLength(2);
	expect(stdout.trimEnd().split("\n").at(-1)).toContain("completed (near-expiry)");
	expect(await loginWithLive(stack())).toBe("in");

	const history = await rotator(["history", "db-password", "-o", "name"]);
	const [id = ""] = history.stdout.split("\n");
	const cancelled = await rotator(["cancel", id, "--confirm", "db-password"]);
	expect(cancelled).toMatchObject({ code: 1, stdout: "" });
	expect(cancelled.stderr).toContain("(not-cancellable)");

	const records = await rotator(["audit", "--rotation", id, "-o", "ndjson"]);
	const steps = records.stdout
		.trimEnd()
		.split("\n")
		.map((line) => JSON.parse(line).data.step);
	expect(steps).toEqual(expect.arrayContaining(["setSecret", "roll", "verify"]));
}, 180_000);

test("a role that is missing, a token that is none, and an app that is not there have codes of their own", async () => {
	const reader = { ROTATOR_TOKEN: await tokenOf(["Rotation.Read"]) };
	expect((await rotator(["secrets", "-o", "name"], reader)).stdout).toBe("db-password\n");
	const refused = await rotator(["rotate", "db-password", "--yes"], reader);
	expect(refused).toMatchObject({ code: 4, stdout: "" });
	expect(refused.stderr).toContain("(app-role-missing)");
	expect((await rotator(["secrets"], { ROTATOR_TOKEN: "a.b.c" })).code).toBe(4);
	expect((await rotator(["secrets"], { ROTATOR_TOKEN: undefined })).code).toBe(4);
	expect((await rotator(["secrets"], { ROTATOR_URL: "http://127.0.0.1:9" })).code).toBe(5);
	expect((await rotator(["show", "db-pasword"])).stderr).toContain("Did you mean db-password?");
});

test("the evidence is exported, and verified like the log itself: with the public key alone", async () => {
	const { vault, folders, settings } = stack();
	const key = join(folders.all, "audit-head.jwks.json");
	const keys = vault.owner.keyVersions(names.signingKey).map(({ jwk }) => jwk);
	await writeFile(key, JSON.stringify({ keys }));
	const auditor = { ROTATOR_TOKEN: await tokenOf(["Rotation.Read", "Audit.Read"]) };
	const exported = await rotator(["compliance", "--format", "json"], auditor);
	expect({ code: exported.code, stderr: exported.stderr }).toEqual({ code: 0, stderr: "" });
	const evidence = join(folders.all, "evidence.json");
	await writeFile(evidence, exported.stdout);
	const verified = await rotator(["compliance", "verify", "--key", key, evidence]);
	expect(verified).toMatchObject({ code: 0, stdout: expect.stringContaining("It is what the app signed.") });
	await writeFile(evidence, exported.stdout.replaceAll("INC-4711", "INC-4712"));
	expect((await rotator(["compliance", "verify", "--key", key, evidence])).code).toBe(1);
	const log = await rotator(["audit", "verify", "--key", key, "--json"], settings);
	expect(JSON.parse(log.stdout)).toMatchObject({ whole: true });
}, 60_000);

test("doctor names what was taken away, at the database and in the cluster; the commands that it prints give it back", async () => {
	const doctor = async () => {
		const { code, stdout } = await rotator(["doctor", "-o", "ndjson"]);
		const rights = stdout
			.trimEnd()
			.split("\n")
			.map((line) => JSON.parse(line) as Record<string, string>);
		return { code, missing: rights.filter(({ result, optional }) => result === "missing" && !optional) };
	};
	expect(await doctor()).toEqual({ code: 0, missing: [] });
	const { postgres } = stack();
	await postgres.query(`ALTER ROLE ${names.role} NOLOGIN`);
	const back = await patched(kubernetes(), rolePath, { rules: [] });
	try {
		const systems = new Set<string>();
		// Which Secret a class copies to is known once the class may be read.
		for (let round = 0, found = await doctor(); found.code !== 0 && round < 3; round++, found = await doctor()) {
			const shown = await rotator(["doctor"]);
			for (const { next = "", right = "", system = "" } of found.missing) {
				systems.add(system);
				expect(shown.stdout).toContain(`      ${next}\n`);
				if (next.startsWith("kubectl ")) await granted(kubernetes(), next);
				else if (right.includes("may log in")) await postgres.query(next);
				else throw new Error(`Not expected to be missing: ${right}`);
			}
		}
		expect([...systems]).toEqual(["PostgreSQL titanic-db", "Kubernetes titanic-aks"]);
		expect(await doctor()).toEqual({ code: 0, missing: [] });
	} finally {
		await back();
		await postgres.query(`ALTER ROLE ${names.role} LOGIN`);
	}
}, 120_000);

const hasShebang = process.platform !== "win32";
if (!hasShebang) console.info("Not run: the sign-in in a browser. Windows starts no script by its first line.");

/** A browser that goes where the sign-in page sends it, as this person. */
const browser = (name: string): string => `#!${process.execPath}
const decoded = (text) => text.replace(/&#(\\d+);/g, (_, code) => String.fromCharCode(code));
const html = await (await fetch(process.argv[2] + "&login_hint=${name}")).text();
const fields = [...html.matchAll(/name="(\\w+)" value="([^"]*)"/g)].map(([, field, value]) => [field, decoded(value)]);
await fetch(decoded(/action="([^"]*)"/.exec(html)[1]), { method: "POST", body: new URLSearchParams(fields) });
`;

(hasShebang ? test : test.skip)("a person signs in in the browser, and may do what their role says", async () => {
	const { identity } = stack();
	const clientId = crypto.randomUUID();
	identity.registerClient({ clientId, audience, redirectUris: ["http://localhost"] });
	const people = { reader: ["Rotation.Read"], stranger: [] };
	for (const [name, roles] of Object.entries(people)) identity.admit({ name, roles, objectId: crypto.randomUUID() });
	const folder = await mkdtemp(join(tmpdir(), "titanic-browser-"));
	try {
		const as = async (name: string, args: readonly string[]) => {
			const file = join(folder, `${name}.mjs`);
			await writeFile(file, browser(name));
			await chmod(file, 0o755);
			return rotator([...args, "--sign-in", "browser"], {
				...{ BROWSER: file, ROTATOR_TOKEN: undefined, ROTATOR_SCOPE: `${audience}/.default` },
				...{ ROTATOR_AUTHORITY: identity.authority, ROTATOR_TENANT: identity.tenantId, ROTATOR_CLIENT_ID: clientId },
			});
		};
		expect(await as("reader", ["secrets", "-o", "name"])).toMatchObject({ code: 0, stdout: "db-password\n" });
		expect((await as("reader", ["rotate", "db-password", "--yes"])).code).toBe(4);
		const stranger = await as("stranger", ["secrets"]);
		expect(stranger).toMatchObject({ code: 4, stdout: "" });
		expect(stranger.stderr).toContain("AADSTS50105: The account is not assigned to the app.");
	} finally {
		await rm(folder, { recursive: true, force: true });
	}
});
