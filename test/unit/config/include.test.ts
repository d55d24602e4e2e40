// A configuration of several files: what is read, what is not, and that it is one thing with one hash.

import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { composePorts } from "../../../src/lib/composition.ts";
import { loadConfiguration, parseConfiguration } from "../../../src/lib/config/load.ts";
import { right } from "./wrong-files.ts";

let all: string;
beforeAll(async () => {
	all = await mkdtemp(join(tmpdir(), "include-"));
});
afterAll(() => rm(all, { recursive: true }));

const key = (name: string) => `secrets:\n  ${name}:\n    vault: main\n    strategy: random-value\n`;

async function written(files: Readonly<Record<string, string>>, folder = join(all, crypto.randomUUID(), "config")) {
	for (const [name, text] of Object.entries(files)) {
		await mkdir(dirname(join(folder, name)), { recursive: true });
		await writeFile(join(folder, name), text);
	}
	return { folder, file: join(folder, "first.yaml") };
}
const namesIn = async (file: string) => Object.keys((await loadConfiguration(file)).config.secrets);
const refusal = (file: string) =>
	loadConfiguration(file).then(
		() => undefined,
		(error) => error.names?.problems as string,
	);

test("files that files include are taken in, each relative to the one that names it", async () => {
	const { file } = await written({
		"first.yaml": `include: [teams/*.yaml, shared.yaml]\n${right}`,
		"teams/web.yaml": `include: [../more/key.yaml]\n${key("web-key")}`,
		"teams/db.yaml": key("db-key"),
		"teams/below/not.yaml": key("below-key"),
		"more/key.yaml": key("more-key"),
		"shared.yaml": "servers:\n  shared:\n    host: shared.example.org\n",
	});
	expect(await namesIn(file)).toEqual(["db-password", "db-key", "web-key", "more-key"]);
	expect((await loadConfiguration(file)).config.servers).toHaveProperty("shared");
});

test("the example of many secrets is valid, whole, and has a file for each team", async () => {
	expect(await namesIn("examples/many-secrets/rotation.config.yaml")).toEqual([
		...["bookings-db", "reports-db", "bookings-session-key", "crew-db"],
	]);
});

test("a link that leads out of the folder is not followed, and one within it is", async () => {
	const { folder, file } = await written({
		"first.yaml": `include: [out.yaml]\n${right}`,
		"../outside.yaml": key("outside-key"),
		"data/in.yaml": key("in-key"),
	});
	await symlink("../outside.yaml", join(folder, "out.yaml"));
	expect(await refusal(file)).toMatch(/^include\[0\]: is not there;.*\(first\.yaml:1:11\)\.$/);
	await rm(join(folder, "out.yaml"));
	await symlink("data/in.yaml", join(folder, "out.yaml"));
	expect(await namesIn(file)).toEqual(["db-password", "in-key"]);
	await rm(join(folder, "out.yaml"));
	await symlink("..", join(folder, "up"));
	await writeFile(file, `include: [up/outside.yaml]\n${right}`);
	expect(await refusal(file)).toMatch(/^include\[0\]: is not there/);
});

test("one file's hash is that of its text, as ever; of several, a change of any makes another one", async () => {
	const alone = await written({ "first.yaml": right });
	const { hash, text } = await loadConfiguration(alone.file);
	expect(text).toBe(right);
	expect(hash).toBe(createHash("sha256").update(right).digest("hex"));
	const { folder, file } = await written({ "first.yaml": `include: [web.yaml]\n${right}`, "web.yaml": key("web-key") });
	const before = await loadConfiguration(file);
	await writeFile(join(folder, "web.yaml"), `# another word\n${key("web-key")}`);
	const after = await loadConfiguration(file);
	expect(after.config).toEqual(before.config);
	expect(after.hash).not.toBe(before.hash);
});

test("the text that is kept under the hash is enough to have the configuration again", async () => {
	const { file } = await written({ "first.yaml": `include: [web.yaml]\n${right}`, "web.yaml": key("web-key") });
	const { config, text, hash } = await loadConfiguration(file);
	expect(createHash("sha256").update(text).digest("hex")).toBe(hash);
	expect(parseConfiguration(text)).toEqual({ config });
});

test("a fault names the file, the line and the column of what is wrong, in whichever file it is", async () => {
	const { file } = await written({
		"first.yaml": `include: [teams/web.yaml]\n${right}`,
		"teams/web.yaml": "secrets:\n  web-key:\n    vault: mian\n    strategy: random-value\n",
	});
	expect(await refusal(file)).toBe(
		'secrets["web-key"].vault: is "mian", which is not one of vaults; did you mean main? (teams/web.yaml:3:12).',
	);
});

test("the app reads it again when an included file is changed, added or gone, and only then", async () => {
	const { folder, file } = await written({
		"first.yaml": `include: ["*/*.yaml"]\n${right}`,
		"a/web.yaml": key("web-key"),
	});
	const ports = composePorts({
		ROTATION_CONFIG_FILE: file,
		AUDIT_CONTAINER_URL: "https://a.example.org/audit",
		RECORDS_CONTAINER_URL: "https://a.example.org/records",
		OPERATORS_ISSUER: "i",
		OPERATORS_AUDIENCE: "a",
		OPERATORS_JWKS_URL: "https://a.example.org/keys",
	});
	const names = async () => Object.keys((await ports.configuration()).config.secrets);
	expect(await names()).toEqual(["db-password", "web-key"]);
	const seen = () => ports.configuration().catch(() => undefined);
	/** A look counts for a moment. */
	const after = async (change: Promise<void>) => {
		const before = await ports.configuration();
		await change;
		while ((await seen()) === before) await nextTurn();
	};
	expect(await ports.configuration()).toBe(await ports.configuration());
	await after(writeFile(join(folder, "a/web.yaml"), key("other-web-key")));
	expect(await names()).toEqual(["db-password", "other-web-key"]);
	await after(writeFile(join(folder, "a/more.yaml"), key("more-key")));
	expect(await names()).toEqual(["db-password", "more-key", "other-web-key"]);
	await after(rm(join(folder, "a/web.yaml")));
	expect(await names()).toEqual(["db-password", "more-key"]);
	await after(writeFile(join(folder, "a/more.yaml"), "secrets: 3\n"));
	await expect(ports.configuration()).rejects.toMatchObject({ code: "configuration-invalid" });
});
