import { expect, test } from "@jest/globals";
import type { AuditRecord, Entry } from "../../../src/lib/domain/audit-entry.ts";
import { recordOf, start } from "../../../src/lib/domain/audit-record.ts";
import { follow, missingOutcomes, type OpenIntents } from "../../../src/lib/domain/open-intents.ts";

const entry = (changes: Partial<Entry>): Entry => ({
	rotationId: "db-password.00000000-0000-4000-8000-000000000001",
	step: "setSecret",
	phase: "intent",
	attempt: "1",
	secretName: "db-password",
	actor: { kind: "operator", id: "somebody", appId: "portal" },
	...changes,
});

function logOf(...changes: Partial<Entry>[]): AuditRecord[] {
	let previous = start;
	return changes.map((change, minute) => {
		const record = recordOf(entry(change), { previous, time: new Date(Date.UTC(2026, 10, 23, 10, minute)) });
		previous = record.data;
		return record;
	});
}

function missingIn(records: readonly AuditRecord[]): Entry[] {
	const open: OpenIntents = new Map();
	for (const { data } of records) follow(open, data);
	return missingOutcomes(open);
}

const codes = (records: AuditRecord[]) => missingIn(records).map(({ attempt, code }) => `${attempt} ${code}`);
const outcome = { phase: "outcome" } as const;

test("an intent with its outcome lacks none", () => {
	expect(missingIn(logOf({}, { ...outcome, code: "password-set" }))).toEqual([]);
});

test("a step that a later execution did is recovered", () => {
	expect(codes(logOf({}, { attempt: "2" }, { ...outcome, attempt: "2", code: "password-set" }))).toEqual([
		"1 recovered",
	]);
});

test("a step that another rotation did is recovered", () => {
	const other = { rotationId: "db-password.00000000-0000-4000-8000-000000000002", attempt: "2" };
	expect(codes(logOf({}, other, { ...outcome, ...other, code: "already-set" }))).toEqual(["1 recovered"]);
});

test("a step is unknown when it was done before only, when it failed later, and when another workload's was done", () => {
	const later = { ...outcome, attempt: "2" };
	expect(codes(logOf({ attempt: "2" }, { ...later, code: "password-set" }, {}))).toEqual(["1 unknown"]);
	expect(codes(logOf({}, { attempt: "2" }, { ...later, code: "server-unreachable" }))).toEqual(["1 unknown"]);
	expect(codes(logOf({}, { attempt: "2" }, { ...later, code: "not-begun" }))).toEqual(["1 unknown"]);
	expect(codes(logOf({}, { attempt: "2" }, { ...later, code: "unknown" }))).toEqual(["1 unknown"]);
	const roll = { step: "roll", workload: "Deployment a/a" } as const;
	const ofAnother = { step: "roll", workload: "Deployment b/b", attempt: "2" } as const;
	expect(codes(logOf(roll, ofAnother, { ...ofAnother, ...outcome, code: "rolled" }))).toEqual(["1 unknown"]);
});

test("the outcome says whose intent it closes, and closing it leaves nothing open", () => {
	const intent = { vault: "main", server: "pg", role: "titanic_admin", oldVersion: "v1", configHash: "c0ffee" };
	const [closing] = missingIn(logOf(intent));
	expect(closing).toMatchObject({ ...entry(intent), ...outcome, code: "unknown" });
	expect(missingIn(logOf(intent, closing!))).toEqual([]);
});
