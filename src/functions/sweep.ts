// The timer. The schedule is read here, not given as %SWEEP_SCHEDULE%: the host does not index a function whose setting is
// missing ("does not resolve to a value"), and then nothing would ever sweep.

import * as df from "durable-functions";
import { sweepScheduleOf } from "../lib/config/settings.ts";
import { redacting } from "../lib/steps/boundary.ts";
import { sweep } from "../lib/triggers/sweep.ts";
import { callOf } from "./wiring.ts";

df.app.client.timer("sweep", {
	schedule: sweepScheduleOf(process.env),
	handler: async (_timer, client, context) => {
		const call = callOf(client, context);
		await redacting("sweep", call.tell, () => sweep(call));
	},
});
