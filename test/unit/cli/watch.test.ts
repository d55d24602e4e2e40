// Watching, against real HTTP: how often it asks, what it outlives, how it shows itself, and how it ends.

import { PassThrough } from "node:stream";
import { expect, test } from "@jest/globals";
import type { Rotation } from "../../../src/cli/rotator/answers.ts";
import { rotator } from "../../../src/cli/rotator.ts";
import { problem, startApp } from "./support/app.ts";
import { completed, delivering, id, retrying, switching, undelivered, waiting } from "./support/rotations.ts";
import { aroundFor, type Given, ran } from "./support/terminal.ts";

const esc = "\u001b";
const moveUp = new RegExp(`${esc}\\[(\\d+)A`, "g");
const sequenceOrText = new RegExp(`${esc}\\[\\??\\d*[a-zA-Z]|[^${esc}]+`, "g");

type Stage = Rotation | "cut" | "busy";

/** Answers with each stage in turn, and with the last one for ever. */
const telling = (...stages: readonly Stage[]) => {
	let at = 0;
	return startApp({
		showRotation: () => {
			const stage = stages[Math.min(at++, stages.length - 1)]!;
			if (stage === "cut") return "cut";
			if (stage === "busy") return { ...problem(503, "durable-unavailable"), headers: { "retry-after": "7" } };
			return { status: 200, body: stage, headers: { "retry-after": "5" } };
		},
	});
};

async function watched(stages: readonly Stage[], options: readonly string[] = [], given: Given = {}) {
	await using app = await telling(...stages);
	const result = await ran(["watch", id, ...options], { ...given, env: { ROTATOR_URL: app.url, ...given.env } });
	return { ...result, asked: app.asked.length };
}

test("it asks as often as the app says, until it is over, and its outcome is the exit code", async () => {
	const { code, slept, asked } = await watched([waiting, switching, delivering, completed]);
	expect({ code, slept, asked }).toEqual({ code: 0, slept: [5, 5, 5], asked: 4 });
	expect((await watched([undelivered])).code).toBe(1);
});

test("a cut and a busy app are outlived: asked less and less often, or when the app says", async () => {
	const { code, slept, stdout } = await watched(["cut", "cut", "cut", switching, "busy", "cut", completed]);
	expect({ code, slept }).toEqual({ code: 0, slept: [1, 2, 4, 5, 7, 2] });
	expect(stdout).toContain("Asking again in 4 s.");
});

test("an app that is gone for five minutes is unreachable", async () => {
	const { code, slept, stderr } = await watched([switching, "cut"]);
	expect(code).toBe(5);
	const waited = slept.reduce((sum, one) => sum + one);
	expect(waited).toBeGreaterThan(300);
	expect(waited).toBeLessThan(400);
	expect(Math.max(...slept)).toBeLessThanOrEqual(60);
	expect(stderr).toContain("Check the address");
});

test("a rotation that nobody knows, and a role that is missing, end the watch at once", async () => {
	for (const [status, code, exit] of [
		[404, "rotation-unknown", 1],
		[403, "app-role-missing", 4],
	] as const) {
		await using app = await startApp({ showRotation: () => problem(status, code) });
		expect(await ran(["watch", id], { env: { ROTATOR_URL: app.url } })).toMatchObject({ code: exit, slept: [] });
	}
});

test("elsewhere than on a terminal each change is a line with its time in UTC, and nothing moves the cursor", async () => {
	const { stdout } = await watched([waiting, switching, switching, retrying, delivering, completed]);
	const lines = stdout.trimEnd().split("\n");
	for (const line of lines) expect(line).toMatch(/^2026-11-30T06:0\d:\d\dZ {2}\S/);
	expect(stdout).not.toContain("\u001b");
	expect(lines.filter((line) => line.includes("plan done"))).toHaveLength(1);
	expect(lines.find((line) => line.includes("switch failed"))).toContain("Check the firewall.");
	expect(lines.at(-1)).toContain("completed (near-expiry)");
});

test("on a terminal the tree is drawn over, and what is left at the end is the whole of it", async () => {
	const { stdout } = await watched([waiting, switching, delivering, completed], [], { columns: 80 });
	const lines = screenAfter(stdout);
	expect(lines.filter((line) => line.includes("plan"))).toHaveLength(1);
	expect(lines[0]).toContain("db-password");
	expect(lines.slice(-4).join("\n")).toContain("completed (near-expiry)");
	expect(stdout.lastIndexOf("\u001b[?7h")).toBeGreaterThan(stdout.lastIndexOf("\u001b[?7l"));
});

test("a tree that is higher than the terminal leaves no copies behind", async () => {
	const pods = Array.from({ length: 30 }, (_, at) => ({ pod: `pod-${at}`, ready: true, proved: at < 15 }));
	const many: Rotation = { ...delivering, consumers: [{ ...delivering.consumers![0]!, pods }] };
	const { stdout } = await watched([switching, many, many, { ...completed, consumers: many.consumers }], [], {
		...{ columns: 80, rows: 12 },
	});
	const moves = [...stdout.matchAll(moveUp)].map(([, lines]) => Number(lines));
	expect(moves.length).toBeGreaterThan(0);
	expect(Math.max(...moves)).toBeLessThan(12);
	expect(screenAfter(stdout).filter((line) => line.includes("pod-29"))).toHaveLength(1);
});

test("Enter on a terminal leaves no line of the tree behind", async () => {
	const stages = [waiting, waiting, waiting, completed];
	await using app = await startApp({ showRotation: () => ({ status: 200, body: stages.shift()! }) });
	const { around, texts } = aroundFor({ env: { ROTATOR_URL: app.url }, columns: 80 });
	const stdin = Object.assign(new PassThrough(), { isTTY: true });
	const moves: (number | undefined)[] = [];
	const typing = {
		...around,
		stdin,
		async sleep() {
			const before = texts.stdout.length;
			stdin.write("\n\n");
			await new Promise((resolve) => setImmediate(resolve));
			moves.push(...texts.stdout.slice(before).map((text) => Number([...text.matchAll(moveUp)][0]?.[1])));
		},
	};
	await rotator(["watch", id], typing);
	const height = texts.stdout[0]!.split("\n").length - 1;
	expect(moves).toEqual([height + 2, height + 2, height + 2]);
});

test("Ctrl-C ends the watching only, says so, and says how to go on", async () => {
	const { code, stderr } = await watched([switching], [], { interruptAt: 2 });
	expect(code).toBe(3);
	expect(stderr).toContain(`Stopped watching. ${id} goes on by itself. Watch it again: rotator watch ${id}`);
});

test("with a time-out it ends as still waiting", async () => {
	await using app = await startApp({ showRotation: () => ({ status: 200, body: switching }) });
	const { around, texts } = aroundFor({ env: { ROTATOR_URL: app.url } });
	const asleep = {
		...around,
		sleep: (_: number, signal: AbortSignal) =>
			new Promise<void>((_resolve, reject) => {
				signal.addEventListener("abort", () => reject(signal.reason));
			}),
	};
	expect(await rotator(["watch", id, "--timeout", "1s"], asleep)).toBe(3);
	expect(texts.stderr.join("")).toContain("1.0 s are over.");
});

test("what was waited for ends the watch, and the rotation goes on", async () => {
	const { code, asked } = await watched([switching, delivering, completed], ["--until", "published"]);
	expect({ code, asked }).toEqual({ code: 0, asked: 2 });
});

test("for scripts the last state is JSON, each new one is a line of it, or the id is all", async () => {
	const stages = [switching, switching, completed];
	const whole = await watched(stages, ["-o", "json"]);
	expect(JSON.parse(whole.stdout)).toMatchObject({ outcome: "completed" });
	expect(whole.stderr).toContain("plan done");
	const each = await watched(stages, ["-o", "ndjson"]);
	expect(
		each.stdout
			.trimEnd()
			.split("\n")
			.map((line) => JSON.parse(line).status),
	).toEqual(["Running", "Succeeded"]);
	expect(each.stderr).toBe("");
	expect((await watched(stages, ["-o", "name"])).stdout).toBe(`${id}\n`);
});

/** What a terminal shows in the end, if it is as wide as the lines are long. */
function screenAfter(text: string): string[] {
	const lines = [""];
	for (const [part] of text.matchAll(sequenceOrText)) {
		const up = moveUp.exec(part)?.[1];
		moveUp.lastIndex = 0;
		if (up !== undefined) lines.splice(lines.length - 1 - Number(up), Number(up) + 1, "");
		else if (!part.startsWith(esc)) {
			const [first = "", ...more] = part.split("\n");
			lines[lines.length - 1] += first;
			lines.push(...more);
		}
	}
	return lines;
}
