import { describe, expect, test } from "@jest/globals";
import type { ComplianceEntry } from "../../../src/lib/domain/compliance.ts";
import type { EndedRun } from "../../../src/lib/domain/ended-run.ts";
import type { RotationStatus } from "../../../src/lib/domain/rotation.ts";
import {
	compare,
	countsOf,
	firstOf,
	isKeyOf,
	type Known,
	keyOf,
	matches,
	needsPerson,
	passes,
	type Row,
	rowsOf,
	type Seen,
	sorts,
} from "../../../src/lib/domain/secret-list.ts";

const known = (secret: string): Known => ({
	secret,
	vault: "main",
	name: secret,
	strategy: "single-user",
	...{ rotateEveryDays: 90, expiryMarginDays: 30, spread: { days: 0, phase: 0 } },
	consumers: [`Deployment titanic-api/${secret}-api`],
});
const old = "1".repeat(32);
const entry = (secret: string, changes: Partial<ComplianceEntry> = {}): ComplianceEntry => ({
	secret,
	state: "compliant",
	health: { state: "healthy" },
	version: old,
	expires: "2026-12-31T00:00:00.000Z",
	dueInDays: 20,
	action: "none",
	...changes,
});
const run = (secret: string, changes: Partial<EndedRun> = {}): EndedRun => ({
	rotationId: `${secret}.2b6f0cc9-04d1-4d6f-93a0-0ac1c9a6b5f3`,
	secret,
	kind: "rotate",
	outcome: "completed",
	by: "operator",
	endedAt: "2026-11-30T07:00:00.000Z",
	...changes,
});
const now = new Date("2026-11-30T08:00:00.000Z");
const seen = (changes: Partial<Seen> = {}): Seen => ({ entries: [], ended: [], running: [], ...changes });
const one = (changes: Partial<Seen>): Row => rowsOf([known("a")], seen(changes), now)[0]!;

describe("what has ended since the sweep counts", () => {
	const due = entry("a", { state: "due", dueInDays: -2, health: { state: "failed", code: "vault-forbidden" } });

	test("a rotation that completed: it is healthy, and has the new version's dates", () => {
		const published = { version: "2".repeat(32), expires: "2027-03-30T07:00:00.000Z" };
		const row = one({ entries: [due], ended: [run("a", published)] });
		expect(row).toMatchObject({ ...published, state: "compliant", dueInDays: 89, health: { state: "healthy" } });
	});

	test("of a version that never expires the period counts, from when it was published", () => {
		const row = one({ entries: [due], ended: [run("a", { version: "2".repeat(32) })] });
		expect([row.state, row.dueInDays, row.expires]).toEqual(["compliant", 89, undefined]);
	});

	test("a version that was made with a short life is due again when that is over, sweep or not", () => {
		const ended = [run("a", { version: "2".repeat(32), expires: "2026-12-10T00:00:00.000Z" })];
		expect(one({ entries: [due], ended })).toMatchObject({ state: "due", dueInDays: -21 });
	});

	test("one that failed: its dates stay, and the list says which run tells more", () => {
		const failed = run("a", { outcome: "compensated", code: "vault-forbidden" });
		expect(one({ entries: [entry("a")], ended: [failed] })).toMatchObject({
			state: "compliant",
			dueInDays: 20,
			health: { state: "failed", code: "vault-forbidden", rotationId: failed.rotationId },
			since: failed,
		});
	});

	test("one that published and did not deliver: a new version, and not healthy", () => {
		const version = "2".repeat(32);
		const late = run("a", { outcome: "published-not-delivered", code: "copy-timeout", version });
		expect(one({ entries: [due], ended: [late] })).toMatchObject({
			state: "compliant",
			version,
			health: { state: "not-delivered", code: "copy-timeout" },
		});
	});

	test.each<[string, Partial<EndedRun>]>([
		["a dry run", { dryRun: true, outcome: "planned" }],
		["a skip", { outcome: "skipped" }],
		["a cancelled one", { outcome: "cancelled" }],
		["a retirement", { kind: "retire" }],
	])("%s changes nothing of what the sweep found", (_, changes) => {
		const { state, health, dueInDays } = one({ entries: [due], ended: [run("a", changes)] });
		expect({ state, health, dueInDays }).toEqual({ state: due.state, health: due.health, dueInDays: -2 });
	});

	test("the latest real one, whatever came before and after it", () => {
		const ended = [run("a", { dryRun: true, outcome: "planned" }), run("a", { outcome: "refused" }), run("a")];
		expect(one({ entries: [due], ended })).toMatchObject({ health: { state: "failed" }, since: ended[1]! });
	});

	test("a refusal after a rotation that published: the new version stays new", () => {
		const version = "2".repeat(32);
		const ended = [run("a", { outcome: "refused", code: "vault-forbidden" }), run("a", { version })];
		expect(one({ entries: [due], ended })).toMatchObject({ state: "compliant", version, health: { state: "failed" } });
	});

	test("a delivery of the live version leaves its dates alone", () => {
		const delivered = run("a", { kind: "deliver", version: old });
		expect(one({ entries: [due], ended: [delivered] })).toMatchObject({
			state: "due",
			dueInDays: -2,
			health: { state: "healthy" },
		});
	});
});

test("a secret that no sweep has seen says so, and is healthy for nobody", () => {
	expect(one({})).toMatchObject({ state: "not-judged", health: { state: "unknown" } });
});

const retrying = { step: "switch", attempt: 2, nextTryAt: "", code: "vault-forbidden", message: "", next: "" } as const;
const running = (secret: string, changes: Partial<RotationStatus> = {}) =>
	({ rotationId: `${secret}.x`, secret, kind: "rotate", steps: [], now: "Rolling", ...changes }) as RotationStatus;

const all = rowsOf(
	["fine", "soon", "due", "runs", "stuck", "dark", "gone", "broken", "new"].map(known),
	seen({
		entries: [
			entry("fine"),
			entry("soon", { dueInDays: 3 }),
			entry("due", { state: "due", dueInDays: -1 }),
			entry("runs"),
			entry("stuck"),
			entry("dark", { state: "unreadable", health: { state: "unknown" } }),
			entry("gone", { state: "expired", dueInDays: -30 }),
			entry("broken", { health: { state: "not-delivered" } }),
		],
		running: [running("runs"), running("stuck", { retrying })],
	}),
	now,
);
const sorted = (sort: (typeof sorts)[number]) =>
	all
		.map((row) => ({ row, key: keyOf(sort, row) }))
		.sort((a, b) => compare(a.key, b.key))
		.map(({ row }) => row.secret);

test("what needs a person comes first, then what runs, then what is due soonest", () => {
	expect(sorted("attention")).toEqual(["broken", "gone", "dark", "new", "stuck", "runs", "due", "soon", "fine"]);
	expect(sorted("due").slice(0, 3)).toEqual(["gone", "due", "soon"]);
	expect(sorted("due").at(-1)).toBe("new");
	expect(sorted("name")).toEqual([...sorted("name")].sort());
});

test("what a person has to do something about is what is broken, expired, unreadable, stuck, late, or theirs to start", () => {
	expect(all.filter(needsPerson).map(({ secret }) => secret)).toEqual(["stuck", "dark", "gone", "broken"]);
	const late = running("a", { requestedAt: "2026-11-30T06:00:00.000Z", expectedBy: "2026-11-30T07:00:00.000Z" });
	expect(needsPerson(one({ entries: [entry("a")], running: [late] }))).toBe(true);
	expect(needsPerson(one({ entries: [entry("a", { state: "due", waits: { code: "people-only" } })] }))).toBe(true);
	expect(needsPerson(one({ entries: [entry("a", { state: "due", waits: { code: "window-closed" } })] }))).toBe(false);
});

test("a key is known by its form, for each sort", () => {
	for (const sort of sorts) {
		const key = keyOf(sort, all[0]!);
		expect(isKeyOf(sort, key)).toBe(true);
		expect(isKeyOf(sort, [...key, 1])).toBe(false);
		expect(isKeyOf(sort, [{} as never, ...key.slice(1)])).toBe(false);
	}
});

test("all are counted, by dates and by health, and none is counted twice", () => {
	const counts = countsOf(all);
	expect(counts).toMatchObject({ total: 9, running: 2, state: { due: 1, expired: 1, "not-judged": 1 } });
	for (const by of [counts.state, counts.health]) expect(Object.values(by).reduce((a, b) => a + b)).toBe(9);
	expect(counts.health).toMatchObject({ "not-delivered": 1, drifted: 0, unknown: 2 });
});

test("a filter asks for all that it says", () => {
	const [row] = rowsOf([known("db-password")], seen({ running: [running("db-password")] }), now);
	expect(["DB-PASS", "main", "titanic-api/db", "other"].map((text) => matches({ text }, row!))).toEqual([
		true,
		true,
		true,
		false,
	]);
	expect(passes({ running: true, state: "not-judged", health: "unknown" }, row!)).toBe(true);
	expect(passes({ running: false }, row!)).toBe(false);
	expect(passes({ state: "due" }, row!)).toBe(false);
	expect(passes({ health: "healthy" }, row!)).toBe(false);
});

test("the first of an order are those of all in that order, from wherever", () => {
	const secrets = Array.from({ length: 60 }, (_, index) => `secret-${(index * 37) % 60}`);
	const entries = secrets.map((secret, index) => entry(secret, { dueInDays: (index * 7) % 10 }));
	const rows = rowsOf(secrets.map(known), seen({ entries }), now);
	for (const sort of sorts) {
		const all = rows.map((row) => keyOf(sort, row)).sort(compare);
		for (const after of [undefined, all[0], all[17], all[59]])
			for (const most of [1, 7, 60, 100]) {
				const left = all.filter((key) => after === undefined || compare(after, key) < 0);
				expect(firstOf(sort, rows, most, after).map(({ key }) => key)).toEqual(left.slice(0, most));
			}
	}
});

test("what comes after a report changes the rows that it is about, and the next report all of them", () => {
	const both = [known("a"), known("b")];
	const entries = [entry("a"), entry("b")];
	const states = (of: Seen) => rowsOf(both, of, now).map(({ health }) => health.state);
	expect(states(seen({ entries }))).toEqual(["healthy", "healthy"]);
	expect(states(seen({ entries, ended: [run("b", { outcome: "interrupted" })] }))).toEqual(["healthy", "failed"]);
	expect(states(seen({ entries }))).toEqual(["healthy", "healthy"]);
	const next = [entry("a", { health: { state: "drifted" } }), entry("b")];
	expect(states(seen({ entries: next }))).toEqual(["drifted", "healthy"]);
});
