// The local Event Grid, seen by a plain webhook: handshake, retries, batches, dead letters.
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import { expect, test } from "@jest/globals";
import { eventGridTopic, type Schema, type SubscriptionOptions } from "../../../local/event-grid/index.ts";
import { next } from "../../../local/event-grid/retry.ts";
import type { VaultEvent, VaultEventType } from "../../../packages/key-vault/index.ts";
import { close, listen } from "../../../packages/loopback/index.ts";

interface Got {
	readonly headers: IncomingHttpHeaders;
	readonly body: unknown;
}

/** A webhook that passes the handshake, then answers one status after the other, the last for ever. */
const webhook = async (statuses: (number | "cut")[] = [200], handshake?: (response: ServerResponse) => void) => {
	const got: Got[] = [];
	const server = createServer(async (request, response) => {
		let text = "";
		for await (const chunk of request) text += chunk;
		if (request.method === "OPTIONS") {
			if (handshake) return handshake(response);
			return void response.writeHead(200, { "webhook-allowed-origin": "eventgrid.azure.net" }).end();
		}
		if (request.headers["aeg-event-type"] === "SubscriptionValidation") {
			if (handshake) return handshake(response);
			const [{ data }] = JSON.parse(text) as [{ data: { validationCode: string } }];
			return void response.end(JSON.stringify({ validationResponse: data.validationCode }));
		}
		got.push({ headers: request.headers, body: JSON.parse(text) });
		const status = statuses.length > 1 ? statuses.shift()! : statuses[0]!;
		if (status === "cut") return void request.socket.destroy();
		response.writeHead(status).end();
	});
	const url = `${await listen(server)}/hook?code=key-of-the-hook`;
	return { url, got, [Symbol.asyncDispose]: () => close(server) };
};

const nearExpiry: VaultEventType = "Microsoft.KeyVault.SecretNearExpiry";
const event = (subject: string, changes: Partial<VaultEvent> = {}): VaultEvent => ({
	id: `event-${subject}`,
	type: nearExpiry,
	topic: "/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/kv",
	subject,
	time: "2030-06-15T12:00:00.000Z",
	data: {
		Id: `https://kv/secrets/${subject}/v`,
		VaultName: "kv",
		ObjectType: "Secret",
		ObjectName: subject,
		Version: "v",
		NBF: null,
		EXP: 1_900_000_000,
	},
	...changes,
});

/** One topic whose longest wait is a few milliseconds, with one subscription. */
const deliver = async (
	given: Partial<SubscriptionOptions> & { url: string },
	events: VaultEvent[],
	duplicate = false,
) => {
	await using topic = eventGridTopic({ deliveryScale: 1e-7 });
	await topic.subscribe({ schema: "EventGridSchema", ...given });
	for (const each of events) topic.publish(each, { duplicate });
	await topic.idle();
	return topic.deliveries.map(({ status, attempt }) => [attempt, status]);
};

test("the Event Grid schema comes as an array of one, as Key Vault writes it", async () => {
	await using hook = await webhook();
	await deliver({ url: hook.url }, [event("db-password")]);
	const { id, topic, subject, type, time, data } = event("db-password");
	expect(hook.got.map(({ body }) => body)).toEqual([
		[{ id, topic, subject, eventType: type, eventTime: time, data, dataVersion: "1", metadataVersion: "1" }],
	]);
	expect(hook.got[0]?.headers).toMatchObject({ "aeg-event-type": "Notification", "aeg-delivery-count": "0" });
});

test("a cloud event comes alone, with its own content type", async () => {
	await using hook = await webhook();
	await deliver({ url: hook.url, schema: "CloudEventSchemaV1_0" }, [event("db-password")]);
	const { id, topic, subject, type, time, data } = event("db-password");
	expect(hook.got.map(({ body }) => body)).toEqual([
		{ id, source: topic, subject, type, time, data, specversion: "1.0" },
	]);
	expect(hook.got[0]?.headers["content-type"]).toBe("application/cloudevents+json; charset=utf-8");
});

test.each<[string, Schema, (response: ServerResponse) => void]>([
	["answers 202", "EventGridSchema", (response) => response.writeHead(202).end()],
	["answers without the code", "EventGridSchema", (response) => response.end('{"validationResponse":"other"}')],
	["answers no JSON", "EventGridSchema", (response) => response.end("ok")],
	["allows no origin", "CloudEventSchemaV1_0", (response) => response.end()],
	["refuses the key", "CloudEventSchemaV1_0", (response) => response.writeHead(401).end()],
	["hangs up", "EventGridSchema", (response) => response.destroy()],
])("an endpoint that %s gets no subscription of %s, and the error tells no key", async (_, schema, handshake) => {
	await using hook = await webhook([200], handshake);
	await using topic = eventGridTopic();
	const refused = await topic.subscribe({ url: hook.url, schema }).catch((error: Error) => error.message);
	expect(refused).toMatch(/did not pass the validation handshake: it answered .+; Event Grid needs .+/);
	expect(refused).not.toContain("key-of-the-hook");
	topic.publish(event("s"));
	await topic.idle();
	expect(hook.got).toEqual([]);
});

test("a failed delivery comes again, counted, until it is answered well", async () => {
	await using hook = await webhook([500, "cut", 404, 202]);
	expect(await deliver({ url: hook.url }, [event("s")])).toEqual([
		[1, 500],
		[2, "unreachable"],
		[3, 404],
		[4, 202],
	]);
	expect(hook.got.map(({ headers }) => headers["aeg-delivery-count"])).toEqual(["0", "1", "2", "3"]);
});

test.each([
	[400, "UndeliverableDueToHttpBadRequest"],
	[401, "UndeliverableDueToHttpUnauthorized"],
	[403, "UndeliverableDueToHttpForbidden"],
	[413, "UndeliverableDueToHttpRequestEntityTooLarge"],
])("%d is tried once and dead-lettered as %s", async (status, reason) => {
	await using hook = await webhook([status]);
	const dead: unknown[] = [];
	const deadLetter = (...letter: unknown[]) => void dead.push(letter);
	expect(await deliver({ url: hook.url, deadLetter }, [event("s")])).toEqual([[1, status]]);
	expect(dead).toEqual([[event("s"), reason]]);
});

test("what never succeeds is given up within 24 hours, by Event Grid's waits", async () => {
	await using hook = await webhook([500]);
	const dead: unknown[] = [];
	const deadLetter = (_: VaultEvent, reason: unknown) => void dead.push(reason);
	const attempts = await deliver({ url: hook.url, deadLetter }, [event("s")]);
	// nine waits of the schedule are 10 h 47 min, one of 12 h more is within the day, another is not
	expect([attempts.length, dead]).toEqual([11, ["TimeToLiveExceeded"]]);
});

test("an event without a dead letter is dropped, and the next is delivered", async () => {
	await using hook = await webhook([400, 200]);
	expect(await deliver({ url: hook.url }, [event("a"), event("b")])).toEqual(
		expect.arrayContaining([
			[1, 400],
			[1, 200],
		]),
	);
});

test("events of one moment come in batches no larger than asked, and a failed batch comes again whole", async () => {
	await using hook = await webhook([500, 200]);
	const events = ["a", "b", "c"].map((subject) => event(subject));
	await deliver({ url: hook.url, schema: "CloudEventSchemaV1_0", maxEventsPerBatch: 2 }, events);
	const batches = hook.got.map(({ body }) => (body as { subject: string }[]).map(({ subject }) => subject).join(""));
	const [failed] = batches;
	expect([...batches].sort()).toEqual(["ab", "c", failed].sort());
	expect(hook.got[0]?.headers["content-type"]).toBe("application/cloudevents-batch+json; charset=utf-8");
});

test("only the types and subjects asked for are delivered; case does not count in a subject", async () => {
	await using hook = await webhook();
	await deliver({ url: hook.url, eventTypes: [nearExpiry], subjectBeginsWith: "DB-" }, [
		event("db-password"),
		event("api-key"),
		event("db-new", { type: "Microsoft.KeyVault.SecretNewVersionCreated" }),
	]);
	expect(hook.got.map(({ body }) => (body as { subject: string }[])[0]?.subject)).toEqual(["db-password"]);
});

test("a duplicate has the same id", async () => {
	await using hook = await webhook();
	await deliver({ url: hook.url }, [event("s")], true);
	expect(hook.got.map(({ body }) => (body as { id: string }[])[0]?.id)).toEqual(["event-s", "event-s"]);
});

test("a removed subscription gets nothing more, not even the retry it waits for", async () => {
	await using hook = await webhook([500]);
	await using topic = eventGridTopic();
	const subscription = await topic.subscribe({ url: hook.url, schema: "EventGridSchema" });
	const { promise: failed, resolve } = Promise.withResolvers<void>();
	await using other = await webhook([200]);
	await topic.subscribe({ url: other.url, schema: "EventGridSchema" });
	topic.publish(event("s"));
	const look = () => (topic.deliveries.length === 2 ? resolve() : void setImmediate(look));
	look();
	await failed;
	await subscription[Symbol.asyncDispose]();
	topic.publish(event("t"));
	// would wait ten seconds for the retry, had it not been forgotten
	await topic.idle();
	expect([hook.got.length, other.got.length]).toEqual([1, 2]);
});

test("thirty attempts are the most, and a busy endpoint is left alone for longer", () => {
	expect(next(500, 30, 0)).toEqual({ act: "give-up", reason: "MaxDeliveryAttemptsExceeded" });
	expect([next(500, 1, 0), next(503, 1, 0), next(408, 1, 0), next("timeout", 2, 0)]).toEqual(
		[10, 30, 120, 30].map((seconds) => ({ act: "retry", afterMs: seconds * 1000 })),
	);
	expect([200, 201, 202, 203, 204].map((status) => next(status, 1, 0).act)).toEqual(Array(5).fill("done"));
	expect(next(302, 1, 0).act).toBe("retry");
});
