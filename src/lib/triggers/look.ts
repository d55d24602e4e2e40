// How a managed secret stands now, for the sweep and for `GET /api/secrets`. Reads only.

import type { Ports } from "../app.ts";
import { Fault, type Problem, problemOf } from "../domain/fault.ts";
import { dueOf } from "../domain/policy.ts";
import type { Latest } from "../domain/secret-version.ts";
import { whyAbsent } from "../steps/absent.ts";
import { asFault } from "../steps/boundary.ts";
import { managed } from "../steps/managed.ts";
import { type Claimed, latestClaim } from "../steps/pending.ts";
import { goesOnFrom, hasPublished } from "../steps/version.ts";

export interface Standing {
	readonly state: "compliant" | "due" | "expired" | "unreadable";
	readonly version?: string;
	/** ISO 8601, as `dueAt`. */
	readonly expires?: string;
	readonly dueAt?: string;
	/** A rotation of this live version was cut short, as the pending secret's tags say. */
	readonly cutShort: boolean;
	readonly problem?: Problem;
}

/** Never throws: what cannot be read is "unreadable", with its problem. */
export async function lookAt(ports: Ports, id: string): Promise<Standing> {
	const unreadable = (fault: Fault, cutShort: boolean) =>
		({ state: "unreadable", cutShort, problem: problemOf(fault) }) as const;
	try {
		const target = await managed(ports, id);
		const { name, pendingName, secret } = target;
		const store = await ports.store(secret.vault);
		const [live, pending] = await Promise.all([store.latest(name), store.latest(pendingName)]);
		const claim = latestClaim(pending, target);
		const names = { vault: secret.vault, secret: name };
		// Tags alone would have whoever may write them begin a rotation at each sweep.
		const isOurs = (one: Extract<Latest, { state: "present" }>, ours: Claimed) =>
			!hasPublished(one.secret, ours) || (pending.state === "present" && pending.value.equals(one.value));
		const cutShort =
			claim !== undefined && (live.state !== "present" || (goesOnFrom(live.secret, claim) && isOurs(live, claim)));
		if (live.state === "absent") return unreadable(await whyAbsent(ports, target), cutShort);
		if (live.state === "disabled") return unreadable(new Fault("secret-disabled", names), cutShort);
		if (live.value.isEmpty) return unreadable(new Fault("secret-empty", names), cutShort);
		const { version, created, expires } = live.secret;
		const { state, dueAt } = dueOf({ ...secret, now: ports.clock.now(), created, expires });
		return {
			state: state === "compliant" && cutShort ? "due" : state,
			version,
			expires: expires?.toISOString(),
			dueAt: dueAt.toISOString(),
			cutShort,
		};
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
