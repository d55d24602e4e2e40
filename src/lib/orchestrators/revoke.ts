// What a rotation does at last where the value before is compromised: it opens nothing any more, and the record says how soon.
// RVO1. It does not change how the rotation ends: the new value is live and delivered, or not, whatever is left of the old one.
//       Kept by: revoke.test.ts.

import type { Compromise } from "../domain/rotation.ts";
import type { Revoke } from "../steps/revoke.ts";
import { type Process, StepFailed, secondsFrom, step } from "./process.ts";
import type { Progress } from "./progress.ts";

/** @param requestedAt ISO 8601: when somebody said that it leaked */
export function* revoked(progress: Progress, input: Revoke, requestedAt: string): Process<Compromise> {
	const { durable } = progress;
	try {
		const now = "Ending what the compromised value opens";
		const end = yield* progress.during("retire", now, step(durable, "revoke", input));
		if (end.left) return end;
		// Two clocks: that of the instance that took the order may be ahead.
		return { ...end, closedAfterSeconds: Math.max(0, Math.ceil(secondsFrom(durable, requestedAt))) };
	} catch (error) {
		if (!(error instanceof StepFailed)) throw error;
		return { endedSessions: 0, versions: [], left: error.problem };
	}
}
