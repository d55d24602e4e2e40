// How many runs ended well and how many did not, week by week. Pure.

import type { EndedRun } from "./answers.ts";

export interface Week {
	/** Its Monday, as a date. */
	readonly from: string;
	readonly good: number;
	readonly bad: number;
}

const dayMs = 86_400_000;
const mondayOf = (time: number): number => {
	const day = Math.floor(time / dayMs);
	// 1970-01-01 was a Thursday.
	return (day - ((day + 3) % 7)) * dayMs;
};

/** When the first of so many weeks began, in milliseconds since 1970. */
export const firstOf = (count: number, now: number): number => mondayOf(now) - (count - 1) * 7 * dayMs;

const isGood = ({ outcome }: EndedRun): boolean => outcome === "completed";
/** What was only looked at, or taken back, is neither. */
const counts = ({ dryRun, outcome }: EndedRun): boolean =>
	!dryRun && !["skipped", "planned", "cancelled"].includes(outcome);

export function weeksOf(runs: readonly EndedRun[], count: number, now: number): Week[] {
	const first = firstOf(count, now);
	const real = runs.filter(counts);
	return Array.from({ length: count }, (_, index) => {
		const from = first + index * 7 * dayMs;
		const here = real.filter(({ endedAt }) => mondayOf(Date.parse(endedAt)) === from);
		const good = here.filter(isGood).length;
		return { from: new Date(from).toISOString().slice(0, 10), good, bad: here.length - good };
	});
}
