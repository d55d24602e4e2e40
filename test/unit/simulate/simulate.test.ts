// The simulation is the product's policy on another clock: what the product promises of many secrets holds in it.

import { describe, expect, test } from "@jest/globals";
import { activitiesAtOnce } from "../../../simulate/app.ts";
import { optionsIn } from "../../../simulate/options.ts";
import { rowsOf } from "../../../simulate/report.ts";
import { gateOf } from "../../../simulate/secrets.ts";
import { simulated } from "../../../simulate/simulate.ts";
import { heldBy } from "../../../src/lib/domain/calendar.ts";

const run = (text: string, ...further: string[]) => simulated(optionsIn([...text.split(" "), ...further]).runs[0]!);
const day = 86_400_000;
const hour = 3_600_000;

const busiest = (days: readonly { rotations: number }[]) => Math.max(...days.map(({ rotations }) => rotations));

test("a year has no secret that is forgotten, and none that expires", async () => {
	const { tally, forgotten, expired } = await run("--secrets 60 --days 365");
	expect(tally.runs.rotations).toBeGreaterThanOrEqual(60 * 4);
	expect({ forgotten, expired, expiredBefore: tally.runs.expired }).toEqual({
		forgotten: 0,
		expired: 0,
		expiredBefore: 0,
	});
	expect(tally.late.every((ms) => ms > 0 && ms < hour)).toBe(true);
});

test("one seed gives the same numbers, and another one others", async () => {
	const rows = async (seed: number) => rowsOf(await run(`--secrets 20 --days 120 --import-days 30 --seed ${seed}`));
	const first = await rows(7);
	expect(await rows(7)).toEqual(first);
	expect(await rows(8)).not.toEqual(first);
});

test("what was imported in half an hour comes at once, and is spread where the configuration says so", async () => {
	const herd = await run("--secrets 150 --days 100 --import-days 0.02");
	const spread = await run("--secrets 150 --days 100 --import-days 0.02 --spread-days 30");
	// Some end after midnight.
	expect(busiest(herd.days)).toBeGreaterThan(100);
	// Of 31 days each has five of them, more or less.
	expect(busiest(spread.days)).toBeLessThan(16);
	expect(spread.most.underWay).toBeLessThan(herd.most.underWay / 2);
	expect(spread.tally.runs.rotations).toBeGreaterThanOrEqual(150);
});

describe("with a window on two nights a week", () => {
	const window = ["--window", "0 2 * * 2,4 240 Europe/Berlin"];

	test("nothing is started outside it, and what waits is started when it opens", async () => {
		const { tally, days, forgotten } = await run("--secrets 100 --days 100 --import-days 0.02", ...window);
		expect(tally.startedBy.opening).toBe(100);
		// 2026-04-01 is a Wednesday, the next window Thursday's.
		const busy = days.flatMap(({ rotations }, at) =>
			rotations > 0 ? [new Date(Date.UTC(2026, 0, 1) + at * day).getUTCDay()] : [],
		);
		expect(new Set(busy)).toEqual(new Set([4]));
		expect(tally.waits["a window or the end of a freeze"]).toMatchObject({ times: 100 });
		expect(forgotten).toBe(0);
	});

	test("it is open when the product says so, at each minute of a night when the clocks change", () => {
		const { secret, freezes } = optionsIn(["--window", "30 1 * * * 60 Europe/Berlin"]).runs[0]!;
		const held = gateOf({ secret, freezes });
		const far = Date.parse("2028-01-01T00:00:00Z");
		for (const night of ["2026-03-28T22:00:00Z", "2026-10-24T22:00:00Z"])
			for (let minute = 0; minute < 8 * 60; minute += 5) {
				const now = Date.parse(night) + minute * 60_000 + 17_000;
				const says = heldBy({ ...secret, freezes }, "any", new Date(now), new Date(far));
				expect(held(now, far)?.code).toBe(says?.code);
			}
	});
});

test("a freeze holds everything back, and what waited is started when it ends", async () => {
	const frozen = ["--freeze", "2026-03-30T00:00:00+02:00 2026-04-06T00:00:00+02:00"];
	const { tally, days } = await run("--secrets 40 --days 100 --import-days 1", ...frozen);
	expect(days.slice(88, 94).every(({ rotations }) => rotations === 0)).toBe(true);
	expect(days[95]!.rotations + days[94]!.rotations).toBeGreaterThan(30);
	expect(tally.startedBy.opening).toBeGreaterThan(30);
});

test("no server and no vault is asked for more than their caps allow, and what is more waits", async () => {
	const options = optionsIn("--secrets 200 --days 95 --import-days 0.001 --servers 1 --vaults 1".split(" ")).runs[0]!;
	const { most, tally } = await simulated(options);
	expect(most.sessions).toBe(options.sessionsAtOnce);
	expect(most.vaultWrites).toBeLessThanOrEqual(options.writesPer10Seconds);
	expect(most.vaultWrites).toBeGreaterThan(options.writesPer10Seconds - 4);
	for (const wait of ["room in the vault", "a session on the server", "a place among the activities"] as const)
		expect(tally.waits[wait].times).toBeGreaterThan(0);
	// An hour and more of waiting for its turn ends no rotation.
	expect(tally.runs.skipped).toBe(0);
	expect(tally.runs.rotations).toBe(200);
	expect(activitiesAtOnce).toBe(10);
});

test("no more rotations deliver to a namespace at once than the configuration allows, and all come to their turn", async () => {
	const herd = "--secrets 60 --days 95 --import-days 0.001 --namespaces 2";
	const [free, limited] = [await run(herd), await run(`${herd} --deliveries-at-once 2`)];
	expect(free.most.namespace).toBeGreaterThan(2);
	expect(limited.most.namespace).toBe(2);
	expect(limited.tally.waits["a place in the namespace"].times).toBeGreaterThan(0);
	expect(limited.tally.runs).toEqual(free.tally.runs);
});

test("what is spread is started by the sweep of its day, and its later periods are whole", async () => {
	const { tally, forgotten, options } = await run("--secrets 30 --days 365 --spread-days 30 --import-days 0.02");
	expect(Math.max(...tally.late)).toBeLessThan(7 * hour);
	expect(tally.longestOverPeriodMs).toBeLessThan(hour);
	// Four periods of 90 days each, of which the first one alone is up to 30 days shorter.
	expect(tally.runs.rotations).toBe(4 * options.secrets);
	expect(tally.startedBy.sweep).toBe(4 * options.secrets);
	expect(forgotten).toBe(0);
});

test("what a freeze has gathered is spread again", async () => {
	const frozen = ["--freeze", "2026-01-01T00:00:00+01:00 2026-03-02T00:00:00+01:00"];
	const { days, options } = await run("--secrets 150 --days 200 --spread-days 30", ...frozen);
	const [atTheEnd, ...later] = [days.slice(59, 62), days.slice(62)];
	expect(busiest(atTheEnd!)).toBeGreaterThan(options.secrets / 3);
	expect(busiest(later.flat())).toBeLessThan(options.secrets / 10);
});

describe("an option that is wrong", () => {
	test.each([
		[["--secrets", "0"], /--secrets is "0"; give a whole number from 1 to 100000/],
		[["--import-days", "91"], /--import-days is "91"; give days from 0.001 to 90/],
		[["--window", "0 2 * * *"], /--window is "0 2 \* \* \*"; give "CRON MINUTES ZONE"/],
		[["--window", "0 2 * * * 240 Berlin"], /zone is not an IANA time zone/],
		[["--window", "0 2 1 1 * 240 Europe/Berlin"], /windows do not open for up to 36\d days/],
		[["--spread-days", "50", "--rotate-every-days", "40"], /spreadDays is not below rotateEveryDays/],
		[["--freeze", "tomorrow"], /--freeze is "tomorrow"; give "FROM TO"/],
		[["--json", "--markdown"], /--json and --markdown/],
		[["--vaults", "201"], /--vaults is "201"; give a whole number from 1 to 200/],
		[["--servres", "3"], /Unknown option '--servres'/],
	])("%p is told by its name and what is allowed", (args, says) => {
		expect(() => optionsIn(args)).toThrow(says);
	});
});
