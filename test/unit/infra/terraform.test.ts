// What only terraform and the real providers can say: format, `validate`, the modules' own tests with mocked providers, and
// whether infra/schema is true. Each says why, where it cannot run.

import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "@jest/globals";
import { terraform, whyNoTerraform } from "../../support/terraform/binary.ts";
import { falseIn, type ProvidersSchema } from "../../support/terraform/real-schema.ts";

const infra = join(import.meta.dirname, "..", "..", "..", "infra");
const noBinary = whyNoTerraform();
if (noBinary !== undefined) console.warn(`terraform.test.ts did not run: ${noBinary}.`);

const copy = mkdtempSync(join(tmpdir(), "rotator-infra-"));
afterAll(() => rmSync(copy, { recursive: true }));

/** Fetches the providers into a copy of infra/. @returns why that did not work, or undefined */
function initialised(): string | undefined {
	cpSync(infra, copy, { recursive: true });
	try {
		for (const folder of [".", "examples/complete", "modules/rotator"]) {
			terraform(join(copy, folder), ["init", "-backend=false", "-input=false", "-no-color"]);
		}
		return undefined;
	} catch (error) {
		const said = String((error as { stderr?: unknown }).stderr ?? error);
		return (
			said
				.split("\n")
				.find((line) => /Error|Could not|could not/.test(line))
				?.trim() ?? said
		);
	}
}

(noBinary === undefined ? test : test.skip)("every file has terraform's own format", () => {
	expect(terraform(infra, ["fmt", "-check", "-recursive", "-list=true"])).toBe("");
});

const noProviders = noBinary ?? initialised();
if (noBinary === undefined && noProviders !== undefined) {
	console.warn(`terraform validate and test did not run: the providers could not be had (${noProviders}).`);
}

(noProviders === undefined ? describe : describe.skip)("with the real providers", () => {
	test.each([".", "examples/complete", "modules/rotator"])("infra/%s is valid", (folder) => {
		expect(terraform(join(copy, folder), ["validate", "-no-color"])).toContain("The configuration is valid");
	});

	test.each([".", "modules/rotator"])("infra/%s passes its own tests", (folder) => {
		expect(terraform(join(copy, folder), ["test", "-no-color"])).toContain("Success!");
	});

	test("what infra/schema allows is there", () => {
		const real = JSON.parse(
			terraform(join(copy, "examples/complete"), ["providers", "schema", "-json"]),
		) as ProvidersSchema;
		for (const file of ["azurerm-5.2.json", "azapi-2.12.json", "random-3.7-time-0.13.json"]) {
			expect(falseIn(JSON.parse(readFileSync(join(infra, "schema", file), "utf8")), real)).toEqual([]);
		}
	});
});
