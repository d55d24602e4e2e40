// `rotator doctor --config` before anything is deployed: on a vault, a server and a cluster that note what they are asked, as a person
// who has the documented rights, or none.

import { randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { stringify } from "yaml";
import { startPostgres } from "../../local/postgres/postgres.ts";
import { startIdentity } from "../../packages/identity/index.ts";
import { startVault, type Vault } from "../../packages/key-vault/index.ts";
import { type Api, apiOf, at, type Cluster, startCluster } from "../../packages/kubernetes-api/index.ts";
import type { FoundRight } from "../../src/lib/domain/diagnosis.ts";
import { ran } from "../unit/cli/support/terminal.ts";

const stack = new AsyncDisposableStack();
const person = { objectId: randomUUID(), clientId: randomUUID(), name: "operator" };
const namespace = "titanic-api";
const value = "the-value-of-a-secret";
const keys = (name: string) => `array:\n  - |\n    objectName: ${name}\n    objectType: secret\n`;

let folder: string;
let vault: Vault;
let cluster: Cluster;
let admin: Api;
let postgres: Awaited<ReturnType<typeof startPostgres>>;

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "doctor-ahead-"));
	stack.defer(() => rm(folder, { recursive: true }));
	const identity = stack.use(await startIdentity());
	vault = stack.use(await startVault({ identity, name: "titanic-kv" }));
	cluster = stack.use(await startCluster({ tokenReviewUrl: identity.tokenReviewUrl, assets: "" }));
	admin = stack.use(apiOf(cluster.kubeConfig(), "kubectl"));
	const managed = identity.managedIdentity(person);
	Object.assign(process.env, managed.env, { AZURE_CLIENT_ID: person.clientId });
	stack.defer(() => {
		for (const name of [...Object.keys(managed.env), "AZURE_CLIENT_ID", "KUBECONFIG"]) delete process.env[name];
	});
	const token = (await managed.credential().getToken("6dae42f8-4368-4678-94ff-3960e28e3630/.default"))?.token;
	const ca = Buffer.from(cluster.ca).toString("base64");
	const kubeconfig = {
		...{ apiVersion: "v1", kind: "Config", "current-context": "elsewhere" },
		contexts: [
			{ name: "elsewhere", context: { cluster: "elsewhere", user: "me" } },
			{ name: "mine", context: { cluster: "here", user: "me" } },
		],
		clusters: [
			{ name: "elsewhere", cluster: { server: "https://elsewhere.example" } },
			{ name: "here", cluster: { server: cluster.server, "certificate-authority-data": ca } },
		],
		users: [{ name: "me", user: { token } }],
	};
	process.env.KUBECONFIG = join(folder, "kubeconfig");
	await writeFile(process.env.KUBECONFIG, stringify(kubeconfig));
	await admin.create(at("v1", "namespaces"), { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
	postgres = await startPostgres();
	stack.defer(() => postgres.stop());
});
afterAll(() => stack.disposeAsync());

async function configured(server = cluster.server, delivery: object = csi): Promise<string> {
	const file = join(folder, `${randomUUID()}.yaml`);
	const login = { mode: "admin-secret", role: "rotator", secret: "rotator-password" };
	const consumer = { cluster: "titanic-aks", namespace, kind: "Deployment", name: "titanic-api", delivery };
	const derived = [{ secret: "database-url", template: "postgresql://{role}:{password}@{host}:{port}/{database}" }];
	const entry = { vault: "main", server: "db", role: "titanic", login, derived, consumers: [consumer] };
	await writeFile(
		file,
		stringify({
			vaults: { main: { url: vault.url, name: "titanic-kv" } },
			servers: { db: { host: postgres.host, port: postgres.port } },
			clusters: { "titanic-aks": { server } },
			secrets: { "db-password": entry },
		}),
	);
	return file;
}
const csi = { path: "csi-driver", secretProviderClass: "titanic-kv-secrets" };

const asSuperuser = () => ({ PGUSER: postgres.superuser.user, PGPASSWORD: postgres.superuser.password });

interface Line extends FoundRight {
	readonly system: string;
}

/** Each right that was found, and the exit code. */
async function asked(file: string, env: Record<string, string> = asSuperuser()) {
	const { code, stdout, stderr } = await ran(["doctor", "--config", file, "-o", "ndjson"], {
		env: { ...process.env, ...env } as Record<string, string>,
	});
	expect(stderr).toBe("");
	expect(stdout).not.toContain(value);
	const lines = stdout
		.trimEnd()
		.split("\n")
		.map((line) => JSON.parse(line) as Line);
	return { code, lines, missing: lines.filter(({ result, optional }) => result === "missing" && !optional) };
}

const nextOf = (lines: readonly Line[], text: string): string => {
	const found = lines.find(({ right }) => right.includes(text))?.next;
	if (found === undefined) throw new Error(`Nothing is said to do about: ${text}`);
	return found;
};

test("who may look at nothing is told so, with the command that lets them look", async () => {
	const { code, missing } = await asked(await configured());
	expect(code).toBe(1);
	const ofVault = missing.find(({ system }) => system === "Key Vault main")!;
	expect(ofVault).toMatchObject({ says: "You may not list secrets in vault main.", code: "vault-forbidden" });
	expect(ofVault.next).toBe(
		`az role assignment create --assignee '<you>' --role "Key Vault Reader" --scope "$(az keyvault show --name titanic-kv --query id --output tsv)"`,
	);
	const ofCluster = missing.find(({ system }) => system === "Kubernetes titanic-aks")!;
	expect(ofCluster.says).toContain("You may not get deployments/titanic-api in namespace titanic-api");
	expect(ofCluster.next).toMatch(/^kubectl apply --filename examples\/discover\/access.yaml && /);
});

test("what is not there is named with the command that makes it, until nothing is missing; no value of a secret is asked for", async () => {
	vault.grant({ objectId: person.objectId, actions: ["Microsoft.KeyVault/vaults/secrets/readMetadata/action"] });
	const rbac = "rbac.authorization.k8s.io";
	const rules = [
		{ apiGroups: ["apps"], resources: ["deployments", "replicasets"], verbs: ["get", "list"] },
		{ apiGroups: [""], resources: ["pods"], verbs: ["list"] },
		{
			apiGroups: ["secrets-store.csi.x-k8s.io"],
			resources: ["secretproviderclasses", "secretproviderclasspodstatuses"],
			verbs: ["get", "list"],
		},
	];
	await admin.create(at(`${rbac}/v1`, "clusterroles"), {
		...{ apiVersion: `${rbac}/v1`, kind: "ClusterRole", metadata: { name: "looking" }, rules },
	});
	await admin.create(at(`${rbac}/v1`, "clusterrolebindings"), {
		...{ apiVersion: `${rbac}/v1`, kind: "ClusterRoleBinding", metadata: { name: "looking" } },
		roleRef: { apiGroup: rbac, kind: "ClusterRole", name: "looking" },
		subjects: [{ apiGroup: rbac, kind: "User", name: person.objectId }],
	});
	const file = await configured();
	const before = await asked(file);
	expect(before.code).toBe(1);
	expect(nextOf(before.missing, "Secret db-password is there")).toMatch(
		/^az keyvault secret set --vault-name titanic-kv --name db-password /,
	);
	expect(nextOf(before.missing, "Secret rotator-password is there")).toContain("--name rotator-password ");
	for (const { next } of before.missing.filter(({ system }) => system === "PostgreSQL db")) await postgres.query(next!);
	expect(nextOf(before.missing, "Deployment titanic-api/titanic-api is there")).toContain("deploy the workload");

	const { version } = vault.owner.set("db-password", value, { expires: new Date("2037-01-01") });
	vault.owner.set("rotator-password", value, {});
	vault.owner.set("database-url", value, {});
	vault.owner.update("db-password", version, { enabled: false });
	await admin.create(at("apps/v1", "deployments", namespace), deployment());
	await admin.create(at("secrets-store.csi.x-k8s.io/v1", "secretproviderclasses", namespace), providerClass("other"));
	const between = await asked(file);
	expect(between.missing.map(({ code }) => code).sort()).toEqual(["object-missing", "secret-disabled"]);
	expect(nextOf(between.missing, "Secret db-password is there")).toBe(
		"az keyvault secret set-attributes --vault-name titanic-kv --name db-password --enabled true --output none",
	);

	vault.owner.update("db-password", version, { enabled: true });
	const path = at("secrets-store.csi.x-k8s.io/v1", "secretproviderclasses", namespace, "titanic-kv-secrets");
	await admin.remove(path);
	await admin.create(
		at("secrets-store.csi.x-k8s.io/v1", "secretproviderclasses", namespace),
		providerClass("db-password"),
	);
	const after = await asked(file);
	expect({ code: after.code, missing: after.missing }).toEqual({ code: 0, missing: [] });
	expect(after.lines.filter(({ result }) => result === "unknown")).toEqual([]);
	expect(after.lines.length).toBeGreaterThan(10);

	const byPerson = <T extends { readonly objectId?: string | undefined }>(all: readonly T[]) =>
		all.filter(({ objectId }) => objectId === person.objectId);
	expect([...new Set(byPerson(vault.requests).map(({ action }) => action))]).toEqual([
		"Microsoft.KeyVault/vaults/secrets/readMetadata/action",
	]);
	const inCluster = cluster.requests!.filter(({ user }) => user === person.objectId);
	expect(inCluster.length).toBeGreaterThan(5);
	expect(inCluster.filter(({ method, path }) => method !== "GET" || /\/secrets(\/|$)/.test(path))).toEqual([]);
});

test("what only its Secret could tell is unknown, and the Secret is not asked for", async () => {
	const { lines } = await asked(
		await configured(undefined, {
			path: "kubernetes-secret",
			secret: "titanic-api-secrets",
			keys: { "db-password": "db-password" },
		}),
	);
	expect(lines.find(({ right }) => right.startsWith("What kubernetes-secret needs"))).toMatchObject({
		result: "unknown",
		says: expect.stringMatching(
			/^Secret titanic-api\/titanic-api-secrets, whose values come with it, is not asked for\./,
		),
	});
});

test("no context of the kubeconfig, and nobody to ask the server as: each says what to do", async () => {
	const { code, lines } = await asked(await configured("https://nowhere.example"), {});
	expect(code).toBe(1);
	expect(nextOf(lines, "A context of your kubeconfig")).toMatch(/^az aks get-credentials /);
	expect(nextOf(lines, "What its roles lack")).toMatch(/^PGUSER=/);
	expect(lines).toContainEqual(
		expect.objectContaining({ system: "PostgreSQL db", result: "ok", right: expect.stringContaining("listens") }),
	);
});

test("a file that is wrong is told with its first mistake, and nothing is asked", async () => {
	const file = join(folder, "wrong.yaml");
	await writeFile(file, "vaults: {}\nservers: {}\nsecrets: { x: { vault: main } }\n");
	const { code, lines } = await asked(file);
	expect(code).toBe(1);
	expect(lines).toHaveLength(1);
	expect(lines[0]).toMatchObject({ system: "Configuration", result: "missing", next: `rotator config check ${file}` });
	const { code: none, stderr } = await ran(["doctor", "--config", await configured(), "--secret", "nothing"]);
	expect({ none, stderr }).toEqual({ none: 2, stderr: expect.stringContaining("Give one of db-password.") });
});

test.each([80, 160])("in %d columns everything fits but the commands, which are one line each", async (columns) => {
	const env = { ...process.env, NO_COLOR: "1" } as Record<string, string>;
	const { stdout } = await ran(["doctor", "--config", await configured("https://nowhere.example")], { columns, env });
	const others = stdout.split("\n").filter((line) => !/^ {6}(az|PGUSER=\S*) /.test(line));
	expect(Math.max(...others.map((line) => line.length))).toBeLessThanOrEqual(columns);
	expect(stdout).toMatch(/^ {6}az aks get-credentials .*azurecli$/m);
});

const deployment = () => ({
	...{ apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "titanic-api", namespace } },
	spec: {
		replicas: 1,
		selector: { matchLabels: { app: "titanic-api" } },
		template: {
			metadata: { labels: { app: "titanic-api" } },
			spec: {
				containers: [
					{ name: "api", image: "titanic-api", volumeMounts: [{ name: "secrets", mountPath: "/mnt/secrets" }] },
				],
				volumes: [
					{
						name: "secrets",
						csi: {
							...{ driver: "secrets-store.csi.k8s.io", readOnly: true },
							volumeAttributes: { secretProviderClass: "titanic-kv-secrets" },
						},
					},
				],
			},
		},
	},
});

const providerClass = (secret: string) => ({
	...{ apiVersion: "secrets-store.csi.x-k8s.io/v1", kind: "SecretProviderClass" },
	metadata: { name: "titanic-kv-secrets", namespace },
	spec: { provider: "azure", parameters: { keyvaultName: "titanic-kv", objects: keys(secret) } },
});
