// How a budget is shared out, in virtual time.

import { afterEach, beforeEach, describe, expect, jest, test } from "@jest/globals";
import fc from "fast-check";
import { budget, budgets } from "../../../../src/lib/adapters/process/budget.ts";
import { Fault } from "../../../../src/lib/domain/fault.ts";
import type { Budget } from "../../../../src/lib/ports/budget.ts";
import { alone } from "../../../support/alone.ts";

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

const refuse = (isClosed: boolean) => new Fault(isClosed ? "vault-throttled" : "vault-queued", { vault: "main" });
const pass = (ms: number) => jest.advanceTimersByTimeAsync(ms);
/** What becomes of a wish for room. */
function wish(of: Budget, amount: number, who = `somebody ${amount}`) {
	const seen: { state: string; giveBack: () => void } = { state: "waits", giveBack: () => {} };
	of.room(amount, who, refuse).then(
		(room) => Object.assign(seen, { state: "has it", giveBack: () => room[Symbol.dispose]() }),
		({ code }: Fault) => Object.assign(seen, { state: code }),
	);
	return seen;
}

describe("room", () => {
	test("is there at once, and for the next one when it is given back, however often", async () => {
		const of = budget({ most: 4 });
		const [first, second] = [wish(of, 4), wish(of, 1)];
		await pass(0);
		expect([first.state, second.state]).toEqual(["has it", "waits"]);
		first.giveBack();
		first.giveBack();
		await pass(0);
		const rest = wish(of, 4);
		await pass(0);
		expect([second.state, rest.state]).toEqual(["has it", "waits"]);
	});

	test("that is not waited for is refused where there is too little, or others wait, and takes nobody's place", async () => {
		const of = budget({ most: 4 });
		const refused = (amount: number) => expect(of.room(amount, "look", refuse, { atOnce: true })).rejects;
		const first = wish(of, 3);
		await refused(2).toMatchObject({ code: "vault-queued" });
		using _little = await of.room(1, "look", refuse, { atOnce: true });
		const next = wish(of, 3);
		first.giveBack();
		await pass(0);
		expect(next.state).toBe("has it");
		next.giveBack();
		const much = wish(of, 4);
		await refused(1).toMatchObject({ code: "vault-queued" });
		await pass(0);
		expect(much.state).toBe("waits");
	});

	test("that was used up is there again a whole stretch of time after that, and what was not is there at once", async () => {
		const of = budget({ most: 4, perMs: 3_000 });
		const first = wish(of, 4);
		await pass(1_000);
		of.spend();
		of.spend();
		first.giveBack();
		const [two, one] = [wish(of, 2), wish(of, 1)];
		await pass(2_999);
		expect([two.state, one.state]).toEqual(["has it", "waits"]);
		await pass(1);
		expect(one.state).toBe("has it");
	});

	test("is given in the order in which it was asked for: one that needs much is not passed by", async () => {
		const of = budget({ most: 4 });
		const [first, much, little] = [wish(of, 2), wish(of, 4), wish(of, 1)];
		await pass(0);
		expect([much.state, little.state]).toEqual(["waits", "waits"]);
		first.giveBack();
		await pass(0);
		expect([much.state, little.state]).toEqual(["has it", "waits"]);
	});

	test("is waited for some seconds, then others are served", async () => {
		const of = budget({ most: 4 });
		const [first, much, little] = [wish(of, 2), wish(of, 4), wish(of, 1)];
		await pass(4_999);
		expect([first.state, much.state, little.state]).toEqual(["has it", "waits", "waits"]);
		await pass(1);
		expect([much.state, little.state]).toEqual(["vault-queued", "has it"]);
	});

	test("goes past one who has left the line, and the first in line waits for a whole stretch of time", async () => {
		const of = budget({ most: 4, perMs: 10_000 });
		const first = wish(of, 4);
		await pass(1_000);
		const next = wish(of, 4);
		const impatient = wish(of, 4);
		await pass(4_000);
		const last = wish(of, 4);
		await pass(1_600);
		expect([next.state, impatient.state, last.state]).toEqual(["waits", "vault-queued", "waits"]);
		first.giveBack();
		await pass(0);
		next.giveBack();
		await pass(0);
		expect(last.state).toBe("has it");
	});

	test("for one who needs all of it is there within minutes, however many need little and come again and again", async () => {
		const of = budget({ most: 22, perMs: 10_000 });
		let isServed = false;
		let isOver = false;
		const work = async (who: string, amount: number, spends: number) => {
			using _ = await of.room(amount, who, refuse);
			await new Promise((resolve) => setTimeout(resolve, 300));
			for (let spent = 0; spent < spends; spent++) of.spend();
		};
		const again = async (who: string, amount: number, spends: number, pauseMs: number): Promise<void> => {
			const wasServed = await work(who, amount, spends).then(
				() => true,
				() => false,
			);
			if (amount === 22 && wasServed) isServed = true;
			if (isOver || isServed) return;
			if (!wasServed) await new Promise((resolve) => setTimeout(resolve, pauseMs));
			return again(who, amount, spends, pauseMs);
		};
		const all = Array.from({ length: 30 }, (_, index) => again(`little ${index}`, 4, 2, 2_000 + 100 * index));
		await pass(20_000);
		all.push(again("much", 22, 11, 10_000));
		await pass(15 * 60_000);
		isOver = true;
		expect(isServed).toBe(true);
		await pass(60_000);
		await Promise.all(all);
	});

	test("of more than there ever is, is all that there is", async () => {
		const wished = wish(budget({ most: 4 }), 5);
		await pass(0);
		expect(wished.state).toBe("has it");
	});
});

describe("one that is closed", () => {
	test("is waited for where that is short", async () => {
		const of = budget({ most: 4 });
		of.close(2_000);
		of.close(1_000);
		const wished = wish(of, 1);
		await pass(1_999);
		expect(wished.state).toBe("waits");
		await pass(1);
		expect(wished.state).toBe("has it");
	});

	test("for longer refuses at once, those who wait already too", async () => {
		const of = budget({ most: 4 });
		const first = wish(of, 4);
		const waiting = wish(of, 1);
		await pass(100);
		of.close(60_000);
		const next = wish(of, 1);
		await pass(0);
		expect([waiting.state, next.state]).toEqual(["vault-throttled", "vault-throttled"]);
		first.giveBack();
		await pass(59_900);
		const last = wish(of, 1);
		await pass(100);
		expect(last.state).toBe("has it");
	});
});

test("one of a name is the same one for ever: another limit takes away nothing that was spent or is held", async () => {
	const named = budgets(alone).of;
	const of = named("vault main", { most: 4, perMs: 3_000 });
	expect(named("vault other", { most: 4 })).not.toBe(of);
	const held = wish(of, 2);
	await pass(0);
	of.spend();
	const waits = wish(of, 2);
	await pass(0);
	expect(waits.state).toBe("waits");
	expect(named("vault main", { most: 5, perMs: 3_000 })).toBe(of);
	await pass(0);
	expect(waits.state).toBe("has it");
	named("vault main", { most: 3 });
	const last = wish(of, 1);
	held.giveBack();
	await pass(2_999);
	expect(last.state).toBe("waits");
	await pass(1);
	expect(last.state).toBe("has it");
});

test("whatever is asked for and when, no stretch of time sees more than its share, and nobody waits for ever", async () => {
	const wishes = fc.array(
		fc.record({ after: fc.nat(800), amount: fc.integer({ min: 1, max: 6 }), takes: fc.nat(900) }),
	);
	await fc.assert(
		fc.asyncProperty(wishes, async (all) => {
			const of = budget({ most: 6, perMs: 1_000 });
			const spentAt: number[] = [];
			let served = 0;
			const jobs: Promise<void>[] = [];
			for (const [index, { after, amount, takes }] of all.entries()) {
				await pass(after);
				const work = async () => {
					using _ = await of.room(amount, `${index}`, refuse);
					await new Promise((resolve) => setTimeout(resolve, takes));
					for (let spent = 0; spent < amount; spent++) {
						of.spend();
						spentAt.push(performance.now());
					}
				};
				jobs.push(
					work().then(
						() => void served++,
						() => void served++,
					),
				);
			}
			await pass(60_000);
			expect(served).toBe(all.length);
			for (const at of spentAt)
				expect(spentAt.filter((other) => other >= at && other < at + 1_000).length).toBeLessThanOrEqual(6);
			await Promise.all(jobs);
		}),
		{ numRuns: 200 },
	);
});
