/**
 * One cluster for the local stack and the tests: the stand-in, or a real control plane where KUBEBUILDER_ASSETS names
 * one. Callers never ask which it is, so agents and product code run unchanged on both.
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import {
	ApiextensionsV1Api,
	CoreV1Api,
	KubeConfig,
	type KubernetesObject,
	type V1CustomResourceDefinition,
} from "@kubernetes/client-node";
import { parse } from "yaml";
import type { Faults } from "../loopback/index.ts";
import { type Seen, startApiServer } from "./api-server/server.ts";
import { type Api, apiOf, at, isMissing } from "./client.ts";
import { type ControlPlane, startControlPlane } from "./control-plane.ts";

/** A running Kubernetes API; disposal ends every process and connection it started. */
export interface Cluster extends AsyncDisposable {
	/** https://127.0.0.1:PORT */
	readonly server: string;
	/** PEM that signs the server's certificate */
	readonly ca: string;
	/** Token of a user in the group system:masters */
	readonly adminToken: string;
	readonly kind: "stand-in" | "control-plane";
	/** Errors on demand; the stand-in only */
	readonly faults?: Faults;
	/** What came in from known users; the stand-in only */
	readonly requests?: readonly Seen[];
	/** A client's configuration for the administrator or the given token; its calls share one connection pool */
	kubeConfig(token?: string): KubeConfig;
	/**
	 * Server-side apply as the administrator, in the given order, with the field manager `local-stack`. A field that a kind
	 * does not have is an error.
	 */
	apply(manifests: object[]): Promise<void>;
}

/**
 * Starts a cluster with the namespaces `default` and `kube-system` and the CRDs in `crds/`.
 * @param options.tokenReviewUrl http address that answers TokenReview, for tokens that the cluster did not issue
 * @param options.assets folder with etcd and kube-apiserver; empty = the stand-in
 * @param options.controllers on a control plane: run kube-controller-manager too
 */
export async function startCluster(
	options: { tokenReviewUrl?: string; assets?: string; controllers?: boolean } = {},
): Promise<Cluster> {
	const assets = options.assets ?? process.env.KUBEBUILDER_ASSETS ?? "";
	const started: ControlPlane & { faults?: Faults; requests?: readonly Seen[] } = assets
		? await startControlPlane(assets, options)
		: await startApiServer(options);
	const { server, ca, adminToken, stop } = started;
	const pools: { destroy(): Promise<void> }[] = [];
	const kubeConfig = (token = adminToken) => clientConfig(server, ca, token, (pool) => pools.push(pool));
	const admin = kubeConfig();
	// The generated client would drop the fields that it does not know, and nobody would hear of them.
	const api = apiOf(admin, "local-stack");
	const apply = async (manifests: object[]) => {
		const served = new Map<string, Promise<{ resources: Served[] }>>();
		for (const manifest of manifests as KubernetesObject[]) {
			const object = await inServedVersion(api, manifest);
			const { apiVersion = "v1", kind, metadata } = object;
			if (!served.has(apiVersion)) served.set(apiVersion, api.get(groupPath(apiVersion)));
			const one = (await served.get(apiVersion))?.resources.find((one) => one.kind === kind && !one.name.includes("/"));
			if (!one) throw new Error(`The cluster does not serve ${kind} in ${apiVersion}.`);
			const namespace = one.namespaced ? (metadata?.namespace ?? "default") : undefined;
			await api.apply(at(apiVersion, one.name, namespace, metadata?.name), object);
		}
	};
	const close = async () => {
		api[Symbol.dispose]();
		await Promise.all(pools.map((pool) => pool.destroy()));
		await stop();
	};
	try {
		await apply(await definitions());
		await usable(admin);
	} catch (error) {
		await close();
		throw error;
	}
	return {
		server,
		ca,
		adminToken,
		kind: assets ? "control-plane" : "stand-in",
		faults: started.faults,
		requests: started.requests,
		kubeConfig,
		apply,
		[Symbol.asyncDispose]: close,
	};
}

/** An entry of the discovery. */
interface Served {
	name: string;
	kind: string;
	namespaced: boolean;
}

const groupPath = (apiVersion: string) => (apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`);

/** Where the same fields were before Kubernetes 1.21. */
const before: Readonly<Record<string, string>> = {
	PodDisruptionBudget: "policy/v1beta1",
	CronJob: "batch/v1beta1",
};

async function inServedVersion(api: Api, manifest: KubernetesObject): Promise<KubernetesObject> {
	const { kind = "", apiVersion = "v1" } = manifest;
	const older = before[kind];
	if (older === undefined) return manifest;
	const { resources } = await api.get<{ resources: Served[] }>(groupPath(apiVersion)).catch((error) => {
		if (isMissing(error)) return { resources: [] };
		throw error;
	});
	return resources.some((one) => one.kind === kind) ? manifest : { ...manifest, apiVersion: older };
}

/** The CRDs that the Secrets Store CSI driver, External Secrets, Flux and Argo Rollouts bring along. */
async function definitions(): Promise<V1CustomResourceDefinition[]> {
	const folder = join(import.meta.dirname, "crds");
	const files = (await readdir(folder)).sort();
	return Promise.all(files.map(async (file) => parse(await readFile(join(folder, file), "utf8"))));
}

/** The real server makes its namespaces and serves new CRDs some time after it is ready. */
async function usable(config: KubeConfig): Promise<void> {
	const core = config.makeApiClient(CoreV1Api);
	const extensions = config.makeApiClient(ApiextensionsV1Api);
	for (const deadline = Date.now() + 30_000; Date.now() < deadline; ) {
		const names = (await core.listNamespace()).items.map((one) => one.metadata?.name);
		const definitions = (await extensions.listCustomResourceDefinition()).items;
		const served = definitions.every((one) =>
			one.status?.conditions?.some(({ type, status }) => type === "Established" && status === "True"),
		);
		if (served && names.includes("default") && names.includes("kube-system")) return;
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
	throw new Error(
		"The cluster has no namespace default or does not serve the CRDs of packages/kubernetes-api/crds after 30 s.",
	);
}

/**
 * The client makes a TLS connection pool for each call and never closes it; here all calls share the first one.
 * A pool that was never used holds no connection, so the later ones cost nothing.
 */
function clientConfig(server: string, ca: string, token: string, keep: (pool: Pool) => void): KubeConfig {
	const config = new KubeConfig();
	config.loadFromClusterAndUser(
		{ name: "local", server, caData: Buffer.from(ca).toString("base64"), skipTLSVerify: false },
		{ name: "local", token },
	);
	const authenticate = config.applySecurityAuthentication.bind(config);
	let shared: Pool | undefined;
	config.applySecurityAuthentication = async (context) => {
		await authenticate(context);
		if (!shared) {
			shared = context.getDispatcher() as Pool;
			keep(shared);
		}
		context.setDispatcher(shared);
	};
	return config;
}

type Pool = NonNullable<ReturnType<Parameters<KubeConfig["applySecurityAuthentication"]>[0]["getDispatcher"]>>;
