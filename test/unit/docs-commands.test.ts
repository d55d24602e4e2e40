// The commands of the pages about deploying are read by a shell and by jq, with an `az` that answers as Azure's does. What they ask
// Azure for is in the files that they write.

import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "@jest/globals";
import { parse, parseAllDocuments } from "yaml";
import { operations } from "../../src/api/operations.ts";

const root = join(import.meta.dirname, "..", "..");
const pages = readdirSync(join(root, "docs")).filter((page) => page.startsWith("deploy"));
const textOf = (file: string) => readFileSync(join(root, file), "utf8");
const blocksOf = (page: string): string[] =>
	[...textOf(`docs/${page}`).matchAll(/^```bash\n([\s\S]+?)^```$/gm)].map(([, block]) => block!);

const has = (...tools: string[]) => tools.every((tool) => spawnSync(tool, ["--version"]).error === undefined);
const hasBash = has("bash");
const hasAll = hasBash && has("jq");
if (!hasAll) console.info("Not run: the commands of docs/deploy*.md. They need bash and jq on the PATH.");

describe.each(pages)("%s", (page) => {
	(hasBash ? test : test.skip).each(blocksOf(page))(
		"is read by a shell, and leaves nothing to fill in: %s",
		(block) => {
			expect(spawnSync("bash", ["-n"], { input: block, encoding: "utf8" })).toMatchObject({ status: 0, stderr: "" });
			expect(block).not.toMatch(/<[a-z][a-z ]*>|\.\.\./);
		},
	);
});

test("every variable of Terraform's that has no default is in deploy.md", () => {
	const variables = [...textOf("infra/variables.tf").matchAll(/^variable "(\w+)" \{\n([\s\S]+?)^\}/gm)];
	const needed = variables.filter(([, , body]) => !/^ {2}default +=/m.test(body!)).map(([, name]) => name!);
	expect(needed.length).toBeGreaterThan(8);
	const rows = textOf("docs/deploy.md")
		.split("\n")
		.filter((line) => line.startsWith("| `"));
	expect(needed.filter((name) => !rows.some((row) => row.includes(`\`${name}\``)))).toEqual([]);
});

const folder = mkdtempSync(join(tmpdir(), "documents-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Answers `--query` with something of the kind, and refuses a body that is not JSON. */
const az = `#!/usr/bin/env bash
while [ $# -gt 0 ]; do
  case $1 in
    --query) case $2 in aadProfile) echo '{}' ;; *) echo 00000000-0000-4000-8000-000000000001 ;; esac ;;
    --body) jq . "\${2#@}" >/dev/null || exit 1 ;;
    --app-roles) jq . "\${2#@}" >/dev/null || exit 1 ;;
  esac
  shift
done
`;

/** Runs all of a page in one shell, as somebody does who follows it. */
function followed(page: string): void {
	const tools = join(folder, "bin");
	mkdirSync(join(folder, "infra"), { recursive: true });
	mkdirSync(tools, { recursive: true });
	const stubs = {
		az,
		kubectl: "#!/bin/sh\necho LS0t\n",
		terraform: "#!/bin/sh\necho 00000000-0000-4000-8000-000000000002\n",
		uuidgen: "#!/bin/sh\necho 0B1EC700-0000-4000-8000-0000000000AA\n",
	};
	for (const [name, script] of Object.entries(stubs)) {
		writeFileSync(join(tools, name), script);
		chmodSync(join(tools, name), 0o755);
	}
	writeFileSync(join(folder, "kubeconfig"), "");
	const script = blocksOf(page).join("\n");
	const env = { PATH: `${tools}:${process.env.PATH}` };
	execFileSync("bash", ["--norc", "-euo", "pipefail", "-c", script], {
		cwd: folder,
		env,
		encoding: "utf8",
		stdio: "pipe",
	});
}

const jsonIn = (file: string) => JSON.parse(readFileSync(join(folder, file), "utf8"));
const scope = "0b1ec700-0000-4000-8000-0000000000aa";
const app = "00000000-0000-4000-8000-000000000001";

(hasAll ? describe : describe.skip)("followed from the top", () => {
	test("deploy-entra.md asks for what signing in needs", () => {
		followed("deploy-entra.md");
		const roles = (jsonIn("roles.json") as { value: string; id: string }[]).map(({ value }) => value);
		const used = new Set(Object.values(operations).flatMap((one) => ("role" in one ? [one.role] : [])));
		expect([...used].filter((role) => !roles.includes(role))).toEqual([]);
		expect(jsonIn("registration.json")).toMatchObject({
			identifierUris: [`api://${app}`],
			api: { requestedAccessTokenVersion: 2, oauth2PermissionScopes: [{ id: scope, type: "User", isEnabled: true }] },
		});
		const azureCli = { appId: "04b07795-8ddb-461a-bbee-02f9e1bf7b46", delegatedPermissionIds: [scope] };
		const { api } = jsonIn("clients.json");
		expect(api).toMatchObject({ requestedAccessTokenVersion: 2, preAuthorizedApplications: [azureCli] });
		expect(jsonIn("more-clients.json").api.preAuthorizedApplications).toEqual([
			azureCli,
			{ appId: app, delegatedPermissionIds: [scope] },
		]);
		expect(jsonIn("assignment.json")).toEqual({ principalId: app, resourceId: app, appRoleId: app });
	});

	test("deploy-ground.md writes where the state is", () => {
		followed("deploy-ground.md");
		const backend = readFileSync(join(folder, "infra/backend.tfbackend"), "utf8");
		expect(backend).toMatch(/^storage_account_name = "titanicstate\d+"$/m);
		expect(backend).toMatch(/^use_azuread_auth {5}= true$/m);
	});
});

(hasAll ? test : test.skip)(
	"the runbook's command for a first value stores the value alone, and prints nothing of it",
	() => {
		const [, command = ""] = /`(openssl rand[^`]+)`/.exec(textOf("docs/runbook.md")) ?? [];
		const tools = join(folder, "stored");
		mkdirSync(tools);
		const takes = `#!/bin/sh\ncat > "${tools}/value"; printf '%s ' "$@" > "${tools}/arguments"\n`;
		for (const [name, script] of Object.entries({ az: takes, openssl: "#!/bin/sh\necho iceberg\n" })) {
			writeFileSync(join(tools, name), script);
			chmodSync(join(tools, name), 0o755);
		}
		execFileSync("bash", ["--norc", "-euo", "pipefail", "-c", command], {
			env: { PATH: `${tools}:${process.env.PATH}` },
		});
		expect(readFileSync(join(tools, "value"), "utf8")).toBe("iceberg");
		expect(readFileSync(join(tools, "arguments"), "utf8")).toMatch(/ --file \/dev\/stdin .*--output none/);
	},
);

test("the Role of deploy.md gives what the example's overlay gives, and no more", () => {
	const block = blocksOf("deploy.md").find((one) => one.includes("kind: Role\n"))!;
	const manifest = block.slice(block.indexOf("apiVersion"), block.indexOf("\nEND\n"));
	const names = { DEPLOYMENT: "titanic-api", CLASS: "titanic-kv-secrets", SYNCED_SECRET: "titanic-api-secrets" };
	const filled = manifest.replace(/\$(\w+)/g, (_, name: string) => names[name as keyof typeof names] ?? "titanic-api");
	const [role] = parseAllDocuments(filled).map((document) => document.toJS());
	const [base] = parseAllDocuments(textOf("examples/titanic-api/rotator-access/access.yaml")).map((document) =>
		document.toJS(),
	);
	const further = parse(textOf("examples/titanic-api/variants/csi-driver/rotator-access.yaml")) as { value: object }[];
	const asText = (rules: object[]) => rules.map((rule) => JSON.stringify(rule)).sort();
	expect(asText(role.rules)).toEqual(asText([...base.rules, ...further.map(({ value }) => value)]));
});
