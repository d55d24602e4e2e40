// A sweep, begun by hand and watched in the task hub.

import type { Stack } from "../local/stack.ts";
import { until } from "../local/until.ts";
import type { Hub } from "./hub.ts";

interface Swept {
	readonly ms: number;
	/** Of its activities, from being asked for to their answer. */
	readonly longestMs: number;
}

const longest = `
	SELECT coalesce(max(unixepoch(json_extract(done.event, '$.Timestamp'), 'subsec')
		- unixepoch(json_extract(asked.event, '$.Timestamp'), 'subsec')), 0) * 1000
	FROM history asked JOIN history done ON done.instance = asked.instance
		AND json_extract(done.event, '$.EventType') = 5
		AND json_extract(done.event, '$.TaskScheduledId') = json_extract(asked.event, '$.EventId')
	WHERE asked.instance = 'sweep' AND json_extract(asked.event, '$.EventType') = 4`;
const running = "SELECT count(*) FROM instances WHERE id = 'sweep' AND status IN ('Pending', 'Running')";
const ended = "SELECT count(*) FROM instances WHERE id = 'sweep' AND status = 'Completed' AND created >= ?";

export async function sweepNow({ appUrl, keys }: Stack, hub: Hub, signal: AbortSignal): Promise<Swept> {
	await until("the end of the sweep before", 600, async () => hub.number(running) === 0 || undefined, signal);
	const headers = { "x-functions-key": keys.master, "content-type": "application/json" };
	const [begun, at] = [performance.now(), Date.now()];
	const answer = await fetch(`${appUrl}/admin/functions/sweep`, { method: "POST", headers, body: "{}" });
	if (answer.status !== 202) throw new Error(`The sweep does not begin: HTTP ${answer.status}.`);
	let longestMs = 0;
	const isOver = async () => {
		// While it lasts: it starts afresh after some pages, and its history with it.
		longestMs = Math.max(longestMs, hub.number(longest));
		return hub.number(ended, `${at}`) === 1 || undefined;
	};
	await until("the end of the sweep", 600, isOver, signal, 50);
	return { ms: performance.now() - begun, longestMs };
}
