import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "@jest/globals";
import { kubernetesClient } from "../../../../src/lib/adapters/kubernetes/client.ts";
import { deployment } from "../../../../src/lib/kinds/deployment.ts";

const workload = { cluster: "titanic-aks", namespace: "titanic-api", kind: "Deployment", name: "titanic-api" } as const;
const foreign = "a text of somebody else";

/** Asks a server that answers like this for one Deployment. */
async function asking(listener: RequestListener, options: { requestTimeoutMs?: number; times?: number } = {}) {
	const server = createServer(listener).listen(0, "127.0.0.1");
	let connections = 0;
	let renewed = 1;
	server.on("connection", () => connections++);
	await new Promise((resolve) => server.once("listening", resolve));
	const { port } = server.address() as AddressInfo;
	const { times = 1, requestTimeoutMs } = options;
	try {
		await using client = kubernetesClient({
			name: "titanic-aks",
			server: `http://127.0.0.1:${port}`,
			token: async ({ anew } = { anew: false }) => `token-${anew ? ++renewed : renewed}`,
			requestTimeoutMs,
		});
		let answer: unknown;
		for (let asked = 0; asked < times; asked++) answer = await deployment.find(client, workload);
		return { answer, connections };
	} finally {
		server.closeAllConnections();
		await new Promise((resolve) => server.close(resolve));
	}
}

const says =
	(code: number, body: unknown, type = "application/json"): RequestListener =>
	(_request, response) =>
		response.writeHead(code, { "content-type": type }).end(typeof body === "string" ? body : JSON.stringify(body));

const status = (reason: string, details?: object, message = foreign) => ({
	kind: "Status",
	status: "Failure",
	message,
	reason,
	details,
});
const named = { name: "titanic-api", kind: "deployments" };
const isForbidden = 'deployments.apps "titanic-api" is forbidden: ';
const notKubernetes = "from something that is not the Kubernetes API";
const refused = (code: number, reason: string, message: string, details?: object) =>
	says(code, status(reason, details, `${message}${foreign}`));

const faults: Record<string, [RequestListener, object]> = {
	"401 is a token that the cluster does not accept": [
		says(401, status("Unauthorized")),
		{ code: "cluster-unauthorized" },
	],
	"403 names the right that is lacking, in words": [
		refused(
			403,
			"Forbidden",
			`${isForbidden}User "oid" cannot get resource "deployments" in API group "apps": `,
			named,
		),
		{ code: "cluster-forbidden", names: { right: "get deployments/titanic-api in namespace titanic-api" } },
	],
	"403 of an authorizer that has words of its own is a right that is lacking": [
		says(403, status("Forbidden", named)),
		{ code: "cluster-forbidden" },
	],
	"403 that names no resource is not a right that is lacking": [
		says(403, status("Forbidden")),
		{ code: "cluster-rejected", names: { detail: "HTTP 403, Forbidden" } },
	],
	"403 of an admission webhook names the webhook": [
		refused(403, "Forbidden", 'admission webhook "policy.titanic.example" denied the request: '),
		{
			code: "cluster-denied",
			transient: false,
			names: { by: "admission webhook policy.titanic.example", verb: "get", answer: "HTTP 403, Forbidden" },
		},
	],
	"a denial stays one, whatever status a webhook chose for it": [
		refused(503, "ServiceUnavailable", 'admission webhook "policy.titanic.example" denied the request: ', named),
		{ code: "cluster-denied" },
	],
	"403 of an admission policy names the policy": [
		refused(
			403,
			"Forbidden",
			`${isForbidden}ValidatingAdmissionPolicy 'no-restarts' with binding 'no-restarts-prod' denied request: `,
			named,
		),
		{ code: "cluster-denied", names: { by: "ValidatingAdmissionPolicy no-restarts" } },
	],
	"422 of an admission policy names the policy too": [
		refused(422, "Invalid", `${isForbidden}ValidatingAdmissionPolicy 'no-restarts' with binding 'b' denied request: `),
		{ code: "cluster-denied", names: { by: "ValidatingAdmissionPolicy no-restarts", answer: "HTTP 422, Invalid" } },
	],
	"403 of an admission plugin that is not known is no right that is lacking": [
		refused(403, "Forbidden", isForbidden, named),
		{ code: "cluster-denied", names: { by: "an admission plugin" } },
	],
	"a webhook whose name is none is not repeated": [
		refused(403, "Forbidden", `admission webhook "${foreign}" denied the request: `),
		{ code: "cluster-rejected" },
	],
	"500 for a webhook that does not answer names the webhook, and is tried again": [
		refused(500, "InternalError", 'Internal error occurred: failed calling webhook "policy.titanic.example": Post '),
		{
			code: "webhook-silent",
			transient: true,
			names: { webhook: "admission webhook policy.titanic.example", answer: "HTTP 500, InternalError" },
		},
	],
	"500 for a conversion webhook names the kind that it converts": [
		refused(
			500,
			"InternalError",
			"conversion webhook for secrets-store.csi.x-k8s.io/v1, Kind=SecretProviderClass failed: ",
		),
		{ code: "webhook-silent", names: { webhook: "the conversion webhook of SecretProviderClass" } },
	],
	"404 that does not name the object is no absence": [
		says(404, "404 page not found", "text/plain"),
		{ code: "cluster-unserved", names: { resource: "deployments", answer: `HTTP 404, ${notKubernetes}` } },
	],
	"404 of a resource that the cluster does not know, as of a CRD that is gone, is no absence": [
		says(404, status("NotFound")),
		{ code: "cluster-unserved", names: { resource: "deployments", answer: "HTTP 404, NotFound" } },
	],
	"409 is tried again": [says(409, status("Conflict", named)), { code: "cluster-conflict", transient: true }],
	"413 keeps the reason": [
		says(413, status("RequestEntityTooLarge")),
		{ code: "cluster-rejected", names: { detail: "HTTP 413, RequestEntityTooLarge" }, transient: false },
	],
	"422 is final and keeps the reason, but nobody's words": [
		says(422, status("Invalid", named)),
		{ code: "cluster-rejected", names: { detail: "HTTP 422, Invalid" }, transient: false },
	],
	"422 names the field, and not what it holds": [
		says(
			422,
			status("Invalid", { causes: [{ reason: "FieldValueInvalid", field: "spec.replicas", message: foreign }] }),
		),
		{ code: "cluster-rejected", names: { detail: "HTTP 422, Invalid, FieldValueInvalid at spec.replicas" } },
	],
	"a field that holds somebody's words is left out": [
		says(422, status("Invalid", { causes: [{ reason: "FieldValueInvalid", field: `spec[${foreign}]` }] })),
		{ code: "cluster-rejected", names: { detail: "HTTP 422, Invalid" } },
	],
	"a reason that Kubernetes does not know is not repeated": [
		says(400, status(foreign)),
		{ code: "cluster-rejected", names: { detail: "HTTP 400, no reason that Kubernetes knows" } },
	],
	"429 is throttling, with the pause that is asked for, and tried again": [
		(_request, response) =>
			response
				.writeHead(429, { "content-type": "application/json", "retry-after": "7" })
				.end(JSON.stringify(status("TooManyRequests"))),
		{ code: "cluster-throttled", transient: true, names: { answer: "HTTP 429, TooManyRequests, Retry-After 7 s" } },
	],
	"500 is an answer, and tried again": [
		says(500, status("InternalError")),
		{ code: "cluster-failed", transient: true, names: { detail: "HTTP 500, InternalError" } },
	],
	"503 for a store without a leader says so, and is tried again": [
		refused(503, "ServiceUnavailable", "rpc error: code = Unavailable desc = etcdserver: no leader "),
		{ code: "cluster-failed", transient: true, names: { detail: "HTTP 503, ServiceUnavailable, etcd: no leader" } },
	],
	"an object that is too large for the store is final": [
		refused(500, "InternalError", "etcdserver: request is too large "),
		{ code: "cluster-rejected", names: { detail: "HTTP 500, InternalError, etcd: request is too large" } },
	],
	"a proxy's 502 is not the cluster's word": [
		says(502, `<html>${foreign}</html>`, "text/html"),
		{ code: "cluster-failed", transient: true, names: { detail: `HTTP 502, ${notKubernetes}` } },
	],
	"a proxy's page with 200 is no Deployment": [
		says(200, "<html>sign in</html>", "text/html"),
		{ code: "cluster-unreachable" },
	],
	"an answer that was cut off is no Deployment": [says(200, '{"kind":"Depl'), { code: "cluster-unreachable" }],
	"a connection that was cut is tried again": [
		(_request, response) => response.socket?.destroy(),
		{ code: "cluster-unreachable", transient: true, names: { detail: "UND_ERR_SOCKET" } },
	],
};

test.each(Object.entries(faults))("%s", async (_sentence, [listener, expected]) => {
	const fault = await asking(listener).catch((error: unknown) => error);
	expect(fault).toMatchObject(expected);
	expect((fault as Error).message).not.toContain(foreign);
});

test("a cluster that never answers is given up, and tried again", async () => {
	await expect(asking(() => undefined, { requestTimeoutMs: 100 })).rejects.toMatchObject({
		code: "cluster-unreachable",
		transient: true,
		names: { detail: "no answer in time" },
	});
});

test("a cluster that nobody listens for is unreachable", async () => {
	const server = createServer().listen(0, "127.0.0.1");
	await new Promise((resolve) => server.once("listening", resolve));
	const { port } = server.address() as AddressInfo;
	await new Promise((resolve) => server.close(resolve));
	await using client = kubernetesClient({
		name: "titanic-aks",
		server: `http://127.0.0.1:${port}`,
		token: async () => "x",
	});
	await expect(deployment.find(client, workload)).rejects.toMatchObject({
		code: "cluster-unreachable",
		names: { cluster: "titanic-aks", detail: "ECONNREFUSED" },
	});
});

test("only the cluster's own word that the object does not exist is an absence", async () => {
	expect(await asking(says(404, status("NotFound", named)))).toMatchObject({ answer: undefined });
});

test("calls one after another reuse their connections", async () => {
	const deployment = { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "titanic-api" } };
	const { connections } = await asking(says(200, deployment), { times: 20 });
	// a call may come before the connection of the last one is free again
	expect(connections).toBeLessThan(5);
});

test("each request carries the token of its own moment", async () => {
	const seen: (string | undefined)[] = [];
	const server = createServer((request, response) => {
		seen.push(request.headers.authorization);
		says(404, status("NotFound", named))(request, response);
	}).listen(0, "127.0.0.1");
	await new Promise((resolve) => server.once("listening", resolve));
	let given = 0;
	{
		await using client = kubernetesClient({
			name: "titanic-aks",
			server: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
			token: async () => `token-${++given}`,
		});
		await deployment.find(client, workload);
		await deployment.find(client, workload);
	}
	await new Promise((resolve) => server.close(resolve));
	expect(seen).toEqual(["Bearer token-1", "Bearer token-2"]);
});

test("a cluster that accepts no token is asked twice, each time with another one, and no more", async () => {
	const tokens: (string | undefined)[] = [];
	const refuse: RequestListener = (request, response) => {
		tokens.push(request.headers.authorization);
		says(401, status("Unauthorized"))(request, response);
	};
	await expect(asking(refuse)).rejects.toMatchObject({ code: "cluster-unauthorized" });
	expect(tokens).toEqual(["Bearer token-1", "Bearer token-2"]);
});
