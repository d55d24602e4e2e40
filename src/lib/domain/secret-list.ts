// All managed secrets as lists show them: the last sweep's findings, with what has ended since and what runs now. Pure.
// LST1. What has ended since the sweep takes the place of what that found. Otherwise: a secret that was rotated an hour ago is shown
//       as due until tomorrow, and somebody rotates it again. Kept by: secret-list.test.ts.
// LST2. What needs a person comes first, in the order in which they have to act.
// LST3. No system is asked for a single secret. Otherwise: ten thousand of them take longer than a caller waits.

import type { Held } from "./calendar.ts";
import { type ComplianceEntry, type DateState, dateStates } from "./compliance.ts";
import type { EndedRun } from "./ended-run.ts";
import { isLong } from "./expectation.ts";
import { type Health, states as healthStates } from "./health.ts";
import { dueOf as datesBy } from "./policy.ts";
import { isRealRun, type RotationStatus } from "./rotation.ts";
import type { Spread } from "./spread.ts";

/** What the configuration says of a secret. */
export interface Known {
	readonly secret: string;
	readonly vault: string;
	readonly name: string;
	readonly strategy: string;
	readonly rotateEveryDays: number;
	readonly expiryMarginDays: number;
	readonly spread: Spread;
	/** `Deployment titanic-api/titanic-api` */
	readonly consumers: readonly string[];
}

export const listStates = [...dateStates, "not-judged"] as const;
type ListState = DateState | "not-judged";

export interface Row extends Omit<Known, "rotateEveryDays" | "expiryMarginDays" | "spread"> {
	/** By its dates alone; `not-judged`: no sweep has looked at it yet. */
	readonly state: ListState;
	readonly health: Health;
	/** The live version. */
	readonly version?: string;
	readonly expires?: string;
	/** Negative when overdue. */
	readonly dueInDays?: number;
	/** What its rotation waits for, as the sweep found it. */
	readonly waits?: Held;
	/** The last one that ended since the sweep, skips too. A dry run would hide what has really been done. */
	readonly since?: EndedRun;
	readonly running?: RunningNow;
}

export interface Seen {
	readonly entries: readonly ComplianceEntry[];
	/** Since the sweep began, the latest first. */
	readonly ended: readonly EndedRun[];
	readonly running: readonly RotationStatus[];
}

export function rowsOf(known: readonly Known[], { entries, ended, running }: Seen, now: Date): readonly Row[] {
	const { judged, rows } = sweptRows(known, entries);
	const touched = new Set([...ended, ...running].map(({ secret }) => secret));
	const runs = new Map(running.map((run) => [run.secret, run]));
	const last = latestOf(ended, ({ dryRun }) => !dryRun);
	const lastReal = latestOf(ended, (run) => isRealRun(run) && run.kind !== "retire");
	const published = latestOf(ended, ({ version }) => version !== undefined);
	if (touched.size === 0) return rows;
	return known.map((of, index) => {
		const { secret } = of;
		if (!touched.has(secret)) return rows[index]!;
		const { rotateEveryDays, expiryMarginDays, spread, ...one } = of;
		const period = { now, rotateEveryDays, expiryMarginDays, spread };
		const since = last.get(secret);
		const current = runs.get(secret);
		return {
			...one,
			...datesOf(judged.get(secret), published.get(secret), period),
			health: healthOf(judged.get(secret), lastReal.get(secret)),
			...(since && { since }),
			...(current && { running: runningOf(current, now) }),
		};
	});
}

interface SweptRows {
	readonly judged: ReadonlyMap<string, ComplianceEntry>;
	readonly rows: readonly Row[];
}

/** As the sweep alone has them: the same while configuration and report are. To make ten thousand takes longer than the rest of a page. */
function sweptRows(known: readonly Known[], entries: readonly ComplianceEntry[]): SweptRows {
	const kept = sweptOf.get(known);
	if (kept?.entries === entries) return kept;
	const judged = new Map(entries.map((entry) => [entry.secret, entry]));
	const rows = known.map(({ rotateEveryDays: _, expiryMarginDays: __, spread: ___, ...one }) => {
		const entry = judged.get(one.secret);
		return { ...one, ...judgedDates(entry), health: healthOf(entry, undefined) };
	});
	const made = { entries, judged, rows };
	sweptOf.set(known, made);
	return made;
}
const sweptOf = new WeakMap<readonly Known[], SweptRows & { readonly entries: readonly ComplianceEntry[] }>();

/** What runs, in a line. */
export interface RunningNow extends Pick<RotationStatus, "rotationId" | "kind" | "now" | "retrying"> {
	/** Than it should. */
	readonly long?: true;
}

export const runningOf = (run: RotationStatus, at: Date): RunningNow => {
	const { rotationId, kind, now, retrying } = run;
	return { rotationId, kind, now, retrying, ...(isLong(run, at) && { long: true as const }) };
};

function latestOf(ended: readonly EndedRun[], passes: (run: EndedRun) => boolean): Map<string, EndedRun> {
	const found = new Map<string, EndedRun>();
	for (const run of ended) if (!found.has(run.secret) && passes(run)) found.set(run.secret, run);
	return found;
}

type Period = Omit<Parameters<typeof datesBy>[0], "created" | "expires">;

function datesOf(entry: ComplianceEntry | undefined, run: EndedRun | undefined, period: Period) {
	if (run?.version !== undefined && run.version !== entry?.version) return datesSince(run, period);
	return judgedDates(entry);
}

function judgedDates(entry: ComplianceEntry | undefined) {
	if (!entry) return { state: "not-judged" as const };
	const { state, expires, dueInDays, waits } = entry;
	return { state, version: entry.version, expires, dueInDays, waits };
}

const day = 86_400_000;

/** Of a version that no sweep has seen yet, as the run that published it reports them. */
function datesSince({ version, expires, endedAt }: EndedRun, period: Period) {
	const ends = expires === undefined ? {} : { expires: new Date(expires) };
	const { state, dueAt } = datesBy({ ...period, created: new Date(endedAt), ...ends });
	const dueInDays = Math.floor((dueAt.getTime() - period.now.getTime()) / day);
	return { state, version, dueInDays, ...(expires !== undefined && { expires }) };
}

function healthOf(entry: ComplianceEntry | undefined, run: EndedRun | undefined): Health {
	if (!run) return entry?.health ?? { state: "unknown" };
	if (run.outcome === "completed") return { state: "healthy" };
	const why = { ...(run.code !== undefined && { code: run.code }), rotationId: run.rotationId };
	return { state: run.outcome === "published-not-delivered" ? "not-delivered" : "failed", ...why };
}

export interface Wanted {
	/** Part of its id, name, vault or of a workload, in whatever case. */
	readonly text?: string;
	readonly state?: ListState;
	readonly health?: Health["state"];
	readonly running?: boolean;
}

export const matches = ({ text }: Wanted, row: Row): boolean => {
	if (text === undefined) return true;
	const part = text.toLowerCase();
	return [row.secret, row.name, row.vault, ...row.consumers].some((one) => one.toLowerCase().includes(part));
};

export const passes = ({ state, health, running }: Wanted, row: Row): boolean =>
	(state === undefined || row.state === state) &&
	(health === undefined || row.health.state === health) &&
	(running === undefined || (row.running !== undefined) === running);

/** How many there are of each, zeros too. */
export function countsOf(rows: readonly Row[]) {
	const count = <T extends string>(names: readonly T[], of: (row: Row) => T) => {
		const counts = Object.fromEntries(names.map((name) => [name, 0])) as Record<T, number>;
		for (const row of rows) counts[of(row)]++;
		return counts;
	};
	return {
		total: rows.length,
		running: rows.filter(({ running }) => running).length,
		state: count(listStates, ({ state }) => state),
		health: count(healthStates, ({ health }) => health.state),
	};
}

export type Key = readonly (string | number)[];

/** What rows are sorted by: each key ends with the secret's id, which distinguishes it from all others. */
const keys = {
	attention: { of: (row: Row): Key => [rankOf(row), dueOf(row), row.secret], kinds: ["number", "number", "string"] },
	due: { of: (row: Row): Key => [dueOf(row), row.secret], kinds: ["number", "string"] },
	name: { of: (row: Row): Key => [row.secret], kinds: ["string"] },
} as const;
export const sorts = Object.keys(keys) as (keyof typeof keys)[];

const dueOf = ({ dueInDays }: Row): number => dueInDays ?? Number.MAX_SAFE_INTEGER;

export const keyOf = (sort: keyof typeof keys, row: Row): Key => keys[sort].of(row);

/** Could some row have it? */
export const isKeyOf = (sort: keyof typeof keys, key: Key): boolean =>
	key.length === keys[sort].kinds.length && keys[sort].kinds.every((kind, at) => typeof key[at] === kind);

const failing: readonly Health["state"][] = ["cut-short", "not-delivered", "drifted", "failed"];

function rankOf({ health, state, running }: Row): number {
	if (failing.includes(health.state)) return 0;
	if (state === "expired") return 1;
	if (health.state === "unknown" || state === "unreadable" || state === "not-judged") return 2;
	if (running) return running.retrying ? 3 : 4;
	return state === "due" ? 5 : 6;
}

/** Does a person have to do something about it? An order that waits for an approval says so itself. */
export const needsPerson = ({ health, state, running, waits }: Row): boolean =>
	(health.state !== "healthy" && !(health.state === "unknown" && state === "not-judged")) ||
	state === "expired" ||
	state === "unreadable" ||
	running?.retrying !== undefined ||
	running?.long === true ||
	waits?.code === "people-only";

/** Keys of one sort are alike in length and kinds. */
export function compare(one: Key, other: Key): number {
	for (let at = 0; at < one.length; at++) {
		const [part, against] = [one[at]!, other[at]!];
		if (part !== against) return part < against ? -1 : 1;
	}
	return 0;
}

export interface Keyed {
	readonly row: Row;
	readonly key: Key;
}

/** The first so many in this order: to put all of ten thousand in order takes ten times as long. */
export function firstOf(sort: keyof typeof keys, rows: readonly Row[], most: number, after?: Key): readonly Keyed[] {
	const first: Keyed[] = [];
	for (const row of rows) {
		const key = keyOf(sort, row);
		if (after && compare(after, key) >= 0) continue;
		const last = first[most - 1];
		if (last && compare(key, last.key) >= 0) continue;
		let place = first.length;
		while (place > 0 && compare(key, first[place - 1]!.key) < 0) place--;
		first.splice(place, 0, { row, key });
		first.length = Math.min(first.length, most);
	}
	return first;
}
