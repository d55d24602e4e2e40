// `rotator discover` on a vault, a cluster and a server that say no where they would in Azure: with the rights that are documented
// for it, and with none on Secrets.

import { randomUUID } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { parse, stringify } from "yaml";
import { startPostgres } from "../../local/postgres/postgres.ts";
import { startIdentity } from "../../packages/identity/index.ts";
import { startVault, type Vault } from "../../packages/key-vault/index.ts";
import { type Api, apiOf, at, type Cluster, startCluster } from "../../packages/kubernetes-api/index.ts";
import { parseConfiguration } from "../../src/lib/config/load.ts";
import { ran } from "../unit/cli/support/terminal.ts";

const stack = new AsyncDisposableStack();
const person = { objectId: randomUUID(), clientId: randomUUID(), name: "operator" };
const value = "the-value-of-a-secret";
let folder: string;
let vault: Vault;
let cluster: Cluster;
let admin: Api;
let config: string;
let postgres: Awaited<ReturnType<typeof startPostgres>>;

const namespace = "titanic-api";
const workload = (name: string, spec: object) => ({
	...{ apiVersion: "apps/v1", kind: "Deployment", metadata: { name, namespace } },
	spec: {
		replicas: 0,
		selector: { matchLabels: { app: name } },
		template: { metadata: { labels: { app: name } }, spec: { containers: [{ name, image: name, ...spec }] } },
	},
});

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "discover-"));
	stack.defer(() => rm(folder, { recursive: true }));
	const identity = stack.use(await startIdentity());
	vault = stack.use(await startVault({ identity, name: "titanic-kv" }));
	for (const name of ["db-password", "api-key", "api-key-pending", "managed-password"])
		vault.owner.set(name, value, { tags: { rotation: "60days" }, contentType: "text/plain" });
	cluster = stack.use(await startCluster({ tokenReviewUrl: identity.tokenReviewUrl, assets: "" }));
	admin = stack.use(apiOf(cluster.kubeConfig(), "kubectl"));
	const managed = identity.managedIdentity(person);
	Object.assign(process.env, managed.env, { AZURE_CLIENT_ID: person.clientId });
	stack.defer(() => {
		for (const name of [...Object.keys(managed.env), "AZURE_CLIENT_ID", "KUBECONFIG"]) delete process.env[name];
	});
	const token = (await managed.credential().getToken("6dae42f8-4368-4678-94ff-3960e28e3630/.default"))?.token;
	const kubeconfig = {
		...{ apiVersion: "v1", kind: "Config", "current-context": "titanic-aks" },
		contexts: [{ name: "titanic-aks", context: { cluster: "here", user: "me" } }],
		clusters: [
			{
				name: "here",
				cluster: { server: cluster.server, "certificate-authority-data": Buffer.from(cluster.ca).toString("base64") },
			},
		],
		users: [{ name: "me", user: { token } }],
	};
	process.env.KUBECONFIG = join(folder, "kubeconfig");
	await writeFile(process.env.KUBECONFIG, stringify(kubeconfig));
	await admin.create(at("v1", "namespaces"), { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
	await admin.create(at("external-secrets.io/v1", "secretstores", namespace), {
		...{ apiVersion: "external-secrets.io/v1", kind: "SecretStore", metadata: { name: "kv", namespace } },
		spec: { provider: { azurekv: { vaultUrl: "https://titanic-kv.vault.azure.net" } } },
	});
	await admin.create(at("external-secrets.io/v1", "externalsecrets", namespace), {
		...{ apiVersion: "external-secrets.io/v1", kind: "ExternalSecret", metadata: { name: "keys", namespace } },
		spec: {
			secretStoreRef: { kind: "SecretStore", name: "kv" },
			target: { name: "keys" },
			data: [{ secretKey: "API_KEY", remoteRef: { key: "api-key" } }],
		},
	});
	await admin.create(
		at("apps/v1", "deployments", namespace),
		workload("titanic-api", { envFrom: [{ secretRef: { name: "keys" } }] }),
	);
	await admin.create(at("v1", "secrets", namespace), {
		...{ apiVersion: "v1", kind: "Secret", metadata: { name: "keys", namespace } },
		stringData: { API_KEY: value },
	});
	postgres = await startPostgres();
	stack.defer(() => postgres.stop());
	await postgres.query("CREATE ROLE managed LOGIN; CREATE ROLE forgotten LOGIN; CREATE ROLE group_role NOLOGIN");
	config = join(folder, "rotation.config.yaml");
	await writeFile(
		config,
		stringify({
			vaults: { main: { url: vault.url, name: "titanic-kv" } },
			servers: { db: { host: postgres.host, port: postgres.port } },
			clusters: {},
			secrets: { "managed-password": { vault: "main", server: "db", role: "managed", login: { mode: "self" } } },
		}),
	);
});
afterAll(() => stack.disposeAsync());

const discover = (...args: string[]) =>
	ran(["discover", "--config", config, ...args], {
		env: { PGUSER: postgres.superuser.user, PGPASSWORD: postgres.superuser.password },
	});

test("without any right it says what it could not see, and which right that takes", async () => {
	const { code, stdout } = await discover("--context", "titanic-aks");
	expect(code).toBe(1);
	const command = `az role assignment create --assignee '<you>' --role "Key Vault Reader" --scope "$(az keyvault show --name titanic-kv --query id --output tsv)"`;
	expect(stdout).toContain(`\n    ${command}\n`);
	expect(stdout).toMatch(/list deployments/);
	expect(stdout).not.toContain(value);
});

test("with the rights in the cluster alone, a vault that it could not look at is not said to lack what a cluster names; what is managed is left out", async () => {
	const file = join(import.meta.dirname, "..", "..", "examples", "discover", "access.yaml");
	const role = parse(await readFile(file, "utf8"));
	expect(JSON.stringify(role.rules)).not.toContain('"secrets"');
	const rbac = "rbac.authorization.k8s.io";
	await admin.create(at(`${rbac}/v1`, "clusterroles"), role);
	await admin.create(at(`${rbac}/v1`, "clusterrolebindings"), {
		...{ apiVersion: `${rbac}/v1`, kind: "ClusterRoleBinding", metadata: { name: "discovery" } },
		roleRef: { apiGroup: rbac, kind: "ClusterRole", name: role.metadata.name },
		subjects: [{ apiGroup: rbac, kind: "User", name: person.objectId }],
	});
	await admin.create(at("external-secrets.io/v1", "externalsecrets", namespace), {
		...{ apiVersion: "external-secrets.io/v1", kind: "ExternalSecret", metadata: { name: "managed", namespace } },
		spec: {
			secretStoreRef: { kind: "SecretStore", name: "kv" },
			target: { name: "managed" },
			data: [{ secretKey: "PASSWORD", remoteRef: { key: "managed-password" } }],
		},
	});
	const { code, stdout } = await discover("--context", "titanic-aks");
	expect({ code, stdout }).toMatchObject({ code: 1 });
	expect(stdout).toContain("Named in a cluster; the vault could not be looked at\n  api-key of titanic-kv: Deployment");
	expect(stdout).not.toContain("in none of these vaults");
	expect(stdout).not.toContain("managed-password");
	expect(stdout).toMatch(/\nNothing to propose\.\n$/);
});

test("with the rights that are documented it sees all, and proposes what is valid; Secrets are never listed or read", async () => {
	vault.grant({ objectId: person.objectId, actions: ["Microsoft.KeyVault/vaults/secrets/readMetadata/action"] });
	const { code, stdout, stderr } = await discover("--context", "titanic-aks", "-o", "json");
	const found = JSON.parse(stdout);
	expect({ code, stderr, unseen: found.unseen }).toEqual({ code: 0, stderr: "", unseen: [] });
	expect(found.secrets.map(({ name }: { name: string }) => name).sort()).toEqual([
		"api-key",
		"api-key-pending",
		"db-password",
	]);
	const apiKey = found.secrets.find(({ name }: { name: string }) => name === "api-key");
	expect(apiKey).toMatchObject({ tags: { rotation: "60days" }, contentType: "text/plain" });
	expect(apiKey.consumers).toEqual([
		expect.objectContaining({ kind: "Deployment", name: "titanic-api", confidence: "certain", cluster: "titanic-aks" }),
	]);
	expect(found.roles).toEqual(expect.arrayContaining([{ server: "db", role: "forgotten" }]));
	expect(found.roles.map((one: { role: string }) => one.role)).not.toContain("managed");
	expect(found.roles.map((one: { role: string }) => one.role)).not.toContain("group_role");
	expect(found.blindSpots.length).toBeGreaterThan(2);
	expect(stdout).not.toContain(value);
	const yaml = (await discover("--context", "titanic-aks", "-o", "yaml")).stdout;
	expect(parseConfiguration(yaml)).toHaveProperty("config");
	expect(parse(yaml).secrets["api-key"]).toMatchObject({ automatic: false, rotateEveryDays: 60 });
	// The vault saw lists alone.
	const asked = vault.requests.filter(({ objectId, status }) => objectId === person.objectId && status < 400);
	expect([...new Set(asked.map(({ action }) => action))]).toEqual([
		"Microsoft.KeyVault/vaults/secrets/readMetadata/action",
	]);
});

test("for people it fits into 80 columns, and says what cannot be seen from here", async () => {
	const { stdout } = await ran(["discover", "--config", config], {
		columns: 80,
		env: { NO_COLOR: "1", PGUSER: postgres.superuser.user, PGPASSWORD: postgres.superuser.password },
	});
	const [report = ""] = stdout.split("# A proposal");
	expect(Math.max(...report.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
	expect(report).toContain("no consumer was seen");
	expect(report).toContain("What cannot be seen from here");
});

test.each([
	[["discover"], "No vault is given."],
	[["discover", "--vault", "ftp://x"], "A vault's address is not one."],
	[["discover", "--vault", "https://kv.vault.azure.net", "--context", "nowhere"], "no such context"],
])("%j is a mistake of whoever typed it", async (args, says) => {
	const { code, stderr } = await ran(args);
	expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(says) });
});
