import { describe, expect, test } from "@jest/globals";
import { type Calendar, heldBy, isZone, longestClosedDays, wrongWithCron } from "../../../src/lib/domain/calendar.ts";

const calendar = (changes: Partial<Calendar> = {}): Calendar => ({
	automatic: true,
	windows: [],
	freezes: [],
	expiryBeatsWindowDays: 7,
	...changes,
});
/** Each night, from Monday to Friday. */
const nights = { cron: "0 22 * * 1-5", minutes: 240, zone: "Europe/Berlin" };
const held = (now: string, changes: Partial<Calendar> = {}, expires?: string) =>
	heldBy(calendar({ windows: [nights], ...changes }), "db", new Date(now), expires ? new Date(expires) : undefined);

describe("a window", () => {
	test.each<[string, string, boolean]>([
		["at the minute it opens", "2026-11-30T21:00:00Z", true],
		["a second before", "2026-11-30T20:59:59Z", false],
		["past midnight", "2026-12-01T00:30:00Z", true],
		["at the minute it closes", "2026-12-01T01:00:00Z", false],
		["past midnight of a Friday", "2026-12-05T00:30:00Z", true],
		["on a Saturday evening", "2026-12-05T21:30:00Z", false],
		["in summer, an hour earlier in UTC", "2026-07-01T20:00:00Z", true],
	])("%s", (_, now, isOpen) => {
		expect(held(now) === undefined).toBe(isOpen);
	});

	test("that is closed says when it opens", () => {
		expect(held("2026-12-05T12:00:00Z")).toEqual({ code: "window-closed", until: "2026-12-07T21:00:00.000Z" });
	});

	test("of several, one that is open is enough, and the next one to open is told", () => {
		const windows = [nights, { cron: "0 12 * * 6", minutes: 60, zone: "UTC" }];
		expect(held("2026-12-05T12:30:00Z", { windows })).toBeUndefined();
		expect(held("2026-12-05T11:00:00Z", { windows })).toMatchObject({ until: "2026-12-05T12:00:00.000Z" });
	});

	test("in the hour that is skipped in spring opens right after it, and in the one that comes twice once", () => {
		const windows = [{ cron: "30 2 * * *", minutes: 30, zone: "Europe/Berlin" }];
		const isOpen = (now: string) => held(now, { windows }) === undefined;
		// 29 March 2026: from 2:00 on it is 3:00, which is 01:00 in UTC.
		expect(isOpen("2026-03-29T00:59:00Z")).toBe(false);
		expect(isOpen("2026-03-29T01:00:00Z") || isOpen("2026-03-29T01:30:00Z")).toBe(true);
		// 25 October 2026: 2:30 is 00:30 and 01:30 in UTC.
		expect([isOpen("2026-10-25T00:40:00Z"), isOpen("2026-10-25T01:40:00Z")]).toEqual([true, false]);
	});

	test("of whole days is never closed where its minutes cover the 25 hours of a day in autumn", () => {
		const closed = (minutes: number) => {
			const windows = [{ cron: "0 0 * * *", minutes, zone: "Europe/Berlin" }];
			// From 24 to 26 October 2026, each half hour.
			const times = Array.from({ length: 96 }, (_, half) =>
				new Date(Date.UTC(2026, 9, 24, 0, 30 * half)).toISOString(),
			);
			return times.filter((now) => held(now, { windows }) !== undefined);
		};
		expect(closed(1440)).toEqual(["2026-10-25T22:00:00.000Z", "2026-10-25T22:30:00.000Z"]);
		expect(closed(1500)).toEqual([]);
	});

	test("of a leap day opens on that day alone, years from now", () => {
		const windows = [{ cron: "0 2 29 2 *", minutes: 60, zone: "UTC" }];
		expect(held("2028-02-29T02:30:00Z", { windows })).toBeUndefined();
		expect(held("2027-03-01T02:30:00Z", { windows })).toEqual({
			code: "window-closed",
			until: "2028-02-29T02:00:00.000Z",
		});
	});

	test("gives way as soon as the version expires within so many days", () => {
		const closed = "2026-12-05T12:00:00Z";
		expect(held(closed, {}, "2026-12-12T11:59:00Z")).toBeUndefined();
		expect(held(closed, {}, "2026-12-12T12:01:00Z")).toMatchObject({ code: "window-closed" });
		expect(held(closed, { expiryBeatsWindowDays: 0 }, "2026-12-05T12:01:00Z")).toMatchObject({ code: "window-closed" });
	});
});

describe("a freeze", () => {
	const freezes = [{ from: "2026-12-20T00:00:00+01:00", to: "2027-01-05T00:00:00+01:00", reason: "year end" }];

	test("holds back everything from its beginning until its end, expiry and open windows included", () => {
		expect(held("2026-12-21T21:30:00Z", { freezes }, "2026-12-22T00:00:00Z")).toEqual({
			code: "frozen",
			until: "2027-01-04T23:00:00.000Z",
			reason: "year end",
		});
		expect(held("2026-12-19T22:59:59Z", { freezes, windows: [] })).toBeUndefined();
		expect(held("2026-12-19T23:00:00Z", { freezes, windows: [] })).toMatchObject({ code: "frozen" });
		expect(held("2027-01-04T23:00:00Z", { freezes, windows: [] })).toBeUndefined();
	});

	test("of some secrets holds back no other", () => {
		const now = "2026-12-25T00:00:00Z";
		expect(held(now, { freezes: [{ ...freezes[0]!, secrets: ["other"] }], windows: [] })).toBeUndefined();
		expect(held(now, { freezes: [{ ...freezes[0]!, secrets: ["db"] }], windows: [] })).toMatchObject({
			code: "frozen",
		});
	});

	test("of two, the one that lasts longer is told", () => {
		const longer = { ...freezes[0]!, to: "2027-02-01T00:00:00Z", reason: "migration" };
		expect(held("2026-12-25T00:00:00Z", { freezes: [...freezes, longer] })).toMatchObject({ reason: "migration" });
	});
});

test("what only people start is started by nothing else", () => {
	expect(held("2026-11-30T21:00:00Z", { automatic: false }, "2026-11-30T21:01:00Z")).toEqual({ code: "people-only" });
});

test.each([
	["0 22 * * 1-5", undefined],
	["0 2 1 * *", undefined],
	["0 0 22 * * 1", "is not a cron expression"],
	["0 25 * * *", "is not a cron expression"],
	["every night", "is not a cron expression"],
	["2027-01-01T00:00:00", "is not a cron expression"],
	["@daily", "is not a cron expression"],
	["0 2 29 2 *", undefined],
	["0 0 31 4,6,9,11 *", "is a time that never comes"],
	["0 0 31 2 *", "is a time that never comes"],
])("%j: %s", (cron, wrong) => {
	const found = wrongWithCron(cron);
	expect(found === undefined ? undefined : found.slice(0, wrong?.length)).toBe(wrong);
});

test.each([
	["Europe/Berlin", true],
	["UTC", true],
	["America/Argentina/Buenos_Aires", true],
	["Etc/GMT+5", true],
	["+02:00", false],
	["Europe/Atlantis", false],
	["", false],
])("%j is a zone: %s", (zone, is) => {
	expect(isZone(zone)).toBe(is);
});

test("the longest time without an opening is told in days", () => {
	const now = new Date("2026-11-30T00:00:00Z");
	expect(longestClosedDays([nights], now)).toBeCloseTo(3, 0);
	expect(longestClosedDays([{ cron: "0 2 1 * *", minutes: 60, zone: "UTC" }], now)).toBeCloseTo(31, 0);
	expect(longestClosedDays([{ cron: "0 2 1 1 *", minutes: 60, zone: "UTC" }], now)).toBeGreaterThan(364);
	const both = [
		{ cron: "0 2 1 * *", minutes: 60, zone: "UTC" },
		{ cron: "0 2 15 * *", minutes: 60, zone: "UTC" },
	];
	expect(longestClosedDays(both, now)).toBeLessThan(18);
});
