// What the last weeks were like, as bars: runs that ended well or did not, secrets that were in date or not. Pure.

import type { EndedRun, Report } from "./answers.ts";

export interface Bar {
	/** A date: a week's Monday, or the day of a sweep. */
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

export function weeksOf(runs: readonly EndedRun[], count: number, now: number): Bar[] {
	const first = firstOf(count, now);
	const real = runs.filter(counts);
	return Array.from({ length: count }, (_, index) => {
		const from = first + index * 7 * dayMs;
		const here = real.filter(({ endedAt }) => mondayOf(Date.parse(endedAt)) === from);
		const good = here.filter(isGood).length;
		return { from: new Date(from).toISOString().slice(0, 10), good, bad: here.length - good };
	});
}

/** One sweep a week, the last of each, the latest so many. @param trend the oldest first */
export function sweepsOf(trend: Report["trend"], count: number): Bar[] {
	const byWeek = new Map(trend.map((sweep) => [mondayOf(Date.parse(sweep.at)), sweep]));
	return [...byWeek.values()].slice(-count).map(({ at, compliant, due, expired, unreadable }) => ({
		from: at.slice(0, 10),
		good: compliant,
		bad: due + expired + unreadable,
	}));
}
