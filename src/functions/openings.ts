// Every ten minutes: has a window opened, or a freeze ended, for which something waits?

import * as df from "durable-functions";
import { startWaiting } from "../lib/compliance/openings.ts";
import { redacting } from "../lib/steps/boundary.ts";
import { callOf } from "./wiring.ts";

df.app.client.timer("openings", {
	// Not at the full minute, when windows open: then what opens has opened.
	schedule: "30 */10 * * * *",
	handler: async (_timer, client, context) => {
		const call = callOf(client, context);
		await redacting("openings", call.tell, async () => {
			const started = await startWaiting(call);
			if (started > 0) call.log(`openings: ${started} started`);
		});
	},
});
