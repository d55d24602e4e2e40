// Times and durations as people read them: UTC, to the second.

import type { SecretRow } from "./answers.ts";

export const timeText = (iso: string): string => {
	const time = new Date(iso);
	return Number.isNaN(time.getTime()) ? iso : `${time.toISOString().slice(0, 19).replace("T", " ")}Z`;
};

export const dayText = (iso: string): string => timeText(iso).slice(0, 10);

export function durationText(ms: number): string {
	if (ms < 10_000) return `${(ms / 1000).toFixed(1)} s`;
	const seconds = Math.round(ms / 1000);
	if (seconds < 60) return `${seconds} s`;
	const minutes = Math.floor(seconds / 60);
	if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
	return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

const day = 86_400_000;

/** `in 12 days`, `3 days ago` */
export function daysText(iso: string, now: Date): string {
	const days = (Date.parse(iso) - now.getTime()) / day;
	return Number.isNaN(days) ? iso : dueText(days);
}

/** @param days negative: overdue since */
export function dueText(days: number): string {
	const whole = Math.floor(Math.abs(days));
	if (whole === 0) return days < 0 ? "today" : "within a day";
	const text = `${whole} day${whole === 1 ? "" : "s"}`;
	return days > 0 ? `in ${text}` : `${text} ago`;
}

/** @returns milliseconds of `90`, `90s`, `15m` or `2h`; `undefined` for anything else, and for no time at all */
export function durationOf(text: string): number | undefined {
	const [, number, unit] = /^(\d{1,6})([smh]?)$/.exec(text) ?? [];
	const ms = Number(number) * { s: 1000, m: 60_000, h: 3_600_000 }[unit || "s"]!;
	return ms > 0 ? ms : undefined;
}

/** What a rotation that is due waits for. */
export function waitText(waits: NonNullable<SecretRow["waits"]>): string {
	if (waits.code === "people-only") return "due: only people start it";
	if (waits.code === "awaiting-approval") return `due: awaits approval ${waits.id}`;
	const until = waits.until === undefined ? "" : ` until ${timeText(waits.until)}`;
	return waits.code === "frozen" ? `due: frozen${until}: ${waits.reason}` : `due: its window is closed${until}`;
}
