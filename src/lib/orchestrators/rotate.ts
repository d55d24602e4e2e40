// One rotation of one managed secret, or the rollback to an earlier value of it: which step comes next.
// RO1. The pending secret is stored before the switch, and the switch is over before any consumer is touched.
// RO2. Once the switch has published, no way leads back: a consumer that fails ends the run as `published-not-delivered`.
// RO3. Where old values stay accepted, every consumer has proved that it accepts the new one before it is in force. A consumer that
//      fails in that first step ends the run as `interrupted`: the next one goes on from there. Otherwise: what one pod signs,
//      another refuses. Kept by: fallbacks.test.ts.

import type { Reason } from "../domain/codes.ts";
import type { RollbackRequest, RotateRequest } from "../domain/requests/index.ts";
import { type RotationStatus, undelivered } from "../domain/rotation.ts";
import type { Source } from "../domain/standing.ts";
import type { Asks } from "../steps/approval.ts";
import type { Ids } from "../steps/boundary.ts";
import type { CreateSecret } from "../steps/create-secret.ts";
import type { PublishedVersion } from "../steps/deliver.ts";
import type { Plan } from "../steps/plan.ts";
import type { Switch } from "../steps/switch/index.ts";
import { deliverAll } from "./deliver-all.ts";
import { endOf, endOfSwitch, finished, refused } from "./ending.ts";
import { type Durable, type Process, StepFailed, secondsFrom, step } from "./process.ts";
import { type Progress, progressOf } from "./progress.ts";
import { revoked } from "./revoke.ts";

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
		...(plan.approval && { approval: plan.approval }),
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

	if (plan.asks) return yield* asked(progress, ids, request, plan, plan.asks);

	const isOrdered = request.kind === "rotate" && request.compromised;
	const compromisedSince = isOrdered ? request.requestedAt : plan.compromisedSince;
	const credentialId = plan.credentialId ?? request.rotationId;
	const target = { ...ids, credentialId, baseVersion: plan.baseVersion ?? "" };
	let source: Source;
	let covered: readonly string[] = [];
	try {
		if (plan.source) source = plan.source;
		else {
			const { bringsBack } = plan;
			({ source, covered } = yield* newPending(progress, {
				...target,
				bringsBack,
				...(compromisedSince !== undefined && { compromised: true }),
			}));
		}
	} catch (error) {
		return yield* finished(durable, target, refused(progress, error));
	}

	const wanted = { ...target, source, bringsBack: plan.bringsBack };
	const switched = yield* switchOver(progress, wanted, plan);
	if ("ended" in switched) return yield* finished(durable, target, switched.ended);
	const { published, delivery } = switched;
	const consumers = yield* deliverAll(durable, progress, target, plan.consumers, published, delivery);
	if (plan.exposure && switched.alteredAt !== undefined && consumers.every(({ delivered }) => delivered)) {
		// Two clocks: that of the activity's instance may be ahead.
		const measuredSeconds = Math.max(0, Math.ceil(secondsFrom(durable, switched.alteredAt)));
		progress.know({ exposure: { ...plan.exposure, measuredSeconds } });
	}
	const end = endOf(consumers, plan.code);
	const version = published[0]?.version;
	if (plan.revokes && version !== undefined) {
		const undelivered = "problem" in end ? { undelivered: end.problem } : {};
		const compromised = { ...target, version, previousVersion: target.baseVersion, ...undelivered };
		progress.know({ compromise: yield* revoked(progress, compromised, compromisedSince ?? request.requestedAt) });
	}
	return yield* finished(durable, { ...target, covered }, progress.end(end));
}

/** It waits for its approval as a record, and ends: what is approved is another run. */
function* asked(
	progress: Progress,
	ids: Ids,
	{ requestedAt, reason }: RotateRequest | RollbackRequest,
	{ code, exposure }: Plan,
	asks: Asks,
): Process<RotationStatus> {
	const { durable } = progress;
	const given = { requestedAt, reason, code: code as Reason, asks, exposure };
	try {
		const { id } = yield* step(durable, "askApproval", { ...ids, ...given });
		progress.know({ approval: { id } });
		return yield* finished(durable, ids, progress.end({ outcome: "skipped", code: "awaiting-approval" }));
	} catch (error) {
		return yield* finished(durable, ids, refused(progress, error));
	}
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

type Published = { readonly published: PublishedVersion[]; readonly alteredAt?: string };
type Ended = { readonly ended: RotationStatus };

/**
 * In two steps where the plan says so: what is live signs as before, and every consumer accepts what is to sign next.
 * @returns what is live now and which delivery comes next, or how the run ends without
 */
export function* switchOver(
	progress: Progress,
	target: Switch,
	{ accepts, consumers }: Pick<Plan, "accepts" | "consumers">,
): Process<(Published & { readonly delivery: "only" | "second" }) | Ended> {
	// Every consumer has accepted what is live already.
	if (!accepts || target.source.secret === "live") {
		const only = yield* switchOnce(progress, target);
		return "ended" in only ? only : { ...only, delivery: "only" };
	}
	const first = yield* switchOnce(progress, { ...target, accepts: true });
	if ("ended" in first) return first;
	const delivered = yield* deliverAll(progress.durable, progress, target, consumers, first.published);
	const problem = undelivered(delivered);
	if (problem)
		return { ended: progress.end({ outcome: "interrupted", code: problem.code, problem, consumers: delivered }) };
	const acceptedBy = first.published[0]?.version;
	const second = yield* switchOnce(progress, { ...target, ...(acceptedBy !== undefined && { acceptedBy }) });
	return "ended" in second ? second : { ...second, delivery: "second" };
}

function* switchOnce(progress: Progress, target: Switch): Process<Published | Ended> {
	try {
		const switched = yield* progress.during(
			"switch",
			target.accepts ? "Publishing what accepts the new key" : "Changing database and vault",
			step(progress.durable, "switch", target),
		);
		progress.split(switched.steps);
		const { version, previousVersion, expires, derived, gapMs, alteredAt, name = target.secret } = switched;
		const dates = { ...(expires !== undefined && { expires }), ...(gapMs !== undefined && { gapMs }) };
		progress.know({ version, previousVersion, derived, ...dates });
		return { published: [{ secret: name, version }, ...derived], ...(alteredAt !== undefined && { alteredAt }) };
	} catch (error) {
		if (!(error instanceof StepFailed)) throw error;
		const { outcome, ...end } = endOfSwitch(error);
		// The first step was done, and its version may be live: nobody may say that nothing was changed.
		const isSecond = target.acceptedBy !== undefined && outcome === "refused";
		return { ended: progress.end({ ...end, outcome: isSecond ? "interrupted" : outcome }) };
	}
}
