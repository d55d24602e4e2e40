// Notifications on Durable Functions: an instance for each channel and happening.
// NTS1. One that is there, running or over, is not started again: its id says what it is about. Otherwise: a second look at the log
//       after a crash sends everybody everything twice. Kept by: orchestrators/notify.test.ts.

import type { DurableClient } from "durable-functions";
import { Fault } from "../../domain/fault.ts";
import { notifyIdOf } from "../../domain/notify.ts";
import type { Notifier } from "../../ports/notifier.ts";

/** As much of the DurableClient as is needed here. */
export type NotifyClient = Pick<DurableClient, "startNew" | "getStatus">;

export function durableNotifier(client: NotifyClient): Notifier {
	const isThere = async (id: string): Promise<boolean> => {
		try {
			return (await client.getStatus(id)) !== undefined;
		} catch (error) {
			if (error instanceof Error && error.message.includes("replied with HTTP 404")) return false;
			throw error;
		}
	};
	return {
		async start(order) {
			const instanceId = notifyIdOf(order);
			try {
				if (await isThere(instanceId)) return;
				await client.startNew("notify", { instanceId, input: order });
			} catch (error) {
				// Refused, because another instance of the app has just started it.
				if (await isThere(instanceId).catch(() => false)) return;
				throw new Fault("notify-not-started", { channel: order.channel }, error);
			}
		},
	};
}
