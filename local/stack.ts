// The local stack: every system around the service, on loopback, wired as an installation in Azure is. Each part gives way
// to the real one by its usual setting (KUBEBUILDER_ASSETS for the cluster, another command for the host).
// ST1. The app under test learns addresses from its settings and its configuration file only. Otherwise: what works here
//      works here only.

import { randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { SecretClient } from "@azure/keyvault-secrets";
import { BlobServiceClient } from "@azure/storage-blob";
import { type Host, startHost } from "../packages/functions-host/index.ts";
import { type Identity, startIdentity } from "../packages/identity/index.ts";
import { startVault, type Vault, type VaultEvent } from "../packages/key-vault/index.ts";
import { apiOf, at, type Cluster, startCluster } from "../packages/kubernetes-api/index.ts";
import { selfSigned } from "../packages/loopback/index.ts";
import { argoRollouts } from "./agents/argo-rollouts.ts";
import { workloadControllers } from "./agents/controllers.ts";
import { csiDriver, driverName } from "./agents/csi-driver.ts";
import { externalSecretsOperator } from "./agents/external-secrets.ts";
import { type NodeAgent, nodeAgents } from "./agents/node.ts";
import { type Service, service } from "./agents/service.ts";
import { type WorkloadIdentity, workloadIdentity } from "./agents/workload-identity.ts";
import { type Answers, keepAnswers } from "./answers.ts";
import { type Azurite, startAzurite } from "./azurite/azurite.ts";
import { startHostStorage } from "./azurite/host-storage.ts";
import { eventGridTopic, type Schema, type Topic } from "./event-grid/index.ts";
import { startFrontEnd } from "./front-end.ts";
import { gitOpsNames, startGitOps } from "./git/git-ops.ts";
import { admitPeople, pageSettings } from "./people.ts";
import { type Activity, watchActivity } from "./postgres/activity.ts";
import { type Postgres, startPostgres } from "./postgres/postgres.ts";
import { seedTitanic, seedTurns } from "./postgres/seed.ts";
import { readyPods } from "./ready-pods.ts";
import { defaultScenario, type Scenario, scenarios } from "./scenarios.ts";
import { type Scope, scope, temporaryFolder } from "./scope.ts";
import { until } from "./until.ts";
import {
	adminSecret,
	audience,
	configurationText,
	copiedKeys,
	copiedSecret,
	grantRights,
	identities,
	images,
	manifests,
	names,
	seedPassword,
	seedVault,
	takesTurns,
	type Withdraw,
} from "./world.ts";

export interface StackOptions {
	/** Folder of the built app; default: none, the stack comes up without a host. */
	readonly appDir?: string;
	/** What is deployed and configured; default: the demo's. */
	readonly scenario?: Scenario;
	/** Another Functions host, e.g. `func start --port $PORT`. */
	readonly hostCommand?: string;
	/** How many hosts share the task hub and the settings, behind one front end; default 1. */
	readonly instances?: number;
	readonly keys?: Partial<Keys>;
	/** Which generation of the Secrets Store CSI driver; see agents/csi-driver.ts. */
	readonly driver?: "1.5" | "1.6";
	/** How often the driver looks for new versions, in milliseconds. */
	readonly driverPollMs?: number;
	/** In which of its two schemas Event Grid delivers; default: CloudEvents. */
	readonly eventSchema?: Schema;
	/** More app settings, and what overrides ours; as a function, given what they may have to name. */
	readonly settings?: Settings | ((up: SettingsMayName) => Promise<Settings>);
	/** Gets each event of the vault, at its cause. */
	readonly onVaultEvent?: (event: VaultEvent) => void;
	/** When aborted, what is up is stopped again and `startStack` throws the signal's reason. */
	readonly signal?: AbortSignal;
	/** Gets each part that is up. */
	readonly onUp?: (part: string, address: string) => void;
}

type Settings = Readonly<Record<string, string>>;

interface SettingsMayName {
	readonly azurite: Azurite;
	readonly certificate: Certificate;
	/** Where `rotation.config.yaml` is. */
	readonly configFile: string;
	readonly identity: Identity;
	readonly vault: Vault;
}

/** PEM texts; every server of the stack shows it, and every client trusts it. */
interface Certificate {
	readonly cert: string;
	readonly key: string;
}

interface Keys {
	readonly function: string;
	readonly master: string;
	readonly eventGrid: string;
	readonly durable: string;
}

export interface Stack extends AsyncDisposable {
	/** What is deployed and configured. */
	readonly scenario: Scenario;
	readonly identity: Identity;
	readonly vault: Vault;
	readonly postgres: Postgres;
	/** What monitoring saw of the database so far. */
	readonly activity: Activity;
	readonly azurite: Azurite;
	readonly cluster: Cluster;
	readonly node: NodeAgent;
	readonly service: Service;
	readonly topic: Topic;
	/** The first instance, often the only one. */
	readonly host: Host | undefined;
	readonly hosts: readonly Host[];
	/** Where the app answers: with several instances their front end, which takes them in turn. */
	readonly appUrl: string | undefined;
	/** The seed world's password, which a rotation makes worthless. */
	readonly firstPassword: string;
	readonly settings: Settings;
	readonly keys: Keys;
	/** Every token that a pod got to take an identity with; none where pods take none. */
	readonly podTokens: readonly string[];
	/** Those of them that were not given from outside, where their giver has them too. */
	readonly ownKeys: Partial<Keys>;
	readonly withdraw: Withdraw;
	/** `reports`: where a host that crashes leaves Node.js's diagnostic report. */
	readonly folders: { readonly all: string; readonly state: string; readonly reports: string };
	/** Connection string of the account that another host than ours keeps its task hub in. */
	readonly hostStorage: string | undefined;
	/** Every line that the host has written. */
	readonly hostLines: readonly string[];
	/** Every answer that anybody got from the host. */
	readonly answers: Answers["of"];
	/** Calls the app's HTTP API as an operator with these app roles. */
	api(path: string, options?: { method?: string; body?: unknown; roles?: string[] }): Promise<Response>;
}

export async function startStack(options: StackOptions = {}): Promise<Stack> {
	const parts = scope(options.signal);
	try {
		return await bringUp(options, parts);
	} catch (error) {
		await parts[Symbol.asyncDispose]();
		throw error;
	}
}

async function bringUp(options: StackOptions, parts: Scope): Promise<Stack> {
	const {
		onUp = () => {},
		driver = "1.5",
		driverPollMs = 2_000,
		signal,
		scenario = scenarios[defaultScenario],
	} = options;
	const { path: folder } = await parts.use(() => temporaryFolder("titanic-stack-"));
	const up = <T extends AsyncDisposable>(part: string, address: (thing: T) => string, start: () => Promise<T>) =>
		parts.use(start).then((thing) => {
			onUp(part, address(thing));
			return thing;
		});

	const certificate = await selfSigned();
	setDefaultCACertificates([...getCACertificates("default"), certificate.cert]);
	const identity = await up(
		"identity",
		({ url }) => url,
		() => startIdentity({ tls: certificate }),
	);
	const topic = eventGridTopic({ deliveryScale: 0.1 });
	const announce = (event: VaultEvent) => {
		options.onVaultEvent?.(event);
		topic.publish(event);
	};
	const [postgres, azurite, cluster, vault] = await Promise.all([
		up(
			"PostgreSQL",
			({ host, port }) => `${host}:${port}`,
			() => startPostgres({ tls: certificate }),
		),
		up(
			"Azurite",
			({ url }) => url,
			() => startAzurite({ tls: certificate }),
		),
		up(
			"Kubernetes",
			({ server, kind }) => `${server} (${kind})`,
			() => startCluster({ tokenReviewUrl: identity.tokenReviewUrl, controllers: true }),
		),
		up(
			"Key Vault",
			({ url }) => url,
			() => startVault({ identity, name: names.vault, onEvent: announce }),
		),
	]);
	await parts.use(async () => topic);

	const firstPassword = seedPassword();
	const database = { host: postgres.host, port: postgres.port };
	const turns = takesTurns(scenario);
	await seedTitanic(postgres, { password: turns ? seedPassword() : firstPassword });
	if (turns) {
		const rotatorPassword = seedPassword();
		vault.owner.set(adminSecret, rotatorPassword);
		const { turns: roles, owner, rotatorRole: rotator } = names;
		await seedTurns(postgres, { roles, owner, rotator, password: firstPassword, rotatorPassword });
	}
	const activity = await parts.use(() => watchActivity(postgres));
	seedVault(vault, firstPassword, database, new Date(), scenario);
	const withdraw = grantRights(vault, scenario);

	const files = {
		config: join(folder, "rotation.config.yaml"),
		ca: join(folder, "ca.pem"),
		clusterCa: join(folder, "cluster-ca.pem"),
	};
	await writeFile(files.ca, certificate.cert);
	await writeFile(files.clusterCa, cluster.ca);
	const rotator = identity.managedIdentity(identities.rotator);
	const blobs = new BlobServiceClient(azurite.url, rotator.credential());
	await Promise.all(
		["audit", "audit-copy", "rotations"].map((container) => blobs.getContainerClient(container).create()),
	);

	if (cluster.kind === "stand-in") await parts.use(async () => workloadControllers(cluster.kubeConfig()));
	if (scenario.kind === "Rollout") await parts.use(async () => argoRollouts(cluster.kubeConfig()));
	const mount = await parts.use(async () =>
		csiDriver({
			kubeConfig: cluster.kubeConfig(),
			vaults: { [names.vault]: vaultClient(vault, identity) },
			generation: driver,
			pollMs: driverPollMs,
		}),
	);
	const podIdentities = scenario.path === "workload-identity" ? await podIdentity(identity) : undefined;
	const node = await parts.use(() =>
		nodeAgents(scenario.nodes ?? 1, {
			kubeConfig: cluster.kubeConfig(),
			images: images(files.ca),
			mounts: { [driverName]: mount },
			...(podIdentities && { identities: podIdentities }),
		}),
	);
	if (scenario.path === "external-secrets") {
		// The store names the vault's address in Azure; here that is this one.
		const vaults = { [`${names.vault}.vault.azure.net`]: vaultClient(vault, identity) };
		await parts.use(async () => externalSecretsOperator({ kubeConfig: cluster.kubeConfig(), vaults }));
	}
	const usesFlux = ["flux-sops", "kustomize-generator"].includes(scenario.path);
	if (usesFlux) await cluster.apply([fluxNamespace]);
	const objects = await manifests(scenario, vault.url);
	const workload = objects.find(({ kind }) => scenario.path === "kustomize-generator" && kind === scenario.kind);
	await cluster.apply(objects.filter((object) => object !== workload));
	if (scenario.path === "kubernetes-secret") await fillSecret(cluster, vault);
	const gitOps = usesFlux
		? await up(
				"git and Flux",
				({ server }) => server.url,
				() => startGitOps({ vault, cluster, namespace: names.namespace, secrets: secretsInGit(vault), workload }),
			)
		: undefined;
	const titanic = await up(
		"titanic-api",
		({ url }) => url,
		() => service({ kubeConfig: cluster.kubeConfig(), namespace: names.namespace, name: names.workload }),
	);

	await writeFile(
		files.config,
		configurationText({
			vaultUrl: vault.url,
			database,
			server: cluster.server,
			caFile: files.ca,
			clusterCaFile: files.clusterCa,
			pollSeconds: Math.ceil(driverPollMs / 1000),
			scenario,
			...(gitOps && { gitOps }),
		}),
	);
	const reports = join(folder, "reports");
	await mkdir(reports);
	const settings: Record<string, string> = {
		...rotator.env,
		FUNCTIONS_WORKER_RUNTIME: "node",
		ROTATION_CONFIG_FILE: files.config,
		AUDIT_CONTAINER_URL: `${azurite.url}/audit`,
		AUDIT_SIGNING_KEY_URL: `${vault.url}/keys/${names.signingKey}`,
		// Azurite has no roles: here the second store is apart by its name only. In Azure it is an account of others.
		AUDIT_COPY_CONTAINER_URL: `${azurite.url}/audit-copy`,
		RECORDS_CONTAINER_URL: `${azurite.url}/rotations`,
		OPERATORS_ISSUER: identity.issuer,
		OPERATORS_AUDIENCE: audience,
		OPERATORS_JWKS_URL: identity.jwksUri,
		...pageSettings(identity),
		NODE_EXTRA_CA_CERTS: files.ca,
		NODE_OPTIONS: reporting(reports),
		...(typeof options.settings === "function"
			? await options.settings({ azurite, certificate, configFile: files.config, identity, vault })
			: options.settings),
	};

	const made: Keys = { function: hostKey(), master: hostKey(), eventGrid: hostKey(), durable: hostKey() };
	const keys: Keys = { ...made, ...options.keys };
	const ownKeys = Object.fromEntries(Object.entries(made).filter(([name]) => !(name in (options.keys ?? {}))));
	const hostLines: string[] = [];
	const state = join(folder, "task-hub");
	await mkdir(state);
	const { appDir, hostCommand } = options;
	let hostStorage: string | undefined;
	if (hostCommand) {
		hostStorage = settings.AzureWebJobsStorage || process.env.AzureWebJobsStorage || undefined;
		hostStorage ??= (await parts.use(() => startHostStorage(state))).connectionString;
		settings.AzureWebJobsStorage = hostStorage;
	}
	const startInstance = (dir: string, number: number) =>
		up(
			"Functions host",
			({ url }: Host) => url,
			() =>
				startHost({
					appDir: dir,
					stateDir: state,
					keys,
					// All of them are on one machine.
					env: { ...settings, WEBSITE_INSTANCE_ID: `${number}` },
					onLine: (_, line) => void hostLines.push(line),
					command: hostCommand,
					signal,
				}),
		);
	const started: Host[] = [];
	// One after another: the ports are looked for, and so would be the same one.
	if (appDir !== undefined)
		for (let n = options.instances ?? 1; n > 0; n--) started.push(await startInstance(appDir, n));
	const fronts: Answers[] = [];
	const kept = async (url: string): Promise<string> => {
		const front = await parts.use(() => keepAnswers(url));
		fronts.push(front);
		return front.url;
	};
	const hosts: Host[] = [];
	for (const one of started) hosts.push(reachedBy(await kept(one.url), one));
	const [host] = hosts;
	// Before the instances themselves: the front end must see a connection refused.
	const frontEnd = started.length > 1 ? await parts.use(() => startFrontEnd(started.map(({ url }) => url))) : undefined;
	const appUrl = frontEnd ? await kept(frontEnd.url) : host?.url;
	if (appUrl !== undefined) admitPeople(identity, appUrl);
	await until("titanic-api's readiness", 180, () => isReady(titanic.url), signal);
	// Of a StatefulSet the second pod is made once the first is ready, and a plan refuses a workload whose pods are not.
	const replicas = replicasOf(objects, scenario);
	const allReady = async () => (await readyPods(cluster.kubeConfig())) >= replicas || undefined;
	await until("the readiness of all its pods", 180, allReady, signal);
	if (host) {
		const webhook = `${appUrl}/runtime/webhooks/eventgrid?functionName=events&code=${keys.eventGrid}`;
		const subscribe = () =>
			topic.subscribe({
				url: webhook,
				schema: options.eventSchema ?? "CloudEventSchemaV1_0",
				eventTypes: [
					"Microsoft.KeyVault.SecretNearExpiry",
					"Microsoft.KeyVault.SecretExpired",
					"Microsoft.KeyVault.SecretNewVersionCreated",
				],
			});
		// Another host may answer before it has loaded its functions.
		const patience = hostCommand ? 60 : 0;
		await parts.use(() => until("Event Grid's subscription", patience, subscribe, signal));
	}
	return {
		scenario,
		identity,
		vault,
		postgres,
		activity,
		azurite,
		cluster,
		node,
		service: titanic,
		topic,
		host,
		hosts,
		appUrl,
		firstPassword,
		settings,
		podTokens: podIdentities?.issued ?? [],
		keys,
		ownKeys,
		withdraw,
		folders: { all: folder, state, reports },
		hostStorage,
		hostLines,
		answers: (whom) => fronts.flatMap((front) => front.of(whom)),
		async api(path, { method = "GET", body, roles = ["Rotation.Operate"] } = {}) {
			const token = await identity.operatorToken({
				audience,
				roles,
				objectId: "0b1ec700-0000-4000-8000-0000000000aa",
				name: "operator",
				azp: "c11e0700-0000-4000-8000-0000000000aa",
			});
			return fetch(`${appUrl}/api/${path}`, {
				method,
				headers: {
					authorization: `Bearer ${token}`,
					...(body !== undefined && { "content-type": "application/json" }),
				},
				...(body !== undefined && { body: JSON.stringify(body) }),
			});
		},
		[Symbol.asyncDispose]: () => parts[Symbol.asyncDispose](),
	};
}

/** As Azure makes them: nobody guesses one, and no two stacks have the same. */
const hostKey = (): string => randomBytes(32).toString("base64url");

/** A report at whatever ends the process but SIGKILL; Windows has no signal to ask for one. */
const reporting = (folder: string): string =>
	[
		"--report-uncaught-exception",
		"--report-on-fatalerror",
		...(process.platform === "win32" ? [] : ["--report-on-signal"]),
		`--report-directory=${JSON.stringify(folder)}`,
	].join(" ");

/** The host, for a caller at another address. */
const reachedBy = (url: string, host: Host): Host => ({
	url,
	get pid() {
		return host.pid;
	},
	get exited() {
		return host.exited;
	},
	kill: () => host.kill(),
	restart: () => host.restart(),
	[Symbol.asyncDispose]: () => host[Symbol.asyncDispose](),
});

const vaultClient = (vault: Vault, identity: Identity): SecretClient =>
	new SecretClient(vault.url, identity.managedIdentity(identities.csi).credential(), {
		allowInsecureConnection: true,
		disableChallengeResourceVerification: true,
	});

/** The pods of the example's ServiceAccount may take the identity that reads the vault. */
async function podIdentity(identity: Identity): Promise<WorkloadIdentity> {
	const made = await workloadIdentity(identity);
	identity.federate(identities.csi, made.federationOf(names.namespace, names.serviceAccount));
	return made;
}

/** None where the kind runs by a schedule. */
function replicasOf(objects: readonly { readonly kind: string }[], { kind, nodes = 1 }: Scenario): number {
	if (kind === "DaemonSet") return nodes;
	const workload = objects.find((object) => object.kind === kind) as { spec?: { replicas?: number } } | undefined;
	return workload?.spec?.replicas ?? 0;
}

/** The Service gives 503 while no pod is ready. */
const isReady = async (url: string): Promise<true | undefined> =>
	(await fetch(`${url}/health/ready`)).ok ? true : undefined;

const fluxNamespace = { apiVersion: "v1", kind: "Namespace", metadata: { name: gitOpsNames.fluxNamespace } };

/** What is rotated, and what is not: a file each. */
function secretsInGit(vault: Vault) {
	const value = (key: keyof typeof copiedKeys) => ({ [key]: vault.owner.get(copiedKeys[key])?.value ?? "" });
	return {
		[copiedSecret]: { ...value("db-password"), ...value("database-url") },
		"titanic-api-session": value("flask-secret-key"),
	};
}

/** A person gives a plain Secret its first values. */
async function fillSecret(cluster: Cluster, vault: Vault): Promise<void> {
	using person = apiOf(cluster.kubeConfig(), "kubectl-patch");
	const values = Object.entries(copiedKeys).map(
		([key, secret]) => [key, vault.owner.get(secret)?.value ?? ""] as const,
	);
	const data = Object.fromEntries(values.map(([key, value]) => [key, Buffer.from(value).toString("base64")]));
	await person.merge(at("v1", "secrets", names.namespace, copiedSecret), { data });
}
