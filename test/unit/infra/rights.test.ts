// The table in docs/security.md, the Terraform module and the local stack say the same of what the app's identity may do.
// That the local stack's rights are used, each of them, and suffice, is shown by test/e2e/rights.test.ts and
// test/integration/blob-rights.test.ts.

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { type Kind, rightsByKind } from "../../../local/rights.ts";
import { names, rights } from "../../../local/world.ts";
import { whyNoTerraform } from "../../support/terraform/binary.ts";
import { evaluated, type Scope } from "../../support/terraform/evaluate.ts";
import { blocksOf, textOf } from "../../support/terraform/queries.ts";
import { grantsOf, type Identity, identities, ids, tfFiles } from "../../support/terraform/rights.ts";

const vault = "/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/titanic-kv-prod";

const secretOf = (changes: object = {}) => ({
	vault: "main",
	server: "titanic-db",
	role: names.role,
	login: { mode: "self", vault: null, secret: null, role: null, recovery: null },
	derived: [{ secret: "db-connection-string", template: "{password}" }],
	consumers: [],
	...changes,
});

/** The seed world, as somebody gives it to the module. */
const seedWorld: Scope = {
	vaults: { main: { id: vault, url: "https://titanic-kv-prod.vault.azure.net", location: "westeurope" } },
	secrets: { "db-password": secretOf() },
	signing_key_id: `${vault}/keys/${names.signingKey}`,
	audit_copy_container_url: null,
	durable_backend: "durable-task-scheduler",
};

const full = (action: string) =>
	action.startsWith("blobs/")
		? `Microsoft.Storage/storageAccounts/blobServices/containers/${action}`
		: `Microsoft.KeyVault/vaults/${action}`;
const grantsAt = (scope: string, kind: Kind) => rightsByKind[kind].map((action) => `${scope} ${full(action)}`);

/** Of the platform that the app stands on: what no data action is narrower for. */
const platform = [
	`${ids.insights} Monitoring Metrics Publisher`,
	`${ids.rule} Monitoring Metrics Publisher`,
	`${ids.taskHub} Durable Task Data Contributor`,
];
const containers = [...grantsAt(ids.audit, "audit"), ...grantsAt(ids.records, "records")];

describe("the module", () => {
	test("grants the seed world what the local stack's identity has there, and nothing else", async () => {
		const inVault = rights.rotator.flatMap(({ secret, key, actions }) =>
			actions.map((action) =>
				key === undefined
					? `${vault}${secret === undefined ? "" : `/secrets/${secret}`} ${full(`secrets/${action}`)}`
					: `${vault}/keys/${key} ${full(`keys/${action}`)}`,
			),
		);
		expect(await grantsOf(seedWorld)).toEqual([...inVault, ...containers, ...platform].sort());
	});

	test("adds an admin role's secret, which it may only read, and that of reconciliations, wherever they are", async () => {
		const login = { mode: "admin-secret", vault: null, secret: "db-admin", role: "rotator" };
		const recovery = { vault: "side", secret: "break-glass", role: "root" };
		const side = vault.replace("prod", "side");
		const grants = await grantsOf({
			...seedWorld,
			vaults: { ...seedWorld.vaults, side: { id: side } },
			secrets: { "db-password": secretOf({ login: { ...login, recovery } }), other: secretOf({ derived: [] }) },
		});
		const before = await grantsOf(seedWorld);
		expect(grants.filter((grant) => !before.includes(grant))).toEqual(
			[
				...grantsAt(`${vault}/secrets/db-admin`, "readable"),
				...grantsAt(`${side}/secrets/break-glass`, "readable"),
				...grantsAt(side, "vault"),
				...grantsAt(`${vault}/secrets/other`, "managed"),
				...grantsAt(`${vault}/secrets/other-pending`, "pending"),
			].sort(),
		);
		expect(before.filter((grant) => !grants.includes(grant))).toEqual([]);
	});

	test("gives the platform identities of its own: leases and keys to one, the package to another, and to both nothing else", async () => {
		const grantsFor = (durable_backend: string, identity: Identity) =>
			grantsOf({ ...seedWorld, durable_backend }, {}, identity);
		expect(await grantsFor("durable-task-scheduler", "host")).toEqual([`${ids.host} Storage Blob Data Owner`]);
		expect(await grantsFor("azure-storage", "host")).toEqual([
			`${ids.host} Storage Blob Data Owner`,
			`${ids.host} Storage Queue Data Contributor`,
			`${ids.host} Storage Table Data Contributor`,
		]);
		for (const backend of ["durable-task-scheduler", "azure-storage"])
			expect(await grantsFor(backend, "package")).toEqual([`${ids.package} Storage Blob Data Contributor`]);
	});

	test("gives the app's own identity nothing on the package, the host's keys or a task hub in the host's account", async () => {
		const backends = ["durable-task-scheduler", "azure-storage"];
		for (const durable_backend of backends) {
			const grants = await grantsOf({ ...seedWorld, durable_backend, audit_copy_container_url: "https://x" });
			expect(grants.filter((grant) => !/ Microsoft\./.test(grant))).toEqual([
				`${ids.insights} Monitoring Metrics Publisher`,
				...(durable_backend === "azure-storage" ? [] : [`${ids.taskHub} Durable Task Data Contributor`]),
			]);
			// A scope covers what is below it: an account its containers, a group its accounts.
			const scopes = grants.map((grant) => grant.split(" ")[0]!);
			const covers = (thing: string) => scopes.filter((scope) => `${thing}/`.startsWith(`${scope}/`));
			expect([covers(ids.package), covers(ids.host)]).toEqual([[], []]);
		}
	});

	test("runs the host as the host's identity, takes the package as the package's, and calls everything else as the app's", () => {
		const main = textOf("main.tf");
		const users = (pattern: RegExp) => [...main.matchAll(pattern)].map(([, identity]) => identity);
		expect(users(/AzureWebJobsStorage__clientId *= azurerm_user_assigned_identity\.(\w+)\./g)).toEqual(["host"]);
		expect(users(/userAssignedIdentityResourceId *= azurerm_user_assigned_identity\.(\w+)\.id/g)).toEqual(["package"]);
		expect(users(/AZURE_CLIENT_ID *= azurerm_user_assigned_identity\.(\w+)\./g)).toEqual(["rotator"]);
		expect(users(/^ {6}azurerm_user_assigned_identity\.(\w+)\.id,$/gm)).toEqual([...identities]);
		// The package's container is in an account in which the host owns nothing.
		expect(main).toContain("azurerm_storage_account.package.primary_blob_endpoint");
		expect(textOf("host.tf")).toMatch(
			/"package" \{\n {2}name +=[^\n]*\n {2}storage_account_id = azurerm_storage_account\.package\.id/,
		);
	});

	test("grants by role assignments only, that this test reads", () => {
		for (const file of tfFiles()) {
			expect(textOf(file)).not.toMatch(/access_policy|roleAssignments|Microsoft\.Authorization|roleEligibility/i);
		}
	});
});

describe("a module that grants something else is noticed", () => {
	const changes: Record<string, (text: string) => string> = {
		"one action more": (text) =>
			text.replace(
				'secrets/recover/action",\n    ]',
				'secrets/recover/action",\n      "Microsoft.KeyVault/vaults/secrets/delete",\n    ]',
			),
		"one action less": (text) => text.replace('      "Microsoft.KeyVault/vaults/secrets/recover/action",\n', ""),
		// biome-ignore lint/suspicious/noTemplateCurlyInString: Terraform's own
		"the vault instead of a secret": (text) => text.replace("/secrets/${each.value.secret}", ""),
		"the account instead of a container": (text) =>
			text.replace("azurerm_storage_container.audit.id", "azurerm_storage_account.host.id"),
		"a built-in role instead": (text) =>
			text.replace(
				'role_definition_id = azurerm_role_definition.rotator["key"].role_definition_resource_id',
				'role_definition_name = "Key Vault Crypto Officer"',
			),
		"the package's container": (text) =>
			text.replace("azurerm_storage_container.audit.id", "azurerm_storage_container.package.id"),
		"another set of secrets": (text) => text.replace("for entry in local.derived", "for entry in local.managed"),
	};

	test.each(Object.entries(changes))("%s", async (_, change) => {
		const text = change(textOf("rights.tf"));
		expect(text).not.toBe(textOf("rights.tf"));
		expect(await grantsOf(seedWorld, { "rights.tf": text })).not.toEqual(await grantsOf(seedWorld));
	});

	test.each([
		["an action besides", 'data_actions = each.value\n    actions = ["*"]', "more than the data actions"],
		["actions of its own", 'data_actions = ["Microsoft.KeyVault/vaults/*"]', "more than the data actions"],
	])("a role with %s", async (_, permissions, said) => {
		const text = textOf("rights.tf").replace("data_actions = each.value", permissions);
		await expect(grantsOf(seedWorld, { "rights.tf": text })).rejects.toThrow(said);
	});
});

test("Terraform itself finds the same sets of secrets", async () => {
	const why = whyNoTerraform();
	if (why !== undefined) return console.warn(`Terraform was not asked: ${why}.`);
	const folder = mkdtempSync(join(tmpdir(), "titanic-terraform-"));
	try {
		const login = {
			mode: "admin-secret",
			secret: "db-admin",
			role: "rotator",
			recovery: { secret: "root", role: "r" },
		};
		const given = {
			vaults: seedWorld.vaults,
			secrets: { "db-password": secretOf(), other: secretOf({ login, derived: [], vault: "side" }) },
		};
		const variables = textOf("variables.tf").split(/^(?=variable ")/m);
		const needed = variables.filter((text) => /^variable "(vaults|secrets)"/.test(text)).join("");
		writeFileSync(join(folder, "main.tf"), needed + textOf("locals.tf"));
		writeFileSync(join(folder, "given.auto.tfvars.json"), JSON.stringify(given));
		const sets = ["managed", "pending", "derived", "readable"];
		const input = `jsonencode([${sets.map((set) => `local.${set}`).join()}])\n`;
		const env = { ...process.env, TF_CLI_CONFIG_FILE: "/dev/null", CHECKPOINT_DISABLE: "1" };
		const { stdout, stderr, status } = spawnSync("terraform", ["console"], {
			cwd: folder,
			input,
			env,
			encoding: "utf8",
		});
		expect([status, stderr]).toEqual([0, ""]);

		const [declared] = (await blocksOf("locals.tf")).locals;
		const secrets = {
			...given.secrets,
			other: secretOf({
				...given.secrets.other,
				login: { vault: null, ...login, recovery: { vault: null, ...login.recovery } },
			}),
		};
		const local: Record<string, unknown> = {};
		for (const name of ["admin_logins", ...sets]) {
			local[name] = await evaluated(declared[name], { var: { ...given, secrets }, local });
		}
		expect(JSON.parse(JSON.parse(stdout))).toEqual(sets.map((set) => local[set]));
	} finally {
		rmSync(folder, { recursive: true });
	}
});

describe("the table of docs/security.md", () => {
	const text = readFileSync(new URL("../../../docs/security.md", import.meta.url), "utf8");
	const [, section = ""] = /\n## What the service may do\n([\s\S]*?)\n## /.exec(text) ?? [];
	const rows = section
		.split("\n")
		.filter((line) => line.startsWith("| ") && !line.startsWith("| system"))
		.map((line) =>
			line
				.split("|")
				.map((cell) => cell.trim())
				.slice(1, -1),
		);
	const rowOf = (on: string) => rows.find((cells) => cells[2] === on);
	const quoted = (cell = "") => [...cell.matchAll(/`([^`]+)`/g)].map(([, right]) => right!);

	const kinds: Record<Kind, string> = {
		managed: "each managed secret",
		pending: "its `<name>-pending`",
		derived: "each derived secret",
		readable: "an admin role's secret (`admin-secret`, `login.recovery`)",
		vault: "the vault",
		key: "the key of `AUDIT_SIGNING_KEY_URL`",
		audit: "the audit container",
		records: "the records container",
	};

	test.each(Object.entries(kinds))("has the rights of %s, no more and no less", (kind, on) => {
		expect(quoted(rowOf(on)?.[1])).toEqual(rightsByKind[kind as Kind]);
	});

	test.each([
		["the task hub", ["Durable Task Data Contributor"]],
		["the data collection rule of the second store", ["Monitoring Metrics Publisher"]],
		["its Application Insights", ["Monitoring Metrics Publisher"]],
		["the host's storage account, as the host's identity", ["Storage Blob Data Owner"]],
		["the package's container, as the package's identity", ["Storage Blob Data Contributor"]],
		[
			"the host's storage account, as the host's identity, where `durable_backend` is `azure-storage`",
			["Storage Queue Data Contributor", "Storage Table Data Contributor"],
		],
	])("has the built-in roles on %s", (on, roles) => {
		expect(rowOf(on)?.[1]?.split(", ")).toEqual(roles);
	});

	test("has a step and a consequence in each row, and no row for what nobody grants", () => {
		const others = [
			"each managed role",
			"the named Deployment and Secret",
			"a container in an account of others, as second store",
		];
		expect(rows.map(([, , on]) => on)).toHaveLength(Object.keys(kinds).length + 6 + others.length);
		for (const on of others) expect(rowOf(on)).toBeDefined();
		expect(rows.filter((cells) => cells.length !== 5 || cells.some((cell) => cell === ""))).toEqual([]);
	});
});
