// The seed world for the agents' tests: vault, database, cluster, node agent and CSI driver, and the sample's manifests.

import { join } from "node:path";
import { SecretClient } from "@azure/keyvault-secrets";
import type { V1Deployment } from "@kubernetes/client-node";
import { workloadControllers } from "../../../local/agents/controllers.ts";
import { csiDriver, driverName } from "../../../local/agents/csi-driver.ts";
import type { Pod } from "../../../local/agents/environment.ts";
import { type NodeAgent, nodeAgent } from "../../../local/agents/node.ts";
import { type PodStatus, secretsStore } from "../../../local/agents/secret-provider-class.ts";
import { type Postgres, startPostgres } from "../../../local/postgres/postgres.ts";
import { seedTitanic } from "../../../local/postgres/seed.ts";
import { defaultScenario, scenarios } from "../../../local/scenarios.ts";
import { manifests, names } from "../../../local/world.ts";
import { startIdentity } from "../../../packages/identity/index.ts";
import { type Grant, startVault, type Vault } from "../../../packages/key-vault/index.ts";
import {
	type Api,
	apiOf,
	at,
	type Cluster,
	type KubeObject,
	startCluster,
	type Wire,
} from "../../../packages/kubernetes-api/index.ts";
import { eventually } from "./eventually.ts";

export const namespace = "titanic-api";
const app = join(import.meta.dirname, "../../../examples/titanic-api/app/main.ts");
/** As in the SecretProviderClass. */
const vaultName = "titanic-kv-prod";
const agentId = "00000000-0000-0000-0000-00000000c510";

/** The stand-in, and a real control plane too where KUBEBUILDER_ASSETS names one. */
export const clusters = ["stand-in", ...(process.env.KUBEBUILDER_ASSETS ? ["control-plane"] : [])];

export interface World extends AsyncDisposable {
	cluster: Cluster;
	api: Api;
	vault: Vault;
	/** Takes the pods' right to read the vault. @returns a function that gives it back */
	revoke(): () => void;
	postgres: Postgres;
	node: NodeAgent;
	pods(): Promise<Pod[]>;
	mounted(): Promise<PodStatus[]>;
	/** Decoded */
	syncedSecret(): Promise<Record<string, string>>;
	/** A merge patch of the sample's Deployment. */
	patchDeployment(patch: object): Promise<void>;
	/** Sets a password in the database and in the vault, as a single-user rotation does. @returns the version */
	rotate(password: string): Promise<string>;
}

export async function openWorld(options: {
	/** One of `clusters`; without, what the environment says. */
	cluster?: string;
	generation: "1.5" | "1.6";
	pollMs: number;
	/** Further images by name */
	images?: Record<string, { command: string[] }>;
}): Promise<World> {
	const stack = new AsyncDisposableStack();
	try {
		const [cluster, postgres, identity] = await Promise.all([
			startCluster({ controllers: true, assets: options.cluster === "stand-in" ? "" : undefined }).then((it) =>
				stack.use(it),
			),
			startPostgres().then((it) => stack.use(it)),
			startIdentity().then((it) => stack.use(it)),
		]);
		const vault = stack.use(await startVault({ identity, name: vaultName }));
		const seeded = await seedTitanic(postgres, { password: "password-one" });
		vault.owner.set("db-password", "password-one");
		vault.owner.set("db-connection-string", seeded.url);
		vault.owner.set("flask-secret-key", "flask");
		const right: Grant = { objectId: agentId, actions: ["Microsoft.KeyVault/vaults/secrets/getSecret/action"] };
		let take = vault.grant(right);
		const agent = identity.managedIdentity({ objectId: agentId, clientId: agentId, name: "titanic-api" });
		const client = new SecretClient(vault.url, agent.credential(), {
			allowInsecureConnection: true,
			disableChallengeResourceVerification: true,
			retryOptions: { maxRetries: 0 },
		});
		const kubeConfig = cluster.kubeConfig();
		if (cluster.kind === "stand-in") stack.use(workloadControllers(kubeConfig));
		const api = stack.use(apiOf(kubeConfig, "agents-test"));
		const csi = stack.use(csiDriver({ kubeConfig, vaults: { [vaultName]: client }, ...options }));
		const images = { ...options.images, [names.image]: { command: ["node", app] } };
		const node = stack.use(await nodeAgent({ kubeConfig, images, mounts: { [driverName]: csi } }));
		await cluster.apply(await manifests(scenarios[defaultScenario], "http://127.0.0.1"));
		return {
			cluster,
			api,
			vault,
			revoke() {
				take();
				return () => {
					take = vault.grant(right);
				};
			},
			postgres,
			node,
			pods: async () => (await api.get<{ items: Pod[] }>(at("v1", "pods", namespace))).items,
			mounted: async () =>
				(await api.get<{ items: PodStatus[] }>(at(secretsStore, "secretproviderclasspodstatuses", namespace))).items,
			async syncedSecret() {
				const { data } = await api.get<{ data: Record<string, string> }>(
					at("v1", "secrets", namespace, "titanic-api-secrets"),
				);
				return Object.fromEntries(
					Object.entries(data).map(([key, value]) => [key, Buffer.from(value, "base64").toString()]),
				);
			},
			patchDeployment: (patch) => api.merge(at("apps/v1", "deployments", namespace, "titanic-api"), patch),
			async rotate(password) {
				await postgres.query(`ALTER ROLE titanic_admin PASSWORD '${password}'`);
				vault.owner.set("db-connection-string", seeded.url.replace("password-one", password));
				return vault.owner.set("db-password", password).version;
			},
			[Symbol.asyncDispose]: () => stack.disposeAsync(),
		};
	} catch (error) {
		await stack.disposeAsync();
		throw error;
	}
}

export const isReady = ({ metadata, status }: Pod): boolean =>
	!metadata.deletionTimestamp &&
	(status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ?? false);

export const deployment = ({ api }: World) =>
	api.get<Wire<Pick<V1Deployment, "spec" | "status">> & KubeObject>(
		at("apps/v1", "deployments", namespace, "titanic-api"),
	);

/** In the order in which `kubectl rollout status` looks, and then until the old pods are gone. */
export const rolledOut = (world: World): Promise<void> =>
	eventually(async () => {
		const { metadata, spec, status } = await deployment(world);
		const { observedGeneration, replicas, updatedReplicas, availableReplicas } = status ?? {};
		const pods = (await world.pods()).length;
		const counts = [replicas, updatedReplicas, availableReplicas, pods];
		if (observedGeneration !== metadata.generation || counts.some((count) => count !== spec?.replicas))
			throw new Error(`The rollout is not done: ${JSON.stringify(status)}, ${pods} pods.`);
	}, 40_000);
