// What a real API server says when an admission webhook denies, is silent, or a limit keeps a workload from having pods.
// The stand-in has no admission webhooks: without KUBEBUILDER_ASSETS this suite says so, and is over.

import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { selfSigned } from "../../packages/loopback/index.ts";
import { workloads as workloadsOf } from "../../src/lib/kinds/workloads.ts";
import type { Workloads } from "../../src/lib/ports/workload.ts";
import { eventually } from "../integration/agents/eventually.ts";
import { clusters, type Stage } from "./support/clusters.ts";
import { intent } from "./support/intent.ts";
import { setScene } from "./support/scene.ts";

const words = "the new password is hunter2";
const webhookName = "policy.titanic.example";

/** A webhook's server: denies everything in its own words. */
async function startWebhook() {
	const { cert, key } = await selfSigned();
	const server = createServer({ cert, key }, async (request, response) => {
		let body = "";
		for await (const chunk of request) body += chunk;
		const { uid } = JSON.parse(body).request;
		const answer = { uid, allowed: false, status: { code: 403, message: words, reason: "Forbidden" } };
		const review = { apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview", response: answer };
		response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(review));
	}).listen(0, "127.0.0.1");
	await new Promise((resolve) => server.once("listening", resolve));
	const { port } = server.address() as AddressInfo;
	return {
		url: `https://127.0.0.1:${port}/`,
		caBundle: Buffer.from(cert).toString("base64"),
		[Symbol.asyncDispose]: async () => {
			server.closeAllConnections();
			await new Promise((resolve) => server.close(resolve));
		},
	};
}

const configuration = (namespace: string, rule: object, clientConfig: object) => ({
	apiVersion: "admissionregistration.k8s.io/v1",
	kind: "ValidatingWebhookConfiguration",
	metadata: { name: namespace },
	webhooks: [
		{
			name: webhookName,
			admissionReviewVersions: ["v1"],
			sideEffects: "None",
			failurePolicy: "Fail",
			timeoutSeconds: 2,
			namespaceSelector: { matchLabels: { scene: namespace } },
			rules: [rule],
			clientConfig,
		},
	],
});
const mark = {
	secret: "titanic-kv/db-password",
	contents: "0123456789abcdef",
	rotationId: "db-password.00000000-0000-4000-8000-000000000001",
	round: 1,
	version: "0123456789abcdef0123456789abcdef",
	at: "2026-07-01T12:00:00.000Z",
};
const onDeployments = { apiGroups: ["apps"], apiVersions: ["v1"], resources: ["deployments"], operations: ["UPDATE"] };

const real = clusters.find(({ title }) => title === "the real control plane");
// clusters.ts says why where there is none.
(real ? describe : describe.skip)("Admission on the real control plane", () => {
	const open = () => real!.open();
	let stage: Stage;
	let workloads: Workloads;
	beforeAll(async () => {
		stage = await open();
		workloads = workloadsOf(stage.client);
	}, 90_000);
	afterAll(async () => {
		await stage?.[Symbol.asyncDispose]();
	});

	const labelled = (namespace: string) =>
		stage.cluster.apply([
			{ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace, labels: { scene: namespace } } },
		]);

	test("a webhook that denies the roll is named by the plan, and its words are not repeated", async () => {
		await using webhook = await startWebhook();
		const { consumer } = await setScene(stage);
		await labelled(consumer.namespace);
		const { url, caBundle } = webhook;
		await stage.cluster.apply([configuration(consumer.namespace, onDeployments, { url, caBundle })]);
		await eventually(async () => {
			const fault = await workloads.refusal(consumer).catch((error: unknown) => error);
			expect(fault).toMatchObject({
				code: "cluster-denied",
				transient: false,
				names: { by: `admission webhook ${webhookName}`, verb: "patch", answer: "HTTP 403, Forbidden" },
			});
			expect((fault as Error).message).not.toContain("hunter2");
		});
	}, 60_000);

	test("a webhook that does not answer is named, is no matter of rights or network, and is tried again", async () => {
		const { consumer } = await setScene(stage);
		await labelled(consumer.namespace);
		const clientConfig = { url: "https://127.0.0.1:9/", caBundle: btoa((await selfSigned()).cert) };
		await stage.cluster.apply([configuration(consumer.namespace, onDeployments, clientConfig)]);
		await eventually(async () => {
			await expect(workloads.refusal(consumer)).rejects.toMatchObject({
				code: "webhook-silent",
				transient: true,
				names: { webhook: `admission webhook ${webhookName}`, answer: "HTTP 500, InternalError" },
			});
		});
	}, 60_000);

	test("pods that a limit range keeps from being made block the rollout as soon as the controller says so", async () => {
		const { consumer, change } = await setScene(stage);
		const { namespace } = consumer;
		const limits = [{ type: "Container", max: { cpu: "1" } }];
		await stage.cluster.apply([
			{ apiVersion: "v1", kind: "LimitRange", metadata: { name: "small", namespace }, spec: { limits } },
		]);
		const resources = { requests: { cpu: "2" }, limits: { cpu: "2" } };
		await change({ spec: { template: { spec: { containers: [{ name: "titanic-api", image: "a:1", resources }] } } } });
		await workloads.roll(intent, consumer, mark);
		await eventually(async () => {
			expect(await workloads.rollout(consumer, mark)).toMatchObject({
				state: "progressing",
				blocked: { code: "pods-refused", names: { detail: "FailedCreate, denied by a LimitRange for cpu" } },
			});
			expect(await workloads.stuck(consumer)).toMatchObject({ code: "pods-refused" });
		});
	}, 60_000);
});

if (clusters.length < 2)
	test("the stand-in has no admission webhooks: nothing is tried without KUBEBUILDER_ASSETS", () => {});
