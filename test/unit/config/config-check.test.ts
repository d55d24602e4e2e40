import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { configCheck } from "../../../src/cli/config-check.ts";

const example = join(import.meta.dirname, "../../../rotation.config.example.yaml");
let folder: string;
let broken: string;
beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "config-check-"));
	broken = join(folder, "broken.yaml");
	await writeFile(broken, "vaults: {}\nservers: {}\nsecrets: {}\nsecretz: {}\n");
});
afterAll(() => rm(folder, { recursive: true }));

test("a valid file is told by a table of what is managed", async () => {
	const { code, stdout, stderr } = await configCheck([example]);
	expect({ code, stderr }).toEqual({ code: 0, stderr: undefined });
	expect(stdout).toMatch(
		/db-password +titanic-kv-prod +db-password +titanic_admin on titanic-postgres +self +90 days +at any time +db-connection-string/,
	);
	expect(stdout).toContain("is valid: 1 managed secret.");
});

test("a problem is told with file, line, path and what is allowed", async () => {
	expect(await configCheck([broken])).toEqual({
		code: 1,
		stderr: `${broken}:4:1: (the whole file): has the unknown key "secretz" (did you mean secrets?)\n1 problem; no secret is rotated with this file.\n`,
	});
});

test("--json is one object, valid or not", async () => {
	const [good, bad] = await Promise.all([configCheck([example, "--json"]), configCheck(["--json", broken])]);
	expect([good.code, bad.code]).toEqual([0, 1]);
	expect(JSON.parse(good.stdout ?? "")).toMatchObject({
		valid: true,
		problems: [],
		managed: [{ secret: "db-password" }],
	});
	expect(JSON.parse(bad.stdout ?? "")).toMatchObject({ valid: false, problems: [{ line: 4 }], managed: [] });
});

test("a file that is not there is another code than a wrong one", async () => {
	expect(await configCheck([join(folder, "none.yaml")])).toMatchObject({
		code: 2,
		stderr: expect.stringContaining("ENOENT"),
	});
});

test.each([[[]], [["a", "b"]], [["--jsno", "a"]]])("wrong arguments %j get the help", async (args) => {
	expect(await configCheck(args)).toMatchObject({
		code: 2,
		stderr: expect.stringContaining("npm run config:check -- FILE"),
	});
});
