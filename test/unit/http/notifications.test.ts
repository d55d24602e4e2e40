// An operator tries a channel: what is sent, what is answered, and what is on the audit log.

import { expect, test } from "@jest/globals";
import { Fault } from "../../../src/lib/domain/fault.ts";
import type { Notification } from "../../../src/lib/domain/notification.ts";
import { testNotification } from "../../../src/lib/http/notifications.ts";
import { api } from "./asking.ts";

const hook = { kind: "webhook", url: "https://hooks.example.com", signing: [{ vault: "main", secret: "key" }] };

/** @param refusal what the receiver makes of it */
async function withChannel(refusal?: Fault) {
	const made = await api();
	const { config } = await made.call.ports.configuration();
	Object.assign(config, { notifications: { ops: hook } });
	const sent: Notification[] = [];
	Object.assign(made.call.ports, {
		configuration: async () => ({ config, hash: "c0ffee", text: "", folder: "." }),
		channel: async () => ({
			send: async (notification: Notification) => {
				if (refusal) throw refusal;
				sent.push(notification);
			},
		}),
	});
	const tried = (channel: string, body: object = {}) =>
		made.ask(testNotification, { channel, body: JSON.stringify(body) });
	return { made, sent, tried, [Symbol.asyncDispose]: () => made[Symbol.asyncDispose]() };
}

test("a test goes to the channel, says who sent it, and is on the audit log with the reason", async () => {
	await using it = await withChannel();
	const { status, body } = await it.tried("ops", { reason: "new channel" });
	expect([status, body]).toMatchObject([200, { channel: "ops", kind: "webhook", id: it.sent[0]?.id }]);
	expect(it.sent).toMatchObject([{ data: { kind: "test", by: { kind: "operator" } } }]);
	expect(it.sent[0]?.data.by).not.toHaveProperty("appId");
	expect(it.made.audited()).toEqual(["notify intent undefined (none)", "notify outcome notified (none)"]);
	expect(it.made.audit.records[0]?.data.message).toBe("new channel");
});

test("what kept the receiver from taking it is answered, and is on the audit log", async () => {
	await using it = await withChannel(new Fault("channel-gone", { channel: "ops", host: "hooks.example.com" }));
	expect(await it.tried("ops")).toMatchObject({ body: { code: "channel-gone" } });
	expect(it.made.audit.records.at(-1)?.data).toMatchObject({ phase: "outcome", code: "channel-gone" });
});

test.each(["other", "constructor"])("channel %s, which there is not, is 404, and nothing is sent", async (channel) => {
	await using it = await withChannel();
	expect(await it.tried(channel)).toMatchObject({ status: 404, body: { code: "channel-unknown" } });
	expect(it.sent).toEqual([]);
});

test("a body with a field that nobody reads is refused, and nothing is sent", async () => {
	await using it = await withChannel();
	expect(await it.tried("ops", { dryRun: true })).toMatchObject({ status: 400, body: { code: "body-not-valid" } });
	expect(it.sent).toEqual([]);
});
