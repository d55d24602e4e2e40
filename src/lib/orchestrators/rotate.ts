// One rotation of one managed secret: which step comes next, and how it ends.
// RO1. The pending secret is stored before the switch, and the switch is over before any consumer is touched.
// RO2. Once the switch has published, no way leads back: a consumer that fails ends the run as `published-not-delivered`.

import type { Outcome, Reason } from "../domain/codes.ts";
import { type FaultCode, type Leaves, leavesOf, type Problem } from "../domain/fault.ts";
import {
	type ConsumerStatus,
	type RotationRequest,
	type RotationStatus,
	reachedConsumers,
} from "../domain/rotation.ts";
import type { Source } from "../domain/standing.ts";
import type { Ids } from "../steps/boundary.ts";
import type { CreateSecret } from "../steps/create-secret.ts";
import type { PublishedVersion } from "../steps/deliver.ts";
import type { Plan } from "../steps/plan.ts";
import type { Switch } from "../steps/switch.ts";
import { deliverAll } from "./deliver-all.ts";
import { patiently } from "./patience.ts";
import { type Durable, type Process, StepFailed, step } from "./process.ts";
import { type Progress, progressOf } from "./progress.ts";

/** How a run ends whose switch ended for good, by what it leaves. */
const outcomes = {
	untouched: "refused",
	theirs: "refused",
	"as-before": "compensated",
	open: "interrupted",
} as const satisfies Record<Leaves, Outcome>;

export function* rotate(durable: Durable, request: RotationRequest): Process<RotationStatus> {
	const progress = progressOf(durable, request);
	const ids: Ids = { rotationId: request.rotationId, secret: request.secret, actor: request.actor };

	let plan: Plan;
	try {
		plan = yield* progress.during("plan", "Looking at vault, database and consumers", step(durable, "plan", request));
	} catch (error) {
		return yield* finished(durable, ids, refused(progress, error));
	}
	progress.know({ ...(plan.baseVersion !== undefined && { previousVersion: plan.baseVersion }) });
	if (plan.act === "refuse") {
		return yield* finished(durable, ids, progress.end({ outcome: "refused", code: plan.code, problem: plan.problem }));
	}
	if (plan.act === "skip") {
		// A write that came late, of a rotation that is over: it is put away, or each sweep finds it.
		const leftover = request.dryRun || plan.credentialId === undefined ? {} : { credentialId: plan.credentialId };
		return yield* finished(durable, { ...ids, ...leftover }, progress.end({ outcome: "skipped", code: plan.code }));
	}
	if (request.dryRun) return yield* finished(durable, ids, progress.end({ outcome: "planned", code: plan.code }));

	const credentialId = plan.credentialId ?? request.rotationId;
	const target = { ...ids, credentialId, baseVersion: plan.baseVersion ?? "" };
	let source: Source;
	let covered: readonly string[] = [];
	try {
		if (plan.source) source = plan.source;
		else ({ source, covered } = yield* newPending(progress, target));
	} catch (error) {
		return yield* finished(durable, target, refused(progress, error));
	}

	const switched = yield* switchOver(progress, { ...target, source });
	if ("ended" in switched) return yield* finished(durable, target, switched.ended);
	const consumers = yield* deliverAll(durable, progress, target, plan.consumers, switched.published);
	return yield* finished(durable, { ...target, covered }, progress.end(endOf(consumers, plan.code)));
}

/** @returns where the new password is, and what it makes needless once it is live */
export function* newPending(
	progress: Progress,
	target: CreateSecret,
): Process<{ source: Source; covered: readonly string[] }> {
	const create = step(progress.durable, "createSecret", target);
	const { pendingVersion, covered } = yield* progress.during("createSecret", "Storing the pending password", create);
	return { source: { secret: "pending", version: pendingVersion }, covered };
}

/** @returns what is live now, or how the run ends without */
export function* switchOver(
	progress: Progress,
	target: Switch,
): Process<{ published: PublishedVersion[] } | { ended: RotationStatus }> {
	try {
		const switched = yield* progress.during(
			"switch",
			"Changing database and vault",
			step(progress.durable, "switch", target),
		);
		progress.split(switched.steps);
		const { version, previousVersion, derived, gapMs, name = target.secret } = switched;
		progress.know({ version, previousVersion, derived, ...(gapMs !== undefined && { gapMs }) });
		return { published: [{ secret: name, version }, ...derived] };
	} catch (error) {
		if (!(error instanceof StepFailed)) throw error;
		const { problem } = error;
		const outcome = error.final ? outcomes[leavesOf(problem.code)] : "interrupted";
		return { ended: progress.end({ outcome, code: problem.code, problem }) };
	}
}

/** `completed` only if each consumer proved the new version. */
export function endOf(consumers: readonly ConsumerStatus[], code: Reason | FaultCode) {
	const problem = consumers.find(({ delivered }) => !delivered)?.problem;
	return problem
		? { outcome: "published-not-delivered" as const, code: problem.code, problem, consumers }
		: { outcome: "completed" as const, code, consumers };
}

export function refused(progress: Progress, error: unknown): RotationStatus {
	if (!(error instanceof StepFailed)) throw error;
	return progress.end({ outcome: "refused", code: error.problem.code, problem: error.problem });
}

/** Where the record cannot be saved for a day, the durable status still tells the end. */
export function* finished(
	durable: Durable,
	ids: Ids & { readonly covered?: readonly string[] },
	status: RotationStatus,
): Process<RotationStatus> {
	const record = () => step(durable, "finish", { ...ids, status });
	yield* attempted(reachedConsumers(status) ? patiently(durable, record) : record());
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

/** What comes after the end changes the end no more. @returns the problem of a step that failed */
function* attempted(process: Process<unknown>): Process<Problem | undefined> {
	try {
		yield* process;
		return undefined;
	} catch (error) {
		if (error instanceof StepFailed) return error.problem;
		throw error;
	}
}
