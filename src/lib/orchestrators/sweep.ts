// The compliance sweep: what Event Grid lost is found here. It looks at every managed secret, page by page, starts what is due, and
// ends with the report that `GET /api/compliance` serves.
// SWO1. Page after page, never side by side: the next page does not ask what this one has found silent.
// SWO2. It starts afresh after some pages. Otherwise: each turn replays all that came before, and twice as many secrets take four times as long.

import type { SweptPage } from "../compliance/page.ts";
import type { SweepId } from "../domain/compliance.ts";
import { type Durable, type Process, step } from "./process.ts";

export interface Sweep {
	readonly sweep: SweepId;
	/** Where it goes on. */
	readonly at?: SweptPage & { readonly of: "secrets" | "vaults"; readonly page: number };
}

export const mostPages = 20;

/** Not `sweep`: functions share one space of names, and that is the timer's, by which people start it. */
export function* sweepAll(durable: Durable, { sweep, at: from }: Sweep): Process<{ code: "swept" | "goes-on" }> {
	let at: NonNullable<Sweep["at"]> = from ?? { of: "secrets", page: 0, silent: {} };
	for (let pages = 1; ; pages++) {
		const { of, ...rest } = at;
		const page = { sweep, ...rest };
		const { silent, after } =
			of === "secrets" ? yield* step(durable, "sweepPage", page) : yield* step(durable, "sweepVault", page);
		if (after === undefined && of === "vaults") return yield* step(durable, "finishSweep", { sweep });
		const next = after === undefined ? ({ of: "vaults" } as const) : { of, after };
		at = { ...next, silent, page: rest.page + 1 };
		if (pages < mostPages) continue;
		durable.continueAs({ sweep, at } satisfies Sweep);
		return { code: "goes-on" };
	}
}
