// The smallest durable app: one orchestration that asks for an activity so many times, one after the other.

import * as df from "durable-functions";

df.app.activity("nothing", { handler: () => "" });

df.app.orchestration("hops", function* (context) {
	for (let hop = context.df.getInput(); hop > 0; hop--) yield context.df.callActivity("nothing");
});
