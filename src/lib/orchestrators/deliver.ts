// The live version delivered again, without a new password: after `published-not-delivered`, or to pods that drifted.

import type { RotationRequest, RotationStatus } from "../domain/rotation.ts";
import { deliverAll } from "./deliver-all.ts";
import { type Durable, type Process, step } from "./process.ts";
import { progressOf } from "./progress.ts";
import { endOf, finished, refused } from "./rotate.ts";

export function* deliver(durable: Durable, request: RotationRequest): Process<RotationStatus> {
	const progress = progressOf(durable, request);
	const ids = { rotationId: request.rotationId, secret: request.secret, actor: request.actor };
	try {
		const { published, consumers } = yield* progress.during(
			"plan",
			"Looking at vault and consumers",
			step("planDelivery", request),
		);
		const [live, ...derived] = published;
		progress.know({ ...(live && { version: live.version }), derived });
		if (request.dryRun) return yield* finished(ids, progress.end({ outcome: "planned", code: "deliver" }));
		const ended = yield* deliverAll(durable, progress, ids, consumers, published);
		return yield* finished(ids, progress.end(endOf(ended, "delivered")));
	} catch (error) {
		return yield* finished(ids, refused(progress, error));
	}
}
