// An order of db-password that waits for an approval.

import { randomUUID } from "node:crypto";
import { type Approval, type ApprovalRequest, approvedRunOf } from "../../src/lib/domain/approval.ts";
import { rotationIdOf } from "../../src/lib/domain/ids.ts";

const secret = "db-password";

export const approval = (changes: Partial<ApprovalRequest> = {}): Approval => {
	const id = changes.id ?? rotationIdOf(secret, randomUUID());
	return {
		request: {
			...{ id, rotationId: approvedRunOf(id), secret, order: { kind: "rotate", force: true } },
			...{ requestedBy: { kind: "operator", id: "a" }, requestedAt: "2026-11-23T09:00:00.000Z", code: "forced" },
			...{ plan: { versions: [], roles: [], workloads: [], checks: [] }, planDigest: "0".repeat(64) },
			parts: { order: "", secret: "", addresses: "", versions: "", roles: "", workloads: "", steps: "", warnings: "" },
			...{ askedAt: "2026-11-23T09:00:00.000Z", expiresAt: "2026-11-24T09:00:00.000Z", ...changes },
		},
		place: { blob: "audit/2026-11.ndjson", offset: 7 },
		state: "awaiting-approval",
	};
};
