// What terraform itself says: format, `validate`, the modules' own tests with mocked providers. With the real providers, where they
// can be had, which also say whether infra/schema is true; else with stand-ins that know what infra/schema knows.

import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, jest, test } from "@jest/globals";
import { terraform, whyNoTerraform } from "../../support/terraform/binary.ts";
import { falseIn, type ProvidersSchema } from "../../support/terraform/real-schema.ts";
import { schemas } from "../../support/terraform/schema.ts";
import { type StandIns, standIns } from "../../support/terraform/stand-in/providers.ts";

jest.setTimeout(300_000);

const infra = join(import.meta.dirname, "..", "..", "..", "infra");
const roots = [".", "examples/complete", "modules/rotator"];
const noBinary = whyNoTerraform();
if (noBinary !== undefined) console.warn(`terraform.test.ts did not run: ${noBinary}.`);

const copy = mkdtempSync(join(tmpdir(), "rotator-infra-"));
cpSync(infra, copy, { recursive: true });
const initialise = async (more?: NodeJS.ProcessEnv) => {
	for (const root of roots)
		await terraform(join(copy, root), ["init", "-backend=false", "-input=false", "-no-color"], more);
};

/** @returns why the real providers could not be had, or undefined */
async function whyNoProviders(): Promise<string | undefined> {
	if (noBinary !== undefined) return noBinary;
	try {
		await initialise();
		return undefined;
	} catch (error) {
		const said = String((error as { stderr?: unknown }).stderr ?? error);
		return (
			said
				.split("\n")
				.find((line) => line.includes("Error: "))
				?.replace(/^.*Error: /, "") ?? said
		);
	}
}

const noProviders = await whyNoProviders();
let providers: StandIns | undefined;
if (noBinary === undefined && noProviders !== undefined) {
	console.warn(`terraform runs with stand-ins: the real providers could not be had (${noProviders}).`);
	providers = await standIns();
	await initialise(providers.environment);
}
afterAll(() => {
	providers?.stop();
	rmSync(copy, { recursive: true });
});
const run = (folder: string, ...args: string[]) => terraform(join(copy, folder), args, providers?.environment);

(noBinary === undefined ? describe : describe.skip)("terraform", () => {
	test("has no file to format", async () => {
		expect(await terraform(infra, ["fmt", "-check", "-recursive"])).toBe("");
	});

	test.each(roots)("says that infra/%s is valid", async (folder) => {
		expect(await run(folder, "validate", "-no-color")).toContain("The configuration is valid");
	});

	test.each(roots)("passes the tests of infra/%s", async (folder) => {
		expect(await run(folder, "test", "-no-color")).toMatch(/Success! \d+ passed, 0 failed/);
	});

	test("finds a wrong type, so what it says above means something", async () => {
		writeFileSync(
			join(copy, "wrong.tf"),
			'resource "azurerm_resource_group" "wrong" {\n  name     = ["a"]\n  location = "x"\n}\n',
		);
		await expect(run(".", "validate", "-no-color")).rejects.toMatchObject({
			stderr: expect.stringContaining("string required"),
		});
		rmSync(join(copy, "wrong.tf"));
	});
});

(noProviders === undefined ? test : test.skip)("what infra/schema allows is in the real providers", async () => {
	const real = JSON.parse(await run("examples/complete", "providers", "schema", "-json")) as ProvidersSchema;
	expect(schemas.flatMap((schema) => falseIn(schema, real))).toEqual([]);
});
