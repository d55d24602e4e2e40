// Switches that were cut short are finished as soon as the app starts, and by a timer where that was in vain. The worker calls
// the hook once the app is loaded, on every start; timer triggers stay silent for about a minute after a kill.
// OW1. The start does not wait for this, and nothing is loaded for it before. Otherwise: each cold start takes longer.

import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { app } from "@azure/functions";
import { lineOf, type Tell } from "../lib/domain/notice.ts";
import { finishOpenSwitches, isLookDue } from "../lib/steps/open-switch.ts";
import { ports, tellerOf } from "./wiring.ts";

/** Seconds before each look. What keeps the first ones from it may pass: the server ends the sessions of a process that died. */
const looksAfter = [0, 2, 3, 5, 10, 20, 20];

app.hook.appStart(() => {
	// No invocation, so no log of one; the host takes what is printed for the app's.
	const tell: Tell = (notice) => console.log(lineOf(notice));
	setImmediate(async () => {
		for (const seconds of looksAfter) {
			await pause(seconds * 1000, undefined, { ref: false });
			const { anyLeft } = await finishOpenSwitches(ports, { attempt: `start-up ${randomUUID()}`, tell });
			if (!anyLeft) return;
		}
	});
});

app.timer("openSwitches", {
	schedule: "0 * * * * *",
	handler: async (_timer, context) => {
		const run = { attempt: context.invocationId, tell: tellerOf(context) };
		await finishOpenSwitches(ports, run, isLookDue(ports.clock.now()));
	},
});
