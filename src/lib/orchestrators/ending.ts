// How every run ends: with which outcome, and what is written down then.
// EN1. An outcome says no more than what was proved: `refused` where nothing was changed, `compensated` where the old password
//      logs in again, `completed` where each consumer proved the new version, or where its next run alone can; `interrupted` where nobody can say so.
// EN2. What comes after the end no longer changes it.

import type { Outcome, Reason } from "../domain/codes.ts";
import { type FaultCode, type Leaves, leavesOf, type Problem } from "../domain/fault.ts";
import { type ConsumerStatus, type RotationStatus, reachedConsumers, undelivered } from "../domain/rotation.ts";
import type { Ids } from "../steps/boundary.ts";
import { patiently } from "./patience.ts";
import { type Durable, type Process, StepFailed, step } from "./process.ts";
import type { Progress } from "./progress.ts";

/** How a run ends whose switch ended for good, by what it leaves. */
const outcomes = {
	untouched: "refused",
	theirs: "refused",
	"as-before": "compensated",
	open: "interrupted",
} as const satisfies Record<Leaves, Outcome>;

/** What the operator asked for is no problem. */
const cancelled = { outcome: "cancelled", code: "cancelled" } as const;

/** A switch that ended without a published version: for good, or tried in vain. */
export function endOfSwitch({ final, problem }: StepFailed) {
	if (problem.code === "cancelled") return cancelled;
	const outcome: Outcome = final ? outcomes[leavesOf(problem.code)] : "interrupted";
	return { outcome, code: problem.code, problem };
}

/** `completed` only if each consumer proved the new version. */
export function endOf(consumers: readonly ConsumerStatus[], code: Reason | FaultCode) {
	const problem = undelivered(consumers);
	return problem
		? { outcome: "published-not-delivered" as const, code: problem.code, problem, consumers }
		: { outcome: "completed" as const, code, consumers };
}

export function refused(progress: Progress, error: unknown): RotationStatus {
	if (!(error instanceof StepFailed)) throw error;
	const { problem } = error;
	return progress.end(problem.code === "cancelled" ? cancelled : { outcome: "refused", code: problem.code, problem });
}

/** Where the record cannot be saved for a day, the durable status still shows the end. */
export function* finished(
	durable: Durable,
	ids: Ids & { readonly covered?: readonly string[] },
	status: RotationStatus,
): Process<RotationStatus> {
	const record = () => step(durable, "finish", { ...ids, status });
	yield* attempted(reachedConsumers(status) ? patiently(durable, record) : record());
	// Not patiently, no matter who could help: nothing else can be started for this secret meanwhile, and the sweep signs.
	const unsigned = yield* attempted(step(durable, "signHead", ids));
	if (unsigned) {
		const { code, message } = unsigned;
		const { rotationId, secret, actor, credentialId } = ids;
		const entry = { step: "signHead", phase: "note", code, message, attempt: rotationId } as const;
		yield* attempted(step(durable, "note", { rotationId, secret, actor, credentialId, ...entry }));
	}
	durable.report(status);
	return status;
}

/** @returns the problem of a step that failed */
export function* attempted(process: Process<unknown>): Process<Problem | undefined> {
	try {
		yield* process;
		return undefined;
	} catch (error) {
		if (error instanceof StepFailed) return error.problem;
		throw error;
	}
}
