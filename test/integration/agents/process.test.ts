import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { startProcess } from "../../../local/agents/process.ts";
import { eventually } from "./eventually.ts";

const module = new URL("../../../local/agents/process.ts", import.meta.url).href;

test("the containers of a killed agent end with it", async () => {
	await using folder = await temporaryFolder();
	const at = { folder: folder.path, logFile: join(folder.path, "log") };
	const idle = ["node", "-e", "console.log(process.pid); setInterval(() => {}, 1000)"];
	const script = `const { startProcess } = await import(${JSON.stringify(module)});
		startProcess(${JSON.stringify(idle)}, {}, ${JSON.stringify(at)}); setInterval(() => {}, 1000);`;
	const agent = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: "ignore" });
	const pid = await eventually(async () => {
		const said = Number(await readFile(at.logFile, "utf8"));
		expect(said).toBeGreaterThan(0);
		return said;
	});
	const killed = once(agent, "exit");
	agent.kill("SIGKILL");
	await killed;
	await eventually(() => expect(() => process.kill(pid, 0)).toThrow());
});

test("a container hears that it shall end, and its exit code is its own", async () => {
	await using folder = await temporaryFolder();
	const logFile = join(folder.path, "log");
	const polite = 'process.on("SIGTERM", () => process.exit(7)); console.log("up"); setInterval(() => {}, 1000)';
	const container = startProcess(["node", "-e", polite], {}, { folder: folder.path, logFile });
	await eventually(async () => expect(await readFile(logFile, "utf8")).toContain("up"));
	container.terminate();
	expect(await container.exited).toEqual({ exitCode: 7 });
});

test("a program that does not exist ends as a shell would say it", async () => {
	await using folder = await temporaryFolder();
	const container = startProcess(["no-such-program"], {}, { folder: folder.path, logFile: join(folder.path, "log") });
	expect(await container.exited).toEqual({ exitCode: 127 });
});

async function temporaryFolder() {
	const path = await mkdtemp(join(tmpdir(), "titanic-process-"));
	return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true, maxRetries: 10 }) };
}
