// What was live before, of two roles that take turns, is retired: two looks at its role's sessions, and then nobody knows its
// password.
// RTO1. While it waits between the looks it gives way to whatever else is asked for. Otherwise: a rollback, which needs the very
//       value, is refused for half an hour because something runs. Kept by: retire.test.ts.

import type { RetireRequest } from "../domain/requests/index.ts";
import { giveWayEvent, type RotationStatus } from "../domain/rotation.ts";
import type { Ids } from "../steps/boundary.ts";
import { finished, refused } from "./ending.ts";
import { type Durable, type Process, StepFailed, step } from "./process.ts";
import { type Progress, progressOf } from "./progress.ts";

export function* retire(durable: Durable, request: RetireRequest): Process<RotationStatus> {
	const progress = progressOf(durable, request);
	const ids = { rotationId: request.rotationId, secret: request.secret, actor: request.actor };
	return yield* finished(durable, ids, yield* retired(durable, progress, ids, request));
}

function* retired(durable: Durable, progress: Progress, ids: Ids, request: RetireRequest): Process<RotationStatus> {
	let isPlanned = false;
	try {
		const now = "Looking who still uses what was live before";
		const plan = yield* progress.during("plan", now, step(durable, "planRetirement", request));
		isPlanned = true;
		if (plan.act === "leave")
			return progress.end({ outcome: "skipped", code: plan.code, ...(plan.problem && { problem: plan.problem }) });
		const { version, role, pauseSeconds } = plan;
		progress.know({ version });
		const isUndisturbed = yield* progress.during(
			"wait",
			`Nobody uses role ${role}: waiting to look once more`,
			waited(durable, progress, pauseSeconds),
		);
		if (!isUndisturbed) return progress.end({ outcome: "skipped", code: "gave-way" });
		const end = yield* progress.during(
			"retire",
			`Giving role ${role} a password that nobody knows`,
			step(durable, "retireValue", { ...ids, version, role }),
		);
		if (end.act === "leave")
			return progress.end({ outcome: "skipped", code: end.code, ...(end.problem && { problem: end.problem }) });
		return progress.end({ outcome: "completed", code: "retired", retired: end.retired });
	} catch (error) {
		if (!isPlanned || !(error instanceof StepFailed)) return refused(progress, error);
		const { problem } = error;
		return progress.end({ outcome: "interrupted", code: problem.code, problem });
	}
}

/** @returns whether the whole time has passed */
function* waited(durable: Durable, progress: Progress, seconds: number): Process<boolean> {
	const until = new Date(durable.now().getTime() + seconds * 1000);
	progress.know({ givesWay: true });
	yield {
		ask: "first",
		of: [
			{ ask: "wait", until: until.toISOString() },
			{ ask: "event", name: giveWayEvent },
		],
	};
	progress.know({ givesWay: undefined });
	return durable.now() >= until;
}
