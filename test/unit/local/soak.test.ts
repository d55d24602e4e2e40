// The soak's schedule and the judge of its failures: pure, so a run can be repeated and believed.

import { describe, expect, test } from "@jest/globals";
import { unlikeOneNew } from "../../../local/soak/invariants.ts";
import { allKinds, kindOf } from "../../../local/soak/kinds.ts";
import { laneFacts, mixedLanes } from "../../../local/soak/lanes.ts";
import { ledger, passwordsSetIn } from "../../../local/soak/ledger.ts";
import { optionsIn } from "../../../local/soak/options.ts";
import { countOf, scheduleOf } from "../../../local/soak/schedule.ts";
import type { SecretVersion } from "../../../packages/key-vault/index.ts";

const lanes = laneFacts(4);

describe("the schedule", () => {
	test("a seed gives the same schedule again, and another seed another one", () => {
		expect(scheduleOf(200, 7, lanes)).toEqual(scheduleOf(200, 7, lanes));
		expect(scheduleOf(200, 7, lanes)).not.toEqual(scheduleOf(200, 8, lanes));
	});

	test("a longer run begins as a shorter one with the same seed", () => {
		expect(scheduleOf(200, 7, lanes).slice(0, 50)).toEqual(scheduleOf(50, 7, lanes));
	});

	test("a long run has every kind of fault, none much more often than another that fits everywhere", () => {
		const counts = countOf(scheduleOf(500, 1912, lanes));
		expect(allKinds.filter((kind) => counts[kind] < 5)).toEqual([]);
		const everywhere = allKinds.filter((kind) => kindOf(kind).fits === undefined).map((kind) => counts[kind]);
		expect(Math.max(...everywhere) - Math.min(...everywhere)).toBeLessThan(5);
	});

	test("every fifth rotation delivers to a workload, and a fault comes only where and when it can be felt", () => {
		const schedule = scheduleOf(500, 3, lanes);
		expect(schedule.filter(({ lane }) => lane === "db-password")).toHaveLength(100);
		for (const { lane, faults, trigger } of schedule) {
			const facts = lanes.find(({ name }) => name === lane)!;
			for (const { kind, at, lastsMs } of faults) {
				const { fits, moments, lastsMs: allowed, trigger: wanted } = kindOf(kind);
				expect([fits?.(facts) ?? true, moments.includes(at)]).toEqual([true, true]);
				expect(lastsMs).toBeGreaterThanOrEqual(allowed[0]);
				expect(lastsMs).toBeLessThanOrEqual(allowed[1]);
				if (faults.length === 1) expect(wanted ?? trigger).toBe(trigger);
			}
		}
	});

	test("of a mix each strategy has its turn, and no fault that it cannot feel", () => {
		const schedule = scheduleOf(200, 5, mixedLanes);
		expect(new Set(schedule.map(({ lane }) => lane))).toEqual(new Set(mixedLanes.map(({ name }) => name)));
		const turns = schedule.filter(({ lane }) => lane === "soak-turns" || lane === "soak-key");
		const gaps = ["host-killed-in-gap", "postgres-crashed-in-gap"];
		expect(turns.flatMap(({ faults }) => faults).filter(({ kind }) => gaps.includes(kind))).toEqual([]);
	});

	test("a run with a single secret delivers each time", () => {
		expect(new Set(scheduleOf(20, 1, laneFacts(1)).map(({ lane }) => lane))).toEqual(new Set(["db-password"]));
	});
});

describe("a failed login", () => {
	const failed = {
		role: "r",
		secret: "s",
		version: "old",
		tookBack: false,
		began: 10_000,
		ended: 10_020,
		code: "28P01",
	};
	/** The old version is live since 1,000, and logs in until 9,900. */
	const book = () => {
		const made = ledger(() => 10_000);
		made.published("s", "old", 1_000);
		made.loggedIn("r", 9_900);
		return made;
	};

	test("is in the gap when the password was set after the last login that worked", () => {
		const made = book();
		made.passwordSet("r", 9_990);
		expect(made.judgeLogin(failed)).toBe("in the gap");
	});

	test("of two users that take turns is outside, whatever was set when", () => {
		const made = book();
		made.passwordSet("r", 9_990);
		expect(made.judgeLogin({ ...failed, takesTurns: true })).toBe("outside");
	});

	test("is outside when nobody set a password, when it was another role's, or long ago", () => {
		expect(book().judgeLogin(failed)).toBe("outside");
		const other = book();
		other.passwordSet("another", 9_990);
		expect(other.judgeLogin(failed)).toBe("outside");
		const longAgo = book();
		longAgo.passwordSet("r", 5_000);
		expect(longAgo.judgeLogin(failed)).toBe("outside");
	});

	test("is outside when the version that was read had been published after the password was set", () => {
		const made = book();
		made.passwordSet("r", 9_990);
		made.published("s", "new", 9_995);
		expect(made.judgeLogin({ ...failed, version: "new" })).toBe("outside");
		expect(made.judgeLogin({ ...failed, version: "old" })).toBe("in the gap");
	});

	describe("with a password that was published again, after one that was taken back,", () => {
		/** Published at 9,000, when nobody had logged in for a second. */
		const wayBack = () => {
			const made = ledger(() => 10_000);
			made.passwordSet("r", 8_000);
			made.published("s", "back", 9_000);
			return made;
		};
		const refused = { ...failed, version: "back", tookBack: true };

		test("is in the gap until the database follows", () => {
			const made = wayBack();
			expect(made.judgeLogin(refused)).toBe("outside");
			made.passwordSet("r", 11_000);
			expect(made.judgeLogin(refused)).toBe("in the gap");
			expect(made.judgeLogin({ ...refused, began: 11_500, ended: 11_520 })).toBe("outside");
		});

		test("is in the gap until the next version, where the database could not follow", () => {
			const made = wayBack();
			made.published("another", "x", 10_500);
			expect(made.judgeLogin(refused)).toBe("outside");
			made.published("s", "new", 11_000);
			expect(made.judgeLogin(refused)).toBe("in the gap");
			expect(made.judgeLogin({ ...refused, began: 11_500, ended: 11_520 })).toBe("outside");
		});

		test("is in the gap until the next version, where a run that was killed on its way back sets the new password again", () => {
			const made = wayBack();
			made.passwordSet("r", 9_900);
			made.published("s", "new", 10_300);
			expect(made.judgeLogin({ ...refused, began: 10_200, ended: 10_220 })).toBe("in the gap");
			expect(made.judgeLogin({ ...refused, began: 10_500, ended: 10_520 })).toBe("outside");
			made.loggedIn("r", 9_950);
			expect(made.judgeLogin({ ...refused, began: 10_200, ended: 10_220 })).toBe("outside");
		});

		test("is outside once somebody has logged in with it", () => {
			const made = wayBack();
			made.loggedIn("r", 9_500);
			made.published("s", "new", 11_000);
			expect(made.judgeLogin(refused)).toBe("outside");
		});
	});

	test("a refused connection is an outage only while the soak restarts the server", () => {
		const refused = { ...failed, code: "ECONNREFUSED" };
		expect(book().judgeLogin(refused)).toBe("outside");
		const made = book();
		made.outage();
		expect(made.judgeLogin(refused)).toBe("outage");
	});

	test("a password that is refused while the server restarts is no outage", () => {
		const made = book();
		made.outage();
		expect(made.judgeLogin(failed)).toBe("outside");
	});
});

describe("one new version", () => {
	const version = (value: string, by = value): SecretVersion => ({
		name: "s",
		version: `${value}-${by}`,
		value,
		tags: { "rotation-id": by },
		enabled: true,
		created: 0,
		updated: 0,
	});
	const [old, one, other] = [version("old"), version("one"), version("other")];

	test.each([
		{ title: "published", since: [one] },
		{ title: "taken back, and published again by the same rotation", since: [one, old, one] },
		{ title: "taken back for good, and followed by another rotation's", since: [one, old, one, old, other] },
		{
			title: "taken back while its pending secret could not be put away, and followed by another in its name",
			since: [one, old, version("other", "one")],
		},
	])("is one that was $title", ({ since }) => {
		expect(unlikeOneNew(old, since)).toBeUndefined();
	});

	test.each([
		{ title: "nothing was published", since: [] },
		{ title: "it was published twice", since: [one, one] },
		{ title: "two were published", since: [one, other] },
		{ title: "the old value was published twice", since: [one, old, old, one] },
		{ title: "it was taken back in the end", since: [one, old] },
		{ title: "two rotations share a value", since: [one, old, version("one", "another")] },
		{ title: "one rotation published two values", since: [one, version("other", "one"), one] },
	])("is not there when $title", ({ since }) => {
		expect(unlikeOneNew(old, since)).toMatch(/^\d new versions/);
	});
});

describe("a failed request", () => {
	const failed = { began: 10_000, ended: 10_020, problem: 'HTTP 503: {"code":"28P01"}' };

	test("breaks the promise, unless the soak's restart cut the sessions of pods that wait for the new password", () => {
		let now = 8_000;
		const made = ledger(() => now);
		const delivered = made.delivery();
		expect(made.judgeRequest(failed)).toBe("outside");
		const up = made.outage();
		now = 8_001;
		up();
		now = 12_000;
		delivered();
		expect(made.judgeRequest({ began: 11_000, ended: 11_020, problem: failed.problem })).toBe("outage");
		expect(made.judgeRequest({ began: 11_000, ended: 11_020, problem: "HTTP 500: {}" })).toBe("outside");
		expect(made.judgeRequest({ began: 13_000, ended: 13_020, problem: failed.problem })).toBe("outside");
	});
});

test("the database's log tells whose password was set when, and nothing else is taken for it", () => {
	const log = [
		`2026-11-27 07:19:43.123 UTC [12] LOG:  statement: ALTER ROLE "soak_1" PASSWORD 'x'`,
		`2026-11-27 07:19:44.000 UTC [12] LOG:  00000: statement: ALTER ROLE "titanic_admin" PASSWORD 'x'`,
		"2026-11-27 07:19:45.000 UTC [12] LOG:  statement: ALTER ROLE soak_admin NOCREATEROLE",
		"2026-11-27 07:19:45.000 UTC [12] LOG:  statement: SELECT 1",
	];
	expect(passwordsSetIn(log.join("\n"))).toEqual([
		{ role: "soak_1", at: Date.UTC(2026, 10, 27, 7, 19, 43, 123) },
		{ role: "titanic_admin", at: Date.UTC(2026, 10, 27, 7, 19, 44) },
	]);
});

test("options out of range are refused with what is allowed", () => {
	expect(() => optionsIn(["--rotations", "0"])).toThrow('--rotations is "0"; give a whole number from 1 to 100000');
	expect(() => optionsIn(["--seed", "x"])).toThrow("--seed");
	expect(() => optionsIn(["--lanes", "9"])).toThrow("--lanes");
	expect(optionsIn(["--rotations", "12", "--seed", "1"])).toMatchObject({ rotations: 12, seed: 1, lanes: 4 });
	expect(optionsIn(["--mix"])).toMatchObject({ mix: true });
	expect(() => optionsIn(["--mix", "--lanes", "4"])).toThrow("--lanes");
});
