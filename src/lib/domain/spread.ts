// Which day a secret is due on, where many were made on one day.
// DUE1. It is due on the latest of its own days, which its name decides, that is not after the day it would be due on: less than
//       `spreadDays` earlier, and never later. Otherwise: what was imported on one day is rotated on one day, or a version outlives its period.
// DUE2. A period after one of its own days is one of them again. Otherwise: each period is shorter than `rotateEveryDays`, not the first
//       alone. Whatever moved it, a freeze or an order, one period brings it back.
// DUE3. It is due from the beginning of that day, UTC. Otherwise: it is due some minutes after that day's sweep has looked at it, and is
//       rotated a day later.
// Kept by: spread.test.ts.

import { createHash } from "node:crypto";

export interface Spread {
	/** As configured; 0: none. */
	readonly days: number;
	/** Where its days begin within a period: the same for one secret each time. */
	readonly phase: number;
}

/** @param secret the entry's name in the configuration */
export const spreadOf = (secret: string, days: number): Spread => ({
	days,
	phase: days === 0 ? 0 : createHash("sha256").update(secret).digest().readUInt32BE(0),
});

const day = 86_400_000;

/**
 * @param latest when it would be due without a spread, in ms since 1970
 * @param everyDays its period
 * @returns when it is due, in ms since 1970
 */
export function spreadOut(latest: number, everyDays: number, { days, phase }: Spread): number {
	if (days === 0) return latest;
	const on = Math.floor(latest / day);
	const intoPeriod = (on + everyDays - (phase % everyDays)) % everyDays;
	return (on - (intoPeriod % days)) * day;
}
