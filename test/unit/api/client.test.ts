// The client against real HTTP servers.

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "@jest/globals";
import { ApiProblem, ApiUnreachable, client } from "../../../src/api/client.ts";

type Answering = (request: IncomingMessage & { body: string }, response: ServerResponse) => void;

async function server(answer: Answering) {
	const seen: { method?: string; url?: string; authorization?: string; body: string }[] = [];
	const listening = createServer(async (request, response) => {
		let body = "";
		for await (const part of request) body += part;
		const { method, url, headers } = request;
		seen.push({ method, url, authorization: headers.authorization, body });
		answer(Object.assign(request, { body }), response);
	});
	await new Promise<void>((resolve) => listening.listen(0, "127.0.0.1", resolve));
	const baseUrl = `http://127.0.0.1:${(listening.address() as AddressInfo).port}`;
	const close = () =>
		new Promise<void>((resolve) => {
			listening.closeAllConnections();
			listening.close(() => resolve());
		});
	return { baseUrl, seen, [Symbol.asyncDispose]: close };
}

const json =
	(status: number, body: object, headers: Record<string, string> = {}): Answering =>
	(_request, response) =>
		response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));

const token = async () => "a.b.c";
const problem = { code: "app-role-missing", detail: "Operator x does not have the app role.", next: "Assign it." };

test("calls what the table says, with the token, and hands over status, body and when to ask again", async () => {
	await using made = await server(json(202, { rotationId: "r" }, { "retry-after": "5" }));
	const call = client({ baseUrl: made.baseUrl, token });
	const started = await call("startRotation", { name: "db-password", body: { reason: "it leaked", dryRun: true } });
	expect(started).toEqual({ status: 202, body: { rotationId: "r" }, retryAfter: 5 });
	await call("showAudit", { query: { secret: "a b", from: undefined } });
	expect(made.seen).toEqual([
		{
			method: "POST",
			url: "/api/secrets/db-password/rotations",
			authorization: "Bearer a.b.c",
			body: '{"reason":"it leaked","dryRun":true}',
		},
		{ method: "GET", url: "/api/audit?secret=a+b", authorization: "Bearer a.b.c", body: "" },
	]);
});

test("a name with a slash stays one name", async () => {
	await using made = await server(json(404, problem));
	await client({ baseUrl: made.baseUrl, token })("showRotation", { id: "../secrets?x" }).catch(() => {});
	expect(made.seen[0]?.url).toBe("/api/rotations/..%2Fsecrets%3Fx");
});

test("a refusal carries its code and the next step", async () => {
	await using made = await server(json(403, problem, { "retry-after": "10" }));
	const error = await client({ baseUrl: made.baseUrl, token })("listSecrets", {}).catch((thrown) => thrown);
	expect(error).toBeInstanceOf(ApiProblem);
	expect({ ...error, message: error.message }).toMatchObject({
		status: 403,
		code: "app-role-missing",
		message: problem.detail,
		next: problem.next,
		retryAfter: 10,
	});
});

test.each<[string, number, Answering]>([
	["a sign-in page with 200", 200, (_request, response) => response.end("<html>iceberg</html>")],
	["an error page", 502, (_request, response) => response.writeHead(502).end("iceberg")],
	["a list", 200, (_request, response) => response.end('["iceberg"]')],
	["JSON of somebody else's", 404, json(404, { error: { message: "iceberg" } })],
])("%s is told as a foreign answer, without its text", async (_, status, answer) => {
	await using made = await server(answer);
	const error = await client({ baseUrl: made.baseUrl, token })("listSecrets", {}).catch((thrown) => thrown);
	expect(error).toMatchObject({ status, code: "foreign-answer" });
	expect(error.message).toContain(`${made.baseUrl} answered with HTTP ${status}`);
	expect(`${error.message} ${error.next}`).not.toContain("iceberg");
});

test("an answer without end is left: it is a foreign one, and nobody's memory is filled", async () => {
	const part = Buffer.alloc(64 * 1024, " ");
	let sent = 0;
	await using made = await server((_request, response) => {
		const more = () => {
			while (!response.destroyed && response.write(part)) sent += part.length;
		};
		response.on("drain", more);
		more();
	});
	const call = client({ baseUrl: made.baseUrl, token, mostBytes: 1024 * 1024 });
	await expect(call("listSecrets", {})).rejects.toMatchObject({ status: 200, code: "foreign-answer" });
	expect(sent).toBeLessThan(64 * 1024 * 1024);
});

test("a redirect is not followed: the token is for this app alone", async () => {
	await using elsewhere = await server(json(200, {}));
	await using made = await server((_request, response) =>
		response.writeHead(302, { location: elsewhere.baseUrl }).end(),
	);
	await expect(client({ baseUrl: made.baseUrl, token })("listSecrets", {})).rejects.toBeInstanceOf(ApiUnreachable);
	expect(elsewhere.seen).toEqual([]);
});

test("where nobody answers it says so, with the address and the network's code, and without the token", async () => {
	const gone = await server(json(200, {}));
	await gone[Symbol.asyncDispose]();
	const error = await client({ baseUrl: gone.baseUrl, token })("listSecrets", {}).catch((thrown) => thrown);
	expect(error).toBeInstanceOf(ApiUnreachable);
	expect(error.message).toBe(`${gone.baseUrl} did not answer: nothing listens there (ECONNREFUSED).`);
});

test("a server that does not answer in time is left, and so is one that the caller no longer wants", async () => {
	await using made = await server(() => {});
	const call = client({ baseUrl: made.baseUrl, token, timeoutMs: 50 });
	await expect(call("listSecrets", {})).rejects.toThrow("did not answer: nothing came within 0.05 s.");
	const stop = new AbortController();
	const asked = client({ baseUrl: made.baseUrl, token })("listSecrets", {}, stop.signal);
	stop.abort(new Error("stopped"));
	await expect(asked).rejects.toThrow("stopped");
});
