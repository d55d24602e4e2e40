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
	KubernetesObjectApi,
	PatchStrategy,
	type V1CustomResourceDefinition,
} from "@kubernetes/client-node";
import { parse } from "yaml";
import type { Faults } from "../faults.ts";
import { type Seen, startApiServer } from "./api-server/server.ts";
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
	/** Server-side apply as the administrator, in the given order, with the field manager `local-stack` */
	apply(manifests: object[]): Promise<void>;
}

/**
 * Starts a cluster with the namespaces `default` and `kube-system` and the CRDs of the Secrets Store CSI driver.
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
	const close = async () => {
		await Promise.all(pools.map((pool) => pool.destroy()));
		await stop();
	};
	const admin = kubeConfig();
	const apply = async (manifests: object[]) => {
		const objects = KubernetesObjectApi.makeApiClient(admin);
		for (const manifest of manifests)
			await objects.patch(manifest, undefined, undefined, "local-stack", true, PatchStrategy.ServerSideApply);
	};
	try {
		await apply(await csiDriverDefinitions());
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

/** The CRDs that the Secrets Store CSI driver brings along. */
async function csiDriverDefinitions(): Promise<V1CustomResourceDefinition[]> {
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
	throw new Error("The cluster has no namespace default or no CRDs of the CSI driver after 30 s.");
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
