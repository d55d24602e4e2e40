// Every minute: what has happened that somebody wants to hear about?

import * as df from "durable-functions";
import { durableNotifier } from "../lib/adapters/durable/notifier.ts";
import { appUrlOf } from "../lib/config/settings.ts";
import { redacting } from "../lib/steps/boundary.ts";
import { announce } from "../lib/triggers/announce.ts";
import { callOf } from "./wiring.ts";

df.app.client.timer("notifications", {
	schedule: "20 * * * * *",
	handler: async (_timer, client, context) => {
		const { ports, rotations, tell, log } = callOf(client, context);
		const base = appUrlOf(process.env);
		const linkTo = (rotationId?: string) =>
			base === undefined ? {} : { link: rotationId === undefined ? `${base}/` : `${base}/#/rotations/${rotationId}` };
		await redacting("notifications", tell, async () => {
			const started = await announce({ ports, rotations, notifier: durableNotifier(client), linkTo });
			if (started > 0) log(`notifications: ${started} started`);
		});
	},
});
