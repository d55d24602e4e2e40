// Waiting for a condition: with a deadline, and given up at once when the waiting code is to stop.
// UN1. What takes long is asked for less often, and found at most a twentieth later. Otherwise: a wait of a
//      minute asks six hundred times, and the machine works harder at waiting than at what is waited for.

import { setTimeout as pause } from "node:timers/promises";

/** Between two questions, in milliseconds, after so many of waiting. */
const pauseAfter = (waitedMs: number): number => Math.min(Math.max(waitedMs / 20, 100), 2_000);

/**
 * Asks again until `found` gives something.
 * @param what names it in the error
 * @param pauseMs between two questions, always; default: longer and longer
 * @throws Error that names what was waited for and the last problem; the signal's reason once that is aborted
 */
export async function until<T>(
	what: string,
	seconds: number,
	found: () => Promise<T | undefined>,
	signal?: AbortSignal,
	pauseMs?: number,
): Promise<T> {
	const begun = Date.now();
	const deadline = begun + seconds * 1000;
	for (let problem = ""; ; ) {
		signal?.throwIfAborted();
		try {
			const result = await found();
			if (result !== undefined) return result;
			problem = "";
		} catch (error) {
			problem = `: ${(error as Error).message}`;
		}
		if (Date.now() > deadline) throw new Error(`${what}: not within ${seconds} s${problem}`);
		await pause(pauseMs ?? pauseAfter(Date.now() - begun), undefined, { signal });
	}
}
