// What we write, opened by a reader that was tried on the real SOPS's files (sops.test.ts).

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { openedEnv, openedYaml } from "../../../../local/agents/sops.ts";
import { unflattened } from "../../../../src/lib/paths/kustomize-generator/dotenv.ts";
import {
	type Form,
	type InputFile,
	inputFileIn,
	nextInputFile,
} from "../../../../src/lib/paths/kustomize-generator/input-file.ts";
import { emptyInput, encryptedInput, fittingInput } from "../../../support/input-file.ts";
import { type OwnSopsKeys, sopsKeys } from "../../../support/sops-file.ts";

let keys: OwnSopsKeys;
beforeAll(async () => {
	keys = await sopsKeys();
});

const forms = ["dotenv", "binary"] as const;
const keyOf = { dotenv: "DB_PASSWORD", binary: "data" };
const openedAs = { dotenv: openedEnv, binary: openedYaml };
const byEach = (form: Form, text: string) =>
	Promise.all([{ age: keys.ageIdentity }, { rsa: keys.privateKey }].map((identity) => openedAs[form](text, identity)));
const next = (file: InputFile, value: string, contents = "of-new") =>
	nextInputFile(file, {
		...{ values: new Map(file.keys.map((key) => [key, value])), contents },
		...{ now: new Date("2026-11-28T19:00:00.123Z"), wrap: keys.wrap },
	});

describe.each(forms)("A %s file with a new value", (form) => {
	test("is opened by each of its recipients, with the value, under one data key", async () => {
		const text = await encryptedInput(keys, form, { [keyOf[form]]: "new-password" });
		const [byAge, byVaultKey] = await byEach(form, text);
		for (const found of [byAge, byVaultKey])
			expect(found).toMatchObject({ isMacRight: true, tree: { [keyOf[form]]: "new-password" } });
		expect(byAge?.dataKey).toEqual(byVaultKey?.dataKey);
		expect(text).not.toContain("new-password");
		expect(text).toMatch(/lastmodified\W+2026-11-28T19:00:00Z/);
	});

	test("has another data key each time", async () => {
		const file = fittingInput(emptyInput(keys, form), form);
		const [one, other] = [await next(file, "x"), await next(file, "x")];
		const [[first], [second]] = [await byEach(form, one), await byEach(form, other)];
		expect(first?.dataKey).not.toEqual(second?.dataKey);
	});

	test("keeps the rule that its MAC is over the encrypted values alone", async () => {
		const file = fittingInput(emptyInput(keys, form, { more: { mac_only_encrypted: "true" } }), form);
		for (const { isMacRight } of await byEach(form, await next(file, "x"))) expect(isMacRight).toBe(true);
	});

	test("says which versions it has, until anybody changes anything of it", async () => {
		const text = await encryptedInput(keys, form, { [keyOf[form]]: "x" }, { contents: "0123456789abcdef" });
		expect(fittingInput(text, form).contents).toBe("0123456789abcdef");
		expect(fittingInput(emptyInput(keys, form), form).contents).toBeUndefined();
		const elsewhere = await encryptedInput(keys, form, { [keyOf[form]]: "y" });
		const value = /ENC\[[^\]]*type:str\]/;
		const changed = text.replace(value, value.exec(elsewhere)![0]);
		expect(fittingInput(changed, form).contents).toBeUndefined();
		const renewed = text.replace("3.11.0", "3.12.0");
		expect(fittingInput(renewed, form).contents).toBeUndefined();
	});

	test("differs from the one before in what had to change alone", async () => {
		const text = await encryptedInput(keys, form, { [keyOf[form]]: "x" });
		const lines = (await next(fittingInput(text, form), "y")).split("\n");
		const changed = lines
			.filter((line, at) => line !== text.split("\n")[at])
			.map((line) => /[A-Za-z]\w*/.exec(line)?.[0]);
		const block = form === "dotenv" ? "sops_" : "";
		const list = (kind: string) => (form === "dotenv" ? `sops_${kind}__list_0__map_enc` : "enc");
		expect(changed.sort()).toEqual(
			[keyOf[form], list("age"), list("azure_kv"), `${block}mac`, `${block}titanic_secret_rotator`].sort(),
		);
		expect(lines).toHaveLength(text.split("\n").length);
	});

	test.each<[string, (text: string) => string, RegExp]>([
		["a value in clear", (text) => text.replace(/ENC\[[^\]]*type:str\]/, "secret"), /value in clear/],
		["a recipient that only sops knows", (text) => text.replaceAll("age", "pgp"), /only sops can encrypt for: pgp/],
		["a key of another form", (text) => text.replace(/age1\w+/, "ssh-rsa AAAA"), /no X25519 key/],
	])("is left alone with %s", async (_, spoil, why) => {
		const text = await encryptedInput(keys, form, { [keyOf[form]]: "x" });
		expect(inputFileIn(spoil(text), form)).toEqual({ unfit: expect.stringMatching(why) });
	});
});

describe("A dotenv file", () => {
	const with_ = (line: string) => inputFileIn(`${line}\n${emptyInput(keys, "dotenv")}`, "dotenv");

	test("has its block as SOPS flattens it, in its order", async () => {
		const text = await encryptedInput(keys, "dotenv", { DB_PASSWORD: "x", DATABASE_URL: "y" }, { contents: "c" });
		expect(text.split("\n").map((line) => line.split("=")[0])).toEqual([
			"# titanic-api's database; the rotator keeps it",
			...["DB_PASSWORD", "DATABASE_URL"],
			...["sops_age__list_0__map_enc", "sops_age__list_0__map_recipient"],
			...["created_at", "enc", "name", "vault_url", "version"].map((member) => `sops_azure_kv__list_0__map_${member}`),
			...["lastmodified", "mac", "titanic_secret_rotator", "unencrypted_suffix", "version"].map(
				(name) => `sops_${name}`,
			),
			"",
		]);
		expect(text).toMatch(/^sops_age__list_0__map_enc=-----BEGIN AGE ENCRYPTED FILE-----\\n.*-----\\n$/m);
	});

	test.each([
		["", "DB_PASSWORD=", /DB_PASSWORD twice/],
		["", "no variable", /a line without =/],
		["", "#ENC[AES256_GCM,data:eA==,iv:eA==,tag:eA==,type:comment]", /encrypted comment/],
		["", "X_unencrypted=", /leaves X_unencrypted in clear/],
		["shares of a key", "sops_key_groups__list_0__map_age__list_0__map_enc=x", /only sops can encrypt for/],
		["shares of a key", "sops_shamir_threshold=2", /only sops can encrypt for: shamir_threshold/],
		["another rule", "sops_encrypted_suffix=_x", /only sops can encrypt for: encrypted_suffix/],
		["a number out of all order", "sops_age__list_999__map_enc=x", /only sops can encrypt for/],
	])("is left alone with %s %s", (_, line, why) => {
		expect(with_(line)).toEqual({ unfit: expect.stringMatching(why) });
	});

	test.each<[string, (text: string) => string, RegExp]>([
		["a byte order mark", (text) => `\uFEFF${text}`, /byte order mark/],
		["the line ends of Windows", (text) => text.replaceAll("\n", "\r\n"), /CR LF/],
		["more lines than such files have", (text) => text + "#\n".repeat(3000), /more than 3000 lines/],
	])("is left alone with %s", (_, change, why) => {
		expect(inputFileIn(change(emptyInput(keys, "dotenv")), "dotenv")).toEqual({ unfit: expect.stringMatching(why) });
	});

	test("has no list by a name that is longer than any of SOPS's", () => {
		const [fits, long] = ["a", "a".repeat(100)].map((member) => `age__list_0__map_${member}`);
		expect(unflattened([[fits!, "x"]])).toEqual({ age: [{ a: "x" }] });
		expect(unflattened([[long!, "x"]])).toEqual({ [long!]: "x" });
	});

	test("that is not encrypted at all is left alone", () => {
		expect(inputFileIn("DB_PASSWORD=x\n", "dotenv")).toEqual({ unfit: expect.stringContaining("no block sops") });
	});

	test("holds any value of one line", async () => {
		const line = fc
			.string({ unit: "binary", maxLength: 100 })
			.map((text) => text.toWellFormed().replace(/[\r\n]/g, ""));
		await fc.assert(
			fc.asyncProperty(line, line, async (one, other) => {
				const text = await encryptedInput(keys, "dotenv", { ONE: one, OTHER: other });
				const { tree, isMacRight } = await openedEnv(text, { age: keys.ageIdentity });
				expect(isMacRight).toBe(true);
				expect(tree).toEqual({ ONE: one, OTHER: other });
			}),
			{ numRuns: 20 },
		);
	}, 60_000);
});

describe("A binary file", () => {
	test.each([
		["is no JSON", "x", /no JSON/],
		["has more than data", '{"data": "", "more": "", "sops": {}}', /more or less than data/],
		["has no data", '{"sops": {}}', /more or less than data/],
		["is null", "null", /more or less than data/],
	])("that %s is left alone", (_, text, why) => {
		expect(inputFileIn(text, "binary")).toEqual({ unfit: expect.stringMatching(why) });
	});

	test("holds lines too", async () => {
		const text = await encryptedInput(keys, "binary", { data: "one\ntwo\n" });
		expect(await openedYaml(text, { age: keys.ageIdentity })).toMatchObject({
			isMacRight: true,
			tree: { data: "one\ntwo\n" },
		});
	});
});

const folder = process.env.SOPS_VECTORS ?? "";
if (folder === "") console.info("Not run: input files of the real SOPS. SOPS_VECTORS does not say where they are.");
(folder === "" ? describe.skip : describe)("Files of the real SOPS", () => {
	const read = (name: string) => readFileSync(join(folder, name), "utf8");
	test.each([
		["envs/env.env", "dotenv", "key"],
		["files/file.txt", "binary", "data"],
	] as const)("%s is understood, and written anew in the same form", async (name, form, key) => {
		const text = read(name);
		const file = fittingInput(text, form);
		expect(file).toMatchObject({ keys: [key], recipients: [{ kind: "age" }] });
		const made = await next(file, "value");
		const linesOf = (of: string) => of.split("\n").map((line) => line.trim().split(/[=:]/)[0]);
		const isOurs = (line?: string) => line?.includes("titanic_secret_rotator");
		expect(linesOf(made).filter((line) => !isOurs(line))).toEqual(linesOf(text));
	});
});
