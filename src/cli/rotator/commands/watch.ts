// Watches a rotation.

import { command } from "../command.ts";
import { connect, connecting } from "../connect.ts";
import { printing } from "../say.ts";
import { watch as watched, watching } from "../watch/watch.ts";

export const watch = command({
	summary: "Follow a rotation to its end; the exit code is its outcome",
	details: `On a terminal it is a tree that is drawn over; elsewhere each change is a line with its time in UTC. Ctrl-C ends the watching only.
With -o ndjson each new state is a line of JSON; with -o json the last one is printed.`,
	takes: [{ name: "ID" }],
	options: { ...watching, ...printing, ...connecting },
	examples: [
		["rotator watch db-password.2b6f0cc9-04d1-4d6f-93a0-0ac1c9a6b5f3", "until it is over"],
		[
			"rotator watch $ID --until published --timeout 15m",
			"until the new version is live, and at most a quarter of an hour",
		],
	],
	operations: ["showRotation"],
	run({ takes: { ID: id = "" }, options }, around) {
		return watched(connect(options, around), id, options, around);
	},
});
