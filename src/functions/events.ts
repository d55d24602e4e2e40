// Key Vault's events, by Event Grid.

import * as df from "durable-functions";
import { redacting } from "../lib/steps/boundary.ts";
import { onEvent } from "../lib/triggers/on-event.ts";
import { callOf } from "./wiring.ts";

df.app.client.eventGrid("events", {
	handler: (event, client, context) => {
		const call = callOf(client, context);
		return redacting("events", call.tell, () => onEvent(event, call));
	},
});
