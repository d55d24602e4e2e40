// The local Functions host as a program: what the conformance suite cannot see from outside.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type Host, startHost } from "../start.ts";
import { appDir, durable, keys, missARun, over, state, until } from "./fixture.ts";

const main = fileURLToPath(new URL("../main.ts", import.meta.url));

const isAlive = (pid: number) => {
	try {
		return process.kill(pid, 0);
	} catch {
		return false;
	}
};

/** Runs the program to its end. `during` sees it as soon as it runs. */
async function program(args: string[], env = {}, during?: (child: ReturnType<typeof spawn>) => void) {
	const child = spawn(process.execPath, [main, ...args], { env: { ...process.env, HUB: "TinyHub", ...env } });
	const out = { stdout: "", stderr: "" };
	child.stdout.on("data", (text) => {
		out.stdout += text;
	});
	child.stderr.on("data", (text) => {
		out.stderr += text;
	});
	during?.(child);
	const code = await new Promise<number | null>((done) => child.once("close", done));
	return { code, ...out };
}

test("an orchestration killed in the middle of an activity finishes after a restart, and nothing that had ended runs again", async () => {
	await using at = await state();
	const visibility = "AzureFunctionsJobHost__extensions__durableTask__storageProvider__workItemQueueVisibilityTimeout";
	await using host = await startHost({ ...at.options, env: { ...at.options.env, [visibility]: "00:00:02" } });

	expect((await durable(host, "POST", "orchestrators/wholeWay/one", {})).status).toBe(202);
	await until("the activity that hangs", () => at.journal().includes("hangsOnce"));
	const killed = host.pid;
	await host.restart();
	expect(isAlive(killed)).toBe(false);
	expect((await durable(host, "GET", "instances/one")).json?.runtimeStatus).toBe("Running");
	expect((await durable(host, "POST", "instances/one/raiseEvent/go", { by: "me" })).status).toBe(202);

	expect((await over(host, "one")).output).toEqual({
		results: ["first", "second time", "second time", "last"],
		event: { by: "me" },
	});
	const count = (line: string) => at.journal().filter((noted) => noted === line).length;
	expect({
		first: count("first"),
		failsOnce: count("failsOnce"),
		hangsOnce: count("hangsOnce"),
		last: count("last"),
	}).toEqual({
		first: 1,
		failsOnce: 2,
		hangsOnce: 2,
		last: 1,
	});
});

describe("one host", () => {
	const lines: [string, string][] = [];
	let at: Awaited<ReturnType<typeof state>>;
	let host: Host;
	beforeAll(async () => {
		at = await state();
		missARun(at.dir);
		host = await startHost({ ...at.options, onLine: (stream, line) => lines.push([stream, line]) });
	});
	afterAll(async () => {
		const { pid, url } = host;
		await host[Symbol.asyncDispose]();
		await at[Symbol.asyncDispose]();
		expect(await host.exited).toBe(0);
		expect(isAlive(pid)).toBe(false);
		expect(existsSync(at.dir)).toBe(false);
		await expect(fetch(url)).rejects.toThrow();
	});

	test("an HTTP function answers under the route prefix of host.json, to its key only", async () => {
		expect((await fetch(`${host.url}/v1/hello/you`)).status).toBe(401);
		const response = await fetch(`${host.url}/v1/hello/you?code=${keys.function}`);
		expect([response.status, await response.json()]).toEqual([200, { hello: "you" }]);
	});

	test("what the app logs and prints goes to stderr, and stdout has the address only", async () => {
		await fetch(`${host.url}/v1/hello/log?code=${keys.function}`);
		await until("the line", () => lines.some(([, line]) => line === "warning hello greets log"));
		expect(lines.filter(([stream]) => stream === "stdout")).toEqual([["stdout", `Listening on ${host.url}`]]);
		expect(lines).toContainEqual(["stderr", "printed by the app"]);
	});

	test("no more activities run at once than host.json allows", async () => {
		await durable(host, "POST", "orchestrators/wide/wide", {});
		expect((await over(host, "wide")).runtimeStatus).toBe("Completed");
		const changes = at
			.journal()
			.flatMap((line) => ({ begin: 1, end: -1 })[/^(begin|end) \d$/.exec(line)?.[1] ?? ""] ?? []);
		const levels = changes.map((_, index) => changes.slice(0, index + 1).reduce((sum, change) => sum + change));
		expect(Math.max(...levels)).toBe(2);
		expect(levels).toHaveLength(8);
	});

	test("a cancelled timer of twenty days does not keep its instance", async () => {
		await durable(host, "POST", "orchestrators/cancelled/cancelled", {});
		await until(
			"its wait",
			async () => (await durable(host, "GET", "instances/cancelled")).json?.runtimeStatus === "Running",
		);
		await durable(host, "POST", "instances/cancelled/raiseEvent/go", 1);
		expect(await over(host, "cancelled")).toMatchObject({
			runtimeStatus: "Completed",
			output: "after the cancelled timer",
		});
	});

	test("a run that was missed while no host was there comes once, as past due", async () => {
		await until("a timer of every second", () => at.journal().includes("often"));
		expect(at.journal().filter((line) => line.startsWith("nightly"))).toEqual(["nightly late"]);
	});

	test("the durable client reaches the host that gave it, without a key of its own", async () => {
		const response = await fetch(`${host.url}/v1/begin/wide/by-client`, { method: "POST" });
		expect([response.status, await response.text()]).toEqual([200, "by-client"]);
		expect((await over(host, "by-client")).runtimeStatus).toBe("Completed");
	});
});

test("an orchestrator whose code was changed under a waiting instance fails, and says why", async () => {
	await using at = await state();
	const waiting = async () => {
		await using host = await startHost(at.options);
		await durable(host, "POST", "orchestrators/changed/c", {});
		await until(
			"its activity",
			async () =>
				((await durable(host, "GET", "instances/c?showHistory=true")).json?.historyEvents as unknown[])?.length === 2,
		);
	};
	await waiting();
	await using host = await startHost({ ...at.options, env: { ...at.options.env, RELEASE: "two" } });
	await durable(host, "POST", "instances/c/raiseEvent/go", 1);
	expect(await over(host, "c")).toMatchObject({
		runtimeStatus: "Failed",
		output: expect.stringContaining("Non-Deterministic workflow detected"),
	});
});

test("another host runs in the app's folder, with port and settings, and is gone with its starter's scope", async () => {
	await using at = await state();
	const { pid } = await (async () => {
		const env = { ...at.options.env, SETTING: "given" };
		await using host = await startHost({ ...at.options, env, command: "node other-host.mjs $PORT" });
		const { port } = new URL(host.url);
		expect(await (await fetch(host.url)).json()).toEqual({ cwd: appDir, port, setting: "given" });
		return { pid: host.pid };
	})();
	expect(isAlive(pid)).toBe(false);
});

test("a wrong argument is one sentence and exit 2, help is an example and exit 0", async () => {
	const all = [
		"--state",
		"s",
		"--function-key",
		"f",
		"--master-key",
		"m",
		"--eventgrid-key",
		"e",
		"--durable-key",
		"d",
	];
	const [help, missing, port, folder] = await Promise.all([
		program(["--help"]),
		program([appDir, "--port", "0"]),
		program([appDir, "--port", "seven", ...all]),
		program([join(appDir, "no-such"), "--port", "0", ...all]),
	]);
	expect(help).toMatchObject({ code: 0, stdout: expect.stringContaining("Example:"), stderr: "" });
	expect(missing).toMatchObject({
		code: 2,
		stdout: "",
		stderr: expect.stringContaining("Missing: --state --function-key"),
	});
	expect(port).toMatchObject({ code: 2, stderr: expect.stringContaining('--port is "seven"; give 0 to 65535.') });
	expect(folder).toMatchObject({ code: 2, stderr: expect.stringContaining("host.json cannot be read") });
});

// Windows has no such signals: there `kill` ends a process at once.
const onUnix = process.platform === "win32" ? test.skip : test;
if (process.platform === "win32") console.warn("skipped: signals cannot be sent to a process on Windows");

onUnix("SIGINT and SIGTERM end the host with 0, once, twice and while it starts", async () => {
	const args = [
		appDir,
		"--port",
		"0",
		"--function-key",
		"f",
		"--master-key",
		"m",
		"--eventgrid-key",
		"e",
		"--durable-key",
		"d",
	];
	const signalled = async (signals: NodeJS.Signals[], env = {}) => {
		await using at = await state();
		return await program([...args, "--state", at.dir], { ...at.options.env, ...env }, (child) => {
			const stream = "SLOW_START" in env ? child.stderr! : child.stdout!;
			stream.once("data", () => signals.map((signal) => child.kill(signal)));
		});
	};
	const codes = await Promise.all([
		signalled(["SIGTERM"]),
		signalled(["SIGINT", "SIGINT"]),
		signalled(["SIGINT"], { SLOW_START: "yes" }),
	]);
	expect(codes.map(({ code }) => code)).toEqual([0, 0, 0]);
});

test("in the streaming mode a body reaches the function however it is sent, and its parameters and answer get through", async () => {
	await using at = await state();
	await using host = await startHost({ ...at.options, env: { ...at.options.env, STREAM: "yes" } });
	const post = async (body: BodyInit) => {
		const how = { method: "POST", body, ...(body instanceof ReadableStream && { duplex: "half" }) };
		return (await fetch(`${host.url}/v1/reads`, how)).json();
	};
	expect(await post("whole")).toEqual({ text: "whole", encoding: null });
	expect(await post(new Blob(["in pieces"]).stream())).toEqual({ text: "in pieces", encoding: "chunked" });
	const hello = await fetch(`${host.url}/v1/hello/caf%C3%A9?code=${keys.function}`);
	expect([hello.status, await hello.json()]).toEqual([200, { hello: "café" }]);
	expect((await fetch(`${host.url}/v1/hello/x`)).status).toBe(401);
});
