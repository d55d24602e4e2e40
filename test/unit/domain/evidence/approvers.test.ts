// Who approved a rotation, as the audit log tells it.

import { expect, test } from "@jest/globals";
import { approvedRunOf } from "../../../../src/lib/domain/approval.ts";
import type { Entry } from "../../../../src/lib/domain/audit-entry.ts";
import { recordOf, start } from "../../../../src/lib/domain/audit-record.ts";
import { reading } from "../../../../src/lib/domain/evidence/runs.ts";

const order = "db-password.2b6f0cc9-04d1-4d6f-93a0-0ac1c9a6b5f3";
const seal = "a".repeat(64);

const note = (code: Entry["code"], id: string, digest = seal): Entry => ({
	...{ rotationId: order, step: "approval", phase: "note", attempt: "1", secretName: "db-password" },
	...{ code, digest, actor: { kind: "operator", id } },
});

function approversIn(...entries: Entry[]) {
	const read = reading();
	let previous = start;
	for (const entry of entries) {
		const record = recordOf(entry, { previous, time: new Date("2026-11-20T10:00:00Z") });
		previous = record.data;
		read.take(record);
	}
	return [...read.approvers];
}

const asked = note("approval-requested", "alice");

test("is whoever else approved the order that the log has, for the rotation that it starts", () => {
	expect(approversIn(asked, note("approved", "bob"))).toEqual([[approvedRunOf(order), "bob"]]);
});

test.each<[string, Entry[]]>([
	["an order that the log does not have", [note("approved", "bob")]],
	["another order of the same id", [asked, note("approved", "bob", "b".repeat(64))]],
	["the requester's own", [asked, note("approved", "alice")]],
	["one that was rejected first", [asked, note("approval-rejected", "carol"), note("approved", "bob")]],
	["one that was rejected", [asked, note("approval-rejected", "bob")]],
	["the requester's own, in capitals", [asked, note("approved", "ALICE")]],
])("an approval of %s is none", (_, entries) => {
	expect(approversIn(...entries)).toEqual([]);
});

test("the first of two who approve is told, and an order that is written again changes nothing", () => {
	const again = note("approval-requested", "mallory", "b".repeat(64));
	const told = approversIn(asked, again, note("approved", "bob"), note("approved", "carol"));
	expect(told).toEqual([[approvedRunOf(order), "bob"]]);
});

test("an order that was recorded twice, since the first one could not be stored, is known by the one that was decided about", () => {
	const again = note("approval-requested", "alice", "b".repeat(64));
	expect(approversIn(asked, again, note("approved", "bob", "b".repeat(64)))).toEqual([[approvedRunOf(order), "bob"]]);
});
