// The floor of a start: the smallest durable app that takes an event. It starts an orchestration of one activity.

import * as df from "durable-functions";

df.app.activity("greet", { handler: (name: string) => `Hello, ${name}.` });

df.app.orchestration("hello", function* (context) {
	return yield context.df.callActivity("greet", context.df.getInput());
});

df.app.client.eventGrid("events", {
	handler: async (event, client) => {
		await client.startNew("hello", { input: event.subject });
	},
});
