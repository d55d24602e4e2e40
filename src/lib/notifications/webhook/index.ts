// Signed webhooks by the Standard Webhooks specification: see README.md.
// WH1. What is signed is what is sent, byte for byte, with the time of this try. Otherwise: the receiver refuses it, or takes a
//      message that somebody kept. Kept by: messages.test.ts, by the specification's own example.
// @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md

import { createHmac } from "node:crypto";
import type { Password } from "../../domain/password.ts";
import type { ChannelKind } from "../kind.ts";
import { Webhook } from "./schema.ts";

export const webhook: ChannelKind<typeof Webhook> = {
	schema: Webhook,
	reader: "machines",
	async message(notification, { signing }, sending) {
		const body = JSON.stringify(notification);
		const timestamp = String(Math.floor(sending.at.getTime() / 1000));
		const signatures: string[] = [];
		for (const of of signing) {
			const key = keyIn(await sending.secret(of));
			if (key === undefined) throw sending.badKey(of);
			signatures.push(signatureOf(key, notification.id, timestamp, body));
		}
		return {
			body,
			headers: {
				"Content-Type": "application/cloudevents+json; charset=utf-8",
				"webhook-id": notification.id,
				"webhook-timestamp": timestamp,
				"webhook-signature": signatures.join(" "),
			},
		};
	},
};

export const signatureOf = (key: Buffer, id: string, timestamp: string, body: string): string =>
	`v1,${createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64")}`;

/** @returns `undefined` for what is no key of 24 to 64 bytes */
function keyIn(value: Password): Buffer | undefined {
	const [, text] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(value.reveal().trim()) ?? [];
	const key = Buffer.from(text ?? "", "base64");
	return key.length >= 24 && key.length <= 64 ? key : undefined;
}
