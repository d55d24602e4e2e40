// The commands against an app whose every text steers a terminal: nothing of it may reach one.

import { createServer } from "node:http";
import { expect, test } from "@jest/globals";
import { close, listen } from "../../../packages/loopback/index.ts";
import { completed, ended, id, list, planned, refused, retrying, secret, waiting } from "./support/rotations.ts";
import { ran } from "./support/terminal.ts";

/** A title, a cleared screen, a bell, a line's beginning, and the other reading direction. */
const steering = "\u001b]0;x\u0007\u001b[2J\r\u009b31m\u202e";

/** Each text with that behind it; but a version, which has a form. */
const hostile = (value: unknown): unknown =>
	typeof value === "string"
		? /^[0-9a-f]{32}$/.test(value)
			? value
			: value + steering
		: Array.isArray(value)
			? value.map(hostile)
			: typeof value === "object" && value !== null
				? Object.fromEntries(Object.entries(value).map(([key, one]) => [key, hostile(one)]))
				: value;

async function facing(answers: readonly (readonly [path: RegExp, body: unknown])[], args: readonly string[]) {
	const answering = createServer(({ method, url = "" }, response) => {
		const [, body] = answers.find(([path]) => path.test(url)) ?? [];
		response.writeHead(method === "POST" && !url.includes("/tests") ? 202 : 200).end(JSON.stringify(hostile(body)));
	});
	const url = await listen(answering);
	try {
		return await ran(args, { env: { ROTATOR_URL: url } });
	} finally {
		await close(answering);
	}
}

const report = {
	...{ complete: true, at: "2026-11-30T06:00:00.000Z", problems: [], overdue: [], trend: [] },
	secrets: [{ secret: "db-password", state: "due", dueInDays: -2, action: "held-back" }],
	unmanaged: [{ vault: "kv", secret: "old", rotation: "90days" }],
	exceptions: [
		{ vault: "kv", secret: "a", owner: "b", reason: "c", until: "2026-11-10T00:00:00Z", ended: true, managed: false },
	],
	classes: [],
	unclassed: 0,
};
const health = {
	...{ status: "degraded", version: "0.1.0", configuration: { valid: true, hash: "ab", secrets: 1 } },
	lastSweep: { at: "2026-11-30T06:00:00.000Z", complete: true },
	problems: [{ code: "vault-unreachable", message: "It is away.", next: "Wait." }],
};
const tried = { channel: "ops", kind: "slack", sentAt: "2026-11-30T06:00:00.000Z", id: "n-1" };
const answers = [
	[/\/api\/health/, health],
	[/\/tests$/, tried],
	[/\/compliance/, report],
	[/\/api\/secrets\/[^/]+\/rotations\?/, { rotations: [ended] }],
	[/\/api\/secrets\/[^/]+\/rotations$/, waiting],
	[/\/api\/secrets\/[^/]+$/, secret],
	[/\/api\/secrets/, list],
] as const;

test.each([["health"], ["notify", "ops"], ["compliance"], ["show", "db-password"], ["secrets"]])(
	"%s shows what it was answered, and none of it steers the terminal",
	async (...args) => {
		const { stdout, stderr } = await facing(answers, args);
		expect(stderr).toBe("");
		expect(stdout).toContain("\\u001b");
		expect(stdout).not.toMatch(/[^\P{C}\n]/u);
	},
);

test("neither does an order's answer, nor what its rotation is told to be", async () => {
	const ordered = await facing(answers, ["rotate", "db-password", "--yes"]);
	expect(ordered.stdout + ordered.stderr).not.toMatch(/[^\P{C}\n]/u);
	for (const state of [completed, refused, planned, retrying]) {
		const ending = { ...state, outcome: "completed" };
		const { stdout, stderr } = await facing([[/rotations/, ending]], ["watch", id]);
		expect(stdout).toContain("\\u001b");
		expect(stdout + stderr).not.toMatch(/[^\P{C}\n]/u);
	}
});
