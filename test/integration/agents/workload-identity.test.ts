// What the local stack adds to a pod, as AKS's webhook does, and whose token it gives.

import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { jwtVerify } from "jose";
import type { Pod } from "../../../local/agents/environment.ts";
import { type WorkloadIdentity, workloadIdentity } from "../../../local/agents/workload-identity.ts";
import { exchangeAudience } from "../../../packages/identity/index.ts";
import { type Api, apiOf, type Cluster, startCluster } from "../../../packages/kubernetes-api/index.ts";

const clientId = "00000000-0000-0000-0000-00000000c11e";
let cluster: Cluster;
let api: Api;
let webhook: WorkloadIdentity;
beforeAll(async () => {
	cluster = await startCluster({ assets: "" });
	api = apiOf(cluster.kubeConfig(), "webhook-test");
	webhook = await workloadIdentity({ tenantId: "tenant", authority: "https://127.0.0.1:1" });
	const account = (name: string, annotations = {}) => ({
		...{ apiVersion: "v1", kind: "ServiceAccount" },
		metadata: { name, namespace: "default", annotations },
	});
	await cluster.apply([account("reader", { "azure.workload.identity/client-id": clientId }), account("nobody")]);
}, 60_000);
afterAll(async () => {
	api[Symbol.dispose]();
	await cluster[Symbol.asyncDispose]();
});

const pod = (
	serviceAccountName: string,
	{ labels = { "azure.workload.identity/use": "true" }, annotations = {} } = {},
) =>
	({
		metadata: { name: "one", namespace: "default", uid: "1", labels, annotations },
		spec: { serviceAccountName, containers: [{ name: "app" }, { name: "sidecar" }] },
	}) as unknown as Pod;

test("a pod with the label gets the variables and a token's file, where its ServiceAccount names an identity", async () => {
	const { spec } = await webhook.admit(api, pod("reader"));
	for (const { env, volumeMounts } of spec!.containers!) {
		expect(env).toContainEqual({ name: "AZURE_CLIENT_ID", value: clientId });
		expect(env).toContainEqual({ name: "AZURE_AUTHORITY_HOST", value: "https://127.0.0.1:1" });
		expect(volumeMounts).toHaveLength(1);
	}
	expect(spec!.volumes).toMatchObject([
		{ projected: { sources: [{ serviceAccountToken: { audience: exchangeAudience } }] } },
	]);
});

test.each<[string, Pod]>([
	["without the label", pod("reader", { labels: {} as never })],
	["with another value of it", pod("reader", { labels: { "azure.workload.identity/use": "yes" } })],
	["whose ServiceAccount names no identity", pod("nobody")],
	["whose ServiceAccount is not there", pod("missing")],
])("a pod %s stays as it is", async (_, given) => {
	expect(await webhook.admit(api, given)).toBe(given);
});

test("a container that the annotation leaves out gets nothing", async () => {
	const annotations = { "azure.workload.identity/skip-containers": "sidecar" };
	const [app, sidecar] = (await webhook.admit(api, pod("reader", { annotations }))).spec!.containers!;
	expect(app?.env).toHaveLength(4);
	expect(sidecar).toEqual({ name: "sidecar" });
});

test("a token is the pod's own ServiceAccount's, for the audience that was asked for", async () => {
	const { issuer, subject, key } = webhook.federationOf("default", "reader");
	const token = await webhook.token(pod("reader"), exchangeAudience, 600);
	await jwtVerify(token, key, { issuer, subject, audience: exchangeAudience });
	expect(webhook.issued).toEqual([token]);
	const others = await webhook.token(pod("nobody"), exchangeAudience, 600);
	await expect(jwtVerify(others, key, { issuer, subject })).rejects.toMatchObject({ claim: "sub" });
});
