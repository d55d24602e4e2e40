// Watches a rotation to its end, or to what was waited for.
// RCW1. Whatever ends a watch ends nothing else, and it says how to continue. Otherwise: an operator presses Ctrl-C and believes
//      that the rotation was stopped. Kept by: watch.test.ts.

import type { Client } from "../../../api/client.ts";
import type { Rotation } from "../answers.ts";
import { awaitDecision, tellWaiting } from "../approval.ts";
import type { Around } from "../around.ts";
import type { Values } from "../command.ts";
import { exitOf, exits } from "../exits.ts";
import { usage } from "../parse.ts";
import { jsonText, type OutputForm, tell } from "../say.ts";
import { durationOf, durationText } from "../times.ts";
import { following } from "./follow.ts";
import { pictureFor } from "./picture.ts";

const marks = ["approved", "published", "proved", "done"] as const;

export const watching = {
	until: {
		type: "string",
		value: "MARK",
		choices: marks,
		what: "How far to wait: it may go ahead, it is live in the vault, every pod proves it, or (by default) it is over.",
	},
	timeout: { type: "string", value: "TIME", what: "Wait no longer: 90s, 15m, 2h. Then the exit code is 3." },
} as const;

type Watching = Values<typeof watching> & { readonly output?: OutputForm };

const timeUp = new Error("time is up");
const interrupted = new Error("interrupted");

/** @throws Unusable */
export function patienceOf({ timeout }: Watching): number | undefined {
	if (timeout === undefined) return undefined;
	const ms = durationOf(timeout);
	if (ms === undefined || ms > 2 ** 31 - 1) throw usage("--timeout is not a time.", "Give 90s, 15m or 2h.");
	return ms;
}

/** @returns the exit code */
export async function watch(call: Client, id: string, options: Watching, around: Around): Promise<number> {
	const { until = "done", output = "table" } = options;
	const ms = patienceOf(options);
	const stop = new AbortController();
	const forget = around.onInterrupt(() => stop.abort(interrupted));
	const timer = ms === undefined ? undefined : setTimeout(() => stop.abort(timeUp), ms);
	const picture = pictureFor(output, around);
	let last: Rotation | undefined;
	try {
		for await (const seen of following(call, id, stop.signal, around)) {
			if ("trouble" in seen) {
				picture.trouble(seen.trouble);
				continue;
			}
			last = seen.rotation;
			picture.show(last);
			if (hasCome(last, until)) break;
		}
	} catch (error) {
		if (error !== timeUp && error !== interrupted) throw error;
	} finally {
		clearTimeout(timer);
		forget();
		picture.end();
	}
	if (last && isWaiting(last)) {
		const decided = until === "approved" ? await decision(call, last, ms, around) : exits.waiting;
		tellWaitingFor(around, last, decided);
		if (output === "json") around.stdout.write(jsonText(last, 2));
		return decided;
	}
	const hasEnded = last !== undefined && hasCome(last, until);
	if (!hasEnded && stop.signal.aborted) {
		const why = stop.signal.reason === timeUp ? `${durationText(ms!)} are over.` : "Stopped watching.";
		tell(around, `${why} ${id} goes on by itself. Watch it again: rotator watch ${id}`);
	}
	if (last && output === "json") around.stdout.write(jsonText(last, 2));
	if (output === "name") around.stdout.write(`${id}\n`);
	return last === undefined ? exits.waiting : exitAt(last, until);
}

/** It has ended its run, and waits as a record. */
const isWaiting = ({ outcome, code }: Rotation): boolean => outcome === "skipped" && code === "awaiting-approval";

async function decision(call: Client, { approval, rotationId }: Rotation, ms: number | undefined, around: Around) {
	const stop = new AbortController();
	const forget = around.onInterrupt(() => stop.abort(interrupted));
	const timer = ms === undefined ? undefined : setTimeout(() => stop.abort(timeUp), ms);
	try {
		return await awaitDecision(call, approval?.id ?? rotationId, stop.signal, around);
	} finally {
		clearTimeout(timer);
		forget();
	}
}

function tellWaitingFor(around: Around, rotation: Rotation, code: number): void {
	if (code === exits.waiting) tellWaiting(around, rotation);
	if (code === exits.done)
		tell(around, `It is approved. Its rotation: rotator approvals ${rotation.approval?.id ?? ""}`);
}

/** It is over, or has come as far as was asked for. */
export const hasCome = (rotation: Rotation, until: (typeof marks)[number]): boolean =>
	rotation.outcome !== undefined || isAt(rotation, until);

function isAt({ status, kind, steps, version, consumers = [] }: Rotation, until: (typeof marks)[number]): boolean {
	// What has to be approved has ended with its plan: whatever goes on after that may.
	const isPlanned = kind === "rotate" || kind === "rollback" ? steps.length > 1 : status !== "NotStarted";
	if (until === "approved") return isPlanned;
	if (until === "published") return version !== undefined;
	if (until === "proved") return version !== undefined && consumers.length > 0 && consumers.every(isProved);
	return false;
}

const isProved = ({ delivered, awaits }: NonNullable<Rotation["consumers"]>[number]): boolean =>
	delivered || awaits !== undefined;

/** What was waited for has come: done, however the rest goes. That it was let go says nothing once it is over. */
export function exitAt(rotation: Rotation, until: (typeof marks)[number]): number {
	const counts = until !== "approved" || rotation.outcome === undefined;
	return counts && isAt(rotation, until) ? exits.done : exitOf(rotation);
}
