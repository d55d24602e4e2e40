// Every minute: is there a new version that no backup has?

import * as df from "durable-functions";
import { backUpRotated } from "../lib/compliance/backups.ts";
import { redacting } from "../lib/steps/boundary.ts";
import { callOf } from "./wiring.ts";

df.app.client.timer("backups", {
	schedule: "40 * * * * *",
	handler: async (_timer, client, context) => {
		const call = callOf(client, context);
		await redacting("backups", call.tell, async () => {
			const looked = await backUpRotated({ ...call, actor: { kind: "timer" } });
			if (looked > 0) call.log(`backups: ${looked} secrets looked at`);
		});
	},
});
