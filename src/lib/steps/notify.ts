// One try of notifying a channel.
// NO1. Nothing but the end of all tries ends it: whatever keeps it from the receiver is asked again, a wrong configuration too, which
//      somebody may be correcting. Kept by: notify.test.ts.

import type { Code } from "../domain/codes.ts";
import type { Fault, FaultCode } from "../domain/fault.ts";
import { type NotifyOrder, pauseAfter } from "../domain/notify.ts";
import { type Activity, asFault } from "./boundary.ts";

export interface SendNotification extends NotifyOrder {
	/** From 1. */
	readonly attempt: number;
}

export type SentOrNot =
	| { readonly state: "sent" }
	| { readonly state: "again"; readonly pauseSeconds: number }
	| { readonly state: "ended"; readonly code: FaultCode; readonly message: string };

/** Nobody is there any more. */
const ends: ReadonlySet<Code> = new Set(["channel-gone", "channel-unknown"]);

export const sendNotification: Activity<SendNotification, SentOrNot> = async (ports, input, { tell }) => {
	const { channel, notification, attempt } = input;
	try {
		await (await ports.channel(channel)).send(notification);
		tell({ event: "notified", channel, code: "notified" });
		return { state: "sent" };
	} catch (error) {
		const fault = asFault(error, "sendNotification");
		const { code, sentence } = fault;
		tell({ event: "fault", step: "sendNotification", code, transient: true });
		const after = fault.code === "channel-refused" ? (fault as Fault<"channel-refused">).names.afterSeconds : undefined;
		const pauseSeconds = ends.has(code) ? undefined : pauseAfter(attempt, after, Math.random());
		if (pauseSeconds !== undefined) return { state: "again", pauseSeconds };
		tell({ event: "notified", channel, code });
		return { state: "ended", code, message: sentence };
	}
};
