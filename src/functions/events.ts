// Key Vault's events, by Event Grid.

import * as df from "durable-functions";
import { onEvent } from "../lib/triggers/on-event.ts";
import { callOf } from "./wiring.ts";

df.app.client.eventGrid("events", {
	handler: (event, client, context) => onEvent(event, callOf(client, context)),
});
