// What is remembered between two looks at the audit log for notifications: how far it was read, what was sent, and what was
// held back because it had been sent a short while before.
// ANN1. People get one message for what happens again and again: `foldHours` apart, each with how many there were meanwhile. Otherwise:
//       a secret that is refused at each try fills the channel, and nobody reads it any more. Kept by: notification.test.ts.
// ANN2. It stays small: what is older than two days is forgotten. Nothing is announced of a record that old either
//       (triggers/announce.ts).

import type { Notification } from "./notification.ts";
import { mostNames, notificationOf } from "./notification.ts";

export interface Announced {
	/** When it was read last, ISO 8601. */
	readonly at: string;
	/** Where in the log it goes on; absent before the first record. */
	readonly place?: { readonly blob: string; readonly offset: number };
	/** When each notification was found, by its id. */
	readonly told: Readonly<Record<string, string>>;
	/** By channel and what it is about: since when it is held back, and how often it was. */
	readonly folded: Readonly<Record<string, Folded>>;
}

interface Folded {
	readonly since: string;
	readonly count: number;
}

const hour = 3_600_000;
const foldHours = 6;
export const remembered = 48 * hour;
/** More than these within a look are one message. */
const mostAtOnce = 4;

const isFolded: ReadonlySet<string> = new Set(["failed", "drift", "retrying"]);

const keyOf = (channel: string, { data: { kind, secret, outcome, code } }: Notification): string =>
	[channel, kind, secret, outcome, code].join(" ");

/** @returns what of it people are sent now, and what is remembered */
export function foldedFor(
	channel: string,
	found: readonly Notification[],
	before: Announced["folded"],
	now: Date,
): { readonly sent: readonly Notification[]; readonly folded: Announced["folded"] } {
	const folded = { ...before };
	const sent: Notification[] = [];
	for (const notification of found) {
		const key = keyOf(channel, notification);
		const last = folded[key];
		const isHeld =
			isFolded.has(notification.data.kind) && last && now.getTime() - Date.parse(last.since) < foldHours * hour;
		if (isHeld) {
			folded[key] = { ...last, count: last.count + 1 };
			continue;
		}
		const repeats = last?.count ?? 0;
		sent.push(repeats === 0 ? notification : { ...notification, data: { ...notification.data, repeats } });
		if (isFolded.has(notification.data.kind)) folded[key] = { since: now.toISOString(), count: 0 };
	}
	return { sent: atOnce(sent, now), folded };
}

function atOnce(found: readonly Notification[], now: Date): readonly Notification[] {
	if (found.length <= mostAtOnce) return found;
	const counts: Record<string, number> = {};
	for (const { data } of found) counts[data.kind] = (counts[data.kind] ?? 0) + 1;
	const secrets = [...new Set(found.flatMap(({ data }) => data.secret ?? []))].slice(0, mostNames);
	const [{ data: { link } = {} } = {}] = found;
	return [
		notificationOf({
			kind: "several",
			about: found.map(({ id }) => id),
			at: now.toISOString(),
			counts,
			secrets,
			...(link !== undefined && { link: new URL(link).origin }),
		}),
	];
}

/** Without what is too old to matter. */
export const forgetting = ({ told, folded, ...rest }: Announced, now: Date): Announced => {
	const isRecent = (time: string) => now.getTime() - Date.parse(time) < remembered;
	return {
		...rest,
		told: Object.fromEntries(Object.entries(told).filter(([, time]) => isRecent(time))),
		folded: Object.fromEntries(Object.entries(folded).filter(([, { since }]) => isRecent(since))),
	};
};
