// This instance's share of what all instances of the app have together.
// EI1. All shares together are never more than the whole: one that is new, or comes back, has nothing until the others have counted
//      it and what they spent before is over, and where some have left nobody's share is smaller. Otherwise: a vault or a
//      server gets twice what was configured.
// EI2. Storage that does not answer leaves the last share as it was, and one that never saw anybody has the smallest share.
//      Otherwise: an outage of the storage lifts all caps, or ends all rotations.
// EI3. A share is enough for the largest thing that asks for room, or nothing. Otherwise: a switch begins with less room than it
//      has writes, and is throttled after ALTER ROLE.
// All kept by: share.test.ts. How it came to this: docs/adr/0031-each-instance-has-its-share.md.

import type { Instances } from "../../ports/instances.ts";

const beatMs = 10_000;
/** Nobody asked for room for so long, nor holds any: the others may count it out. */
const idleMs = 120_000;
/** The others' longest round, with requests that take long, and the vault's stretch of time in which they have spent. */
const joinMs = 30_000;
/** One that has not been seen for so long joins again; the others count it out after twice as long. */
const lateMs = 30_000;

/** `joining`: the others may not know of it. `unknown`: the storage has never answered. */
export type Seat = { readonly rank: number; readonly live: number } | "joining" | "unknown";

/** @param whole.least what is asked for at once, at most */
export function shareOf({ most, least = 1 }: { readonly most: number; readonly least?: number }, seat: Seat): number {
	if (seat === "joining") return 0;
	if (seat === "unknown") return Math.min(least, most);
	const served = Math.min(seat.live, Math.max(1, Math.floor(most / least)));
	if (seat.rank >= served) return 0;
	return Math.floor(most / served) + (seat.rank < most % served ? 1 : 0);
}

/** Calls it once, so many milliseconds from now; the process may end before. */
type Later = (ms: number, call: () => void) => void;

const later: Later = (ms, call) => void setTimeout(call, ms).unref();

/**
 * @param changed gets the seat after each look
 * @param isBusy room is held: it is still at work
 * @returns to be awaited before room is taken: it is at work, and knows its seat if the storage answers
 */
export function seatAmong(
	{ renew }: Instances,
	changed: (seat: Seat) => void,
	isBusy: () => boolean = () => false,
	now: () => number = () => performance.now(),
	after: Later = later,
): () => Promise<void> {
	let seat: Seat = "unknown";
	let seenAt: number | undefined;
	let joinsAt = Number.NEGATIVE_INFINITY;
	let usedAt = now();
	let firstLook: Promise<void> | undefined;

	async function look(): Promise<void> {
		const began = now();
		try {
			const { rank, live, isNew } = await renew();
			if (isNew || (seenAt !== undefined && began - seenAt > lateMs)) joinsAt = now() + joinMs;
			if (live === 1) joinsAt = now();
			seenAt = began;
			seat = joinsAt > now() ? "joining" : { rank, live };
			changed(seat);
		} catch {
			// What was known last goes on.
		}
	}

	async function lookAgain(): Promise<void> {
		await look();
		const left = joinsAt - now();
		after(left > 0 ? Math.min(left, beatMs) : beatMs, () => {
			if (now() - usedAt > idleMs && !isBusy()) firstLook = undefined;
			else void lookAgain();
		});
	}

	return () => {
		usedAt = now();
		firstLook ??= lookAgain();
		return firstLook;
	};
}
