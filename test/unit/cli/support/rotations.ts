// A rotation at each of its stages, as the API tells of it.

import type { EndedRun, Rotation, Secret, SecretList } from "../../../../src/cli/rotator/answers.ts";

export const id = "db-password.2b6f0cc9-04d1-4d6f-93a0-0ac1c9a6b5f3";
export const live = "0123456789abcdef0123456789abcdef";
export const before = "fedcba9876543210fedcba9876543210";
export const workload = "Deployment titanic-api/titanic-api";

export const waiting: Rotation = {
	id,
	rotationId: id,
	status: "NotStarted",
	secret: "db-password",
	kind: "rotate",
	requestedBy: { kind: "operator", id: "0b1ec700-0000-4000-8000-0000000000aa" },
	requestedAt: "2026-11-30T06:00:00.000Z",
	reason: "INC-4711",
	now: "waiting to begin",
	steps: [],
};

export const switching: Rotation = {
	...waiting,
	status: "Running",
	now: "Setting the password in the database",
	steps: [
		{ name: "plan", ms: 400 },
		{ name: "createSecret", ms: 12_300 },
	],
};

export const why = {
	code: "server-unreachable",
	message: "Server pg.example:5432 cannot be reached (ECONNREFUSED).",
	next: "Check the firewall.",
};

export const retrying: Rotation = {
	...switching,
	retrying: { ...why, step: "switch", attempt: 2, nextTryAt: "2026-11-30T06:01:00.000Z" },
};

const pod = (name: string, proved: boolean) => ({
	...{ pod: name, ready: proved, proved },
	...(proved ? { version: live, provedBy: "start" as const } : { detail: "its copy is old" }),
});

export const delivering: Rotation = {
	...switching,
	now: "Waiting for the pods",
	steps: [...switching.steps, { name: "switch", ms: 900, failedTries: 2, lastCode: why.code }],
	version: live,
	previousVersion: before,
	consumers: [{ workload, delivered: false, pods: [pod("titanic-api-1", true), pod("titanic-api-2", false)] }],
};

export const completed: Rotation = {
	...delivering,
	...{ status: "Succeeded", now: undefined, outcome: "completed", code: "near-expiry" },
	consumers: [{ workload, delivered: true, pods: [pod("titanic-api-1", true), pod("titanic-api-2", true)] }],
	endedAt: "2026-11-30T06:01:30.000Z",
};

export const undelivered: Rotation = {
	...completed,
	...{ status: "Failed", outcome: "published-not-delivered", code: "rollout-failed" },
	problem: { code: "rollout-failed", message: "The rollout has failed.", next: "See the pods." },
	consumers: [{ workload, delivered: false, pods: [], problem: why }],
};

export const refused: Rotation = {
	...waiting,
	...{ status: "Failed", now: undefined, outcome: "refused", code: why.code, problem: why },
	endedAt: "2026-11-30T06:00:02.000Z",
};

export const planned: Rotation = {
	...waiting,
	...{ status: "Succeeded", now: undefined, dryRun: true, outcome: "planned", code: "forced", previousVersion: live },
	plan: {
		versions: [{ secret: "db-password", live, replaced: true }],
		roles: [{ server: "pg.example:5432", role: "titanic_admin" }],
		workloads: [{ workload, restarts: 2, exposureSeconds: 0 }],
		checks: [
			{ check: "the server answers", result: "passed" },
			{ check: "no session is left", result: "warned", code: "role-in-use", message: "One is." },
		],
	},
	endedAt: "2026-11-30T06:00:02.000Z",
};

export const secret: Secret = {
	secret: "db-password",
	vault: "titanic-kv-prod",
	name: "db-password",
	strategy: "single-user",
	derived: ["db-connection-string"],
	consumers: [workload],
	state: "due",
	version: live,
	expires: "2026-12-29T06:00:00.000Z",
	dueAt: "2026-11-28T06:00:00.000Z",
	cutShort: false,
	health: { state: "drifted", code: "live-changed-by-hand" },
};

export const ended: EndedRun = {
	...{ rotationId: id, secret: "db-password", kind: "rotate", outcome: "completed", code: "near-expiry" },
	...{ by: "operator", version: live, endedAt: "2026-11-30T05:01:30.000Z" },
};

/** A list of one secret, as a sweep has found it. */
export const list: SecretList = {
	at: "2026-11-30T05:00:00.000Z",
	counts: {
		...{ total: 1, running: 0 },
		state: { compliant: 0, due: 1, expired: 0, unreadable: 0, "not-judged": 0 },
		health: { unknown: 0, "cut-short": 0, "not-delivered": 0, drifted: 1, failed: 0, healthy: 0 },
	},
	secrets: [
		{
			...{ secret: "db-password", vault: "titanic-kv-prod", name: "db-password", strategy: "single-user" },
			...{ consumers: [workload], state: "due", dueInDays: -2.5, health: secret.health },
		},
	],
	problems: [],
};
