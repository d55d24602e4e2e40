// Budgets of this process: its share of what all instances of the app have together (share.ts).
// BU1. No more is granted than there is, wherever the system's own windows begin: what was spent counts for one whole stretch.
//      Otherwise: what comes right after a full burst is throttled in the middle of what it does.
// BU2. First come, first served; a caller that has waited in vain and comes again has its former place, and the first in line
//      waits for a whole stretch. Otherwise: callers that need little are served each time, and one that needs much never is.
// BU3. No other caller waits for longer than some seconds. Then it gets a fault, so that the wait shows in the rotation's
//      status, and its place among the host's activities is free.
// BU4. A changed configuration changes a budget's limit, and takes away nothing that was spent or is held. Otherwise: with each
//      change there is twice as much for a while.
// All kept by: budget.test.ts.

import type { Budget } from "../../ports/budget.ts";
import type { Instances } from "../../ports/instances.ts";
import { type Seat, seatAmong, shareOf } from "./share.ts";

const patienceMs = 5_000;
/** A little longer: of those that came at once, the next one gets what the first one gave up. */
const inLineMs = patienceMs + 500;
/** For longer than anyone takes to come again. */
const keptMs = 60_000;

export interface Limit {
	/** At once, with what was spent within `perMs`. */
	readonly most: number;
	readonly perMs?: number;
}

/** Of all instances together. */
export interface Cap extends Limit {
	/** What is asked for at once, at most. Absent: 1. */
	readonly least?: number;
}

type Limited = Budget & { limit(most: number): void; isHeld(): boolean };

export interface Budgets {
	/** @returns the budget of this name: always the same one, with its share of the cap that was given last */
	of(name: string, cap: Cap): Budget;
	/** This instance is at work from now on: it has its share the sooner. Resolves once it has looked who else is. */
	begin(): Promise<void>;
}

export function budgets(instances: Instances): Budgets {
	const all = new Map<string, Limited>();
	const caps = new Map<string, Cap>();
	let seat: Seat = "unknown";
	const seated = seatAmong(
		instances,
		(found) => {
			seat = found;
			for (const [name, cap] of caps) all.get(name)?.limit(shareOf(cap, seat));
		},
		() => [...all.values()].some(({ isHeld }) => isHeld()),
	);
	/** Room is given once it is known who else is at work; nothing else waits for that. */
	const shared = (own: Limited): Limited => ({
		...own,
		room: async (...wish) => {
			await seated();
			return own.room(...wish);
		},
	});
	return {
		of(name, cap) {
			const found = all.get(name) ?? shared(budget(cap));
			all.set(name, found);
			caps.set(name, cap);
			found.limit(shareOf(cap, seat));
			return found;
		},
		begin: seated,
	};
}

/** One who waits. */
interface Waiting {
	/** When it came first. */
	readonly since: number;
	woken: PromiseWithResolvers<void>;
}

/** Calls it once, so many milliseconds from now. @returns what calls that off */
type Later = (ms: number, call: () => void) => () => void;

const later: Later = (ms, call) => {
	const timer = setTimeout(call, ms);
	return () => clearTimeout(timer);
};

/** @param after with `now`, a clock: of a simulation, another one */
export function budget(limit: Limit, now: () => number = () => performance.now(), after: Later = later): Limited {
	const { perMs = 0 } = limit;
	let { most } = limit;
	let held = 0;
	let spent: readonly number[] = [];
	let closedUntil = Number.NEGATIVE_INFINITY;
	let line: readonly Waiting[] = [];
	/** The places of those who have left. */
	const kept = new Map<string, { readonly since: number; readonly until: number }>();

	/** `Infinity`: not before something is given back. */
	function freeAt(wanted: number): number {
		if (most < 1) return Number.POSITIVE_INFINITY;
		spent = spent.filter((at) => at + perMs > now());
		const left = most - held - Math.min(wanted, most);
		if (left < 0) return Number.POSITIVE_INFINITY;
		const over = spent.length - left;
		return Math.max(closedUntil, over > 0 ? (spent[over - 1] ?? 0) + perMs : Number.NEGATIVE_INFINITY);
	}

	function wake(): void {
		for (const { woken } of line) woken.resolve();
	}

	function cameFirst(who: string): number {
		for (const [one, { until }] of kept) if (until < now()) kept.delete(one);
		return kept.get(who)?.since ?? now();
	}

	function leave(me: Waiting): void {
		line = line.filter((one) => one !== me);
		wake();
	}

	/** @returns how much is held for it now; `undefined`: it has waited in vain */
	async function taken(me: Waiting, wanted: number): Promise<number | undefined> {
		const came = now();
		let until = came + inLineMs;
		let wasFirst = false;
		for (;;) {
			const isFirst = line[0] === me;
			if (isFirst && !wasFirst) until = Math.max(came + patienceMs, now() + perMs);
			wasFirst ||= isFirst;
			const at = isFirst ? freeAt(wanted) : Number.POSITIVE_INFINITY;
			if (at <= now()) {
				const amount = Math.min(wanted, most);
				held += amount;
				leave(me);
				return amount;
			}
			if (now() >= until || closedUntil > until) {
				leave(me);
				return undefined;
			}
			const callOff = after(Math.ceil(Math.min(at, until) - now()), me.woken.resolve);
			await me.woken.promise;
			callOff();
			me.woken = Promise.withResolvers();
		}
	}

	return {
		async room(wanted, who, refuse, { atOnce = false } = {}) {
			if (atOnce && (line.length > 0 || freeAt(wanted) > now())) throw refuse(closedUntil > now());
			const me: Waiting = { since: cameFirst(who), woken: Promise.withResolvers() };
			line = [...line, me].sort((a, b) => a.since - b.since);
			let amount = await taken(me, wanted);
			if (amount === undefined) {
				kept.set(who, { since: me.since, until: now() + keptMs });
				throw refuse(closedUntil > now());
			}
			kept.delete(who);
			return {
				[Symbol.dispose]() {
					held -= amount ?? 0;
					amount = 0;
					wake();
				},
			};
		},
		spend() {
			spent = [...spent, now()];
		},
		close(ms) {
			closedUntil = Math.max(closedUntil, now() + ms);
			wake();
		},
		limit(given) {
			most = given;
			wake();
		},
		isHeld: () => held > 0,
	};
}
