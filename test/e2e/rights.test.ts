// The app's identity may do only what it needs. The refusals are the stack's own, tried with the app's very credential; the
// rights are those of local/rights.ts, which Terraform's are compared with, the module's SQL and the Role in
// examples/titanic-api/rotator-access.
// Not tested here: the blob containers, since Azurite has no roles. What their rights must be is shown by
// test/integration/blob-rights.test.ts.

import { SecretClient } from "@azure/keyvault-secrets";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import pg from "pg";
import { rightsByKind } from "../../local/rights.ts";
import { complianceOf } from "../../local/sweep-watch.ts";
import { until } from "../../local/until.ts";
import { identities, names, rights } from "../../local/world.ts";
import type { DataAction } from "../../packages/key-vault/index.ts";
import { type Api, ApiError, apiOf, at } from "../../packages/kubernetes-api/index.ts";
import { Password } from "../../src/lib/domain/password.ts";
import { verifierOf } from "../../src/lib/domain/verifier.ts";
import { textOf } from "../support/terraform/queries.ts";
import {
	administrator,
	configure,
	loginWithLive,
	rolePath,
	rotated,
	stackFor,
	withoutConsumers,
} from "./support/scene.ts";

const stack = stackFor();
const minutes = 60_000;
const ours = identities.rotator;
const admin = { role: "titanic_rotator", secret: "db-rotator-password" };

/** The admin role as the module's SQL makes it, with its password in the vault. @returns a login as that role */
async function adminRole(): Promise<string> {
	const { postgres, vault } = stack();
	const given: Record<string, string> = { server: "titanic-db", admin: admin.role, literal: admin.role };
	const sql = textOf("sql/admin-role.sql.tftpl")
		.replace(/%{ for role in managed ~}([\s\S]*?)%{ endfor ~}/, (_, each: string) =>
			each.trim().replace(/\${role}/, names.role),
		)
		.replace(/\${(\w+)}/g, (_, name: string) => given[name] ?? `what is ${name}?`);
	await postgres.query(sql, [], names.database);
	const password = new Password(crypto.randomUUID());
	await postgres.query(`ALTER ROLE ${admin.role} PASSWORD '${verifierOf(password, admin.secret)}'`);
	vault.owner.set(admin.secret, password.reveal());
	const actions = rightsByKind.readable.map((action) => `Microsoft.KeyVault/vaults/${action}` as DataAction);
	vault.grant({ objectId: ours.objectId, secret: admin.secret, actions });
	return `postgresql://${admin.role}:${password.reveal()}@${postgres.host}:${postgres.port}/${names.database}`;
}

describe("in the vault", () => {
	/** `secret action`, as far as the vault let it happen. */
	const used = () => {
		const asked = stack().vault.requests.filter(({ objectId, action }) => objectId === ours.objectId && action);
		return new Set(asked.filter(({ status }) => status < 400).map(({ name, action }) => rightText(action ?? "", name)));
	};
	const refusedOnes = () =>
		stack()
			.vault.requests.filter(({ objectId, status }) => objectId === ours.objectId && status === 403)
			.map(({ name, action }) => rightText(action ?? "", name));
	/** Metadata is granted for the whole vault, whichever secret's is read. */
	const rightText = (action: string, name = "(the vault)") =>
		`${action.includes("readMetadata") ? "(the vault)" : name} ${action.split("/vaults/")[1]}`;
	const granted = [
		...rights.rotator.flatMap(({ secret, key, actions }) =>
			actions.map((action) => rightText(`/vaults/${key === undefined ? "secrets" : "keys"}/${action}`, secret ?? key)),
		),
		...rightsByKind.readable.map((action) => rightText(`/vaults/${action}`, admin.secret)),
	];

	test(
		"rotations with each login, a sweep, a rotation after somebody deleted the pending secret, reconciliations and a rollback use all the rights, and no others",
		async () => {
			const first = await rotated(stack());
			expect(first).toMatchObject({ outcome: "completed", consumers: [{ delivered: true }] });
			const { host, keys, vault } = stack();
			const sweep = { method: "POST", headers: { "x-functions-key": keys.master }, body: "{}" };
			expect((await fetch(`${host?.url}/admin/functions/sweep`, sweep)).status).toBe(202);
			await until("the sweep's report", 120, () => complianceOf(stack()));
			// Its name is taken for 90 days then: the rotator recovers it.
			vault.owner.delete("db-password-pending");
			await configure(stack(), withoutConsumers);
			const second = await rotated(stack(), { force: true });
			expect(second).toMatchObject({ outcome: "completed", code: "forced" });

			vault.owner.delete("db-connection-string");
			vault.owner.delete("db-password");
			const third = await rotated(stack(), { direction: "database-from-vault", dryRun: false }, "reconciliations");
			expect(third).toMatchObject({ outcome: "completed", code: "reconciled" });
			vault.owner.update("db-password", vault.owner.get("db-password")?.version ?? "", { enabled: false });
			const fourth = await rotated(stack(), { direction: "new-password", dryRun: false }, "reconciliations");
			expect(fourth).toMatchObject({ outcome: "completed", code: "reconciled" });

			const replaced = vault.owner.versions("db-password").at(-2)?.value;
			const version = vault.owner.get("db-password")?.version;
			const back = await rotated(stack(), { dryRun: false, version, reason: "it fails" }, "rollbacks");
			expect(back).toMatchObject({ outcome: "completed", code: "rolled-back" });
			expect(vault.owner.get("db-password")?.value).toBe(replaced);
			expect(await loginWithLive(stack())).toBe("in");

			const url = await adminRole();
			await configure(stack(), (config) => {
				config.secrets["db-password"].login = { mode: "admin-secret", ...admin };
			});
			const fifth = await rotated(stack(), { force: true });
			expect(fifth).toMatchObject({ outcome: "completed", code: "forced" });
			expect(await refusalsOf(url)).toEqual({
				"another role's password": "42501",
				"its own superuser": "42501",
				"being the role": "42501",
			});

			expect([...used()].sort()).toEqual([...granted].sort());
			// A retired pending secret answers 403 too, because it is disabled: that is no lack of a right.
			// The class mounts flask-secret-key too. Without the right to read it, nobody can say that it is there, and that is no
			// reason to refuse.
			const asked = new Set(refusedOnes().filter((right) => !granted.includes(right)));
			expect([...asked]).toEqual(["flask-secret-key secrets/getSecret/action"]);
		},
		8 * minutes,
	);

	/** SQLSTATEs of what the admin role may not do, although it may set the managed role's password. */
	async function refusalsOf(url: string): Promise<Record<string, string>> {
		await stack().postgres.query("CREATE ROLE titanic_reports LOGIN");
		const client = new pg.Client(url);
		await client.connect();
		const stateOf = (sql: string) =>
			client.query(sql).then(
				() => "done",
				({ code }) => code,
			);
		try {
			return {
				"another role's password": await stateOf("ALTER ROLE titanic_reports PASSWORD NULL"),
				"its own superuser": await stateOf(`ALTER ROLE ${admin.role} SUPERUSER`),
				"being the role": await stateOf(`SET ROLE ${names.role}`),
			};
		} finally {
			await client.end();
		}
	}

	const refused: Record<string, (client: SecretClient) => Promise<unknown>> = {
		"read another secret": (client) => client.getSecret("flask-secret-key"),
		"write another secret": (client) => client.setSecret("flask-secret-key", "x"),
		"write a new secret": (client) => client.setSecret("lusitania", "x"),
		"read another pending secret": (client) => client.getSecret("flask-secret-key-pending"),
		"disable a derived secret": async (client) => {
			const { version = "" } = (await client.getSecret("db-connection-string")).properties;
			await client.updateSecretProperties("db-connection-string", version, { enabled: false });
		},
		"delete the live secret": (client) => client.beginDeleteSecret("db-password"),
		"delete the pending secret": (client) => client.beginDeleteSecret("db-password-pending"),
		"purge what was deleted": (client) => client.purgeDeletedSecret("db-password-pending"),
		"recover another secret": (client) => client.beginRecoverDeletedSecret("flask-secret-key"),
	};

	test.each(Object.entries(refused))("the app may not %s", async (_, attempt) => {
		const { vault, identity } = stack();
		const before = vault.owner.names().map((name) => vault.owner.versions(name).map(({ updated }) => updated));
		const client = new SecretClient(vault.url, identity.managedIdentity(ours).credential(), {
			allowInsecureConnection: true,
			disableChallengeResourceVerification: true,
			retryOptions: { maxRetries: 0 },
		});
		// The client sends no body before it holds a token.
		await client.getSecret("db-password");
		const error = await attempt(client).then(
			() => undefined,
			(refusal) => refusal,
		);
		expect(error).toMatchObject({
			statusCode: 403,
			code: "Forbidden",
			details: { error: { innerError: { code: "ForbiddenByRbac" } } },
		});
		expect(vault.owner.names().map((name) => vault.owner.versions(name).map(({ updated }) => updated))).toEqual(before);
	});
});

describe("in the cluster", () => {
	const apps = "apps/v1";
	const rbac = "rbac.authorization.k8s.io/v1";
	const secretsStore = "secrets-store.csi.x-k8s.io/v1";
	const { namespace } = names;
	const inOurs = (version: string, plural: string, name?: string) => at(version, plural, namespace, name);
	const pod = {
		apiVersion: "v1",
		kind: "Pod",
		metadata: { name: "x" },
		spec: { containers: [{ name: "x", image: "x" }] },
	};
	const labels = { metadata: { labels: { touched: "yes" } } };

	const refused: Record<string, (api: Api) => Promise<unknown>> = {
		"read another Secret of its namespace": (api) => api.get(inOurs("v1", "secrets", "registry-login")),
		"list the Secrets, which would show them all": (api) => api.get(inOurs("v1", "secrets")),
		"change the synced copy": (api) => api.merge(inOurs("v1", "secrets", "titanic-api-secrets"), labels),
		"roll another Deployment": (api) => api.merge(inOurs(apps, "deployments", "lusitania-api"), labels),
		"roll a Deployment of another namespace": (api) =>
			api.merge(at(apps, "deployments", "default", "titanic-api"), labels),
		"delete its own Deployment": (api) => api.remove(inOurs(apps, "deployments", names.workload)),
		"scale its own Deployment": (api) =>
			api.merge(`${inOurs(apps, "deployments", names.workload)}/scale`, { spec: { replicas: 0 } }),
		"list the Deployments": (api) => api.get(inOurs(apps, "deployments")),
		"make a pod": (api) => api.create(inOurs("v1", "pods"), pod),
		"list the pods of another namespace": (api) => api.get(at("v1", "pods", "default")),
		"change the SecretProviderClass": (api) =>
			api.merge(inOurs(secretsStore, "secretproviderclasses", "titanic-kv-secrets"), labels),
		"write a PushSecret, which would write to the vault for it": (api) =>
			api.create(inOurs("external-secrets.io/v1alpha1", "pushsecrets"), { metadata: { name: "x" } }),
		"give itself more rights": (api) => api.merge(inOurs(rbac, "roles", "titanic-secret-rotator"), { rules: [] }),
		"read the nodes": (api) => api.get(at("v1", "nodes")),
	};

	interface Rule {
		readonly apiGroups: string[];
		readonly resources: string[];
		readonly resourceNames?: string[];
		readonly verbs: string[];
	}

	/** `get apps/deployments titanic-api`: without the name where the Role is not by names. */
	function verbOf(method: string, path: string, granted: readonly string[]): string | undefined {
		const place = /^\/(?:api|apis\/([\w.-]+))\/\w+\/namespaces\/[\w-]+\/(\w+)(?:\/([\w.-]+))?$/.exec(path);
		// Asking what one may do is allowed to everybody.
		if (!place) return undefined;
		const [, group = "", resource, name] = place;
		const verb = method === "GET" ? (name === undefined ? "list" : "get") : method.toLowerCase();
		const right = `${verb} ${group}/${resource}`;
		return granted.includes(right) ? right : `${right} ${name ?? ""}`.trim();
	}

	const kubernetes = administrator(stack);
	let api!: Api;
	/** How much the app asked before the tests below ask with its token. */
	let asked = 0;
	afterAll(() => api?.[Symbol.dispose]());
	beforeAll(async () => {
		const { cluster, identity } = stack();
		const aks = "6dae42f8-4368-4678-94ff-3960e28e3630/.default";
		const token = await identity.managedIdentity(ours).credential().getToken(aks);
		api = apiOf(cluster.kubeConfig(token?.token), "rights");
		asked = cluster.requests?.filter(({ user }) => user === ours.objectId).length ?? 0;
	});

	test.each(Object.entries(refused))("the app may not %s", async (_, attempt) => {
		const error = await attempt(api).then(
			() => undefined,
			(refusal) => refusal,
		);
		expect(error).toBeInstanceOf(ApiError);
		expect(error).toMatchObject({ code: 403, reason: "Forbidden" });
		expect(error.message).toContain(`User "${ours.objectId}" cannot`);
	});

	test("the rotations above used every rule of its Role, and each verb of it", async () => {
		const { requests } = stack().cluster;
		if (!requests) return console.log("Not compared: a real control plane does not tell what it was asked.");
		const ofRotator = requests.filter(({ user }) => user === ours.objectId).slice(0, asked);
		expect(ofRotator.length).toBeGreaterThan(0);
		const role = await kubernetes().get<{ rules: Rule[] }>(rolePath);
		const granted = role.rules.flatMap(({ apiGroups, resources, resourceNames = [""], verbs }) =>
			apiGroups.flatMap((group) =>
				resources.flatMap((resource) =>
					resourceNames.flatMap((name) => verbs.map((verb) => `${verb} ${group}/${resource} ${name}`.trim())),
				),
			),
		);
		const used = ofRotator.flatMap(({ method, path }) => verbOf(method, path, granted) ?? []);
		expect([...new Set(used)].sort()).toEqual([...new Set(granted)].sort());
	});

	test("what it needs is allowed to the same token", async () => {
		const { kind } = await api.get<{ kind: string }>(inOurs(apps, "deployments", names.workload));
		expect(kind).toBe("Deployment");
	});
});

test("the pods' identity may not write what it reads, nor see the pending password", async () => {
	const { vault, identity } = stack();
	const client = new SecretClient(vault.url, identity.managedIdentity(identities.csi).credential(), {
		allowInsecureConnection: true,
		disableChallengeResourceVerification: true,
		retryOptions: { maxRetries: 0 },
	});
	await client.getSecret("db-password");
	await expect(client.setSecret("db-password", "x")).rejects.toMatchObject({ statusCode: 403 });
	await expect(client.getSecret("db-password-pending")).rejects.toMatchObject({ statusCode: 403 });
});

test("an operator's token opens neither the vault nor the cluster", async () => {
	const { cluster, identity, vault } = stack();
	const token = await identity.operatorToken({ audience: "api://titanic-secret-rotator", roles: ["Rotation.Operate"] });
	const answer = await fetch(`${vault.url}/secrets/db-password/?api-version=2026-04-01`, {
		headers: { authorization: `Bearer ${token}` },
	});
	expect(answer.status).toBe(401);
	using api = apiOf(cluster.kubeConfig(token), "operator");
	await expect(api.get(at("v1", "pods", names.namespace))).rejects.toMatchObject({ code: 401 });
});
