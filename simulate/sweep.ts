// The daily sweep of one app, page by page, and the look every ten minutes at what waits for its window.
// SW1. A secret is judged at every sweep by the time it is due; what is due is held back or started as the product's calendar says.

import { Cron } from "croner";
import { atOnce, most } from "../src/lib/compliance/page.ts";
import { sweepScheduleOf } from "../src/lib/config/settings.ts";
import { mostPages } from "../src/lib/orchestrators/sweep.ts";
import type { App } from "./app.ts";
import type { Clock } from "./clock.ts";
import { durationOf, hopMs, listed, objectsASecret } from "./measured.ts";
import type { rotationsOf } from "./rotation.ts";
import type { Secrets } from "./secrets.ts";
import { type Tally, vaultCallsOf, type Within } from "./tally.ts";

/** As functions/openings.ts has it: half a minute past each ten. */
const lookEveryMs = 600_000;
const lookAtMs = 30_000;

const schedule = new Cron(sweepScheduleOf({}), { timezone: "UTC", paused: true });
let asked = { at: Number.NaN, next: 0 };

/** All apps ask for it at the same time. */
function nextSweep(now: number): number {
	if (asked.at !== now) asked = { at: now, next: schedule.nextRun(new Date(now))!.getTime() };
	return asked.next;
}

interface Around {
	readonly clock: Clock;
	readonly secrets: Secrets;
	readonly tally: Tally;
	readonly vaultCalls: readonly Within[];
	readonly rotations: ReturnType<typeof rotationsOf>;
}

/** @param part the secrets of this app: from, to before */
export function sweepOf({ clock, secrets, tally, vaultCalls, rotations }: Around, app: App, part: [number, number]) {
	const [from, to] = part;
	const vaults = new Map<number, number>();
	for (let one = from; one < to; one++) {
		const vault = secrets.vault(one);
		vaults.set(vault, (vaults.get(vault) ?? 0) + 1);
	}
	let isSweeping = false;
	/** What the last sweep's report says of what waits: since when each does. */
	let waiting = new Map<number, number>();
	let endedBefore = 0;
	let isLooking = false;

	function begin(): void {
		clock.at(nextSweep(clock.now()), begin);
		if (isSweeping) {
			tally.sweeps.missed++;
			return;
		}
		isSweeping = true;
		app.going.count++;
		const found = new Map<number, number>();
		app.acts(1);
		onePage(clock.now(), from, 1, found);
	}

	function activity(ms: number, does: () => void, then: () => void): void {
		app.acts(2);
		tally.activities++;
		app.perform(ms, hopMs, () => {
			does();
			then();
		});
	}

	function onePage(since: number, first: number, number: number, found: Map<number, number>): void {
		const next = Math.min(first + most, to);
		const ms = Math.ceil((next - first) / atOnce) * durationOf("judge") + durationOf("sweepPage");
		if (number % mostPages === 0) app.acts(1);
		activity(
			ms,
			() => {
				tally.step("judge", next - first);
				tally.step("sweepPage");
				const now = clock.now();
				for (let one = first; one < next; one++) {
					vaultCalls[secrets.vault(one)]!.add(now, vaultCallsOf("judge"));
					if (now >= secrets.dueAt[one]! && !secrets.isRunning[one]) judge(one, now, found);
				}
			},
			() => (next < to ? onePage(since, next, number + 1, found) : eachVault(since, [...vaults], number, found)),
		);
	}

	function judge(one: number, now: number, found: Map<number, number>): void {
		if (rotations.held(now, secrets.expires[one]!)) found.set(one, waiting.get(one) ?? secrets.dueAt[one]!);
		else begun(one, "sweep", waiting.get(one));
	}

	function begun(one: number, by: "sweep" | "opening", since: number | undefined): void {
		if (rotations.request(one, by) && since !== undefined)
			tally.waited("a window or the end of a freeze", clock.now() - since);
	}

	function eachVault(since: number, left: [number, number][], pages: number, found: Map<number, number>): void {
		const [one, ...others] = left;
		if (!one) {
			finish(since, pages, found);
			return;
		}
		const [vault, count] = one;
		const pagesOfVault = Math.ceil((objectsASecret * count) / listed);
		activity(
			pagesOfVault * durationOf("list") + durationOf("sweepPage"),
			() => {
				tally.step("list", pagesOfVault);
				tally.step("sweepPage");
				vaultCalls[vault]!.add(clock.now(), pagesOfVault);
			},
			() => eachVault(since, others, pages + 1, found),
		);
	}

	/** Reads its pages again, and has durable storage forget what ended since the last one: a run and its delivery each. */
	function finish(since: number, pages: number, found: Map<number, number>): void {
		const ended = tally.runs.rotations + tally.runs.skipped;
		const forgotten = Math.ceil((2 * (ended - endedBefore) * (to - from)) / secrets.count);
		endedBefore = ended;
		const ms =
			durationOf("finishSweep") + pages * durationOf("purge") + Math.ceil(forgotten / atOnce) * durationOf("purge");
		activity(
			ms,
			() => {
				tally.step("finishSweep");
				tally.step("purge", pages + forgotten);
			},
			() => {
				isSweeping = false;
				app.going.count--;
				waiting = found;
				const took = clock.now() - since;
				tally.sweeps.ended++;
				tally.sweeps.pages += pages;
				tally.sweeps.sumMs += took;
				tally.sweeps.longestMs = Math.max(tally.sweeps.longestMs, took);
				if (waiting.size > 0 && !isLooking) lookLater();
			},
		);
	}

	function lookLater(): void {
		isLooking = true;
		const next = Math.floor((clock.now() - lookAtMs) / lookEveryMs + 1) * lookEveryMs + lookAtMs;
		clock.at(next, () => {
			isLooking = false;
			look();
			if (waiting.size > 0) lookLater();
		});
	}

	/** One after the other, as compliance/openings.ts starts them. */
	function look(): void {
		let behind = 0;
		for (const [one, since] of waiting) {
			if (rotations.held(clock.now(), secrets.expires[one]!)) continue;
			waiting.delete(one);
			clock.after(behind++ * durationOf("request"), () => begun(one, "opening", since));
		}
	}

	clock.at(nextSweep(clock.now()), begin);
}
