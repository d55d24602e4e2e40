// The Terraform module and the local stack grant what infra/rights.json has, each right on its own thing; the list says of each
// what for. Its table in docs/security.md is held to it by test/unit/config/docs.test.ts, the example's Roles by
// test/integration/examples/manifests.test.ts.
// That the local stack's rights are used, each of them, and suffice, is shown by test/e2e/rights.test.ts and
// test/integration/blob-rights.test.ts.

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import list from "../../../infra/rights.json" with { type: "json" };
import { type Kind, rightsByKind } from "../../../local/rights.ts";
import { names, rights } from "../../../local/world.ts";
import { kubernetesRights } from "../../../src/cli/config-docs/rights.ts";
import type { Step } from "../../../src/lib/domain/audit-entry.ts";
import { faultCodes } from "../../../src/lib/domain/fault.ts";
import { lackingFor } from "../../../src/lib/targets/postgres/rights.ts";
import { whyNoTerraform } from "../../support/terraform/binary.ts";
import { evaluated, type Scope } from "../../support/terraform/evaluate.ts";
import { blocksOf, textOf } from "../../support/terraform/queries.ts";
import { addressOf, grantsOf, type Identity, identities, ids, tfFiles } from "../../support/terraform/rights.ts";
import { valuesOf, variables } from "../../support/terraform/values.ts";

const vault = "/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/titanic-kv-prod";

const secretOf = (changes: object = {}) => ({
	vault: "main",
	name: null,
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
	repositories: {},
	notifications: {},
	notification_topics: {},
	backups: null,
	signing_key_id: `${vault}/keys/${names.signingKey}`,
	audit_copy_container_url: null,
	durable_backend: "durable-task-scheduler",
	otlp_headers_secret_id: null,
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

	test("adds a repository's token, and the keys that a file is encrypted for where they are in its vaults", async () => {
		const key = "https://titanic-kv-prod.vault.azure.net/keys/sops";
		const recipients = [key, "https://others.vault.azure.net/keys/sops", `age1${"q".repeat(58)}`];
		const delivery = { path: "flux-sops", recipients };
		const grants = await grantsOf({
			...seedWorld,
			repositories: {
				gitops: { login: { mode: "secret", vault: "main", secret: "git-token" } },
				devops: { login: { mode: "entra", vault: null, secret: null } },
			},
			secrets: { "db-password": secretOf({ consumers: [{ delivery }, { delivery }] }) },
		});
		const before = await grantsOf(seedWorld);
		expect(grants.filter((grant) => !before.includes(grant))).toEqual(
			[...grantsAt(`${vault}/secrets/git-token`, "readable"), ...grantsAt(`${vault}/keys/sops`, "recipient")].sort(),
		);
	});

	test("adds what a channel of notifications is sent to and signed with, and the topics that are named", async () => {
		const topic = "/subscriptions/0/resourceGroups/g/providers/Microsoft.EventGrid/topics/rotations";
		const grants = await grantsOf({
			...seedWorld,
			notifications: {
				chat: { address: { vault: "main", secret: "slack-url", host: "hooks.slack.com" }, signing: null },
				ops: { address: null, signing: [{ vault: "main", secret: "signing-key" }] },
				grid: { address: null, signing: null },
			},
			notification_topics: { rotations: topic },
		});
		const before = await grantsOf(seedWorld);
		expect(grants.filter((grant) => !before.includes(grant))).toEqual(
			[
				`${topic} EventGrid Data Sender`,
				...grantsAt(`${vault}/secrets/slack-url`, "readable"),
				...grantsAt(`${vault}/secrets/signing-key`, "readable"),
			].sort(),
		);
	});

	test("adds backups of what is managed and derived, of no pending secret, and lets the app add to their container alone", async () => {
		const grants = await grantsOf({ ...seedWorld, backups: { keepDays: 365 } });
		const before = await grantsOf(seedWorld);
		expect(grants.filter((grant) => !before.includes(grant))).toEqual(
			[
				...grantsAt(`${vault}/secrets/db-password`, "backup"),
				...grantsAt(`${vault}/secrets/db-connection-string`, "backup"),
				...grantsAt(ids.backups, "backups"),
			].sort(),
		);
		expect(rightsByKind.backups).toEqual(["blobs/add/action"]);
	});

	test("lets the app sign with a GitHub App's key, of whichever version, where it is in one of its vaults", async () => {
		const key = "https://titanic-kv-prod.vault.azure.net/keys/github-app";
		const login = (key: string) => ({ login: { mode: "github-app", vault: null, secret: null, key } });
		const repositories = {
			gitops: login(key),
			again: login(`${key}/${"0".repeat(32)}`),
			other: login("https://others.vault.azure.net/keys/github-app"),
		};
		const grants = await grantsOf({ ...seedWorld, repositories });
		const before = await grantsOf(seedWorld);
		expect(grants.filter((grant) => !before.includes(grant))).toEqual(
			grantsAt(`${vault}/keys/github-app`, "gitHubApp"),
		);
		expect(rightsByKind.gitHubApp).toEqual(["keys/sign/action"]);
	});

	test("is about a secret's name in its vault, whatever its id is", async () => {
		const secrets = { "prod-db": secretOf({ name: "db-password" }) };
		expect(await grantsOf({ ...seedWorld, secrets })).toEqual(await grantsOf(seedWorld));
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

	test("lets the platform read the one secret with the collector's headers, and the app nothing more", async () => {
		const otlp_headers_secret_id = `${vault}/secrets/otlp-headers`;
		const given = { ...seedWorld, otlp_headers_secret_id };
		expect(await grantsOf(given, {}, "package")).toEqual(
			[...grantsAt(otlp_headers_secret_id, "readable"), `${ids.package} Storage Blob Data Contributor`].sort(),
		);
		expect(await grantsOf(given)).toEqual(await grantsOf(seedWorld));
		expect(textOf("main.tf")).toContain(
			`keyVaultReferenceIdentity = azurerm_user_assigned_identity.${addressOf("package")}.id`,
		);
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
		const [host, packages] = (["host", "package"] as const).map(addressOf);
		expect(users(/AzureWebJobsStorage__clientId *= azurerm_user_assigned_identity\.(\S+)\.client_id/g)).toEqual([host]);
		expect(users(/userAssignedIdentityResourceId *= azurerm_user_assigned_identity\.(\S+)\.id/g)).toEqual([packages]);
		expect(users(/AZURE_CLIENT_ID *= azurerm_user_assigned_identity\.(\w+)\./g)).toEqual(["rotator"]);
		expect(users(/^ {6}azurerm_user_assigned_identity\.(\S+)\.id,$/gm)).toEqual(identities.map(addressOf));
		// The package's container is in an account in which the host owns nothing.
		expect(main).toContain('azurerm_storage_account.platform["package"].primary_blob_endpoint');
		expect(textOf("host.tf")).toMatch(
			/"package" \{\n {2}name +=[^\n]*\n {2}storage_account_id = azurerm_storage_account\.platform\["package"\]\.id/,
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
		"another kind's actions": (text) =>
			text.replace("listed in thing.rights", "listed in local.listed.actions.managed.rights"),
		"fewer actions": (text) => text.replace("listed.right]", 'listed.right if thing.system == "Storage"]'),
		// biome-ignore lint/suspicious/noTemplateCurlyInString: Terraform's own
		"the vault instead of a secret": (text) => text.replace("/secrets/${each.value.secret}", ""),
		"the account instead of a container": (text) =>
			text.replace("azurerm_storage_container.audit.id", 'azurerm_storage_account.platform["host"].id'),
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
			backups: { keepDays: 400 },
			repositories: {
				gitops: { url: "https://git.example.com/g", login: { mode: "secret", vault: "main", secret: "git-token" } },
			},
			notifications: {
				chat: { kind: "slack", address: { vault: "main", secret: "slack-url", host: "hooks.slack.com" } },
				ops: { kind: "webhook", url: "https://ops.example.com", signing: [{ vault: "side", secret: "signing-key" }] },
			},
			secrets: {
				"db-password": secretOf(),
				other: secretOf({ login, derived: [], vault: "side", name: "db-password" }),
			},
		};
		const variables = textOf("variables.tf").split(/^(?=variable ")/m);
		const needed = variables
			.filter((text) => /^variable "(vaults|repositories|notifications|backups|secrets)"/.test(text))
			.join("");
		writeFileSync(join(folder, "main.tf"), needed + textOf("locals.tf"));
		writeFileSync(join(folder, "given.auto.tfvars.json"), JSON.stringify(given));
		const sets = ["managed", "pending", "derived", "backed_up", "readable", "recipients", "github_app_keys"];
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
			const notifications = Object.fromEntries(
				Object.entries(given.notifications).map(([at, one]) => [at, { address: null, signing: null, ...one }]),
			);
			local[name] = await evaluated(declared[name], { var: { ...given, notifications, secrets }, local });
		}
		expect(JSON.parse(JSON.parse(stdout))).toEqual(sets.map((set) => local[set]));
	} finally {
		rmSync(folder, { recursive: true });
	}
});

test("Terraform itself reads the same rights out of the list", async () => {
	const why = whyNoTerraform();
	if (why !== undefined) return console.warn(`Terraform was not asked: ${why}.`);
	const { rights: actions, roles } = await valuesOf(variables);
	const listed = (things: object) =>
		Object.fromEntries(
			Object.entries<{ rights: { right: string }[] }>({ ...things }).map(([kind, thing]) => [
				kind,
				thing.rights.map(({ right }) => right),
			]),
		);
	expect({ actions, roles }).toEqual({ actions: listed(list.actions), roles: listed(list.roles) });
});

describe("the list", () => {
	// What a git server grants is no data action of Azure.
	const things = [...Object.values(list.actions), list.elsewhere.heads];
	const uses = [list.actions, list.elsewhere, list.roles, list.postgres, kubernetesRights]
		.flatMap((part) => Object.values<{ rights: readonly Use[] }>(part))
		.flatMap(({ rights }) => rights);
	const codes = new Set(uses.flatMap(({ code = [] }) => code));

	test("says of each right which step needs it or what for, and what is without it", () => {
		/** A step that is not here does not compile. */
		const steps: Record<Step, true> = {
			...{
				trigger: true,
				approval: true,
				freeze: true,
				plan: true,
				createSecret: true,
				setSecret: true,
				testSecret: true,
				finishSecret: true,
			},
			...{
				refresh: true,
				deliver: true,
				roll: true,
				verify: true,
				finish: true,
				reconcile: true,
				retire: true,
				sweep: true,
				signHead: true,
				notify: true,
				backup: true,
			},
		};
		const unknown = uses.flatMap((use) => use.steps).filter((step) => !(step in steps) && step !== "every step");
		expect(unknown).toEqual([]);
		expect(uses.filter(({ steps, why, then }) => steps.length + (why ?? "").length === 0 || then === "")).toEqual([]);
	});

	test("has each code that tells of a right that is lacking, and none that there is not", () => {
		const known: readonly string[] = faultCodes;
		expect([...codes].filter((code) => !known.includes(code))).toEqual([]);
		const lacking = known.filter((code) => /-forbidden$|^role-(not-permitted|cannot-login)$/.test(code));
		expect(lacking.filter((code) => !codes.has(code))).toEqual([]);
	});

	test("has no data action that takes anything away, opens a key or is more than one", () => {
		const rights = things.flatMap(({ rights }) => rights.map(({ right }) => right));
		expect(rights.filter((right) => !/^Microsoft\.(KeyVault|Storage)\/[\w/]+$/.test(right))).toEqual([]);
		expect(rights.filter((right) => /delete|purge|restore|decrypt|unwrap|move/i.test(right))).toEqual([]);
		// A backup leaves the vault sealed, and is a right by itself: it is given where backups are wanted.
		expect(rights.filter((right) => /backup/i.test(right))).toEqual(
			list.actions.backup.rights.map(({ right }) => right),
		);
	});

	test("has the built-in roles that the module assigns, each under its own name", () => {
		const assigned = tfFiles().flatMap(
			(file) => textOf(file).match(/(?<=role_definition_name.*)local\.roles\.\w+/g) ?? [],
		);
		const ofHost = textOf("host.tf").match(/local\.roles\.hostTaskHub/g) ?? [];
		expect([...assigned, ...ofHost].sort()).toEqual(
			Object.keys(list.roles)
				.map((kind) => `local.roles.${kind}`)
				.sort(),
		);
		for (const file of tfFiles()) expect(textOf(file)).not.toMatch(/role_definition_name *= *"/);
	});

	test("has what the SQL gives an admin role, no more and no less", () => {
		const sql = textOf("sql/admin-role.sql.tftpl");
		const [attributes = [], options = []] = [/^ALTER ROLE "[^"]+" (.*);$/gm, /^GRANT .* WITH (.*);$/gm].map(
			(statement) => [...sql.matchAll(statement)].flatMap(([, words]) => words!.split(", ")),
		);
		expect(options).toEqual(["ADMIN TRUE", "INHERIT FALSE", "SET FALSE"]);
		expect([...attributes, "ADMIN OPTION"]).toEqual(list.postgres["admin-secret"].rights.map(({ right }) => right));
		expect(sql.match(/\b(ALTER|GRANT|CREATE ROLE)\b.*/g)).toHaveLength(3);
	});

	test("gives the app's own identity the same, as a role without a password", () => {
		const [ofAdmin, ofIdentity] = ["admin-role", "identity-role"].map((name) => textOf(`sql/${name}.sql.tftpl`));
		const grants = /^(ALTER|GRANT) .*$/gm;
		expect(ofIdentity!.match(grants)).toEqual(ofAdmin!.match(grants));
		expect(ofIdentity!.match(/\b(ALTER|GRANT|CREATE ROLE|PERFORM)\b.*/g)).toHaveLength(3);
		expect(list.postgres["entra-token"].rights).toEqual(list.postgres["admin-secret"].rights);
	});

	test("has what the app says that an admin role lacks", () => {
		const nothing = { isSelf: false, isSuperuser: false, hasCreateRole: false, hasAdminOption: false };
		const target = { version: 160_000, targetIsSuperuser: false, targetIsReplication: false };
		expect(lackingFor("titanic_admin", { ...nothing, ...target })).toBe(
			`${list.postgres["admin-secret"].rights.map(({ right }) => right).join(" and ")} on role titanic_admin`,
		);
	});
});

interface Use {
	readonly steps: readonly string[];
	readonly why?: string;
	readonly code?: string;
	readonly then: string;
}
