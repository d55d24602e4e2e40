/** `setTimeout` takes 32 bits: a longer wait would fire at once. */
const longest = 2_000_000_000;

/**
 * Waits for a time of the wall clock; never ends early.
 * @param at milliseconds since 1970
 * @returns false if the signal came first
 */
export async function sleepUntil(at: number, signal: AbortSignal): Promise<boolean> {
	while (!signal.aborted) {
		const wait = at - Date.now();
		if (wait <= 0) return true;
		await new Promise<void>((resolve) => {
			const end = () => {
				clearTimeout(timer);
				signal.removeEventListener("abort", end);
				resolve();
			};
			const timer = setTimeout(end, Math.min(wait, longest));
			signal.addEventListener("abort", end);
		});
	}
	return false;
}
