// One rotation of one managed secret, or the rollback to an earlier value of it: which step comes next.
// RO1. The pending secret is stored before the switch, and the switch is over before any consumer is touched.
// RO2. Once the switch has published, no way leads back: a consumer that fails ends the run as `published-not-delivered`.

import type { RollbackRequest, RotateRequest } from "../domain/requests/index.ts";
import type { RotationStatus } from "../domain/rotation.ts";
import type { Source } from "../domain/standing.ts";
import type { Ids } from "../steps/boundary.ts";
import type { CreateSecret } from "../steps/create-secret.ts";
import type { PublishedVersion } from "../steps/deliver.ts";
import type { Plan } from "../steps/plan.ts";
import type { Switch } from "../steps/switch/index.ts";
import { deliverAll } from "./deliver-all.ts";
import { endOf, endOfSwitch, finished, refused } from "./ending.ts";
import { type Durable, type Process, StepFailed, secondsFrom, step } from "./process.ts";
import { type Progress, progressOf } from "./progress.ts";

export function* rotate(durable: Durable, request: RotateRequest | RollbackRequest): Process<RotationStatus> {
	const progress = progressOf(durable, request);
	const ids: Ids = { rotationId: request.rotationId, secret: request.secret, actor: request.actor };

	let plan: Plan;
	try {
		plan = yield* progress.during("plan", "Looking at vault, database and consumers", step(durable, "plan", request));
	} catch (error) {
		return yield* finished(durable, ids, refused(progress, error));
	}
	progress.know({
		...(plan.baseVersion !== undefined && { previousVersion: plan.baseVersion }),
		...(plan.bringsBack !== undefined && { broughtBack: plan.bringsBack }),
		...(plan.warnings && { warnings: plan.warnings }),
		...(plan.exposure && { exposure: plan.exposure }),
		...(plan.shown && { plan: plan.shown }),
	});
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
		else ({ source, covered } = yield* newPending(progress, { ...target, bringsBack: plan.bringsBack }));
	} catch (error) {
		return yield* finished(durable, target, refused(progress, error));
	}

	const switched = yield* switchOver(progress, { ...target, source });
	if ("ended" in switched) return yield* finished(durable, target, switched.ended);
	const consumers = yield* deliverAll(durable, progress, target, plan.consumers, switched.published);
	if (plan.exposure && switched.alteredAt !== undefined && consumers.every(({ delivered }) => delivered)) {
		// Two clocks: that of the activity's instance may be ahead.
		const measuredSeconds = Math.max(0, Math.ceil(secondsFrom(durable, switched.alteredAt)));
		progress.know({ exposure: { ...plan.exposure, measuredSeconds } });
	}
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
): Process<{ published: PublishedVersion[]; alteredAt?: string } | { ended: RotationStatus }> {
	try {
		const switched = yield* progress.during(
			"switch",
			"Changing database and vault",
			step(progress.durable, "switch", target),
		);
		progress.split(switched.steps);
		const { version, previousVersion, derived, gapMs, alteredAt, name = target.secret } = switched;
		progress.know({ version, previousVersion, derived, ...(gapMs !== undefined && { gapMs }) });
		return { published: [{ secret: name, version }, ...derived], ...(alteredAt !== undefined && { alteredAt }) };
	} catch (error) {
		if (!(error instanceof StepFailed)) throw error;
		return { ended: progress.end(endOfSwitch(error)) };
	}
}
