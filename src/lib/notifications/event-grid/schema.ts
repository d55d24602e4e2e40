// What the configuration gives for an Event Grid topic.

import * as z from "zod";
import { mapping, wanted } from "../../config/fields.ts";
import { common, HttpsUrl } from "../fields.ts";

export const EventGrid = mapping({
	kind: z
		.literal("event-grid", wanted('"event-grid"'))
		.describe("A topic of Azure Event Grid with the CloudEvents schema, as the app's own identity."),
	url: HttpsUrl.describe("Its endpoint: https://<topic>.<region>-1.eventgrid.azure.net/api/events"),
	...common,
});
export type EventGrid = z.infer<typeof EventGrid>;
