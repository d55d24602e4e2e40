// An order: given to the app, and followed where somebody waits for it.
// RCD1. An order that got no answer is given again under the same key. Otherwise: nobody knows whether it was heard, and anyone who
//       orders again rotates twice. Kept by: test/unit/cli/commands.test.ts.

import { ApiUnreachable, type Called, type Client } from "../../api/client.ts";
import type { GivenOf } from "../../api/routes.ts";
import { wrongWithReason } from "../../lib/domain/reason.ts";
import type { Rotation } from "./answers.ts";
import type { Around } from "./around.ts";
import type { Values } from "./command.ts";
import { connecting } from "./connect.ts";
import { exitOf, exits } from "./exits.ts";
import { usage } from "./parse.ts";
import { print, printing, stderrLook, stdoutLook, tell } from "./say.ts";
import { following, mayPass } from "./watch/follow.ts";
import { treeText } from "./watch/tree.ts";
import { patienceOf, watch, watching } from "./watch/watch.ts";

export const ordering = {
	reason: { type: "string", value: "TEXT", what: "Why, for the audit log: a sentence or a ticket's address." },
	wait: { type: "boolean", short: "w", what: "Follow it to its end; the exit code is its outcome." },
	...watching,
	...printing,
	...connecting,
} as const;

/** Of what somebody may have to approve. */
export const breakingGlass = {
	"break-glass": {
		type: "boolean",
		what: "Do not wait for the approval that it needs: takes its own app role and --reason, and sets off an alert.",
	},
} as const;

type Ordering = Values<typeof ordering>;

type Started = Called<"startRotation">["body"];

/** @throws Unusable, before anything is asked */
export function checkOrder(options: Ordering & Values<typeof breakingGlass>): void {
	patienceOf(options);
	if (options["break-glass"] && options.reason === undefined)
		throw usage("--break-glass needs --reason.", "Say why nobody can approve it.");
	const wrong = options.reason === undefined ? undefined : wrongWithReason(options.reason);
	if (wrong) throw usage(`--reason ${wrong}.`, "");
}

type Order = "startRotation" | "startDelivery" | "startReconciliation" | "startRollback";

const mostTries = 4;

/** @throws ApiProblem, ApiUnreachable */
export async function placed<K extends Order>(
	call: Client,
	id: K,
	given: GivenOf<K>,
	around: Around,
): Promise<Called<K>> {
	const keyed = { ...given, idempotencyKey: crypto.randomUUID() };
	const stop = new AbortController();
	const forget = around.onInterrupt(() => stop.abort(interrupted()));
	try {
		for (let failed = 1; ; failed++) {
			try {
				return await call(id, keyed, stop.signal);
			} catch (error) {
				if (stop.signal.aborted || failed === mostTries || !mayPass(error)) throw error;
				const seconds = 2 ** (failed - 1);
				tell(around, `${(error as Error).message} Ordering it again in ${seconds} s; it is started once.`);
				await around.sleep(seconds * 1000, stop.signal);
			}
		}
	} finally {
		forget();
	}
}

const interrupted = () =>
	new ApiUnreachable("Stopped before the app had answered: it may have the order. See rotator history.");

/** @returns the exit code */
export async function ordered(call: Client, started: Started, options: Ordering, around: Around): Promise<number> {
	const { rotationId } = started;
	const isOther = "alreadyRunning" in started;
	if (isOther) tell(around, `What runs already does that: no second one was started.`);
	if (rotationId === undefined) {
		tell(around, "Its id is not known yet. Look again in a moment: rotator secrets");
		return exits.waiting;
	}
	const waits = options.wait || options.until !== undefined || options.timeout !== undefined;
	if (waits) return watch(call, rotationId, options, around);
	const shown = () => (isOther ? `${rotationId}\n` : treeText(started as Rotation, stdoutLook(around), around.now()));
	print(around, options.output, started, [started], () => rotationId, shown);
	tell(around, `Follow it: rotator watch ${rotationId}`);
	return "outcome" in started ? exitOf(started) : exits.done;
}

/** A dry run to its end, and its plan on stderr. @returns what it found; `undefined` where there is no plan to act upon */
export async function planned(call: Client, started: Started, around: Around): Promise<Rotation | undefined> {
	const { rotationId } = started;
	const last = rotationId === undefined ? undefined : await toItsEnd(call, rotationId, around);
	if (last?.dryRun) {
		around.stderr.write(treeText(last, stderrLook(around), around.now()));
		return last;
	}
	// What somebody else has ordered says nothing of this order.
	tell(around, "There is no plan: nothing was ordered. See what runs by rotator history, and try again.");
	return undefined;
}

async function toItsEnd(call: Client, id: string, around: Around): Promise<Rotation | undefined> {
	const stop = new AbortController();
	const forget = around.onInterrupt(() => stop.abort());
	let last: Rotation | undefined;
	try {
		for await (const seen of following(call, id, stop.signal, around)) {
			if ("rotation" in seen) last = seen.rotation;
			else tell(around, seen.trouble);
		}
	} catch (error) {
		if (!stop.signal.aborted) throw error;
		return undefined;
	} finally {
		forget();
	}
	return last;
}
