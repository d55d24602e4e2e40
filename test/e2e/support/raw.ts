// Requests as nobody's client library would send them, and what the app registered to answer them.
// RW1. The routes come from the running host. Otherwise: a route that is new is one that no attack was tried on.

import { request } from "node:http";
import { text } from "node:stream/consumers";
import type { Stack } from "../../../local/stack.ts";

export interface Sent {
	readonly method?: string;
	/** With its query, percent-encoded by its maker. */
	readonly path: string;
	/** A list is a header that comes several times. */
	readonly headers?: Readonly<Record<string, string | string[]>>;
	readonly body?: string | Buffer;
}

export interface Answered {
	/** 0: the connection was cut, as Node does to headers of more than 16 KB once it has said 431. */
	readonly status: number;
	readonly headers: Readonly<Record<string, string | string[] | undefined>>;
	readonly body: string;
}

/** Sends it as it is. A body's length is told, unless the headers tell one or say that it comes in chunks. */
export function send({ host }: Stack, { method = "GET", path, headers = {}, body }: Sent): Promise<Answered> {
	const { hostname, port } = new URL(host!.url);
	return new Promise((resolve, reject) => {
		const isSized = body === undefined || "content-length" in headers || "transfer-encoding" in headers;
		const length = isSized ? {} : { "content-length": `${Buffer.byteLength(body)}` };
		const sent = request(
			{ hostname, port, method, path, headers: { ...length, ...headers }, agent: false },
			(answer) => {
				text(answer).then(
					(received) => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: received }),
					reject,
				);
			},
		);
		sent.on("error", (error: NodeJS.ErrnoException) => {
			if (["ECONNRESET", "EPIPE"].includes(error.code ?? "")) resolve({ status: 0, headers: {}, body: "" });
			else reject(error);
		});
		// By `write`, so that Node does not count it and add a length.
		if (body !== undefined) sent.write(body);
		sent.end();
	});
}

export interface Route {
	readonly name: string;
	readonly method: string;
	/** `/api/secrets/{name}/rotations` */
	readonly template: string;
}

interface Registered {
	readonly name: string;
	readonly config: { readonly bindings: readonly { type: string; route?: string; methods?: string[] }[] };
}

/** Every method of every route that the app registered, but for the page: its files are everybody's. */
export async function routesOf({ host, keys }: Stack): Promise<Route[]> {
	const answer = await fetch(`${host?.url}/admin/functions`, { headers: { "x-functions-key": keys.master } });
	const routes = ((await answer.json()) as Registered[]).flatMap(({ name, config }) =>
		config.bindings
			.filter(({ type, route }) => type.toLowerCase() === "httptrigger" && route !== "{*file}")
			.flatMap(({ route = name, methods = [] }) =>
				methods.map((method) => ({ name, method: method.toUpperCase(), template: `/${route}` })),
			),
	);
	if (routes.length === 0) throw new Error("The app has no HTTP routes.");
	return routes;
}

const examples: Readonly<Record<string, string>> = {
	name: "db-password",
	id: "db-password.2b6f0cc9-04d1-4d6f-93a0-0ac1c9a6b5f3",
	code: "rotation-running",
	channel: "on-call",
};

/** A freeze's id is not a rotation's. */
const freeze = "2b6f0cc9-04d1-4d6f-93a0-0ac1c9a6b5f3";

/** @param value in place of every parameter; default: what there is, or could be */
export const pathOf = ({ template }: Route, value?: string): string =>
	template.replace(/\{(\w+)\}/g, (_, parameter: string) => {
		const known = value ?? (template.startsWith("/api/freezes/") ? freeze : examples[parameter]);
		if (known === undefined) throw new Error(`Say in support/raw.ts what stands for {${parameter}} of ${template}.`);
		return known;
	});

export const keyHeader = (key: string) => ({ "x-functions-key": key });

/** Every durable instance with its status and last change: another list means that something was started or ended. */
export async function instancesOf(stack: Stack): Promise<unknown> {
	const headers = keyHeader(stack.keys.durable);
	const { status, body } = await send(stack, { path: "/runtime/webhooks/durabletask/instances?top=500", headers });
	if (status !== 200) throw new Error(`The list of instances: ${status}`);
	return (JSON.parse(body) as { instanceId: string; runtimeStatus: string; lastUpdatedTime: string }[]).map(
		({ instanceId, runtimeStatus, lastUpdatedTime }) => ({ instanceId, runtimeStatus, lastUpdatedTime }),
	);
}
