// Notifies somebody of something, by an instance that nothing waits for.

import type { NotifyOrder } from "../domain/notify.ts";

export interface Notifier {
	/**
	 * Starts it, unless it was started before, running or over. Throws Fault `notify-not-started` (transient): not started, or not known
	 * to be.
	 */
	start(order: NotifyOrder): Promise<void>;
}
