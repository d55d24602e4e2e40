// Orders that wait for an approval, and freezes, by the command.

import { expect, test } from "@jest/globals";
import { startApp } from "./support/app.ts";
import { completed, id, live, planned, waiting } from "./support/rotations.ts";
import { type Given, ran } from "./support/terminal.ts";

type Handles = Parameters<typeof startApp>[0];
const ok = (body: object) => () => ({ status: 200, body });
const started = (body: object) => () => ({ status: 202, body });

async function against(handles: Handles, args: readonly string[], given: Given = {}) {
	await using app = await startApp(handles);
	const result = await ran(args, { ...given, env: { ROTATOR_URL: app.url, ...given.env } });
	return { ...result, asked: app.asked };
}

const rotationId = "db-password.00000000-0000-8000-a000-000000000001";
const person = (digit: string) => ({ kind: "operator" as const, id: `0b1ec700-0000-4000-8000-0000000000${digit}` });
const line = {
	...{ id, rotationId, secret: "db-password", kind: "rotate" as const, requestedBy: person("aa") },
	...{ requestedAt: "2026-11-30T06:00:00.000Z", expiresAt: "2026-12-01T06:00:00.000Z" },
	state: "awaiting-approval" as const,
};
const approval = {
	...{ ...line, order: { kind: "rotate" as const, force: true }, reason: "INC-4711", code: "forced" },
	...{ plan: planned.plan!, planDigest: "0".repeat(64) },
};
const decision = { by: person("ee"), at: "2026-11-30T07:00:00.000Z", reason: "agreed" };
const asking = { ...waiting, status: "Succeeded", now: undefined, outcome: "skipped", code: "awaiting-approval" };
const asked = { ...asking, approval: { id }, endedAt: "2026-11-30T06:00:02.000Z" };

test("an order that waits for its approval is no end: the exit code is 3, and it says what to do", async () => {
	const handles = { startRotation: started(waiting), showRotation: ok(asked) };
	const args = ["rotate", "db-password", "--yes", "--wait", "--reason", "INC-4711"];
	const { code, stderr } = await against(handles, args);
	expect(code).toBe(3);
	expect(stderr.replaceAll("\n", " ")).toContain(`rotator approve ${id}`);
});

test("--until approved waits for somebody's decision, and its exit code is that", async () => {
	const decided = (state: string) => {
		const states = ["awaiting-approval", state];
		return {
			startRotation: started(waiting),
			showRotation: ok(asked),
			showApproval: () => ({ status: 200, body: { ...approval, state: states.shift() ?? state } }),
		};
	};
	const args = ["rotate", "db-password", "--yes", "--until", "approved"];
	expect((await against(decided("approved"), args)).code).toBe(0);
	expect((await against(decided("rejected"), args)).code).toBe(1);
	expect((await against(decided("expired"), args)).code).toBe(1);
});

test("what waits is listed, and one is shown with who asked, why and its plan", async () => {
	const list = await against({ listApprovals: ok({ approvals: [line] }) }, ["approvals", "-o", "name"]);
	expect(list).toMatchObject({ code: 0, stdout: `${id}\n` });
	expect(list.asked[0]).toMatchObject({ query: { state: "awaiting-approval" } });
	const one = await against({ showApproval: ok(approval) }, ["approvals", id], { columns: 120 });
	for (const part of ["INC-4711", person("aa").id, "force", "its password is changed", "2026-12-01 06:00:00Z"])
		expect(one.stdout).toContain(part);
	const json = await against({ showApproval: ok(approval) }, ["approvals", id, "-o", "json"]);
	expect(JSON.parse(json.stdout)).toEqual(approval);
});

test("an approval shows the plan first, needs a reason and a yes, and follows what it has started", async () => {
	const handles = {
		showApproval: ok(approval),
		approve: started({ ...approval, state: "approved", decision }),
		showRotation: ok({ ...completed, rotationId, id: rotationId, approval: { id, approvedBy: decision.by } }),
	};
	const bare = await against(handles, ["approve", id, "--yes"]);
	expect([bare.code, bare.asked]).toEqual([2, []]);
	const unasked = await against(handles, ["approve", id, "--reason", "agreed"]);
	expect(unasked.code).toBe(2);
	expect(unasked.asked.map((one) => one.id)).toEqual(["showApproval"]);
	const { code, stdout, stderr, asked } = await against(handles, [
		"approve",
		id,
		"--yes",
		"--reason",
		"agreed",
		"--wait",
	]);
	expect(code).toBe(0);
	expect(stderr).toContain("Plan");
	expect(stdout).toContain("completed");
	expect(asked[1]).toMatchObject({ id: "approve", params: { id }, body: { reason: "agreed" } });
	expect(asked[2]).toMatchObject({ id: "showRotation", params: { id: rotationId } });
});

test("an order that has no plan is not decided about, and one is rejected with a reason", async () => {
	const none = { id, secret: "db-password", state: "not-needed", outcome: "skipped", code: "not-due" };
	expect((await against({ showApproval: ok(none) }, ["approve", id, "--yes", "--reason", "agreed"])).code).toBe(1);
	const handles = { showApproval: ok(approval), reject: ok({ ...approval, state: "rejected", decision }) };
	const { code, asked } = await against(handles, ["reject", id, "--yes", "--reason", "not today"]);
	expect([code, asked[1]?.body]).toEqual([0, { reason: "not today" }]);
});

test("to go without an approval takes a reason and the secret's name", async () => {
	const handles = { startRotation: started(waiting) };
	const args = ["rotate", "db-password", "--break-glass"];
	expect((await against(handles, [...args, "--confirm", "db-password"])).code).toBe(2);
	expect((await against(handles, [...args, "--yes", "--reason", "nobody is there"])).code).toBe(2);
	const given = await against(handles, [...args, "--confirm", "db-password", "--reason", "nobody is there"]);
	expect([given.code, given.asked[0]?.body]).toMatchObject([0, { breakGlass: true, reason: "nobody is there" }]);
});

test("a freeze is put on for some hours, listed and ended, each with a reason", async () => {
	const freeze = {
		id: live.slice(0, 8),
		from: "2026-11-30T06:00:00.000Z",
		until: "2026-11-30T14:00:00.000Z",
		reason: "release",
	};
	const handles = {
		startFreeze: () => ({ status: 201, body: freeze }),
		listFreezes: ok({ freezes: [freeze] }),
		endFreeze: ok(freeze),
	};
	const put = await against(handles, [
		"freeze",
		"--until",
		"8h",
		"--reason",
		"release",
		"--secret",
		"db-password",
		"--yes",
	]);
	expect([put.code, put.asked[0]?.body]).toMatchObject([0, { reason: "release", secret: "db-password" }]);
	expect((await against(handles, ["freeze", "-o", "name"])).stdout).toBe(`${freeze.id}\n`);
	const end = ["freeze", "--end", "2b6f0cc9-04d1-4d6f-93a0-0ac1c9a6b5f3", "--yes"];
	expect((await against(handles, end)).code).toBe(2);
	expect((await against(handles, [...end, "--reason", "released"])).code).toBe(0);
	for (const wrong of [
		["--until", "soon"],
		["--until", "2026-12-20T08:00:00"],
		["--secret", "db-password"],
	])
		expect((await against(handles, ["freeze", ...wrong, "--reason", "release", "--yes"])).code).toBe(2);
});
