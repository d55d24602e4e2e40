// What is known of a rotation from outside: its status, its record. Names, ids and versions only: all of this lies
// readable in durable history, custom status, records and HTTP answers.

import type { Actor } from "./audit-entry.ts";
import type { Outcome, Reason } from "./codes.ts";
import type { Exposure } from "./exposure.ts";
import { type FaultCode, type Problem, waitingHelps } from "./fault.ts";
import type { Change, Direction } from "./reconciliation.ts";
import type { RequestKind, RotationRequest } from "./requests/index.ts";
import type { VersionId } from "./secret-version.ts";
import type { PodProof } from "./workload.ts";

export interface StepTime {
	readonly name: string;
	readonly ms: number;
	/** How many tries failed before it ended, and the last one's code; absent where none did. */
	readonly failedTries?: number;
	readonly lastCode?: FaultCode;
}

/** A step that failed for a reason which may pass, and is tried again. */
export interface Retrying extends Problem {
	/** The activity's name, e.g. `switch`. */
	readonly step: string;
	/** How many tries have failed. */
	readonly attempt: number;
	/** ISO 8601; a request of the same secret that comes before has it tried at once. */
	readonly nextTryAt: string;
	/** When the run ends without it, where that is a time. */
	readonly givenUpAt?: string;
}

/** The event that ends the pause after the n-th failed try of a step. */
export const tryNowEvent = (step: string, attempt: number): string => `try-${step}-${attempt}`;

/** The event that ends the wait of a run that gives way. */
export const giveWayEvent = "give-way";

/** The status resource, the durable custom status and the rotation record: one shape. */
export interface RotationStatus {
	readonly rotationId: string;
	readonly secret: string;
	readonly kind: RequestKind;
	readonly direction?: Direction;
	readonly requestedBy: Actor;
	readonly requestedAt: string;
	/** While it runs: when it should be over. ISO 8601. */
	readonly expectedBy?: string;
	readonly reason?: string;
	/** Of an order with a key of its caller's: a repeated one is recognized by it. SHA-256, hex. */
	readonly orderDigest?: string;
	/** Absent where the secret needs no approval. */
	readonly approval?: ApprovalNote;
	/** Only the plan was asked for; absent otherwise. */
	readonly dryRun?: true;
	/** What is going on now, for a person; absent once over. */
	readonly now?: string;
	/** What is being tried again, and when next; absent while nothing is. */
	readonly retrying?: Retrying;
	/** While it waits: it ends at once, without having done anything, where something else is asked for. */
	readonly givesWay?: true;
	readonly steps: readonly StepTime[];
	/** Absent while running. */
	readonly outcome?: Outcome;
	readonly code?: Reason | FaultCode;
	readonly problem?: Problem;
	/** What the plan found wrong, and the rotation continues in spite of: often only because it is forced. */
	readonly warnings?: readonly Problem[];
	/** A reconciliation's: what it found, and what it would change or has changed. */
	readonly drift?: readonly Problem[];
	readonly changes?: readonly Change[];
	/** A rollback's: the earlier version whose value it makes live again. */
	readonly broughtBack?: string;
	readonly previousVersion?: string;
	readonly version?: string;
	/** When that version expires, ISO 8601. */
	readonly expires?: string;
	readonly derived?: readonly { readonly secret: string; readonly version: string }[];
	/** Milliseconds from ALTER ROLE committed to the new version readable. */
	readonly gapMs?: number;
	readonly exposure?: RotationExposure;
	/**
	 * What no longer opens anything: the role whose password nobody knows now, and the earlier versions that were
	 * disabled for that.
	 */
	readonly retired?: RetiredValue;
	/** Of an order about a compromised value, where a database knows it: what became of that. */
	readonly compromise?: Compromise;
	/** A dry run's. */
	readonly plan?: PlanShown;
	readonly consumers?: readonly ConsumerStatus[];
	/** How many deliveries to a consumer were over when those of `consumers` began: of the first of two steps. */
	readonly earlierDeliveries?: number;
	readonly endedAt?: string;
}

/** What a run has to do with an approval. */
export interface ApprovalNote {
	/** Of which order's (approval.ts); absent with `breakGlass`. */
	readonly id?: string;
	/** Once the audit log has been asked, as what follows. */
	readonly approvedBy?: Actor;
	readonly approvedAt?: string;
	/** The words of who approved it. */
	readonly reason?: string;
	/** It went on without the approval that it needed. */
	readonly breakGlass?: true;
}

export interface RetiredValue {
	readonly server: string;
	readonly role: string;
	readonly versions: readonly VersionId[];
}

export interface Compromise {
	/** From the order until it opened nothing: a login with it is refused, and no session of it is left. Absent while something is left. */
	readonly closedAfterSeconds?: number;
	readonly endedSessions: number;
	/** Those that had it, and are disabled. */
	readonly versions: readonly VersionId[];
	/** Whose sessions, or what else. */
	readonly left?: Problem;
}

export interface ConsumerExposure extends Exposure {
	/** `Deployment titanic-api/titanic-api` */
	readonly workload: string;
}

/** How long requests may fail, as the plan computed it, and how long some pod could not be proved. */
export interface RotationExposure {
	/** The longest of any consumer. */
	readonly expectedSeconds: number;
	readonly consumers?: readonly ConsumerExposure[];
	/** From ALTER ROLE committed until the last pod was proved. An application that reads its file again was sooner. */
	readonly measuredSeconds?: number;
}

/** One check of a plan. */
export interface Check {
	/** A sentence that is true where it passed. */
	readonly check: string;
	readonly result: "passed" | "warned" | "refused";
	readonly code?: FaultCode;
	readonly message?: string;
}

/** What a dry run shows. */
export interface PlanShown {
	/** Of the managed secret first, then of each derived one. */
	readonly versions: readonly { readonly secret: string; readonly live?: string; readonly replaced: boolean }[];
	/** Whose password is changed. */
	readonly roles: readonly { readonly server: string; readonly role: string }[];
	readonly workloads: readonly {
		readonly workload: string;
		/** How many pods are replaced, at most; each of them twice where a rotation has two steps. */
		readonly restarts?: number;
		/** How long its requests may fail: `exposure` says how that is made up. */
		readonly exposureSeconds?: number;
	}[];
	/** In the order they were made; of a refused plan up to the one that refused. */
	readonly checks: readonly Check[];
}

export interface ConsumerStatus {
	/** `Deployment titanic-api/titanic-api` */
	readonly workload: string;
	readonly delivered: boolean;
	readonly pods: readonly PodProof[];
	readonly problem?: Problem;
	/**
	 * Nothing runs that could prove the version: the pods of the next run read it when they start. `resumption`: its schedule is
	 * suspended. Neither delivered nor failed; the sweep looks for a run that has begun since.
	 */
	readonly awaits?: "next-run" | "resumption";
	/** When the copy was seen new: containers that started then have the value, and the next delivery does not roll them. */
	readonly copyNew?: readonly { readonly since: string; readonly until?: string }[];
	/** The workload was rolled once for several secrets: whose roll it was, and those that it was for besides, as far as is known. */
	readonly together?: { readonly rolledBy: string; readonly secrets: readonly string[] };
	/** While it is under way: it waits for the canary, or for its copy; it is ready to roll; it has rolled. */
	readonly stage?: "canary" | "copy" | "ready" | "rolled";
	/** While it is under way: the steps that are over, and what is going on now. */
	readonly steps?: readonly StepTime[];
	readonly now?: string;
	readonly retrying?: Retrying;
}

/** It got as far as the consumers: the last one of these says whether they have the version that is live. */
export const reachedConsumers = ({ kind, outcome }: RotationStatus): boolean =>
	kind !== "retire" && (outcome === "completed" || outcome === "published-not-delivered");

/** It did something, or tried to: no dry run, and neither skipped nor cancelled. */
export const isRealRun = ({ outcome, dryRun }: Pick<RotationStatus, "outcome" | "dryRun">): boolean =>
	outcome !== undefined && !["skipped", "planned", "cancelled"].includes(outcome) && !dryRun;

/** It ended before it had begun, for a reason that may pass: what was approved for it may come again. */
export const mayComeAgain = ({ outcome, problem }: RotationStatus): boolean =>
	outcome === "refused" && problem !== undefined && ["always", "turn"].includes(waitingHelps(problem.code));

/** Durable Functions refuses a custom status of more than 16 KB in UTF-16, and fails the instance. */
const mostStatusCharacters = 7_500;

/** The status as it fits into durable storage: without the pods, or a dry run's plan, where it is too long; the record has them. */
export function fitting<S extends RotationStatus | ConsumerStatus>(status: S): S {
	if (JSON.stringify(status).length <= mostStatusCharacters) return status;
	if ("workload" in status) return { ...status, pods: [] };
	const consumers = status.consumers?.map((consumer) => ({ ...consumer, pods: [] }));
	const exposure = status.exposure && { ...status.exposure, consumers: undefined };
	const shorter = { ...status, consumers, exposure, plan: undefined };
	if (JSON.stringify(shorter).length <= mostStatusCharacters) return shorter;
	return { ...shorter, consumers: undefined, drift: undefined, changes: undefined, warnings: undefined };
}

/** Why a delivery did not reach everybody: of a consumer that was begun, where one was. */
export function undelivered(consumers: readonly ConsumerStatus[]): Problem | undefined {
	const problems = consumers.flatMap(({ delivered, problem }) => (delivered || !problem ? [] : [problem]));
	return problems.find(({ code }) => code !== "canary-failed") ?? problems[0];
}

/** It has neither been delivered to nor failed: its own instance shows more. */
export const isUnderWay = ({ delivered, problem, awaits }: ConsumerStatus): boolean =>
	!delivered && problem === undefined && awaits === undefined;

/**
 * A running rotation with what its consumers' deliveries report of themselves. A single consumer's steps are the
 * rotation's own, as they are once it is over.
 */
export function withDeliveries(status: RotationStatus, consumers: readonly ConsumerStatus[]): RotationStatus {
	const [only] = consumers;
	if (consumers.length !== 1 || !only) return { ...status, consumers };
	const steps = [...status.steps, ...(only.steps ?? [])];
	return { ...status, consumers, steps, now: only.now ?? status.now, retrying: only.retrying ?? status.retrying };
}

export const waitingStatus = (request: RotationRequest): RotationStatus => ({
	rotationId: request.rotationId,
	secret: request.secret,
	kind: request.kind,
	...(request.kind === "reconcile" && { direction: request.direction }),
	requestedBy: request.actor,
	requestedAt: request.requestedAt,
	...(request.expectedBy !== undefined && { expectedBy: request.expectedBy }),
	reason: request.reason,
	...(request.orderDigest !== undefined && { orderDigest: request.orderDigest }),
	...(request.approval !== undefined && { approval: { id: request.approval } }),
	now: "waiting to begin",
	steps: [],
});
