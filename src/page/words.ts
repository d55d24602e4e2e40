// What codes, states and times are called on the page.

import type { Approval, Retrying, SecretRow } from "./answers.ts";

/** How much a state wants a person's eye; each has a shape of its own, so that no one has to tell colours apart. */
export type Tone = "good" | "busy" | "warn" | "bad" | "quiet";

export interface Said {
	readonly word: string;
	readonly tone: Tone;
}

const said = (word: string, tone: Tone): Said => ({ word, tone });

export const states: Readonly<Record<SecretRow["state"], Said>> = {
	compliant: said("in date", "good"),
	due: said("due", "warn"),
	expired: said("expired", "bad"),
	unreadable: said("unreadable", "bad"),
	"not-judged": said("not looked at yet", "quiet"),
};

export const healths: Readonly<Record<SecretRow["health"]["state"], Said>> = {
	healthy: said("healthy", "good"),
	failed: said("failed", "bad"),
	drifted: said("drifted", "bad"),
	"not-delivered": said("not delivered", "bad"),
	"cut-short": said("cut short", "warn"),
	unknown: said("unknown", "quiet"),
};

export const outcomes: Readonly<Record<string, Said>> = {
	completed: said("completed", "good"),
	planned: said("planned", "quiet"),
	skipped: said("nothing to do", "quiet"),
	refused: said("refused", "bad"),
	compensated: said("taken back", "bad"),
	"published-not-delivered": said("not delivered", "bad"),
	interrupted: said("interrupted", "bad"),
	cancelled: said("cancelled", "quiet"),
};

export const approvals: Readonly<Record<Approval["state"], Said>> = {
	"awaiting-approval": said("waits for approval", "warn"),
	approved: said("approved", "good"),
	rejected: said("rejected", "quiet"),
	expired: said("expired", "quiet"),
	void: said("void", "bad"),
	used: said("approved and done", "good"),
};

export const kinds: Readonly<Record<string, string>> = {
	rotate: "Rotation",
	deliver: "Delivery",
	reconcile: "Reconciliation",
	retire: "Retirement",
	rollback: "Rollback",
};

const steps: Readonly<Record<string, string>> = {
	plan: "Everything that could stop it is looked at",
	createSecret: "The new password is stored as pending",
	setSecret: "The database gets the new password",
	testSecret: "A login with the new password",
	finishSecret: "The new version is published in the vault",
	deliver: "What new pods get is new",
	roll: "The pods are replaced",
	verify: "Each pod proves the new version",
	retire: "What was live before is retired",
	revoke: "What the old password opens is closed",
	restore: "What was deleted or disabled is brought back",
};

/** A step's name, and what it does where that is known. */
export const stepText = (name: string): string => steps[name] ?? name;

const actors: Readonly<Record<string, string>> = {
	operator: "a person",
	"event-grid": "Key Vault, near expiry",
	timer: "the sweep",
	app: "the app",
};
export const actorText = (kind: string): string => actors[kind] ?? kind;

export const timeText = (iso: string): string => {
	const time = new Date(iso);
	return Number.isNaN(time.getTime()) ? iso : `${time.toISOString().slice(0, 16).replace("T", " ")} UTC`;
};

const units = [
	[86_400, "day"],
	[3_600, "hour"],
	[60, "minute"],
	[1, "second"],
] as const;

/** `in 12 days`, `3 minutes ago` */
export function agoText(iso: string, now: number): string {
	const seconds = Math.round((Date.parse(iso) - now) / 1000);
	if (Number.isNaN(seconds)) return iso;
	if (Math.abs(seconds) < 5) return "now";
	const [size, unit] = units.find(([one]) => Math.abs(seconds) >= one) ?? units[3];
	const count = Math.floor(Math.abs(seconds) / size);
	const text = `${count} ${unit}${count === 1 ? "" : "s"}`;
	return seconds > 0 ? `in ${text}` : `${text} ago`;
}

export function durationText(ms: number): string {
	if (ms < 1000) return `${Math.round(ms)} ms`;
	if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
	const minutes = Math.floor(ms / 60_000);
	if (minutes < 60) return `${minutes} min ${Math.round((ms % 60_000) / 1000)} s`;
	return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

export const backupTexts = {
	none: "It has no backup.",
	behind: "Its live version has no backup.",
	old: "Its backup is old, and there is no new one.",
} as const;

/** @param days negative: overdue since */
export function dueText(days: number): string {
	const whole = Math.floor(Math.abs(days));
	const text = `${whole} day${whole === 1 ? "" : "s"}`;
	if (whole === 0) return days < 0 ? "overdue since today" : "within a day";
	return days > 0 ? `in ${text}` : `overdue by ${text}`;
}

export function waitText(waits: NonNullable<SecretRow["waits"]>): string {
	if (waits.code === "people-only") return "due, and only people start it";
	if (waits.code === "awaiting-approval") return `another person has to approve it until ${timeText(waits.until)}`;
	const until = waits.until === undefined ? "" : ` until ${timeText(waits.until)}`;
	return waits.code === "frozen" ? `frozen${until}: ${waits.reason}` : `its window is closed${until}`;
}

/** A fragment as a sentence of its own. */
export const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;

export const retryText = ({ step, attempt }: Retrying): string =>
	`${step} has failed ${attempt === 1 ? "once" : `${attempt} times`}`;

/** How what runs is getting on. */
export const runState = ({ retrying, long }: { readonly retrying?: unknown; readonly long?: true | undefined }) =>
	retrying
		? ({ word: "retrying", tone: "warn" } as const)
		: long
			? ({ word: "longer than expected", tone: "warn" } as const)
			: ({ word: "running", tone: "busy" } as const);
