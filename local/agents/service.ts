// Does what kube-proxy does for one Service, over HTTP: one loopback address, round robin over the pods that are ready.
//
// A pod that is being deleted gets no new request from the moment the API says so, ready or not; a refused connection
// goes to the next pod, as nothing of the request was read.

import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import type { KubeConfig, V1Service } from "@kubernetes/client-node";
import { apiOf, at, type Wire } from "../../packages/kubernetes-api/index.ts";
import type { Pod } from "./environment.ts";
import { informer } from "./informer.ts";
import { portAnnotation } from "./pod.ts";

export interface Service extends AsyncDisposable {
	/** http://127.0.0.1:PORT; 503 while no pod is ready */
	readonly url: string;
}

export async function service(options: { kubeConfig: KubeConfig; namespace: string; name: string }): Promise<Service> {
	const { kubeConfig, namespace, name } = options;
	const api = apiOf(kubeConfig, "kube-proxy");
	const { spec } = await api.get<Wire<V1Service>>(at("v1", "services", namespace, name));
	const selector = Object.entries(spec?.selector ?? {});
	const pods = informer<Pod>(api, at("v1", "pods", namespace));
	await pods.synced;
	let turn = 0;

	const endpoints = () =>
		pods
			.items()
			.filter(({ metadata }) => selector.every(([label, value]) => metadata.labels?.[label] === value))
			.filter(({ metadata, status }) => !metadata.deletionTimestamp && isReady(status))
			.map(({ metadata }) => Number(metadata.annotations?.[portAnnotation]))
			.sort((one, other) => one - other);

	async function forward(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
		const body = await buffer(incoming);
		const ports = endpoints();
		const first = turn++;
		for (let tried = 0; tried < ports.length; tried++) {
			const port = ports[(first + tried) % ports.length] as number;
			try {
				const answer = await ask(port, incoming, body);
				const { connection, "keep-alive": _, ...headers } = answer.headers;
				outgoing.writeHead(answer.statusCode ?? 502, headers);
				answer.pipe(outgoing).on("error", () => {});
				answer.on("error", () => outgoing.destroy());
				return;
			} catch (error) {
				if ((error as NodeJS.ErrnoException).code === "ECONNREFUSED") continue;
				outgoing.writeHead(502).end();
				return;
			}
		}
		outgoing.writeHead(503).end();
	}

	const server = createServer((incoming, outgoing) => {
		forward(incoming, outgoing).catch(() => outgoing.destroy());
	});
	await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
	return {
		url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
		async [Symbol.asyncDispose]() {
			const closed = new Promise((done) => server.close(done));
			server.closeAllConnections();
			await Promise.all([closed, pods[Symbol.asyncDispose]()]);
			api[Symbol.dispose]();
		},
	};
}

const isReady = (status: Pod["status"]) =>
	status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ?? false;

function ask(port: number, { method, url: path, headers }: IncomingMessage, body: Buffer): Promise<IncomingMessage> {
	const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
	const { connection, ...passed } = headers;
	request({ host: "127.0.0.1", port, method, path, headers: passed, agent: false }, resolve)
		.on("error", reject)
		.end(body);
	return promise;
}
