/** What every part of the contract needs: the cluster under test, a namespace of its own, and readable refusals. */
import { randomUUID } from "node:crypto";
import { request } from "node:https";
import {
	AppsV1Api,
	CoreV1Api,
	CustomObjectsApi,
	type KubeConfig,
	KubernetesObjectApi,
	PatchStrategy,
	setHeaderOptions,
	type V1Deployment,
	type V1Pod,
} from "@kubernetes/client-node";
import type { Cluster } from "../../cluster.ts";

/** Lent to the tests while they run: the cluster starts after they are declared. */
export interface Subject {
	readonly cluster: Cluster;
	readonly core: CoreV1Api;
	readonly apps: AppsV1Api;
	readonly custom: CustomObjectsApi;
	readonly objects: KubernetesObjectApi;
	readonly admin: KubeConfig;
	/** Tokens of users that the token review webhook vouches for */
	token(username: string, groups?: string[]): string;
	namespace(): Promise<string>;
}

export const subjectOf = (cluster: Cluster, token: Subject["token"]): Subject => {
	const admin = cluster.kubeConfig();
	const core = admin.makeApiClient(CoreV1Api);
	return {
		cluster,
		admin,
		core,
		apps: admin.makeApiClient(AppsV1Api),
		custom: admin.makeApiClient(CustomObjectsApi),
		objects: KubernetesObjectApi.makeApiClient(admin),
		token,
		async namespace() {
			const name = `t-${randomUUID().slice(0, 8)}`;
			await core.createNamespace({ body: { metadata: { name } } });
			return name;
		},
	};
};

export interface Refusal {
	code: number;
	reason?: string;
	message?: string;
	details?: { name?: string; kind?: string; causes?: { field?: string; reason?: string }[] };
}

/** The Status of a call that must fail. */
export const refusal = async (call: Promise<unknown>): Promise<Refusal> => {
	const failed = await call.then(
		() => ({ code: 200, body: "it was accepted" }),
		(error: { code: number; body: unknown }) => error,
	);
	// Where not even the group of kinds is known, the answer is plain text.
	const isJson = typeof failed.body === "string" && failed.body.startsWith("{");
	return { ...(isJson ? JSON.parse(failed.body as string) : {}), code: failed.code };
};

export const strategic = setHeaderOptions("Content-Type", PatchStrategy.StrategicMergePatch);
export const merge = setHeaderOptions("Content-Type", PatchStrategy.MergePatch);

/** A request as it is, for what the typed client hides: media types and headers. */
export const raw = (
	cluster: Cluster,
	path: string,
	options: { method?: string; headers?: Record<string, string>; body?: string; token?: string | false } = {},
): Promise<{ code: number; type: string; body: string }> =>
	new Promise((resolve, reject) => {
		const { token = cluster.adminToken, method = "GET" } = options;
		const headers = { ...(token && { authorization: `Bearer ${token}` }), ...options.headers };
		const asked = request(`${cluster.server}${path}`, { ca: cluster.ca, method, headers, agent: false }, (response) => {
			let body = "";
			response.setEncoding("utf8").on("data", (text: string) => {
				body += text;
			});
			response.on("end", () =>
				resolve({ code: response.statusCode ?? 0, type: `${response.headers["content-type"]}`, body }),
			);
			response.on("error", reject);
		});
		asked.on("error", reject);
		asked.end(options.body);
	});

export const deployment = (name: string, changes: Partial<NonNullable<V1Deployment["spec"]>> = {}): V1Deployment => ({
	metadata: { name },
	spec: {
		selector: { matchLabels: { app: name } },
		template: {
			metadata: { labels: { app: name } },
			spec: {
				containers: [
					{
						name: "web",
						image: "titanic-api:1",
						env: [{ name: "PORT", value: "80" }],
						volumeMounts: [{ name: "secrets", mountPath: "/mnt/secrets" }],
					},
				],
				volumes: [{ name: "secrets", csi: { driver: "secrets-store.csi.k8s.io", readOnly: true } }],
			},
		},
		...changes,
	},
});

export const pod = (name: string, labels: Record<string, string> = {}): V1Pod => ({
	metadata: { name, labels },
	spec: { containers: [{ name: "web", image: "titanic-api:1" }] },
});

export const csi = { group: "secrets-store.csi.x-k8s.io", version: "v1" };
