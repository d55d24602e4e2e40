// The live version delivered again, without a new password: after `published-not-delivered`, or to pods that drifted.

import type { DeliverRequest } from "../domain/requests/index.ts";
import type { RotationStatus } from "../domain/rotation.ts";
import type { Ids } from "../steps/boundary.ts";
import type { DeliveryPlan } from "../steps/plan-delivery.ts";
import { deliverAll } from "./deliver-all.ts";
import { endOf, finished, refused } from "./ending.ts";
import { type Durable, type Process, step } from "./process.ts";
import { type Progress, progressOf } from "./progress.ts";

export function* deliver(durable: Durable, request: DeliverRequest): Process<RotationStatus> {
	const progress = progressOf(durable, request);
	const ids = { rotationId: request.rotationId, secret: request.secret, actor: request.actor };
	return yield* finished(durable, ids, yield* delivered(durable, progress, ids, request));
}

function* delivered(durable: Durable, progress: Progress, ids: Ids, request: DeliverRequest): Process<RotationStatus> {
	let plan: DeliveryPlan;
	try {
		plan = yield* progress.during("plan", "Looking at vault and consumers", step(durable, "planDelivery", request));
	} catch (error) {
		return refused(progress, error);
	}
	if (plan.shown) progress.know({ plan: plan.shown });
	const { problem } = plan;
	if (problem) return progress.end({ outcome: "refused", code: problem.code, problem });
	const [live, ...derived] = plan.published;
	progress.know({ ...(live && { version: live.version }), derived });
	if (request.dryRun) return progress.end({ outcome: "planned", code: "deliver" });
	return progress.end(endOf(yield* deliverAll(durable, progress, ids, plan.consumers, plan.published), "delivered"));
}
