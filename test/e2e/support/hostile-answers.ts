// Answers of the API in which every text that somebody else may write is the same one, whatever it is. They keep to the API's schema.

import type { OperationId } from "../../../src/api/operations.ts";
import { type AnswerOf, routes } from "../../../src/api/routes.ts";

type Body<K extends OperationId> = AnswerOf<K>["body"];
type Rotation = Extract<Body<"showRotation">, { steps: unknown }>;

const version = "0123456789abcdef0123456789abcdef";
const other = "fedcba9876543210fedcba9876543210";
const later = "2099-11-30T06:00:00.000Z";
const at = "2026-11-30T06:00:00.000Z";

export interface Sizes {
	readonly secrets: number;
	readonly pods: number;
	readonly runs: number;
	readonly steps: number;
}

/** @param text in every place, with a number behind it where two of a kind have to differ */
export function answersWith(text: string, { secrets, pods, runs, steps }: Sizes) {
	const many = <T>(count: number, one: (nth: string) => T): T[] =>
		Array.from({ length: count }, (_, index) => one(index === 0 ? text : `${text}${index}`));
	const problem = { code: text, message: text, next: text };
	const actor = { kind: "operator" as const, id: text, appId: text };
	const pod = (nth: string) => ({ pod: nth, ready: true, proved: false, version: other, detail: text });
	const consumer = (workload: string) => ({
		...{ workload, delivered: false, problem, now: text, pods: many(pods, pod) },
		together: { rolledBy: text, secrets: many(3, (nth) => nth) },
	});
	const run = (rotationId: string) => ({
		...{ rotationId, secret: text, kind: "rotate" as const, outcome: "refused" as const, code: text },
		...{ by: "operator" as const, version, endedAt: at },
	});
	const running = { rotationId: text, kind: "rotate" as const, now: text };
	const retrying = { ...problem, step: text, attempt: 3, nextTryAt: later, givenUpAt: later };
	const plan = {
		versions: many(2, (secret) => ({ secret, live: version, replaced: true })),
		roles: many(2, (role) => ({ server: text, role })),
		workloads: many(2, (workload) => ({ workload, restarts: 2, exposureSeconds: 3 })),
		checks: many(3, (check) => ({ check, result: "warned" as const, code: text, message: text })),
	};
	const rotation: Rotation = {
		...{ id: text, rotationId: text, status: "Running", secret: text, kind: "rotate", requestedBy: actor },
		...{ requestedAt: at, reason: text, now: text, retrying, problem, warnings: [problem], drift: [problem], plan },
		steps: many(steps, (name) => ({ name, ms: 400, failedTries: 2, lastCode: text })),
		approval: { id: text, approvedBy: actor, approvedAt: at, reason: text, breakGlass: true },
		...{ code: text, version, previousVersion: other, broughtBack: other },
		derived: many(2, (secret) => ({ secret, version })),
		retired: { server: text, role: text, versions: [version] },
		compromise: { endedSessions: 1, versions: [version], left: problem },
		consumers: many(2, consumer),
	};
	const row = (secret: string, index: number) => ({
		...{ secret, vault: text, name: `${text}-`, strategy: text, consumers: [text, text], expires: later },
		...{
			state: "expired" as const,
			dueInDays: -3.5,
			health: { state: "failed" as const, code: text, rotationId: text },
		},
		waits: { code: "frozen" as const, until: later, reason: text },
		...(index % 2 === 1 && { running: { ...running, retrying } }),
	});
	const approval = {
		...{ id: text, secret: text, kind: "rotate" as const, requestedBy: actor, requestedAt: at, expiresAt: later },
		rotationId: text,
	};
	const entry = (secret: string) => ({
		...{ secret, state: "expired" as const, action: "held-back" as const, dueInDays: -3, expires: later, problem },
		...{ health: { state: "failed" as const, code: text }, drift: [problem] },
		backup: { state: "old" as const, problem },
	});
	const sweep = { at, compliant: 0, due: 0, expired: 5, unreadable: 0, overdue: 5, drift: 5, unmanaged: 5 };
	const numbers = { total: secrets, running: 1 };
	const health = { unknown: 0, "cut-short": 0, "not-delivered": 0, drifted: 0, failed: secrets, healthy: 0 };
	const state = { compliant: 0, due: 0, expired: secrets, unreadable: 0, "not-judged": 0 };
	const waiting = many(2, (id) => ({ ...approval, id, state: "awaiting-approval" as const, decidedBy: actor }));
	const runningNow = [{ ...running, secret: text, requestedAt: at, retrying }];
	const answers = {
		listSecrets: {
			...{ at, counts: { ...numbers, state, health }, problems: [problem] },
			secrets: many(secrets, (nth) => nth).map(row),
			overview: {
				needing: { total: secrets + 1, secrets: many(secrets, (nth) => nth).map(row) },
				approvals: waiting,
				running: runningNow,
			},
		},
		showSecret: {
			...{ secret: text, vault: text, name: text, strategy: text, state: "expired", version, expires: later },
			...{ derived: many(3, (nth) => nth), consumers: many(3, (nth) => nth), dueAt: at, cutShort: true },
			workloads: many(2, (workload) => ({ workload, pods: many(pods, pod), problem })),
			...{ health: { state: "failed", code: text, rotationId: text }, problem, running: { ...running, retrying } },
			...{ drift: { seenAt: at, findings: [problem] }, unretired: { seenAt: at, problem } },
		},
		listRotationsOf: { rotations: many(runs, run) },
		listRotations: {
			running: runningNow,
			rotations: many(runs, run),
		},
		showRotation: rotation,
		listApprovals: { approvals: waiting },
		showApproval: {
			...{ ...approval, state: "void", order: { kind: "rotate", force: true, to: text }, reason: text, code: text },
			...{ plan, planDigest: text, decision: { by: actor, at, reason: text }, problem },
		},
		showCompliance: {
			...{ complete: false, at, secrets: many(secrets, entry), problems: [problem], trend: [sweep], unclassed: 1 },
			unmanaged: many(secrets, (secret) => ({ vault: text, secret, rotation: text })),
			overdue: [{ secret: text, days: 3, exempt: false }],
			exceptions: many(3, (secret) => ({
				...{ vault: text, secret, owner: text, reason: text, until: later, ended: true, managed: true },
			})),
			classes: many(3, (policyClass) => ({
				...{ policyClass, rationale: text, riskAnalysis: text, maxDays: 90 },
				...{ secrets: 3, overdue: 1, rotations: 2, late: 1 },
			})),
		},
		showEvidence: {
			...{
				evidence: evidenceWith(
					text,
					many(3, (nth) => nth),
				),
				producedAt: at,
				key: text,
				jws: text,
			},
		},
		showCode: { code: text, kind: "fault", means: text, next: text },
		startRollback: { rotationId: text, alreadyRunning: true },
	} satisfies { readonly [K in OperationId]?: Body<K> };
	for (const [id, body] of Object.entries(answers)) {
		const { 200: shown, 202: started } = routes[id as OperationId].answers as Record<number, readonly unknown[]>;
		const [, schema] = (shown ?? started) as unknown as readonly [string, { parse(body: unknown): unknown }];
		schema.parse(body);
	}
	return answers;
}

function evidenceWith(text: string, names: readonly string[]): Body<"showEvidence">["evidence"] {
	const counts = { listed: 4, managed: 1, pending: 1, unmanaged: 1, others: 1 };
	const run = (secret: string) => ({
		...{ rotationId: text, secret, kind: text, requestedAt: at, by: "operator" as const, who: text, reason: text },
		...{ approvedBy: text, due: at, done: at, late: true, code: text, records: { first: 1, last: 9, count: 9 } },
		proof: names.map((workload) => ({ workload, at, record: 9 })),
	});
	return {
		head: {
			...{ asOf: at, period: { from: at, to: at }, scope: { vaults: names, secrets: 1 }, tool: text, version: text },
			...{ configHash: text, rows: 9 },
			log: { name: text, verdict: "broken", flaw: text, records: 9, last: { seq: 9, hash: text } },
		},
		classes: names.map((policyClass) => ({
			...{ policyClass, rationale: text, riskAnalysis: text, maxDays: 90 },
			...{ secrets: 1, overdue: 1, rotations: 1, late: 1 },
		})),
		population: {
			...{ sweptAt: at, reportDigest: text, onLog: false, vaults: names.map((vault) => ({ vault, at, ...counts })) },
			unmanaged: names.map((secret) => ({ vault: text, secret, rotation: text })),
		},
		exemptions: names.map((secret) => ({
			...{ vault: text, secret, owner: text, reason: text, until: later, ended: true, managed: true },
		})),
		secrets: names.map((secret) => ({
			...{ secret, vault: text, name: text, policyClass: text, rotateEveryDays: 90, state: text, overdue: true },
			...{ lateRotations: 1, drift: [text], problem: text, exemptUntil: text },
		})),
		rotations: names.map(run),
		breakGlass: names,
		trend: [],
	};
}

/** What a run's plan is, once it has been made. */
export const planned = ({ plan, ...rest }: Rotation): Rotation => ({
	...{ ...rest, status: "Succeeded", dryRun: true, outcome: "planned", now: undefined, retrying: undefined },
	...(plan && { plan }),
});
