// An order that waits until another person has approved it: what was asked for, the plan that was shown, and what became of it.
// APR1. What is decided about is one text of it (`sealOf`), which the audit log has. Otherwise: anyone who may write the record has
//       another plan approved, or their own name taken out of the request. Kept by: approval.test.ts, approvals.test.ts.
// APR2. A plan is the same as long as it replaces the same versions, changes the same roles, rolls the same workloads the same way
//       and warns of the same things, at the same addresses. The number of pods, and how long that takes, do not count: an
//       autoscaler would void every approval. Kept by: approval.test.ts.

import { createHash } from "node:crypto";
import type { Actor } from "./audit-entry.ts";
import { canonical } from "./audit-record.ts";
import type { Reason } from "./codes.ts";
import type { Problem } from "./fault.ts";
import type { Place } from "./log-blobs.ts";
import type { PlanShown, RotationExposure } from "./rotation.ts";
import type { VersionId } from "./secret-version.ts";

/**
 * `planning`: what it is about is not known yet; `not-needed`: the order came to nothing that could be approved. Neither is
 * stored. `void`: the plan was another one by the time it was to be carried out, or it came too late.
 */
export const approvalStates = ["awaiting-approval", "approved", "rejected", "expired", "void", "used"] as const;
export type ApprovalState = (typeof approvalStates)[number];

/** What may have to be approved, as it was ordered. */
export interface Order {
	readonly kind: "rotate" | "rollback";
	readonly force?: boolean;
	readonly compromised?: boolean;
	readonly to?: VersionId;
}

/** What is shown to the person who decides. Nothing of it ever changes. */
export interface ApprovalRequest {
	/** The id of the run that asked. */
	readonly id: string;
	/** The id of the run that an approval starts. */
	readonly rotationId: string;
	readonly secret: string;
	readonly order: Order;
	readonly requestedBy: Actor;
	readonly requestedAt: string;
	/** The requester's own words. */
	readonly reason?: string;
	/** Why the plan wants to do it. */
	readonly code: Reason;
	readonly plan: PlanShown;
	readonly exposure?: RotationExposure;
	readonly planDigest: string;
	readonly parts: PlanParts;
	/** When it was stored. */
	readonly askedAt: string;
	readonly expiresAt: string;
}

export interface Decision {
	readonly by: Actor;
	readonly at: string;
	readonly reason: string;
}

export interface Approval {
	readonly request: ApprovalRequest;
	/** Where its request is on the audit log, at the earliest. */
	readonly place: Place;
	readonly state: Exclude<ApprovalState, "expired">;
	readonly decision?: Decision;
	/** Of one that is void. */
	readonly problem?: Problem;
}

/** A line of a list. */
export interface ApprovalLine {
	readonly id: string;
	readonly rotationId: string;
	readonly secret: string;
	readonly kind: Order["kind"];
	readonly requestedBy: Actor;
	readonly requestedAt: string;
	readonly expiresAt: string;
	readonly planDigest: string;
	readonly state: ApprovalState;
	readonly decidedBy?: Actor;
}

const sha256 = (value: object): string => createHash("sha256").update(canonical(value)).digest("hex");

/** The parts of a plan that an approval is for, each as a digest, so that a change can be named. */
export type PlanParts = Readonly<Record<keyof typeof partNames, string>>;

const partNames = {
	order: "what was ordered",
	secret: "where the secret is",
	addresses: "the addresses of vault, server, clusters or repositories",
	versions: "the versions that it replaces",
	roles: "the roles whose passwords it changes",
	workloads: "the workloads, or how the value gets to them",
	steps: "the way in which it replaces the value",
	warnings: "what it warns of",
} as const;

/** What a plan would do, as far as an approval is for it. */
export interface Planned {
	readonly order: Order;
	readonly vault: string;
	readonly name: string;
	readonly strategy: string;
	readonly shown: PlanShown;
	/** As configured. */
	readonly consumers: readonly object[];
	/** What the names of vault, server, clusters and repositories stand for. */
	readonly addresses: object;
	/** As configured: a template says where a value goes. */
	readonly derived: readonly object[];
	readonly bringsBack?: VersionId;
	readonly accepts?: boolean;
	readonly revokes?: boolean;
}

export function partsOf(plan: Planned): PlanParts {
	const { order, vault, name, strategy, shown, consumers, bringsBack, accepts = false, revokes = false } = plan;
	const { addresses, derived } = plan;
	const { kind, force = false, compromised = false, to } = order;
	const warned = shown.checks.flatMap(({ result, code }) => (result === "warned" ? [code] : []));
	const plain = (value: unknown): object => JSON.parse(JSON.stringify(value)) as object;
	return {
		order: sha256(plain({ kind, force, compromised, to })),
		secret: sha256({ vault, name, strategy }),
		addresses: sha256(plain(addresses)),
		versions: sha256(plain([shown.versions, bringsBack ?? null])),
		roles: sha256(plain(shown.roles)),
		workloads: sha256(plain([consumers, shown.workloads.map(({ workload }) => workload)])),
		steps: sha256(plain({ accepts, revokes, derived })),
		warnings: sha256([...new Set(warned)].sort()),
	};
}

export const planDigestOf = (parts: PlanParts): string => sha256(parts);

/** @returns what has changed, in words; empty where the plan is the same */
export function changedBetween(before: PlanParts, now: PlanParts): string {
	const names = Object.keys(partNames) as (keyof typeof partNames)[];
	return names
		.filter((name) => before[name] !== now[name])
		.map((name) => partNames[name])
		.join("; ");
}

/** SHA-256 of the whole request: what the audit log has of it, and of each decision about it. */
export const sealOf = (request: ApprovalRequest): string => sha256(JSON.parse(JSON.stringify(request)) as object);

/** The run that an approval starts: always the same one, so that it is started once. */
export function approvedRunOf(id: string): string {
	const dot = id.lastIndexOf(".");
	const hex = createHash("sha256").update(`approved ${id}`).digest("hex");
	const parts = [
		hex.slice(0, 8),
		hex.slice(8, 12),
		`8${hex.slice(13, 16)}`,
		`a${hex.slice(17, 20)}`,
		hex.slice(20, 32),
	];
	return `${id.slice(0, dot)}.${parts.join("-")}`;
}

/** Nobody decides about it any more once its time is over; what was approved in time is judged when it begins. */
export const stateAt = (state: ApprovalState, expiresAt: string, now: Date): ApprovalState =>
	state === "awaiting-approval" && now.getTime() >= Date.parse(expiresAt) ? "expired" : state;

export const lineOf = ({ request, state, decision }: Approval): ApprovalLine => ({
	id: request.id,
	rotationId: request.rotationId,
	secret: request.secret,
	kind: request.order.kind,
	requestedBy: request.requestedBy,
	requestedAt: request.requestedAt,
	expiresAt: request.expiresAt,
	planDigest: request.planDigest,
	state,
	...(decision && { decidedBy: decision.by }),
});

/** One person is one object id: tokens of one tenant only are accepted (authentication.ts, H4). A UUID has no case. */
export const isSamePerson = (one: Actor, other: Actor): boolean =>
	one.kind === "operator" && other.kind === "operator" && isSameId(one.id, other.id);

export const isSameId = (one: string | undefined, other: string | undefined): boolean =>
	one?.toLowerCase() === other?.toLowerCase();
