// The faults of the matrix: what happens at one effect of a rotation, at the seam that every effect passes.
// F1. Faults that differ only in where they are told mean the same, and are met once. Otherwise: most of the matrix is the
//     same case again, and nobody runs it. Kept by: meaning.test.ts.
//
// A death is a moment: how much was changed by then, and in which execution of an activity. What the process had read is gone
// with its memory. So it dies after each change and before the first effect of each execution; before any other effect is
// one of these moments. (Where something else is under way, a change was sent already or was not: that is met too.)
//
// A read changes nothing. That its answer is lost or comes too late differs from its failing in the error alone: it fails
// three times, each time by another error. A change meets every fault.

import type { Effect, Target } from "./effect.ts";
import { refusalOf, resetOf, systemOf, timeoutOf } from "./transport.ts";

const deaths = {
	before: ["the process dies before it", "its instance is lost before it"],
	after: ["the process dies after it", "its instance is lost after it"],
} as const;
const failures = ["it fails for good", "it fails three times"] as const;
/** A statement ends with its session; a request may arrive when its client has given it up. */
const unanswered = {
	statement: ["its answer is lost", "it is too slow and took effect", "it is too slow and never takes effect"],
	request: [
		"its answer is lost",
		"it is too slow and takes effect before the next one",
		"it is too slow and takes effect after the rotation",
	],
} as const;

export const faultNames = [
	...new Set([...deaths.before, ...deaths.after, ...failures, ...unanswered.request, ...unanswered.statement]),
];
export type FaultName = (typeof faultNames)[number];

/** Those that only a call to a database can have. */
export const faultsOfStatements: readonly FaultName[] = unanswered.statement.filter(
	(name) => !(unanswered.request as readonly FaultName[]).includes(name),
);

const reads =
	/^(vault GET|vault POST keys \S+ sign$|vault \S+ \(challenge\)|postgres (login|SELECT)|kubernetes (get|list)|blob GET|token|durable (status|list)|git (GET|POST \S+ git-upload-pack)|github POST access_tokens|pulls GET) ?/;

/** What is not known to be a read may leave something behind: a role, a lock, a setting of the session. */
export const changes = (effect: string): boolean => !reads.test(effect);

/** In a trigger nothing is durable yet that could be lost with the process. */
const isTrigger = ({ in: name }: Effect) => name === "event" || name === "sweep";

const unansweredOf = ({ effect }: Target) => unanswered[systemOf(effect) === "postgres" ? "statement" : "request"];

/** Every fault that can be told of one effect, whether or not it means something of its own. */
export const faultsOf = (one: Target): FaultName[] => [
	...deaths.before,
	...deaths.after,
	...failures,
	...unansweredOf(one),
];

/**
 * What a fault comes to: two pairs of effect and fault that mean the same are the same case.
 * @param effects all of the run
 */
export function meaningOf(effects: readonly Effect[], index: number, fault: FaultName): string {
	const one = effects[index]!;
	const isChange = changes(one.effect);
	const isAfter = isOneOf(deaths.after, fault);
	if (isAfter || isOneOf(deaths.before, fault)) {
		const changed = effects.slice(0, isAfter ? index + 1 : index).filter(({ effect }) => changes(effect)).length;
		const unsent = !isAfter && isChange && one.alongside ? ", but this one not sent" : "";
		const lost = fault.startsWith("its instance") && !isTrigger(one) ? "process and instance" : "process";
		return `${lost}: execution ${one.execution}, ${changed} changes${unsent}`;
	}
	return `${one.effect} #${one.nth}: ${isChange || fault === "it fails for good" ? fault : "it fails three times"}`;
}

const isOneOf = (some: readonly string[], fault: FaultName) => some.includes(fault);

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

const reset: Hit["act"] = async (effect) => {
	throw resetOf(effect);
};
const timeout: Hit["act"] = async (effect) => {
	throw timeoutOf(effect);
};
const lostAnswer: Hit["act"] = async (effect, act) => {
	await act();
	throw resetOf(effect);
};
const readFailures = [reset, timeout, lostAnswer];

export function hitOf(name: FaultName, at: Target, seam: Seam): Hit {
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
			return once(lostAnswer);
		case "it fails three times": {
			if (changes(at.effect)) return { times: 3, act: reset };
			// Another one first from one read of that name to the next.
			let turn = at.nth;
			return { times: 3, act: (effect, act) => readFailures[turn++ % readFailures.length]!(effect, act) };
		}
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
			return once(timeout);
	}
}
