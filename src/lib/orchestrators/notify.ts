// Notifies one channel of one happening: tries, waits, and writes down how it ended. A separate instance, which nothing waits for.
// NOT1. No rotation starts it, asks for it or waits for it (triggers/announce.ts). Otherwise: a receiver that does not answer keeps
//       passwords from being rotated. Kept by: orchestrators/notify.test.ts.

import type { NotifyOrder } from "../domain/notify.ts";
import { attempted } from "./ending.ts";
import { type Durable, type Process, StepFailed, step, wait } from "./process.ts";

/** The audit log asks for a name where there is none. */
const unnamed = "(none)";

export function* notify(durable: Durable, order: NotifyOrder): Process<{ readonly code: string }> {
	for (let attempt = 1; ; attempt++) {
		const answer = yield* tried(durable, order, attempt);
		if (answer.state === "again") {
			yield* wait(durable, answer.pauseSeconds);
			continue;
		}
		const { channel, notification } = order;
		const { secret = unnamed, rotationId = unnamed, kind } = notification.data;
		const { code, message } =
			answer.state === "sent" ? { code: "notified" as const, message: `By channel ${channel}.` } : answer;
		yield* attempted(
			step(durable, "note", {
				...{ rotationId, secret, actor: { kind: "app" }, step: "notify", phase: "outcome", code },
				message: `${kind}, try ${attempt}: ${message}`,
				attempt: `${channel} ${notification.id}`,
			}),
		);
		return { code };
	}
}

/** What fails outside the channel, durable storage or the process, was tried again already. */
function* tried(durable: Durable, order: NotifyOrder, attempt: number) {
	try {
		return yield* step(durable, "sendNotification", { ...order, attempt });
	} catch (error) {
		if (!(error instanceof StepFailed)) throw error;
		const { code, message } = error.problem;
		return { state: "ended" as const, code, message };
	}
}
