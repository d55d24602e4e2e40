// A tiny app. What its functions do is a line each in the file that JOURNAL names: memory dies with the process.
import { appendFileSync, readFileSync } from "node:fs";
import { app } from "@azure/functions";
import * as df from "durable-functions";

const note = (line) => appendFileSync(process.env.JOURNAL, `${line}\n`);
const noted = (line) => readFileSync(process.env.JOURNAL, "utf8").split("\n").includes(line);
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

if (process.env.STREAM) app.setup({ enableHttpStream: true });

if (process.env.SLOW_START) {
	console.log("begins to load");
	await pause(600_000);
}

app.http("hello", {
	route: "hello/{name}",
	authLevel: "function",
	handler: (request, context) => {
		console.log("printed by the app");
		context.warn(`greets ${request.params.name}`);
		return { jsonBody: { hello: request.params.name } };
	},
});
app.http("reads", {
	methods: ["POST"],
	authLevel: "anonymous",
	handler: async (request) => ({
		jsonBody: { text: await request.text(), encoding: request.headers.get("transfer-encoding") },
	}),
});
app.http("begin", {
	route: "begin/{name}/{id}",
	methods: ["POST"],
	extraInputs: [df.input.durableClient()],
	handler: async (request, context) => {
		const { name, id } = request.params;
		return { body: await df.getClient(context).startNew(name, { instanceId: id }) };
	},
});
app.timer("nightly", {
	schedule: "%SCHEDULE%",
	handler: (timer) => note(`nightly ${timer.isPastDue ? "late" : "on time"}`),
});
app.timer("often", { schedule: "* * * * * *", handler: () => noted("often") || note("often") });

app.timer("seconds", { schedule: "* * * * * *", handler: () => process.env.SECONDS && note("second") });

app.eventGrid("received", {
	handler: (event) => {
		if (event.data.fail) throw new Error("refused");
		note(`event ${event.subject}`);
	},
});

df.app.activity("step", { handler: ({ name }) => note(name) ?? name });
df.app.activity("echo", { handler: (input) => ({ type: typeof input, input }) });
df.app.orchestration("echoes", function* ({ df: durable }) {
	const echoes = [];
	for (const text of durable.getInput()) {
		echoes.push(yield durable.callActivity("echo", text));
		echoes.push(yield durable.callActivityWithRetry("echo", new df.RetryOptions(100, 1), text));
	}
	return echoes;
});
df.app.activity("failsOnce", {
	handler: () => {
		const first = !noted("failsOnce");
		note("failsOnce");
		if (first) throw new Error("not the first time");
		return "second time";
	},
});
df.app.activity("hangsOnce", {
	handler: async () => {
		const first = !noted("hangsOnce");
		note("hangsOnce");
		if (first) await pause(600_000);
		return "second time";
	},
});
df.app.activity("brief", {
	handler: async ({ n }) => {
		note(`begin ${n}`);
		await pause(100);
		note(`end ${n}`);
	},
});

df.app.orchestration("wholeWay", function* ({ df: durable }) {
	const results = [yield durable.callActivity("step", { name: "first" })];
	yield durable.createTimer(new Date(durable.currentUtcDateTime.getTime() + 200));
	results.push(yield durable.callActivityWithRetry("failsOnce", new df.RetryOptions(100, 3)));
	results.push(yield durable.callActivity("hangsOnce"));
	const event = yield durable.waitForExternalEvent("go");
	results.push(yield durable.callActivity("step", { name: "last" }));
	return { results, event };
});
df.app.orchestration("wide", function* ({ df: durable }) {
	yield durable.Task.all([1, 2, 3, 4].map((n) => durable.callActivity("brief", { n })));
});
df.app.activity("tellsHost", {
	handler: async ({ line }) => {
		note(`${line} by ${process.pid}`);
		await pause(30);
		return line;
	},
});
/** Notes each of its turns, once each unless one is made twice. */
df.app.orchestration("turns", function* ({ df: durable }) {
	const { count } = durable.getInput();
	for (let n = 1; n <= count; n++) {
		if (!durable.isReplaying) note(`turn ${n} of ${durable.instanceId} by ${process.pid}`);
		yield durable.callActivity("tellsHost", { line: `task ${n} of ${durable.instanceId}` });
	}
	return count;
});
df.app.orchestration("changed", function* ({ df: durable }) {
	yield durable.callActivity(process.env.RELEASE === "two" ? "brief" : "step", { name: "changed", n: 9 });
	yield durable.waitForExternalEvent("go");
});
df.app.orchestration("cancelled", function* ({ df: durable }) {
	const late = durable.createTimer(new Date(durable.currentUtcDateTime.getTime() + 20 * 24 * 3600_000));
	const event = durable.waitForExternalEvent("go");
	yield durable.Task.any([late, event]);
	late.cancel();
	return yield durable.callActivity("step", { name: "after the cancelled timer" });
});
df.app.orchestration("waits", function* ({ df: durable }) {
	return yield durable.waitForExternalEvent("go");
});
df.app.orchestration("parent", function* ({ df: durable }) {
	return yield durable.callSubOrchestrator("waits", undefined, `${durable.instanceId}-child`);
});
df.app.orchestration("countsDown", function* ({ df: durable }) {
	const { left } = durable.getInput();
	yield durable.createTimer(new Date(durable.currentUtcDateTime.getTime() + 20));
	if (left > 0) durable.continueAsNew({ left: left - 1 });
	return { left };
});
df.app.orchestration("parentOfGenerations", function* ({ df: durable }) {
	const children = [3, 0].map((left) =>
		durable.callSubOrchestrator("countsDown", { left }, `${durable.instanceId}-${left}`),
	);
	return yield durable.Task.all(children);
});
df.app.orchestration("callsNobody", function* ({ df: durable }) {
	yield durable.callActivity("notThere");
});
df.app.orchestration("twoGenerations", function* ({ df: durable }) {
	const { generation } = durable.getInput();
	durable.setCustomStatus({ generation });
	const event = yield durable.waitForExternalEvent("go");
	if (generation === 1) durable.continueAsNew({ generation: 2 });
	return { generation, event };
});
