// How much is asked of one system by this process: so much at once, and so much in any stretch of time.
// BU1. No more is granted than that, wherever the system's own windows begin: what was spent counts for one whole stretch.
//      Otherwise: what comes right after a full burst is throttled in the middle of what it does. Kept by: budget.test.ts.
// BU2. First come, first served. Otherwise: who needs much at once never gets it.
// BU3. Nobody waits for longer than some seconds. Then they are told, so that the wait shows in the rotation's status, and its
//      place among the host's activities is free.

import type { Fault } from "../domain/fault.ts";

export interface Budget {
	/** Resolves with what was asked for, which is held until it is given back, once or more often. Throws what `refuse` makes. */
	room(amount: number): Promise<Disposable>;
	/** One was used up, and counts from now on. */
	spend(): void;
	/** The system itself wants nothing for so long. */
	close(ms: number): void;
}

/**
 * @param limit.most at once, with what was spent within `perMs`
 * @param limit.refuse for one that has waited in vain; `isClosed` where the system itself wants nothing
 */
export function budget(
	limit: { most: number; perMs?: number; patienceMs?: number; refuse: (isClosed: boolean) => Fault },
	now: () => number = () => performance.now(),
): Budget {
	const { most, perMs = 0, patienceMs = 5_000, refuse } = limit;
	let held = 0;
	let spent: readonly number[] = [];
	let closedUntil = Number.NEGATIVE_INFINITY;
	let last = Promise.resolve();
	let wake = () => {};

	/** `Infinity`: not before something is given back. */
	function freeAt(amount: number): number {
		spent = spent.filter((at) => at + perMs > now());
		const left = most - held - amount;
		if (left < 0) return Number.POSITIVE_INFINITY;
		const over = spent.length - left;
		return Math.max(closedUntil, over > 0 ? (spent[over - 1] ?? 0) + perMs : Number.NEGATIVE_INFINITY);
	}

	async function untilFree(amount: number, until: number): Promise<void> {
		for (let at = freeAt(amount); at > now(); at = freeAt(amount)) {
			if (now() >= until || closedUntil > until) throw refuse(closedUntil > now());
			const woken = Promise.withResolvers<void>();
			wake = woken.resolve;
			const timer = setTimeout(woken.resolve, Math.ceil(Math.min(at, until) - now()));
			await woken.promise;
			clearTimeout(timer);
		}
	}

	return {
		async room(wanted) {
			const amount = Math.min(wanted, most);
			const until = now() + patienceMs;
			const before = last;
			const turn = Promise.withResolvers<void>();
			last = turn.promise;
			await before;
			try {
				await untilFree(amount, until);
				held += amount;
			} finally {
				turn.resolve();
			}
			let isHeld = true;
			return {
				[Symbol.dispose]() {
					if (!isHeld) return;
					isHeld = false;
					held -= amount;
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
	};
}
