// Waiting for a condition: with a deadline, and given up at once when the waiting code is to stop.

import { setTimeout as pause } from "node:timers/promises";

/**
 * Asks again until `found` gives something.
 * @param what names it in the error
 * @throws Error that names what was waited for and the last problem; the signal's reason once that is aborted
 */
export async function until<T>(
	what: string,
	seconds: number,
	found: () => Promise<T | undefined>,
	signal?: AbortSignal,
	pauseMs = 100,
): Promise<T> {
	const deadline = Date.now() + seconds * 1000;
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
		await pause(pauseMs, undefined, { signal });
	}
}
