// How a managed secret stands now, for the sweep and for `GET /api/secrets`. Reads only.

import type { Ports } from "../app.ts";
import { Fault, type Problem, problemOf } from "../domain/fault.ts";
import { dueOf } from "../domain/policy.ts";
import type { Latest } from "../domain/secret-version.ts";
import { spreadOf } from "../domain/spread.ts";
import { isCutShort } from "../domain/standing.ts";
import { whyAbsent } from "../steps/absent.ts";
import { asFault } from "../steps/boundary.ts";
import { gather } from "../steps/gather.ts";
import { unusable } from "../steps/in-force.ts";
import { type Managed, managed } from "../steps/managed.ts";

export interface Look {
	/** By its dates alone. */
	readonly state: "compliant" | "due" | "expired" | "unreadable";
	readonly version?: string;
	/** ISO 8601, as `dueAt`. */
	readonly expires?: string;
	readonly dueAt?: string;
	/** A rotation was cut short, as far as tags and values tell: the database is not asked. */
	readonly cutShort: boolean;
	readonly problem?: Problem;
}

/** What was looked at, where it can be used. */
export interface Live {
	readonly target: Managed;
	readonly live: Extract<Latest, { state: "present" }>;
}

/** Never throws: what cannot be read is "unreadable", with its problem. */
export const lookAt = async (ports: Ports, id: string): Promise<Look> => (await lookClosely(ports, id)).look;

/** The same, with the live version for who looks further. */
export async function lookClosely(ports: Ports, id: string): Promise<{ readonly look: Look; readonly found?: Live }> {
	const unreadable = (fault: Fault, cutShort: boolean) => ({
		look: { state: "unreadable", cutShort, problem: problemOf(fault) } as const,
	});
	try {
		const target = await managed(ports, id);
		const { name, secret } = target;
		const names = { vault: secret.vault, secret: name };
		const { live, standing } = await gather(ports, target, "nobody");
		const cutShort = isCutShort(standing);
		if (live.state === "absent") return unreadable(await whyAbsent(ports, target), cutShort);
		if (live.state === "disabled") return unreadable(new Fault("secret-disabled", names), cutShort);
		const fault = unusable(target, live.value);
		if (fault) return unreadable(fault, cutShort);
		const { version, created, expires } = live.secret;
		const { state, dueAt } = dueOf({
			...secret,
			spread: spreadOf(id, secret.spreadDays),
			now: ports.clock.now(),
			created,
			expires,
		});
		const dates = { expires: expires?.toISOString(), dueAt: dueAt.toISOString() };
		return { look: { state, version, ...dates, cutShort }, found: { target, live } };
	} catch (error) {
		return unreadable(asFault(error, "sweep"), false);
	}
}

/** A few at a time: fast enough for a thousand secrets, and far below the vault's limit of 4,000 calls in 10 s. */
export async function eachOf<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
	const results: R[] = [];
	for (let at = 0; at < items.length; at += 8) {
		results.push(...(await Promise.all(items.slice(at, at + 8).map(work))));
	}
	return results;
}
