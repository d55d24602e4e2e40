// What one question to a system came to.

import type { FoundRight, FoundSystem } from "../domain/diagnosis.ts";
import type { Fault, FaultCode } from "../domain/fault.ts";
import { asFault } from "../steps/boundary.ts";

export const ok = (right: string): FoundRight => ({ right, result: "ok" });

export const unknown = (right: string, says: string, next?: string): FoundRight => ({
	right,
	result: "unknown",
	says,
	...(next !== undefined && { next }),
});

/** The system says that the app may not. */
export const denied = (right: string, code: FaultCode, says: string, next: string): FoundRight => ({
	...{ right, result: "missing", code, says, next },
});

/** What may pass says nothing about the right; what may not is something that is wrong. */
export const ofFault = (right: string, { transient, code, sentence, next }: Fault): FoundRight => ({
	right,
	result: transient ? "unknown" : "missing",
	...{ code, says: sentence, next },
});

/** A fault that is returned as well as one that is thrown. */
export const faultOf = (work: () => Promise<unknown>): Promise<Fault | undefined> =>
	work().then(
		() => undefined,
		(error) => asFault(error, "doctor"),
	);

/** Nothing else is asked of it. */
export const silent = (system: string, fault: Fault): FoundSystem => ({
	system,
	rights: [
		{ ...ofFault(`${system} answers.`, fault), result: "missing" },
		unknown("Everything else there", "It is not asked of a system that does not answer."),
	],
});
