// Between the copy and the roll: other secrets of the workload that are about to be ready are waited for, so that it is rolled
// once. See steps/together.ts.

import { leastPause, pauseAfter } from "../domain/pace.ts";
import type { Others } from "../steps/together.ts";
import { type DeliverConsumer, type ForCopy, forConsumer, isFirstRound, type Look } from "./delivery.ts";
import { type Durable, type Process, StepFailed, secondsFrom, step } from "./process.ts";

/** @returns the look that waits, or the secrets that are ready too */
export function* lookAtOthers(
	durable: Durable,
	state: DeliverConsumer,
	at: ForCopy,
): Process<Look | { readonly ready: readonly string[] }> {
	const { rollTogetherSeconds: most = 0 } = state.consumer;
	if (most === 0 || !isFirstRound(at)) return { ready: [] };
	const readySince = at.readySince ?? durable.now().toISOString();
	const { onTheirWay, ready } = yield* others(durable, state);
	const waited = secondsFrom(durable, readySince);
	if (onTheirWay.length === 0 || waited >= most) return { ready };
	const pauseSeconds = Math.min(pauseAfter(waited, leastPause.pods), most - waited);
	return { next: { ...state, wait: { ...at, phase: "copy", readySince, waitsFor: onTheirWay } }, pauseSeconds };
}

/** What cannot be asked is not waited for. */
function* others(durable: Durable, state: DeliverConsumer): Process<Others> {
	try {
		return yield* step(durable, "checkOthers", forConsumer(state));
	} catch (error) {
		if (!(error instanceof StepFailed)) throw error;
		return { onTheirWay: [], ready: [] };
	}
}
