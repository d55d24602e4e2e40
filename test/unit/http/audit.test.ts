// GET /api/audit over the log in memory.

import { HttpRequest } from "@azure/functions";
import { expect, test } from "@jest/globals";
import type { AuditRecord, Entry } from "../../../src/lib/domain/audit-entry.ts";
import { lineOf, recordOf } from "../../../src/lib/domain/audit-record.ts";
import { showAudit } from "../../../src/lib/http/audit.ts";
import { operatorsOf } from "../../../src/lib/http/authentication.ts";
import { world } from "../triggers/world.ts";
import { oid, tokens } from "./tokens.ts";

const rotationId = "db-password.00000000-0000-4000-8000-000000000001";

async function api() {
	const made = await tokens();
	const base = world();
	const operators = operatorsOf(made.settings);
	const ask = async (query: string, roles: readonly string[] = ["Audit.Read"]) => {
		const request = new HttpRequest({
			method: "GET",
			url: `http://127.0.0.1/api/audit${query}`,
			headers: { authorization: `Bearer ${await made.sign({ roles })}` },
		});
		const { status, body } = await showAudit(request, { ...base.call, operators });
		return { status, body: JSON.parse(String(body)) as { records: AuditRecord[]; next?: string; code?: string } };
	};
	const write = (attempt: number, changes: Partial<Entry> = {}) =>
		base.audit.append({
			rotationId,
			step: "plan",
			phase: "intent",
			attempt: `${attempt}`,
			secretName: "db-password",
			actor: { kind: "timer" },
			...changes,
		});
	const disposal = { [Symbol.asyncDispose]: () => made[Symbol.asyncDispose]() };
	return { ...base, ...made, ...disposal, ask, write };
}

const attempts = (records: readonly AuditRecord[]) => records.map(({ data }) => data.attempt);

test("pages through the log as it is stored, each record once, and the reader is on it once", async () => {
	await using made = await api();
	for (const attempt of [1, 2, 3, 4, 5]) await made.write(attempt);
	const stored = made.audit.records.slice(0, 5);
	const first = await made.ask("?limit=2");
	expect(first).toMatchObject({ status: 200, body: { records: stored.slice(0, 2) } });
	const second = await made.ask(first.body.next!.replace("/api/audit", ""));
	expect(second.body.records).toEqual(stored.slice(2, 4));
	const third = await made.ask(second.body.next!.replace("/api/audit", ""));
	expect(attempts(third.body.records)).toEqual(["5", "invocation-1"]);
	const read = made.audit.records.filter(({ data }) => data.code === "audit-read");
	expect(read.map(({ data }) => data.actor.user.uid)).toEqual([oid]);
});

test("filters by secret, rotation and time", async () => {
	await using made = await api();
	await made.write(1);
	await made.write(2, { secretName: "side-password" });
	await made.write(3, { rotationId: "db-password.00000000-0000-4000-8000-000000000002" });
	const ask = async (query: string) => attempts((await made.ask(query)).body.records);
	expect(await ask("?secret=side-password")).toEqual(["2", "invocation-1"]);
	expect(await ask(`?rotation=${rotationId}`)).toEqual(["1", "2"]);
	expect(await ask("?from=2026-06-02")).toEqual([]);
	expect(await ask("?to=2026-06-01")).toEqual([]);
	expect((await ask("?from=2026-06-01T06:00:00Z&to=2026-06-01T06:00:00.001Z")).slice(0, 3)).toEqual(["1", "2", "3"]);
});

test("a record that says it is of another year hides none of those after it", async () => {
	await using made = await api();
	await made.write(1);
	for (const year of [2031, 2001]) {
		const { rotationId: id } = made.audit.records[0]!.data;
		const entry = {
			rotationId: id,
			step: "plan",
			phase: "note",
			attempt: `${year}`,
			secretName: "db-password",
		} as const;
		const previous = made.audit.records.at(-1)!.data;
		const record = recordOf(
			{ ...entry, actor: { kind: "app" } },
			{ previous, time: new Date(`${year}-01-01T00:00:00Z`) },
		);
		made.audit.lines.push(lineOf(record).trimEnd());
	}
	await made.write(2);
	const { records } = (await made.ask("?from=2026-06-01&to=2026-06-02")).body;
	expect(attempts(records).slice(0, 2)).toEqual(["1", "2"]);
});

test.each([["Rotation.Read"], ["Rotation.Operate"]])("%s is not enough, and who tried is on the log", async (role) => {
	await using made = await api();
	expect(await made.ask("", [role])).toMatchObject({ status: 403, body: { code: "app-role-missing" } });
	expect(made.audit.records).toMatchObject([
		{ data: { step: "trigger", code: "app-role-missing", actor: { user: { uid: oid } } } },
	]);
});

test.each([
	["?limit=0", "parameter-not-valid"],
	["?limit=1001", "parameter-not-valid"],
	["?from=yesterday", "parameter-not-valid"],
	["?from=2026-02-30T00:00:00", "parameter-not-valid"],
	["?from=2026-06-02&to=2026-06-01", "parameter-not-valid"],
	["?secret=a/b", "parameter-not-valid"],
	["?rotation=db-password", "parameter-not-valid"],
	["?secret=a&secret=b", "parameter-not-valid"],
	["?continuation=x", "parameter-not-valid"],
	["?level=high", "query-not-valid"],
])("refuses %s with a code", async (query, code) => {
	await using made = await api();
	expect(await made.ask(query)).toMatchObject({ status: 400, body: { code } });
	expect(made.audited()).toEqual([`trigger note ${code} (none)`]);
});

test("a continuation is refused with another filter, of another log, and beyond the end", async () => {
	await using made = await api();
	for (const attempt of [1, 2]) await made.write(attempt);
	const { next } = (await made.ask("?limit=1&secret=db-password")).body;
	const token = new URLSearchParams(next!.split("?")[1]).get("continuation")!;
	expect((await made.ask(`?continuation=${token}`)).status).toBe(400);
	const [, , digest] = JSON.parse(Buffer.from(token, "base64url").toString());
	for (const place of [
		["audit/2020-01.ndjson", 0],
		["memory", 99],
		["memory", -1],
		["memory", 1.5],
	]) {
		const made2 = Buffer.from(JSON.stringify([...place, digest])).toString("base64url");
		expect((await made.ask(`?secret=db-password&continuation=${made2}`)).status).toBe(400);
	}
});

test("nothing is read while the log takes no record of it", async () => {
	await using made = await api();
	await made.write(1);
	made.audit.cut();
	expect(await made.ask("")).toMatchObject({ status: 503, body: { code: "audit-unavailable" } });
});
