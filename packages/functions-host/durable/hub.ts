// The task hub at work: wakes what is ready, sleeps until the next thing is due, and looks in between only whether another
// host on the same hub has changed something. Invariant: code that adds something to the store calls `wake` afterwards.
// Otherwise: it waits for the next timer.
import { triggeredBy } from "../app.ts";
import type { RegisteredFunction } from "../core-api.ts";
import type { Invoke } from "../invoke.ts";
import { log } from "../log.ts";
import type { Settings } from "../settings.ts";
import { sleepUntil } from "../sleep.ts";
import type { Store } from "./store.ts";
import { type TurnParts, takeTurn } from "./turn.ts";
import { perform } from "./work-queue.ts";

/** How often it looks for changes of other hosts. Milliseconds. */
const lookEvery = 20;

export interface Hub extends AsyncDisposable {
	wake(): void;
}

/**
 * @param patience how long its end waits for functions that still run, in milliseconds
 * @returns the hub at work; its end gives back what it had claimed and not finished
 */
export function startHub(
	store: Store,
	functions: Map<string, RegisteredFunction>,
	invoke: Invoke,
	settings: Settings["durable"],
	patience: number,
): Hub {
	const named = (type: string) =>
		new Map(triggeredBy(functions.values(), type).map(({ name }) => [name, functions.get(name)!]));
	const parts: TurnParts = {
		store,
		invoke,
		orchestrators: named("orchestrationTrigger"),
		activities: named("activityTrigger"),
	};
	const turns = new Map<string, Promise<void>>();
	const activities = new Set<Promise<void>>();
	const stopped = new AbortController();
	let woken = false;
	let sleeping = new AbortController();
	let seen = store.version();
	const looking = setInterval(() => {
		const version = store.version();
		if (version !== seen) wake();
		seen = version;
	}, lookEvery);

	function wake(): void {
		if (woken || stopped.signal.aborted) return;
		woken = true;
		setImmediate(() => {
			woken = false;
			if (!stopped.signal.aborted) work();
		});
	}

	function work(): void {
		const now = Date.now();
		for (const id of store.ready(now)) {
			if (turns.size >= settings.maxConcurrentOrchestrators) break;
			if (turns.has(id)) continue;
			// An error here is the hub's own (a full disk, say): the instance rests a second, then tries again.
			const turn = takeTurn(parts, id).catch((error) => restAfter(`${id}: the turn failed`, error));
			turns.set(id, turn);
			void turn.finally(() => {
				turns.delete(id);
				wake();
			});
		}
		while (activities.size < settings.maxConcurrentActivities) {
			// Looked for first: to claim takes the one lock there is for all hosts.
			const due = store.nextWorkDue();
			const claimed = due !== null && due <= now && store.claimWork(now, now + settings.visibilityTimeout);
			if (!claimed) break;
			const run = perform(parts, claimed, settings.visibilityTimeout).catch((error) =>
				restAfter(`activity ${claimed.name}`, error),
			);
			activities.add(run);
			void run.finally(() => {
				activities.delete(run);
				wake();
			});
		}
		void sleep(now);
	}

	async function restAfter(what: string, error: unknown): Promise<void> {
		log("error", "host", `${what}: ${(error as Error).stack}`);
		await sleepUntil(Date.now() + 1000, stopped.signal);
	}

	async function sleep(now: number): Promise<void> {
		sleeping.abort();
		sleeping = new AbortController();
		const workDue = activities.size < settings.maxConcurrentActivities ? store.nextWorkDue() : null;
		const due = [store.nextMessageDue(now), workDue, store.nextLeaseEnd(now)].filter((at) => at !== null);
		if (due.length > 0 && (await sleepUntil(Math.min(...due), sleeping.signal))) wake();
	}

	wake();
	return {
		wake,
		async [Symbol.asyncDispose]() {
			stopped.abort();
			sleeping.abort();
			clearInterval(looking);
			const running = Promise.all([...turns.values(), ...activities]);
			const tired = new AbortController();
			await Promise.race([running, sleepUntil(Date.now() + patience, tired.signal)]);
			tired.abort();
			store.release(Date.now());
		},
	};
}
