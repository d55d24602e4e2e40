// What keeps an order from being approved, or an approval from being used.

import { final } from "./kind.ts";

export const approvalFaults = {
	"approval-unknown": final<{ id: string }>(
		({ id }) => `No order ${id} waits, or has waited, for an approval.`,
		"GET /api/approvals lists those that do; GET /api/rotations/{id} shows how an order ended.",
		{ status: 404 },
	),
	"approval-own": final<{ id: string; operator: string }>(
		({ id, operator }) => `Order ${id} is that of operator ${operator}, who cannot approve it.`,
		"Ask another person who has the app role Rotation.Approve.",
		{ status: 403 },
	),
	"approval-by-app": final<{ operator: string }>(
		({ operator }) =>
			`The token of ${operator} is an application's (it has no claim scp), and only a person decides about an order.`,
		"Sign in as a person: by the page, by rotator or by az login.",
		{ status: 403 },
	),
	"approval-decided": final<{ id: string; how: string; by: string }>(
		({ id, how, by }) => `Order ${id} was ${how} already, by operator ${by}.`,
		"GET /api/approvals/{id} shows when and why; a new order asks for a new approval.",
		{ status: 409 },
	),
	"approval-expired": final<{ id: string; at: string }>(
		({ id, at }) => `The approval of order ${id} had to be given, and its rotation to begin, before ${at}.`,
		"Order it again; what is due asks again by itself at the next sweep.",
		{ status: 409, leaves: "untouched" },
	),
	"approval-void": final<{ id: string; changed: string }>(
		({ id, changed }) => `The approval of order ${id} is void, since the plan has changed: ${changed}.`,
		"Nothing was changed. Order it again, and have the new plan approved.",
		{ status: 409, leaves: "untouched" },
	),
	"approval-used": final<{ id: string; rotationId: string }>(
		({ id, rotationId }) => `The approval of order ${id} was used by ${rotationId}, which is over.`,
		"Order it again: each approval is for one rotation.",
		{ status: 409, leaves: "untouched" },
	),
	"approval-not-given": final<{ id: string }>(
		({ id }) => `The audit log has no approval of order ${id} by another person.`,
		"Nothing was changed. Ask who has started it without one: only the app starts approved rotations.",
		{ status: 409, leaves: "untouched" },
	),
	"approval-not-genuine": final<{ id: string }>(
		({ id }) => `The stored order ${id} is not what the audit log has of it.`,
		"Nothing was changed. Find out who may write to the records' container besides the app, and order it again.",
		{ status: 409, leaves: "untouched" },
	),
	"approval-required": final<{ secret: string }>(
		({ secret }) => `Secret ${secret} needs an approval, and a reconciliation waits for none.`,
		"Reconcile with database-from-vault, order a rotation, or go without by breakGlass, with its role and a reason.",
		{ status: 409, leaves: "untouched" },
	),
	"break-glass-not-recorded": final<{ rotationId: string }>(
		({ rotationId }) =>
			`The audit log does not have that ${rotationId} was ordered like this without the approval that it needs, or has its end already.`,
		"Nothing was changed. Ask who has started it: only the app's API does, and records it first.",
		{ status: 409, leaves: "untouched" },
	),
	"freeze-unknown": final<{ id: string }>(
		({ id }) => `There is no freeze ${id} of operators'.`,
		"GET /api/freezes lists them; one of the configuration ends by changing that.",
		{ status: 404 },
	),
};
