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
import { basename, delimiter, join } from "node:path";
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

interface Step {
	readonly uses?: string;
	readonly run?: string;
	readonly with?: Readonly<Record<string, unknown>>;
	readonly env?: Readonly<Record<string, string>>;
}
interface Job {
	readonly permissions?: Readonly<Record<string, string>>;
	readonly needs?: string;
	readonly environment?: string;
	readonly env?: Readonly<Record<string, string>>;
	readonly outputs?: Readonly<Record<string, string>>;
	readonly steps: readonly Step[];
}
const workflowOf = (file: string) =>
	parse(text(".github", "workflows", file)) as {
		on: Readonly<Record<string, unknown>>;
		permissions: Readonly<Record<string, string>>;
		jobs: Readonly<Record<string, Job>>;
	};
const mayLogIn = ({ permissions }: Job) => permissions?.["id-token"] === "write";

test.each(workflows)("%s may write nothing, and has no secret; a job may log in only by saying so itself", (file) => {
	const { permissions, jobs } = workflowOf(file);
	expect(permissions).toEqual({ contents: "read" });
	for (const job of Object.values(jobs)) {
		const allowed = mayLogIn(job) ? { contents: "read", "id-token": "write" } : permissions;
		expect(job.permissions ?? permissions).toEqual(allowed);
	}
	expect(text(".github", "workflows", file)).not.toContain("secrets");
});

test.each(workflows)("%s is not started by what a stranger sends with rights of ours", (file) => {
	const { on } = workflowOf(file);
	expect(Object.keys(on).filter((event) => /_target$|workflow_run|issue|comment/.test(event))).toEqual([]);
	// What somebody may type gets into a script by the environment only.
	const runs = Object.values(workflowOf(file).jobs).flatMap(({ steps }) => steps.map(({ run }) => run ?? ""));
	expect(runs.filter((run) => run.includes("${{"))).toEqual([]);
});

test.each(workflows)("%s leaves no token of the repository in a checkout", (file) => {
	const steps = Object.values(workflowOf(file).jobs).flatMap((job) => job.steps);
	const checkouts = steps.filter(({ uses }) => uses?.startsWith("actions/checkout@"));
	expect(checkouts.length).toBeGreaterThan(0);
	for (const step of checkouts) expect(step.with).toMatchObject({ "persist-credentials": false });
});

test.each(workflows)(
	"%s runs nothing of npm's in a job that may log in, and fills or reads no cache there or before it",
	(file) => {
		const { jobs } = workflowOf(file);
		const deploys = Object.values(jobs).some(mayLogIn);
		for (const job of Object.values(jobs)) {
			const runs = job.steps.map(({ run }) => run ?? "").join("\n");
			const uses = job.steps.map((step) => step.uses ?? "");
			if (mayLogIn(job)) {
				expect(runs).not.toMatch(/\bnp[mx]\b|\bnode\b|--only package/);
				// Without --only, deploy.sh makes the package too.
				for (const [, rest] of runs.matchAll(/infra\/deploy\.sh(.*)/g))
					expect(rest).toMatch(/^ --only (provision|deploy) /);
				expect(job.environment).toBeDefined();
				expect(job.needs).toBeDefined();
			} else {
				expect([job.environment, uses.filter((use) => use.startsWith("azure/"))]).toEqual([undefined, []]);
				if (deploys && /npm ci/.test(runs)) expect(runs).toMatch(/npm ci --ignore-scripts/);
			}
			if (!deploys) continue;
			expect(uses.filter((use) => use.includes("/cache"))).toEqual([]);
			for (const step of job.steps.filter((one) => one.uses?.startsWith("actions/setup-node@")))
				expect(step.with).toMatchObject({ "package-manager-cache": false });
		}
	},
);

test("the workflow sends to Azure what the job without a login made, and nothing else", () => {
	const { jobs } = workflowOf("deploy.yml");
	const { package: made, deploy: sent, build } = jobs;
	expect(Object.values(jobs).map(mayLogIn)).toEqual([false, true, false, true]);
	expect(build?.needs).toBeUndefined();
	const step = (job: Job | undefined, of: RegExp) =>
		job?.steps.findIndex(({ uses, run }) => of.test(uses ?? run ?? "")) ?? -1;
	expect(made?.outputs?.sha256).toMatch(/^\$\{\{ steps\.package\.outputs\.sha256 \}\}$/);
	const compare = step(sent, /sha256sum --check --strict/);
	expect(sent?.steps[compare]?.env?.SHA256).toMatch(/^\$\{\{ needs\.package\.outputs\.sha256 \}\}$/);
	// Fetched, compared, and only then is there a login.
	const order = [
		step(sent, /download-artifact/),
		compare,
		step(sent, /azure\/login/),
		step(sent, /deploy\.sh --only deploy/),
	];
	expect(order).not.toContain(-1);
	expect(order).toEqual(order.toSorted((one, other) => one - other));
});

test("azd installs no package's script beside its login", () => {
	const { hooks } = parse(text("azure.yaml")) as { hooks: Record<string, { run: string }> };
	const installs = Object.values(hooks).flatMap(({ run }) => run.match(/npm (?:ci|install)[^&]*/g) ?? []);
	expect(installs.length).toBeGreaterThan(0);
	for (const install of installs) expect(install).toContain("--ignore-scripts");
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

	function deploy(...more: string[]): string[] {
		rmSync(log, { force: true });
		writeFileSync(log, "");
		execFileSync(join(root, "infra", "deploy.sh"), ["--folder", folder, ...more, "-auto-approve"], {
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

	test("by parts, only the one that makes the package runs npm, and it asks neither Azure nor Terraform", () => {
		expect(deploy("--only", "provision")).toEqual([""]);
		const [az, terraform] = ["az", "terraform"].map((tool) => join(folder, tool));
		rmSync(az!);
		for (const tool of [az!, terraform!]) standIn(basename(tool), `echo "${basename(tool)} was asked" >>${log}`);
		expect(deploy("--only", "package")).toEqual(["npm package azure-storage e30="]);
		rmSync(terraform!);
		standIn("az", `echo "az $1 $2 $3" >>${log}`);
		standIn("npm", `echo "npm was run" >>${log}`);
		expect(deploy("--only", "deploy")).toEqual(["az functionapp deployment source"]);
		expect(() => deploy("--only", "all")).toThrow(/provision, package or deploy/);
	});

	test("says which file is missing where the state has no place", () => {
		writeFileSync(join(folder, "backend.tf"), 'terraform {\n  backend "azurerm" {\n  }\n}\n');
		expect(deploy).toThrow(/backend\.tfbackend is missing/);
	});
});
