// An app behind real HTTP. What it is asked and what it answers is held to the API's own description.

import { createServer, type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { close, listen } from "../../../../packages/loopback/index.ts";
import { Problem } from "../../../../src/api/answers/problem.ts";
import { type OperationId, operations } from "../../../../src/api/operations.ts";
import { routes } from "../../../../src/api/routes.ts";

export interface Asked {
	readonly id: OperationId;
	readonly params: Readonly<Record<string, string>>;
	readonly query: Readonly<Record<string, string>>;
	readonly body: unknown;
	readonly token: string | undefined;
	readonly key: string | undefined;
}

export interface Answering {
	readonly status: number;
	readonly body: object;
	readonly headers?: Readonly<Record<string, string>>;
}

type Handle = (asked: Asked) => Answering | "cut";

export interface App extends AsyncDisposable {
	readonly url: string;
	readonly asked: readonly Asked[];
}

export const problem = (status: number, code: string, detail = "It is wrong."): Answering => ({
	status,
	body: {
		...{ type: `/api/codes/${code}`, title: "Problem", status, detail },
		...{ instance: "urn:titanic-secret-rotator:call:1", code, next: "Correct it." },
	},
});

/** Where the command or the test itself leaves the description, the end of the test throws. */
export async function startApp(handles: Partial<Record<OperationId, Handle>>): Promise<App> {
	const asked: Asked[] = [];
	const mistakes: unknown[] = [];
	const server = createServer(async (request, response) => {
		try {
			const one = checked(request, await text(request));
			asked.push(one);
			const answer = handles[one.id]?.(one);
			if (answer === "cut") return void request.socket.destroy();
			if (!answer) throw new Error(`Nothing answers ${one.id}.`);
			checkAnswer(one.id, answer);
			const headers = { "content-type": "application/json", "retry-after": "1", ...answer.headers };
			response.writeHead(answer.status, headers).end(JSON.stringify(answer.body));
		} catch (mistake) {
			mistakes.push(mistake);
			response.writeHead(500).end();
		}
	});
	return {
		url: await listen(server),
		asked,
		async [Symbol.asyncDispose]() {
			await close(server);
			if (mistakes.length > 0) throw mistakes[0];
		},
	};
}

function checked({ method, url: target = "/", headers }: IncomingMessage, sent: string): Asked {
	const url = new URL(target, "http://app");
	const [id, params] = operationFor(method, url.pathname);
	const route = routes[id];
	const body = sent === "" ? undefined : JSON.parse(sent);
	const query = Object.fromEntries(url.searchParams);
	route.params.parse(params);
	route.query.parse(query);
	if ("body" in route) route.body.parse(body);
	return {
		id,
		params,
		query,
		body,
		token: headers.authorization?.replace("Bearer ", ""),
		key: headers["idempotency-key"]?.toString(),
	};
}

function checkAnswer(id: OperationId, { status, body }: Answering): void {
	if (status >= 400) return void Problem.parse(body);
	const answers = routes[id].answers as Readonly<Record<number, readonly [string, { parse(body: unknown): unknown }]>>;
	answers[status]![1].parse(body);
}

function operationFor(method: string | undefined, path: string): [OperationId, Record<string, string>] {
	for (const [id, operation] of Object.entries(operations)) {
		const names = [...operation.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!);
		const found = new RegExp(`^${operation.path.replace(/\{\w+\}/g, "([^/]+)")}$`).exec(path);
		if (operation.method !== method || !found) continue;
		return [id as OperationId, Object.fromEntries(names.map((name, at) => [name, decodeURIComponent(found[at + 1]!)]))];
	}
	throw new Error(`The API has no ${method} ${path}.`);
}
