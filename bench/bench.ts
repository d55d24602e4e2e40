// What a bench is, and what it gives back: rows for one table, each with its floor beside it.
// BN1. Product and floor take turns: what else the machine does meanwhile meets both alike. Otherwise: a ratio says how busy the
//      machine was.

import { type Summary, summary } from "./statistics.ts";

export interface Bench {
	readonly name: string;
	/** One sentence for `--help` and the page. */
	readonly says: string;
	run(context: Context): Promise<Outcome>;
}

export interface Context {
	/** Folder of the built app. */
	readonly appDir: string;
	readonly rounds: number;
	/** Small sizes, so that all benches together take less than three minutes. */
	readonly quick: boolean;
	readonly signal: AbortSignal;
	readonly say: (text: string) => void;
}

export type Outcome = Measured | Skipped | Failed;

export interface Measured {
	readonly rows: readonly Row[];
	/** What was seen beside the numbers, a sentence each. */
	readonly notes?: readonly string[];
}

interface Skipped {
	/** What is missing on this machine. */
	readonly skipped: string;
}

interface Failed {
	readonly failed: string;
}

/** `1`: a number of things. */
export type Unit = "ms" | "MB" | "1" | "1/s";

export interface Row {
	/** In the object for machines. */
	readonly key: string;
	readonly says: string;
	readonly unit: Unit;
	/** Of what there are so many at each point, such as "secrets"; absent where there is one point. */
	readonly of?: string;
	readonly points: readonly Point[];
	readonly goal?: Goal;
}

export interface Point {
	readonly size?: number;
	readonly product: Summary;
	readonly floor?: Summary;
}

/** By medians, at each point; `growth` of the last point against the first. */
export type Goal = { readonly ratio: number } | { readonly most: number } | { readonly growth: number };

/** One value that was counted, or measured once. */
export const once = (value: number): Summary => summary([value]);

/** A row with one point. */
export const row = (
	key: string,
	says: string,
	unit: Unit,
	point: { product: readonly number[]; floor?: readonly number[] },
	goal?: Goal,
): Row => ({
	...{ key, says, unit, goal },
	points: [{ product: summary(point.product), ...(point.floor && { floor: summary(point.floor) }) }],
});

/** So many rounds of each; who goes first changes. */
export async function inTurns<F, P>(
	rounds: number,
	signal: AbortSignal,
	floor: () => Promise<F>,
	product: () => Promise<P>,
): Promise<{ floor: F[]; product: P[] }> {
	const taken = { floor: [] as F[], product: [] as P[] };
	for (let round = 0; round < rounds; round++) {
		signal.throwIfAborted();
		if (round % 2 === 0) taken.floor.push(await floor());
		taken.product.push(await product());
		if (round % 2 === 1) taken.floor.push(await floor());
	}
	return taken;
}
