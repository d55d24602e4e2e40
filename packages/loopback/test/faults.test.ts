// Faults on demand: which requests a rule hits, and what is left of a request that was hit.
import { expect, test } from "@jest/globals";
import { type Answering, faults, serve } from "../faults.ts";

const counting = async (rules = faults(), spares?: Answering["spares"]) => {
	let effects = 0;
	const server = await serve({
		faults: rules,
		...(spares && { spares }),
		answer: () => ({ status: 200, json: { effects: ++effects } }),
		refuse: ({ status, code = "Injected" }) => ({ status, json: { error: code } }),
	});
	const send = async (path = "/", init: RequestInit = {}) =>
		fetch(`${server.url}${path}`, init).then(
			({ status }) => status,
			() => "cut" as const,
		);
	return { ...server, rules, send, effects: () => effects, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
};

test("a rule lets the first ones pass, hits so many, and is gone", async () => {
	await using server = await counting();
	server.rules.inject({ skip: 1, times: 2, status: 503 });
	const statuses = [await server.send(), await server.send(), await server.send(), await server.send()];
	expect(statuses).toEqual([200, 503, 503, 200]);
	expect(server.effects()).toBe(2);
});

test("a rule hits only its method and its path, decoded", async () => {
	await using server = await counting();
	server.rules.inject({ method: "PUT", path: /^\/a b$/, status: 500 });
	const statuses = [
		await server.send("/a%20b"),
		await server.send("/other", { method: "PUT" }),
		await server.send("/a%20b", { method: "PUT" }),
	];
	expect(statuses).toEqual([200, 200, 500]);
});

test("a removed rule hits nothing more, though it had no end", async () => {
	await using server = await counting();
	const remove = server.rules.inject({ times: Number.POSITIVE_INFINITY, status: 500 });
	const hit = [await server.send(), await server.send()];
	remove();
	expect([...hit, await server.send()]).toEqual([500, 500, 200]);
});

test("cut before: the answer is lost and there is no effect", async () => {
	await using server = await counting();
	server.rules.inject({ method: "POST", cut: "before" });
	expect(await server.send("/", { method: "POST" })).toBe("cut");
	expect(server.effects()).toBe(0);
});

test("cut after: the answer is lost and the effect is there", async () => {
	await using server = await counting();
	server.rules.inject({ method: "POST", cut: "after" });
	expect(await server.send("/", { method: "POST" })).toBe("cut");
	expect(server.effects()).toBe(1);
});

test("Retry-After is sent with the answer of a fault", async () => {
	await using server = await counting();
	server.rules.inject({ status: 429, retryAfterSeconds: 7 });
	expect((await fetch(server.url)).headers.get("retry-after")).toBe("7");
});

test("a delayed request still takes effect", async () => {
	await using server = await counting();
	server.rules.inject({ delayMs: 20 });
	expect([await server.send(), server.effects()]).toEqual([200, 1]);
});

test("a spared request uses up no hit", async () => {
	await using server = await counting(faults(), ({ path }) => path === "/spared");
	server.rules.inject({ status: 500 });
	expect([await server.send("/spared"), await server.send("/")]).toEqual([200, 500]);
});

test("what the stand-in throws is answered in its error form", async () => {
	await using server = await serve({
		faults: faults(),
		answer: () => {
			throw new Error("broken");
		},
		refuse: ({ status }) => ({ status, json: {} }),
	});
	expect((await fetch(server.url)).status).toBe(500);
});
