// What evidence says of runs, read off a log that the app itself wrote.

import { describe, expect, test } from "@jest/globals";
import type { Entry } from "../../../../src/lib/domain/audit-entry.ts";
import { recordOf, start } from "../../../../src/lib/domain/audit-record.ts";
import type { ComplianceReport } from "../../../../src/lib/domain/compliance.ts";
import { evidenceOf, type Given } from "../../../../src/lib/domain/evidence/judge.ts";
import { reading } from "../../../../src/lib/domain/evidence/runs.ts";
import type { Declared } from "../../../../src/lib/domain/evidence/statement.ts";

type Line = Partial<Entry> & Pick<Entry, "step" | "phase"> & { at: string };

const id = "db-password.00000000-0000-4000-8000-000000000001";

/** The log's own records of these entries. */
function read(lines: readonly Line[]) {
	const read = reading();
	let previous = start;
	for (const { at, ...entry } of lines) {
		const actor = { kind: "operator", id: "alice" } as const;
		const whole: Entry = { rotationId: id, attempt: "1", secretName: "db-password", actor, ...entry };
		const record = recordOf(whole, { previous, time: new Date(at) });
		previous = record.data;
		read.take(record);
	}
	return read;
}

const requested = (at: string, changes: Partial<Line> = {}): Line => ({
	...{ at, step: "trigger", phase: "note", code: "rotate-requested", message: "forced: INC-1" },
	...changes,
});
const planned = (at: string, due?: string): Line => ({
	...{ at, step: "plan", phase: "outcome", code: "near-expiry" },
	...(due !== undefined && { due }),
});
const published = (at: string, changes: Partial<Line> = {}): readonly Line[] => [
	{ at, step: "finishSecret", phase: "intent", ...changes },
	{ at, step: "finishSecret", phase: "outcome", code: "published", newVersion: "v2", ...changes },
];
const ended = (at: string): Line => ({ at, step: "finish", phase: "outcome", code: "near-expiry" });

const declared: Declared = {
	policyClasses: { database: { rationale: "shared by pods", riskAnalysis: "TRA-7 of 2026-01-10", maxDays: 90 } },
	exemptions: [],
	secrets: {
		"db-password": {
			...{ vault: "main", name: "db-password", policyClass: "database", rotateEveryDays: 80, expiryMarginDays: 30 },
		},
	},
};

const told = (lines: readonly Line[], changes: Partial<Given> = {}) =>
	evidenceOf({
		asOf: new Date("2026-11-30T00:00:00Z"),
		period: { from: new Date("2026-11-01T00:00:00Z"), to: new Date("2026-11-30T00:00:00Z") },
		declared,
		report: undefined,
		reportDigest: undefined,
		log: { name: "log", verdict: "whole", records: 0, last: { seq: 0, hash: "" } },
		reading: read(lines),
		trend: [],
		tool: "test",
		version: "0",
		...changes,
	});

const rotation = (due: string, done: string) => [requested(done), planned(done, due), ...published(done), ended(done)];

describe("a rotation", () => {
	test("is told with who asked, why, when it was due and done, and its records", () => {
		const { rotations } = told(rotation("2026-11-20T06:00:00.000Z", "2026-11-20T07:00:00.000Z"));
		expect(rotations).toMatchObject([
			{
				...{ rotationId: id, kind: "rotate", by: "operator", who: "alice", reason: "forced: INC-1" },
				...{ due: "2026-11-20T06:00:00.000Z", done: "2026-11-20T07:00:00.000Z", late: false, version: "v2" },
				records: { first: 1, last: 5, count: 5 },
				policyClass: "database",
			},
		]);
	});

	test("is late once its value is older than its class allows, and not a moment before", () => {
		// 90 days of the class less 80 of the secret.
		const due = "2026-11-10T00:00:00.000Z";
		expect(told(rotation(due, "2026-11-20T00:00:00.000Z")).rotations).toMatchObject([{ late: false }]);
		const late = told(rotation(due, "2026-11-20T00:00:00.001Z"));
		expect(late.rotations).toMatchObject([{ late: true, deadline: "2026-11-20T00:00:00.000Z" }]);
		expect(late.classes).toMatchObject([{ policyClass: "database", rotations: 1, late: 1 }]);
		expect(late.secrets).toMatchObject([{ lateRotations: 1 }]);
	});

	test("without a class is late once what it replaced has expired", () => {
		const { policyClass: _, ...secret } = declared.secrets["db-password"]!;
		const unclassed = { ...declared, secrets: { "db-password": secret } };
		const done = "2026-11-20T00:00:00.000Z";
		const lateness = (due: string) => told(rotation(due, done), { declared: unclassed }).rotations[0]?.late;
		expect(lateness("2026-10-21T00:00:00.000Z")).toBe(false);
		expect(lateness("2026-10-20T00:00:00.000Z")).toBe(true);
	});

	test("whose plan could not tell when it was due is due a period after the value before it", () => {
		const second = "db-password.00000000-0000-4000-8000-000000000002";
		const of = (line: Line) => ({ ...line, rotationId: second });
		const lines = [
			...rotation("2026-09-01T00:00:00.000Z", "2026-09-01T10:00:00.000Z"),
			...[requested("2026-11-20T10:00:00.000Z"), ...published("2026-11-20T10:00:01.000Z")].map(of),
		];
		expect(told(lines).rotations).toMatchObject([{ rotationId: second, due: "2026-11-20T10:00:00.000Z" }]);
	});

	test("that goes on with what another one began was due when that one was", () => {
		const second = "db-password.00000000-0000-4000-8000-000000000002";
		const due = "2026-11-01T00:00:00.000Z";
		const at = "2026-11-20T10:00:00.000Z";
		const goesOn = published(at, { rotationId: second, correlationId: id });
		const lines = [requested(at), planned(at, due), requested(at, { rotationId: second }), ...goesOn];
		expect(told(lines).rotations).toMatchObject([{ rotationId: second, due, late: true }]);
	});

	test("that published but has not ended is told without an end", () => {
		const at = "2026-11-20T10:00:00.000Z";
		const [run] = told([requested(at), ...published(at)]).rotations;
		expect(run).toMatchObject({ done: at });
		expect(run).not.toHaveProperty("endedAt");
	});

	test("that changed nothing, and only looked, is not told", () => {
		const at = "2026-11-20T10:00:00.000Z";
		expect(told([requested(at), planned(at), ended(at)]).rotations).toEqual([]);
	});

	test("that failed before it changed anything is told", () => {
		const at = "2026-11-20T10:00:00.000Z";
		const failed: Line = { at, step: "plan", phase: "outcome", code: "vault-forbidden" };
		expect(told([requested(at), failed]).rotations).toMatchObject([{ late: false }]);
	});

	test("of another time is not among those of the period, and counts as the last one all the same", () => {
		const done = "2026-10-20T10:00:00.000Z";
		const { rotations, secrets } = told(rotation(done, done));
		expect(rotations).toEqual([]);
		expect(secrets).toMatchObject([{ last: done, next: "2027-01-08T10:00:00.000Z", overdue: false }]);
	});

	test("proves itself by the record of each workload's proof", () => {
		const at = "2026-11-20T10:00:00.000Z";
		const proof: Line = { at, step: "verify", phase: "outcome", code: "proved", workload: "Deployment api/api" };
		const [run] = told([requested(at), ...published(at), proof]).rotations;
		expect(run?.proof).toEqual([{ workload: "Deployment api/api", at, record: 4 }]);
	});

	test("under somebody's else name does not change what an earlier request says", () => {
		const at = "2026-11-20T10:00:00.000Z";
		const foreign = published("2026-11-21T10:00:00.000Z", { secretName: "other" });
		expect(told([requested(at), ...published(at), ...foreign]).rotations).toMatchObject([{ done: at }]);
	});

	test("past an approval is listed by itself", () => {
		const at = "2026-11-20T10:00:00.000Z";
		const order = { at, step: "trigger", phase: "note", code: "break-glass" as "published" } as const;
		const past = told([order, requested(at), ...published(at)]);
		expect(past.breakGlass).toEqual([id]);
		expect(past.rotations).toMatchObject([{ breakGlass: true }]);
	});
});

test("a rollback makes no new value: the secret is as old as before", () => {
	const back = "db-password.00000000-0000-4000-8000-000000000002";
	const at = "2026-11-20T10:00:00.000Z";
	const done = "2026-11-02T10:00:00.000Z";
	const rollback = [
		requested(at, { rotationId: back, code: "rollback-requested" }),
		...published(at, { rotationId: back }),
	];
	const { secrets, rotations } = told([...rotation(done, done), ...rollback]);
	expect(secrets).toMatchObject([{ last: done, lastRotation: id }]);
	expect(rotations).toHaveLength(2);
	expect(rotations[1]).not.toHaveProperty("due");
});

describe("a secret", () => {
	const report = (changes: Partial<ComplianceReport["secrets"][number]>): ComplianceReport => ({
		at: "2026-11-29T06:00:00.000Z",
		secrets: [{ secret: "db-password", state: "due", dueInDays: -3, action: "none", ...changes }],
		unmanaged: [],
		problems: [],
	});

	test("that the sweep found late is overdue, and counted in its class", () => {
		const { secrets, classes } = told([], { report: report({}) });
		expect(secrets).toMatchObject([{ state: "due", overdue: true, next: "2026-11-26T06:00:00.000Z" }]);
		expect(classes).toMatchObject([{ secrets: 1, overdue: 1 }]);
	});

	test("that was rotated since the sweep is not overdue any more", () => {
		const done = "2026-11-29T07:00:00.000Z";
		expect(told(rotation(done, done), { report: report({}) }).secrets).toMatchObject([
			{ state: "compliant", overdue: false },
		]);
	});

	test("whose exemption has not ended does not count as overdue; one that has ended exempts nothing", () => {
		const until = (time: string) => ({
			...declared,
			exemptions: [{ vault: "main", secret: "DB-password", owner: "team", reason: "vendor", until: time }],
		});
		const running = told([], { report: report({}), declared: until("2026-12-01T00:00:00+01:00") });
		expect(running.classes).toMatchObject([{ overdue: 0 }]);
		expect(running.exemptions).toMatchObject([{ ended: false, managed: true, owner: "team" }]);
		const over = told([], { report: report({}), declared: until("2026-11-30T00:00:00Z") });
		expect(over.classes).toMatchObject([{ overdue: 1 }]);
		expect(over.exemptions).toMatchObject([{ ended: true }]);
		expect(over.secrets[0]).not.toHaveProperty("exemptUntil");
	});
});

test("a report that the log does not have the digest of is told as such", () => {
	const lines: Line[] = [
		{
			...{ at: "2026-11-29T06:00:00Z", rotationId: "(none)", secretName: "(none)" },
			...{ step: "sweep", phase: "note", code: "swept", message: `1 compliant. Report ${"a".repeat(64)}.` },
		},
	];
	expect(told(lines, { reportDigest: "a".repeat(64) }).population.onLog).toBe(true);
	expect(told(lines, { reportDigest: "b".repeat(64) }).population.onLog).toBe(false);
	expect(told(lines).population.onLog).toBe(false);
});
