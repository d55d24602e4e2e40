// How long a run may take: what is longer waits for something that a person should look at.

interface Patience {
	readonly copyTimeoutSeconds: number;
	readonly rolloutTimeoutSeconds: number;
}

/** The plan and the switch, with room for a retry or two: a healthy one takes seconds. */
const upToTheSwitchSeconds = 120;

/**
 * @param run.consumers as configured; they are delivered to side by side
 * @param run.deliveries how often, one after the other
 * @param run.waits seconds that it waits besides, on purpose
 */
export function expectedMsOf(run: {
	readonly dryRun: boolean;
	readonly consumers: readonly Patience[];
	readonly deliveries: number;
	readonly waits?: number;
}): number {
	const delivering = run.dryRun ? [] : run.consumers;
	const longest = Math.max(0, ...delivering.map((of) => of.copyTimeoutSeconds + of.rolloutTimeoutSeconds));
	return (upToTheSwitchSeconds + (run.waits ?? 0) + run.deliveries * longest) * 1000;
}
