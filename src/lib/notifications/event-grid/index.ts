// An Event Grid topic: see README.md. A plain POST with a token is all of it, so no SDK is loaded.

import type { ChannelKind } from "../kind.ts";
import { EventGrid } from "./schema.ts";

const scope = "https://eventgrid.azure.net/.default";

export const eventGrid: ChannelKind<typeof EventGrid> = {
	schema: EventGrid,
	reader: "machines",
	message: async (notification, _, sending) => ({
		body: JSON.stringify(notification),
		headers: {
			"Content-Type": "application/cloudevents+json; charset=utf-8",
			Authorization: `Bearer ${await sending.token(scope)}`,
		},
	}),
};
