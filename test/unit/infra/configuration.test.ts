// What Terraform renders is what the app reads: its own loader is the judge.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "@jest/globals";
import { parse } from "yaml";
import { selfSigned } from "../../../packages/loopback/index.ts";
import { loadConfiguration } from "../../../src/lib/config/load.ts";
import { whyNoTerraform } from "../../support/terraform/binary.ts";
import { textOf } from "../../support/terraform/queries.ts";
import { valuesOf, variables } from "../../support/terraform/values.ts";

const missing = whyNoTerraform();
if (missing !== undefined) console.warn(`configuration.test.ts did not run: ${missing}.`);
const ifTerraform = missing === undefined ? describe : describe.skip;

const folder = mkdtempSync(join(tmpdir(), "rotator-configuration-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** As the app would load it. @param files of the package, where it names some */
async function loaded(yaml: string, files: Readonly<Record<string, string>> = {}) {
	const file = join(folder, "rotation.config.yaml");
	mkdirSync(join(folder, "ca", "notifications"), { recursive: true });
	for (const [path, text] of Object.entries(files)) writeFileSync(join(folder, path), text);
	writeFileSync(file, yaml);
	return (await loadConfiguration(file)).config;
}

describe("what Terraform can be given", () => {
	interface Schema {
		readonly properties?: Readonly<Record<string, Schema>>;
		readonly additionalProperties?: Schema | false;
		readonly items?: Schema;
		readonly oneOf?: readonly Schema[];
		readonly anyOf?: readonly Schema[];
	}
	const schema = JSON.parse(readFileSync("rotation.config.schema.json", "utf8")) as Schema;
	const secret = schema.properties?.secrets?.additionalProperties || undefined;
	const namesIn = ({ properties = {}, items, oneOf = [], anyOf = [] }: Schema): string[] => [
		...Object.entries(properties).flatMap(([name, option]) => [name, ...namesIn(option)]),
		...(items ? namesIn(items) : []),
		...[...oneOf, ...anyOf].flatMap(namesIn),
	];

	const itemOf = (name: string): Schema => {
		const { additionalProperties, items } = schema.properties?.[name] ?? {};
		return additionalProperties || items || {};
	};

	test.each([
		["secrets", 50],
		["repositories", 12],
		["freezes", 4],
		["exemptions", 5],
		["notifications", 10],
	])("is every option of %s: a type leaves out what it does not name, without a word", (name, least) => {
		const [type = ""] = new RegExp(`^variable "${name}" \\{.*?^\\}`, "ms").exec(textOf("variables.tf")) ?? [];
		const options = [...new Set(namesIn(itemOf(name)))];
		expect(options.length).toBeGreaterThanOrEqual(least);
		expect(options.filter((option) => !new RegExp(`^ +${option} += `, "m").test(type))).toEqual([]);
	});

	test.each([
		["repository in var.repositories", "repositories"],
		["freeze in var.freezes", "freezes"],
		["class in var.policy_classes", "policyClasses"],
		["exemption in var.exemptions", "exemptions"],
		["channel in var.notifications", "notifications"],
	])("is the same at the root, for each %s", (each, name) => {
		const text = readFileSync("infra/variables.tf", "utf8");
		const [, list = ""] =
			new RegExp(`for ${each} : length\\(setsubtract\\(keys\\(\\w+\\), \\[([^\\]]+)\\]`).exec(text) ?? [];
		const shapes = [itemOf(name), ...(itemOf(name).oneOf ?? itemOf(name).anyOf ?? [])];
		const options = [...new Set(shapes.flatMap(({ properties = {} }) => Object.keys(properties)))];
		expect([...list.matchAll(/"(\w+)"/g)].map(([, option]) => option).sort()).toEqual(options.sort());
	});

	test("is the same at the root, which refuses what there is not", () => {
		const text = readFileSync("infra/variables.tf", "utf8");
		const [, list = ""] =
			/for secret in var\.secrets : length\(setsubtract\(keys\(secret\), \[([^\]]+)\]/.exec(text) ?? [];
		const options = new Set(secret?.anyOf?.flatMap(({ properties = {} }) => Object.keys(properties)));
		expect([...list.matchAll(/"(\w+)"/g)].map(([, name]) => name).sort()).toEqual([...options].sort());
	});
});

ifTerraform("rotation.config.yaml as Terraform renders it", () => {
	test("says the same to the app as the example that is written by hand", async () => {
		const given = {
			...variables,
			servers: { "titanic-postgres": { host: "titanic-postgres.postgres.database.azure.com", database: "titanic" } },
			clusters: { "titanic-aks": { server: "https://titanic-aks-0a1b2c3d.hcp.westeurope.azmk8s.io" } },
			secrets: (parse(readFileSync("rotation.config.example.yaml", "utf8")) as typeof variables).secrets,
		};
		const rendered = await loaded((await valuesOf(given)).package_files["rotation.config.yaml"]!);
		expect(rendered).toEqual(await loaded(readFileSync("rotation.config.example.yaml", "utf8")));
	});

	test("names the container of backups that the module makes, where they are wanted", async () => {
		const clusters = { "titanic-aks": { server: "https://titanic-aks.hcp.westeurope.azmk8s.io" } };
		const { package_files, endpoints } = await valuesOf({ ...variables, clusters, backups: { keepDays: 400 } });
		const { backups } = await loaded(package_files["rotation.config.yaml"]!);
		expect(backups).toEqual({ container: "https://titanic.blob.core.windows.net/backups", keepDays: 400 });
		expect(Object.keys(endpoints)).toContain("backups-blob");
	});

	test("has every option that is given, and CA files beside it", async () => {
		const secret = {
			...variables.secrets["db-password"],
			strategy: "single-user",
			name: "database-password",
			rotateEveryDays: 30,
			expiryMarginDays: 40,
			automatic: true,
			windows: [{ cron: "0 22 * * 1-5", minutes: 240, zone: "Europe/Berlin" }],
			expiryBeatsWindowDays: 5,
			spreadDays: 7,
			approval: "none",
			login: { mode: "self", recovery: { secret: "admin-password", role: "rotator" } },
			value: { template: "user={role} password={password}", format: "libpq" },
			derived: [{ secret: "db-dsn", template: "user={role} password={password}", format: "libpq" }],
			consumers: [
				{
					cluster: "titanic-aks",
					namespace: "titanic-api",
					kind: "Deployment",
					name: "titanic-api",
					delivery: { path: "csi-driver", secretProviderClass: "titanic-kv-secrets", pollSeconds: 120 },
					rollTogetherSeconds: 30,
					copyTimeoutSeconds: 400,
					rolloutTimeoutSeconds: 500,
					maxExposureSeconds: 60,
					application: { readsAgain: true, keepsSessions: false, startSeconds: 12 },
				},
				{
					cluster: "titanic-aks",
					namespace: "titanic-api",
					kind: "Deployment",
					name: "titanic-batch",
					delivery: { path: "external-secrets", externalSecret: "batch" },
				},
				{
					cluster: "titanic-aks",
					namespace: "titanic-api",
					kind: "Deployment",
					name: "titanic-worker",
					delivery: { path: "kubernetes-secret", secret: "worker-secrets", keys: { "database-password": "pw" } },
					roll: "none",
				},
				{
					cluster: "titanic-aks",
					namespace: "titanic-api",
					kind: "Deployment",
					name: "titanic-reader",
					delivery: { path: "workload-identity", applicationName: "pod", reloadSeconds: 60 },
					roll: "none",
				},
				{
					cluster: "titanic-aks",
					namespace: "titanic-api",
					kind: "Deployment",
					name: "titanic-reports",
					delivery: {
						path: "flux-sops",
						repository: "gitops",
						file: "clusters/production/secret.sops.yaml",
						recipients: ["https://titanic-kv-prod.vault.azure.net/keys/sops"],
						secret: "reports-secrets",
						keys: { "database-password": "pw" },
						fluxNamespace: "flux-system",
						kustomization: "titanic-api",
					},
				},
			],
		};
		const ca = (await selfSigned()).cert;
		const repository = {
			url: "https://git.example.com/titanic/gitops",
			branch: "release",
			email: "rotator@example.com",
			login: { mode: "secret", vault: "titanic-kv-prod", secret: "git-token", user: "rotator" },
		};
		const reviewed = { ...repository, url: "https://git.example.com/titanic/reviewed", pullRequests: { host: "none" } };
		const servers = { "titanic-postgres": { host: "db", port: 6000, database: "titanic", ca, sessionsAtOnce: 2 } };
		const vaults = {
			"titanic-kv-prod": { ...variables.vaults["titanic-kv-prod"], writesPer10Seconds: 40 },
		};
		const clusters = { "titanic-aks": { ...variables.clusters["titanic-aks"], ca } };
		const repositories = { gitops: { ...repository, ca }, reviewed };
		const key = {
			vault: "titanic-kv-prod",
			strategy: "random-value",
			random: {
				format: "characters",
				bits: 192,
				prefix: "k.",
				classes: [{ characters: "abcdefghij", atLeast: 2 }, { characters: "0123456789" }],
			},
			fallbacks: { sessionLifetimeHours: 744 },
		};
		const turns = {
			vault: "titanic-kv-prod",
			strategy: "alternating-users",
			server: "titanic-postgres",
			roles: ["titanic_app_a", "titanic_app_b"],
			owner: "titanic_app",
			login: { mode: "admin-secret", secret: "rotator-password", role: "titanic_rotator" },
			value: { template: '{"username": "{role}", "password": "{password}"}', format: "json" },
			retire: { afterHours: 48 },
		};
		const freezes = [
			{ from: "2026-12-20T00:00:00+01:00", to: "2027-01-05T00:00:00+01:00", reason: "year end" },
			{ from: "2026-12-01T00:00:00Z", to: "2026-12-02T00:00:00Z", reason: "move", secrets: ["db-password"] },
		];
		const policyClasses = {
			database: { rationale: "Pods share it.", riskAnalysis: "TRA-7 of 2026-01-10", maxDays: 200 },
		};
		const exemptions = [
			{
				...{ vault: "titanic-kv-prod", secret: "legacy-key", owner: "payments", reason: "the vendor has no API" },
				until: "2027-03-31T00:00:00+02:00",
			},
		];
		const notifications = {
			ops: {
				...{ kind: "webhook", url: "https://receiver.example.com/hook", ca, privateAddresses: ["10.1.2.0/28"] },
				...{
					signing: [{ vault: "titanic-kv-prod", secret: "signing-key" }],
					on: ["failed", "drift"],
					retryingMinutes: 30,
				},
				...{ secrets: ["db-password"], namespaces: ["titanic-api"] },
			},
			chat: {
				...{ kind: "slack", address: { vault: "titanic-kv-prod", secret: "slack-url", host: "hooks.slack.com" } },
			},
		};
		const given = {
			...variables,
			policy_classes: policyClasses,
			exemptions,
			vaults,
			servers,
			clusters,
			repositories,
			approvals: { required: true, expireHours: 12 },
			freezes,
			notifications,
			secrets: { "db-password": secret, "flask-secret-key": { ...key, policyClass: "database" }, "app-login": turns },
		};
		const { package_files: files, role_sql: sql } = await valuesOf(given);
		for (const role of turns.roles)
			expect(sql["titanic-postgres-titanic_rotator.sql"]).toContain(`GRANT "${role}" TO "titanic_rotator"`);
		expect(Object.keys(files).toSorted()).toEqual([
			"ca/gitops.pem",
			"ca/notifications/ops.pem",
			"ca/titanic-aks.pem",
			"ca/titanic-postgres.pem",
			"rotation.config.yaml",
		]);
		expect(files["ca/titanic-postgres.pem"]).toBe(ca);
		const config = await loaded(files["rotation.config.yaml"]!, files);
		expect(config.approvals).toEqual({ required: true, expireHours: 12 });
		expect(config.freezes).toEqual(freezes);
		expect(config).toMatchObject({ policyClasses, exemptions });
		expect(config.secrets["flask-secret-key"]?.policyClass).toBe("database");
		expect(config.notifications.ops).toMatchObject({ ...notifications.ops, ca: "ca/notifications/ops.pem" });
		expect(config.notifications.chat).toMatchObject(notifications.chat);
		expect(config.secrets["db-password"]).toMatchObject(secret);
		expect(config.secrets["flask-secret-key"]).toMatchObject(key);
		expect(config.secrets["app-login"]).toMatchObject(turns);
		expect(config.servers["titanic-postgres"]).toMatchObject({
			port: 6000,
			sessionsAtOnce: 2,
			tls: { ca: "ca/titanic-postgres.pem" },
		});
		expect(config.vaults["titanic-kv-prod"]).toMatchObject({ writesPer10Seconds: 40 });
		expect(config.repositories.gitops).toMatchObject({ ...repository, ca: "ca/gitops.pem" });
		expect(config.repositories.reviewed).toMatchObject({ pullRequests: { host: "none" } });
		expect(config.clusters?.["titanic-aks"]).toMatchObject({ ca: "ca/titanic-aks.pem" });
	});

	test("the app's own identity reads no secret, and its role is made for its object id", async () => {
		const login = { mode: "entra-token", role: "titanic's rotator" };
		const ca = (await selfSigned()).cert;
		const given = {
			...variables,
			clusters: { "titanic-aks": { ...variables.clusters["titanic-aks"], ca } },
			secrets: { "db-password": { ...variables.secrets["db-password"], login } },
		};
		const { readable, role_sql: sql, package_files: files } = await valuesOf(given);
		expect(readable).toEqual([]);
		expect(await loaded(files["rotation.config.yaml"]!, files)).toMatchObject({
			secrets: { "db-password": { login } },
		});
		const [[name, text] = []] = Object.entries(sql);
		expect(name).toBe("titanic-postgres-titanic's rotator.sql");
		expect(text).toContain(
			`pgaadauth_create_principal_with_oid('titanic''s rotator', '00000000-0000-0000-0000-00000000c11d', 'service', false, false)`,
		);
		expect(text).toContain(`GRANT "titanic_admin" TO "titanic's rotator" WITH ADMIN TRUE, INHERIT FALSE, SET FALSE;`);
	});

	test("the sets that rights are made from name each secret in its vault", async () => {
		const admin = { mode: "admin-secret", vault: "other", secret: "admin-password", role: "rotator" };
		const recovery = { secret: "recovery-password", role: "rescue" };
		const secrets = {
			"db-password": { ...variables.secrets["db-password"], login: admin },
			second: { ...variables.secrets["db-password"], derived: [], login: { mode: "self", recovery } },
			third: { ...variables.secrets["db-password"], vault: "other", name: "db-password", derived: [] },
		};
		const vaults = { ...variables.vaults, other: { ...variables.vaults["titanic-kv-prod"] } };
		const values = await valuesOf({ ...variables, vaults, secrets });
		const vault = "titanic-kv-prod";
		expect(values.managed).toEqual([
			{ vault, secret: "db-password" },
			{ vault, secret: "second" },
			{ vault: "other", secret: "db-password" },
		]);
		expect(values.pending).toEqual([
			{ vault, secret: "db-password-pending" },
			{ vault, secret: "second-pending" },
			{ vault: "other", secret: "db-password-pending" },
		]);
		expect(values.derived).toEqual([{ vault, secret: "db-connection-string" }]);
		expect(values.readable).toEqual([
			{ vault: "other", secret: "admin-password" },
			{ vault, secret: "recovery-password" },
		]);
	});

	test.each([
		["a key by its URL", { signing_key_id: "https://v.vault.azure.net/keys/k" }, /resource_versionless_id/],
		["a scheduler that lets nobody in", { network: { ...variables.network, egress_ranges: [] } }, /NAT\s+gateway/],
		["a name that is too long for storage", { name: "titanic-secret-rotator" }, /3\s+to\s+18/],
		[
			"one name for a server and a cluster",
			{ clusters: { "titanic-postgres": { server: "https://a" } } },
			/one\s+name/,
		],
	])("%s is refused before anything is made", async (_, wrong, sentence) => {
		await expect(valuesOf({ ...variables, ...wrong })).rejects.toThrow(sentence);
	});
});
