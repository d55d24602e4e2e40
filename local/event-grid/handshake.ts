// Event Grid asks an endpoint whether it wants events, before it sends any.
import { randomUUID } from "node:crypto";
import type { Schema } from "./schemas.ts";

const origin = "eventgrid.azure.net";

/**
 * @throws Error that says what the endpoint answered and what it should have
 * @see https://learn.microsoft.com/azure/event-grid/end-point-validation-event-grid-events-schema
 * @see https://learn.microsoft.com/azure/event-grid/end-point-validation-cloud-events-schema
 */
export const handshake = async (schema: Schema, url: string, signal: AbortSignal): Promise<void> => {
	const refused = (got: string, wanted: string) =>
		new Error(
			`The webhook at ${withoutQuery(url)} did not pass the validation handshake: it answered ${got}; Event Grid needs ${wanted}.`,
		);
	const ask = (init: RequestInit) =>
		fetch(url, { ...init, signal: AbortSignal.any([signal, AbortSignal.timeout(30_000)]) }).catch(() => {
			throw refused("nothing", "an answer within 30 s");
		});

	if (schema === "CloudEventSchemaV1_0") {
		const answer = await ask({ method: "OPTIONS", headers: { "webhook-request-origin": origin } });
		await answer.body?.cancel();
		const allowed = answer.headers.get("webhook-allowed-origin");
		if (answer.status !== 200 || (allowed !== origin && allowed !== "*"))
			throw refused(`${answer.status} with WebHook-Allowed-Origin ${allowed}`, `200 with ${origin} or *`);
		return;
	}

	const code = randomUUID();
	const answer = await ask({
		method: "POST",
		headers: { "content-type": "application/json; charset=utf-8", "aeg-event-type": "SubscriptionValidation" },
		body: JSON.stringify([validationEvent(code)]),
	});
	const text = await answer.text();
	// 202 does not count, although it does for a delivery
	if (answer.status !== 200) throw refused(`${answer.status}`, "200 with the code as validationResponse");
	if (validationResponse(text) !== code) throw refused("200 without the code", "it as validationResponse");
};

const validationEvent = (validationCode: string) => ({
	id: randomUUID(),
	topic: "/subscriptions/00000000-0000-0000-0000-000000000000",
	subject: "",
	data: { validationCode },
	eventType: "Microsoft.EventGrid.SubscriptionValidationEvent",
	eventTime: new Date().toISOString(),
	metadataVersion: "1",
	dataVersion: "2",
});

const validationResponse = (text: string): unknown => {
	try {
		return (JSON.parse(text) as { validationResponse?: unknown } | null)?.validationResponse;
	} catch {
		return undefined;
	}
};

/** The query holds the key of the endpoint. */
const withoutQuery = (url: string) => url.replace(/\?.*$/, "");
