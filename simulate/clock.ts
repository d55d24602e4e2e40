// A clock that stands still while anything happens, and then goes on to whatever comes next.
// CK1. What happens at one time happens in the order in which it was asked for, and promises go on before the next thing does.
//      Otherwise: one seed gives two results. Kept by: clock.test.ts.

export interface Clock {
	/** Milliseconds since 1970. */
	now(): number;
	at(time: number, act: () => void): Entry;
	after(ms: number, act: () => void): Entry;
	/** Promises were settled: what waits for them goes on next. */
	settle(): void;
	/** Everything that comes before this time. */
	run(until: number): Promise<void>;
}

export interface Entry {
	readonly time: number;
	readonly order: number;
	/** Absent: called off, or over. */
	act: (() => void) | undefined;
}

export function virtualClock(start: number): Clock {
	let time = start;
	let order = 0;
	let isSettling = false;
	const heap: Entry[] = [];
	const at = (when: number, act: () => void): Entry => {
		const entry = { time: Math.max(when, time), order: order++, act };
		push(heap, entry);
		return entry;
	};
	return {
		now: () => time,
		at,
		after: (ms, act) => at(time + ms, act),
		settle() {
			isSettling = true;
		},
		async run(until) {
			for (;;) {
				if (isSettling) {
					isSettling = false;
					await new Promise((resolve) => setImmediate(resolve));
				}
				const next = heap[0];
				if (!next || next.time >= until) break;
				pop(heap);
				if (!next.act) continue;
				time = next.time;
				const { act } = next;
				next.act = undefined;
				act();
			}
			time = until;
		},
	};
}

const isBefore = (one: Entry, other: Entry): boolean =>
	one.time < other.time || (one.time === other.time && one.order < other.order);

function push(heap: Entry[], entry: Entry): void {
	let at = heap.length;
	heap.push(entry);
	while (at > 0) {
		const above = (at - 1) >> 1;
		if (!isBefore(entry, heap[above]!)) break;
		heap[at] = heap[above]!;
		at = above;
	}
	heap[at] = entry;
}

/** Takes the first one away; there is one. */
function pop(heap: Entry[]): void {
	const last = heap.pop()!;
	const { length } = heap;
	if (length === 0) return;
	let at = 0;
	for (;;) {
		let below = 2 * at + 1;
		if (below >= length) break;
		if (below + 1 < length && isBefore(heap[below + 1]!, heap[below]!)) below++;
		if (!isBefore(heap[below]!, last)) break;
		heap[at] = heap[below]!;
		at = below;
	}
	heap[at] = last;
}
