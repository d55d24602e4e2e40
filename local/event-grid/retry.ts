// What becomes of an event after one attempt to deliver it. Pure.
// @see https://learn.microsoft.com/azure/event-grid/delivery-and-retry

/** HTTP status of an attempt, or why there was none. */
export type Outcome = number | "timeout" | "unreachable";

export type DeadLetterReason = "MaxDeliveryAttemptsExceeded" | "TimeToLiveExceeded" | `UndeliverableDueToHttp${string}`;

export type Next = { act: "done" } | { act: "retry"; afterMs: number } | { act: "give-up"; reason: DeadLetterReason };

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const schedule = [10 * second, 30 * second, minute, 5 * minute, 10 * minute, 30 * minute, hour, 3 * hour, 6 * hour];
const thereafter = 12 * hour;
const maxAttempts = 30;
const timeToLive = 24 * hour;

/** A webhook's answers that no retry can fix. */
const final: Record<number, DeadLetterReason> = {
	400: "UndeliverableDueToHttpBadRequest",
	401: "UndeliverableDueToHttpUnauthorized",
	403: "UndeliverableDueToHttpForbidden",
	413: "UndeliverableDueToHttpRequestEntityTooLarge",
};

/** Answers after which Event Grid waits at least so long. */
const atLeast: Record<string, number> = { 408: 2 * minute, 503: 30 * second };

/**
 * @param attempts how often it has been tried, this time included
 * @param waitedMs how long all waits before this attempt were
 */
export const next = (outcome: Outcome, attempts: number, waitedMs: number): Next => {
	if (typeof outcome === "number" && outcome >= 200 && outcome <= 204) return { act: "done" };
	const reason = typeof outcome === "number" ? final[outcome] : undefined;
	if (reason) return { act: "give-up", reason };
	if (attempts >= maxAttempts) return { act: "give-up", reason: "MaxDeliveryAttemptsExceeded" };
	const afterMs = Math.max(schedule[attempts - 1] ?? thereafter, atLeast[outcome] ?? 0);
	if (waitedMs + afterMs > timeToLive) return { act: "give-up", reason: "TimeToLiveExceeded" };
	return { act: "retry", afterMs };
};
