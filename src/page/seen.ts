// What the API answers, as a person may see it.
// SEE1. Every text that is shown goes through `oneLine`: what cannot be seen, or turns the reading direction, is shown as an escape.
//       Otherwise: anyone who names a pod or a session writes over what stands beside it, and two names that look alike are two. Kept by:
//       seen.test.ts, test/e2e/page-hostile.test.ts.
// SEE2. What is saved as a file, and not shown, stays as it came. Otherwise: a program that reads it has names that are nobody's, and
//       evidence another text than the one that was signed. Kept by: seen.test.ts, test/e2e/page-alone.test.ts.

import { ApiProblem, type Client } from "../api/client.ts";
import { oneLine } from "../lib/domain/line.ts";

export const seen = (call: Client): Client => answeredBy(call, asSeen);

/** To be saved; a refusal is shown. */
export const exact = (call: Client): Client => answeredBy(call, (answer) => answer);

function answeredBy(call: Client, of: <T>(answer: T) => T): Client {
	return async (id, given, signal) => {
		try {
			return of(await call(id, given, signal));
		} catch (error) {
			if (!(error instanceof ApiProblem)) throw error;
			const { status, code, message: detail, next, retryAfter } = error;
			throw new ApiProblem({ status, retryAfter, ...asSeen({ code, detail, next }) });
		}
	};
}

/** The same with each text of it, names of fields too, as it may be shown. */
export function asSeen<T>(value: T): T {
	if (typeof value === "string") return oneLine(value) as T;
	if (Array.isArray(value)) return value.map(asSeen) as T;
	if (typeof value !== "object" || value === null) return value;
	return Object.fromEntries(Object.entries(value).map(([name, one]) => [oneLine(name), asSeen(one)])) as T;
}
