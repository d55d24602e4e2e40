// docs/workload.md's application with session keys, as it stands there: a process for each version that a rotation makes of a key. Run where
// python3 has Flask; where it has not, the blocks are compiled.

import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { beforeAll, describe, expect, test } from "@jest/globals";
import { accepting, neededFrom, signing } from "../../../src/lib/domain/keyring.ts";
import { Password } from "../../../src/lib/domain/password.ts";

const page = readFileSync(new URL("../../../docs/workload.md", import.meta.url), "utf8");
const blocks = [...page.matchAll(/^```python\n([^`]+)^```$/gm)].map(([, code]) => code!);

/** The one about keys that sign sessions. */
const application = blocks.find((block) => block.includes("SECRET_KEY_FALLBACKS")) ?? "";

const python = (code: string, input = "") => spawnSync("python3", ["-c", code], { input, encoding: "utf8" });
const hasPython = python("").status === 0;
const version = python("from importlib.metadata import version; print(version('flask'))").stdout?.trim() ?? "";
const [major = 0, minor = 0, patch = 0] = version.split(".").map(Number);
const hasFlask = major > 3 || (major === 3 && (minor > 1 || (minor === 1 && patch >= 1)));
if (!hasPython) console.info("Not compiled: the Python of docs/workload.md. It needs python3 on the PATH.");
if (!hasFlask)
	console.info(`Not run: the Python of docs/workload.md. python3 needs Flask 3.1.1; it has ${version || "none"}.`);

(hasPython ? test : test.skip)("each block is Python", () => {
	expect(blocks.length).toBeGreaterThan(1);
	for (const block of blocks) {
		const { status, stderr } = python("import sys; compile(sys.stdin.read(), 'workload.md', 'exec')", block);
		expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
	}
});

/** A pod: gives somebody a session, and then tells whose sessions it goes on with. */
const visited = `
import sys
from flask import session

@app.get("/begin")
def begin():
    session["who"] = "a passenger"
    return ""

@app.get("/who")
def who():
    return session.get("who", "nobody")

client = app.test_client()
client.get("/begin")
print(client.get_cookie("session").value, flush=True)
seen = []
for pod, cookie in json.loads(sys.stdin.readline()).items():
    back = app.test_client()
    back.set_cookie("session", cookie)
    if back.get("/who").text == "a passenger":
        seen.append(pod)
print(json.dumps(seen))
`;

const now = new Date();
const old = new Password("the-key-from-before");
const signs = signing(new Password("the-new-key"), [{ created: now, value: old }], neededFrom(now, 744 * 3_600_000));
/** Every version of a rotation, in order, and what a compromised key leaves. */
const values = {
	before: old,
	accepts: accepting(old, signs),
	signs,
	compromised: signing(new Password("another-key"), [], now),
};
type Pod = keyof typeof values;
const pods = Object.keys(values) as Pod[];

(hasFlask ? describe : describe.skip)("with Flask", () => {
	/** By pod: whose sessions it goes on with. */
	const goesOn = new Map<Pod, readonly string[]>();

	beforeAll(async () => {
		const running = pods.map((pod) => {
			const env = { ...process.env, SESSION_KEYS: values[pod].reveal() };
			const child = spawn("python3", ["-c", application + visited], { env, stdio: ["pipe", "pipe", "inherit"] });
			return { pod, child, lines: createInterface(child.stdout)[Symbol.asyncIterator]() };
		});
		const cookies: Record<string, string> = {};
		for (const { pod, lines } of running) cookies[pod] = (await lines.next()).value ?? "";
		for (const { pod, child, lines } of running) {
			child.stdin.end(`${JSON.stringify(cookies)}\n`);
			goesOn.set(pod, JSON.parse((await lines.next()).value ?? "[]"));
			if (child.exitCode === null) await once(child, "exit");
		}
	}, 300_000);

	test("pods that serve side by side go on with each other's sessions, in both steps", () => {
		expect(goesOn.get("before")).toEqual(["before", "accepts"]);
		expect(goesOn.get("accepts")).toEqual(["before", "accepts", "signs"]);
		expect(goesOn.get("signs")).toEqual(["before", "accepts", "signs"]);
	});

	test("in one step they would not: a pod with the old key ends what the new one signs", () => {
		expect(goesOn.get("before")).not.toContain("signs");
	});

	test("after a compromise nothing that was signed before is gone on with", () => {
		expect(goesOn.get("compromised")).toEqual(["compromised"]);
	});
});
