// Where people or other systems are notified of what happens.

import type { Notification } from "../domain/notification.ts";

export interface Channel {
	/**
	 * One try. Twice is harmless: a receiver recognizes a repeat by the notification's id. Throws Fault `channel-unreachable`,
	 * `channel-refused` (transient; with the pause that the receiver asks for, where it does), `channel-private`,
	 * `channel-url-not-valid`, `channel-key-not-valid`, `channel-gone` (final), and what vault and identity throw.
	 */
	send(notification: Notification): Promise<void>;
}
