// Asks for a rotation again and again until it is over.
// RCF1. The app says when to ask again; a busy one is asked less often, and a short cut ends nothing. Otherwise: a watch of an hour
//      dies of one lost packet, or many watchers hold a busy app down. Kept by: test/unit/cli/watch.test.ts.

import { ApiProblem, ApiUnreachable, type Client } from "../../../api/client.ts";
import type { Rotation } from "../answers.ts";
import type { Around } from "../around.ts";
import { isBusy } from "../exits.ts";

export type Seen = { readonly rotation: Rotation } | { readonly trouble: string };

/** Where the app does not say. */
const usualSeconds = 5;
const mostSeconds = 60;
/** For how long nobody may answer. */
const patienceMs = 5 * 60_000;

/** @throws the signal's reason; ApiProblem where waiting does not help; ApiUnreachable where nobody has answered for five minutes */
export async function* following(call: Client, id: string, signal: AbortSignal, around: Around): AsyncGenerator<Seen> {
	let failures = 0;
	let cutSince: number | undefined;
	while (true) {
		let seconds: number;
		try {
			const { body, retryAfter = usualSeconds } = await call("showRotation", { id }, signal);
			[failures, cutSince] = [0, undefined];
			yield { rotation: body };
			if (body.outcome !== undefined) return;
			seconds = retryAfter;
		} catch (error) {
			signal.throwIfAborted();
			if (!mayPass(error)) throw error;
			cutSince ??= around.now().getTime();
			if (around.now().getTime() - cutSince >= patienceMs) throw error;
			failures++;
			const asked = error instanceof ApiProblem ? (error.retryAfter ?? 0) : 0;
			seconds = Math.min(mostSeconds, Math.max(asked, 2 ** (failures - 1)));
			yield { trouble: `${(error as Error).message} Asking again in ${seconds} s.` };
		}
		await around.sleep(Math.min(seconds, mostSeconds) * 1000, signal);
	}
}

/** Asked again, it may be answered. */
export const mayPass = (error: unknown): boolean =>
	error instanceof ApiUnreachable || (error instanceof ApiProblem && isBusy(error));
