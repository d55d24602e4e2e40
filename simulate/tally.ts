// What is counted while the clock runs: totals, and the most there ever was of what has a limit.

import { type Calls, type Counted, calls } from "./measured.ts";

/** How much came within the last so many whole seconds, and the most that ever did. */
export interface Within {
	add(now: number, amount: number): void;
	readonly most: number;
}

export function within(seconds: number): Within {
	const each = new Float64Array(seconds);
	let last = 0;
	let sum = 0;
	let most = 0;
	return {
		add(now, amount) {
			const second = Math.floor(now / 1_000);
			if (second - last >= seconds) {
				each.fill(0);
				sum = 0;
			} else
				for (let passed = last + 1; passed <= second; passed++) {
					sum -= each[passed % seconds]!;
					each[passed % seconds] = 0;
				}
			last = second;
			each[second % seconds]! += amount;
			sum += amount;
			if (sum > most) most = sum;
		},
		get most() {
			return most;
		},
	};
}

/** How many there are at once. */
export interface AtOnce {
	add(): void;
	take(): void;
	readonly now: number;
	readonly most: number;
}

export function atOnce(): AtOnce {
	let now = 0;
	let most = 0;
	return {
		add() {
			now++;
			if (now > most) most = now;
		},
		take() {
			now--;
		},
		get now() {
			return now;
		},
		get most() {
			return most;
		},
	};
}

/** Why something did not go on at once. */
export type Wait =
	| "a window or the end of a freeze"
	| "room in the vault"
	| "a session on the server"
	| "a place in the namespace"
	| "a place among the activities";

interface Waited {
	times: number;
	longestMs: number;
}

export interface Day {
	rotations: number;
	mostUnderWay: number;
	/** Milliseconds from when it was due to its end, of the rotations that ended on this day. */
	longestLateMs: number;
}

export interface Tally {
	readonly steps: Map<Counted, number>;
	step(counted: Counted, times?: number): void;
	readonly waits: Readonly<Record<Wait, Waited>>;
	waited(wait: Wait, ms: number): void;
	readonly startedBy: Record<"event" | "sweep" | "opening", number>;
	/** Of rotations that ended, milliseconds from when each was due. */
	readonly late: number[];
	/** The longest that a version was live beyond `rotateEveryDays`, in milliseconds; 0: none was. */
	longestOverPeriodMs: number;
	readonly underWay: AtOnce;
	readonly days: readonly Day[];
	actions: number;
	activities: number;
	runs: { rotations: number; skipped: number; expired: number };
	sweeps: { ended: number; longestMs: number; sumMs: number; pages: number; missed: number };
	billedMs: number;
}

export function tallyOf(days: number): Tally {
	const steps = new Map<Counted, number>();
	const wait = (): Waited => ({ times: 0, longestMs: 0 });
	const waits = {
		"a window or the end of a freeze": wait(),
		"room in the vault": wait(),
		"a session on the server": wait(),
		"a place in the namespace": wait(),
		"a place among the activities": wait(),
	};
	return {
		steps,
		step(counted, times = 1) {
			steps.set(counted, (steps.get(counted) ?? 0) + times);
		},
		waits,
		waited(name, ms) {
			const found = waits[name];
			found.times++;
			if (ms > found.longestMs) found.longestMs = ms;
		},
		startedBy: { event: 0, sweep: 0, opening: 0 },
		late: [],
		longestOverPeriodMs: 0,
		underWay: atOnce(),
		days: Array.from({ length: days }, () => ({ rotations: 0, mostUnderWay: 0, longestLateMs: 0 })),
		actions: 0,
		activities: 0,
		runs: { rotations: 0, skipped: 0, expired: 0 },
		sweeps: { ended: 0, longestMs: 0, sumMs: 0, pages: 0, missed: 0 },
		billedMs: 0,
	};
}

const vaultCalls = Object.fromEntries(
	Object.entries(calls).map(([counted, { get = 0, put = 0, patch = 0 }]: [string, Calls]) => [
		counted,
		get + put + patch,
	]),
) as Record<Counted, number>;

/** Of the vault, in a step. */
export const vaultCallsOf = (counted: Counted): number => vaultCalls[counted];
