// Files as people get them wrong, and what config:check says of each. A person who is on call has read the messages: wrong-files.json.

import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { configCheck } from "../../../src/cli/config-check.ts";
import { loadConfiguration } from "../../../src/lib/config/load.ts";
import { doubtful, type Files, right, wrongFiles } from "./wrong-files.ts";

const said = JSON.parse(await readFile(join(import.meta.dirname, "wrong-files.json"), "utf8")) as Record<
	string,
	string[]
>;
const now = new Date("2026-11-30T06:00:00.000Z");

let folder: string;
beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "wrong-files-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function checked(content: string | Buffer | Files) {
	const own = join(folder, crypto.randomUUID());
	const { first, ...more } = isAlone(content) ? { first: content } : content;
	const file = join(own, "first.yaml");
	await mkdir(join(own, "teams"), { recursive: true });
	await writeFile(file, first);
	for (const [name, text] of Object.entries(more)) await writeFile(join(own, name), text);
	const { code, stderr = "" } = await configCheck([file], now);
	return { code, file, lines: stderr.replaceAll(`${file}:`, "").replaceAll(`${own}/`, "").trimEnd().split("\n") };
}

const isAlone = (content: string | Buffer | Files): content is string | Buffer =>
	typeof content === "string" || Buffer.isBuffer(content);

test("there are sixty wrong files, and one that is right", async () => {
	expect(Object.keys(wrongFiles).length).toBeGreaterThanOrEqual(60);
	expect(Object.keys(said)).toEqual([...Object.keys(wrongFiles), ...Object.keys(doubtful)]);
	expect(await checked(right)).toMatchObject({ code: 0, lines: [""] });
});

test.each(Object.entries(wrongFiles))("%s: every mistake with its place, in words", async (what, content) => {
	const { code, file, lines } = await checked(content);
	const problems = lines.slice(0, -1);
	expect(problems).toEqual(said[what]);
	expect(code).toBe(1);
	expect(lines.at(-1)).toBe(
		`${problems.length} problem${problems.length === 1 ? "" : "s"}; no secret is rotated with this file.`,
	);
	await expect(loadConfiguration(file)).rejects.toMatchObject({ code: "configuration-invalid" });
});

test.each(Object.entries(doubtful))("%s: a warning, and the file is taken", async (what, content) => {
	const { code, file, lines } = await checked(content);
	expect(lines).toEqual(said[what]);
	expect(code).toBe(0);
	await expect(loadConfiguration(file)).resolves.toHaveProperty("config");
});
