import { expect, test } from "@jest/globals";
import {
	type ApprovalRequest,
	approvedRunOf,
	changedBetween,
	isSamePerson,
	type Planned,
	partsOf,
	planDigestOf,
	sealOf,
	stateAt,
} from "../../../src/lib/domain/approval.ts";
import { secretOfRotation } from "../../../src/lib/domain/ids.ts";

const planned: Planned = {
	order: { kind: "rotate", force: true, compromised: false },
	vault: "main",
	name: "db-password",
	strategy: "single-user",
	consumers: [{ namespace: "titanic-api", name: "titanic-api", delivery: { path: "csi-driver" } }],
	addresses: { vault: "https://titanic-kv-prod.vault.azure.net", server: "pg.example.org:5432" },
	derived: [{ secret: "db-connection-string", template: "{password}" }],
	accepts: false,
	revokes: false,
	shown: {
		versions: [{ secret: "db-password", live: "v1", replaced: true }],
		roles: [{ server: "pg", role: "titanic_admin" }],
		workloads: [{ workload: "Deployment titanic-api/titanic-api", restarts: 2, exposureSeconds: 0 }],
		checks: [{ check: "It can be restarted.", result: "passed" }],
	},
};
const parts = partsOf(planned);
const changed = (change: Partial<Planned>) => changedBetween(parts, partsOf({ ...planned, ...change }));
const shown = (change: Partial<Planned["shown"]>) => changed({ shown: { ...planned.shown, ...change } });

test("a plan is another one where it does something else, and says what", () => {
	expect(changed({ order: { kind: "rotate", force: true, compromised: true } })).toBe("what was ordered");
	expect(changed({ order: { kind: "rollback", to: "v0" } })).toBe("what was ordered");
	expect(changed({ vault: "side" })).toBe("where the secret is");
	expect(changed({ strategy: "alternating-users" })).toBe("where the secret is");
	expect(shown({ versions: [{ secret: "db-password", live: "v2", replaced: true }] })).toBe(
		"the versions that it replaces",
	);
	expect(changed({ bringsBack: "v0" })).toBe("the versions that it replaces");
	expect(shown({ roles: [{ server: "pg", role: "postgres" }] })).toBe("the roles whose passwords it changes");
	expect(changed({ consumers: [] })).toBe("the workloads, or how the value gets to them");
	expect(changed({ addresses: { ...planned.addresses, server: "pg.evil.example:5432" } })).toBe(
		"the addresses of vault, server, clusters or repositories",
	);
	expect(
		changed({ derived: [{ secret: "db-connection-string", template: "postgresql://evil.example/{password}" }] }),
	).toBe("the way in which it replaces the value");
	expect(changed({ accepts: true })).toBe("the way in which it replaces the value");
	expect(changed({ revokes: true })).toBe("the way in which it replaces the value");
	expect(shown({ checks: [{ check: "It can.", result: "warned", code: "rollout-failed" }] })).toBe("what it warns of");
	expect(changed({ vault: "side", accepts: true })).toBe("where the secret is; the way in which it replaces the value");
});

test("a plan is the same with more pods, longer waits, other sentences and the same order in other words", () => {
	const workloads = [{ workload: "Deployment titanic-api/titanic-api", restarts: 9, exposureSeconds: 60 }];
	expect(shown({ workloads, checks: [] })).toBe("");
	expect(changed({ order: { kind: "rotate", force: true } })).toBe("");
	expect(planDigestOf(partsOf(structuredClone(planned)))).toBe(planDigestOf(parts));
});

test("every field of a request is under its seal", () => {
	const id = "db-password.00000000-0000-4000-8000-000000000001";
	const request: ApprovalRequest = {
		...{ id, rotationId: approvedRunOf(id), secret: "db-password", order: planned.order },
		...{ requestedBy: { kind: "operator", id: "a" }, requestedAt: "2026-06-01T06:00:00.000Z", code: "forced" },
		...{ plan: planned.shown, planDigest: planDigestOf(parts), parts },
		...{ askedAt: "2026-06-01T06:00:01.000Z", expiresAt: "2026-06-02T06:00:01.000Z", reason: "why" },
	};
	const seals = Object.keys(request).map((name) => sealOf({ ...request, [name]: "other" }));
	expect(new Set([sealOf(request), ...seals]).size).toBe(Object.keys(request).length + 1);
	// As it comes back from where it is stored.
	expect(sealOf(JSON.parse(JSON.stringify({ ...request, exposure: undefined })))).toBe(sealOf(request));
});

test("the run that an order's approval starts is always the same one, of the same secret, and no other order's", () => {
	const [one, other] = ["1", "2"].map((digit) => `db-password.00000000-0000-4000-8000-00000000000${digit}`);
	expect(approvedRunOf(one!)).toBe(approvedRunOf(one!));
	expect(secretOfRotation(approvedRunOf(one!))).toBe("db-password");
	expect(new Set([one, other, approvedRunOf(one!), approvedRunOf(other!)]).size).toBe(4);
});

test("only what nobody has decided about expires, and an automatic start is nobody's own", () => {
	const at = new Date("2026-06-02T06:00:00.000Z");
	expect(stateAt("awaiting-approval", at.toISOString(), new Date(at.getTime() - 1))).toBe("awaiting-approval");
	expect(stateAt("awaiting-approval", at.toISOString(), at)).toBe("expired");
	expect(stateAt("approved", at.toISOString(), at)).toBe("approved");
	expect(isSamePerson({ kind: "operator", id: "a", appId: "x" }, { kind: "operator", id: "a", appId: "y" })).toBe(true);
	expect(isSamePerson({ kind: "operator", id: "a" }, { kind: "operator", id: "b" })).toBe(false);
	expect(isSamePerson({ kind: "timer" }, { kind: "operator" })).toBe(false);
});
