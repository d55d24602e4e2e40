// How long a run may take: what is longer waits for something that a person should look at.

import type { RotationStatus } from "./rotation.ts";

interface Patience {
	readonly copyTimeoutSeconds: number;
	readonly rolloutTimeoutSeconds: number;
	/** What is waited for without being configured so is within the room of the others. */
	readonly rollTogetherSeconds?: number | undefined;
	readonly canary?: boolean | undefined;
}

/** The plan and the switch, with room for a retry or two: a healthy one takes seconds. */
const upToTheSwitchSeconds = 120;

/** It has been running for longer than it should. */
export const isLong = ({ outcome, expectedBy }: RotationStatus, now: Date): boolean =>
	outcome === undefined && expectedBy !== undefined && now.getTime() > Date.parse(expectedBy);

/**
 * @param run.consumers as configured; they are delivered to side by side, and those that are no canary after those that are
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
	const longest = (of: readonly Patience[]) =>
		Math.max(
			0,
			...of.map(
				({ copyTimeoutSeconds, rolloutTimeoutSeconds, rollTogetherSeconds = 0 }) =>
					copyTimeoutSeconds + rollTogetherSeconds + rolloutTimeoutSeconds,
			),
		);
	const canaries = longest(delivering.filter(({ canary }) => canary));
	const others = longest(delivering.filter(({ canary }) => !canary));
	return (upToTheSwitchSeconds + (run.waits ?? 0) + run.deliveries * (canaries + others)) * 1000;
}
