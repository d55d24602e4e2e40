// infra/ without a cloud: every module is parsed and held to infra/schema. `terraform validate` says more, where it can run
// (terraform.test.ts).

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parse } from "@cdktn/hcl2json";
import { describe, expect, test } from "@jest/globals";
import { isModule, referenceProblems, shapeProblems } from "../../support/terraform/check.ts";
import { readModule } from "../../support/terraform/module.ts";

const infra = join(import.meta.dirname, "..", "..", "..", "infra");
const folders = [
	".",
	...readdirSync(infra, { recursive: true, encoding: "utf8" })
		.filter((file) => file.endsWith("terraform.tf"))
		.map(dirname),
].filter((folder, index, all) => isModule(join(infra, folder)) && all.indexOf(folder) === index);

test("there are the root, the module and the example", () => {
	expect(folders.toSorted()).toEqual([".", "examples/complete", "modules/rotator"]);
});

describe.each(folders)("infra/%s", (folder) => {
	test("has known types, arguments and blocks only, and all that are required", async () => {
		expect(shapeProblems(await readModule(join(infra, folder)))).toEqual([]);
	});

	test("refers to what there is, and declares nothing in vain", async () => {
		expect(await referenceProblems(await readModule(join(infra, folder)))).toEqual([]);
	});

	test("says of each variable and output what it is", async () => {
		const { variables, outputs } = await readModule(join(infra, folder));
		const mute = [...variables, ...outputs]
			.filter(([, body]) => typeof body.description !== "string")
			.map(([name]) => name);
		expect(mute).toEqual([]);
	});
});

test.each([".", "examples/complete"])(
	"infra/%s locks the version of each provider, within what the module asks for",
	async (folder) => {
		const at = (file: string) => join(infra, folder, file);
		const lock = await parse(".terraform.lock.hcl", readFileSync(at(".terraform.lock.hcl"), "utf8"));
		const { terraform } = await parse("terraform.tf", readFileSync(at("terraform.tf"), "utf8"));
		const asked = Object.values(
			terraform[0].required_providers[0] as Record<string, { source: string; version: string }>,
		);
		const locked = Object.entries(lock.provider as Record<string, [{ version: string; constraints: string }]>);
		expect(locked.map(([name, [{ constraints }]]) => [name, constraints]).toSorted()).toEqual(
			asked.map(({ source, version }) => [`registry.terraform.io/${source.toLowerCase()}`, version]).toSorted(),
		);
	},
);
