// The commands against an app whose questions and answers are held to the API's description.

import { createServer } from "node:http";
import { expect, test } from "@jest/globals";
import { close, listen } from "../../../packages/loopback/index.ts";
import { version } from "../../../src/lib/domain/version.ts";
import { routeOf } from "../../../src/page/route.ts";
import { problem, startApp } from "./support/app.ts";
import { completed, ended, id, list, live, planned, refused, secret, switching, waiting } from "./support/rotations.ts";
import { type Given, ran } from "./support/terminal.ts";

type Handles = Parameters<typeof startApp>[0];
const ok = (body: object) => () => ({ status: 200, body });
const started = (body: object) => () => ({ status: 202, body });

async function against(handles: Handles, args: readonly string[], given: Given = {}) {
	await using app = await startApp(handles);
	const result = await ran(args, { ...given, env: { ROTATOR_URL: app.url, ...given.env } });
	return { ...result, asked: app.asked };
}

test("a rotation is ordered with what was said, and followed to its end", async () => {
	const handles = { startRotation: started(waiting), showRotation: ok(completed) };
	const args = ["rotate", "db-password", "--yes", "--wait", "--reason", "INC-4711"];
	const { code, stdout, asked } = await against(handles, args);
	expect(code).toBe(0);
	expect(stdout).toContain("completed");
	expect(asked.map((one) => one.id)).toEqual(["startRotation", "showRotation"]);
	expect(asked[0]).toMatchObject({
		params: { name: "db-password" },
		body: { reason: "INC-4711", dryRun: false, force: false, compromised: false },
		token: "a.b.c",
	});
});

/** Something else than the app at its address. */
async function facing(sent: object, args: readonly string[]) {
	const answering = createServer((_, response) => response.end(JSON.stringify(sent)));
	const url = await listen(answering);
	try {
		return await ran(args, { env: { ROTATOR_URL: url } });
	} finally {
		await close(answering);
	}
}
const notUnderstood = "The command does not understand what was answered.";

test.each([
	["secrets"],
	["show", "db-password"],
	["health"],
	["approvals"],
	["history"],
	["watch", id],
	["audit"],
	["compliance"],
	["rotate", "db-password", "--yes"],
	["rotate", "db-password", "--yes", "--wait", "-o", "json"],
	["deliver", "db-password", "--yes"],
])("an answer of another form is told as one, not as a defect of the command: %s", async (...args) => {
	const isOrder = args.includes("--yes");
	for (const sent of [{}, { secrets: "\u001b[2J", items: [null] }, { rotationId: id, steps: "" }]) {
		const { code, stdout, stderr } = await facing(sent, args);
		expect([code, stdout]).toEqual([1, ""]);
		expect(stderr).toMatch(notUnderstood);
		expect(stderr).toMatch("Check that the address is the app's");
		expect(stderr.includes("What was ordered may have begun: see rotator history.")).toBe(isOrder);
	}
});

test("a word that a newer app has is read as it is; what is no word is not", async () => {
	const answer = { version: "9.0.0", configuration: { valid: true }, problems: [] };
	const newer = await facing({ ...answer, status: "ailing\u001b[2J" }, ["health"]);
	expect(newer.stdout).toContain("ailing\\u001b[2J");
	const { stdout } = await facing({ ...answer, status: "healthy", version: "9\u001b]0;x\u0007" }, ["health"]);
	expect(stdout).toContain("9\\u001b]0;x\\u0007");
	for (const status of [7, null, { toString: "healthy" }])
		expect((await facing({ ...answer, status }, ["health"])).stderr).toMatch(notUnderstood);
});

test("without --wait it says where it is to be seen; scripts get the id alone", async () => {
	const handles = { startRotation: started(waiting) };
	const forPeople = await against(handles, ["rotate", "db-password", "--yes"]);
	expect(forPeople).toMatchObject({ code: 0, stderr: `Follow it: rotator watch ${id}\n` });
	const forScripts = await against(handles, ["rotate", "db-password", "--yes", "-o", "name"]);
	expect(forScripts).toMatchObject({ code: 0, stdout: `${id}\n` });
});

test("a dry run needs no confirmation, changes nothing, and shows its plan", async () => {
	const handles = { startRotation: started(waiting), showRotation: ok(planned) };
	const { code, stdout, asked } = await against(handles, ["rotate", "db-password", "--dry-run", "--wait"], {
		columns: 80,
	});
	expect(code).toBe(0);
	expect(stdout).toContain("titanic_admin on pg.example:5432: its password is changed");
	expect(asked[0]?.body).toMatchObject({ dryRun: true });
});

test("what runs already is joined", async () => {
	const handles = {
		startRotation: started({ rotationId: id, alreadyRunning: true }),
		showRotation: ok(completed),
	};
	const { code, stderr } = await against(handles, ["rotate", "db-password", "--yes", "--wait"]);
	expect(code).toBe(0);
	expect(stderr).toContain("no second one was started");
	const unknown = { startRotation: started({ alreadyRunning: true }) };
	expect((await against(unknown, ["rotate", "db-password", "--yes", "--wait"])).code).toBe(3);
});

test("a rollback shows its plan, and is bound to the very version that the plan has shown", async () => {
	const broughtBack = "f".repeat(32);
	let at = 0;
	const handles: Handles = {
		startRollback: started(waiting),
		showRotation: () => ({ status: 200, body: at++ === 0 ? { ...planned, broughtBack } : completed }),
	};
	const { code, stdout, stderr, asked } = await against(handles, [
		"rollback",
		"db-password",
		"--confirm",
		"db-password",
		"--wait",
	]);
	expect(code).toBe(0);
	expect(stderr).toContain("Plan");
	expect(stdout).not.toContain("Plan");
	expect(asked.filter((one) => one.id === "startRollback").map(({ body }) => body)).toEqual([
		{ dryRun: true },
		{ dryRun: false, to: broughtBack, version: live },
	]);
});

test("a reconciliation too; where the plan is refused nothing more is ordered", async () => {
	const args = ["reconcile", "db-password", "--direction", "database-from-vault", "--confirm", "db-password"];
	const may = { startReconciliation: started(waiting), showRotation: ok(planned) };
	const { asked } = await against(may, args);
	expect(asked.flatMap(({ id: call, body }) => (call === "startReconciliation" ? [body] : []))).toEqual([
		{ direction: "database-from-vault", dryRun: true },
		{ direction: "database-from-vault", dryRun: false, version: live },
	]);
	const mayNot = await against({ ...may, showRotation: ok({ ...refused, dryRun: true }) }, args);
	expect(mayNot.code).toBe(1);
	expect(mayNot.asked.filter((one) => one.id === "startReconciliation")).toHaveLength(1);
});

test("Ctrl-C while the plan is made orders nothing more", async () => {
	const handles = { startRollback: started(waiting), showRotation: ok({ ...switching, dryRun: true }) };
	const { code, stderr, asked } = await against(handles, ["rollback", "db-password"], { columns: 80, interruptAt: 1 });
	expect(code).toBe(3);
	expect(stderr).toContain("There is no plan: nothing was ordered.");
	expect(asked.filter((one) => one.id === "startRollback")).toHaveLength(1);
});

test("somebody else's run that ended well is not taken for the plan", async () => {
	const handles = { startRollback: started({ rotationId: id, alreadyRunning: true }), showRotation: ok(completed) };
	const { code, asked } = await against(handles, ["rollback", "db-password", "--confirm", "db-password"]);
	expect(code).toBe(3);
	expect(asked.filter((one) => one.id === "startRollback")).toHaveLength(1);
});

test("a delivery is ordered and asked about first", async () => {
	const handles = { startDelivery: started({ ...waiting, kind: "deliver" }) };
	const { code, asked, stderr } = await against(handles, ["deliver", "db-password"], { columns: 80, typed: "y\n" });
	expect({ code, body: asked[0]?.body }).toEqual({ code: 0, body: { dryRun: false } });
	expect(stderr).toContain("Deliver db-password to its workloads again? [y/N]");
});

test.each([
	["cancelled at once", 200, [] as string[], 0, undefined],
	["not seen yet", 202, [], 3, undefined],
	["waited for, and it stopped", 202, ["--wait"], 0, { ...refused, outcome: "cancelled" }],
	["waited for, and it was too late", 202, ["--wait"], 1, completed],
])("a cancellation: %s", async (_, status, options, exit, later) => {
	const body = status === 200 ? { ...refused, status: "Canceled", outcome: "cancelled" } : switching;
	const handles: Handles = {
		cancelRotation: () => ({ status, body }),
		...(later && { showRotation: ok(later) }),
	};
	const { code } = await against(handles, ["cancel", id, "--confirm", "db-password", ...options]);
	expect(code).toBe(exit);
});

test("a cancellation that comes too late says what to do instead", async () => {
	const handles = { cancelRotation: () => problem(409, "not-cancellable", "It has published.") };
	const { code, stderr } = await against(handles, ["cancel", id, "--confirm", "db-password"]);
	expect(code).toBe(1);
	expect(stderr).toBe("It has published. Correct it. (not-cancellable)\n");
});

test("an order that got no answer is given again under the same key; another order has another one", async () => {
	let at = 0;
	const handles: Handles = { startRotation: () => (at++ === 1 ? { status: 202, body: waiting } : "cut") };
	const { code, slept, asked, stderr } = await against(handles, ["rotate", "db-password", "--yes"]);
	expect({ code, slept }).toEqual({ code: 0, slept: [1] });
	expect(stderr).toContain("it is started once");
	expect(asked[0]?.key).toMatch(/^[0-9a-f-]{36}$/);
	expect(asked[1]?.key).toBe(asked[0]?.key);
	const never = await against({ startRotation: () => "cut" }, ["rotate", "db-password", "--yes"]);
	expect(never).toMatchObject({ code: 5, slept: [1, 2, 4] });
	expect(never.asked[0]?.key).not.toBe(asked[0]?.key);
});

test("an order that is refused is not given again", async () => {
	const { code, asked } = await against({ startRotation: () => problem(409, "rotation-running") }, [
		"rotate",
		"x",
		"--yes",
	]);
	expect([code, asked.length]).toEqual([1, 1]);
});

test("secrets are a table for people and JSON for scripts, with nothing else on stdout", async () => {
	const handles = { listSecrets: ok(list) };
	const forPeople = await against(handles, ["secrets"], { columns: 80, env: { NO_COLOR: "1" } });
	expect(forPeople.stdout.split("\n").every((line) => line.length <= 80)).toBe(true);
	expect(forPeople.stdout).toMatch(/^db-password +drifted +due +2 days ago/m);
	expect(forPeople.stdout).toContain("1 in all: 1 drifted; 1 due\n");
	const forScripts = await against(handles, ["secrets", "-o", "json"]);
	expect(JSON.parse(forScripts.stdout)).toEqual(list);
	expect(forScripts.stderr).toBe("");
	expect((await against(handles, ["secrets", "-o", "name"])).stdout).toBe("db-password\n");
});

test.each([
	[{ code: "people-only" }, "due: only people start it"],
	[
		{ code: "frozen", until: "2026-12-01T00:00:00.000Z", reason: "year's end" },
		"due: frozen until 2026-12-01 00:00:00Z: year's end",
	],
	[
		{ code: "window-closed", until: "2026-12-01T00:00:00.000Z" },
		"due: its window is closed until 2026-12-01 00:00:00Z",
	],
])("what a rotation that is due waits for is said: %j", async (waits, says) => {
	const [row] = list.secrets;
	const waiting = { ...list, secrets: [{ ...row, health: { state: "healthy" }, waits }] };
	expect((await against({ listSecrets: ok(waiting) }, ["secrets"])).stdout).toContain(says);
});

test("a filter is the app's to apply, and what it could not ask is told", async () => {
	const told = {
		...list,
		problems: [{ code: "durable-unavailable", message: "What runs is not known.", next: "Wait." }],
	};
	const args = ["secrets", "--search", "pay", "--health", "drifted", "--running", "--sort", "name", "--limit", "7"];
	const { code, stderr, asked } = await against({ listSecrets: ok(told) }, args);
	expect({ code, stderr }).toEqual({ code: 0, stderr: "What runs is not known. Wait.\n" });
	expect(asked[0]?.query).toEqual({ text: "pay", health: "drifted", running: "true", sort: "name", limit: "7" });
});

test("one secret is looked at now, with what is wrong and its last runs", async () => {
	const finding = { code: "live-changed-by-hand", message: "A person wrote it.", next: "Ask who." };
	const pod = { ready: true, version: "a".repeat(32) };
	const workloads = [
		{
			workload: "Deployment a/a",
			pods: [
				{ ...pod, pod: "a-1", proved: true },
				{ ...pod, pod: "a-2", proved: false },
			],
		},
	];
	const drifted = { ...secret, workloads, drift: { seenAt: "2026-11-30T05:00:00.000Z", findings: [finding] } };
	const handles = { showSecret: ok(drifted), listRotationsOf: ok({ rotations: [ended] }) };
	const { stdout } = await against(handles, ["show", "db-password"]);
	expect(stdout).toContain("drift: A person wrote it. (live-changed-by-hand)\n    next: Ask who.");
	expect(stdout).toContain("Deployment a/a: 1 of 2 prove it (not a-2)");
	expect(stdout).toMatch(/2026-11-30 05:01:30Z +db-password +rotate +completed/);
	expect(JSON.parse((await against(handles, ["show", "db-password", "-o", "json"])).stdout)).toEqual(drifted);
});

test("the history of all secrets begins with what runs; of one it has that one's runs", async () => {
	const running = {
		rotationId: id,
		kind: "rotate",
		secret: "db-password",
		requestedAt: waiting.requestedAt,
		now: "waiting",
	};
	const all = await against({ listRotations: ok({ running: [running], rotations: [ended] }) }, [
		...["history", "--outcome", "completed", "--since", "2026-11-01"],
	]);
	expect(all.asked[0]?.query).toEqual({ outcome: "completed", since: "2026-11-01", limit: "50" });
	expect(all.stdout.indexOf("BEGAN")).toBeLessThan(all.stdout.indexOf("ENDED"));
	const one = await against({ listRotationsOf: ok({ rotations: [ended] }) }, ["history", "db-password", "-o", "name"]);
	expect(one.stdout).toBe(`${id}\n`);
	expect((await against({}, ["history", "db-password", "--since", "2026-11-01"])).code).toBe(2);
});

test.each([
	["healthy", [], 0],
	["degraded", [{ code: "vault-unreachable", message: "The vault is gone.", next: "See it." }], 1],
] as const)("an app that is %s", async (status, problems, exit) => {
	const health = { status, version: "0.1.0", configuration: { valid: true, hash: "ab", secrets: 1 }, problems };
	const { code, stdout } = await against({ showHealth: ok(health) }, ["health"]);
	expect(code).toBe(exit);
	for (const { message, next } of problems)
		expect(stdout).toContain(`${message} (vault-unreachable)\n    next: ${next}`);
	expect(stdout).toContain("none yet");
});

test("the report is a table, with what is wrong below it", async () => {
	const report = {
		...{ complete: true, at: "2026-11-30T06:00:00.000Z", problems: [], overdue: [], trend: [] },
		secrets: [{ secret: "db-password", state: "due", dueInDays: -2, action: "held-back" }],
		unmanaged: [{ vault: "kv", secret: "old", rotation: "90days" }],
		exceptions: [
			{
				...{ vault: "kv", secret: "legacy", owner: "team", reason: "vendor", until: "2026-11-10T00:00:00+01:00" },
				...{ ended: true, managed: false },
			},
		],
		classes: [{ policyClass: "a", rationale: "b", riskAnalysis: "c", maxDays: 90, secrets: 1, overdue: 0 }],
		unclassed: 2,
	};
	const { stdout, asked } = await against({ showCompliance: ok(report) }, ["compliance"]);
	expect(stdout).toContain("not managed: old in kv has the tag rotation=90days");
	expect(stdout).toContain("exemption has ended: legacy in kv, on 2026-11-09");
	expect(stdout).toContain("without a policy class: 2 secrets");
	expect(asked.map((one) => one.id)).toEqual(["showCompliance"]);
});

const record = (seq: number) => ({
	...{
		specversion: "1.0",
		id: `${seq}`,
		source: "s",
		type: "t",
		subject: "db-password",
		time: "2026-11-30T06:00:00.000Z",
	},
	datacontenttype: "application/json",
	data: {
		...{
			seq,
			prevHash: "0",
			hash: "1",
			rotationId: id,
			step: "plan",
			phase: "intent",
			attempt: "1",
			secretName: "db-password",
		},
		...{ category_uid: 3, class_uid: 3001, activity_id: 3, type_uid: 300103, severity_id: 1, time: 1 },
		...{ status_id: 1, status: "Success", metadata: { version: "1", product: { name: "p", vendor_name: "v" } } },
		...{ actor: { user: { type_id: 1, type: "operator", uid: "oid" } }, user: { name: "titanic_admin" } },
	},
});

const next = "/api/audit?limit=1&continuation=x%2By";
const idsIn = (stdout: string) =>
	stdout
		.trimEnd()
		.split("\n")
		.map((line) => JSON.parse(line).id);

test("of the audit log the newest records are shown, in their order, and it says that there are more", async () => {
	const handles: Handles = {
		showAudit: ({ query: { continuation } }) => ({
			status: 200,
			body: continuation ? { records: [record(3), record(4)] } : { records: [record(1), record(2)], next },
		}),
	};
	const args = ["audit", "--rotation", id, "--limit", "3", "-o", "ndjson"];
	const { stdout, stderr, asked } = await against(handles, args);
	expect(idsIn(stdout)).toEqual(["2", "3", "4"]);
	expect(stderr).toContain("These are the newest 3");
	expect(asked.map(({ query }) => query.continuation)).toEqual([undefined, "x+y"]);
});

test("without a time it is read from further and further back, until there are enough", async () => {
	const handles: Handles = {
		showAudit: ({ query: { from } }) => ({
			status: 200,
			body: { records: from === "2026-11-29T06:00:00.000Z" ? [record(2)] : [record(1), record(2)] },
		}),
	};
	const { stdout, asked } = await against(handles, ["audit", "--limit", "2", "-o", "ndjson"]);
	expect(idsIn(stdout)).toEqual(["1", "2"]);
	expect(asked.map(({ query }) => query.from)).toEqual(["2026-11-29T06:00:00.000Z", "2026-10-31T06:00:00.000Z"]);
	const all = await against({ showAudit: () => ({ status: 200, body: { records: [] } }) }, ["audit"]);
	expect(all.asked.at(-1)?.query).not.toHaveProperty("from");
});

test("what a record is about is shown where it says nothing itself", async () => {
	const { data, ...rest } = record(1);
	const about = { ...data, role: "titanic_admin", server: "pg", newVersion: live };
	const handles = { showAudit: ok({ records: [{ ...rest, data: about }] }) };
	expect((await against(handles, ["audit"])).stdout).toContain("titanic_admin on pg, version 01234567");
});

test("started by npm, it names commands as they are started there", async () => {
	const env = { npm_lifecycle_event: "rotator" };
	const { stderr } = await against({ startRotation: started(waiting) }, ["rotate", "db-password", "--yes"], { env });
	expect(stderr).toBe(`Follow it: npm run -s rotator -- watch ${id}\n`);
});

test("on a terminal a list says what may be done next; into a pipe it does not", async () => {
	const given = { columns: 80, env: { NO_COLOR: "1" } };
	expect((await against({ listSecrets: ok(list) }, ["secrets"], given)).stderr).toContain(
		"rotator rotate NAME --dry-run",
	);
	expect((await against({ listSecrets: ok(list) }, ["secrets"])).stderr).toBe("");
});

test("what is over is not shown as going on", async () => {
	const secrets = [{ ...list.secrets[0]!, running: undefined, since: ended }];
	const { stdout } = await against({ listSecrets: ok({ ...list, secrets }) }, ["secrets"]);
	const [titles, row] = stdout.split("\n").slice(2);
	expect(row!.slice(titles!.indexOf("NOW")).trimStart()).toMatch(/^- /);
	expect(row).toContain("rotate completed");
});

test("what runs for longer than expected is told so in the list", async () => {
	const running = { ...{ rotationId: ended.rotationId, kind: "rotate" as const, now: "Waiting" }, long: true as const };
	const secrets = [{ ...list.secrets[0]!, running }];
	const { stdout } = await against({ listSecrets: ok({ ...list, secrets }) }, ["secrets"]);
	expect(stdout).toContain("rotate, longer than expected: Waiting");
});

test("--version is the package's version", async () => {
	expect(await ran(["--version"])).toEqual({ code: 0, stdout: `${version}\n`, stderr: "", slept: [] });
});

test("where neither the app nor its scope is known, both are asked for at once", async () => {
	const { code, stderr } = await ran(["secrets"], { env: { ROTATOR_TOKEN: "" } });
	expect(code).toBe(2);
	expect(stderr).toMatch(/ROTATOR_URL=.*ROTATOR_SCOPE=/s);
});

test("a role that is missing is 4, with the app's own words and the next step", async () => {
	const handles = { listSecrets: () => problem(403, "app-role-missing", "Operator x does not have Rotation.Read.") };
	expect(await against(handles, ["secrets"])).toMatchObject({
		...{ code: 4, stdout: "" },
		stderr: "Operator x does not have Rotation.Read. Correct it. (app-role-missing)\n",
	});
});

test("no app at the address is 5, and what is shown has no token in it", async () => {
	const { code, stderr } = await ran(["secrets"], { env: { ROTATOR_URL: "http://127.0.0.1:9" } });
	expect(code).toBe(5);
	expect(stderr).toContain("127.0.0.1:9");
	expect(stderr).not.toContain("a.b.c");
});

test.each([
	[[], { view: "secrets", id: "" }],
	[["db-password"], { view: "secret", id: "db-password" }],
	[[id], { view: "rotation", id }],
])("open %j prints an address that the page reads as it was meant", async (what, route) => {
	const { code, stdout } = await against({}, ["open", ...what]);
	expect(code).toBe(0);
	expect(routeOf(new URL(stdout.trim()).hash)).toMatchObject(route);
});
