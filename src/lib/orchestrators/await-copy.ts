// The first wait of a delivery: the copy that new pods get is refreshed, and waited for until it is new; then the workload is
// rolled, where it is one that is. Where people have to let it through, it is refreshed once more when they have.

import { Fault } from "../domain/fault.ts";
import { confirmAfterSeconds, leastPause, pauseAfter } from "../domain/pace.ts";
import { type Roll, workloadText } from "../domain/workload.ts";
import { lookAtOthers } from "./await-others.ts";
import {
	type DeliverConsumer,
	type ForCopy,
	type ForPods,
	forConsumer,
	gaveUp,
	isFirstRound,
	type Look,
	noted,
	timed,
} from "./delivery.ts";
import { type Durable, type Process, secondsFrom, step } from "./process.ts";

export function* lookAtCopy(durable: Durable, state: DeliverConsumer, at: ForCopy): Process<Look> {
	const { consumer } = state;
	const { since, round, firstCurrent, readySince } = at;
	if (at.phase === "start") {
		yield* noted(durable, state, "deliver", "intent", "delivering");
		yield* step(durable, "refresh", { ...forConsumer(state), round });
	}
	const copy = yield* step(durable, "checkCopy", forConsumer(state));
	if (copy.state === "current" && firstCurrent !== undefined) {
		const others = yield* lookAtOthers(durable, state, at);
		if ("next" in others || "end" in others) return others;
		return yield* rolled(durable, state, { ...at, firstCurrent }, copy.unchangedSince, others.ready);
	}
	const review = copy.state === "stale" ? copy.review : undefined;
	if (review?.is === "ended")
		return yield* gaveUp(durable, timed(durable, state, "deliver", since), "deliver", review.problem);
	const waited = secondsFrom(durable, since);
	if (waited >= consumer.copyTimeoutSeconds) {
		const lacking = copy.state === "stale" ? copy.waitingFor : "it was new at the last look, and at none before";
		const names = { workload: workloadText(consumer), waitedSeconds: Math.round(waited), copy: lacking };
		const fault = new Fault("copy-timeout", names);
		return yield* gaveUp(durable, timed(durable, state, "deliver", since), "deliver", fault);
	}
	// What the app does after a push of its own, and cannot before people have merged.
	if (review?.is === "merged" && !at.isMerged)
		yield* step(durable, "refresh", { ...forConsumer(state), round, isMerged: true });
	const seen = {
		...(review?.is === "waiting" && { review: review.waitsFor }),
		...(review?.is === "merged" && { isMerged: true as const }),
		...(copy.state === "current" && { firstCurrent: copy.at }),
		// However often the copy changes meanwhile, the others are waited for so long at most.
		...(readySince !== undefined && { readySince }),
	};
	return {
		next: { ...state, wait: { phase: "copy", since, round, ...seen } },
		pauseSeconds: copy.state === "current" ? confirmAfterSeconds : pauseAfter(waited, leastPause.copy),
	};
}

function* rolled(
	durable: Durable,
	state: DeliverConsumer,
	{ since, round, firstCurrent: copyCurrentSince }: ForCopy & { readonly firstCurrent: string },
	unchangedSince: string | undefined,
	ready: readonly string[],
): Process<Look> {
	yield* noted(durable, state, "deliver", "outcome", "copy-current");
	const delivered = timed(durable, state, "deliver", since);
	const at = durable.now().toISOString();
	const mine: Roll = { rotationId: state.rotationId, round, version: state.published[0]?.version ?? "", at };
	const {
		code,
		mark = mine,
		copyNew = [],
		by,
	} = yield* step(durable, "roll", {
		...forConsumer(state),
		mark: mine,
		...(isFirstRound({ round }) && { copyCurrentSince, ready }),
	});
	const together = by ? { rolledBy: mark.rotationId, secrets: [by] } : { rolledBy: mine.rotationId, secrets: ready };
	const shared = code !== "rolled-before" && together.secrets.length > 0 ? { together } : {};
	const begun = { since: at, from: at, round, copyCurrentSince, ...shared };
	const next = (wait: ForPods): DeliverConsumer => ({ ...delivered, wait });
	if (code === "rolled") return { next: next({ ...begun, phase: "rollout", mark }), pauseSeconds: leastPause.pods };
	const windows = [...copyNew, ...(unchangedSince === undefined ? [] : [{ since: unchangedSince }])];
	const asked: ForPods =
		code === "not-rolled"
			? { ...begun, phase: "verify", copyNew: windows }
			: { ...begun, phase: "rollout", copyNew: windows, mark };
	return { next: next(asked), pauseSeconds: 0 };
}
