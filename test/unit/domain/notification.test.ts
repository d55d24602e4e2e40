// What a notification says, how it is called, and how repeats are folded and tries spread.

import { describe, expect, test } from "@jest/globals";
import { type Announced, foldedFor, forgetting } from "../../../src/lib/domain/announced.ts";
import {
	factsOf,
	headline,
	type Notification,
	notificationKinds,
	notificationOf,
	subscribable,
	usual,
} from "../../../src/lib/domain/notification.ts";
import { notifyIdOf, pauseAfter } from "../../../src/lib/domain/notify.ts";

const at = "2026-11-30T07:00:00.000Z";
const now = new Date(at);
const of = (changes: Partial<Parameters<typeof notificationOf>[0]> = {}): Notification =>
	notificationOf({
		kind: "failed",
		about: ["r-1"],
		at,
		secret: "db-password",
		outcome: "refused",
		code: "role-not-permitted",
		...changes,
	});

describe("A notification", () => {
	test("has the same id whenever and however often it is found, and another one for another happening", () => {
		expect(of({ at: "2026-12-01T00:00:00.000Z" }).id).toBe(of().id);
		expect(new Set([of(), of({ about: ["r-2"] }), of({ kind: "drift" })].map(({ id }) => id)).size).toBe(3);
		expect(of().id).toMatch(/^[0-9a-f]{64}$/);
	});

	test("says of the code what is next, and of the outcome where the code has none", () => {
		expect(of({ outcome: "refused", code: "rotation-running" }).data.next).toMatch(/\.$/);
		expect(of({ outcome: "interrupted", code: "near-expiry" }).data.next).toContain("Do not delete the pending secret");
		expect(of({ kind: "completed", outcome: "completed", code: "near-expiry" }).data).not.toHaveProperty("next");
	});

	test("of every kind has a headline and a sentence", () => {
		for (const kind of Object.keys(notificationKinds) as (keyof typeof notificationKinds)[]) {
			const { data } = notificationOf({ kind, about: [kind], at, secret: "db-password", counts: { expired: 2 } });
			expect(headline(data)).toMatch(/^\S.{5,}/);
			expect(data.means).toMatch(/\.$/);
		}
		expect(factsOf(of().data).map(([label]) => label)).toEqual(["Secret", "Outcome", "Code", "Next"]);
	});

	test("that a channel without `on` gets is what somebody may have to act on", () => {
		expect(usual).toEqual(["failed", "retrying", "approval", "break-glass", "drift", "overdue"]);
		expect(subscribable).not.toContain("test");
	});
});

describe("What people are sent", () => {
	const minutes = (count: number) => new Date(now.getTime() + count * 60_000);

	test("leaves out what was told six hours ago or less, and says how often it was left out", () => {
		let folded: Announced["folded"] = {};
		const look = (id: string, time: Date) => {
			const { sent, ...rest } = foldedFor("ops", [of({ about: [id] })], folded, time);
			folded = rest.folded;
			return sent;
		};
		expect(look("r-1", now)).toHaveLength(1);
		expect(look("r-2", minutes(10))).toEqual([]);
		expect(look("r-3", minutes(359))).toEqual([]);
		expect(look("r-4", minutes(361))).toMatchObject([{ data: { repeats: 2 } }]);
		expect(look("r-5", minutes(400))).toEqual([]);
	});

	test("keeps apart what has another secret, outcome, code or channel", () => {
		const { folded } = foldedFor("ops", [of()], {}, now);
		const others = [of({ secret: "other" }), of({ code: "vault-forbidden" }), of({ outcome: "interrupted" })];
		expect(foldedFor("ops", others, folded, now).sent).toHaveLength(3);
		expect(foldedFor("team", [of({ about: ["r-2"] })], folded, now).sent).toHaveLength(1);
	});

	test("has each completed rotation, however soon the next one comes", () => {
		const done = (id: string) => of({ kind: "completed", about: [id], outcome: "completed" });
		const { folded } = foldedFor("ops", [done("r-1")], {}, now);
		expect(foldedFor("ops", [done("r-2")], folded, now).sent).toHaveLength(1);
	});

	test("is one message where more than four things happen in a minute", () => {
		const many = (count: number) =>
			Array.from({ length: count }, (_, n) => of({ about: [`r-${n}`], secret: `s-${n}` }));
		expect(foldedFor("ops", many(4), {}, now).sent).toHaveLength(4);
		const { sent } = foldedFor("ops", many(30), {}, now);
		expect(sent).toMatchObject([{ data: { kind: "several", counts: { failed: 30 } } }]);
		expect(sent[0]?.data.secrets).toHaveLength(20);
		expect(foldedFor("ops", many(30), {}, now).sent[0]?.id).toBe(sent[0]?.id);
	});
});

test("what is older than two days is forgotten", () => {
	const old = new Date(now.getTime() - 49 * 3_600_000).toISOString();
	const folded = { a: { since: old, count: 1 }, b: { since: at, count: 1 } };
	expect(forgetting({ at, told: { one: old, two: at }, folded }, now)).toEqual({
		at,
		told: { two: at },
		folded: { b: folded.b },
	});
});

describe("A notification that is not taken", () => {
	test("is tried for about three days with growing pauses, and then given up", () => {
		const pauses: number[] = [];
		for (let attempt = 1; ; attempt++) {
			const pause = pauseAfter(attempt, undefined, 0);
			if (pause === undefined) break;
			pauses.push(pause);
		}
		expect(pauses).toEqual([...pauses].sort((a, b) => a - b));
		const days = pauses.reduce((sum, one) => sum + one, 0) / 86_400;
		expect(days).toBeGreaterThan(2.5);
		expect(days).toBeLessThan(4);
	});

	test("waits for as long as the receiver asks for, a day at the most, and never shorter than usual", () => {
		expect(pauseAfter(1, 600, 0)).toBe(600);
		expect(pauseAfter(4, 1, 0)).toBe(pauseAfter(4, undefined, 0));
		expect(pauseAfter(1, 10_000_000, 0)).toBe(86_400);
	});

	test("does not come again with all others at once", () => {
		expect(pauseAfter(3, undefined, 1)).toBeGreaterThan(pauseAfter(3, undefined, 0)!);
	});

	test("has one instance for each channel and happening, whose id every back end takes", () => {
		const id = notifyIdOf({ channel: "ops", notification: of() });
		expect(notifyIdOf({ channel: "ops", notification: of({ at: "2026-12-01T00:00:00.000Z" }) })).toBe(id);
		expect(notifyIdOf({ channel: "team", notification: of() })).not.toBe(id);
		expect(id).toMatch(/^notify-[0-9a-f]{32}$/);
	});
});
