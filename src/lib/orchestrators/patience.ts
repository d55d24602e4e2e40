// What only a person can allow or correct, met after something was changed: it is asked for again, for some minutes.
// PT1. Once a version is published, no single answer ends the run. Otherwise: a role assignment that takes a minute to come back,
//      or a webhook that is being deployed, leaves pods without the new password until the next day's sweep.
// PT2. Minutes, not a day: while it waits, nothing else can be started for this secret.
// PT3. What it waits for is shown. Otherwise: nobody knows that they are asked to act.

import { waitingHelps } from "../domain/fault.ts";
import { type Durable, type Process, pauseBeforeNext, StepFailed, secondsFrom } from "./process.ts";

const mostSeconds = 20 * 60;
const pause = { firstSeconds: 5, mostSeconds: 60 };

/**
 * @param work is started again each time, so it must be idempotent; gets the number of seconds for which it was in vain
 */
export function* patiently<T>(durable: Durable, work: (vainSeconds: number) => Process<T>): Process<T> {
	const since = durable.now();
	const givenUpAt = new Date(since.getTime() + mostSeconds * 1000).toISOString();
	const vain = () => secondsFrom(durable, since.toISOString());
	let seconds = pause.firstSeconds;
	for (let attempt = 1; ; attempt++) {
		try {
			return yield* work(vain());
		} catch (error) {
			const isOver = vain() + seconds > mostSeconds;
			if (!(error instanceof StepFailed) || isOver || waitingHelps(error.problem.code) !== "after") throw error;
			const { problem, step } = error;
			yield* pauseBeforeNext(durable, { ...problem, step, attempt, givenUpAt }, seconds * 1000);
			seconds = Math.min(2 * seconds, pause.mostSeconds);
		}
	}
}
