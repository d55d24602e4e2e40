// How often a notification is tried, and how one order about it is called.
// NY1. Days, with growing pauses, and then it ends. Otherwise: a receiver that is gone is asked for ever, or one that is down for a
//      night misses what happened in it. Kept by: notification.test.ts.

import { createHash } from "node:crypto";
import type { Notification } from "./notification.ts";

/** What the durable instance gets: ids and codes, and the channel's name. */
export interface NotifyOrder {
	/** The configuration's key. */
	readonly channel: string;
	readonly notification: Notification;
}

const prefix = "notify-";

/** One for each channel and happening: what is found twice is started once. */
export const notifyIdOf = ({ channel, notification }: NotifyOrder): string =>
	`${prefix}${createHash("sha256").update(`${channel}\n${notification.id}`).digest("hex").slice(0, 32)}`;

export const isNotifyId = (instanceId: string): boolean => instanceId.startsWith(prefix);

/** Seconds before each further try: three days in all. */
const pauses = [5, 30, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];
const longest = 86_400;

/**
 * @param attempt how many tries have failed, from 1
 * @param afterSeconds what the receiver asks for
 * @param random from 0 to 1: many that failed at one time do not come again at one time
 * @returns `undefined` where it is given up
 */
export function pauseAfter(attempt: number, afterSeconds: number | undefined, random: number): number | undefined {
	const usual = pauses[attempt - 1];
	if (usual === undefined) return undefined;
	const wanted = Math.min(afterSeconds ?? 0, longest);
	return Math.ceil(Math.max(usual, wanted) * (1 + random / 5));
}
