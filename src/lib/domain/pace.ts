// How often a delivery looks at what it waits for.

/** A copy is new where it was seen new twice, so long apart. */
export const confirmAfterSeconds = 5;

/** Between two looks, in seconds. A look at pods is two steps, and no rollout is over in a second. */
export const leastPause = { copy: 1, pods: 2 };

/**
 * Short at first, because most waits are; then a third of the wait, because each look costs calls, queue messages and rows of
 * history: what has waited long may wait a little longer.
 * @param least seconds
 */
export function pauseAfter(waitedSeconds: number, least: number): number {
	const most = waitedSeconds < 120 ? 8 : waitedSeconds < 600 ? 15 : waitedSeconds < 3_600 ? 30 : 120;
	return Math.min(Math.max(least, Math.floor(waitedSeconds / 3)), most);
}
