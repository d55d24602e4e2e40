// What runs, what is over, all secrets, the app's health, and the codes.

import { expect, test } from "@jest/globals";
import { faultCodes } from "../../../src/lib/domain/fault.ts";
import { rotationIdOf } from "../../../src/lib/domain/ids.ts";
import type { RotationStatus } from "../../../src/lib/domain/rotation.ts";
import type { Handler } from "../../../src/lib/http/answer.ts";
import { showCode } from "../../../src/lib/http/code.ts";
import { showHealth } from "../../../src/lib/http/health.ts";
import { listRotations, listRotationsOf } from "../../../src/lib/http/lists.ts";
import { showRotation, startRotation } from "../../../src/lib/http/rotations.ts";
import { showSecret } from "../../../src/lib/http/secret.ts";
import { listSecrets } from "../../../src/lib/http/secrets.ts";
import { approval } from "../../support/approval.ts";
import { sweep } from "../../support/sweep.ts";
import { inDays } from "../triggers/world.ts";
import { type Ask, api } from "./asking.ts";

const reader = { roles: ["Rotation.Read"] };
const run = (number: number, changes: Partial<RotationStatus> = {}): RotationStatus => ({
	rotationId: rotationIdOf(
		changes.secret ?? "db-password",
		`2b6f0cc9-04d1-4d6f-93a0-${String(number).padStart(12, "0")}`,
	),
	secret: "db-password",
	kind: "rotate",
	requestedBy: { kind: "timer" },
	requestedAt: "2026-06-01T07:00:00.000Z",
	steps: [],
	outcome: "completed",
	endedAt: `2026-06-01T07:00:${String(number).padStart(2, "0")}.000Z`,
	...changes,
});

type Made = Awaited<ReturnType<typeof api>>;
/** All pages of a list. */
async function pagesOf(made: Made, handler: Handler, asked: Ask, rows: string): Promise<string[][]> {
	const pages: string[][] = [];
	for (let query = asked.query; ; ) {
		const { status, body } = await made.ask(handler, { ...asked, query, claims: reader });
		expect(status).toBe(200);
		pages.push(body[rows].map((row: { rotationId?: string; secret: string }) => row.rotationId ?? row.secret));
		if (body.next === undefined) return pages;
		query = Object.fromEntries(new URL(body.next, "http://127.0.0.1").searchParams);
	}
}

test("what is over is listed with the latest first, in pages, by outcome and from a time on", async () => {
	await using made = await api();
	const all = [1, 2, 3, 4, 5].map((number) => run(number, number === 3 ? { outcome: "refused" } : {}));
	for (const one of all) await made.records.saveRotation(one);
	const ids = all.map(({ rotationId }) => rotationId).reverse();
	expect(await pagesOf(made, listRotations, { query: { limit: "2" } }, "rotations")).toEqual([
		ids.slice(0, 2),
		ids.slice(2, 4),
		ids.slice(4),
	]);
	const refused = await made.ask(listRotations, { query: { outcome: "refused" }, claims: reader });
	expect(refused.body.rotations).toMatchObject([{ rotationId: all[2]!.rotationId, outcome: "refused" }]);
	const late = await made.ask(listRotations, { query: { since: "2026-06-01T07:00:04Z" }, claims: reader });
	expect(late.body.rotations).toHaveLength(2);
});

test("the first page says what runs, of all secrets", async () => {
	await using made = await api();
	for (const number of [1, 2]) await made.records.saveRotation(run(number));
	const { body: started } = await made.ask(startRotation, { name: "side-password" });
	const first = await made.ask(listRotations, { query: { limit: "1" }, claims: reader });
	expect(first.body.running).toMatchObject([{ rotationId: started.rotationId, secret: "side-password" }]);
	const query = Object.fromEntries(new URL(first.body.next, "http://127.0.0.1").searchParams);
	expect((await made.ask(listRotations, { query, claims: reader })).body).not.toHaveProperty("running");
});

test("what runs for longer than it should says so: in both lists, of its secret, and by itself", async () => {
	await using made = await api();
	const { outcome: _, endedAt: __, ...running } = run(1);
	const late = { ...running, now: "Waiting for the pods", expectedBy: "2026-06-01T05:59:00.000Z" };
	const rotations = {
		...made.call.rotations,
		allRunning: async () => [late],
		running: async () => late,
		status: async () => late,
	};
	const asked = { rotations, claims: reader };
	const said = { rotationId: late.rotationId, long: true };
	expect((await made.ask(listRotations, asked)).body.running).toMatchObject([said]);
	const { secrets } = (await made.ask(listSecrets, asked)).body;
	expect(secrets.filter((row: { running?: object }) => row.running)).toMatchObject([{ running: said }]);
	expect((await made.ask(showSecret, { ...asked, name: "db-password" })).body.running).toMatchObject(said);
	expect((await made.ask(showRotation, { ...asked, id: late.rotationId })).body).toMatchObject(said);
	const inTime = { ...late, expectedBy: "2026-06-01T06:01:00.000Z" };
	const { body } = await made.ask(listRotations, {
		...asked,
		rotations: { ...rotations, allRunning: async () => [inTime] },
	});
	expect(body.running[0]).not.toHaveProperty("long");
});

test("one secret's own runs are listed in pages, and no other's", async () => {
	await using made = await api();
	for (const number of [1, 2, 3]) await made.records.saveRotation(run(number));
	await made.records.saveRotation(run(9, { secret: "side-password" }));
	const pages = await pagesOf(made, listRotationsOf, { name: "db-password", query: { limit: "2" } }, "rotations");
	expect(pages.map((page) => page.map((id) => id.slice(-1)))).toEqual([["3", "2"], ["1"]]);
	expect(await made.ask(listRotationsOf, { name: "other", claims: reader })).toMatchObject({
		status: 404,
		body: { code: "secret-not-configured" },
	});
});

test("a page of one list does not go on in another one, nor with another filter", async () => {
	await using made = await api();
	for (const number of [1, 2]) await made.records.saveRotation(run(number));
	const query = { limit: "1" };
	const first = await made.ask(listRotations, { query, claims: reader });
	const { continuation } = Object.fromEntries(new URL(first.body.next, "http://127.0.0.1").searchParams);
	const asked: [Handler, Ask][] = [
		[listRotations, { query: { continuation: continuation!, outcome: "completed" } }],
		[listRotationsOf, { name: "db-password", query: { continuation: continuation! } }],
		[listSecrets, { query: { continuation: continuation! } }],
		[listSecrets, { query: { continuation: "iceberg" } }],
	];
	for (const [handler, one] of asked)
		expect(await made.ask(handler, { ...one, claims: reader })).toMatchObject({
			status: 400,
			body: { code: "parameter-not-valid" },
		});
});

test("the list shows what the sweep found, and asks no vault, server or cluster", async () => {
	await using made = await api();
	const version = made.vaults.main.seed("db-password", "iceberg", { expires: inDays(90) });
	made.vaults.main.seed("db-connection-string", "iceberg");
	expect((await made.ask(listSecrets, { claims: reader })).body.counts.state).toMatchObject({ "not-judged": 2 });
	await sweep(made.call);
	made.vaults.main.cut();
	made.vaults.side.cut();
	made.database.cut();
	const { status, body, text } = await made.ask(listSecrets, { claims: reader });
	expect(status).toBe(200);
	expect(body).toMatchObject({ at: inDays(0).toISOString(), problems: [] });
	expect(body.secrets).toMatchObject([
		{ secret: "side-password", state: "unreadable" },
		{ secret: "db-password", state: "compliant", version, dueInDays: 60, health: { state: "healthy" } },
	]);
	expect(text).not.toContain("iceberg");
	expect(await pagesOf(made, listSecrets, { query: { limit: "1", sort: "name" } }, "secrets")).toEqual([
		["db-password"],
		["side-password"],
	]);
	const filtered = await made.ask(listSecrets, { query: { state: "unreadable", text: "SIDE" }, claims: reader });
	expect(filtered.body).toMatchObject({ counts: { total: 1 }, secrets: [{ secret: "side-password" }] });
});

test("what has ended since the sweep is in the list at once", async () => {
	await using made = await api();
	made.vaults.main.seed("db-password", "iceberg", { expires: inDays(90) });
	made.vaults.main.seed("db-connection-string", "iceberg");
	await sweep(made.call);
	await made.records.saveRotation(run(1, { outcome: "compensated", code: "vault-forbidden" }));
	const query = { health: "failed" };
	const { body } = await made.ask(listSecrets, { query, claims: reader });
	expect(body.secrets).toMatchObject([{ secret: "db-password", health: { code: "vault-forbidden" } }]);
});

test("before the first sweep the list shows what a day has brought", async () => {
	await using made = await api();
	await made.records.saveRotation(run(1, { outcome: "compensated", code: "vault-forbidden" }));
	const { body } = await made.ask(listSecrets, { query: { health: "failed" }, claims: reader });
	expect(body.secrets).toMatchObject([{ secret: "db-password", state: "not-judged" }]);
});

test("the secrets are listed although records and durable storage are down, and the list says so", async () => {
	await using made = await api();
	made.records.cut();
	made.durable.cut();
	const { status, body } = await made.ask(listSecrets, { query: { overview: "true" }, claims: reader });
	expect(status).toBe(200);
	expect(body.secrets).toHaveLength(2);
	expect(body.overview).toMatchObject({ approvals: [], running: [] });
	expect(body.problems.map(({ code }: { code: string }) => code).sort()).toEqual([
		"durable-unavailable",
		"records-unavailable",
	]);
});

test("with the overview one answer has what needs a person and what runs, of all secrets, whatever the filter", async () => {
	await using made = await api();
	made.vaults.main.seed("db-password", "iceberg", { expires: inDays(90) });
	made.vaults.main.seed("db-connection-string", "iceberg");
	await sweep(made.call);
	const waiting = approval({ requestedAt: inDays(-1).toISOString(), expiresAt: inDays(1).toISOString() });
	const tooLate = approval({ requestedAt: inDays(-2).toISOString(), expiresAt: inDays(-1).toISOString() });
	for (const one of [waiting, tooLate]) await made.records.addApproval(one);
	const { body: started } = await made.ask(startRotation, { name: "db-password" });
	const query = { overview: "true", text: "db-password", limit: "1" };
	const { body } = await made.ask(listSecrets, { query, claims: reader });
	expect(body.secrets).toMatchObject([{ secret: "db-password" }]);
	expect(body.overview).toMatchObject({
		needing: { total: 1, secrets: [{ secret: "side-password", state: "unreadable" }] },
		running: [{ rotationId: started.rotationId, secret: "db-password" }],
	});
	expect(body.overview.approvals).toMatchObject([{ id: waiting.request.id, state: "awaiting-approval" }]);
	expect((await made.ask(listSecrets, { claims: reader })).body).not.toHaveProperty("overview");
});

test("a page of the overview goes on in the list without it", async () => {
	await using made = await api();
	const first = await made.ask(listSecrets, { query: { overview: "true", limit: "1" }, claims: reader });
	const query = Object.fromEntries(new URL(first.body.next, "http://127.0.0.1").searchParams);
	for (const one of [query, { ...query, overview: "true" }]) {
		const { status, body } = await made.ask(listSecrets, { query: one, claims: reader });
		expect([status, body.secrets.length, "overview" in body]).toEqual([200, 1, "overview" in one]);
	}
});

test.each<[string, string]>([
	["db-pasword", "No managed secret is called db-pasword. Did you mean db-password?"],
	[
		"db-connection-string",
		"No managed secret is called db-connection-string. It is derived from db-password, and changes with it.",
	],
	["nothing-like-it", "No managed secret is called nothing-like-it."],
])("who asks for %s is told what helps", async (name, detail) => {
	await using made = await api();
	expect(await made.ask(showSecret, { name, claims: reader })).toMatchObject({ status: 404, body: { detail } });
});

test("the app's health names its version, its configuration and its last sweep", async () => {
	await using made = await api();
	expect((await made.ask(showHealth, { claims: reader })).body).toMatchObject({
		status: "healthy",
		configuration: { valid: true, secrets: 2 },
	});
	await sweep(made.call);
	const { body } = await made.ask(showHealth, { claims: reader });
	expect(body.lastSweep).toEqual({ at: inDays(0).toISOString(), complete: true });
});

test("whatever is down, the app says what", async () => {
	await using made = await api();
	made.records.cut();
	made.durable.cut();
	made.audit.cut();
	made.breakConfiguration();
	const { status, body } = await made.ask(showHealth, { claims: reader });
	expect(status).toBe(200);
	expect(body).toMatchObject({ status: "degraded", configuration: { valid: false } });
	expect(body.problems.map(({ code }: { code: string }) => code).sort()).toEqual([
		"audit-unavailable",
		"configuration-invalid",
		"durable-unavailable",
		"records-unavailable",
	]);
});

test("every code that a problem can carry is explained where its type leads, without a token", async () => {
	await using made = await api();
	for (const code of [...faultCodes, "completed", "near-expiry", "audit-read"]) {
		const { status, body } = await made.ask(showCode, { code, authorization: null });
		expect([status, body.code, typeof body.means]).toEqual([200, code, "string"]);
	}
	const { body: problem } = await made.ask(showSecret, { name: "other" });
	const code = String(problem.type).replace("/api/codes/", "");
	expect((await made.ask(showCode, { code, authorization: null })).body).toMatchObject({ code, kind: "fault" });
	const { body: cancelled } = await made.ask(showCode, { code: "cancelled", authorization: null });
	expect(cancelled).toMatchObject({ kind: "outcome", means: expect.stringContaining("nothing was changed") });
	for (const unknown of ["constructor", "no-such-code"])
		expect(await made.ask(showCode, { code: unknown, authorization: null })).toMatchObject({
			status: 404,
			body: { code: "code-unknown" },
		});
});
