// The health of a managed secret, beside its dates (`state`): two answers, because either can be good while the other is bad.
// HE1. A dry run, a skip or a run that is under way hides nothing: what the last real run left, and what the last delivery
//      lacks, is reported until a later one has corrected it. Otherwise: somebody looks at the plan, and a failed rotation
//      reads "planned". Kept by: health.test.ts.
// HE2. It is the first of `states` that holds: the order in which a person has to act.

import type { Outcome, Reason } from "./codes.ts";
import type { FaultCode, Problem } from "./fault.ts";
import type { RotationStatus } from "./rotation.ts";

export const states = [
	/** Vault, records or durable storage cannot be asked. */
	"unknown",
	/** A rotation was cut short: the next trigger or sweep goes on with it. */
	"cut-short",
	/** Some consumer does not have the live version. */
	"not-delivered",
	/** Vault, database, derived secrets or pods disagree. */
	"drifted",
	/** The last real run was refused, compensated or interrupted. */
	"failed",
	"healthy",
] as const;

export interface Health {
	readonly state: (typeof states)[number];
	/** Why; absent where nothing is wrong, or nothing says why. */
	readonly code?: Reason | FaultCode;
	/** The run that shows more. */
	readonly rotationId?: string;
}

export interface HealthFacts {
	/** What could not be looked at. */
	readonly problem?: Problem;
	readonly cutShort: boolean;
	/** The live version. */
	readonly version?: string;
	/** Nothing says that anyone has it. */
	readonly undelivered?: boolean;
	readonly lastDelivery?: RotationStatus;
	/** The last run that was neither a dry run nor skipped. */
	readonly lastRun?: RotationStatus;
	readonly drift?: {
		/** ISO 8601 */
		readonly seenAt: string;
		/** The cause first. */
		readonly findings: readonly Problem[];
	};
}

export function healthOf(facts: HealthFacts): Health {
	const { problem, cutShort, version, undelivered, lastDelivery, lastRun, drift } = facts;
	if (problem) return { state: "unknown", code: problem.code };
	if (cutShort) return { state: "cut-short" };
	if (lastDelivery?.outcome === "published-not-delivered" && lastDelivery.version === version)
		return { state: "not-delivered", ...whyOf(lastDelivery) };
	if (undelivered) return { state: "not-delivered" };
	const [cause] = drift?.findings ?? [];
	if (cause && !(lastRun && settles(lastRun, drift?.seenAt ?? ""))) return { state: "drifted", code: cause.code };
	if (lastRun?.outcome && failures.has(lastRun.outcome)) return { state: "failed", ...whyOf(lastRun) };
	return { state: "healthy" };
}

const failures: ReadonlySet<Outcome> = new Set(["refused", "compensated", "interrupted"]);

const whyOf = ({ code, rotationId }: RotationStatus) => ({ ...(code && { code }), rotationId });

/** It has proved since that all agree. */
const settles = ({ outcome, endedAt }: RotationStatus, seenAt: string): boolean =>
	outcome === "completed" && endedAt !== undefined && Date.parse(endedAt) > Date.parse(seenAt);
