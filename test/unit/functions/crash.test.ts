import { spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { expect, test } from "@jest/globals";

const planted = "Planted-secret-0123456789";
const module = new URL("../../../src/functions/crash.ts", import.meta.url).href;
const root = fileURLToPath(new URL("../../..", import.meta.url));

/** A host with a listener of its own, as the real one has, that prints what the app threw; the app throws this. */
async function crashing(how: string) {
	const folder = await mkdtemp(join(tmpdir(), "titanic-crash-"));
	try {
		const script = `
			for (const name of ["uncaughtException", "unhandledRejection"]) process.on(name, (error) => console.error("host:", error));
			await import(${JSON.stringify(module)});
			// Not in the arguments or the environment, which a report lists.
			const secret = (await new Response(process.stdin).text()).trim();
			const error = Object.assign(new TypeError("failed: " + secret, { cause: new Error(secret) }), {
				request: { headers: { authorization: "Bearer " + secret }, body: secret }, query: secret });
			error.stack = error.stack.replace("failed", "failed\\n    at " + secret + " (");
			function thrower() { ${how} }
			setTimeout(thrower, 1);
			setTimeout(() => console.log("it goes on"), 1_000);`;
		const options = [
			"--report-uncaught-exception",
			`--report-directory=${folder}`,
			"--input-type=module",
			"-e",
			script,
		];
		const child = spawn(process.execPath, options, { cwd: root, stdio: ["pipe", "pipe", "pipe"] });
		child.stdin.end(planted);
		const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
		const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
		const reports = await Promise.all((await readdir(folder)).map((file) => readFile(join(folder, file), "utf8")));
		return { said: `${stdout}${stderr}`, code, reports };
	} finally {
		await rm(folder, { recursive: true });
	}
}

test.each([
	["an error that is thrown", "throw error;", "TypeError"],
	["a promise that is rejected", "Promise.reject(error);", "TypeError"],
	["a text that is thrown", "throw secret;", "string"],
	["a promise that is rejected with a text", "Promise.reject(secret);", "string"],
	[
		"an error whose stack cannot be read",
		'Object.defineProperty(error, "stack", { get() { throw error; } }); throw error;',
		"TypeError",
	],
	["an aggregate of errors", "throw new AggregateError([error], secret);", "AggregateError"],
])("%s and that nobody catches ends the app, and says nothing but its kind and its place", async (_, how, kind) => {
	const { said, code, reports } = await crashing(how);
	expect(code).toBe(1);
	expect(said).toContain("[internal-error]");
	expect(said).toContain(kind);
	for (const written of [said, ...reports]) expect(written).not.toContain(planted);
	expect(said).not.toContain("host:");
	expect(said).not.toContain("it goes on");
});

test("the places are those of the code, so that the defect can be found", async () => {
	const { said } = await crashing("null.nothing;");
	expect(said).toMatch(/ {4}at \S+:\d+:\d+/);
});
