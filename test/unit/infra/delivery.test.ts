// azd, GitHub Actions and infra/deploy.sh name things that there are. deploy.sh runs with real terraform on a root without
// resources; only az, which needs a cloud, and npm, which would build under other tests' feet, are stand-ins.

import { execFileSync, spawnSync } from "node:child_process";
import {
	chmodSync,
	existsSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, describe, expect, jest, test } from "@jest/globals";
import { parse } from "yaml";
import { terraform, whyNoTerraform } from "../../support/terraform/binary.ts";
import { readModule } from "../../support/terraform/module.ts";

jest.setTimeout(180_000); // terraform runs some ten times

const root = join(import.meta.dirname, "..", "..", "..");
const text = (...path: string[]) => readFileSync(join(root, ...path), "utf8");

const workflows = readdirSync(join(root, ".github", "workflows"));

test.each(workflows)("%s uses actions by full commit only, with the version beside it", (file) => {
	const uses = text(".github", "workflows", file)
		.split("\n")
		.filter((line) => line.includes("uses:"));
	expect(uses.length).toBeGreaterThan(0);
	for (const line of uses) expect(line).toMatch(/uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
});

test.each(workflows)("%s may write nothing, and has no secret", (file) => {
	const { permissions } = parse(text(".github", "workflows", file));
	expect(permissions.contents).toBe("read");
	expect(Object.keys(permissions).filter((name) => !["contents", "id-token"].includes(name))).toEqual([]);
	expect(text(".github", "workflows", file)).not.toContain("secrets.");
});

test("what azd and the workflow hand to Terraform are its variables", async () => {
	const { variables } = await readModule(join(root, "infra"));
	const workflow = parse(text(".github", "workflows", "deploy.yml"));
	const given = [
		...Object.keys(JSON.parse(text("infra", "main.tfvars.json"))),
		...Object.keys(workflow.jobs.deploy.env).flatMap((name) => (name.startsWith("TF_VAR_") ? [name.slice(7)] : [])),
	];
	expect(given.filter((name) => !variables.has(name))).toEqual([]);
});

test("the example of what an installation writes gives every variable that azd does not", async () => {
	const { variables } = await readModule(join(root, "infra"));
	const example = text("infra", "rotation.auto.tfvars.example");
	const given = [
		...Object.keys(JSON.parse(text("infra", "main.tfvars.json"))),
		...[...example.matchAll(/^(\w+) *=/gm)].map(([, name]) => name),
	];
	expect(given.filter((name) => !variables.has(name!))).toEqual([]);
	const required = [...variables].filter(([, body]) => !("default" in body)).map(([name]) => name);
	expect(required.filter((name) => !given.includes(name))).toEqual([]);
});

test("azure.yaml's hooks run scripts that are there and may be run, on outputs that Terraform has", async () => {
	const azure = parse(text("azure.yaml"));
	const { outputs } = await readModule(join(root, "infra"));
	const runs = Object.values(azure.hooks as Record<string, { run: string }>).map(({ run }) => run);
	for (const script of runs.flatMap((run) => run.match(/infra\/[\w-]+\.sh/g) ?? [])) {
		expect(statSync(join(root, script)).mode & 0o111).not.toBe(0);
		for (const [, name] of text(script).matchAll(/"\$([A-Z_]+)"/g)) expect([...outputs.keys()]).toContain(name);
	}
	expect(existsSync(join(root, azure.services.rotator.project, "..", "..", "build.ts"))).toBe(true);
});

const noZip = spawnSync("zip", ["-v"]).error ? "zip is not on the PATH" : undefined;
const missing = whyNoTerraform() ?? noZip;
if (missing !== undefined) console.warn(`deploy.sh was not run: ${missing}.`);

(missing === undefined ? describe : describe.skip)("infra/deploy.sh", () => {
	const folder = mkdtempSync(join(tmpdir(), "rotator-deploy-"));
	afterAll(() => rmSync(folder, { recursive: true }));
	const log = join(folder, "calls.log");

	const standIn = (name: string, script: string) => {
		writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
		chmodSync(join(folder, name), 0o755);
	};
	const subscribed = () => terraform(folder, ["output", "-raw", "ROTATOR_SUBSCRIBED"]);

	function deploy(): string[] {
		rmSync(log, { force: true });
		execFileSync(join(root, "infra", "deploy.sh"), ["--folder", folder, "-auto-approve"], {
			env: { ...process.env, PATH: `${folder}${delimiter}${process.env.PATH}`, TF_CLI_CONFIG_FILE: undefined },
			stdio: ["ignore", "ignore", "pipe"],
		});
		return readFileSync(log, "utf8").trim().split("\n");
	}

	test("subscribes after the package is there, and keeps the subscription from then on", async () => {
		const outputs = {
			AZURE_RESOURCE_GROUP: '"group"',
			SERVICE_ROTATOR_NAME: '"app"',
			ROTATOR_HOST_NAME: '"app.example.com"',
			ROTATOR_DURABLE_BACKEND: '"azure-storage"',
			ROTATOR_PACKAGE_FILES: '"e30="',
			ROTATOR_SUBSCRIBED: "var.subscribe",
		};
		writeFileSync(
			join(folder, "main.tf"),
			`variable "subscribe" {\n  type = bool\n}\n${Object.entries(outputs)
				.map(([name, value]) => `output "${name}" {\n  value = ${value}\n}\n`)
				.join("")}`,
		);
		const state = `$(terraform -chdir=${folder} output -raw ROTATOR_SUBSCRIBED)`;
		standIn("az", `echo "az $1 $2 $3 subscribed=${state}" >>${log}`);
		standIn("npm", `echo "npm $3 $ROTATOR_DURABLE_BACKEND $ROTATOR_PACKAGE_FILES" >>${log}`);

		expect(deploy()).toEqual([
			"npm package azure-storage e30=",
			"az functionapp deployment source subscribed=false",
			"az functionapp function show subscribed=false",
		]);
		expect(await subscribed()).toBe("true");

		expect(deploy()).toEqual(["npm package azure-storage e30=", "az functionapp deployment source subscribed=true"]);
		expect(await subscribed()).toBe("true");
	});

	test("says which file is missing where the state has no place", () => {
		writeFileSync(join(folder, "backend.tf"), 'terraform {\n  backend "azurerm" {\n  }\n}\n');
		expect(deploy).toThrow(/backend\.tfbackend is missing/);
	});
});
