// The reader of the tests below is right: it opens what the real SOPS wrote, and refuses it with a byte changed.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { generateX25519Identity } from "age-encryption";
import { openedEnv, openedYaml } from "../../../../local/agents/sops.ts";

const folder = process.env.SOPS_VECTORS ?? "";
if (folder === "")
	console.info("SOPS_VECTORS is not set: the reader of SOPS files is not tried on files of the real SOPS.");

const read = (name: string) => readFileSync(join(folder, name), "utf8");
const age = () => /AGE-SECRET-KEY-\w+/.exec(read("keys/age.txt"))?.[0] ?? "";

(folder === "" ? describe.skip : describe)("Files of the real SOPS", () => {
	test.each([
		["algorithms/age.yaml", openedYaml, { stringData: { key: "value" } }],
		["patches/merge1.yaml", openedYaml, { stringData: { key: "merge1" } }],
		["patches/merge2.yaml", openedYaml, { stringData: { merge2: "merge2" } }],
		["files/file.txt", openedYaml, { data: "value" }],
		["envs/env.env", openedEnv, { key: "value" }],
	] as const)("%s is opened and its MAC is right", async (name, open, tree) => {
		const found = await open(read(name), { age: age() });
		expect(found.isMacRight).toBe(true);
		expect(found.tree).toMatchObject(tree);
	});
	test("one with a changed value in clear has a wrong MAC, and one with a changed cipher is not opened", async () => {
		const text = read("algorithms/age.yaml");
		const renamed = await openedYaml(text.replace("name: age", "name: aga"), { age: age() });
		expect(renamed.isMacRight).toBe(false);
		const changed = text.replace("data:mHeXsmQ=", "data:nHeXsmQ=");
		await expect(openedYaml(changed, { age: age() })).rejects.toThrow();
		await expect(openedYaml(text, { age: await generateX25519Identity() })).rejects.toThrow();
	});
});
