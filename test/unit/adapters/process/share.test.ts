// What each instance may do of what all may do together, in virtual time.

import { afterEach, beforeEach, describe, expect, jest, test } from "@jest/globals";
import fc from "fast-check";
import { budgets } from "../../../../src/lib/adapters/process/budget.ts";
import { type Seat, seatAmong, shareOf } from "../../../../src/lib/adapters/process/share.ts";
import { Fault } from "../../../../src/lib/domain/fault.ts";
import type { Seen } from "../../../../src/lib/ports/instances.ts";

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

const pass = (ms: number) => jest.advanceTimersByTimeAsync(ms);
const alone: Seen = { live: 1, rank: 0, isNew: true };

describe("the share", () => {
	test.each<[string, { most: number; least?: number }, Seat[], number[]]>([
		["is all of it for one that is alone", { most: 30, least: 4 }, [{ rank: 0, live: 1 }], [30]],
		["is even, as far as that goes", { most: 4 }, [0, 1, 2].map((rank) => ({ rank, live: 3 })), [2, 1, 1]],
		["is nothing for those who come last", { most: 2 }, [0, 1, 2].map((rank) => ({ rank, live: 3 })), [1, 1, 0]],
		["is never too small", { most: 30, least: 12 }, [0, 1, 2].map((rank) => ({ rank, live: 3 })), [15, 15, 0]],
		["is nothing for one that joins", { most: 30, least: 4 }, ["joining"], [0]],
		["is the smallest one as long as nothing is known", { most: 30, least: 4 }, ["unknown"], [4]],
		[
			"is no more than there is",
			{ most: 2, least: 4 },
			["unknown", { rank: 0, live: 2 }, { rank: 1, live: 2 }],
			[2, 2, 0],
		],
	])("%s", (_, cap, seats, shares) => {
		expect(seats.map((seat) => shareOf(cap, seat))).toEqual(shares);
	});

	test("of all together is the cap, each one's is enough or nothing, and only grows where others leave", () => {
		const of = fc.record({
			most: fc.integer({ min: 1, max: 300 }),
			least: fc.integer({ min: 1, max: 22 }),
			live: fc.integer({ min: 1, max: 60 }),
		});
		fc.assert(
			fc.property(of, ({ most, least, live }) => {
				const shares = Array.from({ length: live }, (_, rank) => shareOf({ most, least }, { rank, live }));
				expect(shares.reduce((a, b) => a + b)).toBe(most);
				for (const [rank, share] of shares.entries()) {
					if (share > 0) expect(share).toBeGreaterThanOrEqual(Math.min(least, most));
					// One before it leaves, or one behind it.
					if (rank > 0)
						expect(shareOf({ most, least }, { rank: rank - 1, live: live - 1 })).toBeGreaterThanOrEqual(share);
					if (rank < live - 1) expect(shareOf({ most, least }, { rank, live: live - 1 })).toBeGreaterThanOrEqual(share);
				}
			}),
		);
	});
});

/** What is seen at each look from now on; `undefined`: the storage does not answer. */
function seated(first: Seen | undefined) {
	const world = { seen: first, looks: 0, seat: "unknown" as Seat };
	const renew = async () => {
		world.looks++;
		if (!world.seen) throw new Fault("records-unavailable", { store: "https://a.example.org/rotations" });
		return world.seen;
	};
	const inUse = seatAmong({ renew }, (seat) => {
		world.seat = seat;
	});
	return { world, inUse };
}

describe("an instance", () => {
	test("that is alone begins at once", async () => {
		const { world, inUse } = seated(alone);
		await inUse();
		expect(world.seat).toEqual({ rank: 0, live: 1 });
	});

	test("that joins others has nothing until they have counted it and their last stretch of time is over", async () => {
		const { world, inUse } = seated({ live: 2, rank: 1, isNew: true });
		await inUse();
		world.seen = { live: 2, rank: 1, isNew: false };
		await pass(29_999);
		expect(world.seat).toBe("joining");
		await pass(1);
		expect(world.seat).toEqual({ rank: 1, live: 2 });
	});

	test("that joins waits no longer where the others have left", async () => {
		const { world, inUse } = seated({ live: 2, rank: 1, isNew: true });
		await inUse();
		world.seen = { live: 1, rank: 0, isNew: false };
		await pass(10_000);
		expect(world.seat).toEqual({ rank: 0, live: 1 });
	});

	test("sees within ten seconds that another has joined", async () => {
		const { world, inUse } = seated(alone);
		await inUse();
		world.seen = { live: 2, rank: 0, isNew: false };
		await pass(10_000);
		expect(world.seat).toEqual({ rank: 0, live: 2 });
	});

	test("whose storage does not answer keeps what it had", async () => {
		const { world, inUse } = seated({ live: 2, rank: 0, isNew: false });
		await inUse();
		world.seen = undefined;
		await pass(100_000);
		await inUse();
		expect([world.seat, world.looks]).toEqual([{ rank: 0, live: 2 }, 11]);
	});

	test("that could not be seen for long joins again", async () => {
		const { world, inUse } = seated({ live: 2, rank: 0, isNew: false });
		await inUse();
		world.seen = undefined;
		await pass(30_000);
		world.seen = { live: 2, rank: 0, isNew: false };
		await pass(10_000);
		expect(world.seat).toBe("joining");
		await pass(30_000);
		expect(world.seat).toEqual({ rank: 0, live: 2 });
	});

	test("that nobody uses says no longer that it is at work, and looks again when it is used", async () => {
		const { world, inUse } = seated(alone);
		await inUse();
		await pass(600_000);
		expect(world.looks).toBe(13);
		world.seen = { live: 2, rank: 1, isNew: true };
		await inUse();
		expect([world.looks, world.seat]).toEqual([14, "joining"]);
	});
});

describe("a budget", () => {
	const refuse = () => new Fault("vault-queued", { vault: "main" });

	test("whose room is held for long is still counted as at work", async () => {
		let looks = 0;
		const { of } = budgets({
			async renew() {
				looks++;
				return alone;
			},
		});
		const held = await of("server pg", { most: 1 }).room(1, "long", refuse);
		await pass(600_000);
		expect(looks).toBe(61);
		held[Symbol.dispose]();
		await pass(60_000);
		expect(looks).toBe(61);
	});

	async function granted(most: number, seen: Seen | undefined) {
		const { room } = budgets({ renew: async () => seen ?? Promise.reject(refuse()) }).of("vault main", {
			most,
			least: 2,
		});
		let count = 0;
		const wishes = Array.from({ length: most + 1 }, (_, index) =>
			room(1, `${index}`, refuse).then(
				() => void count++,
				() => {},
			),
		);
		await pass(6_000);
		await Promise.all(wishes);
		return count;
	}

	test.each<[string, Seen | undefined, number]>([
		["all of the cap where it is alone", alone, 9],
		["its share of the cap", { live: 2, rank: 1, isNew: false }, 4],
		["nothing while it joins", { live: 2, rank: 1, isNew: true }, 0],
		["nothing where it has no share", { live: 9, rank: 8, isNew: false }, 0],
		["the smallest share where the storage does not answer", undefined, 2],
	])("gives %s", async (_, seen, count) => {
		expect(await granted(9, seen)).toBe(count);
	});

	test("has its share at once where the instance began half a minute before anybody asked", async () => {
		const seen = { live: 2, rank: 1, isNew: true };
		const { of, begin } = budgets({
			async renew() {
				const { isNew } = seen;
				seen.isNew = false;
				return { ...seen, isNew };
			},
		});
		await begin();
		const { room } = of("vault main", { most: 9, least: 2 });
		await expect(room(1, "early", refuse, { atOnce: true })).rejects.toMatchObject({ code: "vault-queued" });
		await pass(30_000);
		await expect(room(1, "first", refuse, { atOnce: true })).resolves.toBeDefined();
	});

	test("wakes those who wait when the share grows", async () => {
		const seen = { live: 2, rank: 1, isNew: false };
		const { room } = budgets({ renew: async () => ({ ...seen }) }).of("server pg", { most: 2 });
		await room(1, "first", refuse);
		await pass(9_000);
		const next = room(1, "next", refuse);
		Object.assign(seen, { live: 1, rank: 0 });
		await pass(1_000);
		await expect(next).resolves.toBeDefined();
	});
});
