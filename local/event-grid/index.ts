// Stands in for an Event Grid system topic of a vault: delivers its events to webhooks.
// G1. At least once: an event leaves its subscription only by a success answer or a dead letter. Otherwise: a lost
//     event looks like one that never was. Kept by: event-grid.test.ts.
// G2. A batch is answered as a whole: a refused batch comes again with every event in it. Otherwise: the idempotence
//     of the application is never tried. Kept by: event-grid.test.ts.
import { setTimeout as delay } from "node:timers/promises";
import type { VaultEvent, VaultEventType } from "../../packages/key-vault/index.ts";
import { handshake } from "./handshake.ts";
import { type DeadLetterReason, next, type Outcome } from "./retry.ts";
import { notification, type Schema } from "./schemas.ts";

export type { DeadLetterReason, Outcome } from "./retry.ts";
export type { Schema } from "./schemas.ts";

export interface SubscriptionOptions {
	/** the webhook, with its key in the query */
	readonly url: string;
	readonly schema: Schema;
	/** default: all */
	readonly eventTypes?: readonly VaultEventType[];
	/** upper and lower case are the same, as by Event Grid's default; default: all */
	readonly subjectBeginsWith?: string;
	/** default 1: no batches */
	readonly maxEventsPerBatch?: number;
	/** Gets what could not be delivered; without it such an event is dropped, as by Event Grid's default. */
	readonly deadLetter?: (event: VaultEvent, reason: DeadLetterReason) => void;
}

/** Disposing of it removes the subscription; what waits for a retry is forgotten. */
export interface Subscription extends AsyncDisposable {
	readonly name: string;
}

export interface Delivery {
	readonly at: Date;
	readonly subscription: string;
	readonly eventIds: readonly string[];
	/** 1 for the first; of a batch, the highest */
	readonly attempt: number;
	readonly status: Outcome;
}

export interface Topic extends AsyncDisposable {
	/** @throws Error when the endpoint does not pass the validation handshake */
	subscribe(options: SubscriptionOptions): Promise<Subscription>;
	/** @param how.duplicate delivers it twice: "at least once" taken at its word */
	publish(event: VaultEvent, how?: { duplicate?: boolean }): void;
	/** Resolves when every event has been delivered, dead-lettered or dropped. */
	idle(): Promise<void>;
	/** every attempt, in the order of the answers */
	readonly deliveries: readonly Delivery[];
}

interface Waiting {
	readonly event: VaultEvent;
	attempts: number;
	waitedMs: number;
}

interface Subscriber {
	readonly name: string;
	readonly wants: (event: VaultEvent) => boolean;
	readonly accept: (item: Waiting) => void;
}

/** @param options.deliveryScale multiplies the waits between attempts, e.g. 0.001: 10 s become 10 ms. Default 1. */
export const eventGridTopic = (options: { deliveryScale?: number } = {}): Topic => {
	const { deliveryScale = 1 } = options;
	const subscribers = new Set<Subscriber>();
	const deliveries: Delivery[] = [];
	const stopped = new AbortController();
	const running = new Set<Promise<void>>();
	let named = 0;

	/** Keeps `idle` waiting until it is over; the end of the topic or of a subscription ends it without a word. */
	const run = (work: Promise<void>) => {
		const settled = work.catch(() => {}).finally(() => running.delete(settled));
		running.add(settled);
	};

	const start = (given: SubscriptionOptions, name: string): Subscriber & { end(): void } => {
		const { url, schema, eventTypes, subjectBeginsWith = "", maxEventsPerBatch = 1, deadLetter } = given;
		const ended = new AbortController();
		const signal = AbortSignal.any([stopped.signal, ended.signal]);
		const ready: Waiting[] = [];

		const deliver = async (batch: Waiting[]): Promise<void> => {
			const events = batch.map(({ event }) => event);
			const attempt = Math.max(...batch.map((item) => ++item.attempts));
			const { headers, body } = notification(schema, events, maxEventsPerBatch > 1);
			const status = await post(
				url,
				{ ...headers, "aeg-subscription-name": name.toUpperCase() },
				attempt,
				body,
				signal,
			);
			if (signal.aborted) return;
			deliveries.push({ at: new Date(), subscription: name, eventIds: events.map(({ id }) => id), attempt, status });
			// those that wait equally long stay together
			const retried = Map.groupBy(batch, (item) => settle(item, status));
			for (const [afterMs, items] of retried) if (afterMs !== undefined) run(retry(items, afterMs));
		};

		/** @returns how long to wait for the next attempt, if there is one */
		const settle = (item: Waiting, status: Outcome): number | undefined => {
			const then = next(status, item.attempts, item.waitedMs);
			if (then.act === "give-up") deadLetter?.(item.event, then.reason);
			return then.act === "retry" ? then.afterMs : undefined;
		};

		const retry = async (items: Waiting[], afterMs: number): Promise<void> => {
			await delay(afterMs * deliveryScale, undefined, { signal });
			for (const item of items) {
				item.waitedMs += afterMs;
				accept(item);
			}
		};

		const accept = (item: Waiting): void => {
			ready.push(item);
			// what is ready at the same turn goes into the same batch
			if (ready.length === 1) run(Promise.resolve().then(flush));
		};

		const flush = async (): Promise<void> => {
			while (ready.length > 0) run(deliver(ready.splice(0, maxEventsPerBatch)));
		};

		const prefix = subjectBeginsWith.toLowerCase();
		return {
			name,
			accept,
			wants: ({ type, subject }) => (eventTypes?.includes(type) ?? true) && subject.toLowerCase().startsWith(prefix),
			end: () => ended.abort(),
		};
	};

	return {
		deliveries,
		async subscribe(given) {
			await handshake(given.schema, given.url, stopped.signal);
			const subscriber = start(given, `local-${++named}`);
			subscribers.add(subscriber);
			return {
				name: subscriber.name,
				async [Symbol.asyncDispose]() {
					subscribers.delete(subscriber);
					subscriber.end();
				},
			};
		},
		publish(event, { duplicate = false } = {}) {
			for (const { wants, accept } of subscribers) {
				if (!wants(event)) continue;
				accept({ event, attempts: 0, waitedMs: 0 });
				if (duplicate) accept({ event, attempts: 0, waitedMs: 0 });
			}
		},
		async idle() {
			while (running.size > 0) await Promise.all(running);
		},
		async [Symbol.asyncDispose]() {
			subscribers.clear();
			stopped.abort();
			while (running.size > 0) await Promise.all(running);
		},
	};
};

const answerWithinMs = 30_000;

const post = async (
	url: string,
	headers: Record<string, string>,
	attempt: number,
	body: string,
	signal: AbortSignal,
): Promise<Outcome> => {
	const late = AbortSignal.timeout(answerWithinMs);
	try {
		const answer = await fetch(url, {
			method: "POST",
			headers: { ...headers, "aeg-delivery-count": `${attempt - 1}` },
			body,
			redirect: "manual",
			signal: AbortSignal.any([signal, late]),
		});
		await answer.body?.cancel();
		return answer.status;
	} catch {
		return late.aborted ? "timeout" : "unreachable";
	}
};
