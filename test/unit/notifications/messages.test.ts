// What each kind of channel sends of one happening.

import { createHmac } from "node:crypto";
import { describe, expect, test } from "@jest/globals";
import { mostNames, type Notification, notificationOf } from "../../../src/lib/domain/notification.ts";
import { Password } from "../../../src/lib/domain/password.ts";
import {
	type ChannelConfig,
	channelKindNames,
	messageOf,
	readerOf,
	ChannelConfig as Schema,
} from "../../../src/lib/notifications/index.ts";
import type { Try } from "../../../src/lib/notifications/kind.ts";
import { signatureOf } from "../../../src/lib/notifications/webhook/index.ts";

const address = { vault: "main", secret: "hook-url", host: "hooks.example.com" };
const key = (byte: number) => Buffer.alloc(24, byte);
const keys: Record<string, string> = {
	"key-1": `whsec_${key(1).toString("base64")}`,
	"key-2": `whsec_${key(2).toString("base64")}\n`,
};
const configs: Readonly<Record<(typeof channelKindNames)[number], object>> = {
	"event-grid": { url: "https://topic.westeurope-1.eventgrid.azure.net/api/events" },
	webhook: { url: "https://hooks.example.com/rotations", signing: [{ vault: "main", secret: "key-1" }] },
	teams: { address },
	slack: { address },
};
const channel = (kind: keyof typeof configs, more: object = {}): ChannelConfig =>
	Schema.parse({ kind, ...configs[kind], ...more });

const at = new Date("2026-11-30T07:00:00Z");
const sending: Try = {
	at,
	token: async (scope) => `token-for-${scope}`,
	secret: async ({ secret }) => new Password(keys[secret] ?? "not a key"),
	badKey: ({ secret }) => new Error(`bad ${secret}`),
};

const rotationId = "db-password.2b6f0cc9-04d1-4d6f-93a0-0ac1c9a6b5f3";
const failed: Notification = notificationOf({
	...{
		kind: "failed",
		about: [rotationId],
		at: at.toISOString(),
		secret: "db-password",
		rotationId,
		request: "rotate",
	},
	...{ outcome: "published-not-delivered", code: "rollout-failed", by: { kind: "operator", id: "oid-1" } },
	link: `https://rotator.example.com/#/rotations/${rotationId}`,
});
const sent = async (notification: Notification, of: ChannelConfig) => {
	const { body, headers } = await messageOf(notification, of, sending);
	return { headers, text: body, body: JSON.parse(body) };
};
/** Every text in it, however deep. */
const textsIn = (value: unknown): string[] =>
	typeof value === "string"
		? [value]
		: typeof value === "object" && value !== null
			? Object.values(value).flatMap(textsIn)
			: [];

describe("each kind", () => {
	test.each(channelKindNames)(
		"%s says what happened, of what, how it ended, what is next, who asked and where to look",
		async (kind) => {
			const { text } = await sent(failed, channel(kind));
			for (const part of [
				"db-password",
				"published-not-delivered",
				"rollout-failed",
				"some workload does not have it",
				"oid-1",
				rotationId,
			])
				expect(text).toContain(part);
			expect(text).toContain(failed.data.next);
			expect(text).toContain(failed.data.link);
		},
	);

	test.each(channelKindNames)("%s stays small with as many names, each as long, as there can be", async (kind) => {
		const secrets = Array.from({ length: mostNames }, (_, index) => `${index}`.padStart(119, "n"));
		const long = notificationOf({
			kind: "overdue",
			about: ["1"],
			at: at.toISOString(),
			secrets,
			counts: { expired: 1_000 },
		});
		expect(Buffer.byteLength((await sent(long, channel(kind))).text)).toBeLessThan(20_000);
	});

	test("people get what happens at once in one message, machines each by itself", () => {
		expect(channelKindNames.filter((kind) => readerOf(channel(kind)) === "people")).toEqual(["teams", "slack"]);
	});
});

describe("a webhook", () => {
	test("is signed as the specification's own example", () => {
		// @see https://github.com/standard-webhooks/standard-webhooks, the libraries' test vector
		const secret = Buffer.from("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "base64");
		expect(signatureOf(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", '{"test": 2432232314}')).toBe(
			"v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
		);
	});

	test("carries the notification's id, the time of this try, and a signature over the bytes that are sent", async () => {
		const { headers, text } = await sent(failed, channel("webhook"));
		expect(headers).toMatchObject({ "webhook-id": failed.id, "webhook-timestamp": "1796022000" });
		const wanted = createHmac("sha256", key(1)).update(`${failed.id}.1796022000.${text}`).digest("base64");
		expect(headers["webhook-signature"]).toBe(`v1,${wanted}`);
		const later = await messageOf(failed, channel("webhook"), { ...sending, at: new Date("2026-11-30T07:05:00Z") });
		expect(later.headers["webhook-id"]).toBe(failed.id);
		expect(later.headers["webhook-timestamp"]).not.toBe(headers["webhook-timestamp"]);
		expect(later.headers["webhook-signature"]).not.toBe(headers["webhook-signature"]);
	});

	test("is signed by each of several keys, a final newline or not", async () => {
		const signing = ["key-1", "key-2"].map((secret) => ({ vault: "main", secret }));
		const { headers, text } = await sent(failed, channel("webhook", { signing }));
		const wanted = [1, 2].map((byte) => signatureOf(key(byte), failed.id, "1796022000", text));
		expect(headers["webhook-signature"]).toBe(wanted.join(" "));
	});

	test.each([
		["no prefix", key(1).toString("base64")],
		["23 bytes", `whsec_${Buffer.alloc(23, 1).toString("base64")}`],
		["65 bytes", `whsec_${Buffer.alloc(65, 1).toString("base64")}`],
		["nothing", ""],
	])("with a key that is none (%s) is not sent", async (_, value) => {
		const bad = { ...sending, secret: async () => new Password(value) };
		await expect(messageOf(failed, channel("webhook"), bad)).rejects.toThrow("bad key-1");
	});
});

test("an Event Grid topic gets the CloudEvent itself, with a token for Event Grid", async () => {
	const { headers, body } = await sent(failed, channel("event-grid"));
	expect(headers).toMatchObject({
		"Content-Type": "application/cloudevents+json; charset=utf-8",
		Authorization: "Bearer token-for-https://eventgrid.azure.net/.default",
	});
	expect(body).toEqual(failed);
	expect(body).toMatchObject({
		specversion: "1.0",
		type: "com.titanic-secret-rotator.notification.failed",
		subject: "db-password",
	});
});

describe("what somebody has put into a name or an id", () => {
	const planted = "<!channel> [click](https://evil.example) *x* & <https://evil.example|here>";
	const hostile = notificationOf({
		...{ kind: "failed", about: ["2"], at: at.toISOString(), secret: planted, outcome: "refused" },
		by: { kind: "operator", id: planted },
	});

	test("is plain text in Slack, and escaped where it cannot be", async () => {
		const { body } = await sent(hostile, channel("slack"));
		expect(body.text).toContain("&lt;!channel&gt;");
		expect(body.text).not.toMatch(/[<>]/);
		const typed = JSON.stringify(body.blocks);
		expect(typed).not.toContain("mrkdwn");
		expect(textsIn(body.blocks).some((text) => text.includes("<!channel>"))).toBe(true);
		for (const { text } of body.blocks) if (text) expect(text.type).toBe("plain_text");
	});

	test("is a run of text in Teams, which reads no Markdown there", async () => {
		const { body } = await sent(hostile, channel("teams"));
		const { content } = body.attachments[0];
		expect(content.actions).toBeUndefined();
		for (const block of content.body) {
			expect(block.type).toBe("RichTextBlock");
			for (const inline of block.inlines) expect(inline.type).toBe("TextRun");
		}
	});
});

test("a Slack header is cut to what Slack takes", async () => {
	const long = notificationOf({ kind: "drift", about: ["3"], at: at.toISOString(), secret: "x".repeat(400) });
	const { body } = await sent(long, channel("slack"));
	expect(body.blocks[0].text.text.length).toBeLessThanOrEqual(150);
});
