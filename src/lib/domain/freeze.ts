// A freeze that an operator has put on while the app runs: as a configured one is, and beside those.
// FRZ1. It says when it ends, and that is soon. Otherwise: it is forgotten, and since expiry beats no freeze, every password expires
//       under it. Kept by: freezes.test.ts.

import type { Actor } from "./audit-entry.ts";
import type { Freeze } from "./calendar.ts";

export const longestFreezeDays = 30;

export interface StoredFreeze {
	readonly id: string;
	/** ISO 8601, as `until`. */
	readonly from: string;
	readonly until: string;
	readonly reason: string;
	readonly by: Actor;
	/** Only for this one; absent, as `namespace`: for all. */
	readonly secret?: string;
	/** Only for those with a consumer in it. */
	readonly namespace?: string;
}

/** As much of a configuration as is asked for here. */
interface Consuming {
	readonly consumers: readonly { readonly namespace: string }[];
}

/** The freezes of both kinds, in the form of the configured ones. */
export function allFreezes(
	configured: readonly Freeze[],
	stored: readonly StoredFreeze[],
	secrets: Readonly<Record<string, Consuming>>,
): Freeze[] {
	return [...configured, ...stored.map((one) => asConfigured(one, secrets))];
}

function asConfigured(
	{ from, until, reason, secret, namespace }: StoredFreeze,
	secrets: Readonly<Record<string, Consuming>>,
): Freeze {
	const plain = { from, to: until, reason };
	if (secret !== undefined) return { ...plain, secrets: [secret] };
	if (namespace === undefined) return plain;
	const isThere = ([, { consumers }]: [string, Consuming]) => consumers.some((one) => one.namespace === namespace);
	const of = Object.entries(secrets).filter(isThere);
	return { ...plain, secrets: of.map(([id]) => id) };
}

export const isOn = ({ from, until }: StoredFreeze, now: Date): boolean =>
	Date.parse(from) <= now.getTime() && now.getTime() < Date.parse(until);

/** @returns what is wrong with its end, to be said after "field until"; `undefined` where nothing is */
export function wrongWithEnd(until: string, now: Date): string | undefined {
	const ms = Date.parse(until) - now.getTime();
	if (ms <= 0) return "is over already";
	if (ms > longestFreezeDays * 86_400_000) return `is more than ${longestFreezeDays} days away`;
	return undefined;
}
