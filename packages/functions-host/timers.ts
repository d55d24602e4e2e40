// Timer triggers. Schedules are NCRONTAB (six fields, or five without seconds) in UTC, as in Azure.
// Invariant: a run that was missed while the host was down comes once, at the next start, as past due; its time
// is on disk before the function runs. Otherwise: a nightly sweep is lost with each crash at night.
// Of several hosts on one state, one fires: the one that writes the next time in place of the one that is due.
import { Cron } from "croner";
import { triggeredBy } from "./app.ts";
import type { RegisteredFunction } from "./core-api.ts";
import type { Store, TimerRecord } from "./durable/store.ts";
import { type Invoke, logFailure } from "./invoke.ts";
import { log } from "./log.ts";
import { resolveNames, UsageError } from "./settings.ts";
import { sleepUntil } from "./sleep.ts";

export interface Timers extends Disposable {
	/** Begins to fire. */
	start(): void;
	/** Runs one at once, its schedule untouched. */
	runByHand(name: string): void;
}

/** @throws UsageError names the function and its schedule */
export function timerTriggers(functions: Map<string, RegisteredFunction>, invoke: Invoke, store: Store): Timers {
	const stopped = new AbortController();
	const timers = new Map(
		triggeredBy(functions.values(), "timerTrigger").map(({ name, trigger }) => {
			const cron = parseSchedule(name, resolveNames(String(trigger.schedule), process.env));
			// Like the real host, which watches over no schedule that is shorter than a minute.
			const watched = trigger.useMonitor !== false && shortestPause(cron) >= 60_000;
			return [name, { cron, watched, runOnStartup: trigger.runOnStartup === true }];
		}),
	);

	async function run(name: string, record: TimerRecord | undefined, isPastDue: boolean): Promise<void> {
		const ScheduleStatus = record && {
			Last: local(record.last),
			Next: local(record.next),
			LastUpdated: local(record.updated),
		};
		const data = { Schedule: { AdjustForDST: true }, ScheduleStatus: ScheduleStatus ?? null, IsPastDue: isPastDue };
		await invoke(functions.get(name)!, { json: JSON.stringify(data) }).catch((error) => logFailure(name, error));
	}

	function nextRecord(name: string, cron: Cron, last: number | null): TimerRecord {
		const now = Date.now();
		return {
			name,
			schedule: cron.getPattern()!,
			last,
			next: cron.nextRun(new Date(now))?.getTime() ?? null,
			updated: now,
		};
	}

	async function keep(
		name: string,
		{ cron, watched, runOnStartup }: { cron: Cron; watched: boolean; runOnStartup: boolean },
	) {
		const { found, missed, kept } = store.atomic(() => {
			const known = store.timer(name);
			const found = known && known.schedule === cron.getPattern() ? known : nextRecord(name, cron, null);
			const missed = watched && found.next !== null && found.next <= Date.now();
			const kept = missed ? nextRecord(name, cron, Date.now()) : { ...found, next: nextRecord(name, cron, null).next };
			store.saveTimer(kept);
			return { found, missed, kept };
		});
		if (missed || runOnStartup) await run(name, watched ? (missed ? found : kept) : undefined, missed);
		for (let record = kept; record.next !== null && (await sleepUntil(record.next, stopped.signal)); ) {
			const due = record;
			const { fires, next } = store.atomic(() => {
				const known = store.timer(name);
				if (known && known.next !== due.next) return { fires: false, next: known };
				const next = nextRecord(name, cron, due.next);
				store.saveTimer(next);
				return { fires: true, next };
			});
			record = next;
			if (fires) await run(name, watched ? due : undefined, false);
		}
	}

	return {
		start() {
			for (const [name, timer] of timers)
				keep(name, timer).catch((error) => log("error", name, `The timer has stopped: ${(error as Error).stack}`));
		},
		runByHand(name) {
			const { cron, watched } = timers.get(name)!;
			void run(name, watched ? (store.timer(name) ?? nextRecord(name, cron, null)) : undefined, false);
		},
		[Symbol.dispose]: () => stopped.abort(),
	};
}

function parseSchedule(name: string, schedule: string): Cron {
	try {
		// NCRONTAB wants both, the day of the month and the day of the week, to match.
		return new Cron(schedule, { paused: true, timezone: "UTC", domAndDow: true, mode: "5-or-6-parts" });
	} catch (error) {
		throw new UsageError(`Function ${name}: the schedule "${schedule}" is not NCRONTAB: ${(error as Error).message}`);
	}
}

function shortestPause(cron: Cron): number {
	const runs = cron.nextRuns(6, new Date());
	return Math.min(
		...runs.slice(1).map((run, index) => run.getTime() - runs[index]!.getTime()),
		Number.POSITIVE_INFINITY,
	);
}

/** As .NET writes a local time; the beginning of its calendar stands for "never". */
function local(at: number | null): string {
	return at === null ? "0001-01-01T00:00:00+00:00" : new Date(at).toISOString().replace("Z", "+00:00");
}
