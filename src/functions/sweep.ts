// The timer starts the sweep; what sweeps is durable. The schedule is read here, not given as %SWEEP_SCHEDULE%: the host does not
// index a function whose setting is missing ("does not resolve to a value"), and then nothing would ever sweep.

import * as df from "durable-functions";
import { startSweep } from "../lib/adapters/durable/sweeps.ts";
import { sweepScheduleOf } from "../lib/config/settings.ts";
import { redacting } from "../lib/steps/boundary.ts";
import { callOf } from "./wiring.ts";

df.app.client.timer("sweep", {
	schedule: sweepScheduleOf(process.env),
	handler: async (_timer, client, context) => {
		const { attempt: id, ports, tell, log } = callOf(client, context);
		const sweep = { id, startedAt: ports.clock.now().toISOString() };
		await redacting("sweep", tell, async () => log(`sweep: ${await startSweep(client, sweep)}`));
	},
});
