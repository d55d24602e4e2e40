// The API's calls: where each is, and who may make it. Everything else about them hangs on these names: checks (routes.ts),
// handlers (lib/http/handlers.ts), the command, the page, docs/openapi.json.
// OPS1. Nothing is imported here. Otherwise: the page carries the checks of every request to the browser.

/** App roles of the API's registration in Entra ID; all of `Rotation.*` include `Rotation.Read`. */
export type AppRole = "Rotation.Read" | "Rotation.Operate" | "Rotation.Approve" | "Rotation.BreakGlass" | "Audit.Read";

export interface Operation {
	readonly method: "GET" | "POST";
	/** `{name}` stands for a managed secret's id, `{id}` for a rotation's, an approval's or a freeze's, `{channel}` for one of `notifications`, `{code}` for one of docs/codes.md. */
	readonly path: `/api/${string}`;
	/** Absent: anyone may, without a token. */
	readonly role?: AppRole;
}

export const operations = {
	listSecrets: { method: "GET", path: "/api/secrets", role: "Rotation.Read" },
	showSecret: { method: "GET", path: "/api/secrets/{name}", role: "Rotation.Read" },
	listRotationsOf: { method: "GET", path: "/api/secrets/{name}/rotations", role: "Rotation.Read" },
	startRotation: { method: "POST", path: "/api/secrets/{name}/rotations", role: "Rotation.Operate" },
	startDelivery: { method: "POST", path: "/api/secrets/{name}/deliveries", role: "Rotation.Operate" },
	startReconciliation: { method: "POST", path: "/api/secrets/{name}/reconciliations", role: "Rotation.Operate" },
	startRollback: { method: "POST", path: "/api/secrets/{name}/rollbacks", role: "Rotation.Operate" },
	listRotations: { method: "GET", path: "/api/rotations", role: "Rotation.Read" },
	showRotation: { method: "GET", path: "/api/rotations/{id}", role: "Rotation.Read" },
	cancelRotation: { method: "POST", path: "/api/rotations/{id}/cancellations", role: "Rotation.Operate" },
	testNotification: { method: "POST", path: "/api/notifications/{channel}/tests", role: "Rotation.Operate" },
	listApprovals: { method: "GET", path: "/api/approvals", role: "Rotation.Read" },
	showApproval: { method: "GET", path: "/api/approvals/{id}", role: "Rotation.Read" },
	approve: { method: "POST", path: "/api/approvals/{id}/approve", role: "Rotation.Approve" },
	reject: { method: "POST", path: "/api/approvals/{id}/reject", role: "Rotation.Approve" },
	listFreezes: { method: "GET", path: "/api/freezes", role: "Rotation.Read" },
	startFreeze: { method: "POST", path: "/api/freezes", role: "Rotation.Operate" },
	endFreeze: { method: "POST", path: "/api/freezes/{id}/end", role: "Rotation.Operate" },
	showCompliance: { method: "GET", path: "/api/compliance", role: "Rotation.Read" },
	showEvidence: { method: "GET", path: "/api/compliance/evidence", role: "Audit.Read" },
	showHealth: { method: "GET", path: "/api/health", role: "Rotation.Read" },
	askDoctor: { method: "POST", path: "/api/doctor", role: "Rotation.Operate" },
	showCode: { method: "GET", path: "/api/codes/{code}" },
	showAudit: { method: "GET", path: "/api/audit", role: "Audit.Read" },
} as const satisfies Readonly<Record<string, Operation>>;

export type OperationId = keyof typeof operations;
