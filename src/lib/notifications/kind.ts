// A kind of channel, as its folder describes it.

import type * as z from "zod";
import type { Notification } from "../domain/notification.ts";
import type { Password } from "../domain/password.ts";

/** What leaves: where to is the channel's, and the same for all kinds (channel.ts). */
export interface Message {
	readonly body: string;
	readonly headers: Readonly<Record<string, string>>;
}

/** What one try of sending is given. */
export interface Try {
	readonly at: Date;
	/** A bearer token of the app's identity. */
	token(scope: string): Promise<string>;
	secret(of: { readonly vault: string; readonly secret: string }): Promise<Password>;
	/** @returns the fault that says so */
	badKey(of: { readonly vault: string; readonly secret: string }): Error;
}

export interface ChannelKind<S extends z.ZodType<{ readonly kind: string }>> {
	/** `kind` is a literal, the folder's name. */
	readonly schema: S;
	/** People get what happens at once, or again and again, in one message; machines get each. */
	readonly reader: "people" | "machines";
	message(notification: Notification, channel: z.infer<S>, sending: Try): Promise<Message>;
}
