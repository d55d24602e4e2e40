// One app, as one instance of it: its activities side by side, its sweep, its look at windows, its caps.
// AP1. No more activities run at once than host.json allows; who comes first goes first. An activity that waits for room keeps its
//      place meanwhile, as it does in the app.

import { readFileSync } from "node:fs";
import { budget } from "../src/lib/adapters/process/budget.ts";
import type { Budget } from "../src/lib/ports/budget.ts";
import type { Clock } from "./clock.ts";
import type { Tally, Within } from "./tally.ts";
import { within } from "./tally.ts";

const hostFile = new URL("../host.json", import.meta.url);
/** Of one instance. */
export const activitiesAtOnce: number = JSON.parse(readFileSync(hostFile, "utf8")).extensions.durableTask
	.maxConcurrentActivityFunctions;

export interface App {
	/** Calls it once there is a place among the activities; `leave` gives it back. */
	enter(act: () => void): void;
	leave(): void;
	/** An activity of so many milliseconds, and then a pause. */
	perform(ms: number, pauseMs: number, then: () => void): void;
	/** What has one activity at once at the most: a run, a sweep. */
	readonly going: { count: number };
	/** Room for versions of a vault, and sessions of a server, as one instance that is alone grants them: several share them out. */
	writes(vault: number): Budget;
	sessions(server: number): Budget;
	/** @returns whether there was one: as many as the configuration allows at once */
	takesPlace(namespace: number): boolean;
	leavesPlace(namespace: number): void;
	/** Of the task hub. */
	acts(actions: number): void;
	readonly actions: Within;
}

interface Caps {
	readonly writesPer10Seconds: number;
	readonly sessionsAtOnce: number;
	readonly deliveriesAtOnce: number;
}

/** A place among the activities that is free sooner than that was no wait. */
const noticedMs = 1_000;

export function appOf(clock: Clock, tally: Tally, all: Within, caps: Caps): App {
	const line: { act: () => void; since: number }[] = [];
	let first = 0;
	let busy = 0;
	let begun = 0;
	let billedUntil = 0;
	const going = { count: 0 };
	const actions = within(1);
	const writes = new Map<number, Budget>();
	const sessions = new Map<number, Budget>();
	const places = new Map<number, number>();

	const kept = (all: Map<number, Budget>, of: number, limit: { most: number; perMs?: number }): Budget => {
		const found = all.get(of) ?? budget(limit, clock.now, later);
		all.set(of, found);
		return found;
	};
	const later = (ms: number, call: () => void) => {
		const entry = clock.after(ms, () => {
			call();
			clock.settle();
		});
		return () => {
			entry.act = undefined;
		};
	};

	/** An instance is paid for while anything runs on it, and for a second at least. */
	function bill(from: number, to: number): void {
		const end = Math.max(to, from + 1_000);
		tally.billedMs += Math.max(0, end - Math.max(from, billedUntil));
		billedUntil = Math.max(billedUntil, end);
	}

	function enter(act: () => void): void {
		if (busy < activitiesAtOnce) {
			if (busy === 0) begun = clock.now();
			busy++;
			act();
		} else line.push({ act, since: clock.now() });
	}

	function leave(): void {
		const next = line[first];
		if (!next) {
			busy--;
			if (busy === 0) bill(begun, clock.now());
			return;
		}
		first++;
		if (first > 1_000 && 2 * first > line.length) {
			line.splice(0, first);
			first = 0;
		}
		const ms = clock.now() - next.since;
		if (ms >= noticedMs) tally.waited("a place among the activities", ms);
		next.act();
	}

	return {
		enter,
		leave,
		going,
		perform(ms, pauseMs, then) {
			// Of no more than there are places, each has one: nobody counts them.
			if (going.count <= activitiesAtOnce && busy < activitiesAtOnce) {
				bill(clock.now(), clock.now() + ms);
				clock.after(ms + pauseMs, then);
				return;
			}
			enter(() =>
				clock.after(ms, () => {
					leave();
					clock.after(pauseMs, then);
				}),
			);
		},
		writes: (vault) => kept(writes, vault, { most: caps.writesPer10Seconds, perMs: 10_000 }),
		sessions: (server) => kept(sessions, server, { most: caps.sessionsAtOnce }),
		takesPlace(namespace) {
			const taken = places.get(namespace) ?? 0;
			if (taken >= caps.deliveriesAtOnce) return false;
			places.set(namespace, taken + 1);
			return true;
		},
		leavesPlace: (namespace) => void places.set(namespace, (places.get(namespace) ?? 0) - 1),
		acts(count) {
			tally.actions += count;
			actions.add(clock.now(), count);
			all.add(clock.now(), count);
		},
		actions,
	};
}
