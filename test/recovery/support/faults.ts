// The faults of the matrix: what happens at one effect of a rotation, at the seam that every effect passes.

import { logins, type Scenario } from "./scenarios.ts";
import { refusalOf, resetOf, systemOf, timeoutOf } from "./transport.ts";

export type FaultName =
	| "the process dies before it"
	| "the process dies after it"
	| "its instance is lost before it"
	| "its instance is lost after it"
	| "its answer is lost"
	| "it fails for good"
	| "it fails three times"
	| "it is too slow and takes effect before the next one"
	| "it is too slow and takes effect after the rotation"
	| "it is too slow and took effect"
	| "it is too slow and never takes effect";

const isWrite = (effect: string) => / (PUT|PATCH|POST|patch|start) /.test(effect);

const deaths = {
	before: ["its instance is lost before it", "the process dies after it"],
	after: ["the process dies before it", "its instance is lost after it"],
} as const;
const anywhere = ["its answer is lost", "it fails for good", "it fails three times"] as const;
/** A statement ends with its session; a request may arrive when its client has given it up. */
const slow = {
	statement: ["it is too slow and took effect", "it is too slow and never takes effect"],
	write: ["it is too slow and takes effect before the next one", "it is too slow and takes effect after the rotation"],
	read: ["it is too slow and takes effect before the next one"],
} as const;

/**
 * The faults that one effect can have. That the process dies after one effect or before the next is one moment, but for
 * effects that run side by side: of the two, one loses the instance too, in the other login mode the other one.
 */
export function faultsOf(effect: string, login: Scenario["login"]): FaultName[] {
	const kind = systemOf(effect) === "postgres" ? "statement" : isWrite(effect) ? "write" : "read";
	return [...deaths[logins[login].loses], ...anywhere, ...slow[kind]];
}

/** All that effects of this login mode can have. */
export const faultNames = (login: Scenario["login"]): FaultName[] => [
	...deaths[logins[login].loses],
	...anywhere,
	...slow.write,
	...slow.statement,
];

/** What the seam does with one effect. */
export interface Hit {
	act<T>(effect: string, act: () => Promise<T>): Promise<T>;
	/** So many further effects of the same name are hit too. */
	readonly times: number;
}

export interface Seam {
	die(): Error;
	/** Keeps the request for later. */
	postpone(act: () => Promise<unknown>, until: "next effect" | "the end"): void;
	/** @returns whether a server refuses it from now on; else the refusal is told here */
	forbid(effect: string): Promise<boolean>;
}

export function hitOf(name: FaultName, seam: Seam): Hit {
	const once = (act: Hit["act"]): Hit => ({ act, times: 1 });
	switch (name) {
		case "the process dies before it":
		case "its instance is lost before it":
			return once(async () => {
				throw seam.die();
			});
		case "the process dies after it":
		case "its instance is lost after it":
			return once(async (_, act) => {
				await act().catch(() => {});
				throw seam.die();
			});
		case "its answer is lost":
			return once(async (effect, act) => {
				await act();
				throw resetOf(effect);
			});
		case "it fails three times":
			return {
				times: 3,
				act: async (effect) => {
					throw resetOf(effect);
				},
			};
		case "it fails for good": {
			let isRefused: Promise<boolean> | undefined;
			return {
				times: Number.POSITIVE_INFINITY,
				async act(effect, act) {
					isRefused ??= seam.forbid(effect);
					if (await isRefused) return act();
					throw refusalOf(effect);
				},
			};
		}
		case "it is too slow and takes effect before the next one":
		case "it is too slow and takes effect after the rotation":
			return once(async (effect, act) => {
				seam.postpone(act, name.endsWith("next one") ? "next effect" : "the end");
				throw timeoutOf(effect);
			});
		case "it is too slow and took effect":
			return once(async (effect, act) => {
				await act();
				throw timeoutOf(effect);
			});
		case "it is too slow and never takes effect":
			return once(async (effect) => {
				throw timeoutOf(effect);
			});
	}
}
