// Requests for tests: one that the timer would make, with whatever a test changes.

import type {
	ReconcileRequest,
	RequestKind,
	RollbackRequest,
	RotateRequest,
	RotationRequest,
} from "../../src/lib/domain/requests/index.ts";

export type Changes = Partial<
	Omit<RotateRequest, "kind"> & Omit<ReconcileRequest, "kind"> & Omit<RollbackRequest, "kind">
> & { kind?: RequestKind };

export const requestOf = (changes: Changes = {}): RotationRequest =>
	({
		rotationId: "db-password.00000000-0000-4000-8000-000000000001",
		secret: "db-password",
		kind: "rotate",
		actor: { kind: "timer" },
		...(changes.kind === undefined || changes.kind === "rotate" ? { force: false } : {}),
		...(changes.kind === "reconcile" && { direction: "database-from-vault" }),
		dryRun: false,
		requestedAt: "2026-06-01T06:00:00.000Z",
		...changes,
	}) as RotationRequest;
