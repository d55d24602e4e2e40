// What only a person can allow or correct, met after something was changed: it is asked for again, for some minutes.
// PT1. Once a version is published, no single answer ends the run. Otherwise: a role assignment that takes a minute to come back,
//      or a webhook that is being deployed, leaves pods without the new password until the next day's sweep.
// PT2. Minutes, not a day: while it waits, nothing else can be started for this secret.
// PT3. What it waits for is shown. Otherwise: nobody knows that they are asked to act.

import { type Problem, waitingHelps } from "../domain/fault.ts";
import { type Durable, type Process, StepFailed, secondsFrom, wait } from "./process.ts";

const mostSeconds = 20 * 60;
const pause = { firstSeconds: 5, mostSeconds: 60 };

/**
 * @param tell shows what is waited for
 * @param work is begun anew each time, so it must be idempotent; told for how many seconds it was in vain
 */
export function* patiently<T>(
	durable: Durable,
	tell: (now: string) => void,
	work: (vainSeconds: number) => Process<T>,
): Process<T> {
	const since = durable.now().toISOString();
	for (let seconds = pause.firstSeconds; ; seconds = Math.min(2 * seconds, pause.mostSeconds)) {
		try {
			return yield* work(secondsFrom(durable, since));
		} catch (error) {
			const isOver = secondsFrom(durable, since) + seconds > mostSeconds;
			if (!(error instanceof StepFailed) || isOver || waitingHelps(error.problem.code) !== "after") throw error;
			tell(waitingFor(error.problem, since));
		}
		yield* wait(durable, seconds);
	}
}

function waitingFor({ code, message, next }: Problem, since: string): string {
	const until = new Date(Date.parse(since) + mostSeconds * 1000).toISOString();
	return `Tried again until ${until}: [${code}] ${message} ${next}`;
}
