// Entries of the audit log as rotations write them: a step's intent and its outcome, of the usual length.

import { randomUUID } from "node:crypto";
import type { Entry } from "../src/lib/domain/audit-entry.ts";
import { type Link, lineOf, recordOf, start } from "../src/lib/domain/audit-record.ts";

const recordsARotation = 18;

/** The n-th one, of a rotation that has 18 of them. */
export function entryOf(n: number, rotationId = `db-password.${randomUUID()}`): Entry {
	const phase = n % 2 === 0 ? "intent" : "outcome";
	return {
		...{ rotationId, step: "setSecret", phase, attempt: `${Math.floor((n % recordsARotation) / 2)}` },
		...{ secretName: "db-password", vault: "main", server: "titanic-db", role: "titanic_admin" },
		...(phase === "outcome" && { code: "done", newVersion: "0123456789abcdef0123456789abcdef" }),
		actor: { kind: "operator", id: "0b1ec700-0000-4000-8000-0000000000aa" },
	};
}

/** A whole chain, line by line. */
export function* chainOf(records: number, time: Date): Generator<string> {
	let previous: Link = start;
	let rotationId = "";
	for (let n = 0; n < records; n++) {
		if (n % recordsARotation === 0) rotationId = `db-password.${randomUUID()}`;
		const record = recordOf(entryOf(n, rotationId), { previous, time });
		previous = record.data;
		yield lineOf(record);
	}
}
