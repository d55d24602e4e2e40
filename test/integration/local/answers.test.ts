import { createServer, request } from "node:http";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { type Answers, keepAnswers } from "../../../local/answers.ts";
import { close, listen } from "../../../packages/loopback/index.ts";

let seen: { method?: string; url?: string; host?: string; body: string }[] = [];
let distinct: NodeJS.Dict<string[]> = {};
const server = createServer(async (request, response) => {
	let body = "";
	for await (const chunk of request) body += chunk;
	const { method, url, headers } = request;
	seen.push({ method, url, host: headers.host, body });
	distinct = request.headersDistinct;
	if (url === "/cut") return void response.socket?.destroy();
	response.writeHead(url === "/api/missing" ? 404 : 202, { "x-said": "by the host", location: "/api/x" });
	response.end(method === "HEAD" ? undefined : `answer to ${body}`);
});
let answers: Answers;
beforeEach(async () => {
	seen = [];
	answers = await keepAnswers(await listen(server));
});
afterEach(async () => {
	await answers[Symbol.asyncDispose]();
	await close(server);
});

test("request and answer pass as they are, and the answer is kept: status, headers and body", async () => {
	const answer = await fetch(`${answers.url}/api/a?b=c`, { method: "POST", body: "hello" });
	expect([answer.status, answer.headers.get("location"), await answer.text()]).toEqual([
		202,
		"/api/x",
		"answer to hello",
	]);
	expect(seen).toEqual([{ method: "POST", url: "/api/a?b=c", host: new URL(answers.url).host, body: "hello" }]);
	expect(answers.of("app")).toEqual([expect.stringMatching(/^202 .*"x-said":"by the host".*\nanswer to hello$/s)]);
	expect(answers.of("host")).toEqual([]);
});

test("a header that comes twice passes twice", async () => {
	const given = ["Bearer a", "Bearer b"];
	const headers = given.flatMap((value) => ["Authorization", value]);
	await new Promise<void>((resolve) => {
		request(answers.url, { headers: ["Host", new URL(answers.url).host, ...headers], agent: false }, (answer) => {
			answer.resume().once("end", resolve);
		}).end();
	});
	expect(distinct.authorization).toEqual(given);
});

test("a refusal is kept too; the host's own APIs are kept apart; what is said twice is kept once", async () => {
	for (const path of ["/api/missing", "/api/missing", "/runtime/webhooks/x", "/ADMIN/host/status"]) {
		await (await fetch(`${answers.url}${path}`)).text();
	}
	expect(answers.of("app")).toEqual([expect.stringMatching(/^404 /)]);
	expect(answers.of("host")).toEqual([expect.stringMatching(/^202 /)]);
});

test("a connection that the host breaks is broken, and a host that is down is no answer", async () => {
	await expect(fetch(`${answers.url}/cut`)).rejects.toThrow("fetch failed");
	await close(server);
	await expect(fetch(`${answers.url}/api/a`)).rejects.toThrow("fetch failed");
	expect([...answers.of("app"), ...answers.of("host")]).toEqual([]);
});
