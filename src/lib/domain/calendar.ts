// When rotations start by themselves: windows in which they may, freezes in which they must not, and secrets that only people start.
// CAL1. Nothing here holds back what a person orders with force, what goes on from where it was cut short, or a delivery: vault and
//       database must agree, and pods must have the live version, whatever the time is.
// CAL2. Expiry beats the window, by so many days as are configured; it beats no freeze. Otherwise: a window that is missed again and
//       again lets a password expire, or a year-end freeze is broken because of a date.
// CAL3. Times are of the window's zone, daylight saving included: an opening in the hour that is skipped is right after it, and one in
//       the hour that comes twice is there once. Kept by: calendar.test.ts.

import { Cron } from "croner";

export interface Window {
	/** Minute, hour, day of the month, month, day of the week: when it opens. */
	readonly cron: string;
	/** For how long it is open: time that passes, whatever clocks do. */
	readonly minutes: number;
	/** IANA: `Europe/Berlin`. */
	readonly zone: string;
}

export interface Freeze {
	/** ISO 8601, with its offset. */
	readonly from: string;
	/** Until before this time. */
	readonly to: string;
	readonly reason: string;
	/** Their ids; absent: all. */
	readonly secrets?: readonly string[];
}

export interface Calendar {
	readonly automatic: boolean;
	/** None: always open. */
	readonly windows: readonly Window[];
	readonly freezes: readonly Freeze[];
	readonly expiryBeatsWindowDays: number;
}

/** What an automatic rotation waits for. */
export type Held =
	| { readonly code: "people-only" }
	| { readonly code: "frozen"; readonly until: string; readonly reason: string }
	| { readonly code: "window-closed"; readonly until?: string }
	/** Of the order with this id. */
	| { readonly code: "awaiting-approval"; readonly id: string; readonly until: string };

const day = 86_400_000;

/** @returns what holds back a rotation that no person has ordered; `undefined` where nothing does */
export function heldBy(calendar: Calendar, secret: string, now: Date, expires?: Date): Held | undefined {
	const { automatic, windows, expiryBeatsWindowDays } = calendar;
	if (!automatic) return { code: "people-only" };
	const freeze = freezeAt(calendar, secret, now);
	if (freeze) return { code: "frozen", until: new Date(freeze.to).toISOString(), reason: freeze.reason };
	if (windows.length === 0 || windows.some((window) => isOpen(window, now))) return undefined;
	if (expires && expires.getTime() - now.getTime() < expiryBeatsWindowDays * day) return undefined;
	const next = windows.flatMap((window) => cronOf(window).nextRun(now) ?? []).sort((one, other) => +one - +other)[0];
	return { code: "window-closed", ...(next && { until: next.toISOString() }) };
}

/** The freeze that is on and lasts longest. */
export function freezeAt({ freezes }: Pick<Calendar, "freezes">, secret: string, now: Date): Freeze | undefined {
	return freezes
		.filter(({ secrets }) => !secrets || secrets.includes(secret))
		.filter(({ from, to }) => Date.parse(from) <= now.getTime() && now.getTime() < Date.parse(to))
		.sort((one, other) => Date.parse(other.to) - Date.parse(one.to))[0];
}

function isOpen(window: Window, now: Date): boolean {
	// One that opens at this very minute has opened.
	const [opened] = cronOf(window).previousRuns(1, new Date(now.getTime() + 1));
	return opened !== undefined && now.getTime() < opened.getTime() + window.minutes * 60_000;
}

const cronOf = ({ cron, zone }: Pick<Window, "cron" | "zone">) =>
	new Cron(cron, { timezone: zone, mode: "5-part", paused: true });

/** @returns what is wrong with it, to be said after its name; `undefined` where nothing is */
export function wrongWithCron(cron: string): string | undefined {
	try {
		// The library takes a date too, which comes once, and names such as @daily.
		if (!/^\s*(\S+\s+){4}\S+\s*$/.test(cron)) throw new RangeError();
		const next = cronOf({ cron, zone: "UTC" }).nextRun();
		return next ? undefined : "is a time that never comes";
	} catch {
		return "is not a cron expression of five parts; give minute (0-59), hour (0-23), day of the month, month and day of the week (0-7)";
	}
}

export function isZone(zone: string): boolean {
	try {
		new Intl.DateTimeFormat("en", { timeZone: zone });
		// An offset is none: it knows no daylight saving.
		return /^[A-Za-z_]+(\/[A-Za-z0-9_+-]+)*$/.test(zone);
	} catch {
		return false;
	}
}

/** @returns the longest time, in days, that no window opens within the next two years */
export function longestClosedDays(windows: readonly Window[], now: Date): number {
	const until = now.getTime() + 730 * day;
	const openings = windows.flatMap((window) => openingsOf(window, now, until)).sort((one, other) => one - other);
	let longest = 0;
	let last = now.getTime();
	for (const opening of [...openings, until]) {
		longest = Math.max(longest, opening - last);
		last = opening;
	}
	return longest / day;
}

/** One a day is enough to judge by. */
function openingsOf(window: Window, from: Date, until: number): number[] {
	const openings: number[] = [];
	const cron = cronOf(window);
	for (let next = cron.nextRun(from); next && next.getTime() < until; ) {
		openings.push(next.getTime());
		next = cron.nextRun(new Date(next.getTime() + day - 60_000));
	}
	return openings;
}
