// How Event Grid writes an event of Key Vault, in each of its two schemas.
import type { VaultEvent } from "../../packages/key-vault/index.ts";

export type Schema = "EventGridSchema" | "CloudEventSchemaV1_0";

/** @see https://learn.microsoft.com/azure/event-grid/event-schema-key-vault */
const rendered: { [S in Schema]: (event: VaultEvent) => object } = {
	EventGridSchema: ({ id, topic, subject, type, time, data }) => ({
		id,
		topic,
		subject,
		eventType: type,
		data,
		dataVersion: "1",
		metadataVersion: "1",
		eventTime: time,
	}),
	CloudEventSchemaV1_0: ({ id, topic, subject, type, time, data }) => ({
		id,
		source: topic,
		subject,
		type,
		time,
		specversion: "1.0",
		data,
	}),
};

/**
 * Body and headers of one delivery. The Event Grid schema is always an array; a cloud event comes alone, unless the
 * subscription asked for batches.
 */
export const notification = (schema: Schema, events: readonly VaultEvent[], batched: boolean) => {
	const bodies = events.map(rendered[schema]);
	const alone = schema === "CloudEventSchemaV1_0" && !batched;
	const types: { [S in Schema]: string } = {
		EventGridSchema: "application/json; charset=utf-8",
		CloudEventSchemaV1_0: `application/cloudevents${batched ? "-batch" : ""}+json; charset=utf-8`,
	};
	return {
		headers: {
			"content-type": types[schema],
			"aeg-event-type": "Notification",
			"aeg-metadata-version": "1",
			"aeg-data-version": schema === "EventGridSchema" ? "1" : "",
		},
		body: JSON.stringify(alone ? bodies[0] : bodies),
	};
};
