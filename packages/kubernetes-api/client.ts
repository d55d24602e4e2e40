// A plain JSON client of the Kubernetes API for the agents: objects as they are on the wire, one connection pool.
//
// The generated client turns times into Dates (and a merge of two objects into nonsense) and opens a TLS connection
// a call; an agent that reads and patches whole objects is better off with neither.

import { Agent as HttpAgent, request as http, type IncomingMessage } from "node:http";
import { type RequestOptions, Agent as TlsAgent, request as tls } from "node:https";
import { text } from "node:stream/consumers";
import type { KubeConfig } from "@kubernetes/client-node";

/** A client type as it is on the wire: times are RFC 3339 texts. */
export type Wire<T> = T extends Date ? string : T extends object ? { [Key in keyof T]: Wire<T[Key]> } : T;

interface Meta {
	name: string;
	namespace?: string;
	uid: string;
	resourceVersion: string;
	generation?: number;
	creationTimestamp?: string;
	deletionTimestamp?: string;
	deletionGracePeriodSeconds?: number;
	labels?: Record<string, string>;
	annotations?: Record<string, string>;
	ownerReferences?: Owner[];
}
export interface Owner {
	apiVersion: string;
	kind: string;
	name: string;
	uid: string;
	controller?: boolean;
	blockOwnerDeletion?: boolean;
}
export interface KubeObject {
	apiVersion?: string;
	kind?: string;
	metadata: Meta;
}

/** What the server answered instead of an object: its status code and its reason, e.g. 409 and `AlreadyExists`. */
export class ApiError extends Error {
	readonly code: number;
	readonly reason: string;
	constructor(code: number, reason: string, message: string) {
		super(message);
		this.code = code;
		this.reason = reason;
	}
}

export const isMissing = (error: unknown): boolean => error instanceof ApiError && error.code === 404;
export const isConflict = (error: unknown): boolean => error instanceof ApiError && error.code === 409;

export interface Api extends Disposable {
	get<T>(path: string, query?: Record<string, string>): Promise<T>;
	create<T>(path: string, object: unknown): Promise<T>;
	replace<T>(path: string, object: unknown): Promise<T>;
	/** RFC 7386 merge patch */
	merge<T>(path: string, patch: unknown): Promise<T>;
	/** Server-side apply as this agent, forced: the object exactly as it is here, a field that its kind does not have too. */
	apply<T>(path: string, object: unknown): Promise<T>;
	remove(path: string, options?: unknown): Promise<void>;
	/** The events of one watch until the server ends it; ends early with the signal. */
	watch<T>(
		path: string,
		query: Record<string, string>,
		signal: AbortSignal,
	): AsyncGenerator<{ type: string; object: T }>;
}

/** e.g. `at("apps/v1", "deployments", "titanic-api", "titanic-api", "status")` */
export function at(version: string, plural: string, namespace?: string, name?: string, subresource?: string): string {
	const group = version.includes("/") ? `/apis/${version}` : `/api/${version}`;
	const scope = namespace ? `/namespaces/${namespace}` : "";
	return [group + scope, plural, name, subresource].filter(Boolean).join("/");
}

/** @param name of the agent: its user agent, and so the manager of the fields that it sets */
export function apiOf(kubeConfig: KubeConfig, name: string): Api {
	const server = kubeConfig.getCurrentCluster()?.server;
	if (!server) throw new Error("The kubeconfig has no current cluster.");
	const secure = server.startsWith("https:");
	const agent = secure ? new TlsAgent({ keepAlive: true }) : new HttpAgent({ keepAlive: true });

	async function send(method: string, path: string, about: About = {}): Promise<IncomingMessage> {
		const url = new URL(server + path);
		for (const [name, value] of Object.entries(about.query ?? {})) url.searchParams.set(name, value);
		const options: RequestOptions = {};
		await kubeConfig.applyToHTTPSOptions(options);
		const body = about.body === undefined ? undefined : JSON.stringify(about.body);
		const headers = {
			...(options.headers as Record<string, string>),
			accept: "application/json",
			"user-agent": name,
			...(body !== undefined && {
				"content-type": about.type ?? "application/json",
				"content-length": Buffer.byteLength(body),
			}),
		};
		const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
		const request = (secure ? tls : http)(url, { ...options, agent, method, headers, signal: about.signal }, resolve);
		request.on("error", (error: NodeJS.ErrnoException) => {
			// An idle connection that the server closed just now: the request was not read.
			if (request.reusedSocket && error.code === "ECONNRESET") send(method, path, about).then(resolve, reject);
			else reject(error);
		});
		request.end(body);
		const response = await promise;
		if ((response.statusCode ?? 500) >= 400) throw await asError(response, `${method} ${path}`);
		return response;
	}

	const json = async <T>(method: string, path: string, about?: About) =>
		JSON.parse(await text(await send(method, path, about))) as T;

	return {
		get: (path, query) => json("GET", path, { query }),
		create: (path, body) => json("POST", path, { body }),
		replace: (path, body) => json("PUT", path, { body }),
		merge: (path, body) => json("PATCH", path, { body, type: "application/merge-patch+json" }),
		apply: (path, body) =>
			json("PATCH", path, {
				body,
				type: "application/apply-patch+yaml",
				query: { fieldManager: name, force: "true" },
			}),
		remove: async (path, body) => void (await json("DELETE", path, { body })),
		async *watch<T>(path: string, query: Record<string, string>, signal: AbortSignal) {
			const response = await send("GET", path, { query: { ...query, watch: "true" }, signal });
			response.setEncoding("utf8");
			let rest = "";
			for await (const chunk of response) {
				const lines = (rest + chunk).split("\n");
				rest = lines.pop() ?? "";
				for (const line of lines) if (line) yield JSON.parse(line) as { type: string; object: T };
			}
		},
		[Symbol.dispose]: () => agent.destroy(),
	};
}

interface About {
	query?: Record<string, string>;
	body?: unknown;
	type?: string;
	signal?: AbortSignal;
}

async function asError(response: IncomingMessage, what: string): Promise<ApiError> {
	const said = await text(response);
	const status: { reason?: string; message?: string } = said.startsWith("{") ? JSON.parse(said) : {};
	const code = response.statusCode ?? 500;
	return new ApiError(code, status.reason ?? "", `${what}: ${code} ${status.message ?? said.slice(0, 200)}`);
}
