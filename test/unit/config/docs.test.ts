import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { Ajv2020 } from "ajv/dist/2020.js";
import { parse } from "yaml";
import { generated, root } from "../../../src/cli/config-docs.ts";

test.each(Object.entries(generated()))(
	"%s is what the schema says now (else: node src/cli/config-docs.ts)",
	async (file, text) => {
		const written = await readFile(join(root, file), "utf8");
		expect(written.replaceAll("\r\n", "\n")).toBe(text);
	},
);

test("the JSON Schema accepts the example, and refuses it with a misspelt option", async () => {
	const schema = JSON.parse(await readFile(join(root, "rotation.config.schema.json"), "utf8"));
	const accepts = new Ajv2020({ strict: true, keywords: ["patternErrorMessage"] }).compile(schema);
	const example = parse(await readFile(join(root, "rotation.config.example.yaml"), "utf8"));
	expect(accepts(example)).toBe(true);
	example.secrets["db-password"].rotateEvryDays = 30;
	expect(accepts(example)).toBe(false);
});
