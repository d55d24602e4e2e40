// What the app relies on in production, on the local host: the real host's answers and its shortcomings.
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type Host, startHost } from "../start.ts";
import { durable, keys, over, state, until } from "./fixture.ts";

let at: Awaited<ReturnType<typeof state>>;
let host: Host;
beforeAll(async () => {
	at = await state();
	host = await startHost(at.options);
});
afterAll(async () => {
	await host[Symbol.asyncDispose]();
	await at[Symbol.asyncDispose]();
});

const statusOf = async (method: string, path: string, body?: unknown) =>
	(await durable(host, method, path, body)).status;

async function started(name: string, id: string, input: unknown = {}) {
	expect(await statusOf("POST", `orchestrators/${name}/${id}`, input)).toBe(202);
	return inState(id, "Running");
}

const inState = (id: string, wanted: string) =>
	until(`${id} to be ${wanted}`, async () => {
		const { json } = await durable(host, "GET", `instances/${id}`);
		return json?.runtimeStatus === wanted ? json : undefined;
	});

test("a running id cannot be started again, a finished one can", async () => {
	await started("waits", "again");
	const refused = await durable(host, "POST", "orchestrators/waits/again", {});
	expect(refused).toEqual({
		status: 409,
		json: { Message: "An Orchestration instance with the status Running already exists." },
	});
	await durable(host, "POST", "instances/again/raiseEvent/go", 1);
	await over(host, "again");
	await started("waits", "again");
});

test("of starts of one id at one instant one runs, whatever answers their callers get", async () => {
	const callers = Array.from({ length: 16 }, (_, caller) => caller);
	const told = await Promise.all(callers.map((caller) => statusOf("POST", "orchestrators/waits/raced", { caller })));
	const winner = ((await inState("raced", "Running")).input as { caller: number }).caller;
	expect(told.filter((status) => status === 202).length).toBeGreaterThan(1);
	expect(told[winner]).toBe(202);
});

test("a text that an activity is given stays a text, whatever it looks like", async () => {
	const texts = [
		"plain",
		"",
		'{"a":1}',
		"[1]",
		"5",
		"true",
		"null",
		'"quoted"',
		'"\\"twice\\""',
		"2030-01-02T03:04:05Z",
	];
	expect(await statusOf("POST", "orchestrators/echoes/echoes", texts)).toBe(202);
	const { output } = await over(host, "echoes");
	expect(output).toEqual(texts.flatMap((input) => Array(2).fill({ type: "string", input })));
});

test("a body reaches the function only if the request says how long it is", async () => {
	const post = async (body: BodyInit) => {
		const how = { method: "POST", body, ...(body instanceof ReadableStream && { duplex: "half" }) };
		return (await fetch(`${host.url}/v1/reads`, how)).json();
	};
	expect(await post("whole")).toEqual({ text: "whole", encoding: null });
	expect(await post(new Blob(["in pieces"]).stream())).toEqual({ text: "", encoding: "chunked" });
});

test("events, terminations and purges are accepted, gone, unknown or too early, each by its own status", async () => {
	await started("waits", "one");
	expect(await statusOf("DELETE", "instances/one")).toBe(412);
	expect(await statusOf("POST", "instances/one/raiseEvent/go", 1)).toBe(202);
	expect((await over(host, "one")).output).toBe(1);
	expect(await statusOf("POST", "instances/one/raiseEvent/go", 1)).toBe(410);
	expect(await statusOf("POST", "instances/one/terminate?reason=late")).toBe(410);
	expect(await durable(host, "DELETE", "instances/one")).toEqual({ status: 200, json: { instancesDeleted: 1 } });
	expect(await statusOf("POST", "instances/one/raiseEvent/go", 1)).toBe(404);
	expect(await statusOf("DELETE", "instances/one")).toBe(404);
});

test("a parent gets the result of a child's last generation, and waits for it", async () => {
	expect(await statusOf("POST", "orchestrators/parentOfGenerations/generational", {})).toBe(202);
	expect((await over(host, "generational")).output).toEqual([{ left: 0 }, { left: 0 }]);
	expect((await durable(host, "GET", "instances/generational-3")).json).toMatchObject({ input: { left: 0 } });
});

test("a suspended instance leaves its events alone until it is resumed", async () => {
	await started("waits", "suspended");
	await durable(host, "POST", "instances/suspended/suspend?reason=r");
	await inState("suspended", "Suspended");
	await durable(host, "POST", "instances/suspended/raiseEvent/go", "kept");
	await durable(host, "POST", "instances/suspended/resume?reason=r");
	expect(await over(host, "suspended")).toMatchObject({ runtimeStatus: "Completed", output: "kept" });
});

test("continue-as-new keeps the custom status and drops an event that nobody had waited for", async () => {
	await started("twoGenerations", "generations", { generation: 1 });
	await durable(host, "POST", "instances/generations/suspend?reason=r");
	await inState("generations", "Suspended");
	for (const event of ["first", "dropped"]) await durable(host, "POST", "instances/generations/raiseEvent/go", event);
	await durable(host, "POST", "instances/generations/resume?reason=r");
	await until("the second generation", async () => {
		const { json } = await durable(host, "GET", "instances/generations");
		return (json?.customStatus as { generation: number })?.generation === 2;
	});
	await durable(host, "POST", "instances/generations/raiseEvent/go", "second");
	expect((await over(host, "generations")).output).toEqual({ generation: 2, event: "second" });
});

test("a terminated parent leaves its child running", async () => {
	await started("parent", "parent");
	await inState("parent-child", "Running");
	expect(await statusOf("POST", "instances/parent/terminate?reason=enough")).toBe(202);
	expect(await over(host, "parent")).toMatchObject({ runtimeStatus: "Terminated", output: "enough" });
	expect((await durable(host, "GET", "instances/parent-child")).json?.runtimeStatus).toBe("Running");
});

test("a call of an activity that is not registered hangs, and the log says so", async () => {
	await started("callsNobody", "hangs");
	await until("the log", () => at.log().some((line) => line.includes("the activity 'notThere' is not registered")));
	expect((await durable(host, "GET", "instances/hangs")).json?.runtimeStatus).toBe("Running");
});

test("an Event Grid delivery is accepted only if the function took every event of it", async () => {
	const post = async (body: unknown, { key = keys.eventGrid, type = "Notification", name = "received" } = {}) => {
		const response = await fetch(`${host.url}/runtime/webhooks/eventgrid?functionName=${name}&code=${key}`, {
			method: "POST",
			headers: { "content-type": "application/json", ...(type ? { "aeg-event-type": type } : {}) },
			body: JSON.stringify(body),
		});
		return response.status;
	};
	const event = (subject: string, data = {}) => ({ id: subject, subject, data });
	expect({
		batch: await post([event("a"), event("b")]),
		single: await post(event("c")),
		oneFails: await post([event("d"), event("e", { fail: true })]),
		wrongKey: await post([event("f")], { key: "wrong" }),
		functionKey: await post([event("f")], { key: keys.function }),
		noType: await post([event("f")], { type: "" }),
		unknown: await post([event("f")], { name: "notThere" }),
	}).toEqual({ batch: 202, single: 202, oneFails: 500, wrongKey: 401, functionKey: 403, noType: 400, unknown: 404 });
	const taken = at.journal().filter((line) => line.startsWith("event "));
	expect(taken.sort()).toEqual(["event a", "event b", "event c", "event d"]);
});

test("the subscription handshake is answered without a run of the function", async () => {
	const response = await fetch(`${host.url}/runtime/webhooks/eventgrid?functionName=received&code=${keys.eventGrid}`, {
		method: "POST",
		headers: { "aeg-event-type": "SubscriptionValidation" },
		body: JSON.stringify([{ subject: "handshake", data: { validationCode: "the code" } }]),
	});
	expect([response.status, await response.json()]).toEqual([200, { validationResponse: "the code" }]);
	expect(at.journal()).not.toContain("event handshake");
});
